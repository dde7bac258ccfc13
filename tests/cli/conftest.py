"""One laid-out sample for all tests that only read it, and the tool run in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.cli import main
from codemods.sample import lay_out
from tests.cli.tool import Answer

Tool = Callable[..., Answer]


@pytest.fixture(scope="session")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample; nobody may write into it."""
    return lay_out(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def tool(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Tool:
    """Runs the tool in this process, with `tmp_path` as current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("PYTHONSAFEPATH", "")  # main sets it; this takes it back

    def call(*arguments: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["wsconsolidate", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        code = stopped.value.code
        return Answer(code if isinstance(code, int) else 0, *capsys.readouterr())

    return call
