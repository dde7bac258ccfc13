"""The history that `check` writes: a line for each run, the same commit once, nothing lost between processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.errors import ConfigError, OutputError
from codemods.gate.history import load, record
from reports.documents.history import HistoryRun
from tests.cli.tool import Answer
from tests.gate.test_since import git
from tests.gate.trees import legacy

Tool = Callable[..., Answer]
FIRST, SECOND = "1" * 40, "2" * 40


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The legacy code base, committed."""
    root = legacy(tmp_path / "code")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_run_writes_its_commit_and_the_findings_of_each_rule(tool: Tool, code: Path) -> None:
    answer = tool("check", code, "--history", "h.jsonl", "--format", "json")
    assert answer.code == 1
    found = [item["rule"] for item in json.loads(answer.out)["findings"] if item["level"] == "error"]
    [line] = lines(Path("h.jsonl"))
    assert (line["schema"], line["commit"], "dirty" in line) == (1, git(code, "rev-parse", "HEAD").strip(), False)
    counts = line["counts"]
    assert isinstance(counts, dict)
    assert {rule: count for rule, count in counts.items() if count} == {rule: found.count(rule) for rule in found}
    assert counts["WSC007"] == 0, "a rule that ran and found nothing is told with 0"
    assert list(counts) == sorted(counts)


def test_what_a_baseline_knows_is_counted_as_well(tool: Tool, code: Path) -> None:
    tool("check", code, "--history", "before.jsonl")
    tool("check", code, "--baseline", "base.txt", "--update-baseline", "--add")
    assert tool("check", code, "--baseline", "base.txt", "--history", "after.jsonl").code == 0
    assert lines(Path("before.jsonl")) == lines(Path("after.jsonl"))


def test_a_rule_that_did_not_run_is_missing(tool: Tool, code: Path) -> None:
    tool("check", code, "--history", "h.jsonl", "--select", "WSC002")
    assert list(load(Path("h.jsonl"))[0].counts) == [("WSC002", dict(load(Path("h.jsonl"))[0].counts)["WSC002"])]


def test_the_same_commit_judged_again_takes_the_place_of_its_last_line(tool: Tool, code: Path) -> None:
    for _ in range(2):
        tool("check", code, "--history", "h.jsonl")
    assert len(lines(Path("h.jsonl"))) == 1
    git(code, "commit", "-q", "--allow-empty", "-m", "second")
    tool("check", code, "--history", "h.jsonl")
    assert [line["commit"] for line in lines(Path("h.jsonl"))] == git(code, "rev-list", "--reverse", "HEAD").split()


def test_the_history_of_the_settings_is_written_and_makes_nothing_dirty(tool: Tool, code: Path) -> None:
    project = code / "pyproject.toml"
    project.write_text(project.read_text("utf-8") + 'history = "kept/burndown.jsonl"\n', "utf-8")
    git(code, "commit", "-q", "-a", "-m", "settings")
    for _ in range(2):
        tool("check", code)
    assert [("dirty" in line) for line in lines(code / "kept" / "burndown.jsonl")] == [False]
    git(code, "add", ".")
    git(code, "commit", "-q", "-m", "history")
    tool("check", code)
    tool("check", code)
    assert [("dirty" in line) for line in lines(code / "kept" / "burndown.jsonl")] == [False, False]
    (code / "new.py").write_text("x = 1\n", "utf-8")
    tool("check", code)
    assert [line.get("dirty", False) for line in lines(code / "kept" / "burndown.jsonl")] == [False, True]
    assert tool("check", code, code / "new.py").code == 0
    assert len(lines(code / "kept" / "burndown.jsonl")) == 2, "files judged alone are no run over the whole"


def test_without_git_a_run_is_told_apart_by_what_it_counts(tool: Tool, tmp_path: Path) -> None:
    root = legacy(tmp_path / "code")
    for _ in range(2):
        tool("check", root, "--history", "h.jsonl")
    assert [line["commit"] for line in lines(Path("h.jsonl"))] == [""]
    (root / "app" / "more.py").write_text("from app.old.hub import EventHub\n", "utf-8")
    tool("check", root, "--history", "h.jsonl")
    assert [line["commit"] for line in lines(Path("h.jsonl"))] == ["", ""]


def test_files_named_alone_have_no_history(tool: Tool, code: Path) -> None:
    answer = tool("check", code, code / "app" / "__init__.py", "--history", "h.jsonl")
    assert (answer.code, answer.out) == (2, "")
    assert "--history are about the whole code base" in answer.err


GOOD = f'{{"schema":1,"commit":"{FIRST}","counts":{{"WSC001":1}}}}'
DAMAGED = {
    "cut": GOOD[:-5],
    "of a merge": "<<<<<<< HEAD",
    "no table": "[1]",
    "without a schema": '{"commit":"","counts":{}}',
    "of a schema that is no number": '{"schema":true,"commit":"","counts":{}}',
    "of a later version": '{"schema":2}',
    "with half a commit": '{"schema":1,"commit":"abc","counts":{}}',
    "without a commit": '{"schema":1,"counts":{}}',
    "without counts": '{"schema":1,"commit":""}',
    "with a count below nothing": '{"schema":1,"commit":"","counts":{"WSC001":-1}}',
    "with a count of truth": '{"schema":1,"commit":"","counts":{"WSC001":true}}',
    "with a rule of another kind": '{"schema":1,"commit":"","counts":{"E501":1}}',
    "with a doubtful dirty": '{"schema":1,"commit":"","counts":{},"dirty":"yes"}',
    "nested without end": "[" * 100_000,
    "no text": "\udcff\udcfe",
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_told_with_file_and_line_and_nothing_is_written(tool: Tool, code: Path, line: str) -> None:
    path = Path("h.jsonl")
    path.write_bytes(f"{GOOD}\n\n{line}\n".encode("utf-8", "surrogateescape"))
    before = path.read_bytes()
    answer = tool("check", code, "--history", path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: h.jsonl:3: ")
    assert path.read_bytes() == before


def test_a_history_that_cannot_be_written_is_told(tool: Tool, code: Path) -> None:
    Path("file").touch()
    answer = tool("check", code, "--history", "file/h.jsonl")
    assert (answer.code, answer.out) == (2, "")
    assert "cannot write to file" in answer.err


runs = st.builds(
    HistoryRun,
    st.sampled_from(["", FIRST, SECOND, "3" * 64]),
    st.dictionaries(st.sampled_from(["WSC001", "WSC002", "WSC016"]), st.integers(0, 10**9)).map(
        lambda counts: tuple(sorted(counts.items()))
    ),
    st.booleans(),
)


@given(st.lists(runs, max_size=6))
def test_what_is_recorded_is_read_again(tmp_path_factory: pytest.TempPathFactory, given: list[HistoryRun]) -> None:
    path = tmp_path_factory.mktemp("history") / "h.jsonl"
    expected: list[HistoryRun] = []
    for run in given:
        record(path, run)
        if expected and (expected[-1] == run or expected[-1].commit == run.commit != ""):
            expected.pop()
        expected.append(run)
        assert load(path) == tuple(expected)
    assert [item.name for item in path.parent.iterdir()] == (["h.jsonl"] if given else [])


def test_runs_beside_each_other_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    every = [HistoryRun(f"{number:040x}", (("WSC001", number),)) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda run: record(path, run), every))
    assert sorted(load(path), key=lambda run: run.commit) == every


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        record(tmp_path / "file" / "h.jsonl", HistoryRun(FIRST, ()))
