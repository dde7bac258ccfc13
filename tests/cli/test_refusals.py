"""What cannot be done is refused with exit code 2 and a sentence on stderr, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.commands import scan
from tests.cli.tool import Answer, run, tree_of

Tool = Callable[..., Answer]
PLAN = """\
title = "Two of a kind"
destination = "shop"
[[families]]
name = "cart"
title = "Carts"
target = "cart.Cart"
[[classes]]
module = "shop"
qualname = "Cart"
line = 1
family = "cart"
status = "MERGE"
target = "cart.Cart"
"""


@pytest.fixture(autouse=True)
def shop(tmp_path: Path) -> Path:
    """A code base of one class, an empty folder, and plans good and bad."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.py").write_text("class Cart:\n    pass\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "good.toml").write_text(PLAN)
    (tmp_path / "typo.toml").write_text(PLAN.replace("qualname", "qualnam"))
    (tmp_path / "broken.toml").write_text("title = \n")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"\n')
    return tmp_path


def refused(answer: Answer) -> str:
    """The one sentence of a refusal."""
    assert (answer.code, answer.out) == (2, "")
    start, _, sentence = answer.err.partition("error: ")
    assert start == ""
    assert sentence.endswith("\n")
    assert sentence.count("\n") == 1
    return sentence.rstrip("\n")


REFUSALS = {
    "a folder that is not there": (
        ["scan", "nowhere"],
        "nowhere: no such folder; give the folder that holds the code base",
    ),
    "a file for the folder": (
        ["scan", "shop/cart.py"],
        "shop/cart.py: a file; give the folder that holds the code base",
    ),
    "an empty folder, which is a mistyped path far more often than a wish": (
        ["scan", "empty"],
        "no Python files below empty; give the folder that holds the code base",
    ),
    "an empty folder to the mro command": (
        ["mro", "empty"],
        "no Python files below empty; give the folder that holds the code base",
    ),
    "a folder of which everything is excluded": (
        ["scan", "shop", "--exclude", "*.py"],
        "no Python files below shop (left out: excluded: 1); give the folder that holds the code base",
    ),
    "a plan with a misspelled key": (
        ["scan", "shop", "--plan", "typo.toml"],
        'typo.toml: classes[0].qualnam: unknown key; did you mean "qualname"?',
    ),
    "a plan that is not there": (
        ["scan", "shop", "--plan", "none.toml"],
        "none.toml: cannot be read: No such file or directory",
    ),
    "a folder for a plan": (["scan", "shop", "--plan", "empty"], "empty: cannot be read: Is a directory"),
    "a plan that is no TOML": (
        ["scan", "shop", "--plan", "broken.toml"],
        "broken.toml: not valid TOML: Invalid value (at line 1, column 9)",
    ),
    "a plan that is not UTF-8": (
        ["mro", "shop", "--plan", "latin.toml"],
        "latin.toml: not UTF-8 (line 1, byte 9); save it as UTF-8",
    ),
    "a plan together with the wish for none": (
        ["scan", "shop", "--plan", "good.toml", "--no-plan"],
        "--plan and --no-plan contradict each other; give one of them",
    ),
    "an unknown class, with the nearest one": (
        ["mro", "shop", "Cort"],
        "no class Cort in the code base; did you mean Cart?",
    ),
    "a class in the wrong case, with the right one": (
        ["mro", "shop", "CART"],
        "no class CART in the code base; did you mean Cart?",
    ),
    "an unknown class that is near to none": (["mro", "shop", "Zebra"], "no class Zebra in the code base"),
    "the same where the folder is the current one": (["mro", "Zebra"], "no class Zebra in the code base"),
    "a pattern that git would not take": (
        ["scan", "shop", "--exclude", "!"],
        "--exclude: Invalid git pattern: '!'; write it as a line of .gitignore",
    ),
    "all classes together with some": (
        ["mro", "shop", "Cart", "--all"],
        "--all and the names of classes contradict each other; give one of them",
    ),
    "a name that a terminal would obey": (
        ["scan", "no\x1b[2Jwhere"],
        r"no\x1b[2Jwhere: no such folder; give the folder that holds the code base",
    ),
    "a folder of packages that is not there": (
        ["mro", "shop", "Cart", "--python-path", "none"],
        "--python-path none: no such folder; give the site-packages of an environment",
    ),
    "an output folder below a file": (
        ["scan", "shop", "--out", "shop/cart.py/reports"],
        "cannot write to shop/cart.py/reports: Not a directory; give another folder, or mend that",
    ),
    "a file for the output folder": (
        ["scan", "shop", "--out", "good.toml"],
        "cannot write to good.toml: File exists; give another folder, or mend that",
    ),
    "a demo kept below a file": (
        ["demo", "--keep", "good.toml/x"],
        "cannot lay the sample out in good.toml/x: Not a directory; name another folder with --keep",
    ),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_refused_in_one_sentence_and_nothing_is_written(
    tool: Tool, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    before = tree_of(tmp_path)
    assert refused(tool(*arguments)) == sentence
    assert tree_of(tmp_path) == before


SETTINGS = {
    "a misspelled key": ("[tool.wsconsolidate]\nexclud = []", 'tool.wsconsolidate.exclud: unknown key; did you mean'),
    "a pattern that git would not take": (
        '[tool.wsconsolidate]\nexclude = ["ok", "!"]',
        "tool.wsconsolidate.exclude[1]: Invalid git pattern: '!'",
    ),
    "no TOML": ("[tool.wsconsolidate\n", "not valid TOML: "),
    "a plan that is not there": ('[tool.wsconsolidate]\nplan = "none.toml"', "cannot be read: No such file"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), SETTINGS.values(), ids=[f"settings with {case}" for case in SETTINGS])
@pytest.mark.parametrize("command", ["scan", "mro"], ids=["scan", "mro"])
def test_unusable_settings_stop_both_commands(tool: Tool, tmp_path: Path, command: str, text: str, told: str) -> None:
    (tmp_path / "shop" / "pyproject.toml").write_text(text)
    sentence = refused(tool(command, "shop"))
    assert told in sentence
    assert sentence.startswith("shop/")


def test_a_plan_in_the_settings_is_no_contradiction_to_no_plan(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "shop" / "pyproject.toml").write_text('[tool.wsconsolidate]\nplan = "none.toml"')
    assert tool("scan", "shop", "--no-plan").code == 0


USAGE = {
    "an unknown option": (["scan", "shop", "--bogus"], "No such option: --bogus"),
    "an unknown command": (["scam", "shop"], "No such command 'scam'"),
    "fewer than no workers": (["scan", "shop", "--jobs", "-1"], "Invalid value for '--jobs' / '-j'"),
    "an unknown format": (["scan", "shop", "--format", "xml"], "'xml' is not one of 'terminal', 'markdown', 'json'"),
    "two folders": (["scan", "shop", "empty"], "unexpected extra argument"),
    "an option without its value": (["scan", "shop", "--out"], "requires an argument"),
}


@pytest.mark.parametrize(("arguments", "told"), USAGE.values(), ids=USAGE)
def test_wrong_usage_is_told_on_stderr(tool: Tool, arguments: list[str], told: str) -> None:
    answer = tool(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert "Traceback" not in answer.err


def test_every_mistake_of_a_plan_is_told_at_once_a_line_each(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(PLAN.replace("qualname", "qualnam").replace("status", "statu"))
    answer = tool("scan", "shop", "--plan", "two.toml")
    assert answer.code == 2
    assert [line.rpartition("did you mean ")[2] for line in answer.err.splitlines()] == ['"qualname"?', '"status"?']


def test_a_failure_half_way_leaves_neither_reports_nor_temporary_files(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def full(source: str, mode: int) -> None:
        made.append(source)
        if len(made) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "chmod", full)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mro_report.md").write_text("of the last run")
    told = "cannot write to out: No space left on device; give another folder, or mend that"
    assert refused(tool("scan", "shop", "--out", "out")) == told
    assert tree_of(tmp_path / "out") == {"mro_report.md": b"of the last run"}


def test_an_output_folder_that_exists_keeps_what_is_not_ours(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.md").write_text("mine")
    (tmp_path / "out" / "mro_report.md").write_text("of the last run")
    assert tool("scan", "shop", "--out", "out").code == 0
    after = tree_of(tmp_path / "out")
    assert after["mine.md"] == b"mine"
    assert after["mro_report.md"] != b"of the last run"
    assert sorted(after) == [
        "extraction_places.md",
        "extraction_report.json",
        "extraction_report.md",
        "mine.md",
        "mro_report.json",
        "mro_report.md",
    ]


def test_a_crash_is_told_as_a_defect_and_is_no_finding(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> str:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(scan, "run", crash)
    answer = tool("scan", "shop")
    assert (answer.code, answer.out) == (2, "")
    assert "\ninternal error: ZeroDivisionError: by nothing\n" in answer.err


def test_packages_from_two_installations_are_not_mixed(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import reports

    monkeypatch.setattr(reports, "__file__", str(tmp_path / "theirs" / "reports" / "__init__.py"))
    sentence = refused(tool("scan", "shop"))
    assert "come from different places" in sentence
    assert "pipx" in sentence


def test_as_a_process_of_its_own_too(tmp_path: Path) -> None:
    answer = run("scan", "nowhere", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "error: nowhere: no such folder; give the folder that holds the code base\n"


@pytest.mark.parametrize("words", [["scan", ""], ["scan", "shop", "--out", ""]], ids=["the code base", "the reports"])
def test_an_empty_word_is_no_folder_and_nothing_is_written_where_one_stands(words: list[str], tmp_path: Path) -> None:
    before = sorted((tmp_path / "shop").rglob("*"))
    answer = run(*words, cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert "an empty name is no folder; for the current one give ." in answer.err
    assert sorted((tmp_path / "shop").rglob("*")) == before
    assert not list(tmp_path.glob("*report*"))
