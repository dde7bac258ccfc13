"""What cannot be written is told before anything is; what fails in the middle leaves every file as it was."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codemods.edits import FileChange
from codemods.errors import ConflictError, OutputError
from codemods.source import disk
from codemods.source.journal import opened
from codemods.source.obstacles import is_inside
from codemods.source.writing import failure
from tests.source.journal_faults import Act, Faults, code_only, lay_out, nothing, tree

NOBODY = 65534
AS_ROOT = os.geteuid() == 0
SPACE = frozenset({"open", "write", "mkdir"})  # the calls that need space on the disk


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Nothing waits for the disk."""
    with Faults(nothing).active():
        yield


def write(root: Path, *changes: FileChange) -> None:
    with opened(root) as journal:
        journal.write(changes)


def refused(root: Path, *changes: FileChange) -> str:
    """What is told of changes that are not written; the tree must be untouched."""
    before = tree(root)
    with pytest.raises(ConflictError) as caught:
        write(root, *changes)
    assert tree(root) == before
    heading, _, problems = str(caught.value).partition("\n")
    assert heading == "nothing was written; clear the way, then run again:"
    return problems


def test_files_that_are_not_as_they_were_read_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"mine")
    (tmp_path / "c.py").write_bytes(b"mine")
    changes = [FileChange("a.py", b"x", b"y"), FileChange("b.py", b"x", None), FileChange("c.py", None, b"y")]
    assert refused(tmp_path, *changes, FileChange("good.py", None, b"")).split("\n") == [
        "a.py: changed since it was read",
        "b.py: removed since it was read",
        "c.py: there is such a file already",
    ]


