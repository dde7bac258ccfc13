"""Findings as GitLab takes them for its code quality widget: the array of docs.gitlab.com/ci/testing/code_quality."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from reports.documents.check import CheckReport
from reports.wording import one_line

_SEVERITY = {"error": "major", "note": "info"}


def render(report: CheckReport, prefix: str = "", show_known: bool = False) -> str:
    """The array; each fingerprint is unique in it, and stays the same while lines shift."""
    seen: Counter[str] = Counter()
    found = []
    for finding in report.findings:
        if finding.known and not show_known:
            continue
        identity = "\0".join((finding.rule, finding.name, finding.fingerprint, finding.path))
        seen[identity] += 1
        unique = f"{identity}\0{seen[identity]}".encode("utf-8", "surrogateescape")
        found.append(
            {
                "description": one_line(f"{finding.rule}: {finding.message}"),
                "check_name": finding.rule,
                "fingerprint": hashlib.blake2b(unique, digest_size=16).hexdigest(),
                "severity": "info" if finding.known else _SEVERITY[finding.level],
                "location": {"path": one_line(prefix + finding.path), "lines": {"begin": max(finding.line, 1)}},
            }
        )
    return json.dumps(found, indent=1) + "\n"
