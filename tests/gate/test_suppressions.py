"""A suppression stands on the line of the finding or alone above it, names rules, and says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gate.trees import clean

Checked = Callable[..., dict[str, Any]]
OLD = "from app.old.hub import EventHub"
SUPPRESSED = {
    "behind the statement": f"{OLD}  # wsconsolidate: ignore[WSC002] until June\n",
    "alone above it": f"# wsconsolidate: ignore[WSC002] until June\n{OLD}\n",
    "by its name": f"{OLD}  # wsconsolidate: ignore[legacy-path] until June\n",
    "with other rules": f"{OLD}  # wsconsolidate: ignore[WSC001, WSC002] until June\n",
    "behind the last line of the statement": (
        "from app.old.hub import (\n    EventHub,\n)  # wsconsolidate: ignore[WSC002] until June\n"
    ),
    "in the middle of the statement": (
        "from app.old.hub import (\n    EventHub,  # wsconsolidate: ignore[WSC002] until June\n)\n"
    ),
}


@pytest.mark.parametrize("text", SUPPRESSED.values(), ids=SUPPRESSED)
def test_it_leaves_the_finding_out_and_is_counted(checked: Checked, tmp_path: Path, text: str) -> None:
    report = checked(clean(tmp_path / "code", **{"app/late.py": text}))
    assert (report["code"], report["found"], report["summary"]["suppressed"]) == (0, [], 1)


LEFT = {
    "without a reason": (f"{OLD}  # wsconsolidate: ignore[WSC002]\n", "gives no reason, and so suppresses nothing"),
    "of another rule": (f"{OLD}  # wsconsolidate: ignore[WSC001] until June\n", "suppresses nothing"),
    "of no rule": (f"{OLD}  # wsconsolidate: ignore[] until June\n", "names no rule"),
    "of an unknown rule": (f"{OLD}  # wsconsolidate: ignore[legacy-paht] x\n", 'names no rule "legacy-paht"; did you'),
    "in other words": (f"{OLD}  # wsconsolidate: skip\n", "is not understood; write ignore[RULE] and the reason"),
    "two lines above": (f"# wsconsolidate: ignore[WSC002] until June\n\n{OLD}\n", "suppresses nothing"),
    "behind the line above": (f"x = 1  # wsconsolidate: ignore[WSC002] until June\n{OLD}\n", "suppresses nothing"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), LEFT.values(), ids=LEFT)
def test_one_that_does_nothing_is_a_finding_of_its_own(
    checked: Checked, tmp_path: Path, text: str, problem: str
) -> None:
    report = checked(clean(tmp_path / "code", **{"app/late.py": text}))
    assert sorted(item[0] for item in report["found"]) == ["WSC002", "WSC015"]
    [own] = [item for item in report["findings"] if item["rule"] == "WSC015"]
    assert own["message"].startswith(f"the suppression {problem}")


def test_one_for_a_rule_that_did_not_run_is_not_judged(checked: Checked, tmp_path: Path) -> None:
    code = clean(tmp_path / "code", **{"app/late.py": "x = 1  # wsconsolidate: ignore[WSC002] until June\n"})
    assert checked(code, "--ignore", "WSC002")["found"] == []
    assert [item[0] for item in checked(code, "--select", "WSC002,WSC015")["found"]] == ["WSC015"]
    assert checked(code, "--ignore", "WSC015")["found"] == []


def test_a_finding_of_a_whole_file_is_suppressed_anywhere_in_it(checked: Checked, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "unified_target" / "unified_shims.py").read_text("utf-8")
    drifted = f"{text}\nx = 1  # wsconsolidate: ignore[WSC008] ours\n"
    assert checked(clean(tmp_path / "code", **{"app/core/unified_shims.py": drifted}))["found"] == []


def test_what_only_looks_like_one_is_none(checked: Checked, tmp_path: Path) -> None:
    text = f'{OLD}\nx = "# wsconsolidate: ignore[WSC002] until June"\n# see wsconsolidate: the manual\n'
    assert [item[0] for item in checked(clean(tmp_path / "code", **{"app/late.py": text}))["found"]] == ["WSC002"]
