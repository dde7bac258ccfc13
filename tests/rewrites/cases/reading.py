"""A small code base with definitions that move, and the case files that say what becomes of code that refers to them.

A case file holds many cases:

    === a sentence that says what must hold
    --- in app/user.py            the file under test; this one when the line is left out
    from app.core.manager import Manager
    --- with app/else.py          other files it needs
    ...
    --- becomes                   or `--- stays`
    from app.core.unified import UnifiedManager as Manager
    --- told                      one line for each place that is told or needs a review: a part of its reason
    ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from codemods.edits import Applicability, Edit, splice
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts
from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.index.resolve import Resolver
from codemods.index.tolerant import read_newer_syntax
from codemods.rewrites.moves import Moves
from codemods.rewrites.outcomes import Rewritten
from codemods.rewrites.references import ReferenceRewriter

FOLDER = Path(__file__).parent

WORLD = {
    "app/__init__.py": "",
    "app/core/__init__.py": (
        'from app.core.manager import Manager, get_manager\n\n__all__ = ["Manager", "get_manager"]\n'
    ),
    "app/core/manager.py": (
        "import logging\n\nlogger = logging.getLogger(__name__)\nLIMIT = 3\n_manager = None\nTABLE = {}\n\n\n"
        "class Manager:\n    def send(self):\n        return 1\n\n\n"
        "class Heartbeat:\n    pass\n\n\nclass Helper:\n    pass\n\n\n"
        "def get_manager():\n    return Manager()\n\n\ndef helper():\n    return 2\n"
    ),
    "app/core/unified.py": (
        "LIMIT = 3\n_manager = None\nTABLE = {}\n\n\n"
        "class UnifiedManager:\n    rooms = ()\n\n    def send(self):\n        return 1\n\n\n"
        "def get_manager():\n    return UnifiedManager()\n"
    ),
    "app/core/beat.py": "class Monitor:\n    pass\n",
    "app/other/__init__.py": "",
    "app/other/manager.py": "class Manager:\n    pass\n\n\ndef get_manager():\n    return Manager()\n",
    "app/old.py": "class One:\n    pass\n\n\nclass Two:\n    pass\n",
    "app/new.py": "class One:\n    pass\n\n\nclass Second:\n    pass\n",
}
OLD, NEW = "app.core.manager", "app.core.unified"
NAMES = {
    f"{OLD}.Manager": f"{NEW}.UnifiedManager",
    f"{OLD}.get_manager": f"{NEW}.get_manager",
    f"{OLD}.LIMIT": f"{NEW}.LIMIT",
    f"{OLD}._manager": f"{NEW}._manager",
    f"{OLD}.TABLE": f"{NEW}.TABLE",
    f"{OLD}.Heartbeat": "app.core.beat.Monitor",
    "app.old.One": "app.new.One",
    "app.old.Two": "app.new.Second",
}
MOVES = Moves(NAMES)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `after` is the source itself where it stays."""

    title: str
    path: str
    before: str
    after: str
    others: dict[str, str]
    told: tuple[str, ...]

    @property
    def stays(self) -> bool:
        """Whether nothing may change."""
        return self.before == self.after


def cases(name: str) -> list[Case]:
    """The cases of one file."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [_case(part) for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]]


def _case(text: str) -> Case:
    head, *sections = re.split(r"^--- ", f"{text}", flags=re.MULTILINE)
    title, _, before = head.partition("\n")
    path, after, others, told = "app/user.py", "", {}, ()
    stays = False
    for section in sections:
        said, _, body = section.partition("\n")
        verb, _, name = said.partition(" ")
        match verb:
            case "in":
                path, before = name, body
            case "with":
                others[name] = body
            case "becomes":
                after = body
            case "stays":
                stays = True
            case "told":
                told = tuple(line for line in body.splitlines() if line.strip())
            case _:
                raise ValueError(f"{title}: {said}")
    before, after = _stripped(before), _stripped(after)
    return Case(title, path, before, before if stays else after, {k: _stripped(v) for k, v in others.items()}, told)


def _stripped(text: str) -> str:
    return f"{text.rstrip()}\n"


def facts_of(path: str, source: bytes) -> FileFacts:
    """The facts of a file as the index has them, newer syntax included."""
    facts = parse(path, module_name(path), source, False).facts
    if facts.problem:
        newer = parse(path, module_name(path), source, False, read_newer_syntax, "libcst").facts
        return newer._replace(problem=facts.problem, read_by=newer.read_by or "nothing")
    return facts


def index_of(files: dict[str, bytes]) -> CodeIndex:
    """The index of a code base."""
    return CodeIndex(facts_of(path, files[path]) for path in sorted(files))


def world(others: dict[str, bytes]) -> dict[str, bytes]:
    """The small code base with some files more, or in the place of its own."""
    return {**{path: text.encode() for path, text in WORLD.items()}, **others}


def rewrite(path: str, source: bytes, others: dict[str, bytes] | None = None, moves: Moves = MOVES) -> Rewritten:
    """What is to be done to one file of the small code base."""
    files = world({**(others or {}), path: source})
    return ReferenceRewriter(moves, Resolver(index_of(files))).rewrite(path, source)


def applied(found: Rewritten, source: bytes) -> bytes:
    """The source with the safe edits made."""
    return splice(source, found.safe)


def told(found: Rewritten) -> list[Edit]:
    """What is left or needs a look."""
    return [edit for edit in found.edits if edit.applicability is not Applicability.SAFE]
