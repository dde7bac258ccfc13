"""I and E: an emitter speaks for its own user, thread and run, and for nobody else, whatever is asked of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unified.emitter.doubles import (
    FIVE,
    UNHURRIED,
    Bridge,
    ConnectionManager,
    Context,
    Router,
    ThreadManager,
    emitter_for,
)
from unified_target.unified_emitter import EmitterReleased, UnifiedWebSocketEmitter, WebSocketEmitterFactory

CALLS: dict[str, Any] = {
    "notify_agent_started": lambda e, run: e.notify_agent_started(run, "a"),
    "notify_agent_thinking": lambda e, run: e.notify_agent_thinking(run, "a", "hm"),
    "notify_tool_executing": lambda e, run: e.notify_tool_executing(run, "a", "search"),
    "notify_tool_completed": lambda e, run: e.notify_tool_completed(run, "a", "search"),
    "notify_agent_completed": lambda e, run: e.notify_agent_completed(run, "a"),
    "notify_agent_error": lambda e, run: e.notify_agent_error(run, "a", "boom"),
    "notify_agent_death": lambda e, run: e.notify_agent_death(run, "a", "timeout"),
    "notify_progress_update": lambda e, run: e.notify_progress_update(run, "a", {}),
    "notify_custom": lambda e, run: e.notify_custom(run, "a", "x", {}),
    "emit_agent_event": lambda e, run: e.emit_agent_event("x", {}, run, "a"),
    "emit_agent_started": lambda e, run: e.emit_agent_started(run, "a"),
    "emit_tool_completed": lambda e, run: e.emit_tool_completed(run, "a", "search"),
}
EVERY_CALL = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@EVERY_CALL
def test_e1_the_own_run_is_sent(call: Any) -> None:
    manager = ThreadManager()
    assert asyncio.run(call(emitter_for(manager), "run_1")) is True
    assert [(thread, event["user_id"], event["run_id"]) for thread, event in manager.sent] == [
        ("thread_ada", "ada", "run_1")
    ]


@EVERY_CALL
@pytest.mark.parametrize("run", ["run_2", "RUN_1", "run_1 ", "", "registry", 1], ids=lambda run: f"for run {run!r}")
def test_e1_another_run_is_refused_counted_and_logged(call: Any, run: Any, caplog: pytest.LogCaptureFixture) -> None:
    manager, bridge = ThreadManager(), Bridge()
    for emitter in (emitter_for(manager), emitter_for(bridge=bridge)):
        assert asyncio.run(call(emitter, run)) is False
        assert (emitter.events_refused, emitter.events_failed, emitter.events_sent) == (1, 1, 0)
    assert (manager.sent, bridge.calls) == ([], [])
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2


def test_e1_no_run_at_all_is_refused_by_a_notify_method_and_is_the_own_one_for_any_event() -> None:
    manager = ThreadManager()
    emitter = emitter_for(manager)
    assert asyncio.run(emitter.notify_agent_started(None, "a")) is False  # type: ignore[arg-type]
    assert asyncio.run(emitter.emit_agent_event("x", {})) is True
    assert [event["run_id"] for event in manager.events] == ["run_1"]


@pytest.mark.parametrize("name", ["user_id", "thread_id", "run_id", "connection_id", "request_id", "is_active"])
def test_e1_what_an_emitter_is_bound_to_cannot_be_changed(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(emitter_for(ThreadManager()), name, "mallory")


@pytest.mark.parametrize(
    "ids",
    [
        ("", "t", "r"),
        (" ", "t", "r"),
        ("u", "", "r"),
        ("u", "t", ""),
        ("u", "t", "registry"),
        (None, "t", "r"),
        ("u", 7, "r"),
    ],
    ids=str,
)
def test_e1_nobody_has_no_emitter(ids: Any) -> None:
    with pytest.raises(ValueError, match="ids of nobody"):
        UnifiedWebSocketEmitter(*ids, ThreadManager())


def test_e1_a_context_of_another_user_is_refused() -> None:
    with pytest.raises(ValueError, match="another user"):
        emitter_for(ThreadManager(), context=Context("grace"))


def test_e1_an_emitter_of_no_run_takes_the_run_of_each_call_for_its_user_only() -> None:
    manager = ThreadManager()
    emitter = UnifiedWebSocketEmitter("ada", "thread_ada", None, manager)
    runs = ("run_1", "run_2", "registry", " ", None)
    answers = [asyncio.run(emitter.notify_agent_started(run, "a")) for run in runs]  # type: ignore[arg-type]
    assert answers == [True, True, False, False, False]
    assert asyncio.run(emitter.emit_agent_event("x", {})) is False
    assert [(event["user_id"], event["run_id"]) for event in manager.events] == [("ada", "run_1"), ("ada", "run_2")]


def test_i1_two_users_on_one_thread_and_run_each_name_themselves() -> None:
    async def run() -> list[tuple[str, str]]:
        manager = ThreadManager()
        emitters = [UnifiedWebSocketEmitter(user, "shared", "shared_run", manager) for user in ("ada", "grace")]
        await asyncio.gather(*(emitter.notify_agent_started("shared_run", emitter.user_id) for emitter in emitters))
        return [(event["user_id"], event["agent_name"]) for event in manager.events]

    assert sorted(asyncio.run(run())) == [("ada", "ada"), ("grace", "grace")]


IDS = st.sampled_from(["a", "b"])


@UNHURRIED
@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(sorted(CALLS)), st.sampled_from(["ra", "rb", "", "registry"])),
        max_size=30,
    )
)
def test_i1_random_programs_of_users_with_shared_threads_and_runs_never_cross(
    program: list[tuple[int, str, str]],
) -> None:
    owners = [(user, thread, run) for user in "ab" for thread in ("ta", "tb") for run in ("ra", "rb")]

    async def play() -> None:
        manager = ThreadManager()
        emitters = [UnifiedWebSocketEmitter(*owner, manager) for owner in owners]
        for who, call, run in program:
            before = len(manager.sent)
            answer = await CALLS[call](emitters[who], run)
            arrived = [(event["user_id"], thread, event["run_id"]) for thread, event in manager.sent[before:]]
            assert answer is (run == owners[who][2])
            assert arrived == ([owners[who]] if answer else [])

    asyncio.run(play())


def test_i2_a_router_is_only_ever_asked_for_the_own_user() -> None:
    router = Router({"conn_ada": "ada", "conn_grace": "grace"})
    mine = emitter_for(router=router)
    stolen = emitter_for(router=router, connection_id="conn_grace")
    assert asyncio.run(mine.notify_agent_started("run_1", "a")) is True
    assert asyncio.run(stolen.notify_agent_started("run_1", "a")) is False
    assert [connection for connection, _ in router.sent] == ["conn_ada"]


def test_i2_a_named_connection_still_carries_the_user_so_that_a_manager_can_refuse() -> None:
    manager = ConnectionManager()
    asyncio.run(emitter_for(manager, connection_id="conn_9").notify_agent_started("run_1", "a"))
    assert [(where, event["user_id"]) for where, event in manager.sent] == [("connection conn_9", "ada")]


@EVERY_CALL
@pytest.mark.parametrize("ending", ["dispose", "cleanup", "reset", "the end of its block"])
def test_e2_use_after_the_end_is_an_error_and_sends_nothing(call: Any, ending: str) -> None:
    async def run() -> None:
        manager = ThreadManager()
        emitter = emitter_for(manager)
        await end(emitter, ending)
        with pytest.raises(EmitterReleased, match="cannot be used again"):
            await call(emitter, "run_1")
        assert manager.sent == []

    asyncio.run(run())


async def end(emitter: UnifiedWebSocketEmitter, how: str) -> None:
    if how == "the end of its block":
        async with emitter:
            pass
    elif how == "reset":
        emitter.reset()
    else:
        await getattr(emitter, how)()


def test_e2_an_ended_emitter_cannot_be_brought_back() -> None:
    emitter = emitter_for(ThreadManager())
    emitter.reset()
    with pytest.raises(EmitterReleased):
        emitter.set_websocket_manager(ThreadManager())
    with pytest.raises(EmitterReleased):
        emitter.initialize(Context(), Router())
    with pytest.raises(EmitterReleased):
        asyncio.run(emitter.deliver("agent_started"))
    assert issubclass(EmitterReleased, RuntimeError)


def test_e2_an_emitter_is_bound_once_and_never_passes_to_another_user() -> None:
    router = Router({"conn_ada": "ada", "conn_grace": "grace"})
    emitter = UnifiedWebSocketEmitter.unbound()
    emitter.initialize(Context(), router)
    with pytest.raises(RuntimeError, match="bound for good"):
        emitter.initialize(Context("grace", "thread_grace", "run_2"), router)
    assert (emitter.user_id, emitter.run_id) == ("ada", "run_1")
    with pytest.raises(RuntimeError, match="bound for good"):
        emitter_for(ThreadManager()).initialize(Context(), router)


def test_e2_an_emitter_of_nobody_sends_nothing_even_when_it_has_a_manager() -> None:
    async def run() -> None:
        emitter, manager = UnifiedWebSocketEmitter.unbound(), ThreadManager()
        assert (emitter.user_id, emitter.is_active) == ("", False)
        assert (await emitter.deliver("agent_started")).sent is False
        emitter.set_websocket_manager(manager)
        assert [await call(emitter, run) for call in CALLS.values() for run in ("", "run_1")] == [False] * 24
        assert manager.sent == []

    asyncio.run(run())


def test_e2_an_emitter_that_is_bound_late_sends_like_any_other() -> None:
    router = Router({"conn_ada": "ada"})
    emitter = UnifiedWebSocketEmitter.unbound()
    emitter.initialize(Context(), router, "conn_ada")
    assert asyncio.run(emitter.notify_agent_started("run_1", "a")) is True
    assert emitter.connection_id == "conn_ada"
    assert router.sent[0][1]["request_id"] == "request_1"


def test_e3_two_contexts_never_share_an_emitter_even_when_they_are_equal() -> None:
    async def run() -> tuple[UnifiedWebSocketEmitter, ...]:
        manager = ThreadManager()
        return await WebSocketEmitterFactory.create_emitter(
            Context(), manager
        ), await WebSocketEmitterFactory.create_emitter(Context(), manager)

    first, second = asyncio.run(run())
    assert first is not second


def test_an_event_on_its_way_when_its_emitter_ends_still_goes_to_its_own_user() -> None:
    async def run() -> tuple[bool, list[Any]]:
        gate, arrived = asyncio.Event(), []

        class Slow:
            async def send_to_thread(self, thread_id: str, message: dict[str, Any]) -> bool:
                await gate.wait()
                arrived.append((thread_id, message["user_id"]))
                return True

        emitter = emitter_for(Slow())
        sending = asyncio.create_task(emitter.notify_agent_started("run_1", "a"))
        await asyncio.sleep(0)
        await emitter.dispose()
        gate.set()
        return await sending, arrived

    assert asyncio.run(run()) == (True, [("thread_ada", "ada")])


def test_the_five_are_among_the_calls_that_are_checked_here() -> None:
    assert {f"notify_{name}" for name in FIVE} <= set(CALLS)
