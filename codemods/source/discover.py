"""Which Python files of a folder belong to the code base, and what was left out, each with its reason."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from codemods.errors import UsageError
from codemods.source.vcs import listed_files

SUFFIXES = (".py", ".pyi")
# Folders that hold other people's code or no source at all, whatever the project.
FOREIGN = frozenset(
    {".wsconsolidate", ".git", ".hg", ".svn", "__pycache__", "node_modules", "site-packages", ".tox", ".nox", ".eggs"}
)
_FOLDER_END = "ps_d"  # what pathspec calls the slash behind a folder that a pattern matches
MARK = "pyvenv.cfg"  # stands in every virtual environment
MAX_BYTES = 8 * 1024 * 1024  # a larger Python file is data; parsing it would take over a gigabyte of memory
STUB = "Written by `wsconsolidate export pyi`."  # at the head of stubs that say again what a shim says

Ignores = tuple[tuple[str, list[GitIgnoreSpecPattern]], ...]  # each folder with the patterns of its .gitignore


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to read, relative and sorted, and what was passed over: (path, reason)."""

    root: Path
    files: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    prefix: str  # the dotted package that `root` itself is, "" when it is none


def discover(root: Path, exclude: tuple[str, ...] = (), suffixes: tuple[str, ...] = SUFFIXES) -> Discovery:
    """Find the files of some kind below `root`. Symbolic links are not followed; .gitignore and `exclude` globs hold.

    Raises UsageError when `root` is no folder or a pattern cannot be used.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; give the folder that holds the code base")
    try:
        excluded = GitIgnoreSpec.from_lines(exclude)
    except ValueError as error:
        raise UsageError(f"--exclude: {error}; write it as a line of .gitignore") from error
    base = str(root)
    listed = listed_files(root)
    candidates = _walked(root, suffixes) if listed is None else _from_git(listed, base, suffixes)
    files: list[str] = []
    left_out: list[tuple[str, str]] = []
    for path in candidates:
        reason = "excluded" if exclude and excluded.match_file(path) else _refusal(f"{base}/{path}")
        if reason is None:
            files.append(path)
        elif reason:
            left_out.append((path, reason))
    return Discovery(root, tuple(sorted(files)), tuple(sorted(left_out)), package_of(root))


def _refusal(path: str) -> str | None:
    """Why a file is not read: a reason to show, "" for none worth showing, None when it is read."""
    try:
        status = os.lstat(path)
    except OSError:
        return ""  # listed by git but deleted from the work tree
    if stat.S_ISLNK(status.st_mode):
        return "symbolic link, not followed"
    if stat.S_ISDIR(status.st_mode):
        return "a repository of its own, not entered" if os.access(path, os.R_OK | os.X_OK) else "cannot be listed"
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_size > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1024 // 1024} MiB"
    return "a stub of shims, which are read themselves" if is_stub_of_shims(path) else None


def is_stub_of_shims(path: str | Path) -> bool:
    """Whether a file is one that `export pyi` wrote: to the tool its classes would be the old ones, still there."""
    if not str(path).endswith(".pyi"):
        return False
    try:
        with open(path, "rb") as stream:
            return STUB.encode() in stream.readline()
    except OSError:
        return False  # told when it is read


def _from_git(listed: list[str], base: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """The files git lists, and the folders among its files: links to folders and repositories inside."""
    environments = tuple(path.removesuffix(MARK) for path in listed if path.endswith(f"/{MARK}"))
    for path in dict.fromkeys(listed):
        if FOREIGN.isdisjoint(path.split("/")[:-1]) and not path.startswith(environments):
            folder = not path.endswith(suffixes) and os.path.isdir(f"{base}/{path}")
            yield from [path.rstrip("/")] if folder or path.endswith(suffixes) else []


def _walked(root: Path, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Walk without following links, obeying each folder's .gitignore as git would."""
    pending: list[tuple[str, Ignores]] = [("", ())]
    while pending:
        folder, ignores = pending.pop()
        entries = _entries(root / folder) if folder else _listed(root)
        if entries is None:
            yield folder
            continue
        if any(entry.name == ".gitignore" and entry.is_file(follow_symlinks=False) for entry in entries):
            ignores = (*ignores, (folder, _ignore_file(root / folder / ".gitignore")))
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield from [path] if _wanted(entry, suffixes) and not _ignored(path, ignores) else []
            elif not _foreign(entry) and not _ignored(f"{path}/", ignores):
                pending.append((path, ignores))


def _wanted(entry: os.DirEntry[str], suffixes: tuple[str, ...]) -> bool:
    """Files of the kind, and links to folders, which are told of but not followed."""
    return entry.name.endswith(suffixes) or entry.is_dir()


def _entries(folder: Path) -> list[os.DirEntry[str]] | None:
    """What is in a folder; None where it cannot be listed: it is reported, and the rest is read."""
    try:
        return _listed(folder)
    except UsageError:
        return None


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be listed: {error.strerror}; make it readable, or leave it out with --exclude"
        ) from error


def _foreign(entry: os.DirEntry[str]) -> bool:
    return entry.name in FOREIGN or os.path.exists(os.path.join(entry.path, MARK))


def _ignore_file(path: Path) -> list[GitIgnoreSpecPattern]:
    """The patterns of a .gitignore; one that git would never match is passed over, as git does."""
    patterns: list[GitIgnoreSpecPattern] = []
    for line in path.read_bytes().decode("utf-8-sig", "surrogateescape").split("\n"):
        with contextlib.suppress(GitIgnorePatternError):
            patterns.append(GitIgnoreSpecPattern(line.removesuffix("\r")))
    return patterns


def _ignored(path: str, ignores: Ignores) -> bool:
    for folder, patterns in reversed(ignores):
        inner = path[len(folder) + 1 :] if folder else path
        for pattern in reversed(patterns):
            if _matches(pattern, inner):
                return bool(pattern.include)
    return False


def _matches(pattern: GitIgnoreSpecPattern, path: str) -> bool:
    """Whether a pattern means the path itself: its folders were asked before, and `!b/` takes back b, not b/a.py."""
    if str(pattern.pattern).rstrip(" ").endswith("/**"):
        path = path.removesuffix("/")  # `c/**` means all that is in c, and not c
    for found in pattern.regex.finditer(path) if pattern.regex is not None else ():
        if found.groupdict().get(_FOLDER_END) is None or found.end(_FOLDER_END) == len(path):
            return True
    return False


def package_of(root: Path) -> str:
    """The dotted name of `root` when it is itself inside a package: `lib/asyncio` is `asyncio`."""
    names: list[str] = []
    folder = root.resolve()
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names)
