"""The baseline: what is tolerated and what must stay, as a file that people read and merge.

One entry a line, sorted, without line numbers, totals or dates:

    allow tests/test_page.py WSC002 app.ws.manager.Manager 4f1c9a2b7d10
    keep app/ws/emitter.py WSC006 agent_started:Emitter.notify_agent_started 0a94be1f77c2

An entry answers a finding of the same rule, name, fingerprint and path. Where that path is gone, the file was moved:
then the same finding in another file is answered, too; a path that is still there answers for itself alone, so that a
finding that went and one that came are never taken for each other.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from codemods.errors import ConfigError
from codemods.gate.kept import Kept
from codemods.tables import read_bytes
from reports.documents.check import Finding
from reports.wording import printable

HEADER = "# wsconsolidate baseline 1: `allow` what is tolerated for now, `keep` what must stay. Merge line by line.\n"
_HEADER = re.compile(r"# wsconsolidate baseline (\d+)\b")
VERSION = "1"
_RESTORE = "take the line back from version control, or remove it"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_RAW = re.compile("[\\s%\x00-\x1f\x7f\ud800-\udfff]")  # what would break a line apart, or cannot be written


class Entry(NamedTuple):
    """One tolerated finding."""

    path: str
    rule: str
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """All that is recorded."""

    allowed: tuple[Entry, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The findings, each told whether it is known, and the entries that nothing answers to."""

    findings: tuple[Finding, ...]
    stale: tuple[Entry, ...]


def entry_of(finding: Finding) -> Entry:
    """What a baseline says of a finding."""
    return Entry(finding.path, finding.rule, finding.name, finding.fingerprint)


def load(path: Path) -> Baseline:
    """The baseline in a file. Raises ConfigError with the line that cannot be used and what to do."""
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8; write it again with --update-baseline --add") from error
    lines = text.splitlines()
    _check_header(path, lines[:1])
    allowed: list[Entry] = []
    kept: list[Kept] = []
    for number, line in enumerate(lines, 1):
        if line.startswith(_CONFLICT):
            raise ConfigError(
                f"{path}:{number}: a merge conflict was left here; keep the lines of both sides, drop the markers, "
                "then prune with --update-baseline"
            )
        if line.strip() and not line.startswith("#"):
            kind, entry = _entry(line, f"{path}:{number}")
            allowed += [entry] if kind == "allow" else []
            kept += [Kept(*entry)] if kind == "keep" else []
    return Baseline(tuple(allowed), tuple(kept))


def _check_header(path: Path, first: list[str]) -> None:
    found = _HEADER.match(first[0]) if first else None
    if found is None or found[1] != VERSION:
        told = f"version {found[1]}, and this program reads {VERSION}" if found else "its first line is not of one"
        raise ConfigError(f"{path}: not a baseline of wsconsolidate: {told}; record one with --update-baseline --add")


def _entry(line: str, where: str) -> tuple[str, Entry]:
    kind, *fields = line.split()
    if kind not in {"allow", "keep"} or len(fields) != len(Entry._fields):
        raise ConfigError(
            f"{where}: expected `allow|keep PATH RULE NAME FINGERPRINT`, got {printable(line)!r}; {_RESTORE}"
        )
    return kind, Entry(*(urllib.parse.unquote(field, errors="surrogateescape") for field in fields))


def render(baseline: Baseline) -> str:
    """The text of a baseline: the same content is the same text."""
    lines = [_line("allow", entry) for entry in baseline.allowed] + [_line("keep", entry) for entry in baseline.kept]
    return HEADER + "".join(sorted(lines))


def _line(kind: str, entry: Iterable[str]) -> str:
    return " ".join((kind, *(_RAW.sub(_quoted, field) for field in entry))) + "\n"


def _quoted(found: re.Match[str]) -> str:
    return urllib.parse.quote(found[0], safe="", errors="surrogateescape")


def compare(findings: Sequence[Finding], allowed: Iterable[Entry], exists: Callable[[str], bool]) -> Comparison:
    """Hold findings against what is tolerated; `exists` tells whether a path is still there."""
    left = Counter(allowed)
    known: list[Finding] = []
    for finding in findings:
        entry = entry_of(finding)
        known.append(replace(finding, known=left[entry] > 0))
        left[entry] -= left[entry] > 0
    moved = Counter({entry: count for entry, count in left.items() if count > 0 and not exists(entry.path)})
    gone: dict[tuple[str, ...], list[Entry]] = {}
    for entry in sorted(moved.elements()):
        gone.setdefault(entry[1:], []).append(entry)
    for likely in (_same_name, _same_folder, _anywhere):  # the file that was moved, before one that only says the same
        for number, finding in enumerate(known):
            waiting = gone.get(entry_of(finding)[1:], []) if not finding.known else []
            for answering in [entry for entry in waiting if likely(entry.path, finding.path)][:1]:
                waiting.remove(answering)
                left[answering] -= 1
                known[number] = replace(finding, known=True)
    return Comparison(tuple(known), tuple(sorted((+left).elements())))


def _same_name(one: str, other: str) -> bool:
    return one.rpartition("/")[2] == other.rpartition("/")[2]


def _same_folder(one: str, other: str) -> bool:
    return one.rpartition("/")[0] == other.rpartition("/")[0]


def _anywhere(_one: str, _other: str) -> bool:
    return True


def updated(
    old: Baseline | None, compared: Comparison, kept: Iterable[Kept], rules: Collection[str], add: bool
) -> Baseline:
    """The baseline without what is stale, known findings at the paths where they are now.

    New findings, and the present state of what must stay, are taken in only when `add` says so. Entries of rules that
    did not run stay as they are.
    """
    before = old or Baseline((), ())
    untouched = [entry for entry in before.allowed if entry.rule not in rules]
    answered = [entry_of(finding) for finding in compared.findings if finding.level == "error" and _taken(finding, add)]
    present = (*_others(before.kept, rules), *(item for item in kept if item.rule in rules)) if add else before.kept
    return Baseline((*untouched, *answered), tuple(present))


def _taken(finding: Finding, add: bool) -> bool:
    return finding.known or add


def _others(kept: Iterable[Kept], rules: Collection[str]) -> Iterator[Kept]:
    return (item for item in kept if item.rule not in rules)
