"""The code that keeps old paths and old calls: checked as code, and run, by the numbers of the specification."""

from __future__ import annotations

import ast
import asyncio
import inspect
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.conventions import ClassConvention, Conventions, MethodConvention
from codemods.errors import ConfigError
from codemods.index.parse import parse
from codemods.rewrites.adapter_names import class_name, getter_name
from codemods.rewrites.call_adapters import Deadlines, OldClass, adapter_module, legacy_calls
from codemods.rewrites.shim_text import MovedName, ShimSpec, block, function_of, replaced_module
from codemods.rewrites.written import bracketed, double_quoted, from_import, parameters
from tests.rewrites.shimmed import Package, own_names, packages, quietly, told

HUB = '''
"""What is unified."""

from __future__ import annotations

__all__ = ["Emitter", "Pool", "fetch", "get_emitter", "get_pool"]


class Delivery:
    def __init__(self, sent: bool = True, error: Exception | None = None) -> None:
        self.sent, self.error = sent, error


class Emitter:
    limit = 3
    is_active = True
    delivery = Delivery()

    def __init__(self, user: str, room: str | None = None) -> None:
        if not user:
            raise TypeError("no user")
        self.user, self.room = user, room
        self.delivered: list[tuple[str, object, dict[str, object]]] = []

    async def deliver(self, event: str, agent: object = None, **details: object) -> Delivery:
        self.delivered.append((event, agent, details))
        return self.delivery

    async def emit(self, room: str, text: str) -> bool:
        return True

    def plain(self) -> str:
        return self.user


class Pool:
    def __init__(self, size: int = 1) -> None:
        self.size = size

    async def acquire(self, user: str) -> Emitter:
        return Emitter(user)


_emitter = Emitter("the one")


def get_emitter() -> Emitter:
    return _emitter


async def get_pool() -> Pool:
    return Pool()


async def fetch(a: int, *, b: str = "b") -> int:
    return a
'''
ERRORS = """
class Refused(Exception):
    def __init__(self, event: str, agent: object = "somebody") -> None:
        super().__init__(event, agent)


class Broken(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
"""
EMIT = MethodConvention("emit", "text, room='all'", "told", gives="text=text, room=room")
START = MethodConvention("start", "agent, note=None", "started", "agent", gives="note=note", returns="raises")
STOP = MethodConvention("stop", "agent", "stopped", "agent", returns="none")


def conventions_of(package: str) -> Conventions:
    return Conventions(
        (
            ClassConvention(
                f"{package}.old.OldEmitter",
                "hub",
                "Emitter(context.user, str(router))",
                "context, router=None",
                undelivered=f"{package}.errors.Refused(event=event, agent='nobody')",
                failed=f"{package}.errors.Broken(reason=str(error))",
                quiet_when_released=True,
                methods=(EMIT, START, STOP),
            ),
            ClassConvention(
                f"{package}.old.OldPool",
                "hub",
                "Pool(size)",
                "size=5",
                methods=(MethodConvention("acquire", "user", adapts=f"{package}.old.OldPool.Inner"),),
            ),
            ClassConvention(f"{package}.old.OldPool.Inner", "hub", "Emitter(who)", "who", methods=(EMIT,)),
        )
    )


def old_classes(package: str) -> tuple[OldClass, ...]:
    return (
        OldClass(
            f"{package}.old.OldEmitter",
            f"{package}.hub.Emitter",
            getters=((f"{package}.old.get_emitter", f"{package}.hub.get_emitter"),),
        ),
        OldClass(
            f"{package}.old.OldPool",
            f"{package}.hub.Pool",
            inside=(OldClass(f"{package}.old.OldPool.Inner", f"{package}.hub.Emitter"),),
            getters=((f"{package}.old.get_pool", f"{package}.hub.get_pool"),),
        ),
    )


def calls_of(package: str) -> str:
    deadlines = Deadlines(f"{package}.unified_shims", "2025.9", "2026.3")
    return legacy_calls(conventions_of(package), old_classes(package), package, deadlines)


