"""What is asked of the gate that cannot be answered, and small things that only a unit shows."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.commands import check
from codemods.commands.check import Asked
from codemods.commands.codebase import Request
from codemods.commands.findings_shown import shown
from codemods.errors import OutputError, UsageError
from codemods.gate.fingerprints import code_fingerprint, text_fingerprint
from codemods.index.partial import PartialIndex
from tests.cli.tool import Answer
from tests.formats.check_reports import finding, report
from tests.gate.trees import PLAN, legacy

Tool = Callable[..., Answer]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--update-baseline"], "--update-baseline needs --baseline FILE, or `baseline` in [tool.wsconsolidate]"),
        (["--add"], "--add says what --update-baseline may do; give both"),
        (["--add", "--baseline", "b.txt"], "give both"),
        (["--baseline", "none.txt"], "none.txt: no such baseline; record one with --update-baseline --add"),
        (["--baseline", "none.txt", "--update-baseline"], "no such baseline"),
        (["--baseline", "code"], "no such baseline"),
        (["--plan", "none.toml"], "none.toml: cannot be read"),
    ],
)
def test_contradictions_are_told_in_a_sentence(tool: Tool, tmp_path: Path, words: list[str], told: str) -> None:
    legacy(tmp_path / "code")
    answer = tool("check", "code", *words)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_without_a_plan_there_is_nothing_to_hold_code_against(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to check"):
        check.run(Request(legacy(tmp_path), no_plan=True, cache=False), Asked())


def test_the_baseline_of_the_settings_is_relative_to_them(tool: Tool, tmp_path: Path) -> None:
    code = legacy(tmp_path / "code")
    project = code / "pyproject.toml"
    project.write_text(project.read_text("utf-8") + 'baseline = "gate/base.txt"\n', "utf-8")
    assert tool("check", "code").code == 2
    assert tool("check", "code", "--update-baseline", "--add").code == 0
    assert (code / "gate" / "base.txt").is_file()
    assert tool("check", "code").code == 0


def test_a_baseline_that_cannot_be_written_is_told(tool: Tool, tmp_path: Path) -> None:
    legacy(tmp_path / "code")
    (tmp_path / "file").touch()
    answer = tool("check", "code", "--baseline", "file/base.txt", "--update-baseline", "--add")
    assert (answer.code, answer.out) == (2, "")
    assert "cannot write to file" in answer.err


def test_strict_asks_for_criteria_that_are_done(tool: Tool, tmp_path: Path) -> None:
    from tests.gate.trees import clean

    clean(tmp_path / "code")
    assert tool("check", "code").code == 0
    assert tool("check", "code", "--strict").code == 1
    plan = tmp_path / "code" / "plan.toml"
    plan.write_text(PLAN.partition("[[criteria]]")[0], "utf-8")
    assert tool("check", "code", "--strict").code == 0


def test_the_code_of_a_file_that_is_gone_by_now_is_not_shown(tmp_path: Path) -> None:
    text = shown(report(finding(1)), "text", False, tmp_path)
    assert "app/page1.py:3: WSC002" in text
    assert " | " not in text.partition("Success")[0]


def test_a_summary_goes_where_github_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "")
    assert "::group::" in shown(report(), "github", False, tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    for _ in range(2):
        shown(report(), "github", False, tmp_path)
    assert (tmp_path / "page.md").read_text("utf-8").count("## wsconsolidate") == 2


SAME = {
    "names of locals": ("def f(a):\n    b = a\n    return b", "def f(a):\n    c = a\n    return c"),
    "documentation": ("def f():\n    'doc'\n    return 1", "def f():\n    return 1"),
    "where an import comes from": ("from a import b as c", "from x import y as c"),
    "the local of a lambda": ("x = lambda a: [(b := a), b]", "x = lambda a: [(c := a), c]"),
    "a quote": ("x = 'a'", 'x = "a"'),
}
OTHER = {
    "a parameter": ("def f(a): return a", "def f(b): return b"),
    "a global": ("def f():\n    global b\n    b = 1", "def f():\n    global c\n    c = 1"),
    "a value": ("x = 1", "x = 2"),
    "what an import binds": ("from a import b", "from a import c"),
    "two locals exchanged": (
        "def f():\n    a = 1\n    b = 2\n    return a",
        "def f():\n    a = 1\n    b = 2\n    return b",
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_code_that_does_the_same_has_one_fingerprint(one: str, other: str) -> None:
    assert code_fingerprint(ast.parse(one)) == code_fingerprint(ast.parse(other))


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_code_that_does_something_else_has_another(one: str, other: str) -> None:
    assert code_fingerprint(ast.parse(one)) != code_fingerprint(ast.parse(other))
    assert text_fingerprint(ast.parse(one)) != text_fingerprint(ast.parse(other))


def test_the_modules_of_a_partial_index_are_a_mapping() -> None:
    index = PartialIndex((), {}, {"a": "a.py", "b": "b.py"})
    assert (list(index.modules), len(index.modules), "a" in index.modules) == (["a", "b"], 2, True)
    assert index.roots == {"a", "b"}


def test_a_summary_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(OutputError, match="GITHUB_STEP_SUMMARY: cannot write"):
        shown(report(), "github", False, tmp_path)


def test_findings_are_put_together_by_owner_with_what_is_known(tool: Tool, tmp_path: Path) -> None:
    code = legacy(tmp_path / "code")
    (code / "CODEOWNERS").write_text("/app/old/ @old\n", "utf-8")
    text = tool("check", code, "--group-by", "owner").out
    heads = [line for line, below in zip(text.splitlines(), text.splitlines()[1:], strict=False) if set(below) == {"-"}]
    assert [head.partition(":")[0] for head in heads] == ["@old", "(no owner)"]
    tool("check", code, "--baseline", "b.txt", "--update-baseline", "--add")
    known = tool("check", code, "--baseline", "b.txt", "--group-by", "owner")
    assert known.code == 0
    assert "@old: " in known.out
    assert "known" in known.out.partition("\n")[0]
    assert "app/old/hub.py" not in known.out.partition("Success")[0]


def test_findings_of_named_files_have_their_group_as_well(tool: Tool, tmp_path: Path) -> None:
    code = legacy(tmp_path / "code")
    answer = tool("check", code, code / "app" / "old" / "__init__.py", "--group-by", "package", "--format", "json")
    assert {item["group"] for item in json.loads(answer.out)["findings"]} == {"app"}


def test_without_owners_nothing_is_judged_by_them(tool: Tool, tmp_path: Path) -> None:
    answer = tool("check", legacy(tmp_path / "code"), "--group-by", "owner")
    assert (answer.code, answer.out) == (2, "")
    assert "nobody owns anything here" in answer.err
