"""Findings as SARIF 2.1.0, as code scanning services take them: relative URIs, fingerprints, rule help, fixes.

GitHub refuses a run of more than 25,000 results, more than 1,000 locations of a result, and files that are larger
than 10 MB when compressed (docs.github.com, "SARIF support for code scanning", validation). What is cut is said in
the run's notifications.
"""

from __future__ import annotations

import json
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from typing import Any

from reports.documents.check import CheckReport, Finding, Fix, Related, RuleText

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 25_000
MAX_LOCATIONS = 1_000
MAX_BYTES = 40 * 1024 * 1024  # uncompressed; such JSON compresses to less than a fifth
FINGERPRINT = "wsconsolidateFingerprint/v1"
_Object = dict[str, Any]


def render(report: CheckReport, version: str, prefix: str = "", show_known: bool = False) -> str:
    """The report as one SARIF run; `prefix` leads from the repository's root to the code base."""
    findings = [item for item in report.findings if show_known or not item.known]
    results = list(_results(findings[:MAX_RESULTS], report, prefix))
    while results and len(text := _log(report, version, results, len(findings))) > MAX_BYTES:
        results = results[: len(results) * MAX_BYTES // (len(text) + 1)]
    return _log(report, version, results, len(findings))


def _log(report: CheckReport, version: str, results: list[_Object], total: int) -> str:
    cut = total - len(results)
    said = [f"{cut} of {total} results were cut to stay below the limits of code scanning"] if cut else []
    notes = [{"level": "warning", "message": {"text": text}} for text in said]
    notes += [{"level": "note", "message": {"text": text}} for text in (*report.remarks, *_stale(report))]
    run: _Object = {
        "tool": {
            "driver": {
                "name": "wsconsolidate",
                "semanticVersion": version,
                "rules": [_rule(rule) for rule in report.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "results": results,
    }
    log = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=True) + "\n"


def _stale(report: CheckReport) -> Iterator[str]:
    for item in report.stale:
        yield f"the baseline's entry {item.path} {item.rule} {item.name} answers to nothing any more"


def _rule(rule: RuleText) -> _Object:
    help_ = f"{rule.why}\n\n{rule.fix}"
    markdown = (
        f"{rule.why}\n\nNot so:\n\n```python\n{rule.bad}\n```\n\nBut so:\n\n```python\n{rule.good}\n```\n\n{rule.fix}"
    )
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": help_, "markdown": markdown},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["consolidation"]},
    }


def _results(findings: list[Finding], report: CheckReport, prefix: str) -> Iterator[_Object]:
    numbers = {rule.id: number for number, rule in enumerate(report.rules)}
    seen: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        key = (finding.rule, finding.name, finding.fingerprint, finding.path)
        seen[key] += 1
        result: _Object = {
            "ruleId": finding.rule,
            "ruleIndex": numbers[finding.rule],
            "level": finding.level,
            "message": {"text": f"{finding.message}. {finding.hint}".rstrip(". ") + "."},
            "locations": [_location(finding.path, finding.line, finding.end, prefix)],
            "partialFingerprints": {FINGERPRINT: f"{finding.fingerprint}:{finding.name}:{seen[key]}"},
        }
        if finding.related:
            result["relatedLocations"] = [
                _related(item, prefix) for item in tuple(dict.fromkeys(finding.related))[:MAX_LOCATIONS]
            ]
        if finding.fix is not None:
            result["fixes"] = [_fix(finding.fix, finding.path, prefix)]
        if report.summary.compared:
            result["baselineState"] = "unchanged" if finding.known else "new"
        yield result


def _location(path: str, line: int, end: int, prefix: str) -> _Object:
    """A place; a whole file is told at its first line, since services drop results without one."""
    region = {"startLine": max(line, 1), "endLine": max(end, line, 1)}
    return {"physicalLocation": {"artifactLocation": _artifact(path, prefix), "region": region}}


def _artifact(path: str, prefix: str) -> _Object:
    uri = urllib.parse.quote(prefix + path, safe="/", errors="surrogateescape")
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _related(item: Related, prefix: str) -> _Object:
    return {**_location(item.path, item.line, item.line, prefix), "message": {"text": item.message}}


def _fix(fix: Fix, path: str, prefix: str) -> _Object:
    replacements = [
        {
            "deletedRegion": {
                "startLine": item.line,
                "startColumn": item.column,
                "endLine": item.end_line,
                "endColumn": item.end_column,
            },
            "insertedContent": {"text": item.text},
        }
        for item in fix.replacements
    ]
    change = {"artifactLocation": _artifact(path, prefix), "replacements": replacements}
    return {"description": {"text": fix.description}, "artifactChanges": [change]}
