"""What git knows about a folder, asked of the `git` command; a folder without git is an ordinary case."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from codemods.errors import OutputError

# A repository's own configuration may name programs to run (core.fsmonitor, core.hooksPath); reading must run none.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
_THEN = "Mend that and commit them, or take them back with `wsconsolidate undo`."
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


def revision_files(root: Path, ref: str) -> dict[str, str] | None:
    """The files below `root` at a revision with their object ids; None where git knows no such revision."""
    answer = _asked(root, "ls-tree", "-r", "-z", "--end-of-options", ref)
    if answer is None:
        return None
    entries = (line.partition("\t") for line in answer.decode("utf-8", "surrogateescape").split("\0") if line)
    return {path: about.split()[2] for about, _, path in entries}


def changed_files(root: Path, ref: str) -> list[str] | None:
    """The files below `root` that are not now what they were at a revision, staged or not."""
    answer = _asked(
        root, "diff", "--name-only", "--no-renames", "--relative", "--no-ext-diff", "-z", "--end-of-options", ref, "--"
    )
    return None if answer is None else [p for p in answer.decode("utf-8", "surrogateescape").split("\0") if p]


def blobs(root: Path, wanted: Mapping[str, str]) -> dict[str, bytes]:
    """The contents of objects, by the paths they are wanted for."""
    answer = _asked(root, "cat-file", "--batch", said="".join(f"{oid}\n" for oid in wanted.values()).encode()) or b""
    found: dict[str, bytes] = {}
    place = 0
    for path in wanted:
        head, _, _ = answer[place:].partition(b"\n")
        start = place + len(head) + 1
        size = int(head.split()[2])
        found[path] = answer[start : start + size]
        place = start + size + 1
    return found


def _asked(root: Path, *words: str, said: bytes = b"") -> bytes | None:
    """What git answers; None where it has no answer."""
    command = ["git", *_SAFE, "-C", str(root.resolve()), *words]
    try:
        return subprocess.run(command, capture_output=True, check=True, input=said, env=_environment()).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def place_in_repository(root: Path) -> str:
    """What leads from the repository's top to `root`, as `folder/`; "" at the top, or without a repository."""
    answer = _asked(root, "rev-parse", "--show-prefix")
    return "" if answer is None else answer.decode("utf-8", "surrogateescape").rstrip("\n")


def uncommitted(root: Path, besides: str = "") -> list[str] | None:
    """The files below `root` that git would say are changed or unknown to it; None where git has no answer.

    `besides` is a file below `root` that is not asked about.
    """
    without = (f":(exclude,literal){besides}",) if besides else ()
    answer = _asked(root, "status", "--porcelain", "-z", "--untracked-files=normal", "--", ".", *without)
    if answer is None:
        return None
    return [entry[3:] for entry in answer.decode("utf-8", "surrogateescape").split("\0") if len(entry) > 3]


def head(root: Path) -> str:
    """The full name of the commit that is checked out; "" without git, and before the first commit."""
    answer = _asked(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return "" if answer is None else answer.decode().strip()


def commit(root: Path, paths: Sequence[str], message: str) -> None:
    """Commit these files, deleted ones too, and nothing else. Raises OutputError with what git says.

    The repository's own hooks run: this is the user's commit.
    """
    names = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    listed = ("--pathspec-from-file=-", "--pathspec-file-nul")
    for words in (("add", "--all", *listed), ("commit", "--quiet", "--message", message, *listed)):
        command = ["git", "-C", str(root.resolve()), "-c", "core.fsmonitor=false", *words]
        done = subprocess.run(command, capture_output=True, check=False, input=names, env=_environment())
        if done.returncode:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            raise OutputError(f"git {words[0]} failed, and the changes are written but not committed: {said}\n{_THEN}")