def spec_of(package: str, exports: tuple[str, ...] | None = None) -> ShimSpec:
    def moved(name: str, new: str, adapter: str = "") -> MovedName:
        return MovedName(name, f"{package}.hub:{new}", f"{package}.legacy_calls:{adapter}" if adapter else "")

    names = (
        moved("OldEmitter", "Emitter", class_name(f"{package}.old.OldEmitter")),
        moved("OldPool", "Pool", class_name(f"{package}.old.OldPool")),
        moved("get_emitter", "get_emitter", getter_name(f"{package}.old.get_emitter")),
        moved("get_pool", "get_pool", getter_name(f"{package}.old.get_pool")),
        moved("Plain", "Emitter"),
        moved("fetch", "fetch"),
        moved("_emitter", "_emitter"),
    )
    return ShimSpec(f"{package}.old", names, f"{package}.unified_shims", "2025.9", "2026.3", exports)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """A package whose module `old` has left for `hub`."""
    for variable in ("WSCONSOLIDATE_SHIMS", "WSCONSOLIDATE_SHIM_LOG"):
        monkeypatch.delenv(variable, raising=False)
    for made in packages(tmp_path, monkeypatch.syspath_prepend):
        made.write("hub", HUB)
        made.write("errors", ERRORS)
        made.write("legacy_calls", calls_of(made.name))
        made.write("old", replaced_module(spec_of(made.name)))
        yield made


CONTEXT = types.SimpleNamespace(user="alice")


