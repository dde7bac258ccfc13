"""Every call that the old classes accepted is accepted, means the same event, and gives back what it gave back."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from codemods.conventions import ClassConvention, Conventions, MethodConvention
from codemods.plan import load_plan
from codemods.rewrites.adapter_names import adapter_name, maker_name
from codemods.rewrites.call_adapters import adapter_module
from tests.unified.delivery.tools import FakeSocket, manager, run
from tests.unified.surface.surfaces import SURFACE, kind_of, old_kind
from unified_target import unified_manager
from unified_target.unified_delivery.stream import FIVE_EVENTS
from unified_target.unified_emitter import UnifiedWebSocketEmitter, WebSocketEmitterFactory, WebSocketEmitterPool
from unified_target.unified_manager import ConnectionScope, HeartbeatMonitor, UnifiedWebSocketManager

APP = "netra_backend.app."
CONVENTIONS = Conventions(load_plan().conventions)
TARGETS: dict[str, type] = {
    "websocket_core.manager.WebSocketManager": UnifiedWebSocketManager,
    "websocket.manager.ConnectionScopedWebSocketManager": ConnectionScope,
    "websocket_core.manager.WebSocketHeartbeatManager": HeartbeatMonitor,
    "services.websocket_event_emitter.WebSocketEventEmitterFactory": WebSocketEmitterFactory,
    "services.websocket_emitter_pool.WebSocketEmitterPool": WebSocketEmitterPool,
}
ISOLATED = "websocket_core.isolated_event_emitter.IsolatedWebSocketEventEmitter"
OF_AGENTS = "agents.supervisor.agent_instance_factory.UserWebSocketEmitter"
OF_EVENTS = "services.websocket_event_emitter.WebSocketEventEmitter"
OF_SERVICES = "services.user_websocket_emitter.UserWebSocketEmitter"
OF_BRIDGES = "services.websocket_bridge_factory.UserWebSocketEmitter"
POOLED = "services.websocket_emitter_pool.WebSocketEmitterPool.OptimizedUserWebSocketEmitter"
POOL = "services.websocket_emitter_pool.WebSocketEmitterPool"
FACTORY = "services.websocket_event_emitter.WebSocketEventEmitterFactory"
EMITTERS = (ISOLATED, OF_AGENTS, OF_EVENTS, OF_SERVICES, OF_BRIDGES, POOLED)


class SendFailure(Exception):
    def __init__(self, reason: str, event_type: str, user_id: str, thread_id: str) -> None:
        super().__init__(reason, event_type, user_id, thread_id)


class CommunicationFailure(Exception):
    def __init__(self, from_agent: str, to_agent: str, reason: str, user_id: str) -> None:
        super().__init__(from_agent, to_agent, reason, user_id)


@pytest.fixture(scope="module")
def adapters() -> Iterator[types.ModuleType]:
    """The generated module, run; the tree's exceptions are doubles."""
    source = adapter_module(CONVENTIONS, [convention.dotted for convention in CONVENTIONS.classes], "unified_target")
    exceptions = types.ModuleType("netra_backend.app.core.websocket_exceptions")
    exceptions.WebSocketSendFailureError = SendFailure  # type: ignore[attr-defined]
    exceptions.AgentCommunicationFailureError = CommunicationFailure  # type: ignore[attr-defined]
    parents = ["netra_backend", "netra_backend.app", "netra_backend.app.core"]
    names = {**{name: types.ModuleType(name) for name in parents}, exceptions.__name__: exceptions}
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(names)
    module = types.ModuleType("generated_adapters")
    exec(compile(source, "generated_adapters.py", "exec"), module.__dict__)
    yield module
    for name, old in before.items():
        if old is None:
            del sys.modules[name]
        else:
            sys.modules[name] = old


def make(adapters: types.ModuleType, old: str, *arguments: Any, **keywords: Any) -> Any:
    return getattr(adapters, maker_name(APP + old))(*arguments, **keywords)


@dataclass
class Context:
    user_id: str = "alice"
    thread_id: str = "thread-1"
    run_id: str = "run-1"
    connection_id: str = "c1"
    request_id: str = "request-1"


