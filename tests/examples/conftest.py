"""The example's servers and browsers, each of one test alone; what is not installed skips tests, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.examples.chat_browser import CHROMEDRIVER, CHROMIUM, Browser
from tests.examples.chat_host import ChatHost


@pytest.fixture(autouse=True)
def _installed() -> None:
    """Skip where the example cannot run."""
    missing = [name for name in ("fastapi", "uvicorn", "websockets") if find_spec(name) is None]
    if missing:
        pytest.skip(f"the example needs {', '.join(missing)}: pip install -e '.[dev]'")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ChatHost]:
    """A stepped server that is running."""
    host = ChatHost(tmp_path)
    try:
        host.start()
        yield host
    finally:
        host.stop()


@pytest.fixture
def browsers(tmp_path: Path) -> Iterator[Callable[[ChatHost], Browser]]:
    """Opens browsers, each with a profile of its own, on a server's page."""
    if find_spec("selenium") is None:
        pytest.skip("the page is tested with selenium: pip install -e '.[dev]'")
    missing = [path for path in (CHROMIUM, CHROMEDRIVER) if not path.exists()]
    if missing:
        pytest.skip(f"{missing[0]} is absent: apt-get install chromium chromium-driver")
    opened: list[Browser] = []

    def open_browser(host: ChatHost) -> Browser:
        browser = Browser(host, tmp_path / f"browser-{len(opened)}")
        opened.append(browser)
        browser.open()
        return browser

    yield open_browser
    for browser in opened:
        browser.quit()
