"""One site of the sample and one browser on it, for all tests that only look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.conftest import chat, tool
from tests.cli.tool import run
from tests.examples.chat_browser import CHROMEDRIVER, CHROMIUM
from tests.site.site_browser import SiteBrowser

__all__ = ["browser", "chat", "pages", "tool"]


@pytest.fixture(scope="session")
def pages(chat: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the sample, with a burndown in it."""
    folder = tmp_path_factory.mktemp("site")
    history = folder / "history.jsonl"
    runs = [{"schema": 1, "commit": "a" * 40, "counts": {"WSC001": 9, "WSC002": left}} for left in (40, 12)]
    history.write_text("".join(json.dumps(one) + "\n" for one in runs), "utf-8")
    answer = run("report", chat, "--out", "pages", "--history", history, cwd=folder)
    assert (answer.code, answer.err) == (0, "")
    return folder / "pages"


@pytest.fixture(scope="module")
def browser(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteBrowser]:
    """A browser on the site."""
    if find_spec("selenium") is None:
        pytest.skip("pages are looked at with selenium: pip install -e '.[dev]'")
    missing = [path for path in (CHROMIUM, CHROMEDRIVER) if not path.exists()]
    if missing:
        pytest.skip(f"{missing[0]} is absent: apt-get install chromium chromium-driver")
    browser = SiteBrowser(pages, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.driver.quit()