class Router:
    """An event router as the tree has one, on top of the manager."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner

    async def route_event(self, user_id: str, connection_id: str, event: dict[str, Any]) -> bool:
        return bool(await self.owner.send_to_connection(connection_id, event))

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> int:
        return int(await self.owner.send_to_user(user_id, event))


class Bridge:
    """A bridge that hands events to the manager; `answer` is an exception, or whether to deliver."""

    def __init__(self, owner: Any, answer: Any = True) -> None:
        self.owner, self.answer = owner, answer

    def __getattr__(self, name: str) -> Any:
        async def notify(run_id: str, agent_name: str, **details: Any) -> bool:
            if isinstance(self.answer, Exception):
                raise self.answer
            if not self.answer:
                return False
            event = {
                "type": name.removeprefix("notify_"),
                "run_id": run_id,
                "agent_name": agent_name,
                "payload": details,
            }
            return bool(await self.owner.send_to_thread("thread-1", event))

        return notify


def constructed(adapters: types.ModuleType, old: str, owner: Any, socket: FakeSocket, connection_id: str) -> Any:
    """An object made the old way."""
    context = Context(connection_id=connection_id)
    if old == ISOLATED:
        return make(adapters, old, "alice", "thread-1", "run-1", owner)
    if old == OF_AGENTS:
        return make(
            adapters, old, user_id="alice", thread_id="thread-1", run_id="run-1", websocket_bridge=Bridge(owner)
        )
    if old == OF_EVENTS:
        return make(adapters, old, context, owner)
    if old == OF_SERVICES:
        return make(adapters, old, context, Router(owner))
    if old == OF_BRIDGES:
        return make(adapters, old, context, types.SimpleNamespace(websocket=socket), {}, None)
    pooled = make(adapters, POOLED)
    pooled.initialize(context, Router(owner))
    return pooled


# The five events as each class was asked for them: (method, arguments), every argument by position.
CALLS: dict[str, list[tuple[str, tuple[Any, ...]]]] = {
    ISOLATED: [
        ("emit_agent_started", ("triage", "run-1")),
        ("emit_agent_thinking", ("triage", "hm")),
        ("emit_tool_executing", ("search", "run-1")),
        ("emit_tool_completed", ("search", "run-1", {"a": 1})),
        ("emit_agent_completed", ("triage", "run-1", {"a": 1})),
    ],
    OF_AGENTS: [
        ("notify_agent_started", ("triage", {"q": 1})),
        ("notify_agent_thinking", ("triage", "hm", 1, 10.0)),
        ("notify_tool_executing", ("triage", "search", {"q": 1})),
        ("notify_tool_completed", ("triage", "search", {"a": 1}, 5.0)),
        ("notify_agent_completed", ("triage", {"a": 1}, 9.0)),
    ],
    OF_EVENTS: [
        ("notify_agent_started", ("run-1", "triage", {"q": 1})),
        ("notify_agent_thinking", ("run-1", "triage", "hm", 1, 10.0)),
        ("notify_tool_executing", ("run-1", "triage", "search", {"q": 1})),
        ("notify_tool_completed", ("run-1", "triage", "search", {"a": 1}, 5.0)),
        ("notify_agent_completed", ("run-1", "triage", {"a": 1}, 9.0)),
    ],
    OF_SERVICES: [
        ("notify_agent_started", ("triage", {"q": 1})),
        ("notify_agent_thinking", ("triage", "hm", "1")),
        ("notify_tool_executing", ("triage", "search", {"q": 1})),
        ("notify_tool_completed", ("triage", "search", True, "found")),
        ("notify_agent_completed", ("triage", {"a": 1}, True)),
    ],
    OF_BRIDGES: [
        ("notify_agent_started", ("triage", "run-1")),
        ("notify_agent_thinking", ("triage", "run-1", "hm")),
        ("notify_tool_executing", ("triage", "run-1", "search", {"q": 1})),
        ("notify_tool_completed", ("triage", "run-1", "search", {"a": 1})),
        ("notify_agent_completed", ("triage", "run-1", {"a": 1})),
    ],
}
CALLS[POOLED] = CALLS[OF_SERVICES]
GIVES_BACK = {ISOLATED: None, OF_BRIDGES: None}


def check_five(socket: FakeSocket, *, named: bool = True) -> None:
    events = socket.events
    assert [event["type"] for event in events] == list(FIVE_EVENTS)
    assert {event["run_id"] for event in events} == {"run-1"}
    if named:
        assert {event["agent_name"] for event in events} == {"triage"}
        assert [event["payload"].get("tool_name") for event in events] == [None, None, "search", "search", None]
        assert events[1]["payload"]["reasoning"] == "hm"


@pytest.mark.parametrize("old", EMITTERS)
def test_the_five_events_of_each_old_emitter_arrive_in_order_with_run_and_agent_in_their_places(
    adapters: types.ModuleType, old: str
) -> None:
    async def go() -> None:
        owner, socket, other = manager(), FakeSocket(), FakeSocket()
        name = await owner.connect_user("alice", socket, "thread-1")
        await owner.connect_user("mallory", other, "thread-1")
        emitter = constructed(adapters, old, owner, socket, name)
        assert type(emitter) is UnifiedWebSocketEmitter
        for method, arguments in CALLS[old]:
            assert await getattr(emitter, method)(*arguments) is GIVES_BACK.get(old, True)
        check_five(socket)
        assert other.events == []

    run(go())


@pytest.mark.parametrize("old", EMITTERS)
def test_the_same_calls_by_keyword_mean_the_same(adapters: types.ModuleType, old: str) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket, "thread-1")
        emitter = constructed(adapters, old, owner, socket, name)
        for method, arguments in CALLS[old]:
            names = CONVENTIONS.of(APP + old)
            parameters = next(item.parameters for item in names.methods if item.name == method)
            await getattr(emitter, method)(**dict(zip(parameters, arguments, strict=True)))
        check_five(socket)

    run(go())


def test_an_emitter_from_the_old_pool_is_called_as_those_it_handed_out(adapters: types.ModuleType) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket, "thread-1")
        pool = make(adapters, POOL)
        assert type(pool) is WebSocketEmitterPool
        emitter = await pool.acquire(Context(connection_id=name), Router(owner))
        for method, arguments in CALLS[POOLED]:
            assert await getattr(emitter, method)(*arguments)
        check_five(socket)
        await pool.release(emitter)
        assert await emitter.notify_agent_started("triage") is False
        assert len(socket.events) == 5
        await pool.shutdown()

    run(go())


def test_an_emitter_from_the_old_factory_is_called_as_those_it_made(
    adapters: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        monkeypatch.setattr(unified_manager, "_websocket_manager", owner)
        await owner.connect_user("alice", socket, "thread-1")
        emitter = await make(adapters, FACTORY).create_emitter(Context())
        for method, arguments in CALLS[OF_EVENTS]:
            assert await getattr(emitter, method)(*arguments)
        check_five(socket)

    run(go())


def test_the_five_events_reach_the_user_through_what_the_old_managers_offered(
    adapters: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """send_to_user, send_to_thread, send_scoped_event and ConnectionScopedWebSocketManager: the other entry points."""

    async def go() -> None:
        UnifiedWebSocketManager._instance = None
        owner = make(adapters, "websocket_core.manager.WebSocketManager")
        assert owner is UnifiedWebSocketManager()
        monkeypatch.setattr(unified_manager, "_websocket_manager", owner)
        by_user, by_thread, scoped, mine = (FakeSocket() for _ in range(4))
        await owner.connect_user("user", by_user)
        await owner.connect_user("thread", by_thread, "t")
        name = await owner.connect_user("scoped", scoped)
        for kind in FIVE_EVENTS:
            assert await owner.send_to_user("user", {"type": kind, "run_id": "run-1"})
            assert await owner.send_to_thread("t", {"type": kind, "run_id": "run-1"})
            assert await owner.send_scoped_event(name, kind, {"run_id": "run-1"}, "scoped")
        check_five(by_user, named=False)
        check_five(by_thread, named=False)
        assert scoped.types == list(FIVE_EVENTS)
        old = make(adapters, "websocket.manager.ConnectionScopedWebSocketManager", mine, "alice", thread_id="thread-1")
        assert await old.initialize(thread_id="thread-1")
        assert await old.send_agent_started("triage", "run-1")
        assert await old.send_agent_thinking("triage", "run-1", "hm")
        assert await old.send_tool_executing("search", "run-1", {"q": 1})
        assert await old.send_tool_completed("search", "run-1", {"a": 1})
        assert await old.send_agent_completed("triage", "run-1", {"a": 1})
        assert mine.types == list(FIVE_EVENTS)
        assert {event["payload"]["run_id"] for event in mine.events} == {"run-1"}
        beats = make(adapters, "websocket_core.manager.WebSocketHeartbeatManager", None)
        await beats.register_connection(name)
        assert list(beats.heartbeats) == [name]
        await owner.shutdown()
        UnifiedWebSocketManager._instance = None

    run(go())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(False, SendFailure), (ValueError("boom"), CommunicationFailure)],
    ids=["the answer was no", "the bridge failed"],
)
def test_the_emitter_that_was_loud_stays_loud_but_for_errors(
    adapters: types.ModuleType, answer: Any, expected: type[Exception]
) -> None:
    async def go() -> None:
        emitter = make(adapters, OF_AGENTS, "alice", "thread-1", "run-1", Bridge(None, answer))
        for method, arguments in CALLS[OF_AGENTS]:
            with pytest.raises(expected) as raised:
                await getattr(emitter, method)(*arguments)
            if expected is SendFailure:
                assert raised.value.args[1:] == (method.removeprefix("notify_"), "alice", "thread-1")
            else:
                assert raised.value.__cause__ is answer
        assert await emitter.notify_agent_error("triage", "oh") is False

    run(go())


@pytest.mark.parametrize("old", [old for old in EMITTERS if old not in (ISOLATED, OF_AGENTS, OF_BRIDGES)])
def test_the_emitters_that_said_no_quietly_still_do(adapters: types.ModuleType, old: str) -> None:
    async def go() -> None:
        class Refusing:
            async def send_to_thread(self, *arguments: Any) -> bool:
                return False

            send_to_connection = send_to_user = route_event = broadcast_to_user = send_to_thread

        owner = Refusing()
        context = Context()
        if old in (OF_EVENTS, OF_SERVICES):
            emitter = make(adapters, old, context, owner)
        else:
            emitter = make(adapters, old)
            emitter.initialize(context, owner)
        for method, arguments in CALLS[old]:
            assert await getattr(emitter, method)(*arguments) is False

    run(go())


@pytest.mark.parametrize("old", EMITTERS)
def test_after_release_the_quiet_ones_stay_quiet_and_the_others_raise(adapters: types.ModuleType, old: str) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket, "thread-1")
        emitter = constructed(adapters, old, owner, socket, name)
        await emitter.dispose()
        for method, arguments in CALLS[old]:
            if CONVENTIONS.of(APP + old).quiet_when_released:
                assert not await getattr(emitter, method)(*arguments)
            else:
                with pytest.raises(RuntimeError):
                    await getattr(emitter, method)(*arguments)
        assert socket.events == []

    run(go())


def old_signature(parameters: list[str]) -> list[tuple[str, bool]]:
    return [(told.rstrip("="), told.endswith("=")) for told in parameters]


def signature(function: Any) -> list[tuple[str, bool]]:
    found = inspect.signature(function).parameters.values()
    return [(item.name, item.default is not inspect.Parameter.empty) for item in found]


@pytest.mark.parametrize("old", [convention.dotted.removeprefix(APP) for convention in CONVENTIONS.classes])
def test_a_maker_takes_what_the_old_constructor_took(adapters: types.ModuleType, old: str) -> None:
    maker = getattr(adapters, maker_name(APP + old))
    assert signature(maker) == old_signature(SURFACE[old]["constructor"] or [])
    wrong = [None] * (len(SURFACE[old]["constructor"] or []) + 1)
    with pytest.raises(TypeError):
        maker(*wrong)
    with pytest.raises(TypeError):
        maker(no_such_parameter=None)


class Recording:
    """An emitter as far as an adapter is concerned."""

    async def acquire(self, *arguments: Any) -> Any: ...

    async def create_emitter(self, *arguments: Any) -> Any: ...


@pytest.mark.parametrize(
    ("old", "name"),
    [(item.dotted.removeprefix(APP), method.name) for item in CONVENTIONS.classes for method in item.methods],
)
def test_an_adapted_method_takes_what_the_old_one_took_and_a_wrong_call_is_a_type_error(
    adapters: types.ModuleType, old: str, name: str
) -> None:
    method = getattr(getattr(adapters, adapter_name(APP + old))(Recording()), name)
    member = SURFACE[old]["members"][name]
    assert signature(method) == old_signature(member["parameters"])
    assert inspect.iscoroutinefunction(method) == member["async"]
    with pytest.raises(TypeError):
        method(*[None] * (len(member["parameters"]) + 1))
    with pytest.raises(TypeError):
        method(no_such_parameter=None)


@pytest.mark.parametrize("old", [convention.dotted.removeprefix(APP) for convention in CONVENTIONS.classes])
def test_every_other_public_member_has_its_counterpart_of_the_same_kind(old: str) -> None:
    target = TARGETS.get(old, UnifiedWebSocketEmitter)
    adapted = {method.name for method in CONVENTIONS.of(APP + old).methods}
    for name, member in SURFACE[old]["members"].items():
        assert hasattr(target, name), name
        if name not in adapted:
            assert kind_of(target, name) == old_kind(member), name


def test_every_class_of_the_plan_that_is_called_differently_has_a_convention() -> None:
    planned = {item.dotted for item in load_plan().classes if item.family not in ("protocol", "bridge")}
    assert planned == {convention.dotted for convention in CONVENTIONS.classes}


def test_every_event_method_of_the_old_emitters_has_a_convention() -> None:
    for old in EMITTERS:
        senders = {name for name in SURFACE[old]["members"] if name.startswith(("notify_", "emit_"))}
        assert senders == {method.name for method in CONVENTIONS.of(APP + old).methods}


def test_the_targets_of_the_plan_exist_in_the_unified_modules() -> None:
    import importlib

    for item in load_plan().classes:
        module, _, name = item.target.rpartition(".")
        assert hasattr(importlib.import_module(f"unified_target.{module}"), name)


def test_adapting_one_emitter_leaves_all_others_as_they_are(adapters: types.ModuleType) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        await owner.connect_user("alice", socket, "thread-1")
        make(adapters, OF_SERVICES, Context(), Router(owner))
        plain = UnifiedWebSocketEmitter("alice", "thread-1", "run-1", owner)
        assert await plain.notify_agent_started("run-1", "triage", {"q": 1})
        assert socket.events[0]["agent_name"] == "triage"
        await asyncio.sleep(0)

    run(go())


def test_a_default_with_a_comma_in_it_stays_one_default() -> None:
    convention = dataclasses.replace(CONVENTIONS.classes[0], constructor="a, b=(1, 2), *, c={'x': 1, 'y': 2}")
    conventions = dataclasses.replace(CONVENTIONS, classes=(convention,))
    assert '(a: Any, b: Any = (1, 2), *, c: Any = {"x": 1, "y": 2})' in adapter_module(conventions, [convention.dotted])


def test_what_a_plan_says_is_written_as_python_reads_it() -> None:
    method = MethodConvention("tell", "key", event='an "event"\\', gives="of=key", returns="raises")
    lost, failed = "a . errors.Lost(event)", "RuntimeError(str(error))"
    convention = ClassConvention("a.b.C", "unified", "size  # handed on", "size", lost, failed, False, (method,))
    source = adapter_module(Conventions((convention,)), ["a.b.C"])
    compile(source, "adapters", "exec")
    assert "from a.errors import Lost\n" in source
    assert "from .unified import" not in source
    assert "return adapt_c_of_b(size)" in source
    assert repr(method.event) in source
