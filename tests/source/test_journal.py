"""Runs that are written and taken back: bytes, permissions, created, deleted, and what changed in between."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.edits import FileChange
from codemods.errors import ConflictError, UsageError
from codemods.source.discover import discover
from codemods.source.journal import Journal, TakenBack, exists, opened
from tests.source.journal_faults import Faults, Tree, code_only, lay_out, nothing, tree
from tests.support import program


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Nothing waits for the disk."""
    with Faults(nothing).active():
        yield


def write(root: Path, *changes: FileChange, title: str = "") -> None:
    with opened(root) as journal:
        journal.write(changes, title)


def undo(root: Path, everything: bool = False) -> tuple[TakenBack, ...]:
    with opened(root) as journal:
        return journal.undo(everything)


def put(root: Path, content: bytes, name: str = "a.py") -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content)
    return root / name


def test_everything_that_was_written_is_taken_back(tmp_path: Path) -> None:
    changes = lay_out(tmp_path)
    before = tree(tmp_path)
    write(tmp_path, *changes, title="create")
    assert exists(tmp_path)
    for change in changes:
        place = tmp_path / change.path
        assert (place.read_bytes() if place.exists() else None) == change.after
    assert undo(tmp_path) == (
        TakenBack(
            1,
            ("create",),
            ("a.py", "bin/tool.py", "read_only.py", "twin.py"),
            ("bin/made.py", "new/package/__init__.py"),
            ("gone/deep/only.py",),
        ),
    )
    assert tree(tmp_path) == before
    assert not exists(tmp_path)


def test_permissions_are_kept_and_those_of_created_files_are_as_told(tmp_path: Path) -> None:
    write(tmp_path, *lay_out(tmp_path))
    modes = {name: mode & 0o7777 for name, (mode, _) in code_only(tmp_path).items()}
    assert (modes["bin/tool.py"], modes["read_only.py"]) == (0o755, 0o444)
    assert (modes["bin/made.py"], modes["new/package/__init__.py"]) == (0o755, 0o644)


def test_folders_in_which_nothing_is_left_go_and_come_back(tmp_path: Path) -> None:
    write(tmp_path, *lay_out(tmp_path))
    assert not (tmp_path / "gone").exists()
    assert (tmp_path / "bin").exists()
    undo(tmp_path)
    assert (tmp_path / "gone/deep").stat().st_mode & 0o777 == 0o750


def test_a_folder_in_which_something_is_left_stays(tmp_path: Path) -> None:
    put(tmp_path, b"x", "one/a.py")
    put(tmp_path, b"", "one/data.txt")
    put(tmp_path, b"x", "two/a.py")
    write(
        tmp_path,
        *(FileChange(f"{name}/a.py", b"x", None) for name in ("one", "two")),
        FileChange("two/b.py", None, b""),
    )
    assert sorted(code_only(tmp_path)) == ["one", "one/data.txt", "two", "two/b.py"]


def test_what_python_compiled_in_a_created_folder_goes_with_it_and_nothing_else(tmp_path: Path) -> None:
    write(
        tmp_path,
        FileChange("new/a.py", None, b""),
        FileChange("used/a.py", None, b""),
        FileChange("odd/a.py", None, b""),
    )
    put(tmp_path, b"", "new/__pycache__/a.cpython-311.pyc")
    put(tmp_path, b"", "used/__pycache__/a.cpython-311.pyc")
    put(tmp_path, b"mine", "used/data.txt")
    put(tmp_path, b"mine", "odd/__pycache__/notes.txt")
    undo(tmp_path)
    left = ["odd", "odd/__pycache__", "odd/__pycache__/notes.txt"]
    assert [name for name in sorted(tree(tmp_path)) if name.startswith(("new", "odd"))] == left
    assert (tmp_path / "used/data.txt").read_bytes() == b"mine"


