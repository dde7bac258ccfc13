"""What must hold of any input: the readers refuse it in their own words or take it, and a splice does what it says.

Each target takes bytes, and raises when something is broken. `benchmarks/fuzz.py` seeks such bytes; those that led it
to code that no others reached are kept in `corpus`, and tried by an ordinary test.
"""

from __future__ import annotations

import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from codemods.areas import TEST_PATH
from codemods.conventions import Conventions
from codemods.edits import Applicability, Edit, FileChange, one_insertion_each, splice
from codemods.errors import ConfigError
from codemods.index.closeup import close_up
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts
from codemods.index.reader import Reading, record
from codemods.index.resolve import Resolver
from codemods.index.tolerant import read_newer_syntax, syntax_tree
from codemods.plan import Plan, load_plan
from codemods.prove.checks import refusal
from codemods.prove.views import Planned, Rereader
from codemods.rewrites.call_adapters import Deadlines, OldClass, adapter_module, legacy_calls
from codemods.rewrites.outcomes import Rewritten
from codemods.rewrites.references import ReferenceRewriter
from tests.rewrites.cases.reading import MOVES, facts_of, world

CORPUS = Path(__file__).parent / "corpus"
PATH = "app/user.py"
READING = Reading("", ("",), "", TEST_PATH, ("Manager", "get_manager"), frozenset({"app"}))


def index(data: bytes) -> None:
    """A file of any bytes is read, or has a reason why not; what is read of it can be asked for."""
    facts = _read(data)
    resolver = Resolver(CodeIndex((*_others(), facts)))
    for scope, bindings in facts.scopes:
        for binding in bindings:
            resolver.name(".".join(filter(None, (facts.module, scope))), binding.name)
    if facts.read_by in {"ast", "libcst"}:
        tree = syntax_tree(facts, data)
        for item in facts.classes:
            assert 1 <= item.line <= item.end <= facts.lines + 1
            close_up(tree, facts.path, facts.module, item.qualname, ())


def plan(data: bytes) -> None:
    """A plan of any bytes is read, or refused; what is read makes adapters that Python can read, too."""
    with tempfile.NamedTemporaryFile(dir=_memory(), suffix=".toml") as file:
        file.write(data)
        file.flush()
        try:
            found = load_plan(Path(file.name))
        except ConfigError as error:
            told = str(error)
        else:
            told = ""
    if told:
        assert all(line.startswith(file.name) for line in told.splitlines())  # one line for each mistake
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as those of `1 is 1`: what a plan says is its author's
        _adapted(found)


def edits(data: bytes) -> None:
    """Edits of any bytes are refused, or end where replacing from the last to the first ends."""
    source, planned = _edits(data)
    alike = {(edit.path, edit.applicability is Applicability.MANUAL) for edit in planned} == {("a.py", False)}
    merged = one_insertion_each(planned) if alike else planned
    try:
        after = splice(source, merged)
    except ValueError:
        return
    expected = source
    for edit in reversed(sorted(planned, key=lambda edit: (edit.start, edit.end))):
        expected = expected[: edit.start] + edit.replacement + expected[edit.end :]
    assert after == expected == splice(source, reversed(merged))


def rewriting(data: bytes) -> None:
    """A file of any bytes, once its references are rewritten, parses, differs only there, and is done with."""
    found = _rewritten(data)
    after = splice(data, found.safe)
    splice(data, (*found.safe, *found.review))
    if not found.safe:
        return
    change = FileChange(PATH, data, after)
    read = Rereader(READING).read([change])[PATH]
    assert refusal(Planned(change, found.safe), facts_of(PATH, data), read) == ""
    assert _rewritten(after).safe == ()


TARGETS: dict[str, Callable[[bytes], None]] = {"index": index, "plan": plan, "edits": edits, "rewriting": rewriting}


def _read(data: bytes) -> FileFacts:
    """The facts of a file as the index comes by them."""
    first = record(READING, PATH, data, b"", True)
    facts: FileFacts = pickle.loads(first.facts)
    if facts.problem:
        again = record(READING, PATH, data, b"", True, read_newer_syntax, "libcst")
        facts = pickle.loads(again.facts)
        facts = facts._replace(read_by=facts.read_by or "nothing")
    return facts._replace(lines=first.lines)


@cache
def _others() -> tuple[FileFacts, ...]:
    return tuple(facts_of(path, content) for path, content in sorted(world({}).items()))


def _adapted(found: Plan) -> None:
    conventions, deadlines = Conventions(found.conventions), Deadlines("shims", found.since, found.removal)
    for convention in found.conventions:
        compile(adapter_module(conventions, [convention.dotted]), "adapters", "exec")
        old = OldClass(convention.dotted, f"app.{convention.module}.New", (), (("a.get", "app.get"),))
        compile(legacy_calls(conventions, [old], "app", deadlines), "calls", "exec")


@cache
def _memory() -> str | None:
    """A folder that no disk is behind, where there is one: a plan is read from a file."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _edits(data: bytes) -> tuple[bytes, list[Edit]]:
    """A source and edits of it: three bytes for the place, the length and the kind of each, its text behind them."""
    source, _, told = data.partition(b"|")
    return source, list(_each_edit(told))


def _each_edit(told: bytes) -> Iterator[Edit]:
    kinds = (Applicability.SAFE, Applicability.SAFE, Applicability.REVIEW, Applicability.MANUAL)
    for number, part in enumerate(told.split(b"|")):
        if len(part) >= 3:
            start, size, kind = part[0] - 48, part[1] - 48, kinds[part[2] % 4]
            yield Edit("a.py" if part[2] < 250 else "b.py", start, start + size, part[3:], number, "rule", kind, "why")


def _rewritten(data: bytes) -> Rewritten:
    facts = facts_of(PATH, data)
    return ReferenceRewriter(MOVES, Resolver(CodeIndex((*_others(), facts)))).rewrite(PATH, data)
