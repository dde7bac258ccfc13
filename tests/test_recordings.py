"""The pictures of the reference: made by a script, the same each time, in need of nothing but themselves."""

from __future__ import annotations

import json
import re
import shutil
import struct
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.tool import REPOSITORY, started, tree_of

PICTURES = REPOSITORY / "docs" / "pictures"
SEEN = ["site-class.png", "site.png"] if shutil.which("chromedriver") else []  # pages need a browser
RECORDED = sorted(["check.svg", "migrate.svg", "scan.svg", "tour.cast", *SEEN])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("made"))


def recorded(folder: Path) -> Path:
    script = REPOSITORY / "docs" / "record.py"
    answer = started([sys.executable, str(script), str(folder / "pictures")], folder)
    assert (answer.code, answer.err) == (0, "")
    return folder / "pictures"


def test_the_same_program_gives_the_same_pictures(made: Path, tmp_path: Path) -> None:
    assert tree_of(recorded(tmp_path)) == tree_of(made)
    assert sorted(tree_of(made)) == RECORDED


def test_those_that_are_committed_are_all_there_and_small() -> None:
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert set(RECORDED) <= sizes.keys()
    assert sum(sizes.values()) < 300_000


@pytest.mark.parametrize("name", [name for name in RECORDED if name.endswith(".svg")])
def test_a_picture_asks_for_nothing_on_the_network(made: Path, name: str) -> None:
    text = (made / name).read_text("utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert re.findall(r"(?:url\(|href=|src=)[\"']?(?!#)[^\"')]+", text) == []
    assert f"wsconsolidate&#160;{name.removesuffix('.svg')}&#160;chat" in text


@pytest.mark.parametrize("name", SEEN)
def test_a_page_is_pictured_as_large_as_it_is_seen(made: Path, name: str) -> None:
    head = (made / name).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:])
    assert (width, height > 400) == (1080, True)


def test_the_cast_is_one_that_a_player_takes(made: Path) -> None:
    header, *events = map(json.loads, (made / "tour.cast").read_text("utf-8").splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 120, 34)
    times = [time for time, _, _ in events]
    assert times == sorted(times)
    assert {kind for _, kind, _ in events} == {"o"}
    shown = "".join(text for _, _, text in events)
    for command in ("scan chat", "migrate chat --allow-dirty", "check chat", "undo chat --all"):
        assert f"$ wsconsolidate {command}\r\n" in shown
    assert "16 of 16 found" in shown
