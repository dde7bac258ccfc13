"""The Markdown format, read back by a Markdown parser that knows nothing of how it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.blocks import (
    Block,
    Bullets,
    Column,
    Heading,
    Inline,
    Paragraph,
    Span,
    Table,
    code,
    link,
    location,
    plain,
    strong,
)
from reports.formats import markdown

NASTY = [
    "<script>alert(1)</script>",
    "a|b",
    "`tick` and ``two``",
    "*star* **stars** _under_ __unders__",
    "snake_case_name and __init__",
    "~~gone~~ $x$ &lt; &#60; R&D",
    "[text](target) ![picture](target) [x]: y",
    "back\\slash \\| \\` \\\\|",
    "# heading #",
    "- item",
    "+ item",
    "12. item",
    "> quote",
    "--- ",
    "===",
    "```python",
    "| a | b |",
    "    indented",
    "<!-- comment -->",
    "C#",
]
TAGS = {"<br>": "\n", "<!-- -->": "", "<strong>": "", "</strong>": "", "<code>": "", "</code>": ""}
OURS = {"text", "code_inline", "strong_open", "strong_close", "link_open", "link_close"}
words = st.text(st.sampled_from("\\`*_{}[]()<>#+-.!|~&:$='\" \nab1é") | st.characters().filter(str.isprintable))
spans = st.builds(Span, words, st.sampled_from(["code", "strong", "link", "location"]), st.sampled_from(["", "#a"]))
inlines = words | spans | st.lists(words | spans, max_size=5).map(tuple)


def tokens(blocks: Iterable[Block]) -> list[Token]:
    text = markdown.render(tuple(blocks))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not re.search(r"[ \t]\n", text)
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def kinds(blocks: Iterable[Block]) -> list[str]:
    return [token.type for token in tokens(blocks)]


def read(inline: Token) -> str:
    return "".join(map(shown, inline.children or ()))


def shown(token: Token) -> str:
    """What a reader sees of a token; anything the format has no use for (a picture, another tag) is a failure."""
    if token.type == "html_inline":
        return TAGS[token.content]
    assert token.type in OURS
    return token.content


def texts(blocks: Iterable[Block]) -> list[str]:
    return [read(token) for token in tokens(blocks) if token.type == "inline"]


def styled(inline: Inline) -> Iterator[tuple[str, str]]:
    """The styles a reader of the page sees, with the text each is on."""
    style = ""
    for token in next(token for token in tokens([Paragraph(inline)]) if token.type == "inline").children or ():
        if token.type == "link_open":
            style = str(token.attrs["href"])
        elif token.type == "strong_open" or token.content == "<strong>":
            style = "strong"
        elif token.type in {"link_close", "strong_close"} or token.content == "</strong>":
            style = ""
        elif token.type == "code_inline" or style:
            yield (style or "code", token.content)


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("text", NASTY, ids=lambda text: f"{text!r} stays text")
@pytest.mark.parametrize(
    ("block", "frame"),
    [
        (Paragraph, ["paragraph_open", "inline", "paragraph_close"]),
        (lambda text: Heading(3, text), ["heading_open", "inline", "heading_close"]),
        (lambda text: Paragraph(("", text, "")), ["paragraph_open", "inline", "paragraph_close"]),
    ],
    ids=["in a paragraph", "in a heading", "in a paragraph of parts"],
)
def test_words_from_outside_stay_words(block: type[Paragraph], frame: list[str], text: str) -> None:
    assert kinds([block(text)]) == frame
    assert texts([block(text)]) == [squeezed(text)]


@pytest.mark.parametrize("text", NASTY, ids=lambda text: f"{text!r} stays in its cell")
@pytest.mark.parametrize("mark", [str, code, strong], ids=["as words", "as code", "as strong"])
def test_words_from_outside_stay_in_their_cell(mark: type[str], text: str) -> None:
    table = Table((Column("A"), Column("B")), ((mark(text), "next"),))
    assert [squeezed(cell) for cell in texts([table])] == ["A", "B", squeezed(text), "next"]


@given(words)
def test_any_text_is_one_paragraph_of_itself(text: str) -> None:
    assert [squeezed(found) for found in texts([Paragraph(text)])] == [squeezed(text)] * bool(text.strip())


@given(words)
def test_any_text_is_one_heading_of_itself(text: str) -> None:
    assert kinds([Heading(2, text)]) == ["heading_open", "inline", "heading_close"]
    assert [squeezed(found) for found in texts([Heading(2, text)])] == [squeezed(text)]


@given(st.lists(inlines, min_size=1, max_size=4))
@example([Span("0.", "link")])
@example([(" ", Span("- x", "link"))])
def test_any_points_are_as_many_points_of_one_list(items: list[Inline]) -> None:
    found = kinds([Bullets(tuple(items))])
    assert found.count("bullet_list_open") == 1
    assert found.count("list_item_open") == len(items)
    assert "fence" not in found


@given(st.lists(st.tuples(inlines, inlines, inlines), max_size=4))
def test_any_text_in_a_table_keeps_the_number_of_cells_and_their_words(rows: list[tuple[Inline, ...]]) -> None:
    table = Table((Column("A"), Column("B", "right"), Column("C")), tuple(rows))
    found = kinds([table])
    assert (found.count("th_open"), found.count("tr_open"), found.count("td_open")) == (3, len(rows) + 1, 3 * len(rows))
    assert found[0] == "table_open"
    assert found[-1] == "table_close"
    cells = [squeezed(cell) for cell in texts([table])][3:]
    assert cells == [squeezed(plain(cell)) for row in rows for cell in row]


@given(words)
def test_any_text_in_a_column_title_keeps_the_table(title: str) -> None:
    table = Table((Column(title),), (("x",),))
    assert [squeezed(cell) for cell in texts([table])] == [squeezed(title), "x"]


@given(st.text(st.sampled_from("`ab |\\")).filter(str.strip))
def test_any_code_span_holds_exactly_its_text(text: str) -> None:
    assert list(styled((code(text), "."))) == [("code", text)]


@given(st.text(st.sampled_from("*_a.(`<é "), min_size=1), words, words)
def test_strong_text_is_strong_whatever_stands_next_to_it(text: str, before: str, after: str) -> None:
    runs = list(styled((before + "x", strong(text), "x" + after)))
    assert {style for style, _ in runs} == {"strong"}
    assert squeezed("".join(content for _, content in runs)) == squeezed(text)


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        ((code("a"), code("b")), [("code", "a"), ("code", "b")]),
        ((strong("a"), strong("b")), [("strong", "a"), ("strong", "b")]),
        (("Look!", link("here", "#x")), [("#x", "here")]),
        ((link("[a]", "https://host/a b(c)?d=1&e=<|`"), "."), [("https://host/a%20b%28c%29?d=1&e=%3C%7C%60", "[a]")]),
        (link("just words", ""), []),
        (location("a/b_c.py", 12), [("code", "a/b_c.py:12")]),
        (Span("a.py:1", "location", "a.py#L1"), [("a.py#L1", "a.py:1")]),
        (code("a\nb\tc"), [("code", "a b c")]),
        ((code("x"), "`", code("y")), [("code", "x"), ("code", "y")]),
    ],
    ids=[
        "two code spans side by side stay two",
        "two strong spans side by side stay two",
        "an exclamation mark before a link makes no picture",
        "a link survives an address full of marks",
        "a link to nowhere is just words",
        "a location is code",
        "a location with a target is a link",
        "code in running text has no line ends",
        "a backtick between two code spans is just a backtick",
    ],
)
def test_spans_are_seen_as_what_they_are(inline: Inline, expected: list[tuple[str, str]]) -> None:
    assert list(styled(inline)) == expected


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        ("a\nb\n\nc", "a<br>b<br><br>c"),
        (code("a\nb"), "`a`<br>`b`"),
        (code("a\n\nb"), "`a`<br><br>`b`"),
        (code("int|None"), r"`int\|None`"),
        (code(r"a\|b"), r"<code>a\\\|b</code>"),
        (code("`"), "`` ` ``"),
    ],
    ids=[
        "line ends become breaks",
        "code of two lines becomes two spans",
        "an empty line of code stays empty",
        "a pipe in code is escaped",
        "a backslash before a pipe in code needs a tag",
        "a lone backtick is padded",
    ],
)
def test_a_cell_is_written(inline: Inline, expected: str) -> None:
    assert f"| {expected} |" in markdown.render([Table((Column("A"),), ((inline,),))]).splitlines()


def test_names_stay_readable_in_the_source() -> None:
    assert markdown.render([Paragraph("run_id of R & D, 1.5 - 2: C# (a+b) = x.y|z")]) == (
        "run_id of R & D, 1.5 - 2: C# (a+b) = x.y|z\n"
    )
