"""`migrate --shard`: parts that stand alone, and together are the whole to the byte."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from codemods.commands import migrate
from codemods.commands.migrate import Asked
from codemods.errors import ProofError, UsageError
from codemods.prove.proof import Proof, Refused
from tests.commands.test_migrate import PASSING, _request, contents, git, go, own_tests, repository, sample

__all__ = ["repository", "sample"]
OWNERS = """\
* @all
/netra_backend/app/agents/ @agents
/netra_backend/app/routes/ @web @qa
/netra_backend/app/core/
"""
FIRST = "Put the unified classes and the shims in place"


@pytest.fixture
def owned(repository: Path) -> Path:
    """The sample with owners, committed."""
    (repository / "CODEOWNERS").write_text(OWNERS, "utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "owners")
    return repository


@pytest.fixture
def whole(owned: Path, tmp_path: Path) -> Path:
    """The same, migrated undivided."""
    root = Path(shutil.copytree(owned, tmp_path / "whole"))
    go(root)
    return root


def titles(root: Path) -> list[str]:
    return git(root, "log", "--format=%s", "--reverse").splitlines()[2:]


def test_the_commits_of_all_owners_are_the_whole_to_the_byte(owned: Path, whole: Path) -> None:
    before = contents(owned)
    answer = migrate.run(_request(owned), Asked(shard="owner", commit=True), False)
    assert answer.code == 0
    assert titles(owned) == [
        FIRST,
        "Take the unified classes in 1 file of @agents",
        "Take the unified classes in 12 files of @all",
        "Take the unified classes in 1 file of @web @qa",
        "Take the unified classes in 1 file of (no owner)",
    ]
    assert contents(owned) == contents(whole)
    assert git(owned, "status", "--porcelain") == ""
    assert contents(owned) != before
    body = git(owned, "log", "-1", "--format=%b")
    assert "Proven: " in body


def test_the_sample_s_own_tests_pass_after_each_commit(owned: Path) -> None:
    migrate.run(_request(owned), Asked(shard="owner", commit=True), False)
    for commit in git(owned, "rev-list", "--reverse", "HEAD").split()[1:]:
        git(owned, "checkout", "--quiet", commit)
        assert PASSING in own_tests(owned), git(owned, "log", "-1", "--format=%s")


def test_the_report_of_parts_tells_what_the_whole_tells(owned: Path, whole: Path, tmp_path: Path) -> None:
    undivided = json.loads(go(Path(shutil.copytree(owned, tmp_path / "again")), format="json").text)
    parts = json.loads(migrate.run(_request(owned), Asked(shard="owner", commit=True, format="json"), False).text)
    assert [step["state"] for step in parts["steps"]] == ["done"] * 5
    for key in undivided.keys() - {"steps"}:
        assert (
            sorted(map(str, parts[key])) == sorted(map(str, undivided[key]))
            if isinstance(parts[key], list)
            else parts[key] == undivided[key]
        ), key
    assert {item["owner"] for item in parts["owners"]} <= {"@all", "@agents", "@web @qa", "(no owner)"}
    assert sum(item["places"] for item in parts["owners"]) == len(
        {(item["path"], item["line"]) for item in (*parts["left"], *parts["review"])}
    )


def test_patches_apply_one_after_the_other_and_are_the_whole(owned: Path, whole: Path, tmp_path: Path) -> None:
    before = contents(owned)
    answer = migrate.run(_request(owned), Asked(shard="package", diff=True, out=tmp_path / "patches"), False)
    assert (answer.code, answer.patch) == (0, None)
    assert contents(owned) == before, "a patch is no change"
    patches = sorted((tmp_path / "patches").iterdir())
    assert [path.name for path in patches] == [
        "0001-what-all-parts-need.patch",
        "0002-netra-backend.patch",
        "0003-tests.patch",
    ]
    assert answer.text == "".join(f"wrote {path}\n" for path in patches)
    for path in patches:
        git(owned, "apply", str(path))
    assert contents(owned) == contents(whole)


def test_parts_by_number_are_each_made_from_the_same_start_and_merge_to_the_whole(
    owned: Path, whole: Path, tmp_path: Path
) -> None:
    start = contents(owned)
    merged = dict(start)
    for part in ("1/3", "2/3", "3/3"):
        root = Path(shutil.copytree(owned, tmp_path / part.replace("/", "-")))
        assert go(root, shard=part).code == 0
        now = contents(root)
        assert now != contents(whole)
        merged |= {path: content for path, content in now.items() if content != start.get(path)}
    assert merged == contents(whole)


def test_a_part_by_number_can_be_printed_as_a_patch(owned: Path, tmp_path: Path) -> None:
    answer = migrate.run(_request(owned), Asked(shard="1/3", diff=True), False)
    assert answer.patch is not None
    (tmp_path / "part.patch").write_bytes(answer.patch)
    written = Path(shutil.copytree(owned, tmp_path / "written"))
    go(written, shard="1/3")
    git(owned, "apply", str(tmp_path / "part.patch"))
    assert contents(owned) == contents(written)


def test_a_second_part_on_top_of_a_first_is_refused_since_it_would_be_less(owned: Path) -> None:
    go(owned, shard="1/3")
    before = contents(owned)
    with pytest.raises(UsageError, match="is a shim already"):
        go(owned, shard="2/3")
    assert contents(owned) == before


def test_a_part_that_the_tests_refuse_is_rolled_back_and_the_others_stay(owned: Path, whole: Path) -> None:
    guard = owned.parent / "guard.py"
    guard.write_text(
        "import pathlib, sys\n"
        "text = pathlib.Path('netra_backend/app/routes/agent_runs.py').read_text()\n"
        "sys.exit('unified' in text)\n",
        "utf-8",
    )
    answer = go(owned, shard="owner", test=f"{sys.executable} {guard}", format="json")
    assert answer.code == 1
    report = json.loads(answer.text)
    states = {step["title"].rpartition(" of ")[2]: step["state"] for step in report["steps"]}
    refused = [owner for owner, state in states.items() if state == "rolled back"]
    assert len(refused) == 1
    now, then = contents(owned), contents(whole)
    different = {path for path in now if now[path] != then[path]}
    assert "netra_backend/app/routes/agent_runs.py" in different
    assert not different & {*report["changed"], *report["created"]}
    assert report["written"]


def test_without_the_first_part_there_is_no_other(owned: Path) -> None:
    before = contents(owned)
    guard = owned.parent / "guard.py"
    guard.write_text("import os, sys\nsys.exit(os.path.exists('netra_backend/app/unified_shims.py'))\n", "utf-8")
    report = json.loads(go(owned, shard="owner", test=f"{sys.executable} {guard}", format="json").text)
    assert [(step["title"], step["state"]) for step in report["steps"]] == [(FIRST, "rolled back")]
    assert contents(owned) == before
    assert not report["written"]
    assert report["done"] == []


def test_a_migrated_code_base_has_no_parts(whole: Path) -> None:
    before = contents(whole)
    assert go(whole, shard="owner", test=f"{sys.executable} -c 0").code == 0
    assert contents(whole) == before


def test_a_part_that_cannot_stand_alone_is_told_before_it_is_written(
    owned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = migrate.prove

    def prove(*arguments: object) -> Proof:
        found = real(*arguments)  # type: ignore[arg-type]
        whole = any(item.change.before is None for item in found.accepted)
        return found if whole else Proof(found.accepted, (Refused("a.py", "it is half"),), found.differences)

    monkeypatch.setattr(migrate, "prove", prove)
    with pytest.raises(ProofError, match="cannot stand alone: it is half; migrate without --shard"):
        go(owned, shard="owner", test=f"{sys.executable} -c 0")


REFUSED = {
    "another word": (Asked(shard="team"), "expected owner, package, or a part as N/M"),
    "a part that is none": (Asked(shard="3/2"), "count from 1"),
    "neither commits, tests nor patches": (Asked(shard="owner"), "give one of them"),
    "patches without a folder": (Asked(shard="package", diff=True), "give one of them"),
    "with uses renamed": (Asked(shard="owner", commit=True, rename_uses=True), "run the other apart"),
    "with cleanup": (Asked(shard="owner", commit=True, phases=("cleanup",)), "run the other apart"),
}


@pytest.mark.parametrize(("asked", "told"), REFUSED.values(), ids=REFUSED)
def test_what_shard_cannot_be(sample: Path, asked: Asked, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        migrate.run(_request(sample), asked, False)
