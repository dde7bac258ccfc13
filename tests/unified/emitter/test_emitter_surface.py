"""Who called an old emitter finds every member again, of the same kind; who called a bridge finds its signatures."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from tests.unified.emitter.doubles import ThreadManager, emitter_for
from unified_target import unified_emitter
from unified_target.unified_emitter import (
    UnifiedWebSocketEmitter,
    WebSocketEmitterFactory,
    WebSocketEmitterPool,
)

EMITTER = {
    "the isolated emitter": (
        "async emit_agent_started emit_agent_thinking emit_tool_executing emit_tool_completed emit_agent_completed"
        " notify_agent_started notify_agent_completed notify_agent_error cleanup",
        "create_for_user set_websocket_manager get_event_stats",
    ),
    "the emitter of the agent factory": (
        "async notify_agent_started notify_agent_thinking notify_tool_executing notify_tool_completed"
        " notify_agent_completed notify_agent_error cleanup",
        "get_emitter_status",
    ),
    "the event emitter": (
        "async notify_agent_started notify_agent_thinking notify_tool_executing notify_tool_completed"
        " notify_agent_completed notify_agent_error notify_progress_update notify_custom dispose __aenter__ __aexit__",
        "get_metrics get_context",
    ),
    "the routed and the pooled emitter": (
        "async notify_agent_started notify_agent_thinking notify_tool_executing notify_tool_completed"
        " notify_agent_completed notify_agent_error notify_progress_update notify_custom",
        "initialize reset get_stats __str__",
    ),
    "the queued emitter of the bridge factory": (
        "async notify_agent_started notify_agent_thinking notify_tool_executing notify_tool_completed"
        " notify_agent_completed notify_agent_error cleanup",
        "",
    ),
}
MEMBERS = [
    pytest.param(name, is_async, id=f"{owner} has {'async ' * is_async}{name}")
    for owner, (coroutines, plain) in EMITTER.items()
    for is_async, names in ((True, coroutines.removeprefix("async ")), (False, plain))
    for name in names.split()
]


@pytest.mark.parametrize(("name", "is_async"), MEMBERS)
def test_every_member_of_an_old_emitter_is_there_and_of_the_same_kind(name: str, is_async: bool) -> None:
    assert inspect.iscoroutinefunction(getattr(UnifiedWebSocketEmitter, name)) is is_async


@pytest.mark.parametrize(
    "event", ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
)
def test_to_emit_an_event_is_to_notify_of_it(event: str) -> None:
    assert getattr(UnifiedWebSocketEmitter, f"emit_{event}") is getattr(UnifiedWebSocketEmitter, f"notify_{event}")


@pytest.mark.parametrize(
    ("name", "is_async"),
    [
        ("acquire", True),
        ("release", True),
        ("cleanup_inactive_emitters", True),
        ("shutdown", True),
        ("get_statistics", False),
    ],
    ids=lambda value: value if isinstance(value, str) else ("is a coroutine" if value else "is a plain method"),
)
def test_every_member_of_the_old_pool_is_there_and_of_the_same_kind(name: str, is_async: bool) -> None:
    assert inspect.iscoroutinefunction(getattr(WebSocketEmitterPool, name)) is is_async


def test_the_factory_has_one_coroutine_and_one_context_manager_both_static() -> None:
    assert inspect.iscoroutinefunction(WebSocketEmitterFactory.create_emitter)
    assert isinstance(inspect.getattr_static(WebSocketEmitterFactory, "create_emitter"), staticmethod)
    assert isinstance(inspect.getattr_static(WebSocketEmitterFactory, "create_scoped_emitter"), staticmethod)
    assert hasattr(WebSocketEmitterFactory.create_scoped_emitter(None), "__aenter__")  # type: ignore[arg-type]


REQUIRED = inspect.Parameter.empty
BRIDGE: dict[str, dict[str, Any]] = {
    "notify_agent_started": {"context": None, "trace_context": None},
    "notify_agent_thinking": {
        "reasoning": REQUIRED,
        "step_number": None,
        "progress_percentage": None,
        "trace_context": None,
    },
    "notify_tool_executing": {"tool_name": REQUIRED, "parameters": None},
    "notify_tool_completed": {"tool_name": REQUIRED, "result": None, "execution_time_ms": None},
    "notify_agent_completed": {"result": None, "execution_time_ms": None, "trace_context": None},
    "notify_agent_error": {"error": REQUIRED, "error_context": None, "trace_context": None},
    "notify_agent_death": {"death_cause": REQUIRED, "death_context": None},
    "notify_progress_update": {"progress": REQUIRED},
    "notify_custom": {"notification_type": REQUIRED, "data": REQUIRED},
}


@pytest.mark.parametrize("name", BRIDGE, ids=[f"{name} takes run and agent first" for name in BRIDGE])
def test_the_notify_methods_have_the_bridges_signatures(name: str) -> None:
    parameters = list(inspect.signature(getattr(UnifiedWebSocketEmitter, name)).parameters.values())[1:]
    found = {each.name: each.default for each in parameters}
    assert list(found.items()) == [("run_id", REQUIRED), ("agent_name", REQUIRED), *BRIDGE[name].items()]
    assert {each.kind for each in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_any_event_takes_its_type_and_data_first_as_the_bridge_does() -> None:
    parameters = inspect.signature(UnifiedWebSocketEmitter.emit_agent_event).parameters
    assert list(parameters) == ["self", "event_type", "data", "run_id", "agent_name"]


def test_a_method_replaced_on_one_emitter_is_called_and_confuses_no_other() -> None:
    async def run() -> tuple[Any, list[bool], int]:
        manager = ThreadManager()
        emitter = emitter_for(manager)

        async def adapted(agent_name: str, metadata: Any = None) -> str:
            delivered = await type(emitter).notify_agent_started(emitter, "run_1", agent_name, metadata)
            return f"adapted {delivered}"

        emitter.notify_agent_started = adapted  # type: ignore[method-assign, assignment]
        first = await emitter.notify_agent_started("triage", {"a": 1})  # type: ignore[arg-type]
        rest = [
            await emitter.emit_agent_started("run_1", "triage"),
            await emitter.notify_agent_thinking("run_1", "triage", "hm"),
            (await emitter.deliver("agent_started", "triage")).sent,
        ]
        return first, rest, len(manager.sent)

    assert asyncio.run(run()) == ("adapted True", [True, True, True], 4)


def test_what_the_module_offers_is_there_and_documented() -> None:
    for name in unified_emitter.__all__:
        offered = getattr(unified_emitter, name)
        assert not callable(offered) or offered.__doc__, name
