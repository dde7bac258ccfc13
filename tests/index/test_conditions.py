"""Conditions decided by reading, held against what this interpreter says of them."""

from __future__ import annotations

import ast
import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from codemods.index.expressions import branches, dotted, string, strings, text
from codemods.index.facts import CONDITION, NEVER, TYPING

ALWAYS, NOT_HERE, UNDECIDED = (0, NEVER), (NEVER, 0), (CONDITION, CONDITION)
OTHER = "win32" if sys.platform != "win32" else "linux"


def decided(source: str) -> tuple[int, int]:
    return branches(ast.parse(source, mode="eval").body)


numbers = st.integers(-1, 15)
versions = st.lists(st.integers(0, 14), min_size=0, max_size=4).map(lambda found: repr(tuple(found)))
parts = st.builds(
    lambda low, high, step: f"sys.version_info[{low}:{high}{step}]",
    st.sampled_from(["", "0", "1", "-2"]),
    st.sampled_from(["", "1", "2", "3", "-1"]),
    st.sampled_from(["", ":1", ":2", ":-1"]),
)
infos = st.one_of(st.just("sys.version_info"), parts)
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
platforms = st.sampled_from(
    ["'linux'", "'win32'", "'darwin'", "'posix'", "'nt'", repr(sys.platform), "('nt', 'posix')"]
)
atoms = st.one_of(
    st.builds("{} {} {}".format, infos, operators, versions),
    st.builds("{} {} {}".format, versions, operators, infos),
    st.builds("sys.version_info[{}] {} {}".format, st.integers(-2, 2), operators, numbers),
    st.builds(
        "{} {} {}".format, st.sampled_from(["sys.platform", "os.name"]), st.sampled_from(["==", "!="]), platforms
    ),
    st.builds("os.name {} ('nt', 'posix')".format, st.sampled_from(["in", "not in"])),
    st.builds("sys.platform.startswith({})".format, platforms.filter(lambda item: "(" not in item)),
    st.sampled_from(["True", "False", "0", "1", "None", "''"]),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=5,
)


@given(conditions)
def test_a_condition_over_platform_and_version_is_decided_as_python_does(source: str) -> None:
    try:
        truth = bool(eval(source, {"sys": sys, "os": os}))  # the generated text above, nothing else
    except TypeError:  # a word of the version compared with a number
        reject()
    assert decided(source) == (ALWAYS if truth else NOT_HERE)


@pytest.mark.parametrize(
    "source",
    [
        "DEBUG",
        "os.environ.get('X') == 'y'",
        "sys.platform == NAME",
        "sys.version_info >= MINIMUM",
        "sys.version_info[POSITION] >= 3",
        "sys.version_info[:END] >= (3,)",
        "sys.version_info[::0] == ()",
        "sys.version_info[9] == 1",
        "sys.version_info['major'] == 3",
        "sys.version_info >= 3",
        "sys.version_info >= (3, MINOR)",
        "3 < sys.version_info[0] < 5",
        "sys.platform is 'linux'",
        "sys.platform.startswith(NAME)",
        "sys.platform.startswith('l', 1)",
        "sys.platform.endswith('x')",
        "+DEBUG",
        "not DEBUG",
        "DEBUG and True",
        "False or DEBUG",
        "TYPE_CHECKING or DEBUG",
        "X[0] == 1",
    ],
)
def test_what_only_run_time_knows_stays_undecided(source: str) -> None:
    assert decided(source) == UNDECIDED


def test_a_part_of_the_platforms_name_is_decided() -> None:
    assert decided(f"sys.platform[:3] == {sys.platform[:3]!r}") == ALWAYS
    assert decided(f"sys.platform[:3] == {OTHER!r}") == NOT_HERE
    assert decided("sys.platform[:END] == 'win'") == UNDECIDED


@pytest.mark.parametrize("source", ["False and DEBUG", "DEBUG and False", f"sys.platform == '{OTHER}' and DEBUG"])
def test_one_false_part_decides_a_conjunction(source: str) -> None:
    assert decided(source) == NOT_HERE


@pytest.mark.parametrize("source", ["True or DEBUG", "DEBUG or True", "DEBUG or not False"])
def test_one_true_part_decides_an_alternative(source: str) -> None:
    assert decided(source) == ALWAYS


@pytest.mark.parametrize("source", ["TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"])
def test_type_checking_has_a_place_of_its_own(source: str) -> None:
    assert TYPE_CHECKING is False
    assert decided(source) == (TYPING, 0)
    assert decided(f"not {source}") == (0, TYPING)
    assert decided(f"not not {source}") == (TYPING, 0)


def expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@pytest.mark.parametrize(
    ("source", "path"), [("a", "a"), ("a.b.c", "a.b.c"), ("a().b", ""), ("a[0].b", ""), ("'a.b'", ""), ("1", "")]
)
def test_only_a_chain_of_names_has_a_path(source: str, path: str) -> None:
    assert dotted(expression(source)) == path


def test_text_is_one_line_and_cut() -> None:
    assert text(expression("Base [ int ,\n str ]")) == "Base[int, str]"
    assert text(expression("a.b")) == "a.b"
    assert "\n" not in text(expression('f"""a\n{x}"""'))
    assert len(text(expression("[" + "1," * 300 + "]"))) == 200


def test_strings_are_told_from_everything_else() -> None:
    assert string(expression("'x'")) == "x"
    assert string(expression("b'x'")) is None
    assert string(expression("x")) is None
    assert strings(expression("['a', 'b']")) == ("a", "b")
    assert strings(expression("('a',)")) == ("a",)
    assert strings(expression("{'a'}")) == ("a",)
    assert strings(expression("[]")) == ()
    assert strings(expression("['a', b]")) is None
    assert strings(expression("'a'")) is None