def test_a_change_that_changes_nothing_is_no_run(tmp_path: Path) -> None:
    put(tmp_path, b"x")
    with opened(tmp_path) as journal:
        assert journal.write([FileChange("a.py", b"x", b"x")]) is None
        assert journal.write([]) is None
        assert journal.undo() == ()
    assert sorted(tree(tmp_path)) == ["a.py"]


def test_another_hard_link_keeps_what_it_had(tmp_path: Path) -> None:
    put(tmp_path, b"old")
    os.link(tmp_path / "a.py", tmp_path / "b.py")
    write(tmp_path, FileChange("a.py", b"old", b"new"))
    assert ((tmp_path / "a.py").read_bytes(), (tmp_path / "b.py").read_bytes()) == (b"new", b"old")
    undo(tmp_path)
    assert ((tmp_path / "a.py").read_bytes(), (tmp_path / "b.py").read_bytes()) == (b"old", b"old")


def test_git_and_discovery_see_nothing_of_the_journal(tmp_path: Path) -> None:
    subprocess.run([program("git"), "init", "-q", str(tmp_path)], check=True)
    write(tmp_path, FileChange("a.py", None, b""))
    command = [program("git"), "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "?? a.py\n"
    assert discover(tmp_path).files == ("a.py",)


def test_the_journal_is_the_same_for_the_same_tree_wherever_it_is(tmp_path: Path) -> None:
    for name in ("one", "two/deep"):
        (tmp_path / name).mkdir(parents=True)
        write(tmp_path / name, *lay_out(tmp_path / name), title="create")
    assert tree(tmp_path / "one") == tree(tmp_path / "two/deep")
    assert str(tmp_path).encode() not in b"".join(content or b"" for _, content in tree(tmp_path / "one").values())


def test_runs_are_taken_back_from_the_latest(tmp_path: Path) -> None:
    place = put(tmp_path, b"0")
    for number in (1, 2, 3):
        write(tmp_path, FileChange("a.py", b"%d" % (number - 1), b"%d" % number), title=f"change {number}")
    assert [one.run for one in undo(tmp_path)] == [3]
    assert place.read_bytes() == b"2"
    write(tmp_path, FileChange("a.py", b"2", b"x"), title="another")
    assert [(one.run, one.titles) for one in undo(tmp_path, everything=True)] == [
        (3, ("another",)),
        (2, ("change 2",)),
        (1, ("change 1",)),
    ]
    assert place.read_bytes() == b"0"
    assert undo(tmp_path) == ()
    assert sorted(tree(tmp_path)) == ["a.py"]


def test_the_steps_of_one_run_are_taken_back_together(tmp_path: Path) -> None:
    before = put(tmp_path, b"0") and tree(tmp_path)
    with opened(tmp_path) as journal:
        journal.write([FileChange("a.py", b"0", b"1"), FileChange("new/b.py", None, b"")], "first")
        journal.write([FileChange("a.py", b"1", b"2"), FileChange("new/b.py", b"", b"x")], "second")
    assert undo(tmp_path) == (TakenBack(1, ("first", "second"), ("a.py",), ("new/b.py",), ()),)
    assert tree(tmp_path) == before


def test_the_last_step_alone_can_be_taken_back_and_the_run_goes_on(tmp_path: Path) -> None:
    place = put(tmp_path, b"0")
    with opened(tmp_path) as journal:
        first = journal.write([FileChange("a.py", b"0", b"1")])
        second = journal.write([FileChange("a.py", b"1", b"2")])
        assert first is not None
        assert second is not None
        with pytest.raises(ValueError, match="written last"):
            journal.take_back(first)
        journal.take_back(second)
        assert place.read_bytes() == b"1"
        journal.write([FileChange("a.py", b"1", b"3")])
    assert [one.run for one in undo(tmp_path)] == [1]
    assert place.read_bytes() == b"0"


def chmod(place: Path) -> None:
    place.chmod(0o600)


def link(place: Path) -> None:
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("elsewhere")


def folder(place: Path) -> None:
    place.unlink(missing_ok=True)
    place.mkdir()


CHANGED = {
    "edited": ("a.py", lambda place: place.write_bytes(b"mine"), "a.py: changed since"),
    "removed": ("a.py", Path.unlink, "a.py: removed since"),
    "made private": ("a.py", chmod, "a.py: its permissions changed since, from 644 to 600"),
    "replaced by a link": ("a.py", link, "a.py: a symbolic link, which is not followed"),
    "replaced by a folder": ("a.py", folder, "a.py: not a regular file"),
    "a created file edited": ("bin/made.py", lambda place: place.write_bytes(b"mine"), "bin/made.py: changed since"),
    "a deleted file made anew": (
        "gone/deep/only.py",
        lambda place: put(place.parent, b"mine", place.name),
        "gone/deep/only.py: created since",
    ),
    "the folder replaced by a link": ("bin/tool.py", lambda place: link(place.parent), "bin is a symbolic link"),
    "the folder replaced by a file": (
        "bin",
        lambda place: (shutil.rmtree(place), place.touch()),
        "bin is not a folder",
    ),
}


@pytest.mark.parametrize(("name", "change", "told"), CHANGED.values(), ids=CHANGED)
def test_what_changed_since_is_named_before_anything_is_touched(tmp_path: Path, name: str, change, told: str) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path, *lay_out(tmp_path))
    change(tmp_path / name)
    found = tree(tmp_path)
    with pytest.raises(ConflictError, match=f"nothing was taken back:\n(.*\n)*.*{told}"):
        undo(tmp_path)
    assert tree(tmp_path) == found


