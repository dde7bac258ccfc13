"""Old paths in documents and data: found as whole words, told with what they are now, rewritten where that is one."""

from __future__ import annotations

import pytest

from codemods.edits import Applicability, splice
from codemods.rewrites.mentions import Mentions

MENTIONS = Mentions(
    {"app.old.Old": "app.new.New", "app.old.Old.Inner": "app.new.Inner"},
    {"app.old": "app.new", "app.spread": ""},
    {"app/old.py": "app/new.py", "app/spread.py": ""},
)


def rewritten(text: str) -> str:
    source = text.encode()
    safe = [edit for edit in MENTIONS.find("a.md", source) if edit.applicability is Applicability.SAFE]
    return splice(source, safe).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("see app.old.Old for it", "see app.new.New for it"),
        ("see `app.old.Old`.", "see `app.new.New`."),
        ('{"path": "app.old.Old.Inner"}', '{"path": "app.new.Inner"}'),
        ("app.old is a module", "app.new is a module"),
        ("<file>app/old.py</file>", "<file>app/new.py</file>"),
        ("app.old.Old, app.old.Old\r\nand app/old.py:12", "app.new.New, app.new.New\r\nand app/new.py:12"),
    ],
    ids=[
        "a name in a sentence",
        "at the end of a sentence",
        "the longest name",
        "a module",
        "a file",
        "several, with CRLF and a line number",
    ],
)
def test_what_has_one_new_place_is_rewritten_and_a_second_run_changes_nothing(before: str, after: str) -> None:
    assert rewritten(before) == after
    assert rewritten(after) == after


@pytest.mark.parametrize(
    "text",
    [
        "my.app.old.Old",
        "app.older",
        "app.old_thing",
        "app.old.other",
        "src/app/old.py",
        "app/old.pyc",
        "app-old",
        "Old",
    ],
)
def test_part_of_another_name_or_path_is_not_it(text: str) -> None:
    assert list(MENTIONS.find("a.md", text.encode())) == []


def test_what_is_in_several_places_now_is_told_with_its_line() -> None:
    [edit] = MENTIONS.find("a.md", b"one\ntwo app/spread.py\n")
    assert (edit.line, edit.applicability) == (2, Applicability.MANUAL)
    assert edit.advice


def test_without_anything_gone_nothing_is_found() -> None:
    assert list(Mentions({}).find("a.md", b"anything")) == []


def test_of_a_name_and_its_module_the_name_is_found_and_the_reason_says_it() -> None:
    mentions = Mentions({"app.old.One": "app.new.First"}, {"app.old": ""})
    text = b"app.old.One and app.old"
    assert [text[edit.start : edit.end] for edit in mentions.find("a.md", text)] == [b"app.old.One", b"app.old"]
    assert [edit.replacement for edit in mentions.find("a.md", text)] == [b"app.new.First", b""]
    assert all("app.old" in edit.reason for edit in mentions.find("a.md", text))