# ── as code ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LONG = "a_rather_long_package_name.with_a_rather_long_module.and_one_more_level"
TEXTS = {
    "a replaced module": replaced_module(spec_of("pkg")),
    "a replaced module that said what it offers": replaced_module(spec_of("pkg", ("OldPool", "Plain"))),
    "a replaced module that offered nothing": replaced_module(spec_of("pkg", ())),
    "a replaced module of long names": replaced_module(spec_of(LONG)),
    "the end of a module that stays": block(spec_of("pkg"), False),
    "the end of one that knows TYPE_CHECKING": block(spec_of("pkg"), True),
    "old calls": calls_of("pkg"),
    "old calls of long names": calls_of(LONG),
    "adapters alone": adapter_module(conventions_of("pkg"), ["pkg.old.OldPool"], "pkg"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_40_what_is_written_is_code_that_a_careful_hand_would_have_written(text: str, tmp_path: Path) -> None:
    tree = ast.parse(text, feature_version=(3, 10))
    compile(text, "written.py", "exec")
    assert max(map(len, text.splitlines())) <= 120
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert ast.get_docstring(tree) or text.startswith("# Names that have left")
    (tmp_path / "written.py").write_text(text, "utf-8")
    format_ = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "--diff", "written.py"]
    done = subprocess.run(format_, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_45_writing_it_again_writes_the_same() -> None:
    assert replaced_module(spec_of("pkg")) == TEXTS["a replaced module"]
    assert calls_of("pkg") == TEXTS["old calls"]


def test_39_it_needs_the_standard_library_and_the_project_only() -> None:
    known = set(sys.stdlib_module_names) | {"pkg"}
    for text in TEXTS.values():
        imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
        roots = {(node.module or "").partition(".")[0] for node in imports if isinstance(node, ast.ImportFrom)}
        assert roots <= known | {LONG.partition(".")[0]}
        assert all(isinstance(node, ast.ImportFrom) and not node.level for node in imports)


def test_41_since_removal_and_the_new_paths_are_read_without_importing() -> None:
    for text in (
        TEXTS["a replaced module"],
        TEXTS["the end of a module that stays"],
        TEXTS["a replaced module of long names"],
    ):
        facts = parse("pkg/old.py", "pkg.old", text.encode(), False).facts
        lazy = {b.name: b.target for scope, found in facts.scopes if not scope for b in found if b.kind == "lazy"}
        assert set(lazy) == {"OldEmitter", "OldPool", "get_emitter", "get_pool", "Plain", "fetch", "_emitter"}
        assert lazy["Plain"].endswith("hub:Emitter")
        assert 'since="2025.9",' in text
        assert 'removal="2026.3",' in text
    assert "Deprecated since 2025.9, goes in 2026.3." in TEXTS["a replaced module"]


def test_the_docstring_says_where_all_is_unless_that_is_too_much() -> None:
    def first(*modules: str) -> str:
        names = tuple(MovedName(f"N{n}", f"{module}:N") for n, module in enumerate(modules))
        return replaced_module(ShimSpec("pkg.old", names, "pkg.unified_shims", "1", "2")).splitlines()[0]

    assert first("a.b") == '"""What was here is in a.b.'
    assert first("b", "a") == '"""What was here is in a and b.'
    assert first("c", "b", "a") == '"""What was here is in a, b and c.'
    assert first("a" * 60, "b" * 60) == '"""What was here is elsewhere; the table below says where.'


def test_a_class_may_be_made_of_what_is_there_already() -> None:
    conventions = Conventions((ClassConvention("pkg.old.Old", "hub", "THE_HUB"),))
    text = adapter_module(conventions, ["pkg.old.Old"], "pkg")
    assert "from pkg.hub import THE_HUB\n" in text
    assert text.endswith("    return THE_HUB\n")


def test_builtins_are_not_imported() -> None:
    conventions = Conventions((ClassConvention("pkg.old.Old", "hub", "Hub(list(names), len(names))", "names"),))
    assert "from pkg.hub import Hub\n" in adapter_module(conventions, ["pkg.old.Old"], "pkg")


def test_without_dates_none_are_made_up() -> None:
    spec = ShimSpec("pkg.old", (MovedName("A", "pkg.new:A"),), "pkg.unified_shims", "", "")
    text = replaced_module(spec)
    assert "Deprecated. Written by" in text
    assert "removal" not in text


def test_60_type_checkers_see_the_exact_type_and_flag_what_is_not_there(package: Package) -> None:
    package.write(
        "typed",
        f"""\
from {package.name}.old import OldEmitter, OldPool, Plain, fetch, get_emitter, get_pool


class Context:
    user = "alice"


async def use() -> None:
    emitter = OldEmitter(Context(), router=3)
    answer: bool = await emitter.emit("text", "room")
    await emitter.start("agent", note=1)
    plain: str = emitter.plain()
    made = await OldPool().acquire("alice")
    await made.emit("text")
    await get_emitter().emit("room", "text")
    await (await get_pool()).acquire("alice")
    unified = Plain("alice")
    await unified.emit("room", "text")
    number: int = await fetch(1, b="c")
    print(answer, plain, number)
""",
    )
    package.write(
        "wrong",
        f"""\
from {package.name}.old import OldEmitter, Plain
from {package.name} import old

OldEmitter()
Plain("a", "b", "c")
old.Nothing
""",
    )
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        ".mypy",
        "-p",
        package.name,
    ]
    done = subprocess.run(command, cwd=package.folder.parent, capture_output=True, text=True, check=False)
    errors = [line.partition(": error: ")[::2] for line in done.stdout.splitlines()]
    assert {place.rpartition("/")[2].rpartition(":")[0] for place, _ in errors} == {"wrong.py"}, done.stdout
    assert [place.rpartition(":")[2] for place, _ in errors] == ["4", "5", "6"]
    assert 'has no attribute "Nothing"' in errors[-1][1]


# ── the module that was replaced ─────────────────────────────────────────────────────────────────────────────────────


def test_1_the_old_path_gives_the_very_object(package: Package) -> None:
    assert told(lambda: package.run("user", "\n\nfrom $.old import Plain\n")) == [("user.py", 3)]
    user, hub = package.load("user"), package.load("hub")
    assert user.Plain is hub.Emitter
    assert quietly(lambda: package.load("old").fetch) is hub.fetch
    assert quietly(lambda: package.load("old")._emitter) is hub._emitter


def test_5_an_unknown_name_is_an_error_without_a_warning(package: Package) -> None:
    def ask() -> None:
        with pytest.raises(AttributeError, match="nothing"):
            _ = package.load("old").nothing
        with pytest.raises(ImportError, match="nothing"):
            package.run("user5", "from $.old import nothing\n")

    assert told(ask) == []


def test_8_functions_keep_signature_and_kind(package: Package) -> None:
    old = package.load("old")
    assert inspect.iscoroutinefunction(quietly(lambda: old.fetch))
    assert inspect.iscoroutinefunction(quietly(lambda: old.get_pool))
    assert str(inspect.signature(quietly(lambda: old.fetch))) == "(a: 'int', *, b: 'str' = 'b') -> 'int'"
    assert str(inspect.signature(quietly(lambda: old.get_emitter))) == "() -> 'Emitter'"


def test_13_importing_warns_nobody_and_31_does_not_import_the_target(package: Package) -> None:
    assert told(lambda: package.load("old")) == []
    loaded = {name.rpartition(".")[2] for name in sys.modules if name.startswith(f"{package.name}.")}
    assert loaded == {"old", "unified_shims"}
    assert told(lambda: package.load("hub")) == []
    assert told(lambda: package.load("legacy_calls")) == []


def test_21_a_star_gives_exactly_the_public_names(package: Package) -> None:
    user = quietly(lambda: package.run("user", "from $.old import *\n"))
    public = {"OldEmitter", "OldPool", "Plain", "fetch", "get_emitter", "get_pool"}
    assert {name for name in own_names(user) if not name.startswith("__")} == public
    for number, (exports, given_) in enumerate(
        [(("Plain", "gone"), {"Plain"}), ((), set()), (("_emitter",), {"_emitter"})]
    ):
        package.write(
            f"star{number}", replaced_module(spec_of(package.name, exports)).replace(".old", f".star{number}")
        )
        user = quietly(lambda n=number: package.run(f"user{n}", f"from $.star{n} import *\n"))  # type: ignore[misc]
        assert {name for name in own_names(user) if not name.startswith("__")} == given_


def test_22_dir_lists_the_old_names(package: Package) -> None:
    names = dir(package.load("old"))
    assert {"OldEmitter", "get_pool", "_emitter"} <= set(names)
    assert names == sorted(set(names))


def test_44_it_works_inside_a_running_loop_and_other_threads(package: Package) -> None:
    old = package.load("old")

    async def use() -> Any:
        emitter = await asyncio.to_thread(lambda: old.OldEmitter(CONTEXT))
        return await emitter.emit("text")

    assert quietly(lambda: asyncio.run(use())) is True


# ── classes that were called otherwise ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def emitter_class(package: Package) -> Any:
    return quietly(lambda: package.load("old").OldEmitter)


def test_46_legacy_calls_make_exactly_the_unified_class(package: Package, emitter_class: Any) -> None:
    hub = package.load("hub")
    made = emitter_class(CONTEXT, router="r")
    assert type(made) is hub.Emitter
    assert (made.user, made.room) == ("alice", "r")
    assert asyncio.run(made.emit("hello")) is True
    assert made.delivered == [("told", None, {"text": "hello", "room": "all"})]
    asyncio.run(made.emit("hello", room="lobby"))
    assert made.delivered[-1][2] == {"text": "hello", "room": "lobby"}
    assert hub.Emitter("bob").emit.__func__ is hub.Emitter.emit  # others keep the unified calls


def test_47_isinstance_issubclass_and_match_hold_both_ways(package: Package, emitter_class: Any) -> None:
    hub = package.load("hub")
    assert isinstance(hub.Emitter("bob"), emitter_class)
    assert isinstance(emitter_class(CONTEXT), hub.Emitter)
    assert issubclass(hub.Emitter, emitter_class)
    assert issubclass(emitter_class, hub.Emitter)
    assert not isinstance(3, emitter_class)
    match hub.Emitter("bob"):
        case emitter_class():
            pass
        case _:
            pytest.fail("no match")
    assert mock.Mock(spec=emitter_class).plain
    with pytest.raises(AttributeError):
        _ = mock.Mock(spec=emitter_class).nothing


def test_48_a_subclass_may_give_the_old_arguments(package: Package, emitter_class: Any) -> None:
    class Special(emitter_class):  # type: ignore[misc]
        def __init__(self, context: Any) -> None:
            super().__init__(context, router="special")

    made = Special(CONTEXT)
    assert type(made) is Special
    assert (made.user, made.room) == ("alice", "special")
    assert isinstance(made, package.load("hub").Emitter)
    assert not isinstance(package.load("hub").Emitter("bob"), Special)


def test_48_a_subclass_is_called_as_of_old_but_for_what_it_does_itself(package: Package, emitter_class: Any) -> None:
    class Special(emitter_class):  # type: ignore[misc]
        def start(self, agent: str) -> str:
            return f"mine {agent}"

    made = Special(CONTEXT)
    assert asyncio.run(made.emit("hello", "lobby")) is True
    assert made.delivered == [("told", None, {"text": "hello", "room": "lobby"})]
    assert made.start("agent") == "mine agent"
    assert asyncio.run(package.load("hub").Emitter("bob").emit("room", "text")) is True


def test_49_wrong_calls_are_type_errors_and_51_the_constructors_own_come_through(emitter_class: Any) -> None:
    for call in (lambda: emitter_class(), lambda: emitter_class(1, 2, 3), lambda: emitter_class(CONTEXT, user="x")):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError, match="no user"):
        emitter_class(types.SimpleNamespace(user=""))
    made = emitter_class(CONTEXT)
    with pytest.raises(TypeError):
        asyncio.run(made.emit())
    with pytest.raises(TypeError):
        asyncio.run(made.emit("a", "b", "c"))


