"""What a shell and a terminal show of the commands: examples that can be typed, and words that complete."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from codemods.cli.all_commands import app
from tests.cli.tool import Answer, environment, launcher, run, started

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)
SHELLS = ["bash", "zsh", "fish"]
NAMED = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # the shell is the one that is named


def examples(name: str) -> list[list[str]]:
    """The words of each example in the help of a command, without the comment behind it and what is redirected."""
    told = (GROUP.commands[name].help or "").splitlines()
    lines = [line.strip().partition(" > ")[0] for line in told if line.strip().startswith("wsconsolidate ")]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_examples_of_its_own_that_it_takes(name: str) -> None:
    found = examples(name)
    assert len(found) >= 2
    for program, command, *arguments in found:
        assert (program, command) == ("wsconsolidate", name)
        GROUP.commands[name].make_context(name, list(arguments))


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_stand_on_lines_of_their_own_on_a_narrow_terminal_too(name: str, tmp_path: Path) -> None:
    answer = run(name, "--help", cwd=tmp_path, COLUMNS="60")
    assert answer.code == 0
    assert len(re.findall(rf"^ +wsconsolidate {name}\b.*  # \w", answer.out, re.MULTILINE)) == len(examples(name))


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────────────


def completed(shell: str, line: str, folder: Path) -> Answer:
    """What a shell is answered when somebody asks for the last word of a line."""
    words = line.split(" ")
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    script = launcher(folder / "bin")
    return started([sys.executable, str(script)], folder, _WSCONSOLIDATE_COMPLETE=f"complete_{shell}", **asked)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "expected", "other"),
    [
        ("wsconsolidate mi", "migrate", "scan"),
        ("wsconsolidate migrate --ph", "--phase", "--only"),
        ("wsconsolidate migrate --phase cl", "cleanup", "create"),
        ("wsconsolidate migrate --only WebSocketEventEmitterF", "WebSocketEventEmitterFactory", "WebSocketManager"),
        ("wsconsolidate check --select legacy-p", "legacy-path", "legacy-class"),
        ("wsconsolidate rule WSC002", "WSC002", "WSC003"),
    ],
    ids=["a command", "an option", "a choice", "a class of the plan", "a rule by name", "a rule by id"],
)
def test_the_last_word_of_a_line_is_completed(shell: str, line: str, expected: str, other: str, tmp_path: Path) -> None:
    answer = completed(shell, line, tmp_path)
    assert (answer.code, answer.err) == (0, "")
    assert expected in answer.out
    assert other not in answer.out


def test_classes_are_those_of_the_plan_that_stands_in_the_line(tmp_path: Path) -> None:
    plan = 'title="x"\ndestination="a"\nfamilies=[{name="f",title="F",target="b.C"}]\n'
    entry = '[[classes]]\nmodule="m"\nqualname="CartStore"\nline=1\nfamily="f"\nstatus="MERGE"\ntarget="b.C"\n'
    (tmp_path / "mine.toml").write_text(plan + entry)
    answer = completed("bash", "wsconsolidate migrate --plan mine.toml --only ", tmp_path)
    assert answer.out.split() == ["CartStore"]


def test_a_plan_that_cannot_be_read_completes_nothing_and_says_nothing(tmp_path: Path) -> None:
    assert completed("bash", "wsconsolidate migrate --plan gone.toml --only ", tmp_path) == Answer(0, "\n", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_a_shell_can_be_shown(shell: str, tmp_path: Path) -> None:
    answer = started([sys.executable, str(launcher(tmp_path / "bin")), "--show-completion", shell], tmp_path, **NAMED)
    assert (answer.code, answer.err) == (0, "")
    assert f"_WSCONSOLIDATE_COMPLETE=complete_{shell}" in answer.out


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_a_shell_can_be_installed(shell: str, tmp_path: Path) -> None:
    answer = started(
        [sys.executable, str(launcher(tmp_path / "bin")), "--install-completion", shell], tmp_path, **NAMED
    )
    assert answer.code == 0
    assert f"{shell} completion installed in {tmp_path}" in answer.out
    scripts = [path.read_text() for path in tmp_path.rglob("*wsconsolidate*") if path.is_file()]
    assert any(f"complete_{shell}" in script for script in scripts)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_itself_completes_with_the_script_it_is_given(tmp_path: Path) -> None:
    script = launcher(tmp_path / "bin")
    asked = f"""
        source <(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1 {script} --show-completion bash)
        COMP_WORDS=(wsconsolidate mig); COMP_CWORD=1
        _wsconsolidate_completion {script}
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", asked], env=environment(tmp_path), capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("migrate\n", "")