def test_links_and_what_is_no_file_are_all_named(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (tmp_path / "outside.py").write_bytes(b"x")
    (root / "real/inside.py").write_bytes(b"x")
    (root / "out.py").symlink_to("../outside.py")
    (root / "in.py").symlink_to("real/inside.py")
    (root / "linked").symlink_to("real")
    (root / "up").symlink_to("..")
    (root / "dangling.py").symlink_to("nowhere.py")
    os.mkfifo(root / "pipe.py")
    paths = [
        "out.py",
        "in.py",
        "linked/inside.py",
        "up/outside.py",
        "dangling.py",
        "pipe.py",
        "real",
        "real/inside.py/a.py",
    ]
    assert refused(root, *(FileChange(path, b"x", b"y") for path in paths)).split("\n") == [
        "dangling.py: a symbolic link, which is not followed",
        "in.py: a symbolic link, which is not followed",
        "linked/inside.py: linked is a symbolic link, which is not followed",
        "out.py: a symbolic link, which is not followed",
        "pipe.py: not a regular file",
        "real: not a regular file",
        "real/inside.py/a.py: real/inside.py is not a folder",
        "up/outside.py: up is a symbolic link, which is not followed",
    ]
    assert (tmp_path / "outside.py").read_bytes() == b"x"


@pytest.mark.parametrize(
    "path",
    [
        "../a.py", "/a.py", "a/../../b.py", "./a.py", "a//b.py", "", "a.py/", "a\0.py",
        ".git/hooks/x", "a/.GIT/config", ".wsconsolidate/lock", "a/.wsconsolidate/b.py",
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    assert refused(tmp_path, FileChange(path, None, b"")) == f"{path}: not a path of a file below the root"


@pytest.mark.parametrize("path", ["a.py", "a/b c.py", "..a.py", "a/...", ".github/x.py", "a\\b.py", "-rf", "é\udcff"])
def test_a_path_below_the_root_is_not(path: str) -> None:
    assert is_inside(path)


def test_two_changes_of_one_file_are_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two changes of one file"):
        write(tmp_path, FileChange("a.py", None, b"x"), FileChange("a.py", None, b"y"))
    assert tree(tmp_path) == {}


@contextlib.contextmanager
def somebody(root: Path) -> Iterator[None]:
    """Be a user whom permissions hold back, also where the tests run as root."""
    if not AS_ROOT:
        yield
        return
    os.setresgid(NOBODY, NOBODY, 0)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A root that everybody can reach and nobody owns; pytest's own folders are for their owner."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        root = Path(name) / "root"
        root.mkdir()
        if AS_ROOT:
            os.chown(root, NOBODY, NOBODY)
        with somebody(root):
            yield root


def test_a_read_only_folder_is_told_before_anything_is_written(open_place: Path) -> None:
    (open_place / "closed/deep").mkdir(parents=True)
    (open_place / "closed/a.py").write_bytes(b"x")
    (open_place / "closed/deep/a.py").write_bytes(b"x")
    (open_place / "closed").chmod(0o555)
    changes = [
        FileChange("closed/a.py", b"x", b"y"),
        FileChange("closed/new/b.py", None, b""),
        FileChange("c.py", None, b""),
    ]
    assert refused(open_place, *changes).split("\n") == [
        "closed/a.py: its folder cannot be written to",
        "closed/new/b.py: its folder cannot be written to",
    ]
    write(open_place, FileChange("closed/deep/a.py", b"x", None))  # the folder itself cannot go, so it stays
    assert list((open_place / "closed/deep").iterdir()) == []
    (open_place / "closed").chmod(0o755)


def test_a_folder_that_cannot_be_searched_is_told(open_place: Path) -> None:
    (open_place / "closed/deep").mkdir(parents=True)
    (open_place / "closed/deep/a.py").write_bytes(b"x")
    (open_place / "closed").chmod(0)
    with pytest.raises(ConflictError, match=r"closed/deep/a\.py: Permission denied"):
        write(open_place, FileChange("closed/deep/a.py", b"x", b"y"))
    (open_place / "closed").chmod(0o755)
    assert (open_place / "closed/deep/a.py").read_bytes() == b"x"


def test_a_read_only_file_is_written_and_stays_read_only(open_place: Path) -> None:
    (open_place / "a.py").write_bytes(b"x")
    (open_place / "a.py").chmod(0o444)
    write(open_place, FileChange("a.py", b"x", b"y"))
    assert ((open_place / "a.py").read_bytes(), (open_place / "a.py").stat().st_mode & 0o777) == (b"y", 0o444)
    with opened(open_place) as journal:
        journal.undo()
    assert ((open_place / "a.py").read_bytes(), (open_place / "a.py").stat().st_mode & 0o777) == (b"x", 0o444)


def test_a_root_that_cannot_be_written_is_one_sentence(open_place: Path) -> None:
    open_place.chmod(0o555)
    with pytest.raises(OutputError, match=r"^cannot write: \.wsconsolidate: Permission denied; .* cannot be kept$"):
        write(open_place, FileChange("a.py", None, b""))
    open_place.chmod(0o755)


@pytest.mark.skipif(not AS_ROOT, reason="only root can give a file away")
def test_the_file_of_another_user_is_told_and_roots_work_belongs_to_the_user(open_place: Path) -> None:
    (open_place / "mine.py").write_bytes(b"x")
    os.setresuid(0, 0, 0)
    (open_place / "roots.py").write_bytes(b"x")
    write(open_place, FileChange("mine.py", b"x", b"y"), FileChange("new/a.py", None, b""))
    owners = {path.relative_to(open_place).as_posix(): path.lstat().st_uid for path in open_place.rglob("*")}
    assert [name for name, owner in owners.items() if owner != NOBODY] == ["roots.py"]
    os.setresuid(NOBODY, NOBODY, 0)
    found = refused(open_place, FileChange("roots.py", b"x", b"y"))
    assert found == "roots.py: belongs to another user, who would lose it"


def test_another_file_system_below_the_root_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mounted").mkdir()
    real = os.lstat

    def lstat(place: str | Path) -> os.stat_result:
        status = list(real(place))
        status[2] += Path(place).name == "mounted"  # st_dev
        return os.stat_result(status)

    monkeypatch.setattr(os, "lstat", lstat)
    with pytest.raises(ConflictError, match=r"mounted/a\.py: mounted is on another file system"):
        write(tmp_path, FileChange("mounted/a.py", None, b""))


def failing(number: int, code: int, names: frozenset[str], lasting: bool) -> tuple[Act, list[str]]:
    """Fail the n-th of these calls, and those after it if it lasts; also the calls that failed."""
    failed: list[str] = []
    seen: list[str] = []

    def act(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "open" and not arguments[1] & os.O_CREAT and lasting:
            return  # reading needs no space
        seen.append(name) if name in names else None
        if name in names and (len(seen) == number or (lasting and len(seen) > number)):
            failed.append(name)
            if name == "close":
                os.close(arguments[0])
            raise OSError(code, os.strerror(code))

    return act, failed


FAULTS = {
    "permission denied once": (
        errno.EACCES,
        frozenset({"open", "mkdir", "unlink", "rmdir", "replace", "chmod"}),
        False,
    ),
    "an error of the disk once": (errno.EIO, frozenset({"write", "fsync", "close", "open", "replace"}), False),
    "no space from there on": (errno.ENOSPC, SPACE, True),
}


def attempt(work: Callable[[], object]) -> str:
    """What is told when the disk fails; "" when all went well."""
    try:
        work()
    except OutputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("code", "names", "lasting"), FAULTS.values(), ids=FAULTS)
def test_whatever_call_fails_every_file_is_as_before(
    tmp_path: Path, code: int, names: frozenset[str], lasting: bool
) -> None:
    changes = lay_out(tmp_path)
    before, number, told = tree(tmp_path), 0, "-"
    while told:
        number += 1
        act, failed = failing(number, code, names, lasting)
        with opened(tmp_path) as journal:
            with Faults(act).active():
                told = attempt(lambda: journal.write(changes))
            assert bool(told) == bool(failed)
            assert code_only(tmp_path) == before or not told
        assert tree(tmp_path) == before or not told
        assert (
            re.fullmatch(rf"cannot write: (.*: )?{os.strerror(code)}; every file is as it was before", told) or not told
        )
    assert number > 10
    assert code_only(tmp_path) != before


def test_where_a_file_is_in_the_way_the_message_says(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    def late(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "replace" and Path(arguments[1]).name == "b.py":
            raise PermissionError(errno.EACCES, "Permission denied", str(arguments[0]))

    for act, shown in ((late, "a: Permission denied"), (failing(1, 28, SPACE, True)[0], "No space left on device")):
        with opened(tmp_path) as journal, Faults(act).active():
            told = attempt(lambda: journal.write([FileChange("a/b.py", None, b"")]))
        assert told == f"cannot write: {shown}; every file is as it was before"


def test_when_putting_back_fails_as_well_undo_goes_on_from_there(tmp_path: Path) -> None:
    changes = lay_out(tmp_path)
    before = tree(tmp_path)
    act, _ = failing(4, errno.EIO, frozenset({"replace"}), True)
    with opened(tmp_path) as journal, Faults(act).active():
        told = attempt(lambda: journal.write(changes))
    assert told == (
        "Input/output error; putting the files back failed as well: Input/output error; "
        "nothing is lost: `wsconsolidate undo` goes on where this stopped"
    )
    assert code_only(tmp_path) != before
    with opened(tmp_path) as journal:
        journal.undo()
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["replace", "unlink", "mkdir", "chmod", "rmdir", "fsync"])
def test_undoing_that_fails_goes_on_when_it_is_called_again(tmp_path: Path, name: str) -> None:
    changes = lay_out(tmp_path)
    before, number, told = tree(tmp_path), 0, "-"
    while told:
        number += 1
        write(tmp_path, *changes)
        act, failed = failing(number, errno.EACCES, frozenset({name}), False)
        with opened(tmp_path) as journal:
            with Faults(act).active():
                told = attempt(journal.undo)
            assert bool(told) == bool(failed)
            assert told.endswith("`wsconsolidate undo` goes on where this stopped") or not told
            if told:
                journal.undo()
        assert tree(tmp_path) == before
    assert number > 1


def test_a_file_that_somebody_saves_in_this_very_moment_is_kept(tmp_path: Path) -> None:
    changes = lay_out(tmp_path)
    before = tree(tmp_path)

    def save(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "replace" and Path(arguments[1]).name == "a.py":
            (tmp_path / "twin.py").write_bytes(b"mine")

    told = pytest.raises(ConflictError, match=r"twin\.py: changed in this very moment")
    with opened(tmp_path) as journal, Faults(save).active(), told:
        journal.write(changes)
    assert (tmp_path / "twin.py").read_bytes() == b"mine"
    (tmp_path / "twin.py").write_bytes(changes[1].before or b"")
    assert tree(tmp_path) == before


def test_a_file_that_somebody_saves_while_all_is_put_back_is_kept_and_named(tmp_path: Path) -> None:
    changes = lay_out(tmp_path)

    def save(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "replace" and Path(arguments[1]).name == "a.py" and Path(arguments[0]).suffix == ".original":
            (tmp_path / "twin.py").write_bytes(b"mine")

    write(tmp_path, *changes)
    with opened(tmp_path) as journal:
        with Faults(save).active(), pytest.raises(ConflictError, match=r"twin\.py: changed since"):
            journal.undo()
        assert (tmp_path / "twin.py").read_bytes() == b"mine"
        (tmp_path / "twin.py").write_bytes(b"")
        journal.undo()
    assert sorted(tree(tmp_path))[0] == "a.py"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, MemoryError])
def test_who_interrupts_the_program_finds_every_file_as_before(tmp_path: Path, stop: type[BaseException]) -> None:
    changes = lay_out(tmp_path)
    before = tree(tmp_path)

    def interrupt(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "replace" and Path(arguments[1]).name == "twin.py" and Path(arguments[0]).suffix != ".original":
            raise stop

    with pytest.raises(stop), opened(tmp_path) as journal, Faults(interrupt).active():
        journal.write(changes)
    assert tree(tmp_path) == before


def test_an_error_of_the_caller_is_not_taken_for_one_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="theirs"), opened(tmp_path):
        raise FileNotFoundError("theirs")
    assert tree(tmp_path) == {}


def test_a_file_system_that_cannot_sync_folders_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(disk, "os", os)
    monkeypatch.setattr(os, "fsync", fsync)
    write(tmp_path, FileChange("a.py", None, b""))
    monkeypatch.delattr(os, "O_DIRECTORY")
    write(tmp_path, FileChange("b.py", None, b""))
    assert sorted(code_only(tmp_path)) == ["a.py", "b.py"]


def test_what_has_no_path_below_the_root_is_told_without_one(tmp_path: Path) -> None:
    assert failure(tmp_path, OSError(errno.EIO, "Input/output error", "/elsewhere")) == "Input/output error"
    assert failure(tmp_path, OSError(errno.EIO, "Input/output error", 7)) == "Input/output error"
    assert failure(tmp_path, OSError("odd")) == "odd"
    assert failure(tmp_path, KeyboardInterrupt()) == "KeyboardInterrupt"


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """A file system of its own, of so many KiB."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", str(place)]
    if not AS_ROOT or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    outcomes = []
    for size in range(96, 400, 24):
        with small_disk(tmp_path, size):
            (tmp_path / "a.py").write_bytes(b"x" * 30_000)
            (tmp_path / "b.py").write_bytes(b"y" * 30_000)
            before = tree(tmp_path)
            changes = [
                FileChange("a.py", b"x" * 30_000, b"z" * 50_000),
                FileChange("b.py", b"y" * 30_000, None),
                FileChange("c.py", None, b"z" * 50_000),
            ]
            told = attempt(lambda: write(tmp_path, *changes))  # noqa: B023
            outcomes.append(told)
            if told:
                assert "No space left on device" in told
                assert tree(tmp_path) == before
            else:
                with opened(tmp_path) as journal:
                    journal.undo()
                assert tree(tmp_path) == before
    assert outcomes[0]
    assert not outcomes[-1]
