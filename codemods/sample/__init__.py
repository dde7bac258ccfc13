"""A small code base of our own with the diseases the tool cures; copied out, never imported."""

import pathlib
import shutil

PROJECTS = pathlib.Path(__file__).resolve().parent / "projects"

_LEFTOVERS = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.pyc")


def lay_out(destination: pathlib.Path, name: str = "chat") -> pathlib.Path:
    """Copy a sample project below the destination and say where it is now."""
    target = destination / name
    if target.exists() or target.is_symlink():
        raise FileExistsError(f"{target} is already there; choose another folder or remove it first")
    shutil.copytree(PROJECTS / name, target, ignore=_LEFTOVERS)
    return target
