"""The code base is read: whatever its files would do when imported, they do not get to do."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.cli.tool import launcher, run, started
from tests.support import program

# Names of modules that the tool or its libraries import, and of packages that are ours.
TRAPS = (
    "ast.py", "codemods.py", "dataclasses.py", "difflib.py", "gc.py", "hashlib.py", "inspect.py", "json.py",
    "libcst.py", "logging.py", "multiprocessing.py", "pathlib.py", "pathspec.py", "pickle.py", "platformdirs.py",
    "queue.py", "random.py", "rich.py", "rope.py", "signal.py", "subprocess.py", "tempfile.py", "textwrap.py",
    "threading.py", "tomllib.py", "traceback.py", "typer.py", "typing.py", "typing_extensions.py", "unicodedata.py",
    "conftest.py", "setup.py", "sitecustomize.py", "reports/__init__.py", "codemods/__init__.py", "shop/__init__.py",
)  # fmt: skip
# What Python itself imports for `-m` before any code of ours runs: guarded by the console script and by `python -P`.
BEFORE_US = ("contextlib.py", "functools.py", "types.py", "warnings.py")
COMMANDS = [["mro", ".", "--all"], ["scan", ".", "--out", "{out}", "--no-cache"]]


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measuring coverage would look into packages of the trees that bear the names of ours."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def trapped(root: Path, names: tuple[str, ...]) -> Path:
    """A tree in which every module leaves a mark and fails when it is run."""
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        mark = str(root.parent / f"ran-{name.replace('/', '-')}")
        file.write_text(f"open({mark!r}, 'w').close()\nraise SystemExit('{name} was run')\n\n\nclass Trap:\n    pass\n")
    (root / "data.pth").write_text("import shop\n")
    return root


def marks(root: Path) -> list[str]:
    return sorted(path.name for path in root.parent.glob("ran-*"))


@pytest.mark.parametrize("command", COMMANDS, ids=[f"{' '.join(c[:3])} runs nothing" for c in COMMANDS])
def test_the_console_script_inside_a_hostile_tree(tmp_path: Path, command: list[str]) -> None:
    root = trapped(tmp_path / "tree", TRAPS + BEFORE_US)
    script = launcher(tmp_path / "bin")
    arguments = [word.format(out=tmp_path / "out") for word in command]
    answer = started([sys.executable, str(script), *arguments], root, tmp_path / "home")
    assert (answer.code, answer.err, marks(root)) == (0, "", [])
    assert "Trap" in answer.out or command[0] == "scan"


@pytest.mark.parametrize("command", COMMANDS, ids=[f"{' '.join(c[:3])} runs nothing" for c in COMMANDS])
def test_the_module_inside_a_hostile_tree(tmp_path: Path, command: list[str]) -> None:
    """`python -m codemods` searches the current folder first; it is taken off the path before anything else."""
    root = trapped(tmp_path / "tree", tuple(name for name in TRAPS if not name.startswith("codemods")))
    answer = run(*(word.format(out=tmp_path / "out") for word in command), cwd=root, home=tmp_path / "home")
    assert (answer.code, answer.err, marks(root)) == (0, "", [])


def test_the_module_with_p_is_as_safe_as_the_console_script(tmp_path: Path) -> None:
    root = trapped(tmp_path / "tree", TRAPS + BEFORE_US)
    answer = started([sys.executable, "-P", "-m", "codemods", "scan", "."], root, tmp_path / "home")
    assert (answer.code, answer.err, marks(root)) == (0, "", [])


def test_worker_processes_that_are_spawned_do_not_search_the_current_folder(tmp_path: Path) -> None:
    root = trapped(tmp_path / "tree", TRAPS)
    for number in range(310):  # enough that worker processes pay
        (root / f"shop/part_{number}.py").write_text(f"class Part{number}:\n    pass\n")
    # A second thread is what makes the tool spawn on Linux; elsewhere it always does.
    script = tmp_path / "bin" / "wsconsolidate"
    script.parent.mkdir()
    script.write_text(
        "import sys, threading\nfrom codemods.cli import main\n"
        "if __name__ == '__main__':\n"
        "    threading.Thread(target=threading.Event().wait, daemon=True).start()\n    main()\n"
    )
    command = [sys.executable, str(script), "scan", ".", "--no-plan", "--jobs", "2"]
    answer = started(command, root, tmp_path / "home")
    assert (answer.code, answer.err, marks(root)) == (0, "", [])
    assert f"{310 + sum('/' in name or '.' in name for name in TRAPS)} files" in answer.out


def test_a_repository_cannot_name_programs_to_run(tmp_path: Path) -> None:
    root = trapped(tmp_path / "tree", ("shop/__init__.py",))
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran-hook\n")
    hook.chmod(0o755)
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for words in (["init", "-q"], ["config", "core.fsmonitor", str(hook)], ["config", "core.hooksPath", str(tmp_path)]):
        assert started([program("git"), *words], root, tmp_path / "home", **quiet).code == 0
    answer = run("scan", ".", "--no-plan", cwd=root, home=tmp_path / "home")
    assert (answer.code, marks(root)) == (0, [])


def test_nothing_is_written_into_the_tree(tmp_path: Path) -> None:
    root = trapped(tmp_path / "tree", ("shop/__init__.py", "shop/cart.py"))
    before = sorted(root.rglob("*"))
    assert run("scan", "tree", cwd=tmp_path, home=tmp_path / "home", PYTHONDONTWRITEBYTECODE="").code == 0
    assert sorted(root.rglob("*")) == before
