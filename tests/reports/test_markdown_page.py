"""The Markdown format, block by block: how a page is put together."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.blocks import (
    Block,
    Bullets,
    Check,
    Checklist,
    Code,
    Column,
    Details,
    Diagram,
    Heading,
    Paragraph,
    Table,
    Toc,
    Tree,
    TreeNode,
    code,
)
from reports.formats import markdown


def types(blocks: list[Block]) -> list[str]:
    return [token.type for token in MarkdownIt("commonmark").enable("table").parse(markdown.render(blocks))]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (Heading(1, "Title"), "# Title\n"),
        (Paragraph("two\nlines"), "two lines\n"),
        (Bullets(("a", code("b"))), "- a\n- `b`\n"),
        (
            Checklist((Check("done", "a"), Check("open", "b"), Check("unknown", "c"))),
            "- [x] a\n- [ ] b\n- [ ] *unknown:* c\n",
        ),
        (
            Table((Column("A"), Column("N", "right")), (("x", "1"),), "What it shows"),
            "What it shows\n\n| A | N |\n| --- | ---: |\n| x | 1 |\n",
        ),
        (Table((Column("A"),), ()), "| A |\n| --- |\n"),
        (
            Tree(TreeNode("root", (TreeNode("a", (TreeNode("b"),)), TreeNode("c")))),
            "- root\n  - a\n    - b\n  - c\n",
        ),
        (Code("x = 1\n", "python"), "```python\nx = 1\n```\n"),
        (Code("plain"), "```text\nplain\n```\n"),
        (Code("x", "c++\n```evil"), "```c++evil\nx\n```\n"),
        (Code("a ```` b"), "`````text\na ```` b\n`````\n"),
        (Diagram("mermaid", "graph TD\n  a --> b"), "```mermaid\ngraph TD\n  a --> b\n```\n"),
        (Diagram("mermaid", "graph TD", "12 classes"), "```mermaid\ngraph TD\n```\n\n12 classes\n"),
        (Details("A < B", (Paragraph("x"),)), "<details>\n<summary>A &lt; B</summary>\n\nx\n\n</details>\n"),
        (Details("empty", ()), "<details>\n<summary>empty</summary>\n\n</details>\n"),
    ],
    ids=[
        "a heading has as many hashes as its level",
        "a paragraph is one line",
        "points are hyphens",
        "a point that is not known says so",
        "a table has its caption above it and numbers to the right",
        "a table without rows is its head",
        "a tree is a nested list",
        "code is fenced with its language",
        "code without a language is text",
        "a language cannot leave the fence",
        "a fence is longer than any inside",
        "a diagram is a mermaid fence",
        "what a diagram leaves out is said below it",
        "details have an escaped summary",
        "details may be empty",
    ],
)
def test_a_block_is_written(block: Block, expected: str) -> None:
    assert markdown.render([block]) == expected


@pytest.mark.parametrize(
    "block",
    [Paragraph(""), Paragraph(" \n"), Paragraph(()), Bullets(()), Checklist(()), Toc()],
    ids=[
        "an empty paragraph",
        "white space",
        "a paragraph of no parts",
        "no points",
        "no checks",
        "no headings to list",
    ],
)
def test_nothing_to_say_leaves_no_trace(block: Block) -> None:
    assert markdown.render([Paragraph("a"), block, Paragraph("b")]) == "a\n\nb\n"


def test_an_empty_page_is_one_line_end() -> None:
    assert markdown.render([]) == "\n"


LISTS: list[Block] = [Bullets(("a",)), Checklist((Check("done", "a"),)), Tree(TreeNode("a")), Toc()]


@pytest.mark.parametrize("second", LISTS, ids=lambda block: f"then {type(block).__name__}")
@pytest.mark.parametrize("first", LISTS, ids=lambda block: type(block).__name__)
def test_two_lists_side_by_side_stay_two(first: Block, second: Block) -> None:
    page: list[Block] = [Heading(2, "h"), first, second]
    assert types(page).count("bullet_list_open") == 2
    assert types([Details("d", tuple(page))]).count("bullet_list_open") == 2


def test_an_empty_list_between_two_lists_does_not_join_them() -> None:
    assert types([Bullets(("a",)), Bullets(()), Bullets(("b",))]).count("bullet_list_open") == 2


def test_contents_link_to_the_level_2_headings_wherever_they_are() -> None:
    page: list[Block] = [
        Heading(1, "Same"),
        Toc(),
        Heading(2, "Same"),
        Heading(3, "Same"),
        Details("more", (Heading(2, "Same *again*"), Toc())),
        Heading(2, "Same"),
    ]
    contents = "- [Same](#same-1)\n- [Same \\*again\\*](#same-again)\n- [Same](#same-3)\n"
    assert markdown.render(page).count(contents) == 2


def test_code_keeps_its_tabs_and_inner_lines_but_no_trailing_spaces() -> None:
    assert markdown.render([Code("\n\ta  \n\n  b\n\n")]) == "```text\n\n\ta\n\n  b\n```\n"


@given(st.text(st.sampled_from("`~ab\n <>#-|\t")))
def test_any_code_stays_inside_its_fence(text: str) -> None:
    found = MarkdownIt("commonmark").parse(markdown.render([Code(text), Paragraph("after")]))
    assert [token.type for token in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    expected = [line.rstrip() for line in text.rstrip("\n").split("\n")]
    assert found[0].content.removesuffix("\n").split("\n") == expected


@given(st.text(st.sampled_from("<>/details&\"'\n ab")))
def test_any_summary_stays_inside_its_line(text: str) -> None:
    found = MarkdownIt("commonmark").parse(markdown.render([Details(text, (Paragraph("inside"),))]))
    frame = ["html_block", "paragraph_open", "inline", "paragraph_close", "html_block"]
    assert [token.type for token in found] == frame
    summary = re.fullmatch(r"<details>\n<summary>([^<>\n]*)</summary>\n", found[0].content)
    assert summary
    assert html.unescape(summary[1]) == " ".join(text.split())


simple: list[Block] = [
    Heading(2, "h"),
    Paragraph("- p"),
    Bullets(("a", "")),
    Tree(TreeNode("t", (TreeNode("u"),))),
    Code("c\n\nc"),
    Toc(),
]
blocks: st.SearchStrategy[Block] = st.recursive(
    st.sampled_from(simple),
    lambda inner: st.lists(inner, max_size=3).map(lambda found: Details("d", tuple(found))),
    max_leaves=8,
)


@given(st.lists(blocks, max_size=6))
def test_any_page_has_single_blank_lines_and_one_end(page: list[Block]) -> None:
    text = re.sub(r"```text.*?```", "code", markdown.render(page), flags=re.DOTALL)
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]\n", text)
    assert text == text.strip("\n") + "\n"
    assert text.count("<details>") == text.count("</details>")


def test_the_same_blocks_give_the_same_page() -> None:
    page: list[Block] = [Heading(2, "h"), Toc(), Heading(2, "h")]
    assert markdown.render(page) == markdown.render(tuple(page))
