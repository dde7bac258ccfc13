"""Every public member of the three old managers and the four old protocols has its counterpart, called the same way."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.unified.surface.surfaces import PROTOCOLS, SURFACE, kind_of, members, old_kind, parameters
from unified_target import unified_manager
from unified_target.unified_manager import (
    ConnectionProtocol,
    ConnectionScope,
    HeartbeatMonitor,
    ThreadMessagingProtocol,
    UnifiedWebSocketManager,
    UpdateProtocol,
    UserMessagingProtocol,
    WebSocketManagerProtocol,
)

COUNTERPARTS: dict[str, type] = {
    "websocket_core.manager.WebSocketManager": UnifiedWebSocketManager,
    "websocket.manager.ConnectionScopedWebSocketManager": ConnectionScope,
    "websocket_core.manager.WebSocketHeartbeatManager": HeartbeatMonitor,
    "agents.base.interface.WebSocketManagerProtocol": UpdateProtocol,
    "agents.interfaces.WebSocketManagerProtocol": ThreadMessagingProtocol,
    "schemas.strict_types.StrictWebSocketManager": UserMessagingProtocol,
    "core.interfaces_websocket.WebSocketManagerInterface": ConnectionProtocol,
}


@pytest.mark.parametrize(("old", "name"), members(*COUNTERPARTS), ids=lambda value: str(value).rpartition(".")[2])
def test_a_member_has_its_counterpart_of_the_same_kind_that_takes_the_same_call(old: str, name: str) -> None:
    owner, member = COUNTERPARTS[old], SURFACE[old]["members"][name]
    assert kind_of(owner, name) == old_kind(member)
    if member["kind"] == "property":
        return
    new = parameters(owner, name)
    assert [parameter.name for parameter in new[: len(member["parameters"])]] == [
        told.rstrip("=") for told in member["parameters"]
    ]
    for told, parameter in zip(member["parameters"], new, strict=False):
        assert told.endswith("=") == (parameter.default is not inspect.Parameter.empty), parameter.name
    assert all(parameter.default is not inspect.Parameter.empty for parameter in new[len(member["parameters"]) :])


@pytest.mark.parametrize("old", PROTOCOLS)
def test_the_manager_is_what_each_old_protocol_asked_for_and_what_lacks_a_member_is_not(old: str) -> None:
    protocol: Any = COUNTERPARTS[old]
    assert isinstance(UnifiedWebSocketManager.isolated(), protocol)
    assert set(SURFACE[old]["members"]) <= set(dir(WebSocketManagerProtocol))
    lacking = type("Lacking", (), dict.fromkeys(list(SURFACE[old]["members"])[1:], lambda self: None))
    assert not isinstance(lacking(), protocol)


@pytest.mark.parametrize("old", PROTOCOLS)
def test_each_narrow_protocol_has_exactly_the_members_of_the_old_one(old: str) -> None:
    protocol = COUNTERPARTS[old]
    public = {name for name in dir(protocol) if not name.startswith("_")}
    assert public == set(SURFACE[old]["members"])


# Called or read by production code although the old manager never had them (facts, section 3).
NEVER_EXISTED = (
    "send_error send_message_to_user send_error_to_user broadcast broadcast_to_all broadcast_to_job send_to_connection "
    "send_message_to_thread initialize recover_all_connections cleanup_all get_all_status handle_message "
    "add_disconnect_hook sanitize_message validate_message broadcasting message_handlers is_accepting_connections "
    "_connections"
).split()

# Read or written on the manager from outside although no method offers them (facts, section 3, Appendix A).
ATTRIBUTES = (
    "connections user_connections active_connections connection_stats room_memberships scoping_stats "
    "connection_failure_counts connection_registry failed_connections circuit_breaker_threshold "
    "run_id_connections connection_retry_counts "
    "connection_wrappers connection_health active_pings delivery_stats enable_connection_scoping _connection_scopes "
    "_serialization_executor _initialized _instance MAX_CONNECTIONS_PER_USER MAX_TOTAL_CONNECTIONS "
    "STALE_CONNECTION_TIMEOUT TTL_CACHE_SECONDS TTL_CACHE_MAXSIZE CONNECTION_POOL_SIZE heartbeat_config health_stats"
).split()

# Private methods that other modules call (Appendix A).
PRIVATE = (
    "_cleanup_stale_connections _cleanup_expired_cache_entries _serialize_message_safely _is_test_thread "
    "_serialize_message_safely_async _cleanup_connection _send_to_connection _ping_connection"
).split()

# Module-level names that other modules import (Appendix B), and the rest of the old `__all__`.
HELPERS = (
    "get_websocket_manager get_manager HeartbeatConfig get_heartbeat_manager websocket_context broadcast_message "
    "register_connection_heartbeat unregister_connection_heartbeat check_connection_heartbeat sync_state "
    "get_websocket_recovery_manager ConnectionHeartbeat ConnectionScope _websocket_manager EnhancedHeartbeatConfig "
    "ModernWebSocketWrapper ModernWebSocketProtocol create_enhanced_websocket_manager get_protocol_wrapper "
    "enhanced_health_check connection_scoped_manager logger"
).split()


@pytest.mark.parametrize("name", [*NEVER_EXISTED, *ATTRIBUTES, *PRIVATE])
def test_what_others_call_or_read_on_the_manager_is_there(name: str) -> None:
    assert hasattr(UnifiedWebSocketManager.isolated(), name)


@pytest.mark.parametrize("name", HELPERS)
def test_what_others_import_from_the_old_module_is_there(name: str) -> None:
    assert hasattr(unified_manager, name)


def test_everything_in_all_exists_once() -> None:
    names = unified_manager.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(unified_manager, name) for name in names)


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [((), {}), ((), {"enable_connection_scoping": False}), ((), {"heartbeat_config": None}), ((None,), {})],
    ids=["without arguments", "scoping switched off", "a heartbeat config", "one positional"],
)
def test_every_form_in_which_the_manager_was_constructed_constructs_it(arguments: Any, keywords: Any) -> None:
    UnifiedWebSocketManager._instance = None
    assert UnifiedWebSocketManager(*arguments, **keywords) is UnifiedWebSocketManager()
    UnifiedWebSocketManager._instance = None


def test_a_constructor_call_that_was_wrong_is_still_a_type_error() -> None:
    UnifiedWebSocketManager._instance = None
    with pytest.raises(TypeError, match="redis"):
        UnifiedWebSocketManager(redis=None)  # type: ignore[call-arg]
    UnifiedWebSocketManager._instance = None
