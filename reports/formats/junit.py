"""Findings as JUnit XML, for services that show test results: a suite for each rule, a case for each finding."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from reports.documents.check import CheckReport, Finding, RuleText
from reports.formats.findings_text import place
from reports.wording import one_line

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def render(report: CheckReport, show_known: bool = False) -> str:
    """The XML; a rule that found nothing is one case that passed, a known finding or a note is skipped."""
    root = Xml.Element("testsuites", name="wsconsolidate")
    failures = 0
    for rule in report.rules:
        found = [item for item in report.findings if item.rule == rule.id and (show_known or not item.known)]
        failures += _suite(root, rule, found)
    if report.stale:
        failures += _stale(root, report)
    root.set("tests", str(len(root.findall("./testsuite/testcase"))))
    root.set("failures", str(failures))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: Xml.Element, rule: RuleText, found: list[Finding]) -> int:
    failed = [item for item in found if item.level == "error" and not item.known]
    counts = {"tests": max(len(found), 1), "failures": len(failed), "errors": 0, "skipped": len(found) - len(failed)}
    suite = Xml.SubElement(root, "testsuite", {"name": f"{rule.id} {rule.slug}"})
    for name, count in counts.items():
        suite.set(name, str(count))
    if not found:
        Xml.SubElement(suite, "testcase", name=rule.title, classname=rule.id)
    for item in found:
        case = Xml.SubElement(suite, "testcase", name=_text(_named(item)), classname=rule.id)
        case.set("file", _text(item.path))
        case.set("line", str(max(item.line, 1)))
        if item in failed:
            failure = Xml.SubElement(case, "failure", message=_text(item.message), type=rule.id)
            failure.text = _text(f"{place(item.path, item.line)}: {item.message}\n{item.hint}")
        else:
            Xml.SubElement(case, "skipped", message="in the baseline" if item.known else _text(item.message))
    return len(failed)


def _stale(root: Xml.Element, report: CheckReport) -> int:
    count = len(report.stale)
    suite = Xml.SubElement(root, "testsuite", name="stale baseline", tests=str(count), failures=str(count))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    for item in report.stale:
        case = Xml.SubElement(suite, "testcase", name=_text(f"{item.path} {item.rule} {item.name}"))
        case.set("classname", "baseline")
        Xml.SubElement(case, "failure", message="nothing answers to it any more", type="stale")
    return count


def _named(item: Finding) -> str:
    return one_line(f"{place(item.path, item.line)} {item.name}")


def _text(text: str) -> str:
    return _ILLEGAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
