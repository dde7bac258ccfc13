"""Which files belong to a code base, and what is told of those that do not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codemods.errors import UsageError
from codemods.source import discover as module
from codemods.source.discover import discover
from codemods.source.vcs import listed_files
from tests.support import program, written

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
BOTH = pytest.mark.parametrize("git", [True, False], ids=["asked of git", "walked"])


def run_git(folder: Path, *arguments: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([program("git"), *IDENTITY, "-C", str(folder), *arguments], check=True, capture_output=True)


def code_base(folder: Path, files: dict[str, str], git: bool) -> Path:
    if git:
        run_git(folder, "init", "-q")
    return written(files, folder)


@BOTH
def test_python_files_and_stubs_are_found_sorted(tmp_path: Path, git: bool) -> None:
    names = ["b/z.py", "b/a.pyi", "a.py", "b/notes.txt", "b/x.pyc", "c.PY"]
    found = discover(code_base(tmp_path, dict.fromkeys(names, ""), git))
    assert found.files == ("a.py", "b/a.pyi", "b/z.py")
    assert found.left_out == ()
    assert found.root == tmp_path


@BOTH
@pytest.mark.parametrize(
    "folder",
    ["node_modules", "site-packages", "__pycache__", ".tox", ".nox", ".eggs", ".hg", ".svn", "deep/node_modules"],
)
def test_folders_of_others_are_passed_over(tmp_path: Path, git: bool, folder: str) -> None:
    root = code_base(tmp_path, {"a.py": "", f"{folder}/x/b.py": "", "node_modules.py": ""}, git)
    assert discover(root).files == ("a.py", "node_modules.py")


@BOTH
def test_a_virtual_environment_is_passed_over_by_its_mark(tmp_path: Path, git: bool) -> None:
    files = {"a.py": "", "myenv/pyvenv.cfg": "", "myenv/bin/activate_this.py": "", "myenv2/b.py": ""}
    files["deep/env/pyvenv.cfg"] = files["deep/env/lib/x.py"] = files["deep/y.py"] = ""
    assert discover(code_base(tmp_path, files, git)).files == ("a.py", "deep/y.py", "myenv2/b.py")


@BOTH
def test_symbolic_links_are_told_and_not_followed(tmp_path: Path, git: bool) -> None:
    outside = written({"secret.py": "", "package/b.py": ""}, tmp_path / "outside")
    root = code_base(tmp_path / "code", {"a.py": "", "sub/c.py": ""}, git)
    (root / "link.py").symlink_to(outside / "secret.py")
    (root / "inner.py").symlink_to(root / "a.py")
    (root / "broken.py").symlink_to(root / "nowhere.py")
    (root / "package").symlink_to(outside / "package")
    (root / "sub" / "loop").symlink_to(root)
    (root / "notes.txt").symlink_to(outside / "secret.py")
    found = discover(root)
    assert found.files == ("a.py", "sub/c.py")
    names = ["broken.py", "inner.py", "link.py", "package", "sub/loop"]
    assert found.left_out == tuple((name, "symbolic link, not followed") for name in names)


@BOTH
def test_a_huge_file_is_left_out_with_the_reason(tmp_path: Path, git: bool) -> None:
    root = code_base(tmp_path, {"a.py": ""}, git)
    for name, size in (("exact.py", 8 * 1024 * 1024), ("huge.py", 10 * 1024 * 1024)):
        with (root / name).open("wb") as stream:
            stream.truncate(size)
    found = discover(root)
    assert found.files == ("a.py", "exact.py")
    assert found.left_out == (("huge.py", "larger than 8 MiB"),)


def test_what_is_no_regular_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert discover(tmp_path).left_out == (("pipe.py", "not a regular file"),)


@BOTH
def test_excluded_files_are_told(tmp_path: Path, git: bool) -> None:
    root = code_base(tmp_path, {"a.py": "", "old/b.py": "", "old/keep.py": "", "x_pb2.py": ""}, git)
    found = discover(root, ("old/*", "!old/keep.py", "*_pb2.py"))
    assert found.files == ("a.py", "old/keep.py")
    assert found.left_out == (("old/b.py", "excluded"), ("x_pb2.py", "excluded"))


def test_a_pattern_that_cannot_be_used_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--exclude: .*'!'"):
        discover(tmp_path, ("!",))


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "gone"):
        with pytest.raises(UsageError, match="no such folder"):
            discover(path)


def test_a_folder_that_cannot_be_listed_stops_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)  # root may list everything
    with pytest.raises(UsageError, match="cannot be listed: Permission denied"):
        discover(tmp_path)


def test_a_folder_inside_that_cannot_be_listed_is_told_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = code_base(tmp_path, {"a.py": "", "shut/b.py": ""}, False)
    listing = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may list everything
    monkeypatch.setattr(os, "access", lambda path, _mode: not str(path).endswith("shut"))
    found = discover(root)
    assert found.files == ("a.py",)
    assert found.left_out == (("shut", "cannot be listed"),)


def test_a_file_that_git_lists_but_is_gone_is_no_news(tmp_path: Path) -> None:
    root = code_base(tmp_path, {"a.py": "", "b.py": ""}, True)
    run_git(root, "add", ".")
    (root / "b.py").unlink()
    assert discover(root).files == ("a.py",)
    assert discover(root).left_out == ()


def test_a_tracked_file_counts_even_where_it_is_ignored(tmp_path: Path) -> None:
    root = code_base(tmp_path, {"a.py": "", "b.py": ""}, True)
    run_git(root, "add", ".")
    written({".gitignore": "*.py\n", "c.py": ""}, root)
    assert discover(root).files == ("a.py", "b.py")


def test_a_file_in_conflict_is_listed_once(tmp_path: Path) -> None:
    root = code_base(tmp_path, {"a.py": "1"}, True)
    run_git(root, "add", ".")
    run_git(root, "commit", "-qm", "1")
    run_git(root, "checkout", "-qb", "other")
    for text, branch in (("2", ""), ("3", "-")):
        if branch:
            run_git(root, "checkout", "-q", "HEAD~1", "-b", "third")
        (root / "a.py").write_text(text)
        run_git(root, "commit", "-qam", text)
    merge = [program("git"), *IDENTITY, "-C", str(root), "merge", "other"]
    assert subprocess.run(merge, capture_output=True, check=False).returncode == 1
    assert discover(root).files == ("a.py",)


def test_a_repository_inside_is_told_and_not_entered(tmp_path: Path) -> None:
    root = code_base(tmp_path, {"a.py": ""}, True)
    code_base(root / "vendored", {"b.py": ""}, True)
    code_base(root / "module", {"c.py": ""}, True)
    run_git(root / "module", "add", ".")
    run_git(root / "module", "commit", "-qm", "1")
    run_git(root, "add", "module")
    found = discover(root)
    assert found.files == ("a.py",)
    reason = "a repository of its own, not entered"
    assert found.left_out == (("module", reason), ("vendored", reason))


def test_repositories_side_by_side_are_all_read(tmp_path: Path) -> None:
    code_base(tmp_path / "one", {"a.py": ""}, True)
    code_base(tmp_path / "two", {"b.py": ""}, True)
    assert discover(tmp_path).files == ("one/a.py", "two/b.py")


def test_a_folder_below_the_repository_obeys_the_patterns_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = code_base(tmp_path, {".gitignore": "gen/\n", "app/a.py": "", "app/gen/b.py": "", "c.py": ""}, True)
    assert discover(root / "app").files == ("a.py",)
    monkeypatch.chdir(root / "app")
    assert discover(Path()).files == ("a.py",)
    assert discover(Path("../app")).files == ("a.py",)


def test_an_ignored_folder_that_is_named_is_read_all_the_same(tmp_path: Path) -> None:
    root = code_base(tmp_path, {".gitignore": "out/\n", "out/a.py": ""}, True)
    assert discover(root).files == ()
    assert discover(root / "out").files == ("a.py",)


def test_names_beyond_ascii_and_with_spaces_are_kept(tmp_path: Path) -> None:
    names = ("a b.py", "naïve.py", "new\nline.py", 'quo"te.py')
    root = code_base(tmp_path, dict.fromkeys(names, ""), True)
    assert discover(root).files == tuple(sorted(names))


def test_names_that_are_no_utf_8_can_be_opened(tmp_path: Path) -> None:
    root = code_base(tmp_path, {}, True)
    with open(os.fsencode(root) + b"/b\xff.py", "wb") as stream:
        stream.write(b"x = 1")
    [name] = discover(root).files
    assert (root / name).read_bytes() == b"x = 1"


def test_without_a_working_git_the_folder_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = code_base(tmp_path / "code", {".gitignore": "b.py\n", "a.py": "", "b.py": ""}, True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert listed_files(root) is None
    assert discover(root).files == ("a.py",)


def test_a_damaged_repository_is_walked(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    written({"a.py": ""}, tmp_path)
    assert listed_files(tmp_path) is None
    assert discover(tmp_path).files == ("a.py",)


def test_a_folder_without_git_has_no_list(tmp_path: Path) -> None:
    assert listed_files(tmp_path) is None


def test_what_a_git_hook_sets_does_not_lead_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = code_base(tmp_path / "code", {"a.py": ""}, True)
    other = code_base(tmp_path / "other", {"b.py": ""}, True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert discover(root).files == ("a.py",)


def test_no_program_that_a_repository_names_is_run(tmp_path: Path) -> None:
    root = code_base(tmp_path / "code", {"a.py": ""}, True)
    spy = tmp_path / "spy.sh"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    spy.chmod(0o755)
    run_git(root, "config", "core.fsmonitor", str(spy))
    assert discover(root).files == ("a.py",)
    assert not (tmp_path / "ran").exists()


def test_the_package_that_a_folder_is_part_of_is_its_prefix(tmp_path: Path) -> None:
    root = written({"lib/top/__init__.py": "", "lib/top/inner/__init__.py": "", "lib/top/loose/a.py": ""}, tmp_path)
    assert discover(root / "lib").prefix == ""
    assert discover(root / "lib/top").prefix == "top"
    assert discover(root / "lib/top/inner").prefix == "top.inner"
    assert discover(root / "lib/top/loose").prefix == ""


# .gitignore: walking a folder gives what git gives.

LINES = st.sampled_from(
    [
        "*.py",
        "a.py",
        "/a.py",
        "b/",
        "/b",
        "!a.py",
        "!b/",
        "b/*",
        "!b/a.py",
        "**/c",
        "c/**",
        "b/**/a.py",
        "# note",
        "",
        "\\#",
        "a.py ",
        "a.py\\ ",
        "?.py",
        "[ab].py",
        "[!a].py",
        "b/c",
        "/b/c/",
        "*",
        "!*/",
        "!",
        "a\\",
        "//",
        "/",
        "a.py\r",
        "***",
    ]
)
FOLDERS = st.sampled_from(["", "b/", "b/c/", "c/"])
TREE = [f"{folder}{name}" for folder in ("", "b/", "b/c/", "c/", "c/b/") for name in ("a.py", "b.py", "d.pyi")]


@example(ignores={"": ["*.py"], "c/": ["!b/"]})
@example(ignores={"": ["c/**", "!a.py"]})
@example(ignores={"": ["***", "!*/"], "b/": ["!a.py"]})
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ignores=st.dictionaries(FOLDERS, st.lists(LINES, max_size=4), max_size=3))
def test_walking_obeys_gitignore_as_git_does(
    tmp_path_factory: pytest.TempPathFactory, ignores: dict[str, list[str]]
) -> None:
    root = tmp_path_factory.mktemp("ignored")
    run_git(root, "init", "-q")
    for name in TREE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for folder, lines in ignores.items():
        (root / folder / ".gitignore").write_bytes("\n".join(lines).encode())
    asked = sorted(name for name in listed_files(root) or () if name.endswith((".py", ".pyi")))
    assert sorted(module._walked(root, module.SUFFIXES)) == asked


@BOTH
@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("\ufeffa.py\n".encode(), ["b.py"]),
        (b"a.py\r\n", ["b.py"]),
        (b"a.py\x0cb.py\n", ["a.py", "b.py"]),
        (b"\xff\na.py", ["b.py"]),
        (b"!\na.py\n", ["b.py"]),
    ],
    ids=["a byte order mark", "CRLF", "a form feed is no line end", "bytes that are no UTF-8", "a useless pattern"],
)
def test_a_gitignore_is_read_as_git_reads_it(tmp_path: Path, git: bool, content: bytes, left: list[str]) -> None:
    root = code_base(tmp_path, {"a.py": "", "b.py": ""}, git)
    (root / ".gitignore").write_bytes(content)
    assert list(discover(root).files) == left


@BOTH
def test_a_gitignore_that_is_a_folder_says_nothing(tmp_path: Path, git: bool) -> None:
    root = code_base(tmp_path, {"a.py": "", ".gitignore/b.py": ""}, git)
    assert discover(root).files == (".gitignore/b.py", "a.py")