def test_all_files_that_changed_are_named(tmp_path: Path) -> None:
    put(tmp_path, b"x", "b.py")
    write(tmp_path, FileChange("a.py", None, b""), FileChange("b.py", b"x", b"y"), FileChange("c.py", None, b""))
    put(tmp_path, b"mine")
    (tmp_path / "b.py").unlink()
    with pytest.raises(ConflictError) as caught:
        undo(tmp_path)
    assert str(caught.value).split("\n") == [
        "nothing was taken back:",
        "a.py: changed since",
        "b.py: removed since",
        "Make each file again what it was before the run or after it; the originals are kept in .wsconsolidate/.",
    ]


def test_an_original_can_be_put_back_by_hand(tmp_path: Path) -> None:
    place = put(tmp_path, b"old")
    write(tmp_path, FileChange("a.py", b"old", b"new"))
    place.write_bytes(b"mine")
    shutil.copy(record_of(tmp_path).with_name("0.original"), place)
    undo(tmp_path)
    assert place.read_bytes() == b"old"


def test_what_is_as_it_was_before_already_is_no_conflict(tmp_path: Path) -> None:
    changes = lay_out(tmp_path)
    before = tree(tmp_path)
    write(tmp_path, *changes)
    put(tmp_path, changes[0].before or b"")
    (tmp_path / "bin/made.py").unlink()
    (tmp_path / "new/package/__init__.py").chmod(0o600)  # nothing is lost with it
    (done,) = undo(tmp_path)
    assert ("a.py" in done.restored, "bin/made.py" in done.removed) == (False, False)
    assert tree(tmp_path) == before


def test_other_files_may_change_as_they_like(tmp_path: Path) -> None:
    write(tmp_path, *lay_out(tmp_path))
    put(tmp_path, b"mine", "bin/kept.py")
    put(tmp_path, b"mine", "new/package/mine.py")
    undo(tmp_path)
    assert (tmp_path / "bin/kept.py").read_bytes() == b"mine"
    assert [path.name for path in (tmp_path / "new/package").iterdir()] == ["mine.py"]


def test_a_folder_that_is_gone_is_made_again(tmp_path: Path) -> None:
    put(tmp_path, b"x", "one/two/a.py")
    put(tmp_path, b"", "one/two/b.py")
    write(tmp_path, FileChange("one/two/a.py", b"x", None))
    shutil.rmtree(tmp_path / "one")
    undo(tmp_path)
    assert (tmp_path / "one/two/a.py").read_bytes() == b"x"


