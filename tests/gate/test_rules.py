"""Each rule has a page, examples that parse, a file of its own; which ones run is the user's choice."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.errors import UsageError
from codemods.gate.registry import RULES, chosen, rule_of
from codemods.gate.rule import Rule
from tests.cli.tool import REPOSITORY, Answer
from tests.gate.trees import legacy

Tool = Callable[..., Answer]
BROKEN = {"WSC014"}  # its bad example is code that does not parse


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_its_page_says_what_why_how_and_what_to_do(tool: Tool, rule: Rule) -> None:
    answer = tool("rule", rule.id)
    assert (answer.code, answer.err) == (0, "")
    text = rule.text
    flat = re.sub(r"\s+", " ", answer.out)
    for told in (f"{rule.id} {text.slug}", text.title, text.why, text.fix):
        assert re.sub(r"[\s`]+", " ", told).strip() in re.sub(r"[\s`]+", " ", flat)
    assert answer.out == tool("rule", text.slug).out


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_its_examples_are_python(rule: Rule) -> None:
    ast.parse(rule.text.good)
    if rule.id not in BROKEN:
        ast.parse(rule.text.bad)


def test_ids_and_files_are_one_to_one_and_in_order() -> None:
    assert [rule.id for rule in RULES] == [f"WSC{number:03}" for number in range(1, len(RULES) + 1)]
    assert len({rule.text.slug for rule in RULES}) == len(RULES)
    folder = REPOSITORY / "codemods" / "gate" / "rules"
    told = [path.read_text("utf-8").partition(":")[0].strip('"') for path in folder.glob("[!_]*.py")]
    assert sorted(told) == [rule.id for rule in RULES]


def test_the_list_names_all(tool: Tool) -> None:
    answer = tool("rule", "--format", "markdown")
    assert answer.code == 0
    assert all(f"| {rule.id} | {rule.text.slug} |" in answer.out for rule in RULES)


@pytest.mark.parametrize(
    ("word", "hint"),
    [("WSC0155", "did you mean WSC01"), ("legacy-paht", "did you mean legacy-path?"), ("x", "the rules are WSC001 to")],
)
def test_an_unknown_rule_is_told_with_the_nearest(tool: Tool, tmp_path: Path, word: str, hint: str) -> None:
    answer = tool("rule", word)
    assert (answer.code, answer.out) == (2, "")
    assert hint in answer.err
    legacy(tmp_path / "code")
    assert hint in tool("check", "code", "--select", word).err
    assert hint in tool("check", "code", "--ignore", f"WSC001,{word}").err


def test_rules_are_chosen_by_id_or_name_alone_or_in_a_list() -> None:
    assert [rule.id for rule in chosen(["wsc002, LEGACY-CLASS", "WSC014"], ())] == ["WSC001", "WSC002", "WSC014"]
    assert [rule.id for rule in chosen(["WSC001,WSC002"], ["legacy-path"])] == ["WSC001"]
    assert len(chosen((), ["WSC001"])) == len(RULES) - 1
    assert rule_of(" wsc002 ").text.slug == "legacy-path"
    with pytest.raises(UsageError, match='no rule ""'):
        rule_of("")


def test_only_what_is_selected_is_found_and_only_that_of_a_baseline_counts(tool: Tool, tmp_path: Path) -> None:
    legacy(tmp_path / "code")
    answer = tool("check", "code", "--select", "WSC001")
    assert "\n3 findings in 9 files (3 WSC001 legacy-class).\n" in answer.out
    record = ("--baseline", "base.txt", "--update-baseline", "--add")
    assert tool("check", "code", *record).code == 0
    whole = (tmp_path / "base.txt").read_text("utf-8")
    assert tool("check", "code", "--baseline", "base.txt", "--ignore", "WSC002").code == 0
    assert tool("check", "code", "--select", "WSC001", *record).code == 0
    assert (tmp_path / "base.txt").read_text("utf-8") == whole
