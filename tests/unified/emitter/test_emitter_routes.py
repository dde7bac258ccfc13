"""Where events go, what the answer is worth, and what happens when there is none."""

from __future__ import annotations

import asyncio
import json
import logging
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from tests.unified.emitter.doubles import (
    FIVE,
    HUNG,
    Bridge,
    ConnectionManager,
    Context,
    HungManager,
    Router,
    ThreadManager,
    UserManager,
    emitter_for,
    speak_all_five,
)
from unified_target.unified_emitter import EmitterSettings, UnifiedWebSocketEmitter


def started(emitter: UnifiedWebSocketEmitter) -> bool:
    """Whether one event was delivered."""
    return asyncio.run(emitter.notify_agent_started("run_1", "triage"))


# A manager


def test_a_manager_gets_the_event_for_the_thread() -> None:
    manager = ThreadManager()
    assert started(emitter_for(manager)) is True
    assert manager.sent[0][0] == "thread_ada"


def test_a_manager_that_knows_only_users_gets_it_for_the_user() -> None:
    manager = UserManager()
    assert started(emitter_for(manager)) is True
    assert manager.sent[0][0] == "user ada"


def test_a_named_connection_is_used_where_the_manager_can_and_else_the_thread() -> None:
    able, unable = ConnectionManager(), ThreadManager()
    for manager in (able, unable):
        assert started(emitter_for(manager, connection_id="conn_1")) is True
    assert [able.sent[0][0], unable.sent[0][0]] == ["connection conn_1", "thread_ada"]


def test_without_a_named_connection_the_thread_is_used() -> None:
    manager = ConnectionManager()
    assert started(emitter_for(manager)) is True
    assert manager.sent[0][0] == "thread_ada"


@pytest.mark.parametrize(
    ("answer", "delivered"), [(True, True), (False, False), (None, False), (0, False), (2, True)], ids=str
)
def test_what_the_manager_answers_is_the_truth(answer: Any, delivered: bool) -> None:
    emitter = emitter_for(ThreadManager(answer))
    assert started(emitter) is delivered
    assert (emitter.events_sent, emitter.events_failed) == (int(delivered), int(not delivered))


def test_an_exception_of_the_manager_is_a_failed_event_logged_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    emitter = emitter_for(ThreadManager(OSError("cable cut")))
    delivery = asyncio.run(emitter.deliver("agent_started", "triage"))
    assert (delivery.sent, repr(delivery.error)) == (False, "OSError('cable cut')")
    assert emitter.events_failed == 1
    assert caplog.records[0].levelno == logging.ERROR
    assert caplog.records[0].exc_info is not None


def test_a_plain_no_has_no_cause_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    delivery = asyncio.run(emitter_for(ThreadManager(False)).deliver("agent_started", "triage"))
    assert (delivery.sent, delivery.error) == (False, None)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_nothing_of_the_data_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for manager in (ThreadManager(False), ThreadManager(OSError("cable cut")), ThreadManager()):
        asyncio.run(emitter_for(manager).notify_agent_started("run_1", "triage", {"note": "for ada's eyes"}))
    assert "for ada's eyes" not in caplog.text


def test_no_manager_is_a_failed_event_until_there_is_one() -> None:
    manager = ThreadManager()
    emitter = emitter_for()
    assert started(emitter) is False
    emitter.set_websocket_manager(manager)
    assert started(emitter) is True
    emitter.set_websocket_manager(None)
    assert started(emitter) is False
    assert (emitter.events_sent, emitter.events_failed, len(manager.sent)) == (1, 2, 1)


def test_a_manager_that_cannot_deliver_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="neither send_to_thread nor send_to_user"):
        emitter_for(object())


def test_an_emitter_has_one_way_only() -> None:
    with pytest.raises(ValueError, match="one of"):
        emitter_for(ThreadManager(), bridge=Bridge())


def test_an_event_and_its_order_survive_many_speakers_at_once() -> None:
    async def run() -> list[list[str]]:
        manager = ThreadManager()
        emitters = [UnifiedWebSocketEmitter(f"user_{n}", f"thread_{n}", "run_1", manager) for n in range(20)]
        await asyncio.gather(*(speak_all_five(emitter) for emitter in emitters))
        return [[event["type"] for thread, event in manager.sent if thread == f"thread_{n}"] for n in range(20)]

    assert asyncio.run(run()) == [list(FIVE)] * 20


