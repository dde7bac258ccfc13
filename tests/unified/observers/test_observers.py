"""What happens reaches an observer, Prometheus, OpenTelemetry and the audit log; and M1: the counters move."""

from __future__ import annotations

import sys

import pytest

from tests.unified.delivery.tools import Client, DeliverySettings, FakeSocket, event, manager, run, turns, until
from unified_target.unified_delivery.hub import COUNTERS
from unified_target.unified_delivery.observers import OpenTelemetryObserver, PrometheusObserver
from unified_target.unified_manager import Observer, UnifiedWebSocketManager


class Noting(Observer):
    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def published(self, event_type: str, size: int, connections: int) -> None:
        self.seen.append(("published", event_type, size, connections))

    def delivered(self, event_type: str, seconds: float) -> None:
        self.seen.append(("delivered", event_type, seconds >= 0))

    def counted(self, counter: str) -> None:
        self.seen.append(("counted", counter))


def test_an_observer_is_told_what_is_published_delivered_and_counted() -> None:
    async def go() -> None:
        noting = Noting()
        owner = manager(observer=noting)
        await owner.connect_user("alice", FakeSocket())
        await owner.send_to_user("alice", {"type": "agent_started"})
        await owner.send_to_user("alice", {"v": "x" * 17_000_000})
        assert noting.seen == [
            ("published", "agent_started", 24, 1),
            ("delivered", "agent_started", True),
            ("counted", "rejected"),
        ]

    run(go())


def test_an_observer_that_fails_stops_nothing() -> None:
    class Failing(Observer):
        def published(self, event_type: str, size: int, connections: int) -> None:
            raise RuntimeError("a careless observer")

        delivered = counted = published  # type: ignore[assignment]

    async def go() -> None:
        owner, socket = manager(observer=Failing()), FakeSocket()
        await owner.connect_user("alice", socket)
        assert await owner.send_to_user("alice", event(0))
        assert len(socket.events) == 1

    run(go())


async def everything(owner: UnifiedWebSocketManager) -> None:
    """Make every counter move but those of the backplane."""
    alice = Client("alice")
    await alice.connect(owner)
    name = alice.connection_id
    await owner.send_to_user("alice", event(0))
    await owner.send_to_connection(name, {"type": "x", "user_id": "bob"})
    await owner.send_to_user("alice", {"v": "x" * 17_000_000})
    await owner.send_to_thread("nobody", event(0))
    alice.read()
    await owner.disconnect_user("alice", alice.socket)
    await owner.send_to_user("alice", event(1))
    await alice.connect(owner)
    await alice.connect(owner)
    await alice.connect(owner)
    with pytest.raises(RuntimeError):
        await alice.connect(owner)
    await owner.send_to_user("alice", event(2))
    await owner.cleanup_all()
    alice.epoch = "another"
    await alice.connect(owner, "raise")
    await turns()
    hung = FakeSocket("ok", "hang")
    await owner.connect_user("bob", hung)
    await owner.send_to_user("bob", event(0))
    owner.publish("bob", event(1))
    await until(lambda: hung.close_code is not None)
    slow = FakeSocket("slow")
    await owner.connect_user("carol", slow)
    for number in range(6):
        owner.publish("carol", {"type": "progress_update", "n": number})
    slow.release()
    await until(lambda: owner.hub.channels_of("carol")[0].idle)
    stuck = FakeSocket("hang")
    await owner.connect_user("dave", stuck)
    for number in range(6):
        owner.publish("dave", event(number))
    await turns()
    await owner.connect_user("erin", FakeSocket(), expires_in=0.0)
    owner.hub.enforce_deadlines()

    class NeverCloses(FakeSocket):
        async def close(self, code: int = 1000, reason: str = "") -> None:
            await until(lambda: False, 60)

    odd = NeverCloses()
    await owner.connect_user("frank", odd)
    await owner.disconnect_user("frank", odd)


def test_m1_every_counter_moves_when_its_thing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESTING", raising=False)

    async def go() -> None:
        owner = manager(DeliverySettings(send_deadline=0.05, close_deadline=0.05, queue_events=4, ring_events=64))
        await everything(owner)
        still = {name for name, count in owner.hub.counters.items() if not count and not name.startswith("backplane")}
        assert still == set()
        actions = {entry.action for entry in owner.audit_log}
        assert actions == {"connect", "disconnect", "refuse", "kick", "resume", "blocked"}

    run(go())


def test_the_audit_log_is_bounded() -> None:
    async def go() -> None:
        owner = manager()
        for _ in range(600):
            socket = FakeSocket()
            await owner.connect_user("alice", socket)
            await owner.disconnect_user("alice", socket)
        assert len(owner.audit_log) == 1000

    run(go())


def test_prometheus_gets_counters_and_a_histogram_and_unknown_types_share_one_label() -> None:
    prometheus = pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")

    async def go() -> None:
        registry = prometheus.CollectorRegistry()
        owner = manager(observer=PrometheusObserver(registry))
        await owner.connect_user("alice", FakeSocket())
        await owner.send_to_user("alice", {"type": "agent_started"})
        for number in range(50):
            await owner.send_to_user("alice", {"type": f"made up {number}"})
        await owner.send_to_user("alice", {"v": "x" * 17_000_000})
        value = registry.get_sample_value
        assert value("websocket_events_published_total", {"type": "agent_started"}) == 1
        assert value("websocket_events_published_total", {"type": "other"}) == 50
        assert value("websocket_delivery_seconds_count", {"type": "agent_started"}) == 1
        assert value("websocket_delivery_total", {"what": "rejected"}) == 1
        assert value("websocket_event_bytes_total") > 1000
        assert value("websocket_events_published_total", {"type": "made up 1"}) is None

    run(go())


def test_opentelemetry_gets_the_same() -> None:
    metrics = pytest.importorskip("opentelemetry.sdk.metrics", reason="opentelemetry-sdk is not installed")
    export = pytest.importorskip("opentelemetry.sdk.metrics.export")

    async def go() -> None:
        reader = export.InMemoryMetricReader()
        provider = metrics.MeterProvider([reader])
        owner = manager(observer=OpenTelemetryObserver(provider.get_meter("test")))
        await owner.connect_user("alice", FakeSocket())
        await owner.send_to_user("alice", {"type": "agent_started"})
        await owner.send_to_user("alice", {"v": "x" * 17_000_000})
        scope = reader.get_metrics_data().resource_metrics[0].scope_metrics[0]
        totals = {}
        for metric in scope.metrics:
            points = metric.data.data_points
            totals[metric.name] = sum(getattr(point, "value", getattr(point, "count", 0)) for point in points)
        assert (
            totals["websocket.events.published"]
            == totals["websocket.delivery.duration"]
            == totals["websocket.delivery"]
            == 1
        )
        provider.shutdown()

    run(go())


def test_opentelemetry_takes_the_meter_of_the_process_when_none_is_given() -> None:
    pytest.importorskip("opentelemetry.metrics")
    OpenTelemetryObserver().counted("refused")


@pytest.mark.parametrize(
    ("observer", "package"),
    [(PrometheusObserver, "prometheus_client"), (OpenTelemetryObserver, "opentelemetry.metrics")],
)
def test_an_adapter_without_its_package_says_so(observer: type, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError):
        observer()


def test_every_counter_has_one_name() -> None:
    assert len(COUNTERS) == len(set(COUNTERS))
