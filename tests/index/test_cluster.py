"""Reading on a Dask cluster: the same bytes, and one sentence when the cluster cannot do it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from codemods.cli import main
from codemods.errors import ClusterError
from codemods.index.cluster import _Cluster
from codemods.index.shipping import OtherProgramError, program
from codemods.sample import lay_out
from tests.cli.tool import Answer, run, tree_of
from tests.index.dask_processes import Processes, dask_processes

Streams = pytest.CaptureFixture[str]
WITHOUT = "start one with `dask scheduler`, or leave out --executor"
DIES = """
import os
from codemods.index import shipping
shipping.reader_of = lambda reading, deep: lambda file: os._exit(1)
"""
ANOTHER = """
from codemods.index import shipping
shipping.program = lambda: "wsconsolidate 9.9.0 (00000000) on Python 3.11.0"
"""
LACKS = """
import re
import sys
sys.modules["codemods"] = None
"""
DEFECT = """
from codemods.index import shipping
shipping.reader_of = lambda reading, deep: lambda file: [][0]
"""


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with dask_processes(tmp_path) as started:
        yield started


def scan(chat: Path, folder: Path, *options: str) -> Answer:
    return run("scan", chat, "--no-cache", *options, cwd=folder, home=folder / "home")


def failed(answer: Answer) -> str:
    """The one sentence of a run that could not do its job."""
    assert (answer.code, answer.out) == (2, "")
    assert re.fullmatch(r"error: .*\n", answer.err), answer.err
    return answer.err


def test_two_workers_say_what_reading_here_says_to_the_byte(chat: Path, tmp_path: Path, processes: Processes) -> None:
    processes.worker()
    processes.worker()
    for name, options in (("here", ()), ("there", ("--executor", processes.url))):
        answer = scan(chat, tmp_path, "--out", name, *options)
        assert (answer.code, answer.err) == (0, "")
    assert tree_of(tmp_path / "there") == tree_of(tmp_path / "here")


def test_other_commands_read_there_as_well(chat: Path, tmp_path: Path, processes: Processes) -> None:
    processes.worker()
    for command in (["mro", chat, "--all"], ["check", chat], ["migrate", chat, "--diff", "--allow-dirty"]):
        here, there = (
            run(*command, *options, cwd=tmp_path, home=tmp_path / "home")
            for options in (("--no-cache",), ("--no-cache", "--executor", processes.url))
        )
        assert (there.code, there.out) == (here.code, here.out)
        assert here.out


def test_what_a_worker_that_dies_had_is_read_by_another(chat: Path, tmp_path: Path, processes: Processes) -> None:
    processes.worker(DIES)
    processes.worker()
    answer = scan(chat, tmp_path, "--executor", processes.url, "--format", "json")
    assert answer == scan(chat, tmp_path, "--format", "json")


def test_workers_that_die_of_the_same_files_are_told(chat: Path, tmp_path: Path) -> None:
    with dask_processes(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as processes:
        processes.worker(DIES)
        processes.worker(DIES)
        assert "workers died again and again" in failed(scan(chat, tmp_path, "--executor", processes.url))


def test_a_cluster_without_workers_is_told_at_once(chat: Path, tmp_path: Path, processes: Processes) -> None:
    assert "it has no worker; start some" in failed(scan(chat, tmp_path, "--executor", processes.url))


@pytest.mark.parametrize(
    ("preload", "told"),
    [
        (ANOTHER, "a worker is wsconsolidate 9.9.0 (00000000) on Python 3.11.0 instead of wsconsolidate "),
        (LACKS, "No module named 'codemods.index'; 'codemods' is not a package\")); install wsconsolidate "),
    ],
    ids=["another version", "none at all"],
)
def test_a_worker_that_is_another_program_is_told(
    chat: Path, tmp_path: Path, processes: Processes, preload: str, told: str
) -> None:
    processes.worker()
    processes.worker(preload)
    assert told in failed(scan(chat, tmp_path, "--executor", processes.url))


def test_a_defect_of_ours_there_is_told_as_one(chat: Path, tmp_path: Path, processes: Processes) -> None:
    processes.worker(DEFECT)
    answer = scan(chat, tmp_path, "--executor", processes.url)
    assert answer.code == 2
    assert "Traceback" in answer.err
    assert "internal error: IndexError" in answer.err


def told(chat: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams, executor: str) -> str:
    monkeypatch.setenv("PYTHONSAFEPATH", "")  # main sets it; this takes it back
    monkeypatch.setattr(sys, "argv", ["wsconsolidate", "scan", str(chat), "--executor", executor])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("executor", ["dask://host", "dask://:80", "tcp://host:80", "processes", "dask://a b:1"])
def test_what_is_no_address_of_a_cluster_is_refused(
    chat: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams, executor: str
) -> None:
    expected = f"error: --executor {executor}: expected dask://HOST:PORT, where a Dask scheduler listens\n"
    assert told(chat, monkeypatch, capsys, executor) == expected


def test_a_scheduler_that_does_not_answer_is_told(chat: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    monkeypatch.setattr("codemods.index.cluster.CONNECT_SECONDS", 1)
    expected = f"error: dask://127.0.0.1:1: no Dask scheduler answers within 1 seconds; {WITHOUT}\n"
    assert told(chat, monkeypatch, capsys, "dask://127.0.0.1:1") == expected


def test_without_dask_it_is_told_what_to_install(chat: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    expected = "error: --executor dask://... needs Dask: install wsconsolidate[dask]\n"
    assert told(chat, monkeypatch, capsys, "dask://127.0.0.1:1") == expected


def test_when_all_workers_have_died_it_is_told(
    chat: Path, processes: Processes, monkeypatch: pytest.MonkeyPatch, capsys: Streams
) -> None:
    monkeypatch.setattr("codemods.index.shipping.PATIENCE", 0.1)
    processes.worker(DIES)
    assert "it has no worker; start some" in told(chat, monkeypatch, capsys, processes.url)


class Scheduler:
    """What a client knows of a scheduler: its workers, or that it is gone."""

    def __init__(self, workers: dict[str, int] | None) -> None:
        self.workers = workers

    def nthreads(self) -> dict[str, int]:
        if self.workers is None:
            raise OSError("closed")
        return self.workers

    def get_executor(self, pure: bool) -> None:
        assert not pure, "equal parcels are read again: Dask need not compare them"


def crew(workers: dict[str, int]) -> _Cluster:
    return _Cluster("dask://there:1", Scheduler(workers))


def test_every_thread_of_the_workers_counts() -> None:
    assert crew({"one": 2, "other": 3}).workers == 5


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OtherProgramError("A instead of B"), "a worker is A instead of B; install the same on every worker"),
        (ImportError("no codemods"), f"a worker cannot read (no codemods); install {program()} on every worker"),
        (CancelledError(), "it dropped work that it had taken; its scheduler may have been restarted; run again"),
    ],
    ids=["a late worker that is another program", "a late worker without the program", "a new scheduler"],
)
def test_what_goes_wrong_later_is_told(error: Exception, told: str) -> None:
    assert str(crew({}).failure(error)) == f"dask://there:1: {told}"


def test_a_scheduler_that_is_gone_is_told() -> None:
    found = crew({})
    found._client.workers = None
    with pytest.raises(ClusterError, match="dask://there:1: its scheduler is gone"):
        found.still_works()
