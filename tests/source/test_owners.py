"""Who owns a file, as GitHub and GitLab read CODEOWNERS, and where it may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.commands.grouping import TOP, by_number, group_by, part_of
from codemods.errors import ConfigError, UsageError
from codemods.source.owners import NOBODY, PLACES, Owners, owners_of
from tests.gate.test_since import git

CASES = {
    "a star is everything": ("* @all", "a/b.py", "@all"),
    "the last line that matches counts": ("* @all\n*.py @py", "a/b.py", "@py"),
    "however exact a former one is": ("/a/b.py @b\n* @all", "a/b.py", "@all"),
    "a folder is all below it": ("/a/ @a", "a/b/c.py", "@a"),
    "a folder anywhere": ("b/ @b", "a/b/c.py", "@b"),
    "a slash at the start ties it to the top": ("/b/ @b", "a/b/c.py", NOBODY),
    "a slash inside ties it as well": ("b/c.py @b", "a/b/c.py", NOBODY),
    "one star stays in its folder": ("a/* @a", "a/b/c.py", NOBODY),
    "one star is a file": ("a/* @a", "a/c.py", "@a"),
    "two stars are any folders": ("a/**/c.py @a", "a/b/d/c.py", "@a"),
    "two stars at the end are everything below": ("/a/** @a", "a/b/c.py", "@a"),
    "a name is a file or a folder": ("a @a", "x/a/c.py", "@a"),
    "case tells paths apart": ("/A/ @a", "a/c.py", NOBODY),
    "a line without owners takes them away": ("* @all\n/a/", "a/b.py", NOBODY),
    "several owners stay together in their order": (
        "* @z @org/team me@example.org",
        "a.py",
        "@z @org/team me@example.org",
    ),
    "a comment behind a line names nobody": ("* @all # ask @other", "a.py", "@all"),
    "a comment alone says nothing": ("# * @other", "a.py", NOBODY),
    "a space is written with a backslash": ("/a\\ b/ @a", "a b/c.py", "@a"),
    "a space, and no owner": ("* @all\n/a\\ b/", "a b/c.py", NOBODY),
    "an empty file": ("", "a.py", NOBODY),
    "each section has its last line": ("[Docs]\n* @docs\n[Code]\n* @all\n*.py @py", "a.py", "@py @docs"),
    "a section names owners for its lines": ("[Code] @lead\n*.py\n/b/ @b", "a.py", "@lead"),
    "a line's own owners go before the section's": ("[Code] @lead\n*.py\n/b/ @b", "b/a.py", "@b"),
    "a section that is optional, or wants two": ("^[Docs][2] @docs\n*.md", "a.md", "@docs"),
}


@pytest.mark.parametrize(("text", "path", "expected"), CASES.values(), ids=CASES)
def test_who_owns_a_file(text: str, path: str, expected: str) -> None:
    owners = Owners(text)
    assert owners.group(path) == expected
    assert owners.group(path) == expected, "what is known already is the same"


def test_the_first_place_that_is_there_counts(tmp_path: Path) -> None:
    assert owners_of(tmp_path) is None
    for place in reversed(PLACES):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(f"* @{place.partition('/')[0].strip('.')}\n", "utf-8")
        found = owners_of(tmp_path)
        assert found is not None
        assert found.of("a.py") == (f"@{place.partition('/')[0].strip('.')}",)


def test_a_folder_of_a_repository_has_the_owners_of_the_whole(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "CODEOWNERS").write_text("/a/b/c.py @deep\n/c.py @top\n", "utf-8")
    (tmp_path / "a" / "b" / "CODEOWNERS").write_text("* @not-asked\n", "utf-8")
    found = owners_of(tmp_path / "a" / "b")
    assert found is not None
    assert found.of("c.py") == ("@deep",)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"* @\xff", "not UTF-8"), (b"/a[b/c @a", "unterminated character class")],
    ids=["bytes", "class"],
)
def test_one_that_cannot_be_read_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "CODEOWNERS").write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        owners_of(tmp_path)


def test_groups_by_owner_need_owners(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none of \.github/CODEOWNERS, .*; group by package instead"):
        group_by("owner", tmp_path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("app/a/b.py", "app"), ("setup.py", TOP), ("src/app/b.py", "app"), ("srcs/app/b.py", "srcs"), ("src/b.py", TOP)],
)
def test_the_package_of_a_file(tmp_path: Path, path: str, expected: str) -> None:
    assert group_by("package", tmp_path, ("", "src"))(path) == expected


def test_a_file_is_in_one_part_whatever_others_there_are() -> None:
    paths = [f"app/page{number}.py" for number in range(300)] + ["app/\udcff.py"]
    parts = [by_number(4)(path) for path in paths]
    assert set(parts) == {"1", "2", "3", "4"}
    assert min(parts.count(str(number)) for number in range(1, 5)) > 50
    assert parts == [by_number(4)(path) for path in paths]


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1/0"])
def test_a_part_that_cannot_be_is_told(shard: str) -> None:
    with pytest.raises(UsageError, match="count from 1"):
        part_of(shard)


@pytest.mark.parametrize(("shard", "expected"), [("2/5", (2, 5)), ("1/1", (1, 1)), ("owner", None), ("-1/2", None)])
def test_a_part_by_number(shard: str, expected: tuple[int, int] | None) -> None:
    assert part_of(shard) == expected