def test_a_change_between_two_runs_stops_undoing_all_before_anything_is_touched(tmp_path: Path) -> None:
    put(tmp_path, b"0")
    write(tmp_path, FileChange("a.py", b"0", b"1"))
    put(tmp_path, b"mine")
    write(tmp_path, FileChange("a.py", b"mine", b"2"))
    found = tree(tmp_path)
    with pytest.raises(ConflictError, match=r"a\.py: changed since"):
        undo(tmp_path, everything=True)
    assert tree(tmp_path) == found
    assert [one.run for one in undo(tmp_path)] == [2]
    assert (tmp_path / "a.py").read_bytes() == b"mine"


def record_of(root: Path) -> Path:
    return root / ".wsconsolidate/run-0001/step-0001/finished.json"


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: b"{",
        lambda record: b"[" * 100_000,
        lambda record: b"\xff",
        lambda record: json.dumps(record | {"version": 2}).encode(),
        lambda record: json.dumps(record | {"more": 1}).encode(),
        lambda record: json.dumps(record | {"made": ["../outside"]}).encode(),
        lambda record: json.dumps(record | {"made": ["/tmp/outside"]}).encode(),
        lambda record: json.dumps(record | {"emptied": [{"path": ".git/hooks", "mode": 493}]}).encode(),
    ],
    ids=["cut off", "deep", "no text", "newer", "unknown key", "outside the root", "absolute", "in git's folder"],
)
def test_a_journal_that_is_not_ours_is_not_followed(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path, *lay_out(tmp_path))
    record_of(tmp_path).write_bytes(damage(json.loads(record_of(tmp_path).read_bytes())))
    found = tree(tmp_path)
    with pytest.raises(ConflictError, match=r"finished\.json: not a journal of this version, or damaged"):
        undo(tmp_path)
    assert tree(tmp_path) == found


@pytest.mark.parametrize("damage", [Path.unlink, lambda place: place.write_bytes(b"x")], ids=["gone", "changed"])
def test_a_damaged_original_is_told_before_anything_is_touched(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path, *lay_out(tmp_path))
    damage(record_of(tmp_path).with_name("0.original"))
    found = tree(tmp_path)
    with pytest.raises(ConflictError, match=r"a\.py: its original in the journal is damaged or gone"):
        undo(tmp_path)
    assert tree(tmp_path) == found


def test_what_is_no_run_in_the_journal_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, FileChange("a.py", None, b""))
    (tmp_path / ".wsconsolidate/run-0009").symlink_to(tmp_path)
    (tmp_path / ".wsconsolidate/run-x").mkdir()
    assert [one.run for one in undo(tmp_path)] == [1]
    assert sorted(path.name for path in (tmp_path / ".wsconsolidate").iterdir()) == [".gitignore", "run-0009", "run-x"]


