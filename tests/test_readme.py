"""The commands of the README work, and what it shows of their output is what they print."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from codemods.sample import lay_out
from tests.cli.tool import REPOSITORY, Answer, launcher, started

README = REPOSITORY / "README.md"
# Placeholders of the README, and what stands for them here.
STANDS_FOR = {"PATH/TO/CODE": "sample/chat", "PATH/TO/SITE-PACKAGES": "sample"}
Session = tuple[str, list[str]]


def sessions(text: str) -> list[Session]:
    """Every command of the console blocks with the lines that are shown below it."""
    found: list[Session] = []
    for block in re.findall(r"^```(?:console|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line)
    return found


SESSIONS = sessions(README.read_text("utf-8")) if README.exists() else []


def like(shown: list[str], printed: str) -> bool:
    """Whether the lines shown are those printed; a line `...` stands for any lines, also none."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r" *\n" for line in shown)
    return re.fullmatch(pattern, printed) is not None


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A folder with the sample, as a reader may have it."""
    lay_out(tmp_path / "sample")
    return tmp_path


def execute(command: str, folder: Path) -> Answer:
    """Run one command of the README: ours alone, without a shell."""
    words = [STANDS_FOR.get(word, word) for word in shlex.split(command)]
    script = launcher(folder / "bin")
    return started([sys.executable, str(script), *words[1:]], folder, folder / "home")


@pytest.mark.parametrize(
    ("command", "shown"),
    [session for session in SESSIONS if session[0].startswith("wsconsolidate ")],
    ids=[command for command, _ in SESSIONS if command.startswith("wsconsolidate ")],
)
def test_the_command_works_and_prints_what_is_shown(scratch: Path, command: str, shown: list[str]) -> None:
    answer = execute(command, scratch)
    assert (answer.code, answer.err) == (0, "")
    assert not shown or like(shown, answer.out), answer.out


@pytest.mark.parametrize("command", [command for command, _ in SESSIONS if command.startswith("make ")])
def test_the_target_of_make_is_there(command: str) -> None:
    targets = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(shlex.split(command)[1:]) <= set(targets)


def test_every_other_command_is_of_a_program_known_to_the_reader() -> None:
    known = {"wsconsolidate", "make", "pipx", "uv", "git", "python", "python3", "pip"}
    assert {command.split()[0] for command, _ in SESSIONS} <= known


def test_there_are_commands_to_check() -> None:
    assert any(command.startswith("wsconsolidate ") for command, _ in SESSIONS)


def test_every_file_it_links_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README.read_text("utf-8"))
    assert [target for target in targets if not (REPOSITORY / target).exists()] == []


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        (["a", "b"], "a\nb\n", True),
        (["a", "...", "c"], "a\nb\nb\nc\n", True),
        (["a", "...", "c"], "a\nc\n", True),
        (["a", "..."], "a\nb\n", True),
        (["a"], "a\nb\n", False),
        (["a", "...", "d"], "a\nb\nc\n", False),
        (["a.b"], "axb\n", False),
    ],
    ids=["equal", "lines left out", "no line left out", "the rest left out", "a rest", "another end", "no pattern"],
)
def test_how_shown_lines_are_compared(shown: list[str], printed: str, expected: bool) -> None:
    assert like(shown, printed) is expected


def test_the_python_example_prints_what_is_shown(tmp_path: Path) -> None:
    [(code, shown)] = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)
    (tmp_path / "example.py").write_text(code, "utf-8")
    answer = started(
        [sys.executable, str(tmp_path / "example.py")], REPOSITORY, tmp_path / "home", PYTHONPATH=str(REPOSITORY)
    )
    assert (answer.code, answer.out) == (0, shown), answer.err