def test_50_the_signature_is_the_old_one(emitter_class: Any) -> None:
    assert list(inspect.signature(emitter_class).parameters) == ["context", "router"]
    assert inspect.signature(emitter_class).parameters["router"].default is None


def test_52_calling_it_warns_no_further(emitter_class: Any) -> None:
    assert told(lambda: asyncio.run(emitter_class(CONTEXT).emit("x"))) == []


def test_53_class_attributes_are_the_unified_ones_both_ways(package: Package, emitter_class: Any) -> None:
    hub = package.load("hub")
    assert emitter_class.limit == 3
    hub.Emitter.limit = 4
    assert emitter_class.limit == 4
    emitter_class.limit = 5
    assert hub.Emitter.limit == 5


def test_54_the_adapter_is_one_class_however_many_ask_at_first(package: Package) -> None:
    old = package.load("old")
    found: list[Any] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        found.append(old.OldEmitter)

    def all_at_once() -> None:
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    quietly(all_at_once)
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_calls_raise_what_they_raised(package: Package, emitter_class: Any) -> None:
    hub, errors = package.load("hub"), package.load("errors")
    made = emitter_class(CONTEXT)
    assert asyncio.run(made.start("agent", note=1)) is True
    assert made.delivered == [("started", "agent", {"note": 1})]
    made.delivery = hub.Delivery(sent=False)
    with pytest.raises(errors.Refused) as refused:
        asyncio.run(made.start("agent"))
    assert refused.value.args == ("started", "nobody")
    made.delivery = hub.Delivery(sent=False, error=ValueError("why"))
    with pytest.raises(errors.Broken) as broken:
        asyncio.run(made.start("agent"))
    assert broken.value.args == ("why",)
    assert str(broken.value.__cause__) == "why"
    assert asyncio.run(made.emit("x")) is False
    assert asyncio.run(made.stop("agent")) is None
    count = len(made.delivered)
    made.is_active = False
    assert asyncio.run(made.emit("x")) is False
    assert asyncio.run(made.start("x")) is False
    assert asyncio.run(made.stop("x")) is None
    assert len(made.delivered) == count


