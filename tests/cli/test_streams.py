"""Reports on stdout, all else on stderr; a terminal, a pipe, and a pipe that nobody reads any more."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tool import environment, launcher, run, started

TOOL = [sys.executable, "-m", "codemods"]


class Screen:
    """A pseudo-terminal that keeps what is written to it."""

    def __init__(self) -> None:
        self._mine, self.theirs = pty.openpty()
        self._text: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # how a pseudo-terminal says that it ends
            while chunk := os.read(self._mine, 65536):
                self._text.append(chunk)

    def text(self) -> str:
        """All of it, once the program is done."""
        os.close(self.theirs)
        self._reader.join(10)
        os.close(self._mine)
        return b"".join(self._text).decode()


def test_a_pipe_gets_the_report_and_nothing_else(chat: Path, tmp_path: Path) -> None:
    plain = run("scan", str(chat), cwd=tmp_path)
    assert (plain.code, plain.err) == (0, "")
    assert "\x1b" not in plain.out
    assert "\r" not in plain.out
    narrow = run("scan", str(chat), cwd=tmp_path, COLUMNS="40", NO_COLOR="1", TERM="dumb")
    coloured = run("scan", str(chat), cwd=tmp_path, FORCE_COLOR="1", TERM="xterm-256color")
    assert plain == narrow == coloured


def on_a_screen(chat: Path, home: Path, *options: str, both: bool, **said: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a scan whose stderr, or both streams, are a terminal."""
    errors = Screen()
    shown = Screen() if both else None
    process = subprocess.Popen(
        [*TOOL, "scan", str(chat), *options],
        env=environment(home, TERM="xterm", **said),
        stdin=subprocess.DEVNULL,
        stdout=shown.theirs if shown else subprocess.PIPE,
        stderr=errors.theirs,
    )
    out, _ = process.communicate(timeout=60)
    return process.returncode, shown.text() if shown else out.decode(), errors.text()


def test_progress_goes_to_the_terminal_behind_stderr_and_leaves_stdout_clean(chat: Path, tmp_path: Path) -> None:
    code, out, err = on_a_screen(chat, tmp_path, both=False)
    assert code == 0
    assert "Reading" in err
    assert "100%" in err
    assert out == run("scan", str(chat), cwd=tmp_path).out


def test_a_terminal_gets_colour_unless_it_is_declined(chat: Path, tmp_path: Path) -> None:
    code, coloured, _ = on_a_screen(chat, tmp_path, both=True, COLUMNS="100")
    assert code == 0
    assert "\x1b[" in coloured
    code, plain, err = on_a_screen(chat, tmp_path, both=True, COLUMNS="100", NO_COLOR="1")
    assert code == 0
    assert "\x1b" not in plain
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", err)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)  # where a style ends, the blanks that fill its line stay
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("width", [40, 80], ids=["a screen of 40 columns", "a screen of 80 columns"])
def test_no_line_is_wider_than_the_screen(chat: Path, tmp_path: Path, width: int) -> None:
    code, out, _ = on_a_screen(chat, tmp_path, both=True, COLUMNS=str(width), NO_COLOR="1")
    assert code == 0
    assert "16 of 16 found" in out
    assert max(map(len, out.splitlines())) <= width


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_a_reader_that_has_seen_enough_is_no_failure(chat: Path, tmp_path: Path, form: str) -> None:
    process = subprocess.Popen(
        [*TOOL, "scan", str(chat), "--format", form],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait(60) == 0


def test_the_first_line_through_head(chat: Path, tmp_path: Path) -> None:
    line = f"set -o pipefail; {shlex.join([*TOOL, 'scan', str(chat), '--format', 'json'])} | head -n 1"
    answer = started(["bash", "-c", line], tmp_path)
    assert (answer.code, answer.out, answer.err) == (0, "{\n", "")


def test_a_full_disk_behind_stdout_is_told_and_is_no_defect(chat: Path, tmp_path: Path) -> None:
    answer = started(["sh", "-c", f"{shlex.join([*TOOL, 'scan', str(chat)])} > /dev/full"], tmp_path)
    assert (answer.code, answer.err) == (2, "error: cannot print the report: No space left on device\n")


def test_streams_that_are_closed_change_no_exit_code(chat: Path, tmp_path: Path) -> None:
    scan = shlex.join([*TOOL, "scan", str(chat)])
    assert started(["sh", "-c", f"{scan} >&-"], tmp_path).code == 0
    assert started(["sh", "-c", f"{scan}-is-not-there 2>&-"], tmp_path).code == 2


ASCII: Any = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_an_ascii_locale_gets_every_report_in_ascii(tmp_path: Path, form: str) -> None:
    (tmp_path / "m.py").write_text("class Größe:\n    pass\n\n\nclass \U0001d518nicode(Größe):\n    pass\n", "utf-8")
    answer = run("mro", ".", "--all", "--format", form, cwd=tmp_path, **ASCII)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.isascii()
    if form == "json":
        assert json.loads(answer.out) == json.loads(run("mro", ".", "--all", "--format", form, cwd=tmp_path).out)


def test_interrupting_it_is_neither_an_answer_nor_a_crash(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "slow"
    script.write_text(
        "import os, signal\nfrom codemods import cli\nfrom codemods.commands import scan\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # it may be ignored by whoever started the tests
        "scan.run = lambda *_: os.kill(os.getpid(), signal.SIGINT) or ''\ncli.main()\n"
    )
    answer = started([sys.executable, str(script), "scan", "."], tmp_path)
    assert (answer.code, answer.out) == (128 + signal.SIGINT, "")
    assert "Traceback" not in answer.err


def test_help_and_version_are_answers_on_stdout(tmp_path: Path) -> None:
    script = [sys.executable, str(launcher(tmp_path / "bin"))]
    version = started([*script, "--version"], tmp_path)
    assert (version.code, version.err) == (0, "")
    assert re.fullmatch(r"wsconsolidate \d+\.\d+\S*\n", version.out)
    for command in ("scan", "mro", "demo"):
        told = started([*script, command, "--help"], tmp_path, COLUMNS="40")
        assert (told.code, told.err) == (0, "")
        assert told.out.startswith(f"Usage: wsconsolidate {command} ")
