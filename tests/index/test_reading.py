"""Bytes as they come: encodings, line ends, damage; each file is read, or reported with a reason."""

from __future__ import annotations

import pickle
import sys
import warnings
from pathlib import Path

import pytest

from codemods.index.build import Builder
from codemods.index.facts import FileFacts, Use
from codemods.index.parse import parse
from codemods.index.reader import Reading, Task, chunks, read_chunk

CLASS = "import os\nclass A:\n    name = 'é'\n"
READABLE = {
    "UTF-8": CLASS.encode(),
    "a byte order mark": CLASS.encode("utf-8-sig"),
    "a latin-1 cookie": b"# coding: latin-1\n" + CLASS.encode("latin-1"),
    "a cookie in the second line": b"#!/usr/bin/env python\n# -*- coding: cp1252 -*-\n" + CLASS.encode("cp1252"),
    "CRLF": CLASS.replace("\n", "\r\n").encode(),
    "CR": CLASS.replace("\n", "\r").encode(),
    "mixed line ends": b"import os\r\nclass A:\r    name = 1\n",
    "a form feed": b"import os\n\x0cclass A:\n    x = 1\n",
    "no final newline": CLASS.rstrip().encode(),
    "tabs": b"import os\nclass A:\n\tx = 1\n",
    "an invalid escape": b"import os\nclass A:\n    x = '\\d'\n",
}


def reading(root: Path, seek: tuple[str, ...] = ("Manager",)) -> Reading:
    return Reading(str(root), ("",), "", r"(?:^|/)tests/", seek, frozenset({"app"}))


def built(root: Path, *paths: str) -> list[FileFacts]:
    builder = Builder(reading(root), jobs=1)
    builder.refresh(paths)
    return builder.facts()