# A bridge


BRIDGED = {
    "notify_agent_started": (("a", {"q": 1}), {"agent_name": "a", "context": {"q": 1}}),
    "notify_agent_thinking": (
        ("a", "hm", 1, 5.0),
        {"agent_name": "a", "reasoning": "hm", "step_number": 1, "progress_percentage": 5.0},
    ),
    "notify_tool_executing": (("a", "t", {"q": 1}), {"agent_name": "a", "tool_name": "t", "parameters": {"q": 1}}),
    "notify_tool_completed": (
        ("a", "t", {"n": 1}, 2.0),
        {"agent_name": "a", "tool_name": "t", "result": {"n": 1}, "execution_time_ms": 2.0},
    ),
    "notify_agent_completed": (("a", {"n": 1}), {"agent_name": "a", "result": {"n": 1}, "execution_time_ms": None}),
    "notify_agent_error": (("a", "boom"), {"agent_name": "a", "error": "boom", "error_context": None}),
    "notify_agent_death": (("a", "timeout"), {"agent_name": "a", "death_cause": "timeout", "death_context": None}),
    "notify_progress_update": (("a", {"status": "x"}), {"agent_name": "a", "progress": {"status": "x"}}),
    "notify_custom": (("a", "tea", {"n": 1}), {"agent_name": "a", "notification_type": "tea", "data": {"n": 1}}),
}


@pytest.mark.parametrize("name", BRIDGED, ids=[f"{name} goes to the bridge's own" for name in BRIDGED])
@pytest.mark.parametrize("answer", [True, False], ids=["which took it", "which did not"])
def test_a_bridge_is_called_by_name_with_its_own_parameters(name: str, answer: bool) -> None:
    bridge = Bridge(answer)
    arguments, named = BRIDGED[name]
    assert asyncio.run(getattr(emitter_for(bridge=bridge), name)("run_1", *arguments)) is answer
    assert bridge.calls == [(name, {"run_id": "run_1", **named})]


def test_a_bridge_gets_a_trace_only_when_there_is_one() -> None:
    bridge = Bridge()
    asyncio.run(emitter_for(bridge=bridge).notify_agent_started("run_1", "a", None, {"trace_id": "7"}))
    assert bridge.calls[0][1]["trace_context"] == {"trace_id": "7"}


def test_a_bridge_gets_any_event_under_its_own_name_for_that() -> None:
    bridge = Bridge()
    asyncio.run(emitter_for(bridge=bridge).emit_agent_event("tea", {"n": 1}, agent_name="a"))
    assert bridge.calls == [
        ("emit_agent_event", {"run_id": "run_1", "agent_name": "a", "event_type": "tea", "data": {"n": 1}})
    ]


def test_a_bridge_is_spared_details_that_it_has_no_parameter_for() -> None:
    bridge = Bridge()
    asyncio.run(emitter_for(bridge=bridge).deliver("tool_completed", "a", tool_name="t", success=False))
    assert set(bridge.calls[0][1]) == {"run_id", "agent_name", "tool_name", "result", "execution_time_ms"}


def test_an_exception_of_the_bridge_is_told_to_adapters_and_never_raised() -> None:
    emitter = emitter_for(bridge=Bridge(OSError("Network error")))
    assert started(emitter) is False
    delivery = asyncio.run(emitter.deliver("agent_thinking", "triage", reasoning="hm"))
    assert isinstance(delivery.error, OSError)


def test_a_mocked_bridge_works_as_a_bridge() -> None:
    bridge = AsyncMock()
    bridge.notify_agent_started = AsyncMock(return_value=False)
    assert started(emitter_for(bridge=bridge)) is False
    assert bridge.notify_agent_started.await_args.kwargs == {"run_id": "run_1", "agent_name": "triage", "context": None}


# A router


