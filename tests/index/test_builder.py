"""The builder and its cache: the same facts however they come to be, and nothing of the code base is run or changed."""

from __future__ import annotations

import hashlib
import multiprocessing.context
import os
import pickle
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.index.build import POOL_FROM, Builder, _processors
from codemods.index.cache import Cache
from codemods.index.facts import FileFacts
from codemods.index.parse import parse as plain_parse
from codemods.index.reader import Reading
from tests.support import written

FILES = {
    "app/__init__.py": "",
    "app/core.py": "class Manager:\n    limit = 3\n",
    "app/web.py": "from app.core import Manager\nManager().send()\n",
    "app/other.py": "import os\nfrom app.core import helper\nhelper()\n",
    "app/broken.py": "class A(:\n",
    "app/newer.py": 'x = f"{y["k"]}"\nclass Newer: pass\n',
}


def reading(root: Path, seek: tuple[str, ...] = ("Manager",)) -> Reading:
    return Reading(str(root), ("",), "", r"(?:^|/)tests/", seek, frozenset({"app"}))


def read(root: Path, jobs: int = 1, store: Path | None = None, seek: tuple[str, ...] = ("Manager",)) -> list[FileFacts]:
    builder = Builder(reading(root, seek), jobs, Cache(reading(root, seek), store) if store else None)
    builder.refresh(sorted(FILES))
    facts = builder.facts()
    builder.save()
    return facts


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return written(FILES, tmp_path / "code")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are parsed, as they are."""
    paths: list[str] = []

    def parse(path: str, *rest: object) -> object:
        paths.append(path)
        return plain_parse(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("codemods.index.reader.parse", parse)
    return paths


def test_facts_come_in_the_order_asked_for(root: Path) -> None:
    builder = Builder(reading(root), 1)
    builder.refresh(["app/web.py", "app/core.py"])
    assert [item.path for item in builder.facts()] == ["app/web.py", "app/core.py"]


def test_cold_warm_and_uncached_runs_say_the_same(root: Path, store: Path) -> None:
    plain, cold, warm = read(root), read(root, store=store), read(root, store=store)
    assert plain == cold == warm
    assert [item.read_by for item in plain].count("nothing") == 1


def test_processes_say_the_same_as_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemods.index.build.POOL_FROM", 1)
    monkeypatch.setattr("codemods.index.build.CHUNK", 2)
    assert read(root, jobs=2) == read(root, jobs=1)
    assert POOL_FROM > 1


def test_a_process_that_runs_threads_is_not_forked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemods.index.build.POOL_FROM", 1)
    monkeypatch.setattr("threading.active_count", lambda: 2)
    asked: list[str] = []
    forked = multiprocessing.get_context("fork")

    def context(method: str) -> object:
        asked.append(method)
        return forked

    monkeypatch.setattr("multiprocessing.get_context", context)
    assert read(root, jobs=2) == read(root, jobs=1)
    assert asked == ["spawn"]


def test_as_many_jobs_as_processors_are_the_default(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2}, raising=False)
    seen: list[int] = []

    def pool(jobs: int, mp_context: multiprocessing.context.BaseContext) -> ProcessPoolExecutor:
        seen.append(jobs)
        return ProcessPoolExecutor(1, mp_context=mp_context)

    monkeypatch.setattr("codemods.index.build.POOL_FROM", 1)
    monkeypatch.setattr("codemods.index.build.CHUNK", 1)
    monkeypatch.setattr("codemods.index.build.ProcessPoolExecutor", pool)
    read(root, jobs=0)
    assert seen == [min(3, len(list(root.rglob("*.py"))))]
    read(root, jobs=5000)
    assert seen[1] == len(list(root.rglob("*.py"))), "no more workers than there are chunks of work"


def test_progress_counts_every_file_once(root: Path) -> None:
    done: list[int] = []
    Builder(reading(root), 1, None, done.append).refresh(FILES)
    assert sum(done) == len(FILES)


def test_a_warm_run_parses_nothing(root: Path, store: Path, opened: list[str]) -> None:
    read(root, store=store)
    assert set(opened) == set(FILES)
    opened.clear()
    read(root, store=store)
    assert opened == []


def test_a_changed_file_is_read_again_and_only_that(root: Path, store: Path, opened: list[str]) -> None:
    read(root, store=store)
    opened.clear()
    before = (root / "app/core.py").stat()
    (root / "app/core.py").write_text("class Manager:\n    limit = 4\n\nclass New: pass\n")
    os.utime(root / "app/core.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    facts = {item.path: item for item in read(root, store=store)}
    assert opened == ["app/core.py"]
    assert [item.qualname for item in facts["app/core.py"].classes] == ["Manager", "New"]


def test_a_removed_file_goes_and_a_returning_one_is_read(root: Path, store: Path, opened: list[str]) -> None:
    def run(paths: list[str]) -> list[str]:
        builder = Builder(reading(root), 1, Cache(reading(root), store))
        builder.refresh(paths)
        builder.save()
        return [item.path for item in builder.facts()]

    run(["app/core.py", "app/web.py"])
    opened.clear()
    assert run(["app/web.py"]) == ["app/web.py"]
    assert run(["app/core.py", "app/web.py"]) == ["app/core.py", "app/web.py"]
    assert opened == ["app/core.py"]


def test_a_file_that_vanishes_between_two_runs_is_reported(root: Path, store: Path) -> None:
    read(root, store=store)
    (root / "app/core.py").unlink()
    [gone] = [item for item in read(root, store=store) if item.problem.startswith("cannot be opened")]
    assert gone.path == "app/core.py"


def test_a_file_that_vanishes_before_its_second_reading_is_reported(root: Path) -> None:
    builder = Builder(reading(root), 1)
    builder.refresh(["app/broken.py"])
    (root / "app/broken.py").unlink()
    [found] = builder.facts()
    assert found.problem == "line 1: invalid syntax"
    assert found.classes == ()


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500], ids=["empty", "short", "of other bytes"])
def test_a_damaged_store_is_as_good_as_none(root: Path, store: Path, damage: bytes) -> None:
    expected = read(root, store=store)
    for path in store.iterdir():
        path.write_bytes(damage)
    assert read(root, store=store) == expected
    assert read(root, store=store) == expected


def test_one_flipped_bit_is_noticed(root: Path, store: Path, opened: list[str]) -> None:
    read(root, store=store)
    [path] = store.iterdir()
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(bytes(content))
    opened.clear()
    read(root, store=store)
    assert set(opened) == set(FILES)


def test_a_store_that_would_run_code_is_not_opened(root: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read(root, store=store)
    [path] = store.iterdir()
    path.write_bytes(b"0" * 64 + b"cbuiltins\nprint\n(S'run'\ntR.")
    read(root, store=store)
    assert capsys.readouterr().out == ""


def test_other_words_mean_another_reading(root: Path, store: Path, opened: list[str]) -> None:
    read(root, store=store, seek=("Manager",))
    opened.clear()
    read(root, store=store, seek=("helper",))
    assert set(opened) == set(FILES)
    opened.clear()
    read(root, store=store, seek=("helper",))
    assert opened == []


def test_every_way_of_reading_has_a_store_of_its_own(root: Path, store: Path) -> None:
    first = reading(root)
    others = [
        replace(first, root=str(root / "app")),
        replace(first, source_roots=("", "app")),
        replace(first, prefix="lib"),
        replace(first, test_pattern="x"),
    ]
    for item in (first, *others):
        Cache(item, store).save({})
    assert len(list(store.glob("*.index"))) == 5
    Cache(replace(first, seek=("other",)), store).save({})
    assert len(list(store.glob("*.index"))) == 5


def test_a_store_that_cannot_be_written_is_no_failure(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert read(root, store=tmp_path / "file") == read(root)
    assert (tmp_path / "file").read_text() == "in the way"


def test_nothing_new_is_not_stored_again(root: Path, store: Path) -> None:
    read(root, store=store)
    before = state(store)
    read(root, store=store)
    assert state(store) == before


def test_the_users_own_folder_is_the_default(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemods.index.cache.user_cache_path", lambda name: tmp_path / "home" / name)
    Cache(reading(root)).save({})
    assert [path.parent.name for path in (tmp_path / "home").rglob("*.index")] == ["wsconsolidate"]


def test_one_result_is_remembered_under_its_key(root: Path, store: Path) -> None:
    cache = Cache(reading(root), store)
    key, other = hashlib.blake2b(b"1").digest(), hashlib.blake2b(b"2").digest()
    assert cache.recall("x", key) is None
    cache.remember("x", key, ("told", 1))
    assert cache.recall("x", key) == ("told", 1)
    assert cache.recall("x", other) is None
    cache.remember("x", other, "new")
    assert (cache.recall("x", key), cache.recall("x", other)) == (None, "new")


def test_a_fingerprint_changes_with_facts_and_with_studied_content_only(root: Path) -> None:
    def fingerprint() -> bytes:
        builder = Builder(reading(root), 1)
        builder.refresh(["app/other.py", "app/web.py"])
        return builder.fingerprint()

    first = fingerprint()
    with (root / "app/other.py").open("a") as stream:
        stream.write("# a comment that changes no fact\n")
    assert fingerprint() == first
    with (root / "app/web.py").open("a") as stream:
        stream.write("# a comment in a studied file\n")
    assert fingerprint() != first
    (root / "app/other.py").write_text("import os, sys\n")
    assert fingerprint() not in {first}


def test_lines_are_those_of_all_files(root: Path) -> None:
    builder = Builder(reading(root), 1)
    builder.refresh(sorted(FILES))
    assert builder.lines == sum(len(text.splitlines()) for text in FILES.values())
    assert {item.path: item.lines for item in builder.facts()}["app/newer.py"] == 2


def test_uses_are_those_studied_and_those_asked_for(root: Path, store: Path, opened: list[str]) -> None:
    def run() -> tuple[list[str], list[str]]:
        builder = Builder(reading(root), 1, Cache(reading(root), store))
        builder.refresh(["app/core.py", "app/other.py", "app/web.py"])
        studied = builder.studied()
        opened.clear()
        found = builder.uses(["app/other.py", "app/web.py"])
        builder.save()
        return studied, [use.ref for uses in found.values() for use in uses]

    refs = ["app.core.helper", "app.core.Manager", "app.core.Manager().send"]
    assert run() == (["app/core.py", "app/web.py"], refs)
    assert opened == ["app/other.py"]
    assert run() == (["app/core.py", "app/other.py", "app/web.py"], refs)
    assert opened == []


def test_a_file_that_vanishes_before_its_uses_are_asked_for_has_none(root: Path) -> None:
    builder = Builder(reading(root), 1)
    builder.refresh(["app/other.py"])
    (root / "app/other.py").unlink()
    assert builder.uses(["app/other.py"]) == {"app/other.py": ()}


POISON = (
    "import pathlib\nprint('ran')\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
    "class A: pass\nraise SystemExit\n"
)


def test_nothing_of_the_code_base_is_run_imported_or_written(
    tmp_path: Path, store: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["poison/__init__.py", "poison/sitecustomize.py", "poison/conftest.py", "os.py", "setup.py"]
    root = written(dict.fromkeys(names, POISON), tmp_path / "code")
    monkeypatch.setattr("codemods.index.build.POOL_FROM", 1)
    before, modules = state(root), set(sys.modules)
    builder = Builder(reading(root, ("A",)), 2, Cache(reading(root, ("A",)), store))
    builder.refresh(names)
    assert [len(item.classes) for item in builder.facts()] == [1] * 5
    builder.save()
    assert state(root) == before
    assert capfd.readouterr().out == ""
    assert not {name for name in set(sys.modules) - modules if name.startswith("poison")}
    assert str(root) not in sys.path
    assert pickle.loads(pickle.dumps(builder.lines)) == 25


def test_stores_that_no_run_has_written_for_a_month_are_removed_and_younger_ones_kept(root: Path, store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    for name, days in (("old.index", 31), ("old.results", 31), ("young.index", 29), ("other.txt", 99)):
        (store / name).write_bytes(b"")
        written = time.time() - days * 24 * 3600
        os.utime(store / name, (written, written))
    reading = Reading(str(root), ("",), "", "x", (), frozenset())
    Cache(reading, store).save({})
    names = {path.name for path in store.iterdir()}
    assert {"young.index", "other.txt"} <= names
    assert not {"old.index", "old.results"} & names


def test_a_disk_that_fills_up_leaves_no_temporary_file(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    Cache(Reading(str(root), ("",), "", "x", (), frozenset()), store).save({})
    assert list(store.iterdir()) == []


def test_where_the_system_names_no_processors_of_ours_all_are_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS and Windows
    for known, expected in ((3, 3), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda known=known: known)
        assert _processors() == expected
    assert len(read(root, jobs=0)) == len(FILES)
