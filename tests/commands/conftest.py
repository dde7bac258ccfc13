"""The sample scanned once, what Python itself makes of it, and the tool run in this process."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codemods.plan import load_plan
from tests.cli.conftest import chat, tool
from tests.cli.tool import REPOSITORY, run, started

__all__ = ["Scanned", "chat", "runtime", "scanned", "tool"]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one scan of the sample printed and wrote."""

    root: Path
    stdout: str
    pages: dict[str, str]
    extraction: dict[str, Any]
    mro: dict[str, Any]


@pytest.fixture(scope="session")
def scanned(chat: Path, tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """`scan --out` on the sample."""
    folder = tmp_path_factory.mktemp("scanned")
    answer = run("scan", chat, "--out", "reports", cwd=folder)
    assert (answer.code, answer.err) == (0, "")
    texts = {path.name: path.read_text("utf-8") for path in (folder / "reports").iterdir()}
    data = {name: json.loads(texts.pop(name)) for name in ("extraction_report.json", "mro_report.json")}
    return Scanned(chat, answer.out, texts, data["extraction_report.json"], data["mro_report.json"])


@pytest.fixture(scope="session")
def runtime(chat: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The sample imported in a process of its own: its classes' `__mro__`, and what each import statement gives."""
    wanted = json.dumps([[item.module, item.qualname] for item in load_plan().classes])
    oracle = REPOSITORY / "tests" / "commands" / "runtime.py"
    answer = started([sys.executable, "-B", str(oracle), wanted], chat, tmp_path_factory.mktemp("home"))
    assert answer.code == 0, answer.err
    facts: dict[str, Any] = json.loads(answer.out)
    return facts
