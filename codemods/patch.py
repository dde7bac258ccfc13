"""Changed files as one patch that `git apply` accepts, in both directions, to the byte."""

from __future__ import annotations

import base64
import difflib
import hashlib
import stat
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

from codemods.edits import FileChange

CONTEXT = 3  # lines around a change, as git shows them
_NO_FILE = b"/dev/null"
_NO_BLOB = "0" * 40
_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_PER_LINE = 52  # bytes in one line of a binary patch: its length is one letter, A to Z and a to z
_LENGTHS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def as_patch(changes: Iterable[FileChange], below: str = "") -> bytes:
    """The changes as a unified diff, sorted by path; `below` is where the root stands in the repository.

    Files with a NUL byte, which no line of a text patch carries faithfully, become git's binary patches.
    """
    prefix = f"{below.strip('/')}/" if below.strip("/") else ""
    ordered = sorted(changes, key=lambda change: change.path)
    return b"".join(_file(change, f"{prefix}{change.path}") for change in ordered if change.before != change.after)


def _file(change: FileChange, path: str) -> bytes:
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    body = _body(change, old, new)
    if not body.startswith(b"---"):  # git takes the name from the first line; a space may mislead it
        old, new = (_quoted(f"{side}/{path}", " " in path) for side in "ab")
    return b"diff --git %b %b\n" % (old, new) + _header(change).encode("ascii") + body


def _header(change: FileChange) -> str:
    """What git has to know beside the content; of a file's permissions it keeps whether the owner may run it."""
    mode = "100755" if change.mode & stat.S_IXUSR else "100644"
    index = f"index {_blob(change.before)}..{_blob(change.after)}"
    if change.before is None:
        return f"new file mode {mode}\n{index}\n"
    if change.after is None:
        return f"deleted file mode {mode}\n{index}\n"
    return f"{index} {mode}\n"


def _body(change: FileChange, old: bytes, new: bytes) -> bytes:
    before, after = change.before or b"", change.after or b""
    if b"\0" in before or b"\0" in after:
        return b"GIT binary patch\n" + _literal(after) + _literal(before)
    if before == after:
        return b""  # an empty file, created or deleted: there are no lines to show
    names = (_NO_FILE if change.before is None else old), (_NO_FILE if change.after is None else new)
    return b"--- %b\n+++ %b\n" % (_ended(names[0]), _ended(names[1])) + b"".join(_hunks(before, after))


def _blob(content: bytes | None) -> str:
    """The name git gives the content: a binary patch without it is refused, a three-way merge needs it."""
    if content is None:
        return _NO_BLOB
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _quoted(name: str, always: bool = False) -> bytes:
    """A name as git writes it: in quotes and escaped where it holds more than plain ASCII."""
    raw = name.encode("utf-8", "surrogateescape")
    text = "".join(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)
    return f'"{text}"'.encode("ascii") if always or text != name else raw


def _ended(name: bytes) -> bytes:
    """A name with a space is followed by a tab: some programs take what follows a space for a date."""
    return name + b"\t" if b" " in name else name


def _lines(content: bytes) -> list[str]:
    """Lines as git sees them: only LF ends one. As text of one character a byte, which difflib can compare."""
    return [f"{line}\n" for line in content.decode("latin-1").split("\n")] if content else []


def _hunks(before: bytes, after: bytes) -> Iterator[bytes]:
    """The hunks of a unified diff; the first two lines, which name the files, are ours to write."""
    old, new = (_marked(_lines(content)) for content in (before, after))
    for line in islice(difflib.unified_diff(old, new, n=CONTEXT, lineterm="\n"), 2, None):
        raw = line.encode("latin-1")
        yield raw.removesuffix(b"\0\n") + _NO_NEWLINE if raw.endswith(b"\0\n") else raw


def _marked(lines: list[str]) -> list[str]:
    """The lines, with a NUL, which no text holds, in a last one without a line end: it is not the one that has it."""
    if not lines:
        return lines
    last = lines.pop().removesuffix("\n")
    return [*lines, f"{last}\0\n"] if last else lines


def _literal(content: bytes) -> bytes:
    """The content as one block of a binary patch: deflated, in base 85, a letter for the length before each line."""
    packed = zlib.compress(content)
    parts = (packed[start : start + _PER_LINE] for start in range(0, len(packed), _PER_LINE))
    lines = (_LENGTHS[len(part) - 1 : len(part)] + base64.b85encode(part, pad=True) + b"\n" for part in parts)
    return b"literal %d\n" % len(content) + b"".join(lines) + b"\n"
