"""The history of a code base: a line for each run of `check` over all of it, from which a burndown is drawn.

    {"schema":1,"commit":"9f0c...","counts":{"WSC001":15,"WSC002":402},"dirty":true}

Counted is all that the rules find, whatever the run compares it with: what a baseline tolerates is left to do, and a
newcomer that nobody compares is one. Notes, suppressed findings and losses are not counted. There is no date, since
the commit has one: the same commit gives the same line, and judged once more it takes the place of its last line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from codemods.errors import ConfigError
from codemods.source.files import write_all
from codemods.source.lock import waiting
from codemods.tables import read_bytes
from reports.documents.check import Finding
from reports.documents.history import HistoryRun
from reports.wording import printable

VERSION = 1
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")
_RULE = re.compile(r"WSC\d{3,}")
_RESTORE = "take the line back from version control, or remove it"


def counted(findings: Iterable[Finding], rules: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """How many findings each of the rules has, in the order of their ids; notes fail nothing and are none."""
    found = Counter(finding.rule for finding in findings if finding.level == "error")
    return tuple((rule, found[rule]) for rule in sorted(rules))


def load(path: Path) -> tuple[HistoryRun, ...]:
    """The runs of a file, the first first; none where there is no file. Raises ConfigError with file and line."""
    if not path.exists():
        return ()
    lines = read_bytes(path).splitlines()
    return tuple(_run(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip())


def record(path: Path, run: HistoryRun) -> None:
    """Write a run behind the others; the same commit once more takes the place of its last line.

    The file is replaced as a whole, and another process that does the same waits: no line is lost or cut.
    Raises ConfigError for a line that is damaged, OutputError.
    """
    with waiting(path.parent):
        known = load(path)
        again = bool(known) and (known[-1] == run or known[-1].commit == run.commit != "")
        runs = (*(known[:-1] if again else known), run)
        write_all(path.parent, {path.name: "".join(map(_line, runs))})


def _line(run: HistoryRun) -> str:
    told: dict[str, object] = {"schema": VERSION, "commit": run.commit, "counts": dict(run.counts)}
    return json.dumps(told | ({"dirty": True} if run.dirty else {}), separators=(",", ":")) + "\n"


def _run(line: bytes, where: str) -> HistoryRun:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(where, "it is no JSON") from error
    if not isinstance(said, dict) or type(said.get("schema")) is not int:
        raise _damaged(where, "it names no schema")
    if said["schema"] != VERSION:
        raise ConfigError(f"{where}: of version {said['schema']}, and this program reads {VERSION}; update it")
    commit, counts, dirty = said.get("commit"), said.get("counts"), said.get("dirty", False)
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise _damaged(where, f"{printable(repr(commit))} is no commit")
    if not isinstance(counts, dict) or not all(map(_counts, counts, counts.values())):
        raise _damaged(where, "its counts are no numbers of findings by rule")
    if not isinstance(dirty, bool):
        raise _damaged(where, "dirty is neither true nor false")
    return HistoryRun(commit, tuple(sorted(counts.items())), dirty)


def _counts(rule: str, count: object) -> bool:
    return bool(_RULE.fullmatch(rule)) and type(count) is int and count >= 0


def _damaged(where: str, why: str) -> ConfigError:
    return ConfigError(f"{where}: not a line of a history of wsconsolidate: {why}; {_RESTORE}")
