"""What a function gives back by its annotation."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.index.resolve import Definition, Resolver
from codemods.index.returns import instance_of, named_class
from tests.support import index_of

NAMED = {
    "Manager": "Manager",
    "core.Manager": "core.Manager",
    "'Manager'": "Manager",
    "Optional[Manager]": "Manager",
    "typing.Optional['core.Manager']": "core.Manager",
    "Manager | None": "Manager",
    "'Manager | None'": "Manager",
    "AsyncGenerator[Manager, None]": "Manager",
    "Union[Manager, Other]": "Manager",
    "list[Manager]": "list",
    "Generic[Manager]": "Generic",
    "None": "",
    "3": "",
    "Optional[3]": "",
    "Union[3, 4]": "",
    "'the manager'": "",
    "Optional[Man": "",
    "a\0b": "",
}


@pytest.mark.parametrize("annotation", NAMED)
def test_an_annotation_names_a_class(annotation: str) -> None:
    assert named_class(annotation) == NAMED[annotation]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("def get() -> Manager: ...", "app.core.Manager"),
        ("def get() -> 'Manager | None': ...", "app.core.Manager"),
        ("def get(): ...", ""),
        ("def get() -> int: ...", ""),
        ("def get() -> 'the manager': ...", ""),
        ("def get() -> make: ...", ""),
        ("class get: ...", ""),
        ("get = 3", ""),
    ],
)
def test_a_function_gives_an_instance_only_where_it_says_so(tmp_path: Path, definition: str, expected: str) -> None:
    files = {
        "app/core.py": "class Manager: ...",
        "app/a.py": f"from app.core import Manager\ndef make(): ...\n{definition}",
    }
    resolver = Resolver(index_of(files, tmp_path))
    found = resolver.name("app.a", "get")
    assert isinstance(found, Definition)
    assert instance_of(found, resolver) == expected
