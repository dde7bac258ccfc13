"""The strict reader: what fits becomes a dataclass, all that does not is told, and nothing else is ever raised."""

from __future__ import annotations

import dataclasses
import difflib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods import config, plan
from codemods.errors import ConfigError
from codemods.tables import load_toml, read_bytes, read_table


@dataclasses.dataclass(frozen=True, slots=True)
class Wheel:
    size: int
    maker: str = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class Bicycle:
    name: str
    front: Wheel
    spare_wheels: tuple[Wheel, ...] = ()
    owners: tuple[str, ...] = ()
    weight: float = 10.5
    sold: bool = False
    photo: Path | None = None
    id: str = dataclasses.field(default_factory=lambda: "none")


MINIMAL = 'name = "Red"\nfront = {size = 28}\n'


def read(text: str) -> Bicycle:
    return read_table(load_toml(text.encode(), "b.toml"), Bicycle, "b.toml")


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def test_what_is_not_written_has_its_default() -> None:
    assert read(MINIMAL) == Bicycle("Red", Wheel(28))


def test_every_kind_of_value_is_read_at_every_depth() -> None:
    text = """
        name = "Red"
        front = {size = 28, maker = "A"}
        owners = ["x", "y"]
        weight = 9
        sold = true
        photo = "p/q.png"
        id = "7"
        [[spare-wheels]]
        size = 26
    """
    expected = Bicycle("Red", Wheel(28, "A"), (Wheel(26),), ("x", "y"), 9, True, Path("p/q.png"), "7")
    assert read(text) == expected


def test_a_whole_number_stays_whole_where_any_number_may_stand() -> None:
    assert repr(read(f"{MINIMAL}weight = 9").weight) == "9"


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("nam = 1", 'nam: unknown key; did you mean "name"?'),
        ("spare_wheels = []", 'spare_wheels: unknown key; did you mean "spare-wheels"?'),
        ("NAME = 1", 'NAME: unknown key; did you mean "name"?'),
        ("ix = 1", 'ix: unknown key; did you mean "id"?'),
        ("zzz = 1", "zzz: unknown key; known keys are front, id, name, owners, photo, sold, spare-wheels, weight"),
        (
            '"a\\nb \\u202e" = 1',
            r'"a\nb \u202e": unknown key; known keys are front, id, name, owners, photo, sold, spare-wheels, weight',
        ),
        ('weight = "9"', 'weight: expected a number, got "9"'),
        ("weight = true", "weight: expected a number, got true"),
        ("weight = nan", "weight: expected a number, got nan"),
        ("weight = -inf", "weight: expected a number, got -inf"),
        (f"weight = 0x{'f' * 5000}", "weight: expected a number, got one of 20000 bits"),
        ("sold = 1", "sold: expected true or false, got 1"),
        ("photo = []", "photo: expected text, got a list"),
        ('owners = "x"', 'owners: expected a list of text, got "x"'),
        ("owners = [1, 'a', {}]", "owners[0]: expected text, got 1\nb.toml: owners[2]: expected text, got a table"),
        ("spare-wheels = 1", "spare-wheels: expected a list of tables, got 1"),
        ("spare-wheels = [1]", "spare-wheels[0]: expected a table, got 1"),
        ("spare-wheels = [{size = 1}, {}]", "spare-wheels[1].size: missing; expected a whole number"),
        ("spare-wheels = [{size = 1.0}]", "spare-wheels[0].size: expected a whole number, got 1.0"),
        (
            f"spare-wheels = [{{size = 0x{'f' * 16}}}]",
            "spare-wheels[0].size: expected a whole number, got one of 64 bits",
        ),
        ("id = 2025-09-04", "id: expected text, got 2025-09-04"),
        (f"sold = '{'x' * 99}'", f'sold: expected true or false, got "{"x" * 60}…"'),
        ('sold = "a\\nb\\u202e"', r'sold: expected true or false, got "a\nb\u202e"'),
    ],
    ids=[
        "one letter short",
        "an underscore for a hyphen",
        "capitals",
        "a key of two letters with one wrong",
        "a key like no other",
        "a key with invisible characters is shown on one line",
        "text for a number",
        "true for a number",
        "no number for a number",
        "an endless number",
        "a number too large to be shown",
        "a number for true",
        "a list for a path",
        "text for a list",
        "two wrong items of one list",
        "a number for a list of tables",
        "a number for a table in a list",
        "a missing key of a table in a list",
        "a broken number for a whole one",
        "a whole number that TOML does not promise",
        "a date for text",
        "long text is cut",
        "text with invisible characters is shown on one line",
    ],
)
def test_what_does_not_fit_is_told_with_the_keys_path(added: str, problem: str) -> None:
    assert refusal(MINIMAL + added) == f"b.toml: {problem}"


def test_a_missing_key_is_told_with_what_was_expected() -> None:
    assert refusal("") == "b.toml: name: missing; expected text\nb.toml: front: missing; expected a table"


def test_a_misspelled_required_key_is_not_told_a_second_time_as_missing() -> None:
    assert refusal('nmae = "Red"\nfront = {size = 28}') == 'b.toml: nmae: unknown key; did you mean "name"?'