@pytest.mark.parametrize("source", READABLE.values(), ids=[f"a file with {name} is read" for name in READABLE])
def test_a_file_is_read(source: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = parse("a.py", "a", source, with_words=True).facts
    first = 2 if b"coding: latin" in source else 3 if b"cp1252" in source else 1
    assert (found.problem, found.read_by) == ("", "ast")
    assert [item.line for item in found.imports] == [first]
    assert [(item.qualname, item.line, item.end) for item in found.classes] == [("A", first + 1, first + 2)]
    assert found.lines == first + 2


def test_an_empty_file_says_nothing_and_has_no_problem(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"")
    [found] = built(tmp_path, "a.py")
    assert found == FileFacts("a.py", "a", False, 0, (), (("", ()),), (), None, "", "ast")


DEEP_IF = "if a:\n    pass\n" + "elif b:\n    pass\n" * 2000
UNREADABLE = {
    "a syntax error": (b"import os\nclass A(:\n", "line 2: invalid syntax"),
    "a NUL byte": (b"x = 1\x00\n", "null bytes"),
    "bytes that are no UTF-8": (b"x = '\xff\xfe'\n", "can't decode byte 0xff"),
    "a comment that is no UTF-8": (b"x = 1\ny = 2  # wsconsolidate: \xe9\n", "can't decode byte 0xe9"),
    "a first comment that is no UTF-8": (b"# \xe9\nx = 1\n", "invalid or missing encoding"),
    "an unknown encoding": (b"# coding: nope\nx = 1\n", "unknown encoding: nope"),
    "an encoding that is none of text": (b"# coding: rot13\nx = 1\n", "rot13"),
    "too many brackets": (b"x = " + b"(" * 3000 + b")" * 3000, "too many nested parentheses"),
    "too many operators": (b"x = " + b"-" * 100000 + b"1", "MemoryError"),
    "an expression too deep for its tree": (b"x = a" + b".b()" * 9000, "recursion"),
    "statements nested too deeply": (DEEP_IF.encode(), "recursion"),
    "a base class nested too deeply": (b"class A(B(" + b"+".join([b"1"] * 900) + b")): pass", "recursion"),
    "an f-string with nothing newer": (b"x = f'{'\n", "line 1: "),
    "an f-string and too many brackets": (b"x = f''\ny = " + b"(" * 9000 + b")" * 9000, "too many nested"),
    "NUL in an f-string": (b"x = f'\x00'\n", "null bytes"),
}


@pytest.mark.parametrize(
    ("source", "reason"), UNREADABLE.values(), ids=[f"a file with {name} is reported" for name in UNREADABLE]
)
def test_a_file_that_cannot_be_read_is_reported_not_dropped(source: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(source)
    (tmp_path / "b.py").write_bytes(b"class B: pass")
    bad, good = built(tmp_path, "a.py", "b.py")
    assert (bad.path, bad.module, bad.classes, bad.imports) == ("a.py", "a", (), ())
    assert reason in bad.problem
    assert bad.read_by == "nothing"
    assert [item.qualname for item in good.classes] == ["B"]


def test_names_made_on_demand_are_bound_beside_the_others() -> None:
    source = b"def __getattr__(name):\n    from app.core import Manager\n    return Manager\n"
    found = parse("app/a.py", "app.a", source, with_words=False).facts
    kinds = [(item.name, item.kind) for _, names in found.scopes for item in names]
    assert kinds == [("__getattr__", "function"), ("Manager", "lazy")]


def test_a_reason_without_a_message_is_the_name_of_the_error() -> None:
    def refuses(_source: bytes) -> object:
        raise MemoryError

    assert parse("a.py", "a", b"", True, refuses).facts.problem == "MemoryError"  # type: ignore[arg-type]


def test_a_file_that_vanished_is_reported_and_named(tmp_path: Path) -> None:
    [found] = built(tmp_path, "app/gone/__init__.py")
    assert found.problem == "cannot be opened: No such file or directory"
    assert (found.module, found.is_package, found.read_by, found.lines) == ("app.gone", True, "", 0)


def test_a_folder_in_a_files_place_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    [found] = built(tmp_path, "a.py")
    assert found.problem.startswith("cannot be opened: ")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads them itself")
def test_newer_syntax_is_read_by_libcst_and_the_refusal_kept(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('x = f"{y["k"]}"\nfrom app.core import Manager\nclass A(Manager): pass\n')
    builder = Builder(reading(tmp_path), jobs=1)
    builder.refresh(["a.py"])
    [found] = builder.facts()
    assert found.problem.startswith("line 1: f-string")
    assert (found.read_by, found.lines) == ("libcst", 3)
    assert [item.line for item in found.classes] == [3]
    assert builder.uses(["a.py"]) == {"a.py": (Use("app.core.Manager", "base", "", 3, ""),)}


def test_a_file_too_deep_to_see_its_uses_keeps_its_declarations_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("class Manager: pass\nx = " + "+".join(["1"] * 970))
    [found] = built(tmp_path, "a.py")
    assert found.problem == "nested too deeply to see what it uses"
    assert (found.read_by, [item.qualname for item in found.classes]) == ("ast", ["Manager"])


def test_uses_are_looked_for_where_a_sought_word_stands_or_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from app.core import Manager\nManager()")
    (tmp_path / "b.py").write_text("from app.core import Other\nOther()")
    task = (("a.py", b""), ("b.py", b""))
    shallow = dict(read_chunk(Task(reading(tmp_path), task)))
    deep = dict(read_chunk(Task(reading(tmp_path), task, deep=True)))
    assert [bool(record and record.uses) for record in shallow.values()] == [True, False]
    assert [len(pickle.loads(record.uses)) for record in deep.values() if record] == [1, 1]


def test_words_are_kept_for_classes_outside_tests(tmp_path: Path) -> None:
    for name in ("app/a.py", "tests/a.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("class A:\n    x = 'some_event'\n")
    inside, test = built(tmp_path, "app/a.py", "tests/a.py")
    assert inside.classes[0].words == ('"some_event',)
    assert test.classes[0].words == ()


def test_a_known_digest_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    [(_, record)] = read_chunk(Task(reading(tmp_path), (("a.py", b""),)))
    assert record is not None
    assert read_chunk(Task(reading(tmp_path), (("a.py", record.digest),))) == [("a.py", None)]
    (tmp_path / "a.py").write_text("x = 2")
    assert read_chunk(Task(reading(tmp_path), (("a.py", record.digest),)))[0][1] is not None


@pytest.mark.parametrize("on", [True, False])
def test_collection_of_garbage_is_left_as_it_was(tmp_path: Path, on: bool) -> None:
    import gc

    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        read_chunk(Task(reading(tmp_path), (("gone.py", b""),)))
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()


def test_chunks_keep_order_and_lose_nothing() -> None:
    files = [(str(number), b"") for number in range(7)]
    found = list(chunks(files, 3))
    assert [len(chunk) for chunk in found] == [3, 3, 1]
    assert [item for chunk in found for item in chunk] == files
    assert [len(chunk) for chunk in chunks(files[:6], 3)] == [3, 3]
    assert list(chunks([], 3)) == []
