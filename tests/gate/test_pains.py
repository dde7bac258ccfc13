"""What users of other gates suffer from, and what must not be found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codemods.gate import registry
from codemods.gate.tree import Tree
from reports.documents.check import Finding
from tests.cli.tool import Answer, run
from tests.gate.trees import UNIFIED, clean, legacy, shimmed
from tests.support import written
from tests.test_architecture import HEAVY, loaded

Tool = Callable[..., Answer]
Checked = Callable[..., dict[str, Any]]
TWIN = """\
    class {name}:
        def __init__(self, limit=3):
            self.sockets = {{}}

        async def connect_socket(self, user_id, socket, *, room=None): ...

        async def send_to_user(self, user_id, message): ...
    """
FINE: dict[str, dict[str, str]] = {
    "a double in a test": {"tests/doubles.py": TWIN.format(name="FakeUnifiedHub")},
    "a stand-in in a test without a telling name": {"tests/helpers/hubs.py": TWIN.format(name="LocalHub")},
    "a variant that extends the unified class": {
        "app/room.py": "from app.core.hub import UnifiedHub\n\n\nclass RoomHub(UnifiedHub):\n"
        "    async def connect_socket(self, user_id, socket, *, room=None): ...\n\n"
        "    async def send_to_user(self, user_id, message): ...\n"
    },
    "a protocol that shares one method": {
        "app/proto.py": "from typing import Protocol\n\n\nclass Mailer(Protocol):\n    def send_to_user(self): ...\n"
    },
    "a protocol of a test": {
        "tests/proto.py": "from typing import Protocol\n\n\nclass HubProtocol(Protocol):\n    async def x(self): ...\n"
    },
    "a class of another subject": {
        "app/cart.py": "class ShoppingCart:\n    def add(self, item): ...\n\n    def total(self): ...\n"
    },
    "an emitter made in a function": {
        "app/make.py": "from app.core.hub import UnifiedEmitter\n\n\ndef of(u):\n    return UnifiedEmitter(u, None)\n"
    },
    "a hub for all": {"app/one.py": "from app.core.hub import UnifiedHub\n\nhub = UnifiedHub()\n"},
    "a guarded import that leads nowhere": {
        "app/maybe.py": "try:\n    from app.core.gone import X\nexcept ImportError:\n    X = None\n"
    },
    "an import outside of the plan's packages that leads nowhere": {"lib/__init__.py": "from lib.gone import X\n"},
    "a string that is no path": {"app/text.py": 'X = "app.old"\nY = "EventHub"\nZ = "see app.old.hub.EventHub"\n'},
    "a class of a legacy name that is another": {"app/other.py": "class EventHub:\n    value = 1\n"},
}  # fmt: skip


@pytest.mark.parametrize("files", FINE.values(), ids=FINE)
def test_what_is_meant_to_be_there_is_not_told(tool: Tool, tmp_path: Path, files: dict[str, str]) -> None:
    clean(tmp_path / "code")
    record = ("--baseline", "base.txt", "--update-baseline", "--add")
    assert tool("check", "code", *record).code == 0
    written(files, tmp_path / "code")
    answer = tool("check", "code", "--baseline", "base.txt")
    assert answer.code == 0, answer.out


def test_a_newcomer_is_a_note_until_there_is_something_to_compare_with(checked: Checked, tmp_path: Path) -> None:
    code = legacy(tmp_path / "code", **{"app/fast.py": TWIN.format(name="FastEventHub")})
    report = checked(code, "--select", "WSC003")
    assert (report["code"], report["found"]) == (0, [("WSC003", "app/fast.py", 1, "FastEventHub")])
    assert report["findings"][0]["level"] == "note"
    base = tmp_path / "base.txt"
    (tmp_path / "base.txt").write_text("# wsconsolidate baseline 1:\n", "utf-8")
    assert checked(code, "--select", "WSC003", "--baseline", base)["code"] == 1
    assert checked(code, "--select", "WSC003", "--baseline", base, "--update-baseline", "--add")["code"] == 0
    assert checked(code, "--select", "WSC003", "--baseline", base)["code"] == 0


SHARED = {
    "made by the class": "emitter = UnifiedEmitter('u', None)",
    "made by a method of the class": "emitter = UnifiedEmitter.for_user('u')",
    "made by a function that says what it gives": "emitter = make()",
    "annotated": "emitter: UnifiedEmitter = UnifiedEmitter('u', None)",
}


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED)
def test_an_instance_for_one_user_that_all_share(checked: Checked, tmp_path: Path, text: str) -> None:
    head = "from app.core.hub import UnifiedEmitter\n\n\ndef make() -> UnifiedEmitter:\n    return None\n\n\n"
    report = checked(clean(tmp_path / "code", **{"app/shared.py": head + text}))
    assert [item[0] for item in report["found"]] == ["WSC009"]
    assert report["criteria"][3]["state"] == "open"


def test_an_emitter_kept_in_a_global_for_all(checked: Checked, tmp_path: Path) -> None:
    getter = "\n\n    _one = None\n\n\n    def get():\n        global _one\n        _one = UnifiedEmitter('u', None)\n"
    report = checked(clean(tmp_path / "code", **{"app/core/hub.py": UNIFIED.rstrip() + getter}))
    assert [item[0] for item in report["found"]] == ["WSC009"]
    assert "is a singleton (_one: module global behind get())" in report["findings"][0]["message"]


def test_a_crash_is_no_finding(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_tree: Tree) -> Iterator[Finding]:
        raise RuntimeError("a defect")

    rules = (replace(registry.RULES[0], find=crash), *registry.RULES[1:])
    monkeypatch.setattr(registry, "RULES", rules)
    answer = tool("check", clean(tmp_path / "code"))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.endswith(
        "internal error: RuntimeError: a defect\nThis is a defect of wsconsolidate: please report it.\n"
    )


AWKWARD = {
    "app/latin.py": b"# coding: latin-1\nx = '\xe9'\nfrom app.old import hub  # wsconsolidate: ignore[WSC002] \xe9\n",
    "app/nul.py": b"x = 1\0\n",
    "app/utf.py": b"\xff\xfe",
    "app/cookie.py": b"# coding: nonsense\n# wsconsolidate: ignore[WSC014] x\n",
    "app/deep.py": b"x = " + b"(" * 300 + b")" * 300 + b"  # wsconsolidate: skip\n",
    "app/open.py": b"x = '''# wsconsolidate: ignore[WSC002]\n",
    "app/bom.py": b"\xef\xbb\xbffrom app.old.hub import EventHub\r\n",
}  # fmt: skip


def test_files_that_cannot_be_read_never_stop_it(tool: Tool, tmp_path: Path) -> None:
    code = shimmed(tmp_path / "code")
    for name, content in AWKWARD.items():
        (code / name).write_bytes(content)
    (code / "app" / "old" / "emitter.py").write_text("from app.core.unified_shims import moved\ndef (\n", "utf-8")
    names = [code / name for name in AWKWARD]
    for words in ([code], [code, *names]):
        for format_ in ("text", "json", "sarif", "github", "gitlab", "junit"):
            answer = tool("check", *words, "--format", format_)
            assert (answer.code, answer.err) == (1, "")
    text = tool("check", code).out
    assert "app/bom.py:1: WSC002" in text
    assert re.findall(r"^app/(\w+)\.py.*WSC014", text, re.MULTILINE) == ["cookie", "deep", "nul", "open", "utf"]


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "github", "gitlab", "junit"])
def test_the_same_tree_gives_the_same_bytes(chat: Path, tmp_path: Path, format_: str) -> None:
    answers = {
        run("check", chat, "--format", format_, *options, cwd=tmp_path, home=tmp_path / home, **said)
        for options, home, said in (
            ((), "a", {}),
            ((), "a", {}),  # with what the run before remembered
            (("--jobs", "1", "--no-cache"), "b", {"PYTHONHASHSEED": "1"}),
            (("--jobs", "5"), "c", {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "COLUMNS": "40", "LC_ALL": "C.UTF-8"}),
        )
    }
    [answer] = answers
    assert (answer.code, answer.err) == (1, "")
    assert str(tmp_path) not in answer.out
    assert str(chat) not in answer.out
    assert not re.search(r"\d\d:\d\d:\d\d", answer.out)


def test_a_check_for_a_program_pays_for_neither_libcst_nor_rich(tmp_path: Path) -> None:
    script = """
