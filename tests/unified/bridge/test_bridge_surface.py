"""What the bridge is called with from outside: every name, parameter, default and kind of the class it replaces."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

import unified_target.agent_bridge as module
from unified_target.agent_bridge import AgentWebSocketBridge

METHODS = {
    "ensure_integration": ("async", "(self, supervisor=None, registry=None, force_reinit=False)"),
    "health_check": ("async", "(self)"),
    "get_health_status": ("async", "(self)"),
    "get_metrics": ("async", "(self)"),
    "register_monitor_observer": ("sync", "(self, observer)"),
    "remove_monitor_observer": ("sync", "(self, observer)"),
    "recover_integration": ("async", "(self)"),
    "get_status": ("async", "(self)"),
    "shutdown": ("async", "(self)"),
    "register_run_thread_mapping": ("async", "(self, run_id, thread_id, metadata=None)"),
    "unregister_run_mapping": ("async", "(self, run_id)"),
    "get_thread_registry_status": ("async", "(self)"),
    "notify_agent_started": ("async", "(self, run_id, agent_name, context=None, trace_context=None)"),
    "notify_agent_thinking": (
        "async",
        "(self, run_id, agent_name, reasoning, step_number=None, progress_percentage=None, trace_context=None)",
    ),
    "notify_tool_executing": ("async", "(self, run_id, agent_name, tool_name, parameters=None)"),
    "notify_tool_completed": ("async", "(self, run_id, agent_name, tool_name, result=None, execution_time_ms=None)"),
    "notify_agent_completed": (
        "async",
        "(self, run_id, agent_name, result=None, execution_time_ms=None, trace_context=None)",
    ),
    "notify_agent_error": ("async", "(self, run_id, agent_name, error, error_context=None, trace_context=None)"),
    "notify_agent_death": ("async", "(self, run_id, agent_name, death_cause, death_context=None)"),
    "notify_progress_update": ("async", "(self, run_id, agent_name, progress)"),
    "notify_custom": ("async", "(self, run_id, agent_name, notification_type, data)"),
    "emit_agent_event": ("async", "(self, event_type, data, run_id=None, agent_name=None)"),
    "get_resolution_metrics": ("sync", "(self)"),
    "create_user_emitter": ("async", "(self, user_context)"),
    "create_user_emitter_from_ids": (
        "async classmethod",
        "(cls, user_id, thread_id, run_id, websocket_connection_id=None)",
    ),
    "create_scoped_emitter": ("async context manager staticmethod", "(user_context)"),
}

PRIVATE = {
    "_initialize_websocket_manager": ("async", "(self)"),
    "_resolve_thread_id_from_run_id": ("async", "(self, run_id)"),
    "_extract_thread_from_standardized_run_id": ("sync", "(self, run_id)"),
    "_is_suspicious_run_id": ("sync", "(self, run_id)"),
    "_validate_event_context": ("sync", "(self, run_id, event_type, agent_name=None)"),
}

FIELDS = {
    "IntegrationConfig": (
        "initialization_timeout_s health_check_interval_s recovery_max_attempts recovery_base_delay_s "
        "recovery_max_delay_s integration_verification_timeout_s"
    ),
    "HealthStatus": (
        "state websocket_manager_healthy registry_healthy last_health_check consecutive_failures total_recoveries "
        "uptime_seconds error_message"
    ),
    "IntegrationResult": "success state error duration_ms recovery_attempted",
    "IntegrationMetrics": (
        "total_initializations successful_initializations failed_initializations recovery_attempts "
        "successful_recoveries health_checks_performed current_uptime_start"
    ),
}


def kind_and_parameters(name: str) -> tuple[str, str]:
    """How a member is called, without annotations."""
    static = inspect.getattr_static(AgentWebSocketBridge, name)
    wrapper = f" {type(static).__name__}" if isinstance(static, classmethod | staticmethod) else ""
    function = static.__func__ if wrapper else static
    kind = "async" if inspect.iscoroutinefunction(function) else "sync"
    if inspect.isasyncgenfunction(inspect.unwrap(function)):
        kind = "async context manager"
    signature = inspect.signature(function)
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return kind + wrapper, str(inspect.Signature(bare))


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} is called as before") for name in METHODS | PRIVATE])
def test_every_member_that_is_called_from_outside_is_called_as_before(name: str) -> None:
    assert kind_and_parameters(name) == (METHODS | PRIVATE)[name]


def test_no_other_method_is_public() -> None:
    public = {name for name in vars(AgentWebSocketBridge) if not name.startswith("_")}
    assert public == set(METHODS)
    assert len(METHODS) == 26


def test_a_bridge_is_made_without_arguments() -> None:
    assert not inspect.signature(AgentWebSocketBridge).parameters


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} begins with the fields of before") for name in FIELDS])
def test_the_records_begin_with_the_fields_of_before(name: str) -> None:
    expected = FIELDS[name].split()
    assert [field.name for field in dataclasses.fields(getattr(module, name))][: len(expected)] == expected


def test_the_states_have_the_values_of_before() -> None:
    states = {state.name: state.value for state in module.IntegrationState}
    assert states == {name.upper(): name for name in ("uninitialized", "initializing", "active", "degraded", "failed")}


def test_the_defaults_are_those_of_before() -> None:
    config = module.IntegrationConfig()
    assert (config.initialization_timeout_s, config.health_check_interval_s) == (30, 60)
    assert (config.recovery_max_attempts, config.recovery_base_delay_s, config.recovery_max_delay_s) == (3, 1.0, 30.0)
    assert config.integration_verification_timeout_s == 10
    assert config.send_timeout_s == 5.0


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        pytest.param("_websocket_manager", None, id="no manager"),
        pytest.param("_supervisor", None, id="no supervisor"),
        pytest.param("_registry", None, id="no agent registry"),
        pytest.param("_health_check_task", None, id="no task"),
        pytest.param("_shutdown", False, id="not shut down"),
        pytest.param("_initialized", True, id="ready to be integrated"),
        pytest.param("_monitor_observers", [], id="no observers"),
        pytest.param("_health_broadcast_interval", 30.0, id="30 seconds between broadcasts"),
        pytest.param("state", module.IntegrationState.UNINITIALIZED, id="uninitialized"),
    ],
)
def test_a_new_bridge_has(attribute: str, value: Any) -> None:
    assert getattr(AgentWebSocketBridge(), attribute) == value


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name} says what it is for") for name in METHODS])
def test_every_public_member_is_documented(name: str) -> None:
    assert getattr(AgentWebSocketBridge, name).__doc__
