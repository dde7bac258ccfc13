"""A run killed at every single call that changes the disk, and what is left brought back, to the byte."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.tool import REPOSITORY, started

MEMORY = Path("/dev/shm")  # thousands of small trees are laid out: none of them has to be on a disk
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs fork and /proc")


@pytest.mark.parametrize(
    ("work", "how", "least"),
    [
        ("write", "kill", 100),
        ("write", "torn", 12),
        ("write", "power", 100),
        ("undo", "kill", 35),
        ("undo", "power", 35),
        ("pairs", "kill", 250),
    ],
    ids=[
        "writing, killed before each call",
        "writing, killed in the middle of each write",
        "writing, the power cut and all that was not synced lost",
        "undoing, killed before each call",
        "undoing, the power cut and all that was not synced lost",
        "writing killed, then undoing killed",
    ],
)
def test_whenever_it_is_killed_the_tree_comes_back_whole(tmp_path: Path, work: str, how: str, least: int) -> None:
    memory = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=memory) as place:
        answer = started([sys.executable, "-m", "tests.source.journal_faults", work, how, place], REPOSITORY)
    assert (answer.code, answer.err) == (0, ""), answer.out
    assert int(answer.out) >= least