def test_a_required_key_is_still_told_as_missing_beside_an_unknown_one_of_another_table() -> None:
    assert refusal("front = {nmae = 1, size = 1}").splitlines() == [
        "b.toml: name: missing; expected text",
        'b.toml: front.nmae: unknown key; did you mean "maker"?',
    ]


def test_an_optional_value_of_another_kind_is_told_as_what_it_would_be() -> None:
    @dataclasses.dataclass(frozen=True)
    class Box:
        lid: int | None

    with pytest.raises(ConfigError, match=r"^b: lid: missing; expected a whole number$"):
        read_table({}, Box, "b")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a = 1\nb = \n", "b.toml: not valid TOML: Invalid value (at line 2, column 5)"),
        (b"a = 1\nb = [1,\n", "b.toml: not valid TOML: Invalid value (at line 2, the end of the document)"),
        (b"a = 1\n\xff", "b.toml: not UTF-8 (line 2, byte 6)"),
        (b"a = " + b"[" * sys.getrecursionlimit() * 2, "b.toml: nested too deeply to be read"),
        (b"a = " + b"9" * 5000, "b.toml: not valid TOML: Exceeds the limit"),
    ],
    ids=[
        "a broken line",
        "a file that stops in the middle",
        "bytes that are no text",
        "endless nesting",
        "a number of five thousand digits",
    ],
)
def test_a_file_that_is_no_toml_is_refused_in_one_sentence(content: bytes, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_toml(content, "b.toml")
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [("none.toml", "No such file"), ("", "Is a directory"), ("a\0b", "null")],
    ids=["a file that is not there", "a folder", "a path with a null character"],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(ConfigError, match=f"cannot be read: .*{told}"):
        read_bytes(tmp_path / name)


def test_a_file_that_can_be_read_is_given_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_bytes(b"a = 1\r\n")
    assert read_bytes(tmp_path / "b.toml") == b"a = 1\r\n"


KINDS = (
    plan.Plan,
    plan.PlannedClass,
    plan.Family,
    plan.Event,
    plan.Limit,
    plan.Preserved,
    plan.TargetFile,
    plan.Risk,
    plan.Phase,
    plan.Criterion,
    config.Settings,
)


@st.composite
def misspellings(draw: st.DrawFn) -> tuple[type, str, str]:
    """A kind of table, one of its keys, and that key after one edit."""
    kind = draw(st.sampled_from(KINDS))
    key = draw(st.sampled_from([field.name.replace("_", "-") for field in dataclasses.fields(kind)]))
    place = draw(st.integers(0, len(key)))
    removed = draw(st.integers(0, 1))
    added = draw(st.text("abcdefghijklmnopqrstuvwxyz-_", max_size=1))
    return kind, key, key[:place] + added + key[place + removed :]


@given(misspellings())
def test_a_key_of_any_table_misspelled_by_one_edit_is_answered_with_that_key_or_one_as_near(
    misspelled: tuple[type, str, str],
) -> None:
    kind, key, typo = misspelled
    known = {field.name.replace("_", "-") for field in dataclasses.fields(kind)}
    if typo in known or not typo:
        return
    with pytest.raises(ConfigError) as caught:
        read_table({typo: 1}, kind, "p")
    first = str(caught.value).splitlines()[0]
    told = first.removeprefix(f'p: {typo}: unknown key; did you mean "').removesuffix('"?')
    looked_up = typo.replace("_", "-")  # an underscore is taken for the hyphen it most likely is
    assert told in known
    assert told == key or _likeness(told, looked_up) >= _likeness(key, looked_up)


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, one).ratio()


def _told(work: Callable[[], object]) -> list[str]:
    """The lines of a refusal, none where the work was done."""
    try:
        work()
    except ConfigError as error:
        return str(error).split("\n")
    return []


KEYS = st.sampled_from(["name", "front", "size", "owners", "weight", "classes", "families", "line", "a b", ""])
SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.times(), st.datetimes())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=3)
)


@given(st.dictionaries(KEYS | st.text(), VALUES, max_size=6), st.sampled_from((Bicycle, *KINDS)))
def test_no_table_whatever_is_in_it_raises_anything_but_a_config_error(table: dict[str, object], kind: type) -> None:
    told = _told(lambda: read_table(table, kind, "p"))
    assert all(line.startswith("p: ") for line in told)


FRAGMENTS = st.sampled_from(
    [
        "title",
        "classes",
        "[[",
        "]]",
        "[",
        "]",
        "=",
        '"',
        "'",
        '"""',
        "\n",
        "\r\n",
        ".",
        "{",
        "}",
        ",",
        "#",
        "1",
        "0x",
        "nan",
        "\\u00",
    ]
)


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=20).map("".join).map(str.encode) | st.binary(max_size=60))
def test_no_file_whatever_is_in_it_raises_anything_but_a_config_error(content: bytes) -> None:
    told = _told(lambda: read_table(load_toml(content, "p"), plan.Plan, "p"))
    assert all(line.startswith("p: ") for line in told)
