"""File contents sent to an executor: the same records, nothing read there, and no more under way than is said."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from codemods.index import shipping
from codemods.index.build import Builder
from codemods.index.cache import Cache
from codemods.index.facts import FileFacts, Use
from codemods.index.reader import Reading
from codemods.index.shipping import Crew, OtherProgramError, Parcel, program, read_parcel
from tests.support import written

FILES = {
    "app/__init__.py": "",
    "app/core.py": "class Manager:\n    limit = 3\n",
    "app/web.py": "from app.core import Manager\nManager().send()\n",
    "app/other.py": "import os\nfrom app.core import helper\nhelper()\n",
    "app/broken.py": "class A(:\n",
    "app/newer.py": 'x = f"{y["k"]}"\nclass Newer: pass\n',
}
ASKED = [*FILES, "app/gone.py"]
Found = tuple[list[FileFacts], dict[str, tuple[Use, ...]]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return written(FILES, tmp_path / "code")


def reading(root: Path) -> Reading:
    return Reading(str(root), ("",), "", r"(?:^|/)tests/", ("Manager",), frozenset({"app"}))


def read(root: Path, crew: Crew | None = None, store: Path | None = None) -> Found:
    """The facts of all files, and the uses of two of them, one of which must be read again for them."""
    builder = Builder(reading(root), 1, Cache(reading(root), store) if store else None, None, crew)
    builder.refresh(ASKED)
    found = builder.facts(), builder.uses(["app/web.py", "app/other.py"])
    builder.save()
    return found


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
@pytest.mark.parametrize("bound", [1, 60, 10**6], ids=["a file a parcel", "some files a parcel", "one parcel"])
def test_any_executor_says_what_reading_here_says(
    root: Path, pool: Callable[[int], Executor], bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "PARCEL_BYTES", bound)
    with pool(2) as executor:
        assert read(root, Crew(executor, 2)) == read(root)


def test_a_warm_run_sends_nothing_and_a_changed_file_is_sent_alone(root: Path, tmp_path: Path) -> None:
    with Watched() as executor:
        cold = read(root, Crew(executor, 1), tmp_path / "store")
        executor.sent.clear()
        assert read(root, Crew(executor, 1), tmp_path / "store") == cold
        assert executor.sent == []
        (root / "app" / "core.py").write_text("class Manager:\n    limit = 4\n")
        read(root, Crew(executor, 1), tmp_path / "store")
        assert [item.path for parcel in executor.sent for item in parcel.files] == ["app/core.py"]


class Watched(ThreadPoolExecutor):
    """An executor that notes what it is sent, and how much of it was under way at once."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sent: list[Parcel] = []
        self.under_way: list[Future[Any]] = []
        self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sent.append(args[0])
        self.under_way = [*(item for item in self.under_way if not item.done()), super().submit(fn, *args, **kwargs)]
        self.most = max(self.most, len(self.under_way))
        return self.under_way[-1]


def test_what_is_under_way_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"app/m{number}.py" for number in range(200)]
    root = written(dict.fromkeys(names, "x = 1\n" * 20), tmp_path / "code")
    monkeypatch.setattr(shipping, "PARCEL_BYTES", 300)
    with Watched() as executor:
        Builder(reading(root), 1, None, None, Crew(executor, 3)).refresh(names)
        assert len(executor.sent) == 100
        assert executor.most <= 3 * shipping.AHEAD
        assert max(sum(len(item.source) for item in parcel.files) for parcel in executor.sent) <= 300


def test_a_parcel_holds_no_more_than_so_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"app/m{number}.py" for number in range(5)]
    root = written(dict.fromkeys(names, ""), tmp_path / "code")
    monkeypatch.setattr(shipping, "PARCEL_FILES", 2)
    with Watched() as executor:
        Builder(reading(root), 1, None, None, Crew(executor, 1)).refresh(names)
        assert [len(parcel.files) for parcel in executor.sent] == [2, 2, 1]


class Waiting(Crew):
    """A crew whose worker begins when it is asked whether it works, and by then the code base is gone."""

    def __init__(self, executor: Executor, root: Path) -> None:
        super().__init__(executor, 100)
        self.begin, self.root = threading.Event(), root
        executor.submit(self.begin.wait)

    def still_works(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        self.begin.set()


def test_workers_open_no_file_of_the_code_base(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "PATIENCE", 0.01)
    (root / "app" / "newer.py").unlink()  # what is newer than Python here is read again by the first process
    expected = Builder(reading(root), 1)
    expected.refresh(ASKED)
    facts = expected.facts()
    with ThreadPoolExecutor(1) as executor:
        builder = Builder(reading(root), 1, None, None, Waiting(executor, root))
        builder.refresh(ASKED)
    assert not root.exists()
    assert [item for item in builder.facts() if not item.problem] == [item for item in facts if not item.problem]


def test_a_worker_that_is_another_program_reads_nothing(root: Path) -> None:
    parcel = Parcel("wsconsolidate 9.9", reading(root), ())
    with pytest.raises(OtherProgramError, match=r"wsconsolidate .* instead of wsconsolidate 9\.9"):
        read_parcel(parcel)
    assert read_parcel(parcel._replace(program=program())) == []


class Failing(ThreadPoolExecutor):
    """An executor whose workers fail in one way."""

    def __init__(self, error: Exception) -> None:
        super().__init__(1)
        self.error = error

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        def fail() -> None:
            raise self.error

        return super().submit(fail)


def test_what_a_worker_raises_is_raised_here(root: Path) -> None:
    with Failing(MemoryError("all of it")) as executor, pytest.raises(MemoryError, match="all of it"):
        read(root, Crew(executor, 1))
