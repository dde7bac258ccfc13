"""`scan` with a plan of one's own, or with none, in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.cli.tool import Answer

Tool = Callable[..., Answer]
PLAN = """\
title = "Carts"
destination = "shop.unified"
[[families]]
name = "cart"
title = "Carts"
target = "cart.Cart"
[[classes]]
module = "shop.a.models"
qualname = "Cart"
line = 1
family = "cart"
status = "MERGE"
target = "cart.Cart"
note = "a | b ` c <i>d</i> [e](f) *g* #h"
purpose = "</details>"
[[classes]]
module = "shop.b.models"
qualname = "Cart"
line = 1
family = "cart"
status = "MERGE"
target = "cart.Cart"
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path) -> Path:
    """Two classes of one name in two modules of one name."""
    for package in ("a", "b"):
        folder = tmp_path / "shop" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "models.py").write_text("class Cart:\n    def put(self, item): ...\n    def total(self): ...\n")
    (tmp_path / "shop" / "use.py").write_text("from shop.a.models import Cart\n\nCart().put(1)\n")
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def test_without_a_plan_the_summary_tells_families_and_no_empty_section(tool: Tool) -> None:
    answer = tool("scan", ".", "--no-plan")
    assert (answer.code, answer.err) == (0, "")
    headings = [
        line
        for line, under in zip(answer.out.splitlines(), answer.out.splitlines()[1:], strict=False)
        if under and set(under) == {"-"}
    ]
    assert headings == ["Families found by reading", "Files that could not be read"]
    assert "Cart" in answer.out


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_a_plan_of_ones_own_is_told_in_every_format(tool: Tool, form: str) -> None:
    answer = tool("scan", ".", "--plan", "plan.toml", "--format", form)
    assert (answer.code, answer.err) == (0, "")
    assert "Carts" in answer.out
    if form == "json":
        assert json.loads(answer.out)["summary"]["found"] == 2


def test_two_modules_of_one_name_are_told_apart_in_every_heading(tool: Tool) -> None:
    page = tool("scan", ".", "--plan", "plan.toml", "--format", "markdown").out
    for package in ("a", "b"):
        assert page.count(f"#### Cart in {package}.models\n") == 1
        assert f"[Cart in {package}.models](#cart-in-{package}models)" in page
    mro = tool("mro", ".", "--plan", "plan.toml", "--format", "markdown").out
    assert "## Cart (a.models)\n" in mro
    assert "## Cart (b.models)\n" in mro


def test_what_a_plan_says_stays_text(tool: Tool) -> None:
    tokens = (
        MarkdownIt("commonmark")
        .enable("table")
        .parse(tool("scan", ".", "--plan", "plan.toml", "--format", "markdown").out)
    )
    folds = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert folds.count("</details>") == sum(fold.startswith("<details>") for fold in folds)
    spans = [span for token in tokens for span in token.children or []]
    assert not [span for span in spans if span.type in {"html_inline", "em_open"}]
    told = ["".join(span.content for span in token.children or []) for token in tokens if token.type == "inline"]
    assert "Plan: MERGE. a | b ` c <i>d</i> [e](f) *g* #h" in told
    assert "Purpose: </details>" in told


def test_a_plan_without_events_risks_or_phases_gives_no_empty_sections(tool: Tool) -> None:
    page = tool("scan", ".", "--plan", "plan.toml", "--format", "markdown").out
    for title in ("Critical events", "Risk analysis", "Next steps", "Success criteria", "Key integration points"):
        assert title not in page
    assert "| --- |\n\n" not in page
    assert "**Mission**" not in page


def test_a_plan_of_classes_that_are_not_there_says_so(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "shop" / "a" / "models.py").unlink()
    (tmp_path / "shop" / "b" / "models.py").unlink()
    answer = tool("scan", ".", "--plan", "plan.toml")
    assert (answer.code, answer.err) == (0, "")
    assert "0 of 2 found, in 0 modules" in answer.out
    report = json.loads(tool("scan", ".", "--plan", "plan.toml", "--format", "json").out)
    assert [(item["state"], item["path"], item["line"]) for item in report["classes"]] == [("missing", "", 0)] * 2
    assert all(item["difference"] for item in report["classes"])


def test_settings_name_the_plan_and_the_command_line_overrides_it(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.wsconsolidate]\nplan = "plan.toml"\nexclude = ["use.py"]\n')
    assert "2 of 2 found" in tool("scan", ".").out
    assert "excluded" in tool("scan", ".").out
    assert "Carts" not in tool("scan", ".", "--no-plan").out


def test_what_is_excluded_is_named(tool: Tool) -> None:
    report = json.loads(tool("scan", ".", "--no-plan", "--exclude", "/shop/b/", "--format", "json").out)
    assert dict(report["left_out"]) == {"shop/b/__init__.py": "excluded", "shop/b/models.py": "excluded"}
    assert report["summary"]["files"] == 3
