"""The pictures of this folder: a tour through the sample, as SVG and as an asciinema cast, and pages of its report.

    python docs/record.py [FOLDER]

Each command runs on a terminal of its own of a fixed size; what it took to run is not kept, so that the same program
gives the same pictures. Pages are seen through headless Chromium; how their letters look is the machine's.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from rich.console import Console  # noqa: E402 - run as a script, the repository must be found first
from rich.text import Text  # noqa: E402
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402

from codemods.sample import lay_out  # noqa: E402
from codemods.source.files import write_all  # noqa: E402

COLUMNS, LINES = 120, 34
KEY_SECONDS, LINE_SECONDS, PAUSE_SECONDS = 0.04, 0.03, 2.0
TOUR = (
    "wsconsolidate scan chat",
    "wsconsolidate migrate chat --allow-dirty",
    "wsconsolidate check chat",
    "wsconsolidate undo chat --all",
)
PICTURES = {"scan.svg": TOUR[0], "migrate.svg": TOUR[1], "check.svg": TOUR[2]}
WIDE, HIGH = 1080, 620
PAGES = {"site.png": ("index.html", "light"), "site-class.png": ("class-websocketmanager.html", "dark")}
# Rich names fonts on the network; a picture in a repository must not ask for them.
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """A command and what the terminal showed of it."""

    command: str
    output: str


def tour(folder: Path) -> list[Shown]:
    """The commands of the tour, one after the other on one copy of the sample."""
    lay_out(folder)
    return [Shown(command, on_terminal(shlex.split(command), folder)) for command in TOUR]


def on_terminal(words: Sequence[str], folder: Path) -> str:
    """What a command writes when it stands on a terminal."""
    own, other = pty.openpty()
    os.set_inheritable(other, True)
    said = {"COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm-256color", "HOME": str(folder / "home")}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE.parent), "PYTHONHASHSEED": "0", **said}
    command = [sys.executable, "-m", "codemods", *words[1:]]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=other, stdout=other, stderr=subprocess.DEVNULL):
        os.close(other)
        return b"".join(_chunks(own)).decode().replace("\r\n", "\n")


def _chunks(handle: int) -> Iterator[bytes]:
    """What comes out of a terminal until nobody writes to it any more, which Linux tells as an error."""
    with open(handle, "rb", buffering=0) as stream:
        while True:
            try:
                chunk = stream.read(65536)
            except OSError:
                return
            if not chunk:
                return
            yield chunk


def picture(shown: Shown) -> str:
    """The first lines of a command and its output as an SVG that needs nothing else."""
    lines = [f"$ {shown.command}", *shown.output.splitlines()]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], "…"]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text.from_ansi("\n".join(lines)), no_wrap=True, overflow="ellipsis")
        svg = console.export_svg(title="wsconsolidate", unique_id="terminal")
    return _FONTS.sub("", svg)


def cast(shown: Sequence[Shown]) -> str:
    """The tour as an asciinema cast, version 2, typed and shown at an even pace."""
    events: list[tuple[float, str, str]] = []
    now = 0.0
    for item in shown:
        for seconds, text in _told(item):
            events.append((round(now, 3), "o", text))
            now += seconds
    header = {"version": 2, "width": COLUMNS, "height": LINES, "title": "wsconsolidate"}
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (header, *events))


def _told(item: Shown) -> Iterator[tuple[float, str]]:
    """What appears, each with how long it stands before the next does."""
    yield KEY_SECONDS, "$ "
    for key in item.command:
        yield KEY_SECONDS, key
    yield LINE_SECONDS * 10, "\r\n"
    for line in item.output.splitlines():
        yield LINE_SECONDS, f"{line}\r\n"
    yield PAUSE_SECONDS, ""


def seen_pages(folder: Path) -> dict[str, bytes]:
    """Pages of the sample's report as a browser shows them, by the name of the picture; none without a browser."""
    driver = shutil.which("chromedriver")
    if driver is None:
        return {}
    lay_out(folder)
    on_terminal(shlex.split("wsconsolidate report chat --out site"), folder)
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={WIDE},{HIGH}"):
        options.add_argument(word)
    with webdriver.Chrome(options, Service(driver)) as browser:
        return {name: _seen(browser, folder / "site" / page, theme) for name, (page, theme) in PAGES.items()}


def _seen(browser: webdriver.Chrome, page: Path, theme: str) -> bytes:
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())
    return browser.get_screenshot_as_png()


def recordings() -> dict[str, str | bytes]:
    """Every file by its name."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        shown = tour(Path(folder))
        pages = seen_pages(Path(other))
    by_command = {item.command: item for item in shown}
    pictures = {name: picture(by_command[command]) for name, command in PICTURES.items()}
    return {"tour.cast": cast(shown), **pictures, **pages}


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pictures", recordings())
