"""The user's own commands meet the environment as it was, not as our worker processes need it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from codemods.sample import lay_out
from codemods.surroundings import keep_the_current_folder_off_the_path, of_the_user
from tests.cli.tool import run


@pytest.mark.parametrize(("before", "after"), [(None, None), ("", None), ("1", "1")], ids=["unset", "empty", "set"])
def test_what_the_user_had_is_what_the_user_gets(
    monkeypatch: pytest.MonkeyPatch, before: str | None, after: str | None
) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", before or "")
    if before is None:
        monkeypatch.delenv("PYTHONSAFEPATH")
    keep_the_current_folder_off_the_path()
    assert os.environ["PYTHONSAFEPATH"]
    assert of_the_user().get("PYTHONSAFEPATH") == after


def test_the_test_command_finds_what_stands_in_the_code_base(tmp_path: Path) -> None:
    root = lay_out(tmp_path)
    command = f"{sys.executable} -B -c 'import netra_backend'"
    only = ("--only", "WebSocketHeartbeatManager")
    answer = run("migrate", root, "--allow-dirty", "--no-cache", "--jobs", "1", *only, "--test", command, cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
