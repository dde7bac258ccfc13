"""Python's own answer, from a process of its own; and the static one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from codemods.analysis.mro import Hierarchy, Linearization
from codemods.index.code import CodeIndex
from codemods.index.external import Environment
from codemods.index.resolve import Resolver
from tests.support import index_of

RUN = r"""
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
def found(path):
    module, _, name = path.partition(":")
    value = importlib.import_module(module)
    for part in name.split("."):
        value = value() if part == "()" else getattr(value, part)
    return [f"{c.__module__}.{c.__qualname__}" for c in value.__mro__]
print(json.dumps({path: found(path) for path in json.loads(sys.argv[2])}))
"""


def runtime(folders: list[Path], paths: list[str]) -> dict[str, tuple[str, ...]]:
    """The `__mro__` of classes given as `module:path`, `()` calling a function on the way."""
    command = [sys.executable, "-c", RUN, json.dumps([str(folder) for folder in folders]), json.dumps(paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path: tuple(order) for path, order in json.loads(done.stdout).items()}


def hierarchy_of(files: dict[str, str], tmp_path: Path, *python_path: Path) -> Hierarchy:
    """The hierarchy of a small code base."""
    return over(index_of(files, tmp_path), *python_path)


def over(index: CodeIndex, *python_path: Path) -> Hierarchy:
    """The hierarchy of an index."""
    return Hierarchy(index, Resolver(index), Environment(python_path))


def read(files: dict[str, str], tmp_path: Path, dotted: str, *python_path: Path) -> Linearization:
    """The static linearization of one class of a small code base."""
    return hierarchy_of(files, tmp_path, *python_path).linearize(dotted)
