"""Findings as text: a place that can be clicked, the code, what to do; and the answer in the last line."""

from __future__ import annotations

from reports.formats.findings_text import render
from tests.formats.check_reports import AWKWARD, EVERY, FIX, finding, report


def test_the_whole_report() -> None:
    [*_, awkward] = EVERY.findings
    shown = render(report(*EVERY.findings[:-1], stale=EVERY.stale, remarks=EVERY.remarks, suppressed=2))
    assert awkward is AWKWARD
    assert shown == (
        "app/page1.py:12: WSC001 imports Old through the legacy path app.old.Old\n"
        "  app/new.py:4: the unified class\n"
        "  help: take Old from app.new.New\n"
        "\n"
        "app/page2.py:3: WSC002 imports Old through the legacy path app.old.Old\n"
        "  3 | from old import Old\n"
        "  help: take Old from app.new.New\n"
        "\n"
        "app/page3.py: WSC014 imports Old through the legacy path app.old.Old\n"
        "\n"
        "app/page4.py:3: WSC002 note: imports Old through the legacy path app.old.Old\n"
        "  help: take Old from app.new.New\n"
        "\n"
        "Entries of the baseline that nothing answers to any more: 1. Remove them with --update-baseline.\n"
        "  app/gone.py WSC002 app.old.Old\n"
        "\n"
        "note: production used app.old.Old from app/a.py:3 (f)\n"
        "\n"
        "Success criteria\n"
        "  [ ] One manager  2 still stand: A | B\n"
        "  [?] Tests        run them\n"
        "\n"
        "3 findings in 7 files (1 WSC001 legacy-class, 1 WSC002 legacy-path, 1 WSC014 unread-file); "
        "1 known in the baseline, 1 note, 2 suppressed, 1 stale.\n"
    )


def test_known_findings_on_request() -> None:
    found = report(finding(1, known=True))
    assert "in the baseline)" not in render(found)
    assert "app.old.Old (in the baseline)\n" in render(found, True)


def test_nothing_to_tell() -> None:
    assert render(report(compared="at HEAD")).endswith("\nNo findings in 7 files; none known at HEAD.\n")


def test_what_a_terminal_would_obey_is_escaped() -> None:
    shown = render(report(AWKWARD))
    assert "\x1b" not in shown
    assert "\\x1b" in shown


def test_one_finding_and_more_lines_are_numbered_alike() -> None:
    shown = render(report(finding(line=9, end=11, code=("a", "b", "")), suppressed=0, compared=""))
    assert "   9 | a\n  10 | b\n  11 |\n" in shown
    assert shown.endswith("1 finding in 7 files (1 WSC002 legacy-path).\n")
    assert FIX.description
