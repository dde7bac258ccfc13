"""A patch of changes, held against git: applied it gives the files after, reversed the files before, to the byte."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codemods.edits import FileChange
from codemods.patch import as_patch
from tests.support import program

ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
Files = dict[str, tuple[bytes, bool]]


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | ALONE
    command = [program("git"), "-C", str(folder), *arguments]
    answer = subprocess.run(command, input=given, capture_output=True, env=environment, check=False)
    assert answer.returncode == 0, answer.stderr.decode("utf-8", "replace")
    return answer.stdout


def lay_out(root: Path, changes: list[FileChange]) -> None:
    for change in changes:
        if change.before is not None:
            (root / change.path).parent.mkdir(parents=True, exist_ok=True)
            (root / change.path).write_bytes(change.before)
            (root / change.path).chmod(change.mode)


def files(root: Path) -> Files:
    found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts]
    return {str(path.relative_to(root)): (path.read_bytes(), bool(path.stat().st_mode & 0o100)) for path in found}


def expected(changes: list[FileChange], side: str) -> Files:
    sides = [(change, getattr(change, side)) for change in changes]
    return {change.path: (content, bool(change.mode & 0o100)) for change, content in sides if content is not None}


def check(changes: list[FileChange]) -> None:
    patch = as_patch(changes)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        lay_out(root, changes)
        if not patch:  # git calls an empty patch an error
            assert expected(changes, "before") == expected(changes, "after")
            return
        git(root, "apply", "--whitespace=nowarn", "-", given=patch)
        assert files(root) == expected(changes, "after")
        git(root, "apply", "--whitespace=nowarn", "-R", "-", given=patch)
        assert files(root) == expected(changes, "before")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\n", b"b\n"),
        (None, b"a\nb\n"),
        (b"a\nb\n", None),
        (None, b""),
        (b"", None),
        (b"", b"a"),
        (b"a", b""),
        (b"a", b"a\n"),
        (b"a\n", b"a"),
        (None, b"a"),
        (b"a\nb", b"c\nb"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"a\r\n", b"a\n"),
        (b"a\rb\r", b"a\rc\r"),
        (b"a\x0cb\x0b\x1c\n\x85\n", b"a\x0cc\x0b\x1c\n\x85\n"),
        (b"\xef\xbb\xbf\xe9\n", b"\xef\xbb\xbf\xff\n"),
        (b"a\0b\n", b"a\0c"),
        (None, b"\0" * 300),
        (bytes(range(256)) * 9, None),
        (b"-- a\n++ b\n", b"--- a\n+++ b\n@@ -1 +1 @@\n"),
        (b"\\ No newline at end of file\n", b"\\ No newline at end of file"),
        (b"a\n" * 40, b"b\n" + b"a\n" * 18 + b"c\n" + b"a\n" * 20 + b"d"),
        (b"a\n\n\n", b"a\n"),
    ],
    ids=[
        "a line", "created", "deleted", "created empty", "deleted empty", "filled", "emptied", "newline added",
        "newline taken", "created without newline", "no newline on both sides", "CRLF", "CRLF to LF", "CR alone",
        "form feeds and others", "BOM and bytes of no encoding", "NUL changed", "NUL created", "all bytes deleted",
        "lines like headers", "lines like git's remark", "three hunks", "empty lines at the end",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", [0o644, 0o755], ids=["plain", "executable"])
def test_git_applies_and_reverses(before: bytes | None, after: bytes | None, mode: int) -> None:
    check([FileChange("a.py", before, after, mode), FileChange("same.py", b"x", b"x")])


@pytest.mark.parametrize(
    "name",
    [
        "with space.py", "two  spaces /in folder.py", "é.py", "日本/語.py", 'quo"te.py', "back\\slash.py", "tab\t.py",
        "line\nend.py", "\x01\x7f.py", "bytes\udce9.py", " led.py", "ends ", "b/a b/a.py",
    ],
)  # fmt: skip
def test_every_name_is_told_as_git_does(name: str) -> None:
    check(
        [FileChange(name, b"a\n", b"b\n"), FileChange(f"new/{name}", None, b""), FileChange(f"old/{name}", b"", None)]
    )


def test_what_does_not_change_is_not_in_the_patch() -> None:
    assert as_patch([FileChange("a.py", b"x", b"x"), FileChange("b.py", None, None)]) == b""


def test_the_order_of_telling_does_not_count() -> None:
    changes = [FileChange("b.py", b"x", b"y"), FileChange("a.py", None, b"\0")]
    assert as_patch(changes) == as_patch(changes[::-1])


def test_the_patch_is_the_one_git_would_write(tmp_path: Path) -> None:
    lines = [b" %d\n" % number for number in range(30)]  # nothing that git takes for the head of a function
    changed = [*lines[:4], b"new\n", *lines[5:20], *lines[22:-1], b" 29"]
    changes = [
        FileChange("a b.py", b"".join(lines), b"".join(changed)),
        FileChange("deleted.py", b"x\n", None, 0o755),
        FileChange("empty.py", None, b""),
        FileChange("é.py", None, b"x = 1\n", 0o755),
    ]
    git(tmp_path, "init", "-q")
    lay_out(tmp_path, changes)
    git(tmp_path, "add", "-A")
    for change in changes:
        (tmp_path / change.path).unlink(missing_ok=True)
    lay_out(tmp_path, [FileChange(change.path, change.after, None, change.mode) for change in changes])
    git(tmp_path, "add", "--intent-to-add", "empty.py", "é.py")
    assert as_patch(changes) == git(tmp_path, "diff", "--full-index", "--no-color")


def test_a_root_below_the_repository_is_named(tmp_path: Path) -> None:
    change = FileChange("pkg/a.py", b"a\n", b"b\n")
    lay_out(tmp_path / "src/main", [change])
    git(tmp_path, "init", "-q")
    git(tmp_path, "apply", "-", given=as_patch([change], "src/main/"))
    assert files(tmp_path) == {"src/main/pkg/a.py": (b"b\n", False)}


def test_the_index_takes_the_patch_too(tmp_path: Path) -> None:
    changes = [FileChange("a.py", b"a\0", b"b\0"), FileChange("b.py", b"a\n", b"b"), FileChange("c.py", None, b"\0")]
    git(tmp_path, "init", "-q")
    lay_out(tmp_path, changes)
    git(tmp_path, "add", "-A")
    git(tmp_path, "apply", "--index", "-", given=as_patch(changes))
    assert git(tmp_path, "diff", "--name-only") == b""
    assert files(tmp_path) == expected(changes, "after")


LINES = st.lists(st.sampled_from([b"a", b"b", b"", b"\r", b"-", b"+x", b"\xff", b"@@ -1 +1 @@", b"\x0c"]), max_size=30)
CONTENT = st.one_of(
    st.none(),
    st.builds(lambda lines, end: b"\n".join(lines) + end, LINES, st.sampled_from([b"", b"\n"])),
    st.binary(max_size=200),
)
LETTERS = st.text(st.sampled_from('ab \t\n"\\é日\udcff\x7f'), max_size=4)
NAMES = st.builds(lambda folder, name: f"d{folder}/f{name}.py" if folder else f"f{name}.py", LETTERS, LETTERS)
CHANGES = st.lists(
    st.builds(FileChange, NAMES, CONTENT, CONTENT, st.sampled_from([0o644, 0o755])),
    min_size=1,
    max_size=4,
    unique_by=lambda change: change.path,
)


@given(CHANGES)
@example([FileChange("f .py", b"a", None), FileChange("f/.py", None, b"a")])
@settings(deadline=None, max_examples=150)
def test_git_applies_and_reverses_whatever_changed(changes: list[FileChange]) -> None:
    check(changes)
