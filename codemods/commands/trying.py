"""The user's own tests, run on a code base as it stands."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from codemods.errors import UsageError
from codemods.surroundings import of_the_user

OUTPUT_LINES = 40  # of a failed test command; its end says most


def failure_of(words: str, root: Path) -> str:
    """Run the user's command; the end of its output when it fails. Raises UsageError when it cannot be run."""
    command = shlex.split(words)
    try:
        done = subprocess.run(
            command, cwd=root, env=of_the_user(), capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise UsageError(f"--test: {command[0]}: {error.strerror}") from error
    if not done.returncode:
        return ""
    said = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    return "\n".join(said[-OUTPUT_LINES:]) or f"exit code {done.returncode}, without a word"


def pass_before(words: str, root: Path) -> None:
    """Raise UsageError when the user's command fails before anything is changed: then it cannot judge changes."""
    failure = failure_of(words, root)
    if failure:
        raise UsageError(f"--test: the command fails before anything is changed, so it cannot judge:\n{failure}")
