"""How well the search for families does on a real tree, held against labels made by reading it.

    python -m benchmarks.families_oracle TREE [--sensitivity]

The labels are names only: (module, class) -> role. They are the fifteen classes of the consolidation report and the
fourteen further production classes that its facts name as managers, emitters, pools, routers, bridges or factories of
the same subject. Nothing of this is known to the product.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from codemods.analysis.families import FamilyReport, find_families
from codemods.analysis.families.clusters import JOIN
from codemods.areas import TEST_PATH
from codemods.index.build import Builder
from codemods.index.cache import Cache
from codemods.index.code import CodeIndex
from codemods.index.reader import Reading
from codemods.index.resolve import Resolver
from codemods.source.discover import discover

APP = "netra_backend.app."
SUBJECT = "websocket"
SEEDS = {
    ("websocket_core.manager", "WebSocketManager"): "manager",
    ("websocket.manager", "ConnectionScopedWebSocketManager"): "manager",
    ("websocket_core.manager", "WebSocketHeartbeatManager"): "manager",
    ("websocket_core.isolated_event_emitter", "IsolatedWebSocketEventEmitter"): "emitter",
    ("agents.supervisor.agent_instance_factory", "UserWebSocketEmitter"): "emitter",
    ("services.websocket_event_emitter", "WebSocketEventEmitter"): "emitter",
    ("services.websocket_event_emitter", "WebSocketEventEmitterFactory"): "factory",
    ("services.websocket_emitter_pool", "WebSocketEmitterPool"): "pool",
    ("services.websocket_emitter_pool", "WebSocketEmitterPool.OptimizedUserWebSocketEmitter"): "emitter",
    ("services.websocket_bridge_factory", "UserWebSocketEmitter"): "emitter",
    ("services.user_websocket_emitter", "UserWebSocketEmitter"): "emitter",
    ("agents.base.interface", "WebSocketManagerProtocol"): "protocol",
    ("agents.interfaces", "WebSocketManagerProtocol"): "protocol",
    ("core.interfaces_websocket", "WebSocketManagerInterface"): "protocol",
    ("schemas.strict_types", "StrictWebSocketManager"): "protocol",
}
VALIDATED = "websocket_core.validation_integration"
OTHERS = {
    ("services.agent_websocket_bridge", "AgentWebSocketBridge"): "bridge",
    ("websocket.connection_manager", "ConnectionManager"): "manager",
    ("agents.supervisor.websocket_notifier", "WebSocketNotifier"): "emitter",
    (VALIDATED, "create_websocket_manager_validator.<locals>.ValidatedWebSocketManager"): "manager",
    (VALIDATED, "create_websocket_notifier_validator.<locals>.ValidatedWebSocketNotifier"): "emitter",
    ("services.websocket.broadcast_manager", "BroadcastManager"): "manager",
    ("services.websocket_bridge_factory", "WebSocketBridgeFactory"): "factory",
    ("services.websocket_bridge_factory", "WebSocketConnectionPool"): "pool",
    ("services.websocket_connection_pool", "WebSocketConnectionPool"): "pool",
    ("services.websocket_event_router", "WebSocketEventRouter"): "router",
    ("websocket_core.isolated_event_emitter", "WebSocketEventRouter"): "router",
    ("agents.mixins.websocket_bridge_adapter", "WebSocketBridgeAdapter"): "bridge",
    ("agents.request_scoped_tool_dispatcher", "WebSocketBridgeAdapter"): "bridge",
    ("agents.tool_dispatcher_unified", "WebSocketBridgeAdapter"): "bridge",
}
NEGATIVES = (
    ("websocket_core.manager", "ModernWebSocketProtocol"),
    ("agents.base_agent", "BaseAgent"),
    ("websocket_core.handlers", "HeartbeatHandler"),
    ("core.clickhouse_connection_manager", "ClickHouseConnectionManager"),
    ("services.message_handler_base", "MessageHandlerBase"),
    ("core.async_connection_pool", "AsyncConnectionPool"),
)


def named(labels: Iterable[tuple[str, str]]) -> set[str]:
    """The dotted paths of labels."""
    return {f"{APP}{module}.{qualname}" for module, qualname in labels}


LABELS = {f"{APP}{module}.{qualname}": role for (module, qualname), role in {**SEEDS, **OTHERS}.items()}


def edges(groups: Iterable[Iterable[str]]) -> set[tuple[str, ...]]:
    """Every pair of names that share a group."""
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def figures(report: FamilyReport) -> dict[str, object]:
    """Everything that has a bar, by name."""
    families = [
        (concern.name, {member.name for member in (*family.members, *family.shims)})
        for concern in report.concerns
        for family in concern.families
    ]
    relevant = [members for _, members in families if members & LABELS.keys()]
    listed = set().union(*relevant)
    truth = edges({name for name in LABELS if LABELS[name] == role} for role in set(LABELS.values()))
    found = edges(relevant)
    right = len(truth & found)
    precision, recall = right / max(1, len(found)), right / len(truth)
    concern = set().union(*(members for name, members in families if name == SUBJECT))
    return {
        "rank": next((at for at, item in enumerate(report.concerns, 1) if item.name == SUBJECT), 0),
        "seeds": len(named(SEEDS) & listed),
        "tier-1": len(LABELS.keys() & listed),
        "missed": sorted(LABELS.keys() - listed),
        "precision": round(len(LABELS.keys() & listed) / max(1, len(listed)), 3),
        "precision of the whole concern": round(len(LABELS.keys() & concern) / max(1, len(concern)), 3),
        "pair precision": round(precision, 3),
        "pair recall": round(recall, 3),
        "pair F1": round(2 * right / max(1, len(found) + len(truth)), 3),
        "negatives listed": sorted(named(NEGATIVES) & listed),
        "families": len(families),
    }


def read(tree: Path) -> CodeIndex:
    """The index of a tree, without a lasting cache."""
    reading = Reading(str(tree), ("",), "", TEST_PATH, (), frozenset())
    with tempfile.TemporaryDirectory() as folder:
        return CodeIndex(Builder(reading, cache=Cache(reading, Path(folder))).facts(discover(tree).files))


def main() -> None:
    """Print the figures, and on request how they move with the main threshold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tree", type=Path)
    parser.add_argument("--sensitivity", action="store_true")
    asked = parser.parse_args()
    gc.disable()
    index = read(asked.tree)
    started = time.process_time()
    report = find_families(index, Resolver(index))
    print(f"{'CPU seconds':32} {time.process_time() - started:.2f}")
    for name, value in figures(report).items():
        print(f"{name:32} {value}")
    for concern in report.concerns[:5]:
        print(f"  {concern.score:6} {concern.name}: {', '.join(family.role for family in concern.families)}")
    if asked.sensitivity:
        print("join   seeds tier-1 precision concern   F1 rank")
        for percent in range(-30, 35, 5):
            join = JOIN * (100 + percent) / 100
            now = figures(find_families(index, Resolver(index), join))
            cells = [now[key] for key in ("precision", "precision of the whole concern", "pair F1", "rank")]
            print(f"{join:.3f} {percent:+4}% {now['seeds']:>3} {now['tier-1']:>5}", *cells, sep="  ")


if __name__ == "__main__":
    main()
