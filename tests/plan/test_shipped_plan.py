"""The shipped plan says everything the extraction report of 2025-09-04 says. The pairs were copied by hand from it."""

from __future__ import annotations

import pytest

from codemods.plan import Plan, PlannedClass, load_plan

APP = "netra_backend.app."
POOLED = "WebSocketEmitterPool.OptimizedUserWebSocketEmitter"
# module, class, the report's line, the lines as the report writes them, family, status word
CLASSES = [
    ("websocket_core.manager", "WebSocketManager", 264, "264-2025+", "manager", "CANONICAL"),
    ("websocket.manager", "ConnectionScopedWebSocketManager", 93, "93+", "manager", "MERGE"),
    ("websocket_core.manager", "WebSocketHeartbeatManager", 2025, "2025", "manager", "MERGED"),
    ("websocket_core.isolated_event_emitter", "IsolatedWebSocketEventEmitter", 55, "55", "emitter", "MERGE"),
    ("agents.supervisor.agent_instance_factory", "UserWebSocketEmitter", 59, "59", "emitter", "MERGE"),
    ("services.websocket_event_emitter", "WebSocketEventEmitter", 47, "47", "emitter", "MERGE"),
    ("services.websocket_event_emitter", "WebSocketEventEmitterFactory", 635, "635", "factory", "MERGE"),
    ("services.websocket_emitter_pool", "WebSocketEmitterPool", 45, "45", "pool", "INTEGRATE"),
    ("services.websocket_emitter_pool", POOLED, 54, "54", "emitter", "INTEGRATE"),
    ("services.websocket_bridge_factory", "UserWebSocketEmitter", 391, "391", "emitter", "PRESERVE"),
    ("services.user_websocket_emitter", "UserWebSocketEmitter", 27, "27", "emitter", "MERGE"),
    ("agents.base.interface", "WebSocketManagerProtocol", 136, "136", "protocol", "REMOVE"),
    ("agents.interfaces", "WebSocketManagerProtocol", 76, "76", "protocol", "REMOVE"),
    ("core.interfaces_websocket", "WebSocketManagerInterface", 36, "36", "protocol", "REMOVE"),
    ("schemas.strict_types", "StrictWebSocketManager", 81, "81", "protocol", "REMOVE"),
    ("services.agent_websocket_bridge", "AgentWebSocketBridge", 93, "", "bridge", "PRESERVE"),
]
NOTES = {
    "websocket_core.manager.WebSocketManager": "Keep as base for UnifiedWebSocketManager",
    "websocket.manager.ConnectionScopedWebSocketManager": "Merge isolation logic into unified",
    "websocket_core.manager.WebSocketHeartbeatManager": "Already part of main WebSocketManager",
    "websocket_core.isolated_event_emitter.IsolatedWebSocketEventEmitter": "Merge into UnifiedEmitter",
    "agents.supervisor.agent_instance_factory.UserWebSocketEmitter": "Merge pattern into UnifiedEmitter",
    "services.websocket_event_emitter.WebSocketEventEmitter": "Merge factory pattern",
    "services.websocket_event_emitter.WebSocketEventEmitterFactory": "Merge factory pattern",
    "services.websocket_emitter_pool.WebSocketEmitterPool": "Integrate pool into factory",
    f"services.websocket_emitter_pool.{POOLED}": "Integrate pool into factory",
    "services.websocket_bridge_factory.UserWebSocketEmitter": "Preserve bridge pattern",
    "services.user_websocket_emitter.UserWebSocketEmitter": "Merge into UnifiedEmitter",
}
PURPOSES = {
    "websocket_core.manager.WebSocketManager": "Enhanced unified manager",
    "websocket.manager.ConnectionScopedWebSocketManager": "zero cross-user leakage pattern",
    "websocket_core.manager.WebSocketHeartbeatManager": "Specialized heartbeat management",
    "websocket_core.isolated_event_emitter.IsolatedWebSocketEventEmitter": "User-isolated event emission",
    "agents.supervisor.agent_instance_factory.UserWebSocketEmitter": "Agent-specific emitter in factory",
    "services.websocket_event_emitter.WebSocketEventEmitter": "Event emitter with factory pattern",
    "services.websocket_event_emitter.WebSocketEventEmitterFactory": "Event emitter with factory pattern",
    "services.websocket_emitter_pool.WebSocketEmitterPool": "Pooled emitter management",
    f"services.websocket_emitter_pool.{POOLED}": "Pooled emitter management",
    "services.websocket_bridge_factory.UserWebSocketEmitter": "Bridge pattern emitter",
    "services.user_websocket_emitter.UserWebSocketEmitter": "User-specific emitter",
    "agents.base.interface.WebSocketManagerProtocol": "Protocol definition",
    "agents.interfaces.WebSocketManagerProtocol": "Duplicate protocol definition",
    "core.interfaces_websocket.WebSocketManagerInterface": "Interface definition",
    "schemas.strict_types.StrictWebSocketManager": "Strict protocol definition",
}
EXTRACTED = {
    "websocket.manager.ConnectionScopedWebSocketManager": "Connection isolation logic",
    "websocket_core.manager.WebSocketHeartbeatManager": "Heartbeat patterns",
    "services.websocket_emitter_pool.WebSocketEmitterPool": "Pool management",
    "services.websocket_event_emitter.WebSocketEventEmitterFactory": "Factory patterns",
    "services.agent_websocket_bridge.AgentWebSocketBridge": "Bridge integration",
    "agents.supervisor.agent_instance_factory.UserWebSocketEmitter": "User-specific logic",
    "services.websocket_bridge_factory.UserWebSocketEmitter": "User-specific logic",
    "services.user_websocket_emitter.UserWebSocketEmitter": "User-specific logic",
}
EVENTS = [
    ("agent_started", "User sees agent began processing"),
    ("agent_thinking", "Real-time reasoning visibility"),
    ("tool_executing", "Tool usage transparency"),
    ("tool_completed", "Tool results display"),
    ("agent_completed", "Response ready notification"),
]
LIMITS = [
    ("Connection pooling (size=10)", 10, "connections"),
    ("Max 3 connections per user", 3, "connections"),
    ("Max 100 total connections", 100, "connections"),
    ("TTL cache (3 minutes)", 180, "seconds"),
]
LISTS = {
    "extraction": [
        "Connection isolation logic from ConnectionScopedWebSocketManager",
        "Heartbeat patterns from WebSocketHeartbeatManager",
        "Pool management from WebSocketEmitterPool",
        "Factory patterns from WebSocketEventEmitterFactory",
        "Bridge integration from AgentWebSocketBridge",
        "User-specific logic from all UserWebSocketEmitter variants",
    ],
    "mitigation": [
        "Create UnifiedWebSocketManager extending current WebSocketManager",
        "Add connection-scoping from ConnectionScopedWebSocketManager",
        "Integrate all emitter patterns into UnifiedWebSocketEmitter",
        "Preserve AgentWebSocketBridge exactly as-is",
        "Test each consolidation step with mission critical tests",
    ],
    "next_steps": [
        "Generate MRO report for inheritance analysis",
        "Design detailed UnifiedWebSocketManager API",
        "Implement consolidation with continuous testing",
        "Document all breaking changes",
        "Create migration guide for dependent code",
    ],
}
PHASES = [
    [
        "UnifiedWebSocketManager based on websocket_core/manager.py",
        "Add connection-scoping features from websocket/manager.py",
        "UnifiedWebSocketEmitter consolidating all emitter patterns",
        "Integrate EmitterPool into factory pattern",
    ],
    [
        "Update all imports to use unified implementations",
        "Add deprecation warnings to old implementations",
        "Run mission critical tests after each change",
        "Verify all 5 events working",
    ],
    [
        "Remove duplicate protocol definitions",
        "Delete old manager implementations",
        "Delete old emitter implementations",
        "Update documentation",
    ],
]
RISKS = [
    ("Multi-user isolation", "Must preserve per-connection scoping"),
    ("Event delivery", "All 5 critical events must work"),
    ("Agent integration", "AgentWebSocketBridge pattern critical"),
    ("Thread safety", "Async/concurrent access patterns"),
    ("Backward compatibility", "Existing code depends on current interfaces"),
]
CRITERIA = [
    ("Single UnifiedWebSocketManager implementation", "single-target:manager"),
    ("Single UnifiedWebSocketEmitter implementation", "single-target:emitter"),
    ("All 5 critical events working", "events"),
    ("Multi-user isolation preserved", "isolation"),
    ("AgentWebSocketBridge pattern intact", "preserved"),
    ("Zero WebSocket event loss", "event-loss"),
    ("Mission critical tests passing", "tests"),
    ("13+ files reduced to 2-3 unified files", "file-count"),
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


def entry(plan: Plan, path: str) -> PlannedClass:
    return next(item for item in plan.classes if item.dotted == APP + path)


def test_it_holds_the_fifteen_classes_of_the_report_and_the_bridge_and_no_other(plan: Plan) -> None:
    assert len(plan.classes) == 16
    assert {item.dotted for item in plan.classes} == {f"{APP}{row[0]}.{row[1]}" for row in CLASSES}


@pytest.mark.parametrize(
    ("module", "qualname", "line", "stated", "family", "status"), CLASSES, ids=[f"{row[0]}.{row[1]}" for row in CLASSES]
)
def test_each_class_has_its_line_its_family_and_its_status_word(
    plan: Plan, module: str, qualname: str, line: int, stated: str, family: str, status: str
) -> None:
    item = entry(plan, f"{module}.{qualname}")
    assert (item.line, item.stated, item.family, item.status) == (line, stated, family, status)


@pytest.mark.parametrize(("path", "sentence"), NOTES.items(), ids=list(NOTES))
def test_what_is_to_become_of_a_class_is_told_with_the_reports_words(plan: Plan, path: str, sentence: str) -> None:
    assert entry(plan, path).note.startswith(sentence)


@pytest.mark.parametrize(("path", "words"), PURPOSES.items(), ids=list(PURPOSES))
def test_what_a_class_is_for_is_told_with_the_reports_words(plan: Plan, path: str, words: str) -> None:
    assert words in entry(plan, path).purpose


@pytest.mark.parametrize(("path", "what"), EXTRACTED.items(), ids=list(EXTRACTED))
def test_what_must_be_extracted_from_a_class_stands_with_it(plan: Plan, path: str, what: str) -> None:
    assert entry(plan, path).extract == what


@pytest.mark.parametrize(
    ("path", "features"),
    [
        (
            "websocket_core.manager.WebSocketManager",
            [
                "Singleton pattern implementation",
                "Protocol abstraction for modern websockets",
                "Enhanced heartbeat monitoring",
                "Comprehensive health checking",
                "Connection pooling (size=10)",
                "Max 3 connections per user",
                "Max 100 total connections",
                "TTL cache (3 minutes)",
            ],
        ),
        (
            "websocket.manager.ConnectionScopedWebSocketManager",
            [
                "Created per-connection (NOT singleton)",
                "User isolation enforced",
                "Blocks cross-user events",
                "Connection-specific handlers",
                "Audit logging",
            ],
        ),
    ],
    ids=["the canonical manager", "the connection-scoped manager"],
)
def test_the_features_of_a_class_stand_in_the_reports_order(plan: Plan, path: str, features: list[str]) -> None:
    assert list(entry(plan, path).features) == features


def test_the_five_events_stand_in_the_order_of_a_run_with_their_meaning(plan: Plan) -> None:
    assert [(event.name, event.meaning) for event in plan.events] == EVENTS


@pytest.mark.parametrize(("source", "value", "unit"), LIMITS, ids=[row[0] for row in LIMITS])
def test_each_number_of_the_report_is_a_limit_with_its_source(plan: Plan, source: str, value: int, unit: str) -> None:
    assert [(limit.value, limit.unit) for limit in plan.limits if limit.source == source] == [(value, unit)]


@pytest.mark.parametrize("field", list(LISTS))
def test_each_list_of_the_report_is_whole_and_in_order(plan: Plan, field: str) -> None:
    assert list(getattr(plan, field)) == LISTS[field]


def test_the_phases_and_their_steps_are_whole_and_in_order(plan: Plan) -> None:
    assert [list(phase.steps) for phase in plan.phases] == PHASES


def test_every_risk_is_a_high_one_as_in_the_report(plan: Plan) -> None:
    assert [(risk.level, risk.title, risk.text) for risk in plan.risks] == [("high", *risk) for risk in RISKS]


def test_every_success_criterion_names_the_measure_that_answers_it(plan: Plan) -> None:
    assert [(criterion.text, criterion.measure) for criterion in plan.criteria] == CRITERIA


def test_the_target_architecture_is_three_files_in_the_destination(plan: Plan) -> None:
    assert plan.destination == "netra_backend.app.websocket_core"
    assert [(target.file, target.meaning) for target in plan.targets] == [
        ("unified_manager.py", "Single WebSocketManager"),
        ("unified_emitter.py", "Single WebSocketEmitter"),
        ("agent_bridge.py", "Preserved AgentWebSocketBridge"),
    ]


def test_the_bridge_alone_is_preserved_for_the_five_properties_of_the_report(plan: Plan) -> None:
    [bridge] = plan.preserved
    assert bridge.dotted == f"{APP}services.agent_websocket_bridge.AgentWebSocketBridge"
    assert list(bridge.reasons) == [
        "Bridge pattern successfully implemented",
        "60% reduction in glue code",
        "Idempotent operations",
        "Health monitoring",
        "Graceful degradation",
    ]


def test_title_date_mission_and_summary_are_the_reports(plan: Plan) -> None:
    assert (plan.title, plan.date) == ("WebSocket Architecture Extraction Report", "2025-09-04")
    assert plan.mission == "Consolidate WebSocket infrastructure for MISSION CRITICAL Chat Value"
    assert "significant duplication" in plan.summary
    assert "ensure value preservation" in plan.summary


def test_every_class_and_family_becomes_something_in_a_file_of_the_target_architecture(plan: Plan) -> None:
    files = {target.file.removesuffix(".py") for target in plan.targets}
    targets = [item.target for item in plan.classes] + [family.target for family in plan.families]
    assert {target.partition(".")[0] for target in targets} == files


# Classes that become a part of what their family becomes: a view, a component, a narrow protocol.
PARTS = {
    "websocket.manager.ConnectionScopedWebSocketManager": "unified_manager.ConnectionScope",
    "websocket_core.manager.WebSocketHeartbeatManager": "unified_manager.HeartbeatMonitor",
    "agents.base.interface.WebSocketManagerProtocol": "unified_manager.UpdateProtocol",
    "agents.interfaces.WebSocketManagerProtocol": "unified_manager.ThreadMessagingProtocol",
    "core.interfaces_websocket.WebSocketManagerInterface": "unified_manager.ConnectionProtocol",
    "schemas.strict_types.StrictWebSocketManager": "unified_manager.UserMessagingProtocol",
}


def test_every_class_becomes_what_its_family_becomes_or_a_part_of_it(plan: Plan) -> None:
    targets = {family.name: family.target for family in plan.families}
    for item in plan.classes:
        wanted = PARTS.get(item.dotted.removeprefix(APP), targets[item.family])
        assert item.target == wanted
        assert wanted.partition(".")[0] == targets[item.family].partition(".")[0]


def test_every_family_has_a_member(plan: Plan) -> None:
    assert {family.name for family in plan.families} == {item.family for item in plan.classes}


@pytest.mark.parametrize(
    ("getter", "path"),
    [
        ("websocket_core.manager.get_websocket_manager", "websocket_core.manager.WebSocketManager"),
        ("websocket.manager.get_websocket_manager", "websocket_core.manager.WebSocketManager"),
        ("websocket_core.manager.get_heartbeat_manager", "websocket_core.manager.WebSocketHeartbeatManager"),
        (
            "services.websocket_emitter_pool.get_websocket_emitter_pool",
            "services.websocket_emitter_pool.WebSocketEmitterPool",
        ),
        (
            "services.agent_websocket_bridge.get_agent_websocket_bridge",
            "services.agent_websocket_bridge.AgentWebSocketBridge",
        ),
    ],
    ids=["manager", "manager, through the other package", "heartbeat", "pool", "bridge"],
)
def test_a_known_getter_leads_to_its_class(plan: Plan, getter: str, path: str) -> None:
    assert plan.getters[APP + getter] == APP + path


def test_three_classes_of_one_name_count_as_one_name_and_three_modules(plan: Plan) -> None:
    assert plan.names.count("UserWebSocketEmitter") == 1
    assert len([item for item in plan.classes if item.qualname == "UserWebSocketEmitter"]) == 3
    assert len(plan.modules) == 13
    assert "OptimizedUserWebSocketEmitter" in plan.names
