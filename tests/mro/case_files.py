"""Cases kept as text: `## sentence`, then `--- path` before each file, `=> answer` and `?? reason` lines at the end."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "cases"


class Case(NamedTuple):
    """The files of a case by path, and what is expected of them."""

    files: dict[str, str]
    answers: list[str]
    reasons: list[str]


def cases(name: str) -> dict[str, Case]:
    """The cases of one file by their sentence."""
    found: dict[str, Case] = {}
    path = ""
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "##":
            assert rest not in found, rest
            case = found[rest] = Case({}, [], [])
        elif mark == "---":
            path = rest
            case.files[path] = ""
        elif mark == "=>":
            case.answers.append(rest)
        elif mark == "??":
            case.reasons.append(rest)
        else:
            case.files[path] += f"{line}\n"
    return found
