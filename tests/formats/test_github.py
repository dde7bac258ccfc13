"""GitHub: as many annotations as are shown, none dropped without a word, nothing in the log taken for a command."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

import pytest

from reports.documents.check import Stale
from reports.formats import github
from tests.formats.check_reports import AWKWARD, EVERY, finding, report


class Command(NamedTuple):
    """A workflow command as the runner reads it."""

    name: str
    fields: dict[str, str]
    text: str


def commands(text: str) -> list[Command]:
    """The commands of a log, read as actions/runner does: lines that begin with `::`, or have `##[` in them."""
    found = []
    for line in text.splitlines():
        assert "##[" not in line
        match = re.match(r"\s*::(\w[\w-]*)(?: (.*?))?::(.*)$", line)
        if match:
            fields = dict(pair.split("=", 1) for pair in (match[2] or "").split(",") if pair)
            found.append(Command(match[1], {k: unquote(v) for k, v in fields.items()}, unquote(match[3])))
    return found


def annotations(text: str, name: str = "error") -> list[Command]:
    """The commands of one name."""
    return [command for command in commands(text) if command.name == name]


def test_few_findings_are_an_annotation_each_on_their_lines() -> None:
    found = annotations(github.render(report(finding(1), finding(2, line=5, end=7)), prefix="sub/"))
    assert [command.fields for command in found] == [
        {"file": "sub/app/page1.py", "line": "3", "endLine": "3", "title": "WSC002 legacy-path"},
        {"file": "sub/app/page2.py", "line": "5", "endLine": "7", "title": "WSC002 legacy-path"},
    ]
    assert found[0].text == "imports Old through the legacy path app.old.Old\ntake Old from app.new.New"


@pytest.mark.parametrize(
    ("names", "expected"),
    [(1, 1), (4, 4), (25, 1)],
    ids=["about one class: one", "about four: one for each", "about too many: one for the rule"],
)
def test_many_findings_are_told_together_and_every_place_is_named(names: int, expected: int) -> None:
    many = [finding(n % names, path=f"p{n:02}.py") for n in range(30)]
    text = github.render(report(*many))
    found = annotations(text)
    assert len(found) == expected
    told = "\n".join(f"{command.fields['file']} {command.text}" for command in found)
    assert {item.path for item in many} == set(re.findall(r"p\d\d\.py", told))
    log = text.partition("::group::")[2]
    assert all(f"{item.path}:3: WSC002" in log for item in many)


def test_more_rules_than_annotations_share_the_last_one() -> None:
    many = [finding(n, rule=f"R{n % 14}", path=f"p{n}.py") for n in range(42)]
    found = annotations(github.render(report(*many)))
    assert len(found) == github.CAP
    assert sum(1 + len(re.findall(r"p\d+\.py", command.text)) for command in found) == 42


def test_places_that_do_not_fit_into_an_annotation_are_counted() -> None:
    many = [finding(0, path=f"p{n}.py") for n in range(100)]
    [command] = annotations(github.render(report(*many)))
    assert command.text.endswith("and 59 more, all in the log and the job summary")


def test_notes_are_notices_and_known_findings_none() -> None:
    text = github.render(report(finding(1, level="note"), finding(2, known=True)))
    assert (len(annotations(text)), len(annotations(text, "notice"))) == (0, 1)


def test_stale_entries_are_a_warning() -> None:
    [command] = annotations(github.render(report(stale=(Stale("a.py", "WSC002", "x"),))), "warning")
    assert "a.py WSC002 x" in command.text


def test_code_in_the_log_is_no_command() -> None:
    names = [command.name for command in commands(github.render(report(AWKWARD)))]
    assert names == ["error", "group", "endgroup"]


def test_the_summary_is_a_table_that_markdown_cannot_break() -> None:
    text = github.summary(EVERY)
    assert r"| ❌ | One manager | 2 still stand: A \| B |" in text
    rows = [line for line in text.splitlines() if line.startswith("| WSC")]
    assert len(rows) == 5
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert "baseline: `app/gone.py` WSC002 app.old.Old is stale" in text


def test_a_summary_without_findings_has_no_table_of_them() -> None:
    assert "| rule |" not in github.summary(report(finding(known=True)))


def test_a_summary_that_is_too_long_says_what_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github, "SUMMARY_BYTES", 2_000)
    text = github.summary(report(*(finding(n) for n in range(90))))
    assert len(text.encode()) <= 2_000
    assert re.search(r"\n\n\d+ more lines were cut, since GitHub takes 1 MiB; the log has all\.\n$", text)


def test_a_summary_without_criteria_has_no_table_of_them() -> None:
    assert "success criterion" not in github.summary(replace(EVERY, criteria=()))
