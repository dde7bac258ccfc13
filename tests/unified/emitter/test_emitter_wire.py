"""What goes on the wire is read by a front end, a validator and what is left of the old consumers: all at once."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unified.emitter.doubles import FIVE, Context, ThreadManager, emitter_for, speak_all_five
from unified_target.unified_delivery.stream import FIVE_EVENTS
from unified_target.unified_emitter import UnifiedWebSocketEmitter

ENVELOPE = {"type", "run_id", "agent_name", "timestamp", "payload", "thread_id", "user_id"}
FRONT_END = {
    "agent_started": {"status", "message"},
    "agent_thinking": {"status", "message", "reasoning", "step_number", "total_steps", "progress_percentage"},
    "tool_executing": {"status", "message", "tool_name", "parameters"},
    "tool_completed": {"status", "message", "tool_name", "result", "execution_time_ms"},
    "agent_completed": {"status", "message", "result", "execution_time_ms"},
}
VALIDATOR = {
    "agent_started": {"agent_name", "timestamp", "thread_id", "run_id"},
    "agent_thinking": {"thought", "agent_name", "timestamp"},
    "tool_executing": {"tool_name", "agent_name", "timestamp"},
    "tool_completed": {"tool_name", "agent_name", "timestamp", "result"},
    "agent_completed": {"agent_name", "run_id", "timestamp"},
}
OLD_CONSUMERS = {
    "agent_started": {"context", "metadata", "status", "message"},
    "agent_thinking": {"thought", "step", "thinking", "message"},
    "tool_executing": {"tool_input", "parameters", "message"},
    "tool_completed": {"success", "result_summary", "tool_output", "message"},
    "agent_completed": {"success", "result", "message"},
}
NEVER_EMPTY = {
    "status",
    "message",
    "reasoning",
    "thought",
    "thinking",
    "tool_name",
    "agent_name",
    "run_id",
    "timestamp",
}


def events_of(act: Any, **more: Any) -> list[dict[str, Any]]:
    """What an emitter sends while something is done with it."""
    manager = ThreadManager()
    asyncio.run(act(emitter_for(manager, **more)))
    return manager.events


def event_of(act: Any, **more: Any) -> dict[str, Any]:
    """The one event."""
    (event,) = events_of(act, **more)
    return event


def test_the_five_events_are_one_constant_and_arrive_in_the_order_of_the_calls() -> None:
    assert FIVE_EVENTS == FIVE
    assert [event["type"] for event in events_of(speak_all_five)] == list(FIVE)


@pytest.mark.parametrize("number", range(5), ids=[f"of {name}" for name in FIVE])
def test_the_envelope_is_the_bridges_with_thread_and_user(number: int) -> None:
    event = events_of(speak_all_five)[number]
    assert set(event) == ENVELOPE
    assert (event["run_id"], event["agent_name"]) == ("run_1", "triage")
    assert (event["thread_id"], event["user_id"]) == ("thread_ada", "ada")
    assert abs((datetime.fromisoformat(event["timestamp"]) - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    "readers", [FRONT_END, VALIDATOR, OLD_CONSUMERS], ids=["front end", "validator", "old consumers"]
)
@pytest.mark.parametrize("number", range(5), ids=[f"of {name}" for name in FIVE])
def test_the_payload_has_every_key_that_somebody_reads(number: int, readers: dict[str, set[str]]) -> None:
    event = events_of(speak_all_five)[number]
    wanted = readers[event["type"]]
    assert wanted <= set(event["payload"])
    assert all(event["payload"][key] for key in wanted & NEVER_EMPTY)


def test_the_payload_carries_the_values_of_the_call() -> None:
    started, thinking, executing, tool, completed = (event["payload"] for event in events_of(speak_all_five))
    assert (started["context"], started["metadata"]) == ({"question": "tea?"}, {"question": "tea?"})
    assert (thinking["reasoning"], thinking["thought"]) == ("a question about tea", "a question about tea")
    assert (thinking["step_number"], thinking["step"], thinking["progress_percentage"]) == (1, 1, 10.0)
    assert (executing["tool_name"], executing["parameters"], executing["tool_input"]) == (
        "search",
        {"q": "tea"},
        {"q": "tea"},
    )
    assert (tool["result"], tool["execution_time_ms"], tool["success"]) == ({"hits": 2}, 4.0, True)
    assert (completed["result"], completed["execution_time_ms"], completed["status"]) == (
        {"answer": "tea"},
        9.0,
        "completed",
    )


def test_details_left_out_are_empty_and_not_missing() -> None:
    async def say_little(emitter: UnifiedWebSocketEmitter) -> None:
        await emitter.notify_agent_started("run_1", "triage")
        await emitter.notify_tool_executing("run_1", "triage", "search")
        await emitter.notify_tool_completed("run_1", "triage", "search")

    started, executing, completed = (event["payload"] for event in events_of(say_little))
    assert (started["context"], executing["parameters"], completed["result"]) == ({}, {}, {})


def test_two_events_never_share_a_dict_that_a_manager_might_write_into() -> None:
    first, second = events_of(lambda emitter: twice(emitter))
    assert first is not second
    assert first["payload"] is not second["payload"]


async def twice(emitter: UnifiedWebSocketEmitter) -> None:
    context = {"a": 1}
    await emitter.notify_agent_started("run_1", "triage", context)
    await emitter.notify_agent_started("run_1", "triage", context)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("notify_agent_started", ()),
        ("notify_agent_thinking", ("hm",)),
        ("notify_agent_completed", ()),
        ("notify_agent_error", ("boom",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_trace_stands_beside_the_payload_and_only_when_given(method: str, arguments: tuple[str, ...]) -> None:
    async def traced_and_not(emitter: UnifiedWebSocketEmitter) -> None:
        await getattr(emitter, method)("run_1", "triage", *arguments, trace_context={"trace_id": "7"})
        await getattr(emitter, method)("run_1", "triage", *arguments)

    traced, plain = events_of(traced_and_not)
    assert traced["trace"] == {"trace_id": "7"}
    assert "trace" not in plain


def test_the_request_is_named_when_the_context_names_one() -> None:
    manager = ThreadManager()
    emitter = UnifiedWebSocketEmitter.for_context(Context(), manager)
    asyncio.run(emitter.notify_agent_started("run_1", "triage"))
    assert manager.events[0]["request_id"] == "request_1"


def test_an_error_says_what_and_that_it_failed() -> None:
    event = event_of(lambda e: e.notify_agent_error("run_1", "triage", "no tea", {"error_type": "TeaError"}))
    payload = event["payload"]
    assert event["type"] == "agent_error"
    assert (payload["status"], payload["success"], payload["recoverable"]) == ("error", False, False)
    assert (payload["error"], payload["error_message"], payload["error_type"]) == ("no tea", "no tea", "TeaError")


@pytest.mark.parametrize("cause", ["timeout", "no_heartbeat", "silent_failure", "memory_limit", "cancelled", "meteor"])
def test_a_death_tells_its_cause_and_what_to_do(cause: str) -> None:
    payload = event_of(lambda e: e.notify_agent_death("run_1", "triage", cause, {"after_s": 3}))["payload"]
    assert (payload["status"], payload["death_cause"], payload["death_context"]) == ("dead", cause, {"after_s": 3})
    assert payload["recovery_action"] == "refresh_required"
    assert payload["message"].startswith("triage ")
    assert payload["message"].endswith(".")


def test_every_known_death_has_its_own_message() -> None:
    async def die(emitter: UnifiedWebSocketEmitter) -> None:
        for cause in ("timeout", "no_heartbeat", "silent_failure", "memory_limit", "cancelled", "meteor"):
            await emitter.notify_agent_death("run_1", "triage", cause)

    assert len({event["payload"]["message"] for event in events_of(die)}) == 6


@pytest.mark.parametrize(
    ("given", "shown"), [(-5, 0), (0, 0), (55.5, 55.5), (100, 100), (250, 100), ("half", None), (None, None)]
)
def test_progress_stays_between_0_and_100(given: Any, shown: Any) -> None:
    payload = event_of(lambda e: e.notify_progress_update("run_1", "triage", {"percentage": given}))["payload"]
    assert payload["progress_percentage"] == shown


def test_a_progress_update_has_its_own_message_or_a_general_one() -> None:
    async def advance(emitter: UnifiedWebSocketEmitter) -> None:
        await emitter.notify_progress_update("run_1", "triage", {"message": "boiling", "total_steps": 3})
        await emitter.notify_progress_update("run_1", "triage", {"current_step": "pouring"})

    said, silent = (event["payload"] for event in events_of(advance))
    assert (said["message"], said["total_steps"]) == ("boiling", 3)
    assert (silent["message"], silent["current_step"]) == ("triage is making progress", "pouring")


def test_a_custom_event_has_its_own_type_and_its_payload_as_it_is() -> None:
    event = event_of(lambda e: e.notify_custom("run_1", "triage", "tea_ready", {"cups": 2}))
    assert (event["type"], event["payload"]) == ("tea_ready", {"cups": 2})
    assert set(event) == ENVELOPE


def test_a_custom_event_without_a_dict_still_has_a_payload() -> None:
    async def odd(emitter: UnifiedWebSocketEmitter) -> None:
        await emitter.notify_custom("run_1", "triage", "tea_ready", None)  # type: ignore[arg-type]
        await emitter.notify_custom("run_1", "triage", "tea_ready", ["milk"])  # type: ignore[arg-type]

    assert [event["payload"] for event in events_of(odd)] == [{}, {"data": ["milk"]}]


def test_any_event_has_its_data_beside_the_ids_and_as_payload() -> None:
    event = event_of(lambda e: e.emit_agent_event("tea_ready", {"cups": 2}, agent_name="triage"))
    assert (event["type"], event["cups"], event["payload"]) == ("tea_ready", 2, {"cups": 2})
    assert (event["run_id"], event["agent_name"]) == ("run_1", "triage")


def test_any_event_with_a_payload_of_its_own_keeps_it() -> None:
    event = event_of(lambda e: e.emit_agent_event("tea_ready", {"payload": {"cups": 2}, "pot": "blue"}))
    assert (event["payload"], event["pot"]) == ({"cups": 2}, "blue")


def test_no_data_can_pose_as_the_envelope() -> None:
    forged = {name: "mallory" for name in ENVELOPE - {"payload"}}
    event = event_of(lambda e: e.emit_agent_event("tea_ready", forged, "run_1", "triage"))
    assert "mallory" not in [event[name] for name in forged]


@pytest.mark.parametrize(
    ("details", "status", "success"),
    [
        ({"result": {"hits": 2}}, "completed", True),
        ({"result": {"success": False}}, "failed", False),
        ({"result": {"success": False}, "success": True}, "completed", True),
        ({"result": {"hits": 2}, "success": False}, "failed", False),
        ({"result": "two hits"}, "completed", True),
    ],
    ids=[
        "a result is a success",
        "a result that says it failed did fail",
        "the caller knows better than the result",
        "the caller says it failed",
        "a result may be mere text",
    ],
)
def test_how_a_tool_ended(details: dict[str, Any], status: str, success: bool) -> None:
    payload = event_of(lambda e: e.deliver("tool_completed", "triage", tool_name="search", **details))["payload"]
    assert (payload["status"], payload["success"]) == (status, success)
    assert payload["result"] == details["result"] == payload["tool_output"]


def test_a_mere_summary_is_shown_as_the_result() -> None:
    details = {"tool_name": "search", "success": True, "result_summary": "2 hits"}
    payload = event_of(lambda e: e.deliver("tool_completed", "triage", **details))["payload"]
    assert (payload["result_summary"], payload["result"]) == ("2 hits", {"summary": "2 hits"})


def test_the_details_of_old_emitters_have_their_place() -> None:
    async def old_ways(emitter: UnifiedWebSocketEmitter) -> None:
        await emitter.deliver("agent_thinking", "triage", reasoning="hm", step="first", total_steps=4)
        await emitter.deliver("agent_completed", "triage", result={"a": 1}, success=False)
        await emitter.deliver("agent_error", "triage", error="no tea", error_type="TeaError", recoverable=True)
        await emitter.deliver(
            "progress_update", "triage", progress_percentage=120, current_step="pour", estimated_completion="soon"
        )

    thinking, completed, error, progress = (event["payload"] for event in events_of(old_ways))
    assert (thinking["step"], thinking["total_steps"]) == ("first", 4)
    assert (completed["status"], completed["success"]) == ("failed", False)
    assert (error["error_type"], error["recoverable"]) == ("TeaError", True)
    assert (progress["progress_percentage"], progress["current_step"]) == (100, "pour")
    assert progress["estimated_completion"] == "soon"


@pytest.mark.parametrize(
    "details",
    [{}, {"tool_name": "search", "tool_nmae": "serach"}, {"tool_name": "search", "result": {}}],
    ids=["a missing detail", "a misspelt detail", "a detail of another event"],
)
def test_wrong_details_are_type_errors_and_send_nothing(details: dict[str, Any]) -> None:
    manager = ThreadManager()
    with pytest.raises(TypeError):
        asyncio.run(emitter_for(manager).deliver("tool_executing", "triage", **details))
    assert manager.sent == []


def test_an_unknown_kind_of_event_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        asyncio.run(emitter_for(ThreadManager()).deliver("agent_startled", "triage"))


def test_who_names_no_agent_speaks_for_the_agent_that_started_last() -> None:
    async def nameless(emitter: UnifiedWebSocketEmitter) -> None:
        await emitter.deliver("tool_executing", tool_name="before any started")
        await emitter.notify_agent_started("run_1", "triage")
        await emitter.notify_agent_thinking("run_1", "helper", "hm")
        await emitter.deliver("tool_executing", tool_name="search")

    assert [event["agent_name"] for event in events_of(nameless)] == ["agent", "triage", "helper", "triage"]


def test_an_emitter_may_be_told_who_speaks() -> None:
    event = event_of(lambda e: e.deliver("tool_executing", tool_name="search"), agent_name="optimizer")
    assert event["agent_name"] == event["payload"]["agent_name"] == "optimizer"


def test_every_event_is_json_as_it_stands() -> None:
    async def odd_data(emitter: UnifiedWebSocketEmitter) -> None:
        data: dict[Any, Any] = {1: {2, 3}, "at": datetime.now(UTC), "nan": float("nan"), "raw": b"x", "odd": object()}
        await emitter.notify_agent_started("run_1", "triage", data)
        await emitter.notify_tool_completed("run_1", "triage", "search", data)
        await emitter.notify_custom("run_1", "triage", "tea_ready", data)

    for event in events_of(odd_data):
        assert json.loads(json.dumps(event, allow_nan=False)) == event