def test_what_an_old_object_hands_out_is_called_as_of_old(package: Package) -> None:
    old = package.load("old")
    pool = quietly(lambda: old.OldPool())
    assert pool.size == 5
    made = asyncio.run(pool.acquire("alice"))
    asyncio.run(made.emit("hello", "lobby"))
    assert made.delivered == [("told", None, {"text": "hello", "room": "lobby"})]


def test_what_old_getters_give_is_called_as_of_old_and_unified_getters_give_the_object_itself(package: Package) -> None:
    old, hub = package.load("old"), package.load("hub")
    view = quietly(lambda: old.get_emitter)()
    asyncio.run(view.emit("hello"))
    assert hub._emitter.delivered == [("told", None, {"text": "hello", "room": "all"})]
    assert view.plain() == "the one"
    assert hub.get_emitter() is hub._emitter
    assert asyncio.run(hub.get_emitter().emit("room", "text")) is True
    made = asyncio.run(asyncio.run(quietly(lambda: old.get_pool)()).acquire("bob"))
    assert asyncio.run(made.emit("text")) is True


def test_37_a_double_on_the_new_path_is_what_the_old_path_gives(package: Package) -> None:
    old, hub = package.load("old"), package.load("hub")
    first = quietly(lambda: (old.OldEmitter, old.get_emitter))

    class Fake:
        pass

    def fake() -> str:
        return "fake"

    for double in (mock.Mock(), mock.AsyncMock(), fake):
        with mock.patch.object(hub, "get_emitter", double):
            assert quietly(lambda: old.get_emitter) is double
    for double in (mock.Mock(), Fake):
        with mock.patch.object(hub, "Emitter", double):
            assert quietly(lambda: old.OldEmitter) is double
    assert quietly(lambda: (old.OldEmitter, old.get_emitter)) == first


