"""The terminal format: readable at any width, plain in a pipe, and never obeying what it shows."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

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
    Inline,
    Paragraph,
    Table,
    Toc,
    Tree,
    TreeNode,
    code,
    link,
    location,
    strong,
)
from reports.formats import terminal

LONG = "netra_backend/app/websocket_core/deeply/nested/manager_of_managers.py"
MEMBERS = Table(
    (Column("Class"), Column("Uses", "right"), Column("Where")),
    ((code("Manager"), "3", location(LONG, 123)), ("a\nb", "12", "")),
    "Members",
)
PAGE: list[Block] = [
    Heading(1, "Report"),
    Toc(),
    Paragraph(("See ", link("there", "#there"), " and ", strong("now"), " ", location(LONG, 7), " again and again")),
    MEMBERS,
    Bullets((code("x"), "one long point that has to be wrapped at forty")),
    Checklist((Check("done", "a"), Check("open", "b"), Check("unknown", "c"))),
    Tree(TreeNode("object", (TreeNode("A", (TreeNode("B"),)), TreeNode(location(LONG, 9))))),
    Details("More", (Code("def f():\n\treturn 1\n", "python"), Diagram("mermaid", "graph TD", "Two were left out."))),
]


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (Heading(1, "Report"), "Report\n======\n"),
        (Heading(2, "Part"), "Part\n----\n"),
        (Heading(3, "Piece"), "Piece\n"),
        (Paragraph("two\nlines"), "two lines\n"),
        (Paragraph(link("docs", "https://host/x")), "docs (https://host/x)\n"),
        (Paragraph(link("there", "#there")), "there\n"),
        (Paragraph(link("nowhere", "")), "nowhere\n"),
        (Bullets(("a", code("b"))), "- a\n- b\n"),
        (Checklist((Check("done", "a"), Check("open", "b"), Check("unknown", "c"))), "[x] a\n[ ] b\n[?] c\n"),
        (
            Table((Column("A"), Column("N", "right")), (("x\ny", "1"), ("z", "100")), "What it shows"),
            "What it shows\nA     N\n───────\nx     1\ny\nz   100\n",
        ),
        (Table((Column("A"),), ()), "A\n─\n"),
        (Tree(TreeNode("r", (TreeNode("a", (TreeNode("b"),)), TreeNode("c")))), "r\n├── a\n│   └── b\n└── c\n"),
        (Code("if a:\n\tb\n", "python"), "  if a:\n      b\n"),
        (Diagram("mermaid", "graph TD"), "(The mermaid diagram is in the Markdown report.)\n"),
        (Diagram("mermaid", "graph TD", "Cut."), "(The mermaid diagram is in the Markdown report.) Cut.\n"),
        (Details("More", (Paragraph("x"), Details("Deep", (Paragraph("y"),)))), "More\n\nx\n\nDeep\n\ny\n"),
    ],
    ids=[
        "the title is underlined twice",
        "a part is underlined once",
        "a smaller heading is a line",
        "a paragraph flows",
        "a link shows its address",
        "a link inside the report is just words",
        "a link to nowhere is just words",
        "points are hyphens",
        "checks say what is not known",
        "numbers go right and cells keep their lines",
        "a table without rows is its head",
        "a tree has branches",
        "code is indented",
        "a diagram is a note",
        "a diagram says what it leaves out",
        "details are open",
    ],
)
def test_a_block_is_shown(block: Block, expected: str) -> None:
    assert terminal.render([block]) == expected


@pytest.mark.parametrize("block", [Toc(), Bullets(()), Checklist(())], ids=["contents", "no points", "no checks"])
def test_nothing_to_say_leaves_no_trace(block: Block) -> None:
    assert terminal.render([Paragraph("a"), block, Paragraph("b")]) == "a\n\nb\n"


def test_an_empty_report_is_empty() -> None:
    assert terminal.render([]) == ""


def test_a_pipe_gets_every_location_in_one_piece() -> None:
    lines = terminal.render(PAGE).splitlines()
    for line in (123, 7, 9):
        assert sum(f"{LONG}:{line}" in text for text in lines) == 1


@pytest.mark.parametrize("color", [False, True], ids=["without colour", "with colour"])
@pytest.mark.parametrize("width", [20, 40, 80], ids=lambda width: f"at width {width}")
def test_the_whole_page_fits(width: int, color: bool) -> None:
    shown = terminal.render(PAGE, width, color)
    assert max(cell_len(line) for line in plain_lines(shown)) <= width


def plain_lines(shown: str) -> list[str]:
    return Text.from_ansi(shown).plain.splitlines()


@pytest.mark.parametrize(
    ("columns", "cell", "first"),
    [
        (3, "text", "C0     C1     C2"),
        (6, "1", "C0   C1   C2   C3   C4   C5"),
        (6, "many words in here", "C0: many words in here"),
    ],
    ids=[
        "few columns are a table",
        "many narrow columns are a table",
        "many wide columns become one line per value",
    ],
)
def test_a_narrow_screen_shows_a_table_in_the_form_that_can_be_read(columns: int, cell: str, first: str) -> None:
    table = Table(tuple(Column(f"C{number}") for number in range(columns)), ((cell,) * columns,))
    assert terminal.render([table], 40).splitlines()[0] == first


def test_records_keep_the_order_of_the_rows() -> None:
    columns = tuple(Column(name) for name in "ABCDE")
    rows = (("first " * 3,) * 5, ("second " * 3,) * 5)
    lines = terminal.render([Table(columns, rows)], 40).splitlines()
    assert [line[:6] for line in lines] == [f"{name}: fir" for name in "ABCDE"] + [""] + [
        f"{name}: sec" for name in "ABCDE"
    ]


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.integers(1, 8), st.integers(20, 60), st.booleans(), st.data())
def test_no_table_is_wider_than_the_screen(columns: int, width: int, color: bool, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(*[cells] * columns), max_size=3))
    heads = data.draw(st.tuples(*[st.builds(Column, cells, st.sampled_from(["left", "right"]))] * columns))
    shown = terminal.render([Table(heads, tuple(rows))], width, color)
    assert all(cell_len(line) <= width for line in plain_lines(shown))


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), min_size=1, max_size=5))
def test_a_pipe_loses_no_character_of_a_table(row: list[str]) -> None:
    table = Table(tuple(Column(f"C{number}") for number in range(len(row))), (tuple(row),))
    assert terminal.render([table]).splitlines()[2].split() == row


@pytest.mark.parametrize(
    "inline",
    ["[bold]x[/bold]", "[/]", "[link=https://host]x[/link]", ":smile:", code("[red]x"), "\x1b[31mred\x1b]8;;x\x07"],
    ids=["a style", "a closing tag", "a link", "an emoji name", "a style in code", "terminal escapes"],
)
def test_markup_in_the_data_stays_text(inline: Inline) -> None:
    shown = terminal.render([Paragraph(inline), Table((Column("A"),), ((inline,),)), Tree(TreeNode(inline))])
    text = inline if isinstance(inline, str) else getattr(inline, "text", "")
    assert shown.count(text.replace("\x1b", "\\x1b").replace("\x07", "\\x07")) == 3
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    "environ",
    [{"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}, {"TERM": "dumb"}, {"COLUMNS": "10"}, {"JUPYTER_COLUMNS": "10"}],
    ids=lambda environ: f"{next(iter(environ))} is the caller's business",
)
@pytest.mark.parametrize(("width", "color"), [(None, False), (60, True)], ids=["in a pipe", "on a screen"])
def test_the_environment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], width: int | None, color: bool
) -> None:
    before = terminal.render(PAGE, width, color)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert terminal.render(PAGE, width, color) == before
    assert ("\x1b[" in before) is color


def test_an_encoding_without_lines_gets_ascii_and_escapes() -> None:
    shown = terminal.render([MEMBERS, Tree(TreeNode("文", (TreeNode("é"),)))], encoding="ascii")
    assert shown.isascii()
    assert "---+---" in shown
    assert "\\u6587\n`-- \\xe9\n" in shown


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": ""}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
    ids=[
        "a terminal has colour",
        "an empty NO_COLOR is not set",
        "NO_COLOR takes the colour away",
        "a dumb terminal has none",
        "a pipe has none",
        "a pipe has none whatever TERM says",
    ],
)
def test_colour_is_for_terminals_that_want_it(stream: io.StringIO, environ: dict[str, str], expected: bool) -> None:
    assert terminal.wants_color(stream, environ) is expected
