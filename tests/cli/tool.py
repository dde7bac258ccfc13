"""The tool as a user starts it: in a process of its own, or, where that is all the same, in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# What the tests' own surroundings may say and a test must say itself.
_UNSAID = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONSAFEPATH", "PYTHONHASHSEED", "PYTHONIOENCODING")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run left: its exit code and both streams."""

    code: int
    out: str
    err: str


def environment(home: Path, **said: str) -> dict[str, str]:
    """The environment of a run whose home and cache are below `home`."""
    inherited = {name: value for name, value in os.environ.items() if name not in _UNSAID and name[:3] != "LC_"}
    own = {"PYTHONPATH": str(REPOSITORY), "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    return {**inherited, **own, "PYTHONDONTWRITEBYTECODE": "1", **said}


def run(*arguments: str | Path, cwd: Path, home: Path | None = None, **said: str) -> Answer:
    """`python -m codemods` with these arguments, its output read through pipes."""
    return started([sys.executable, "-m", "codemods", *map(str, arguments)], cwd, home, **said)


def started(command: list[str], cwd: Path, home: Path | None = None, **said: str) -> Answer:
    """Any command in the same surroundings."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(home or cwd, **said),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def launcher(folder: Path) -> Path:
    """The console script as an installer writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "wsconsolidate"
    script.write_text(f"#!{sys.executable}\nimport sys\nfrom codemods.cli import main\nsys.exit(main())\n", "utf-8")
    script.chmod(0o755)
    return script


def tree_of(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder by its relative path: the bytes of files, None for folders and the rest."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
