"""Small code bases for tests: written to a folder, and read into an index; and the programs that some tests need."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import pytest

from codemods.index.code import CodeIndex
from codemods.index.modules import module_name
from codemods.index.parse import parse


def written(files: dict[str, str], folder: Path) -> Path:
    """The folder with the files in it, their text dedented."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def index_of(files: dict[str, str], tmp_path: Path) -> CodeIndex:
    """The index of a code base given as {relative path: source}; the files are there to be run, too."""
    written(files, tmp_path)
    return CodeIndex(
        parse(name, module_name(name), (tmp_path / name).read_bytes(), with_words=True).facts for name in sorted(files)
    )


def program(name: str) -> str:
    """The name of a program of the system; where it is not installed, the test is skipped and says so."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name
