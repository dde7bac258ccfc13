"""Text from outside: nothing invisible gets through, and every heading has an anchor of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.wording import anchors, one_line, printable, slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, ünïcode 文字 🙂", "plain text, ünïcode 文字 🙂"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("bad\udcff.py", "bad\\udcff.py"),
    ],
    ids=[
        "visible text stays",
        "tabs and line ends stay",
        "every kind of line end becomes one kind",
        "terminal escapes are shown, not obeyed",
        "a change of direction is shown",
        "a zero-width space is shown",
        "an undecodable byte of a file name is shown",
    ],
)
def test_printable_shows_what_would_be_invisible(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text(st.characters()))
def test_printable_text_can_be_written_and_shows_all_its_characters(text: str) -> None:
    shown = printable(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert all(char.isprintable() or char in "\n\t" for char in shown)


def test_running_text_has_no_line_ends() -> None:
    assert one_line("a\n\n  b\tc ") == "a b c "


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Overview", "overview"),
        ("What is left, and why?", "what-is-left-and-why"),
        ("snake_case & kebab-case", "snake_case--kebab-case"),
        ("a  b\n c", "a-b-c"),
        (" padded ", "padded"),
        ("`code` **bold**", "code-bold"),
        ("Über 文字 é", "über-文字-é"),
        ("e\u0301 \u2160 ²", "e\u0301-\u2170-"),
        ("v1.2.3 🙂", "v123-"),
        ("!!!", ""),
    ],
    ids=[
        "capital letters become small",
        "punctuation vanishes and spaces become hyphens",
        "underscores and hyphens stay, and so do two spaces around a lost character",
        "white space in the source counts once",
        "white space around it does not count",
        "the marks of Markdown vanish",
        "letters of every language stay",
        "accents and letter-like numerals stay, superscripts vanish",
        "dots and pictures vanish",
        "nothing may be left",
    ],
)
def test_a_slug_is_the_one_github_makes(heading: str, expected: str) -> None:
    assert slug(heading) == expected


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["A", "a", "A!"], ("a", "a-1", "a-2")),
        (["a", "a", "a-1"], ("a", "a-1", "a-1-1")),
        (["a-1", "a", "a"], ("a-1", "a", "a-2")),
        (["!", "?"], ("", "-1")),
        ([], ()),
    ],
    ids=[
        "repeated headings are counted",
        "a heading that looks like a counted one is counted itself",
        "a count that is taken is passed over",
        "headings without letters are counted too",
        "no heading has no anchor",
    ],
)
def test_repeated_headings_get_a_number(headings: list[str], expected: tuple[str, ...]) -> None:
    assert anchors(headings) == expected


@given(st.lists(st.text(st.sampled_from("aA-1 !"), max_size=4), max_size=12))
def test_no_two_headings_share_an_anchor(headings: list[str]) -> None:
    named = anchors(headings)
    assert len(set(named)) == len(named) == len(headings)