def test_a_link_in_place_of_the_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".wsconsolidate").symlink_to("elsewhere")
    with pytest.raises(ConflictError, match="is a symbolic link"):
        write(tmp_path, FileChange("a.py", None, b""))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_root_that_is_a_link_or_missing(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", FileChange("a.py", None, b""))
    assert (tmp_path / "real/a.py").exists()
    with pytest.raises(UsageError, match="no such folder"):
        write(tmp_path / "missing", FileChange("a.py", None, b""))


def interrupted(root: Path) -> None:
    """As a kill leaves it that came before the end of a run."""
    write(root, *lay_out(root))
    record_of(root).rename(record_of(root).with_name("unfinished.json"))
    put(root, b"\xef\xbb\xbfimport old\r\n")
    (root / "bin/made.py").unlink()


def test_what_was_interrupted_is_recovered_once(tmp_path: Path) -> None:
    interrupted(tmp_path)
    with opened(tmp_path) as journal:
        recovered = journal.recover()
        assert recovered is not None
        assert recovered.restored == ("bin/tool.py", "read_only.py", "twin.py")
        assert journal.recover() is None
    shutil.copytree(tmp_path, tmp_path / "copy")
    lay_out(tmp_path / "copy")
    copy = tmp_path / "copy"
    assert {name: state for name, state in tree(tmp_path).items() if not name.startswith("copy")} == tree(copy)


def test_what_a_killed_run_left_whose_journal_is_gone_is_in_nobodys_way(tmp_path: Path) -> None:
    put(tmp_path, b"half", ".wsconsolidate-1-1-0")
    write(tmp_path, FileChange("a.py", None, b"x"))
    assert sorted(code_only(tmp_path)) == ["a.py"]


def test_writing_again_takes_back_what_was_interrupted_before(tmp_path: Path) -> None:
    interrupted(tmp_path)
    write(tmp_path, FileChange("twin.py", b"\xef\xbb\xbfimport old\r\n", b"second"))
    assert sorted(path.name for path in (tmp_path / ".wsconsolidate").iterdir()) == [".gitignore", "run-0001"]
    undo(tmp_path)
    assert (tmp_path / "bin/tool.py").read_bytes() == b"#!/usr/bin/env python\n"


def test_undo_after_an_interrupted_run_takes_back_that_one_and_none_before(tmp_path: Path) -> None:
    write(tmp_path, FileChange("earlier.py", None, b""))
    (tmp_path / ".wsconsolidate/run-0002/step-0001").mkdir(parents=True)  # killed while its originals were kept
    assert undo(tmp_path) == (TakenBack(2, (), (), (), ()),)
    assert (tmp_path / "earlier.py").exists()
    assert [one.run for one in undo(tmp_path)] == [1]


def test_a_run_that_was_interrupted_between_its_steps_is_taken_back_whole(tmp_path: Path) -> None:
    place = put(tmp_path, b"0")
    with opened(tmp_path) as journal:
        journal.write([FileChange("a.py", b"0", b"1")])
    (tmp_path / ".wsconsolidate/run-0001/step-0002").mkdir()
    undo(tmp_path)
    assert place.read_bytes() == b"0"
    assert not exists(tmp_path)


def test_a_file_that_changed_after_the_kill_is_named_and_kept(tmp_path: Path) -> None:
    interrupted(tmp_path)
    put(tmp_path, b"mine", "twin.py")
    found = tree(tmp_path)
    for work in (Journal.recover, Journal.undo, lambda journal: journal.write([])):
        with opened(tmp_path) as journal, pytest.raises(ConflictError, match=r"twin\.py: changed since"):
            work(journal)
    assert tree(tmp_path) == found


NAMES = st.sampled_from(["a.py", "b/a.py", "b/c/a.py", "b/c/é\n.py", "d/a.py", "d/bytes\udcff.py"])
FILES = st.dictionaries(NAMES, st.tuples(st.binary(max_size=9), st.sampled_from([0o644, 0o755, 0o444, 0o600])))
STEPS = st.lists(st.dictionaries(NAMES, st.none() | st.binary(max_size=9), min_size=1), min_size=1, max_size=4)


@given(FILES, STEPS, st.booleans())
@settings(deadline=None, max_examples=150)
def test_whatever_is_written_comes_back(
    files: dict[str, tuple[bytes, int]], steps: list[dict[str, bytes | None]], together: bool
) -> None:
    with tempfile.TemporaryDirectory() as name, Faults(nothing).active():
        root = Path(name)
        for path, (content, mode) in files.items():
            put(root, content, path).chmod(mode)
        trees: list[Tree] = [code_only(root)]
        for step in steps:
            changes = [FileChange(path, _content(root / path), after) for path, after in step.items()]
            write(root, *changes)
            trees += [code_only(root)] if code_only(root) != trees[-1] else []
        while len(trees) > 1 and not together:
            assert code_only(root) == trees.pop()
            undo(root)
        undo(root, everything=True)
        assert tree(root) == trees[0]


def _content(place: Path) -> bytes | None:
    return place.read_bytes() if place.exists() else None