def test_a_router_sends_to_all_connections_of_the_user_or_to_the_named_one() -> None:
    router = Router({"conn_1": "ada", "conn_2": "ada", "conn_3": "grace"})
    assert started(emitter_for(router=router)) is True
    assert started(emitter_for(router=router, connection_id="conn_2")) is True
    assert [where for where, _ in router.sent] == ["conn_1", "conn_2", "conn_2"]


def test_a_router_that_finds_nobody_is_a_failed_event() -> None:
    emitter = emitter_for(router=Router())
    assert started(emitter) is False
    assert emitter.events_failed == 1


# A connection


class JsonSocket:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def send_json(self, data: Any) -> None:
        self.sent.append(data)


class TextSocket:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def send_text(self, data: str) -> None:
        self.sent.append(json.loads(data))


class PlainSocket:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def send(self, data: str) -> None:
        self.sent.append(json.loads(data))


@pytest.mark.parametrize("kind", [JsonSocket, TextSocket, PlainSocket], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("wrapped", [True, False], ids=["in a connection", "by itself"])
def test_a_socket_gets_the_same_event_whatever_it_takes(kind: Any, wrapped: bool) -> None:
    socket = kind()
    connection = SimpleNamespace(websocket=socket) if wrapped else socket
    emitter = UnifiedWebSocketEmitter("ada", "thread_ada", None, connection=connection, context=Context())
    assert asyncio.run(speak_all_five(emitter)) == [True] * 5
    assert [event["type"] for event in socket.sent] == list(FIVE)
    assert {event["user_id"] for event in socket.sent} == {"ada"}


def test_a_connection_without_a_socket_delivers_nothing_and_says_so() -> None:
    emitter = emitter_for(connection=SimpleNamespace(websocket=None))
    delivery = asyncio.run(emitter.deliver("agent_started", "triage"))
    assert (delivery.sent, type(delivery.error)) == (False, ConnectionError)


def test_a_socket_that_breaks_is_a_failed_event_and_may_work_again() -> None:
    socket = JsonSocket()
    connection = SimpleNamespace(websocket=SimpleNamespace(send_json=AsyncMock(side_effect=[OSError("gone")])))
    emitter = emitter_for(connection=connection)
    assert started(emitter) is False
    connection.websocket = socket
    assert started(emitter) is True


def test_o3_sends_on_one_socket_never_overlap_and_keep_their_order() -> None:
    async def run() -> tuple[int, list[str]]:
        inside, most, order = 0, 0, []

        class Careful:
            async def send_json(self, event: dict[str, Any]) -> None:
                nonlocal inside, most
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                order.append(event["agent_name"])
                inside -= 1

        emitter = emitter_for(connection=Careful())
        await asyncio.gather(*(emitter.notify_agent_started("run_1", str(number)) for number in range(10)))
        return most, order

    assert asyncio.run(run()) == (1, [str(number) for number in range(10)])


# Nobody answers


class HungBridge:
    async def notify_agent_started(self, **_arguments: Any) -> bool:
        await asyncio.Event().wait()
        return True


class HungRouter:
    async def broadcast_to_user(self, _user_id: str, _event: Any) -> int:
        await asyncio.Event().wait()
        return 1


class HungSocket:
    async def send_json(self, _event: Any) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    "way",
    [
        {"manager": HungManager},
        {"bridge": HungBridge},
        {"router": HungRouter},
        {"connection": HungSocket},
    ],
    ids=lambda way: f"e6 a hung {next(iter(way))}",
)
def test_whoever_hangs_does_not_hang_the_agent(way: dict[str, Any]) -> None:
    async def run() -> tuple[bool, bool, int]:
        emitter = emitter_for(**{name: kind() for name, kind in way.items()}, settings=HUNG)
        first = await asyncio.wait_for(emitter.deliver("agent_started", "triage"), 10)
        left = len(asyncio.all_tasks())
        return first.sent, isinstance(first.error, TimeoutError), left

    assert asyncio.run(run()) == (False, True, 1)


def test_after_a_deadline_the_emitter_works_on() -> None:
    emitter = emitter_for(HungManager(), settings=HUNG)
    assert started(emitter) is False
    emitter.set_websocket_manager(ThreadManager())
    assert started(emitter) is True
    assert (emitter.events_sent, emitter.events_failed) == (1, 1)


