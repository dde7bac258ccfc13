"""GitLab's code quality report and JUnit XML, as their documentation asks for them."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema

from reports.documents.check import CheckReport
from reports.formats import gitlab, junit
from tests.formats.check_reports import EVERY, finding, report

# docs.gitlab.com/ci/testing/code_quality, "Code Quality report format": these properties, all of them required.
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./]"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def quality(found: CheckReport = EVERY, **said: Any) -> Any:
    """The array, which must be valid."""
    issues = json.loads(gitlab.render(found, **said))
    jsonschema.Draft202012Validator(GITLAB).validate(issues)
    return issues


def test_each_finding_is_an_issue_with_its_place() -> None:
    issues = quality(prefix="sub/")
    assert [issue["location"]["lines"]["begin"] for issue in issues] == [12, 3, 1, 3, 3]
    assert issues[0]["location"]["path"] == "sub/app/page1.py"
    assert [issue["severity"] for issue in issues] == ["major", "major", "major", "info", "major"]


def test_fingerprints_are_unique_and_do_not_move_with_lines() -> None:
    twice = report(finding(1), finding(1, line=9, end=9), finding(1, path="elsewhere.py"))
    shifted = report(finding(1, line=30, end=30), finding(1, line=90, end=90), finding(1, path="elsewhere.py"))
    prints = [[issue["fingerprint"] for issue in quality(item)] for item in (twice, shifted)]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == 3


def test_known_findings_are_told_on_request() -> None:
    assert len(quality()) == 5
    assert [issue["severity"] for issue in quality(show_known=True)][4] == "info"
    assert quality(report()) == []


def suites(found: CheckReport = EVERY, **said: Any) -> dict[str, Xml.Element]:
    """The suites by name; every count must be that of the cases in them."""
    root = Xml.fromstring(junit.render(found, **said).encode())
    assert root.tag == "testsuites"
    assert int(root.get("tests", "")) == len(root.findall("./testsuite/testcase"))
    assert int(root.get("failures", "")) == len(root.findall("./testsuite/testcase/failure"))
    for suite in root:
        for name, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("skipped", "testcase/skipped")):
            assert int(suite.get(name, "")) == len(suite.findall(tag)), suite.get("name")
    return {suite.get("name", ""): suite for suite in root}


def test_each_rule_is_a_suite_and_each_finding_a_case() -> None:
    found = suites()
    assert list(found) == ["WSC001 legacy-class", "WSC002 legacy-path", "WSC014 unread-file", "stale baseline"]
    assert found["WSC002 legacy-path"].get("failures") == "2"
    case = found["WSC001 legacy-class"][0]
    assert (case.get("file"), case.get("line"), case.get("classname")) == ("app/page1.py", "12", "WSC001")


def test_a_rule_without_findings_passed() -> None:
    found = suites(report())
    assert [len(suite) for suite in found.values()] == [1, 1, 1]


def test_notes_and_known_findings_are_skipped() -> None:
    skipped = suites(show_known=True)["WSC002 legacy-path"].findall("testcase/skipped")
    assert [item.get("message") for item in skipped] == [EVERY.findings[3].message, "in the baseline"]
