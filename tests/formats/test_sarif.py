"""SARIF: valid by its published schema, relative, with stable fingerprints, below the limits of who reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from reports.documents.check import CheckReport, Related
from reports.formats import sarif
from tests.formats.check_reports import EVERY, finding, published, report


def rendered(found: CheckReport = EVERY, **said: Any) -> Any:
    """The log, which must be valid."""
    log = json.loads(sarif.render(found, "1.2.3", **said))
    jsonschema.Draft7Validator(published("sarif-2.1.0.json")).validate(log)
    return log["runs"][0]


def test_the_schema_refuses_what_is_none() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(published("sarif-2.1.0.json")).validate({"version": "2.1.0", "runs": [{}]})


def test_each_new_finding_is_a_result_with_its_rule_and_place() -> None:
    run = rendered()
    assert [result["ruleId"] for result in run["results"]] == ["WSC001", "WSC002", "WSC014", "WSC002", "WSC002"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert [result["level"] for result in run["results"]] == ["error", "error", "error", "note", "error"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "app/page1.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "endLine": 12},
    }
    assert run["results"][0]["relatedLocations"][0]["message"] == {"text": "the unified class"}


def test_paths_are_relative_to_the_repository_and_quoted() -> None:
    uris = [
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in rendered(prefix="sub/")["results"]
    ]
    assert uris[0] == "sub/app/page1.py"
    assert uris[-1] == "sub/app/odd%20name%2C%25%3A%FF.py"


def test_a_finding_of_a_whole_file_has_a_line_since_services_drop_results_without() -> None:
    region = rendered()["results"][2]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "endLine": 1}


def test_fingerprints_are_unique_and_do_not_move_with_lines() -> None:
    twice = report(finding(1), finding(1, line=9, end=9), finding(2))
    shifted = report(finding(1, line=30, end=30), finding(1, line=90, end=90), finding(2))
    prints = [[r["partialFingerprints"] for r in rendered(item)["results"]] for item in (twice, shifted)]
    assert prints[0] == prints[1]
    assert len({json.dumps(item) for item in prints[0]}) == 3


def test_what_is_known_is_told_on_request_and_marked() -> None:
    assert len(rendered()["results"]) == 5
    assert [r["baselineState"] for r in rendered(show_known=True)["results"]] == ["new"] * 4 + ["unchanged", "new"]
    assert "baselineState" not in rendered(report(finding()))["results"][0]


def test_a_fix_is_a_replacement() -> None:
    [change] = rendered()["results"][1]["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 16},
            "insertedContent": {"text": "from new import New as Old"},
        }
    ]


def test_rules_bring_their_help() -> None:
    rule = rendered()["tool"]["driver"]["rules"][0]
    assert rule["name"] == "LegacyClass"
    assert "```python\nclass Old: ...\n```" in rule["help"]["markdown"]


def test_remarks_and_stale_entries_are_notifications() -> None:
    told = rendered()["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in told] == [
        "production used app.old.Old from app/a.py:3 (f)",
        "the baseline's entry app/gone.py WSC002 app.old.Old answers to nothing any more",
    ]


def test_what_is_above_the_limits_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 3)
    monkeypatch.setattr(sarif, "MAX_LOCATIONS", 2)
    many = report(*(finding(n, related=tuple(Related("a.py", m, "x") for m in (1, 1, 2, 3))) for n in range(5)))
    run = rendered(many)
    assert [len(result["relatedLocations"]) for result in run["results"]] == [2, 2, 2]
    [note] = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("2 of 5 results were cut")


def test_a_log_that_is_too_large_is_cut_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    many = report(*(finding(n) for n in range(50)))
    monkeypatch.setattr(sarif, "MAX_BYTES", 12_000)
    assert len(sarif.render(many, "1")) <= 12_000
    assert 0 < len(rendered(many)["results"]) < 50
    monkeypatch.setattr(sarif, "MAX_BYTES", 10)
    assert rendered(many)["results"] == []


def test_no_findings_are_a_run_without_results() -> None:
    assert rendered(replace(report(), remarks=()))["results"] == []
