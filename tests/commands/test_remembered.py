"""What is remembered between runs never shows: a warm run says what a cold one would, whatever was changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.commands import findings, scan
from codemods.commands.codebase import Request
from codemods.sample import lay_out

MANAGER = "netra_backend/app/websocket_core/manager.py"
Edit = Callable[[Path], None]


def replaced(name: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new), "utf-8")

    return edit


def appended(name: str, text: str) -> Edit:
    return lambda root: (root / name).write_text((root / name).read_text("utf-8") + text, "utf-8")


EDITS: dict[str, Edit] = {
    "nothing": lambda root: None,
    "a comment at the end of a file": appended("netra_backend/app/main.py", "\n# said later\n"),
    "a comment at the end of a planned module": appended(MANAGER, "\n# said later\n"),
    "a blank line at the start of a file": replaced(MANAGER, '"""', '\n"""'),
    "a new function": appended("netra_backend/app/main.py", "\n\ndef later():\n    return 1\n"),
    "a constant of a planned class": replaced(MANAGER, "MAX_CONNECTIONS_PER_USER = 3", "MAX_CONNECTIONS_PER_USER = 4"),
    "a new import of a planned class": appended(
        "netra_backend/app/main.py", f"\nfrom {MANAGER[:-3].replace('/', '.')} import WebSocketManager as Late\n"
    ),
    "a new file": lambda root: (root / "late.py").write_text("class Late:\n    pass\n", "utf-8"),
    "a file that goes": lambda root: (root / "netra_backend/app/main.py").unlink(),
    "a file that cannot be read any more": appended("netra_backend/app/main.py", "\nclass (:\n"),
    "another setting": lambda root: (root / "pyproject.toml").write_text(
        '[tool.wsconsolidate]\nexclude = ["netra_backend/app/main.py"]\n', "utf-8"
    ),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def said(root: Path, cache: bool) -> str:
    return scan.run(Request(root, cache=cache, jobs=1), None, "json", False)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_after_a_change_a_warm_run_says_what_a_cold_one_says(edit: Edit, home: Path) -> None:
    root = lay_out(home)
    first = said(root, cache=True)
    edit(root)
    assert said(root, cache=True) == said(root, cache=False)
    assert said(root, cache=True) == said(root, cache=False), "and so does the run after it"
    shutil.rmtree(root)
    assert said(lay_out(home), cache=True) == first, "what was undone is as if it had never been"


def test_a_run_after_no_change_does_not_compute_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay_out(home)
    first = said(root, cache=True)
    monkeypatch.setattr(findings, "_reports", lambda _code: pytest.fail("computed again"))
    appended("netra_backend/app/models/user_execution_context.py", "# a comment changes no fact\n")(root)
    before, after = json.loads(first), json.loads(said(root, cache=True))
    assert after["summary"].pop("lines") == before["summary"].pop("lines") + 1
    assert after == before


def test_without_a_cache_every_run_computes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay_out(home)
    said(root, cache=True)
    monkeypatch.setattr(findings, "_reports", lambda _code: pytest.fail("computed again"))
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        said(root, cache=False)
