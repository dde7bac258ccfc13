"""What becomes of imports, module objects and strings, case by case: changed and unchanged side by side."""

from __future__ import annotations

import ast

import pytest

from codemods.edits import Applicability, splice
from tests.rewrites.cases.reading import Case, cases, rewrite, told

FILES = ("from_imports", "scopes", "relative", "modules", "traps", "strings")
EVERY = [case for name in FILES for case in cases(name)]


def others(case: Case) -> dict[str, bytes]:
    return {path: text.encode() for path, text in case.others.items()}


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.title)
def test_it_becomes_what_the_case_says_and_what_is_left_is_told(case: Case) -> None:
    found = rewrite(case.path, case.before.encode(), others(case))
    assert splice(case.before.encode(), found.safe).decode() == case.after
    reasons = [edit.reason for edit in told(found)]
    assert len(reasons) == len(case.told), reasons
    assert all(any(part in reason for reason in reasons) for part in case.told), reasons
    assert all(edit.advice for edit in told(found))


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.title)
def test_the_result_parses_and_a_second_run_changes_nothing(case: Case) -> None:
    ast.parse(case.before)
    ast.parse(case.after)
    again = rewrite(case.path, case.after.encode(), others(case))
    assert [edit for edit in again.edits if edit.applicability is Applicability.SAFE] == []
    if case.told:
        assert len(told(again)) >= 1


def test_at_least_two_cases_in_five_change_nothing_and_titles_are_unique() -> None:
    assert sum(case.stays for case in EVERY) >= 0.4 * len(EVERY)
    assert len({case.title for case in EVERY}) == len(EVERY) >= 100
