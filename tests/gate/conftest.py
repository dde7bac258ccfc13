"""The gate run in this process, and its answer as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import chat, tool
from tests.cli.tool import Answer

__all__ = ["Check", "chat", "checked", "tool"]
Check = Callable[..., list[tuple[str, str, int, str]]]


@pytest.fixture
def checked(tool: Callable[..., Answer]) -> Callable[..., dict[str, Any]]:
    """Runs `check --format json` on a folder; the report with its exit code under "code"."""

    def run(root: Path, *options: str | Path) -> dict[str, Any]:
        answer = tool("check", root, "--format", "json", *options)
        assert answer.err == "", answer.err
        report: dict[str, Any] = json.loads(answer.out)
        report["code"] = answer.code
        report["found"] = [(item["rule"], item["path"], item["line"], item["name"]) for item in report["findings"]]
        return report

    return run