from codemods.cli import main
for more in ([], ["{page}"], ["--format", "github"]):
    sys.argv = ["wsconsolidate", "check", "{code}", "--no-cache", *more]
    try:
        main()
    except SystemExit as stopped:
        assert stopped.code == 1
print()
"""
    code = legacy(tmp_path / "code")
    assert HEAVY & loaded(script.format(code=code, page=code / "app" / "page.py")) == {"typer"}


def test_a_class_that_only_forwards_to_a_legacy_one_joins_its_family(checked: Checked, tmp_path: Path) -> None:
    more = {
        "app/fast.py": TWIN.format(name="FastEventHub"),
        "app/shim.py": "from app.old.hub import EventHub\n\n\nclass PlainHub(EventHub):\n    pass\n",
        "app/carts.py": "class CartStore:\n    def load_cart(self, key): ...\n\n    def save_cart(self, key): ...\n\n\n"
        "class OldCartStore:\n    def load_cart(self, key): ...\n\n    def save_cart(self, key): ...\n",
    }
    report = checked(legacy(tmp_path / "code", **more), "--select", "WSC003")
    assert [item[3] for item in report["found"]] == ["FastEventHub", "PlainHub"]
    assert "only forwards to app.old.hub.EventHub" in report["findings"][1]["message"]


def test_a_method_that_only_speaks_of_an_event_makes_none(checked: Checked, tmp_path: Path) -> None:
    counter = '\n    def count(self):\n        return {"run_started": 1}\n'
    code = legacy(tmp_path / "code")
    emitter = code / "app" / "old" / "emitter.py"
    emitter.write_text(emitter.read_text("utf-8") + counter, "utf-8")
    checked(code, "--baseline", tmp_path / "base.txt", "--update-baseline", "--add")
    assert "EventEmitter.count" not in (tmp_path / "base.txt").read_text("utf-8")


def test_a_target_that_is_no_class_is_none(checked: Checked, tmp_path: Path) -> None:
    names = "UnifiedHub = make()\nUnifiedEmitter = 3\nfrom app.old.protocols import EventHubProtocol as HubProtocol\n"
    report = checked(legacy(tmp_path / "code", **{"app/core/hub.py": names}), "--select", "WSC001,WSC004")
    assert [item[0] for item in report["found"]] == ["WSC001"] * 3
    assert [goal["state"] for goal in report["criteria"][:2]] == ["open", "open"]