@pytest.mark.parametrize("flags", [["-O"], ["-OO"], ["-b"], ["-X", "utf8=0"], ["-W", "error"]], ids=" ".join)
def test_40_it_works_however_python_is_started(package: Package, flags: list[str]) -> None:
    code = (
        "import asyncio, types, warnings\n"
        f"import {package.name}.old, {package.name}.legacy_calls\n"
        "warnings.simplefilter('ignore')\n"
        f"made = {package.name}.old.OldEmitter(types.SimpleNamespace(user='alice'))\n"
        "print(asyncio.run(made.emit('x')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", *flags, "-c", code],
        cwd=package.folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_nested_class_is_where_it_was_and_called_as_it_was(package: Package) -> None:
    pool = quietly(lambda: package.load("old").OldPool)
    package.write("user", "\n\n\ndef make(pool):\n    return pool.Inner('carol')\n")
    user = package.load("user")
    found: list[Any] = []
    assert told(lambda: found.append(user.make(pool))) == [("user.py", 5)]
    assert type(found[0]) is package.load("hub").Emitter
    assert asyncio.run(found[0].emit("x")) is True


def test_a_class_without_a_constructor_of_its_own_lets_subclasses_call_the_unified_one(package: Package) -> None:
    dotted = f"{package.name}.old.Scope"
    conventions = Conventions((ClassConvention(dotted, "hub", "Scope.open(name)", "name"),))
    package.write(
        "hub",
        "class Scope:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n\n"
        "    @classmethod\n    def open(cls, name):\n        return cls(name, 'opened')\n",
    )
    deadlines = Deadlines(f"{package.name}.unified_shims", "1", "2")
    text = legacy_calls(conventions, [OldClass(dotted, f"{package.name}.hub.Scope")], package.name, deadlines)
    made = package.run("scopes", text).OldScope

    class Special(made):  # type: ignore[misc]
        pass

    assert made("x").b == "opened"
    assert Special(1, 2).b == 2


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = {
    "app.core.manager.Manager": ("ManagerManager", "manager_of_manager"),
    "app.core.event_manager.HTTPManager": ("EventManagerHTTPManager", "httpmanager_of_event_manager"),
    "app.pool.Pool.Inner": ("PoolInner", "inner_of_pool"),
    "app.core._private._Manager": ("Private_Manager", "_manager_of__private"),
    "app.core.manager.manager": ("Managermanager", "manager_of_manager"),
    "App.core.manager.Manager": ("ManagerManager", "manager_of_manager"),
    "x.App.core.manager.Manager": ("ManagerManager", "manager_of_manager"),
}


@pytest.mark.parametrize("dotted", NAMES)
def test_generated_names_say_the_class_and_its_module(dotted: str) -> None:
    assert class_name(dotted) == NAMES[dotted][0]
    conventions = Conventions((ClassConvention(dotted, "hub", "Hub()"),))
    deadlines = Deadlines("pkg.unified_shims", "1", "")
    text = legacy_calls(conventions, [OldClass(dotted, "pkg.hub.Hub")], "pkg", deadlines)
    ast.parse(text)
    assert f"def make_{NAMES[dotted][1]}(" in text
    assert f"class {NAMES[dotted][0]}(Hub):" in text


