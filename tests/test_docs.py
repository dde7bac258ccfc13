"""The reference is what the code says now, every link in it leads somewhere, and nothing is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from codemods.cli.all_commands import app
from codemods.gate.registry import RULES
from tests.cli.tool import REPOSITORY, started, tree_of

DOCS = REPOSITORY / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def test_the_committed_pages_are_those_that_make_docs_writes(tmp_path: Path) -> None:
    answer = started([sys.executable, str(DOCS / "generate.py"), str(tmp_path / "docs")], tmp_path)
    assert (answer.code, answer.err) == (0, "")
    written = {path: text for path, text in tree_of(tmp_path / "docs").items() if path.endswith(".md")}
    pages = {path: text for path, text in tree_of(DOCS).items() if path.endswith(".md")}
    committed = {path: text for path, text in pages.items() if b"Written by `make docs`" in (text or b"")}
    stale = sorted(path for path in written.keys() | committed.keys() if written.get(path) != committed.get(path))
    assert stale == [], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=[path.relative_to(DOCS).as_posix() for path in PAGES])
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_command_and_every_rule_has_a_page_that_the_index_links() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    commands = [f"commands/{item.callback.__name__}.md" for item in app.registered_commands if item.callback]
    pages = [*commands, *(f"rules/{rule.id}.md" for rule in RULES)]
    assert len(pages) >= 20
    assert [page for page in pages if f"({page})" not in index] == []
