"""What git knows about a folder, asked of the `git` command; a folder without git is an ordinary case."""

from __future__ import annotations

import subprocess
from pathlib import Path

# A repository's own configuration may name programs to run (core.fsmonitor, core.hooksPath); reading must run none.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")


def listed_files(root: Path) -> list[str] | None:
    """The files below `root` that git tracks or does not ignore, relative to it; None where git has no answer."""
    if not any((parent / ".git").exists() for parent in (root, *root.parents)):
        return None
    command = ["git", *_SAFE, "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None  # no git program, or a repository it will not read: the folder itself still can be walked
    return [name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name]
