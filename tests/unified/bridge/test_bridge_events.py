"""Events: in order and complete to the right thread, or False in time with the reason counted; never an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from tests.unified.bridge.bridge_doubles import RUN, THREAD, FakeManager, Pauses, connected, install_getter, run
from unified_target.agent_bridge import AgentWebSocketBridge, IntegrationState

Send = Callable[[AgentWebSocketBridge, Any], Awaitable[bool]]

EVENTS: dict[str, Send] = {
    "agent_started": lambda bridge, run_id: bridge.notify_agent_started(run_id, "triage", {"query": "why"}),
    "agent_thinking": lambda bridge, run_id: bridge.notify_agent_thinking(run_id, "triage", "hm", 2, 40.0),
    "tool_executing": lambda bridge, run_id: bridge.notify_tool_executing(run_id, "triage", "search", {"q": "x"}),
    "tool_completed": lambda bridge, run_id: bridge.notify_tool_completed(
        run_id, "triage", "search", {"hits": 3}, 12.5
    ),
    "agent_completed": lambda bridge, run_id: bridge.notify_agent_completed(run_id, "triage", {"answer": 42}, 99.0),
    "agent_error": lambda bridge, run_id: bridge.notify_agent_error(run_id, "triage", "boom", {"agent_step": "plan"}),
    "agent_death": lambda bridge, run_id: bridge.notify_agent_death(run_id, "triage", "timeout", {"after": 30}),
    "progress_update": lambda bridge, run_id: bridge.notify_progress_update(run_id, "triage", {"percentage": 50}),
    "my_event": lambda bridge, run_id: bridge.notify_custom(run_id, "triage", "my_event", {"note": "n"}),
    "any_event": lambda bridge, run_id: bridge.emit_agent_event("any_event", {"note": "n"}, run_id, "triage"),
}
FIVE = list(EVENTS)[:5]

PAYLOADS: dict[str, dict[str, Any]] = {
    "agent_started": {"status": "started", "context": {"query": "why"}},
    "agent_thinking": {
        "status": "thinking",
        "reasoning": "hm",
        "thought": "hm",
        "step_number": 2,
        "progress_percentage": 40.0,
    },
    "tool_executing": {"status": "executing", "tool_name": "search", "parameters": {"q": "x"}},
    "tool_completed": {
        "status": "completed",
        "tool_name": "search",
        "result": {"hits": 3},
        "execution_time_ms": 12.5,
    },
    "agent_completed": {"status": "completed", "result": {"answer": 42}, "execution_time_ms": 99.0},
    "agent_error": {"status": "error", "error_message": "boom"},
    "agent_death": {
        "status": "dead",
        "death_cause": "timeout",
        "death_context": {"after": 30},
        "recovery_action": "refresh_required",
    },
    "progress_update": {"status": "progress", "progress_data": {"percentage": 50}},
    "my_event": {"note": "n"},
    "any_event": {"note": "n"},
}
"""What the payload of each event above has at least; the front end and the in-tree validator read these."""


def counted(bridge: AgentWebSocketBridge) -> dict[str, int]:
    return dict(run(bridge.get_metrics())["events"])


async def all_of(bridge: AgentWebSocketBridge, names: list[str], run_id: Any = RUN) -> list[bool]:
    return [await EVENTS[name](bridge, run_id) for name in names]


def test_the_five_events_of_a_run_arrive_in_order_at_its_thread() -> None:
    manager = FakeManager()
    bridge = connected(manager)
    assert run(all_of(bridge, FIVE)) == [True] * 5
    assert manager.types == ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
    assert {thread for thread, _ in manager.sent} == {THREAD}
    assert counted(bridge) == {"delivered": 5}


def test_a_hundred_runs_at_once_each_keep_their_order_and_thread() -> None:
    manager = FakeManager()
    bridge = connected(manager)

    async def main() -> None:
        await asyncio.gather(*(all_of(bridge, FIVE, f"thread_t{number}_run_1_0000000a") for number in range(100)))

    run(main())
    for number in range(100):
        assert [event["type"] for thread, event in manager.sent if thread == f"thread_t{number}"] == FIVE
    assert all(event["run_id"].startswith(f"{thread}_run_") for thread, event in manager.sent)


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} has its shape on the wire") for name in EVENTS])
def test_every_event_has_the_envelope_and_the_payload_that_are_read(name: str) -> None:
    manager = FakeManager()
    assert run(EVENTS[name](connected(manager), RUN)) is True
    event = manager.events[0]
    assert (event["type"], event["run_id"], event["agent_name"]) == (name, RUN, "triage")
    assert datetime.fromisoformat(event["timestamp"]).utcoffset() is not None
    assert {key: event["payload"].get(key) for key in PAYLOADS[name]} == PAYLOADS[name]
    assert "trace" not in event


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} names its agent and run within") for name in FIVE])
def test_the_five_events_have_what_the_validator_wants_in_the_payload(name: str) -> None:
    manager = FakeManager()
    run(EVENTS[name](connected(manager), RUN))
    payload = manager.events[0]["payload"]
    assert (payload["agent_name"], payload["run_id"]) == ("triage", RUN)
    assert payload["timestamp"] == manager.events[0]["timestamp"]


@pytest.mark.parametrize(
    "send",
    [
        pytest.param(lambda b, trace: b.notify_agent_started(RUN, "a", None, trace), id="started carries a trace"),
        pytest.param(lambda b, trace: b.notify_agent_thinking(RUN, "a", "t", None, None, trace), id="thinking does"),
        pytest.param(lambda b, trace: b.notify_agent_completed(RUN, "a", None, None, trace), id="completed does"),
        pytest.param(lambda b, trace: b.notify_agent_error(RUN, "a", "e", None, trace), id="error does"),
    ],
)
def test_a_trace_travels_beside_the_payload(send: Send) -> None:
    manager = FakeManager()
    assert run(send(connected(manager), {"trace_id": "t-1"}))  # type: ignore[arg-type]
    assert manager.events[0]["trace"] == {"trace_id": "t-1"}


def test_secrets_and_paths_do_not_leave() -> None:
    manager = FakeManager()
    bridge = connected(manager)

    async def main() -> None:
        await bridge.notify_tool_executing(RUN, "a", "t", {"api_key": "s3cret", "deep": [{"password": "s3cret"}]})
        await bridge.notify_tool_completed(RUN, "a", "t", {"text": "x" * 2000})
        await bridge.notify_agent_error(RUN, "a", "no such file /home/s3cret/plan.txt", {"stack": "s3cret"})
        await bridge.notify_progress_update(RUN, "a", {"percentage": 1, "inner": "s3cret"})
        await bridge.notify_agent_death(RUN, "a", "timeout", {"token": "s3cret"})
        await bridge.notify_custom(RUN, "a", "mine", {"auth": "s3cret"})
        await bridge.emit_agent_event("mine", {"credential": "s3cret"}, RUN, "a")

    run(main())
    assert len(manager.sent) == 7
    assert "s3cret" not in str(manager.sent)
    assert len(manager.events[1]["payload"]["result"]["text"]) < 600


def test_what_the_caller_passed_is_not_changed() -> None:
    given = {"password": "p", "list": list(range(50))}
    run(connected().notify_tool_executing(RUN, "a", "t", given))
    assert given == {"password": "p", "list": list(range(50))}


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        pytest.param("timeout", "took too long", id="a timeout is told as such"),
        pytest.param("cancelled", "was cancelled", id="a cancellation is told as such"),
        pytest.param("struck by lightning", "triage", id="an unknown cause is told too"),
    ],
)
def test_a_death_is_told_in_words(cause: str, words: str) -> None:
    manager = FakeManager()
    run(connected(manager).notify_agent_death(RUN, "triage", cause))
    assert words in manager.events[0]["payload"]["message"]


def test_an_event_of_any_kind_cannot_pass_for_another_run() -> None:
    manager = FakeManager()
    data = {"type": "forged", "run_id": "other", "user_id": "mallory", "timestamp": "never", "note": "n"}
    assert run(connected(manager).emit_agent_event("real", data, RUN, "a"))
    event = manager.events[0]
    assert (event["type"], event["run_id"], event.get("user_id")) == ("real", RUN, None)
    assert event["timestamp"] != "never"


# ── whose event it is ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_events_of_a_run_registered_with_its_user_name_that_user() -> None:
    async def main() -> None:
        manager = FakeManager()
        bridge = connected(manager)
        await bridge.register_run_thread_mapping("run-of-alice", "shared", {"user_id": "alice"})
        await bridge.register_run_thread_mapping("run-of-bob", "shared", {"user_id": "bob"})
        await all_of(bridge, ["agent_started"], "run-of-alice")
        await all_of(bridge, ["agent_started"], "run-of-bob")
        assert [(thread, event["user_id"]) for thread, event in manager.sent] == [
            ("shared", "alice"),
            ("shared", "bob"),
        ]

    run(main())


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param(None, id="no metadata"),
        pytest.param({}, id="metadata without a user"),
        pytest.param({"user_id": " "}, id="a blank user"),
        pytest.param({"user_id": 7}, id="a user that is no text"),
        pytest.param("user_id", id="metadata that is no mapping"),
    ],
)
def test_the_events_of_a_run_without_a_user_claim_none(metadata: Any) -> None:
    async def main() -> None:
        manager = FakeManager()
        bridge = connected(manager)
        await bridge.register_run_thread_mapping("run-x", "thread-x", metadata)
        assert await all_of(bridge, list(EVENTS), "run-x") == [True] * len(EVENTS)
        assert not any("user_id" in event for event in manager.events)

    run(main())


def test_a_run_that_is_registered_again_without_a_user_keeps_the_one_it_has() -> None:
    async def main() -> None:
        manager = FakeManager()
        bridge = connected(manager)
        await bridge.register_run_thread_mapping("run-y", "thread-y", {"user_id": "alice"})
        await bridge.register_run_thread_mapping("run-y", "thread-y")
        assert await all_of(bridge, ["agent_started"], "run-y") == [True]
        assert manager.events[0]["user_id"] == "alice"

    run(main())


def test_a_run_that_was_unregistered_has_no_user_any_more() -> None:
    async def main() -> None:
        manager = FakeManager()
        bridge = connected(manager)
        await bridge.register_run_thread_mapping(RUN, THREAD, {"user_id": "alice"})
        await bridge.unregister_run_mapping(RUN)
        await all_of(bridge, ["agent_started"])
        assert "user_id" not in manager.events[0]

    run(main())


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────

BAD_RUNS = {"None": None, "registry": "registry", "registry with blanks": " registry ", "empty": "", "blank": " \t"}


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} is refused") for name in EVENTS])
@pytest.mark.parametrize(
    "run_id", [pytest.param(value, id=f"for a run that is {key}") for key, value in BAD_RUNS.items()]
)
def test_events_of_nobodys_run_are_refused(name: str, run_id: Any) -> None:
    manager = FakeManager()
    bridge = connected(manager)
    assert run(EVENTS[name](bridge, run_id)) is False
    assert manager.sent == []
    assert counted(bridge) == {"refused": 1}


def test_a_run_that_is_no_text_is_refused() -> None:
    bridge = connected()
    assert run(all_of(bridge, list(EVENTS), 7)) == [False] * len(EVENTS)
    assert counted(bridge) == {"refused": len(EVENTS)}


def test_an_event_without_a_run_is_refused() -> None:
    assert run(connected().emit_agent_event("any", {"note": "n"})) is False


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} is not sent") for name in EVENTS])
def test_without_a_manager_nothing_is_sent_and_the_state_says_so(name: str) -> None:
    bridge = AgentWebSocketBridge()
    bridge.state = IntegrationState.ACTIVE
    assert run(EVENTS[name](bridge, RUN)) is False
    assert bridge.state is IntegrationState.DEGRADED
    assert counted(bridge) == {"no_manager": 1}


def test_a_bridge_that_was_never_integrated_stays_so_without_a_manager() -> None:
    bridge = AgentWebSocketBridge()
    assert run(all_of(bridge, FIVE)) == [False] * 5
    assert bridge.state is IntegrationState.UNINITIALIZED


def test_a_manager_that_comes_back_is_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    getter = install_getter(monkeypatch)

    async def main() -> None:
        bridge = AgentWebSocketBridge()
        bridge._sleep = Pauses()
        await bridge.ensure_integration()
        bridge._websocket_manager = None
        assert await all_of(bridge, ["agent_started"]) == [False]
        assert bridge.state is IntegrationState.DEGRADED
        assert (await bridge.recover_integration()).success
        assert await all_of(bridge, ["agent_started"]) == [True]
        await bridge.shutdown()
        assert await all_of(bridge, ["agent_started"]) == [False]

    run(main())
    assert getter.calls == 2


def test_a_run_whose_thread_nobody_knows_is_not_delivered() -> None:
    manager = FakeManager()
    bridge = connected(manager)
    assert run(all_of(bridge, list(EVENTS), "run-nowhere")) == [False] * len(EVENTS)
    assert manager.sent == []
    assert counted(bridge) == {"unresolved": len(EVENTS)}
    assert bridge.get_resolution_metrics()["failed_resolutions"] == len(EVENTS)


# ── managers that fail ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} ends in time") for name in EVENTS])
def test_e6_a_manager_that_hangs_does_not_hang_the_agent(name: str) -> None:
    bridge = connected(FakeManager(hangs=True), deadline=0.01)
    assert run(EVENTS[name](bridge, RUN)) is False
    assert counted(bridge) == {"timed_out": 1}


def test_e6_a_registry_that_hangs_does_not_hang_the_agent_either() -> None:
    class Hanging:
        async def get_thread(self, run_id: str) -> str:
            await asyncio.Event().wait()
            return run_id

    bridge = connected(deadline=0.01)
    bridge._thread_registry = Hanging()
    assert run(all_of(bridge, ["agent_started"])) == [False]
    assert counted(bridge) == {"timed_out": 1}


def test_one_run_that_hangs_delays_no_other() -> None:
    class HangsForOne(FakeManager):
        async def send_to_thread(self, thread_id: str, message: dict[str, Any]) -> Any:
            self.hangs = thread_id == "thread_hung"
            return await super().send_to_thread(thread_id, message)

    async def main() -> None:
        manager = HangsForOne()
        bridge = connected(manager, deadline=3600)
        hung = asyncio.create_task(bridge.notify_agent_started("thread_hung", "a"))
        await manager.was_called.wait()
        assert await all_of(bridge, FIVE) == [True] * 5
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung

    run(main())


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} answers False") for name in EVENTS])
def test_a_manager_that_raises_is_logged_and_counted(name: str, caplog: pytest.LogCaptureFixture) -> None:
    bridge = connected(FakeManager(error=RuntimeError("the wire is cut")))
    assert run(EVENTS[name](bridge, RUN)) is False
    assert counted(bridge) == {"failed": 1}
    assert "the wire is cut" in caplog.text


def test_a_manager_that_says_it_ran_out_of_time_is_counted_as_such() -> None:
    bridge = connected(FakeManager(error=TimeoutError("the manager's own deadline")))
    assert run(all_of(bridge, ["agent_started"])) == [False]
    assert counted(bridge) == {"timed_out": 1}


def test_a_manager_that_cannot_even_be_looked_at_is_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        @property
        def send_to_thread(self) -> Any:
            raise RuntimeError("half torn down")

    bridge = AgentWebSocketBridge()
    bridge._websocket_manager = Broken()
    assert run(all_of(bridge, ["agent_started"])) == [False]
    assert counted(bridge) == {"failed": 1}
    assert "half torn down" in caplog.text


@pytest.mark.parametrize("answer", [False, None, 0], ids=["False", "None", "zero"])
def test_a_manager_that_does_not_take_the_event_is_believed(answer: Any) -> None:
    bridge = connected(FakeManager(answer))
    assert run(all_of(bridge, ["agent_started"])) == [False]
    assert counted(bridge) == {"not_taken": 1}


@pytest.mark.parametrize("answer", [True, 1, object()], ids=["True", "one", "an object"])
def test_the_answer_is_a_bool_whatever_the_manager_says(answer: Any) -> None:
    assert run(connected(FakeManager(answer)).notify_agent_started(RUN, "a")) is True


def test_data_that_cannot_be_shown_stops_its_own_event_only() -> None:
    class Evil:
        @property
        def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
            raise RuntimeError("I will not be looked at")

        def __str__(self) -> str:
            raise RuntimeError("nor described")

    async def main() -> None:
        bridge = connected(manager := FakeManager())
        answers = [
            await bridge.notify_agent_error(RUN, "a", Evil()),  # type: ignore[arg-type]
            await bridge.notify_agent_started(RUN, "a"),
        ]
        assert answers == [False, True]
        assert manager.types == ["agent_started"]

    run(main())


def test_a_manager_that_raised_once_gets_the_next_event() -> None:
    manager = FakeManager(error=RuntimeError("once"))
    bridge = connected(manager)

    async def main() -> list[bool]:
        first = await all_of(bridge, ["agent_started"])
        manager.error = None
        return first + await all_of(bridge, ["agent_thinking"])

    assert run(main()) == [False, True]
    assert counted(bridge) == {"failed": 1, "delivered": 1}


# ── cancellation ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} passes it on") for name in EVENTS])
def test_the_cancellation_of_an_agent_reaches_it(name: str) -> None:
    async def main() -> None:
        manager = FakeManager(hangs=True)
        bridge = connected(manager, deadline=3600)
        agent = asyncio.ensure_future(EVENTS[name](bridge, RUN))
        await manager.was_called.wait()
        agent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await agent
        manager.hangs = False
        assert await EVENTS[name](bridge, RUN) is True

    run(main())


# ── validation ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "run_id",
    ["test_run_123", "debug-session", "mock_execution", "system_broadcast", "null", "ab", "sys_op", "a_temp_b", "TEST"],
)
def test_suspicious_runs_are_logged_and_let_through(run_id: str, caplog: pytest.LogCaptureFixture) -> None:
    bridge = connected()
    assert bridge._is_suspicious_run_id(run_id)
    assert bridge._validate_event_context(run_id, "agent_started", "triage")
    assert repr(run_id) in caplog.text


@pytest.mark.parametrize("run_id", [RUN, "run_12345678_abcdef", "latest_update", "abc", "fastest-run", "adminton"])
def test_ordinary_runs_are_not_suspicious(run_id: str, caplog: pytest.LogCaptureFixture) -> None:
    bridge = connected()
    assert not bridge._is_suspicious_run_id(run_id)
    assert bridge._validate_event_context(run_id, "agent_started")
    assert caplog.text == ""


@pytest.mark.parametrize("run_id", [pytest.param(value, id=key) for key, value in BAD_RUNS.items()])
def test_nobodys_run_is_not_valid(run_id: Any) -> None:
    assert not connected()._validate_event_context(run_id, "agent_started", "triage")


@pytest.mark.parametrize("run_id", [None, "", "  ", 7], ids=["None", "empty", "blank", "a number"])
def test_no_run_is_suspicious(run_id: Any) -> None:
    assert connected()._is_suspicious_run_id(run_id)
