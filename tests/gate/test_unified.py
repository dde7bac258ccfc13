"""The unified modules once they are in place: calls bind, copies are what was shipped, there is one of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codemods.analysis.binding import refusal
from codemods.index.closeup import Member
from tests.cli.tool import REPOSITORY
from tests.gate.trees import UNIFIED, clean
from tests.index.closeups import member_of

Checked = Callable[..., dict[str, Any]]
SHIPPED = REPOSITORY / "unified_target"
USE = "from app.core.hub import UnifiedEmitter, UnifiedHub\n\nhub = UnifiedHub()\n"

CALLS = {
    "the constructor with nothing": ("UnifiedHub()", ""),
    "the constructor by position": ("UnifiedHub(4)", ""),
    "the constructor by name": ("UnifiedHub(limit=4)", ""),
    "too many": ("UnifiedHub(4, 5)", "gives 2 arguments by position; at most 1 are taken"),
    "an unknown name": ("UnifiedHub(size=4)", "gives size, which it does not take"),
    "one that is lacking": ("UnifiedEmitter('u')", "lacks hub"),
    "both": ("UnifiedEmitter('u', hub)", ""),
    "one given twice": ("UnifiedEmitter('u', user_id='u', hub=hub)", "gives user_id twice"),
    "stars may bring what is lacking": ("UnifiedEmitter(*both)", ""),
    "stars do not mend an unknown name": ("UnifiedEmitter(*both, size=3)", "gives size, which it does not take"),
    "a method": ("hub.connect_socket('u', None, room='r')", ""),
    "a method with a keyword by position": (
        "hub.connect_socket('u', None, 'r')",
        "gives 3 arguments by position; at most 2 are taken",
    ),
    "a method of a fresh one": ("UnifiedHub().send_to_user('u')", "lacks message"),
    "a method that is not there": ("hub.nothing(1)", ""),
    "an attribute of an attribute": ("hub.sockets.get(1, 2, 3)", ""),
    "the method of the class": ("UnifiedHub.send_to_user(hub, 'u', {})", ""),
}


@pytest.mark.parametrize(("call", "problem"), CALLS.values(), ids=CALLS)
def test_a_call_binds_or_is_told(checked: Checked, tmp_path: Path, call: str, problem: str) -> None:
    code = clean(
        tmp_path / "code",
        **{"app/user.py": f"{USE}both = 'u', hub\n\n\ndef f():\n    hub = UnifiedHub()\n    {call}\n"},
    )
    report = checked(code, "--select", "WSC012")
    assert [item["line"] for item in report["findings"]] == ([9] if problem else [])
    assert all(item["message"].endswith(problem) for item in report["findings"])


def test_a_call_of_a_getter_that_says_what_it_gives(checked: Checked, tmp_path: Path) -> None:
    text = f"{USE}\n\ndef get_hub() -> UnifiedHub:\n    return hub\n\n\nget_hub().send_to_user('u')\n"
    report = checked(clean(tmp_path / "code", **{"app/user.py": text}), "--select", "WSC012")
    assert [item[2:] for item in report["found"]] == [(10, "app.core.hub.UnifiedHub.send_to_user")]


def test_a_swap_of_one_broken_call_for_another_is_seen(checked: Checked, tmp_path: Path) -> None:
    first, second = (
        checked(clean(tmp_path / name, **{"app/user.py": f"{USE}UnifiedHub({given})\n"}), "--select", "WSC012")
        for name, given in (("one", "1, 2"), ("two", "1, 2, 3"))
    )
    assert first["findings"][0]["fingerprint"] != second["findings"][0]["fingerprint"]


@pytest.mark.parametrize(
    ("definition", "shape", "told"),
    [
        ("def f(self, *args)", "5", ""),
        ("def f(self, a, *args, b)", "5", "lacks b"),
        ("def f(self, a, *args, b)", "5, **", ""),
        ("def f(self, **kwargs)", "x=, y=", ""),
        ("def f(self, **kwargs)", "1", "gives 1 arguments by position; at most 0 are taken"),
        ("@property\ndef f(self)", "3", ""),
        ("@staticmethod\ndef f(a)", "1", ""),
        ("@classmethod\ndef f(cls, a)", "1", ""),
        ("def f(self, a, b=1)", "a=", ""),
    ],
)
def test_a_shape_binds_to_a_signature(definition: str, shape: str, told: str) -> None:
    member: Member = member_of(definition)
    assert refusal(member, shape) == told


def test_a_copy_as_shipped_is_no_finding_and_a_changed_one_is(checked: Checked, tmp_path: Path) -> None:
    shipped = (SHIPPED / "unified_delivery" / "redaction.py").read_text("utf-8")
    place = "app/core/unified_delivery/redaction.py"
    for text, count in (
        (shipped, 0),
        (shipped.replace("\n", "\r\n"), 0),
        (f"# copied\n{shipped}", 0),
        (shipped.replace('"""', '"""Ours: ', 1), 0),
        (f"{shipped}\nX = 1\n", 1),
        (shipped.replace("import re\n", "import re as regex\n"), 1),
        ("def broken(:\n", 1),
    ):
        code = clean(tmp_path / "code")
        (code / place).parent.mkdir(parents=True, exist_ok=True)
        (code / place).write_bytes(text.encode())
        found = checked(code, "--select", "WSC008")["found"]
        assert found == [("WSC008", place, 0, "app.core.unified_delivery.redaction")] * count, text[-60:]


def test_the_answer_does_not_outlive_a_change_that_is_no_fact(checked: Checked, tmp_path: Path) -> None:
    shipped = (SHIPPED / "unified_delivery" / "redaction.py").read_text("utf-8")
    code = clean(tmp_path / "code", **{"app/core/unified_delivery/redaction.py": shipped})
    assert checked(code, "--select", "WSC008")["code"] == 0
    copy = code / "app/core/unified_delivery/redaction.py"
    copy.write_text(shipped.replace("return ", "return  None and ", 1), "utf-8")
    assert checked(code, "--select", "WSC008")["code"] == 1


def test_a_module_that_hands_on_the_preserved_class_is_no_drift(checked: Checked, tmp_path: Path) -> None:
    text = "from app.bridge import RunBridge as RunBridge\n"
    assert checked(clean(tmp_path / "code", **{"app/core/agent_bridge.py": text}))["found"] == []
    other = "from app.page import page\n"
    assert [item[0] for item in checked(clean(tmp_path / "code", **{"app/core/agent_bridge.py": other}))["found"]] == [
        "WSC008"
    ]


def test_a_second_unified_class_is_told_with_the_first(checked: Checked, tmp_path: Path) -> None:
    second = "class UnifiedHub:\n    def turn(self):\n        return 1\n"
    code = clean(
        tmp_path / "code",
        **{"app/copy.py": second, "tests/fake.py": second, "app/mock.py": "class MockUnifiedHub: ...\n"},
    )
    report = checked(code, "--select", "WSC004")
    assert report["found"] == [("WSC004", "app/copy.py", 1, "UnifiedHub")]
    assert report["findings"][0]["related"][0]["path"] == "app/core/hub.py"
    assert (
        report["criteria"][0]["state"],
        report["criteria"][0]["evidence"],
    ) == ("open", "2 of that name: app/copy.py:1")


def test_an_event_that_nothing_makes_is_told(checked: Checked, tmp_path: Path) -> None:
    silent = UNIFIED.replace("emit_run_ended", "finish").replace('"run_ended"', '"ended"')
    report = checked(clean(tmp_path / "code", **{"app/core/hub.py": silent}))
    assert report["found"] == [("WSC006", "app/core/hub.py", 0, "run_ended")]
    assert report["criteria"][2]["state"] == "open"


def test_without_any_class_of_the_plan_the_events_have_no_home(checked: Checked, tmp_path: Path) -> None:
    code = tmp_path / "code"
    clean(code)
    for path in ("app/core/hub.py", "app/bridge.py", "app/page.py", "tests/test_page.py"):
        (code / path).unlink()
    report = checked(code)
    assert [item[:2] for item in report["found"]] == [
        ("WSC007", "app/bridge.py"), ("WSC006", "pyproject.toml"), ("WSC006", "pyproject.toml"),
    ]  # fmt: skip
    assert [goal["state"] for goal in report["criteria"]] == ["open"] * 3 + ["unknown", "open"] + ["unknown"] * 2 + [
        "open"
    ]


def test_producers_may_go_where_a_unified_class_takes_over(checked: Checked, tmp_path: Path) -> None:
    from tests.gate.trees import legacy, shimmed

    base = tmp_path / "base.txt"
    record = ("--baseline", base, "--update-baseline", "--add")
    assert checked(legacy(tmp_path / "code"), *record)["code"] == 0
    shimmed(tmp_path / "code")
    (tmp_path / "code" / "app" / "old" / "protocols.py").unlink()
    report = checked(tmp_path / "code", "--baseline", base, "--update-baseline")
    assert [item[:2] for item in report["found"]] == [("WSC002", "app/late.py"), ("WSC011", "app/old/emitter.py")]
