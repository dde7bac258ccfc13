"""The sample end to end: what the reports say is held against the sample's files and against Python itself."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from tests.cli.tool import run
from tests.commands.conftest import Scanned

EVENTS = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
PAGES = ["extraction_places.md", "extraction_report.md", "mro_report.md"]
each_page = pytest.mark.parametrize("page", PAGES)


def test_all_sixteen_classes_are_found_and_said_so_everywhere(scanned: Scanned) -> None:
    assert [item["state"] for item in scanned.extraction["classes"]] == ["found"] * 16
    assert scanned.extraction["summary"]["found"] == scanned.extraction["summary"]["planned"] == 16
    for text in (scanned.stdout, scanned.pages["extraction_report.md"]):
        assert "16 of 16 found, in 13 modules" in text


def test_the_files_written_are_named_in_order(scanned: Scanned) -> None:
    wrote = [line for line in scanned.stdout.splitlines() if line.startswith("wrote ")]
    names = [
        "extraction_report.md",
        "extraction_report.json",
        "mro_report.md",
        "mro_report.json",
        "extraction_places.md",
    ]
    assert wrote == [f"wrote reports/{name}" for name in names]


def test_each_class_stands_where_the_report_says(scanned: Scanned) -> None:
    for item in scanned.extraction["classes"]:
        node = node_at(scanned.root / item["path"], item["line"])
        assert isinstance(node, ast.ClassDef)
        assert (node.name, node.end_lineno) == (item["name"].rpartition(".")[2], item["end"])


def test_each_member_of_each_class_is_defined_on_its_line(scanned: Scanned) -> None:
    members = [(item["path"], member) for item in scanned.extraction["classes"] for member in item["members"]]
    assert len(members) >= 150
    for path, member in members:
        node = node_at(scanned.root / path, member["line"])
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        assert node.name == member["name"]


def node_at(path: Path, line: int) -> ast.stmt:
    """The definition that starts on a line."""
    nodes = ast.walk(ast.parse(path.read_bytes()))
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    [found] = [node for node in nodes if isinstance(node, kinds) and node.lineno == line]
    return found


def test_the_five_events_in_their_order_each_with_those_who_make_it(scanned: Scanned) -> None:
    flows = scanned.extraction["events"]
    assert [flow["event"] for flow in flows] == EVENTS
    for flow in flows:
        assert len({producer["owner"] for producer in flow["producers"]}) == 8
        for producer in flow["producers"]:
            node = node_at(scanned.root / producer["path"], producer["emission"]["line"])
            assert getattr(node, "name", "") == producer["emission"]["member"]


def test_the_goals_have_the_state_that_reading_can_show(scanned: Scanned) -> None:
    assert [goal["state"] for goal in scanned.extraction["goals"]] == [
        "open", "open", "unknown", "unknown", "done", "unknown", "unknown", "open",
    ]  # fmt: skip
    assert all(goal["evidence"] for goal in scanned.extraction["goals"])
    marks = re.findall(r"^\[(.)\] ", scanned.stdout, re.MULTILINE)
    assert "".join(marks) == "  ??x?? "


def test_the_traps_of_the_sample_are_named_and_are_no_planned_class(scanned: Scanned) -> None:
    traps = {(trap["path"], trap["name"]) for trap in scanned.extraction["traps"]}
    assert traps == {
        ("netra_backend/app/agents/tool_dispatcher.py", "WebSocketManager"),
        ("tests/helpers/startup_websocket_manager.py", "WebSocketManager"),
    }
    planned = {item["name"].rpartition(".")[2] for item in scanned.extraction["classes"]}
    places = {(item["path"], item["line"]) for item in scanned.extraction["classes"]}
    twins = {
        (path.relative_to(scanned.root).as_posix(), node.lineno)
        for path in scanned.root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ClassDef) and node.name in planned
    }
    assert twins - places == {(trap["path"], trap["line"]) for trap in scanned.extraction["traps"]}


def test_the_import_sites_are_those_that_python_gives_a_planned_class(
    scanned: Scanned, runtime: dict[str, Any]
) -> None:
    told = [
        [site["path"], site["line"], sorted(site["classes"]), sorted(site["modules"])]
        for site in scanned.extraction["sites"]
    ]
    assert sorted(told) == runtime["sites"]


def test_the_mro_report_gives_the_order_that_python_gives(scanned: Scanned, runtime: dict[str, Any]) -> None:
    read = {item["dotted"]: item["mro"] for item in scanned.mro["classes"]}
    assert len(read) == 16
    assert read == {name: runtime["mros"][name] for name in read}


def test_the_numbers_of_the_summary_are_what_the_report_lists(scanned: Scanned) -> None:
    report, summary = scanned.extraction, scanned.extraction["summary"]
    files = [path for path in scanned.root.rglob("*.py")]
    assert summary["files"] == len(files)
    assert summary["lines"] == sum(len(path.read_bytes().splitlines()) for path in files)
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_bytes()))]
    assert summary["classes"] == sum(isinstance(node, ast.ClassDef) for node in nodes)
    assert summary["modules"] == len({item["path"] for item in report["classes"]})
    assert summary["import_statements"] == len(report["sites"])
    assert summary["import_files"] == len({site["path"] for site in report["sites"]})
    usages = [item["usage"] for item in report["classes"]]
    for name, group in (("calls", "calls"), ("absent_calls", "absent")):
        assert summary[name] == sum(row["count"] for usage in usages for row in usage[group])
    assert summary["silent_conflicts"] == sum(conflict["silent"] for conflict in report["conflicts"])
    assert summary["traps"] == len(report["traps"])
    assert summary["dangling"] == len(report["dangling"])
    assert summary["dangling_unguarded"] == sum(not item["guarded"] for item in report["dangling"])


def test_every_count_can_be_traced_to_as_many_places(scanned: Scanned) -> None:
    rows = [row for item in scanned.extraction["classes"] for group in item["usage"].values() for row in group]
    assert len(rows) > 100
    for row in rows:
        assert row["count"] == sum(len(place["lines"]) for place in row["places"])


def test_every_counted_call_is_a_call_of_that_name_on_that_line(scanned: Scanned) -> None:
    for item in scanned.extraction["classes"]:
        for row in item["usage"]["calls"]:
            for place in row["places"]:
                lines = (scanned.root / place["path"]).read_text("utf-8").splitlines()
                assert all(row["name"] in "".join(lines[line - 1 : line + 2]) for line in place["lines"])


PLACE = re.compile(r"`([\w./-]+\.pyi?):(\d+)(?:-(\d+))?`((?:, \d+)*)")


@each_page
def test_every_place_named_in_a_page_exists(scanned: Scanned, page: str) -> None:
    lengths: dict[str, int] = {}
    found = PLACE.findall(scanned.pages[page])
    assert len(found) > 30
    for path, first, last, more in found:
        if path not in lengths:
            lengths[path] = len((scanned.root / path).read_bytes().splitlines())
        assert all(1 <= int(line) <= lengths[path] for line in re.findall(r"\d+", f"{first} {last} {more}"))


@cache
def anchors(page: str) -> list[str]:
    """The anchors that GitHub gives a page's headings."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    seen: Counter[str] = Counter()
    names = []
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            spans = tokens[number + 1].children or []
            text = "".join(span.content for span in spans if span.type in {"text", "code_inline"})
            name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            names.append(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
    return names


@cache
def links(page: str) -> list[str]:
    """The targets of a page's links."""
    inlines = [token for token in MarkdownIt("commonmark").enable("table").parse(page) if token.type == "inline"]
    spans = [span for token in inlines for span in token.children or []]
    return [unquote(str(span.attrs["href"])) for span in spans if span.type == "link_open"]


@each_page
def test_every_link_leads_to_a_heading_of_the_page_it_names(scanned: Scanned, page: str) -> None:
    targets = links(scanned.pages[page])
    assert len(targets) >= 16
    for target in targets:
        name, _, anchor = target.partition("#")
        assert anchor in anchors(scanned.pages[name or page])


@each_page
def test_no_two_headings_of_a_page_are_one(scanned: Scanned, page: str) -> None:
    assert max(Counter(anchors(scanned.pages[page])).values()) == 1


@each_page
def test_every_row_of_every_table_has_as_many_cells_as_its_head(scanned: Scanned, page: str) -> None:
    tables = MarkdownIt("commonmark").enable("table").parse(scanned.pages[page])
    assert sum(token.type == "table_open" for token in tables) >= 10
    assert not [token.content for token in tables if token.type == "inline" and token.content.startswith("| ")]
    width = 0
    for line in re.sub(r"```.*?```", "", scanned.pages[page], flags=re.DOTALL).splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert cells == (width or cells)
        width = cells


@each_page
def test_everything_folded_is_unfolded(scanned: Scanned, page: str) -> None:
    text = scanned.pages[page]
    assert text.count("<details>") == text.count("</details>")
    assert text.count("```") % 2 == 0


def test_every_node_of_every_diagram_is_declared_once(scanned: Scanned) -> None:
    for page in PAGES:
        for diagram in re.findall(r"```mermaid\n(.*?)```", scanned.pages[page], re.DOTALL):
            declared = re.findall(r"^    (\w+)\[", diagram, re.MULTILINE)
            assert len(declared) == len(set(declared)) > 5
            arrows = re.findall(r"^    (\w+) -.*?> (\w+)$", diagram, re.MULTILINE)
            assert {node for arrow in arrows for node in arrow} == set(declared)
            assert all(one != other for one, other in arrows)


def test_without_a_plan_the_summary_tells_the_families(scanned: Scanned) -> None:
    assert "Families found by reading" not in scanned.stdout  # they stand in the report beside it
    assert [c["name"] for c in scanned.extraction["concerns"]]


@pytest.mark.parametrize(
    ("asked", "suffixes"),
    [("terminal", {".md", ".json"}), ("markdown", {".md"}), ("json", {".json"})],
    ids=["without a format everything is written", "markdown writes pages only", "json writes data only"],
)
def test_a_format_chooses_what_is_written(asked: str, suffixes: set[str], chat: Path, tmp_path: Path) -> None:
    assert run("scan", chat, "--out", "told", "--format", asked, cwd=tmp_path).code == 0
    assert {path.suffix for path in (tmp_path / "told").iterdir()} == suffixes
