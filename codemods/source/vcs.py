"""What git knows about a folder, asked of the `git` command; a folder without git is an ordinary case."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# A repository's own configuration may name programs to run (core.fsmonitor, core.hooksPath); reading must run none.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
_OF_ONE_REPOSITORY = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"}
)


def listed_files(root: Path) -> list[str] | None:
    """The files below `root` that git tracks or does not ignore, relative to it; None where git has no answer."""
    place = root.resolve()
    if not any((parent / ".git").exists() for parent in (place, *place.parents)):
        return None
    command = ["git", *_SAFE, "-C", str(place), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL, env=_environment())
    except (OSError, subprocess.CalledProcessError):
        return None  # no git program, or a repository it will not read: the folder itself still can be walked
    # Nothing listed: the folder itself is ignored, but the user names it all the same, so it is walked.
    return [name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name] or None


def _environment() -> dict[str, str]:
    """Our environment without what a git hook sets: it would answer for the hook's repository, whatever the folder."""
    return {name: value for name, value in os.environ.items() if name not in _OF_ONE_REPOSITORY}