def test_the_deadline_is_five_seconds_unless_told_otherwise() -> None:
    assert UnifiedWebSocketEmitter("a", "t", "r")._settings.deadline_s == 5.0


def test_c1_cancelling_in_the_middle_passes_on_and_counts_as_failed() -> None:
    async def run() -> tuple[int, int, int, bool]:
        manager = HungManager()
        emitter = emitter_for(manager)
        sending = asyncio.create_task(emitter.notify_agent_started("run_1", "triage"))
        await manager.waiting.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        left = len(asyncio.all_tasks())
        emitter.set_websocket_manager(ThreadManager())
        works_on = await emitter.notify_agent_started("run_1", "triage")
        return emitter.events_sent, emitter.events_failed, left, works_on

    assert asyncio.run(run()) == (1, 1, 1, True)


def test_c1_cancelling_one_of_several_leaves_the_others_their_turn_on_the_socket() -> None:
    async def run() -> list[str]:
        gate, arrived = asyncio.Event(), []

        class Gated:
            async def send_json(self, event: dict[str, Any]) -> None:
                await gate.wait()
                arrived.append(event["agent_name"])

        emitter = emitter_for(connection=Gated())
        sends = [asyncio.create_task(emitter.notify_agent_started("run_1", str(number))) for number in range(3)]
        await asyncio.sleep(0)
        sends[0].cancel()
        sends[1].cancel()
        gate.set()
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [True, True, False]
        return arrived

    assert asyncio.run(run()) == ["2"]


def test_t1_one_emitter_serves_one_loop_after_another() -> None:
    socket = JsonSocket()
    emitter = emitter_for(connection=socket)
    assert [started(emitter) for _ in range(3)] == [True] * 3
    assert len(socket.sent) == 3


def test_a_connection_is_also_told_under_the_names_it_knew_and_its_context_keeps_a_history() -> None:
    class Socket:
        def __init__(self) -> None:
            self.sent: list[dict[str, Any]] = []

        async def send_json(self, data: dict[str, Any]) -> None:
            if len(self.sent) == 103:
                raise ConnectionError("gone")
            self.sent.append(data)

    class Keeping:
        user_id, thread_id, run_id = "alice", "thread-1", "run-1"

        def __init__(self) -> None:
            self.sent_events: list[dict[str, Any]] = []
            self.failed_events: list[dict[str, Any]] = []

    async def go() -> None:
        socket, context = Socket(), Keeping()
        emitter = UnifiedWebSocketEmitter("alice", "thread-1", "run-1", connection=socket, context=context)
        for _ in range(103):
            assert await emitter.notify_agent_started("run-1", "triage")
        assert not await emitter.notify_agent_started("run-1", "triage")
        first = socket.sent[0]
        assert (first["type"], first["event_type"], first["data"]) == (
            "agent_started",
            "agent_started",
            first["payload"],
        )
        assert len({event["event_id"] for event in socket.sent}) == 103
        assert len(context.sent_events) == 52
        assert context.sent_events[-1]["event_id"] == socket.sent[-1]["event_id"]
        assert [event["event_type"] for event in context.failed_events] == ["agent_started"]

    asyncio.run(go())


def test_results_are_shown_at_length_where_that_was_asked_for() -> None:
    class Manager:
        def __init__(self) -> None:
            self.sent: list[dict[str, Any]] = []

        async def send_to_thread(self, thread_id: str, message: dict[str, Any]) -> bool:
            self.sent.append(message)
            return True

    async def go() -> None:
        result = {"text": "x" * 20_000, "items": list(range(50)), "password": "p"}
        for wide, text, items in ((False, 503, 11), (True, 10_003, 50)):
            manager = Manager()
            emitter = UnifiedWebSocketEmitter("a", "t", "r", manager, settings=EmitterSettings(wide_results=wide))
            await emitter.notify_agent_completed("r", "triage", result)
            shown = manager.sent[0]["payload"]["result"]
            assert (len(shown["text"]), len(shown["items"]), shown["password"]) == (text, items, "[REDACTED]")
        assert emitter._websocket_manager is manager
        emitter._websocket_manager = None
        assert not await emitter.notify_agent_completed("r", "triage", result)

    asyncio.run(go())