def test_two_classes_that_would_be_called_the_same_are_refused() -> None:
    names = ("a.manager.Manager", "b.manager.Manager")
    conventions = Conventions(tuple(ClassConvention(name, "hub", "Hub()") for name in names))
    with pytest.raises(ConfigError, match=r"a\.manager\.Manager and b\.manager\.Manager would both be called"):
        legacy_calls(conventions, [OldClass(name, "p.hub.Hub") for name in names], "p", Deadlines("p.s", "1", ""))


def test_names_that_differ_in_capitals_only_have_functions_of_their_own(package: Package) -> None:
    assert function_of("Fetch") == function_of("fetch") == "_adapted_fetch"
    assert function_of("HTTPManager") == "_adapted_http_manager"
    names = tuple(
        MovedName(name, f"{package.name}.hub:{new}", f"{package.name}.hub:{new}")
        for name, new in {"Fetch": "Emitter", "fetch": "fetch", "FETCH": "Pool"}.items()
    )
    spec = ShimSpec(f"{package.name}.capitals", names, f"{package.name}.unified_shims", "1", "2")
    old, hub = package.run("capitals", replaced_module(spec)), package.load("hub")
    assert quietly(lambda: (old.Fetch, old.fetch, old.FETCH)) == (hub.Emitter, hub.fetch, hub.Pool)


# ── how code is laid out ─────────────────────────────────────────────────────────────────────────────────────────────


def test_imports_and_calls_stand_in_a_line_where_they_fit() -> None:
    assert from_import("a", ["b", "c"]) == "from a import b, c\n"
    assert (
        from_import("a" * 60, ["b" * 30, "c" * 30])
        == f"from {'a' * 60} import (\n    {'b' * 30},\n    {'c' * 30},\n)\n"
    )
    assert bracketed("f(", [], ")") == "f()"
    assert bracketed("f(", ["a", "b"], ")") == "f(a, b)"
    assert bracketed("f(", ["a" * 60, "b" * 60], ")") == f"f(\n    {'a' * 60},\n    {'b' * 60},\n)"
    assert bracketed("f(", ["g(\n    a,\n)"], ")") == "f(\n    g(\n        a,\n    ),\n)"


SIGNATURES = [
    "",
    "a",
    "a, b=1",
    "a, /, b",
    "a, /",
    "*args",
    "*, a",
    "*, a, b='x'",
    "a, *args, b=2, **kw",
    "**kw",
    "a=(1, 'y')",
]


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("annotation", ["", "Any"], ids=["plain", "annotated"])
def test_parameters_are_written_as_they_are_meant(signature: str, annotation: str) -> None:
    arguments = ast.parse(f"def f({signature}): ...").body[0].args  # type: ignore[attr-defined]
    again = ast.parse(f"def f({', '.join(parameters(arguments, annotation))}): ...").body[0].args  # type: ignore[attr-defined]
    for node in ast.walk(again):
        if isinstance(node, ast.arg):
            assert (ast.unparse(node.annotation) if node.annotation else "") == annotation
            node.annotation = None
    assert ast.dump(again) == ast.dump(arguments)


@pytest.mark.parametrize(
    ("given_", "becomes"),
    [
        ("'a'", '"a"'),
        ("f('a', b='c')", 'f("a", b="c")'),
        ('"it\'s"', '"it\'s"'),
        ("'say \"x\"'", "'say \"x\"'"),
        ("'a\\n'", "'a\\n'"),
        ("\"a'b'c\"", "\"a'b'c\""),
        ("1", "1"),
    ],
)
def test_strings_are_in_double_quotes_where_that_is_all_the_same(given_: str, becomes: str) -> None:
    assert double_quoted(given_) == becomes


@given(st.lists(st.text(alphabet="ab'\"\\\n", max_size=5), max_size=4))
def test_whatever_is_in_a_string_stays(texts: list[str]) -> None:
    assert ast.literal_eval(double_quoted(ast.unparse(ast.parse(repr(texts))))) == texts
