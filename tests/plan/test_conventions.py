"""Conventions are read strictly: what cannot be turned into code is told, with the class and the method."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.conventions import Conventions, keywords, names_in, parameters
from codemods.errors import ConfigError
from codemods.plan import load_plan

PLAN = 'title = "t"\ndestination = "a"\nfamilies = []\nclasses = []\n'
CLASS = '[[conventions]]\ndotted = "a.b.C"\nmodule = "unified"\nmakes = "New()"\n'


def load(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN + text, encoding="utf-8")
    load_plan(path)


def method(**keys: str) -> str:
    written = ", ".join(f'{key} = "{value}"' for key, value in {"name": "m", "takes": "a, b=None", **keys}.items())
    return f"{CLASS}methods = [{{ {written} }}]\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(CLASS + 'constructor = "a, ="\n', "a.b.C: constructor:", id="a constructor that is no list"),
        pytest.param(CLASS.replace("New()", "New("), "a.b.C: makes:", id="an expression that does not parse"),
        pytest.param(CLASS + CLASS, "a.b.C: stands twice", id="a class twice"),
        pytest.param(method(event="e", takes="a, a"), "m: takes:", id="parameters of one name"),
        pytest.param(method(event="e", takes="unified"), "the adapter uses itself", id="a parameter named as its own"),
        pytest.param(method(event="e", gives="a"), "only keywords", id="details without names"),
        pytest.param(method(event="e", gives="x=c"), '"c" is none of its parameters', id="details of nothing"),
        pytest.param(method(event="e", agent="z"), '"z" is none of its parameters', id="an agent that is no parameter"),
        pytest.param(method(event="e", returns="maybe"), 'returns: "maybe" is none of', id="an unknown contract"),
        pytest.param(method(event="e", returns="raises"), "does not say what", id="raising nothing in particular"),
        pytest.param(method(), "one of the three", id="neither an event nor an object"),
        pytest.param(method(event="e", adapts="a.b.C"), "one of the three", id="both an event and an object"),
        pytest.param(method(event="e", becomes="unified.m(a)"), "one of the three", id="an event and an expression"),
        pytest.param(method(becomes="unified.m(c)"), '"c" is none of its parameters', id="an expression of nothing"),
        pytest.param(method(becomes="unified.m("), "m: becomes:", id="a becomes that does not parse"),
        pytest.param(method(adapts="a.b.D"), '"a.b.D" is not among', id="an object of an unknown class"),
        pytest.param(method(event="e", kind="x"), "unknown key", id="an unknown key"),
        pytest.param(method(event="e", name="a-b"), '"a-b" is not a name', id="a method of no name"),
        pytest.param(method(event="e", name="class"), '"class" is not a name', id="a method named as a keyword"),
        pytest.param(CLASS.replace("a.b.C", "C"), "C: is not a dotted path", id="a class of no module"),
        pytest.param(CLASS.replace("unified", "a b"), 'module: "a b" is not', id="a module of no name"),
        pytest.param(CLASS + 'constructor = "self"\n', '"self" is a name', id="a constructor that names its object"),
        pytest.param(CLASS + 'constructor = "a: lambda b"\n', "no list of param", id="parameters with a body"),
        pytest.param(method(event="e", gives="x=a)(y=b"), "only keywords", id="details that close their call"),
        pytest.param(method(event="e", gives="**a"), "only keywords", id="details of unknown names"),
        pytest.param(method(becomes="(yield)"), "m: becomes:", id="a becomes that yields"),
        pytest.param(CLASS.replace("New()", "await New()"), "a.b.C: makes:", id="a constructor that awaits"),
        pytest.param(CLASS.replace("New()", "-" * 2000 + "New()"), "makes: nested too", id="an expression without end"),
        pytest.param(CLASS.replace("New()", "-" * 99999 + "New()"), "a.b.C: makes:", id="far too much for Python"),
        pytest.param(CLASS.replace("New()", "\\u0000"), "a.b.C: makes:", id="a null character"),
        pytest.param(CLASS + 'failed = "E(event)"\n', "class by its dotted path", id="an exception from nowhere"),
        pytest.param(CLASS + 'failed = "event"\n', "class by its dotted path", id="an exception that is not made"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=r"plan\.toml: ") as told:
        load(tmp_path, text)
    assert problem in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        CLASS,
        method(event="e", agent="a", run="b", gives="x=a, y=b"),
        method(adapts="a.b.C"),
        method(becomes="await unified.fetch(str(a), default=b)"),
        CLASS + 'undelivered = "a.errors.E(event)"\n',
        CLASS + 'undelivered = "RuntimeError(event)"\n',
    ],
    ids=["without methods", "an event", "an object", "an expression", "a raised class", "a built-in one"],
)
def test_what_is_right_is_read(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)


def test_the_parts_are_read_as_python_reads_them() -> None:
    assert parameters("a, /, b=1, *, c=None") == ("a", "b", "c")
    assert parameters("") == ()
    assert keywords("a=b, c=d.e") == {"a": "b", "c": "d.e"}
    assert names_in("New(a, b.c, New)") == ("New", "a", "b")
    assert (
        Conventions(load_plan().conventions)
        .of("netra_backend.app.websocket_core.manager.WebSocketManager")
        .parameters[0]
        == "heartbeat_config"
    )


def test_a_mistake_takes_one_line_whatever_is_written_in_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load(tmp_path, CLASS.replace('"New()"', '"""New(\n\n"""'))
    assert len(str(told.value).splitlines()) == 1
