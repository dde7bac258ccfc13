"""What a site says and escapes, where its links lead, and that it is the same bytes each time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.blocks import Column as Head
from reports.blocks import Heading, Paragraph, Span, Table, code, link, location
from reports.documents.history import HistoryRun
from reports.site.drawings import MAX_IN_COLUMN, MAX_RUNS, burndown, columns
from reports.site.page import Page, Part, Site
from reports.site.render import render
from reports.site.source_links import SourceLinks, wrong_with
from tests.cli.conftest import Tool
from tests.cli.tool import tree_of
from tests.support import written

HOSTILE = """<script>alert(1)</script>"'&\u202e"""


def shown(*parts: Part, source: SourceLinks | None = None) -> str:
    page = Page("index.html", HOSTILE, HOSTILE, parts)
    site = Site(HOSTILE, (page,), (("index.html", HOSTILE),), {"#known": "elsewhere.html"})
    return render(site, source or SourceLinks())["index.html"]


@pytest.mark.parametrize(
    "part",
    [
        Heading(2, HOSTILE),
        Paragraph((HOSTILE, code(HOSTILE), Span(HOSTILE, "strong"), link(HOSTILE, HOSTILE), location(HOSTILE, 1))),
        Table((Head(HOSTILE),), ((HOSTILE,),), HOSTILE),
        columns(HOSTILE, HOSTILE, [(HOSTILE, "class", [HOSTILE])], []),
    ],
    ids=["a heading", "running text", "a table", "a drawing"],
)
def test_what_looks_like_markup_stays_text(part: Part) -> None:
    text = shown(part, source=SourceLinks("https://host/{path}#L{line}"))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("<script") == 1
    assert "\u202e" not in text


def test_a_hostile_code_base_becomes_text(tool: Tool, tmp_path: Path) -> None:
    source = '''
        class Feed(make("<script>alert(1)</script>")):
            """<script>alert(1)</script>"""
            TAG = "<script>alert(1)</script>"
            def send(self, text="<script>alert(1)</script>"): ...
    '''
    plan = """
        title = "<script>alert(1)</script>"
        destination = "app"
        families = [{name = "feed", title = "<b>", target = "feed.One"}]
        [[classes]]
        module = "app.feed"
        qualname = "Feed"
        line = 1
        family = "feed"
        status = "<b>"
        target = "feed.One"
    """
    written({"code/app/__init__.py": "", "code/app/feed.py": source, "plan.toml": plan}, tmp_path)
    answer = tool("report", "code", "--plan", "plan.toml", "--out", "pages")
    assert (answer.code, answer.err) == (0, "")
    texts = {path.name: path.read_text("utf-8") for path in (tmp_path / "pages").glob("*.html")}
    assert "class-feed.html" in texts
    assert [name for name, text in texts.items() if "<script>alert" in text or "<b>" in text] == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in texts["class-feed.html"]


def test_the_same_code_base_gives_the_same_bytes_and_no_path_of_this_machine(
    tool: Tool, chat: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        assert tool("report", chat, "--out", name, "--no-cache").code == 0
    one = tree_of(tmp_path / "one")
    assert one == tree_of(tmp_path / "two")
    assert [name for name, text in one.items() if str(chat).encode() in (text or b"")] == []


def test_without_a_plan_there_are_families_and_no_classes(tool: Tool, chat: Path, tmp_path: Path) -> None:
    assert tool("report", chat, "--no-plan", "--out", "pages").code == 0
    found = {path.name for path in (tmp_path / "pages").iterdir()}
    assert found == {"index.html", "families.html", "broken.html", "names.html", "site.css", "site.js"}


def test_a_history_that_is_not_there_is_refused_with_what_writes_it(tool: Tool, chat: Path) -> None:
    answer = tool("report", chat, "--out", "pages", "--history", "none.jsonl")
    assert answer.code == 2
    assert "wsconsolidate check --history none.jsonl" in answer.err


def test_after_a_migration_imports_are_done_and_before_it_to_do(tool: Tool, chat: Path, tmp_path: Path) -> None:
    shutil.copytree(chat, tmp_path / "moved")
    assert tool("migrate", "moved", "--allow-dirty").code == 0
    assert tool("report", "moved", "--out", "after").code == 0
    assert tool("report", chat, "--out", "before").code == 0
    before, after = ((tmp_path / name / "sites.html").read_text("utf-8") for name in ("before", "after"))
    assert before.count("<td>to do</td>") > after.count("<td>to do</td>") == 0
    assert after.count("<td>done</td>") > before.count("<td>done</td>")


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("https://host/{path}#L{line}", ""),
        ("https://host/blob/{commit}/{path}", ""),
        ("https://host/file", "{path} is missing"),
        ("https://host/{path}/{branch}", "braces"),
        ("https://host/{path", "braces"),
        ("https://host/{path.x}", "braces"),
        ("javascript:alert('{path}')", "https://"),
        ("file:///{path}", "https://"),
    ],
)
def test_which_templates_of_addresses_are_taken(template: str, word: str) -> None:
    assert word in wrong_with(template)
    assert bool(wrong_with(template)) is bool(word)


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("a/b.py:3", "https://h/c%201/sub/a/b.py#L3"),
        ("a/b.py:3-9", "https://h/c%201/sub/a/b.py#L3"),
        ("a/b.py", "https://h/c%201/sub/a/b.py#L1"),
        ("a b/#?.py:2", "https://h/c%201/sub/a%20b/%23%3F.py#L2"),
        ("\udcff.py:2", "https://h/c%201/sub/%FF.py#L2"),
    ],
)
def test_a_place_becomes_an_address(place: str, address: str) -> None:
    assert SourceLinks("https://h/{commit}/{path}#L{line}", "c 1", "sub/").address(place) == address


@given(st.text())
def test_no_place_leaves_the_address(place: str) -> None:
    found = SourceLinks("https://h/{path}#L{line}").address(place)
    assert found.startswith("https://h/")
    assert not set(found) & set(" \"'<>\n")


def test_a_long_column_and_a_long_history_are_cut_with_a_word() -> None:
    names = [f"n{number}" for number in range(MAX_IN_COLUMN + 3)]
    drawn = columns("t", "d", [("head", "class", names)], [])
    assert (len(drawn.boxes), drawn.cut.split(";")[0]) == (MAX_IN_COLUMN, "3 names left out")
    assert columns("t", "d", [("head", "class", names[:3])], []).cut == ""
    runs = [HistoryRun("a" * 40, (("WSC001", number),), number == 0) for number in range(MAX_RUNS + 1)]
    assert burndown(runs).cut == f"The last {MAX_RUNS} of {MAX_RUNS + 1} runs."
    assert burndown(runs[:1]).cut == ""
