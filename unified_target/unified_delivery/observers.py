"""Observers that hand what happens to Prometheus or OpenTelemetry; neither package is needed by anything else.

    manager = UnifiedWebSocketManager(observer=PrometheusObserver())

Labels are bound once, when the observer is made: looking one up for each event would cost more than delivering it.
Event types outside the five are counted together as "other", so that a type made up by a client cannot fill the
metrics store.
"""

from __future__ import annotations

from typing import Any, Final

from .hub import COUNTERS, Observer
from .stream import FIVE_EVENTS

OTHER: Final = "other"
SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Upper bounds of the delivery histogram; the last is the send deadline."""


class PrometheusObserver(Observer):
    """Counters and a histogram in a Prometheus registry. Raises ImportError without prometheus-client.

    websocket_events_published_total{type}, websocket_event_bytes_total, websocket_delivery_seconds{type},
    websocket_delivery_total{what} (refused, dropped, slow, timeouts, errors ...).
    """

    def __init__(self, registry: Any = None, namespace: str = "websocket") -> None:
        from prometheus_client import REGISTRY, Counter, Histogram

        options: dict[str, Any] = {"namespace": namespace, "registry": registry or REGISTRY}
        published = Counter("events_published_total", "Events appended to a user's log", ["type"], **options)
        delivered = Histogram("delivery_seconds", "From publishing to a socket", ["type"], buckets=SECONDS, **options)
        counted = Counter("delivery_total", "What else happened to deliveries", ["what"], **options)
        self._published = {kind: published.labels(kind) for kind in (*FIVE_EVENTS, OTHER)}
        self._delivered = {kind: delivered.labels(kind) for kind in (*FIVE_EVENTS, OTHER)}
        self._counted = {what: counted.labels(what) for what in COUNTERS}
        self._bytes = Counter("event_bytes_total", "Bytes appended to users' logs", **options)

    def published(self, event_type: str, size: int, connections: int) -> None:  # noqa: D102 - as Observer
        self._published.get(event_type, self._published[OTHER]).inc()
        self._bytes.inc(size)

    def delivered(self, event_type: str, seconds: float) -> None:  # noqa: D102 - as Observer
        self._delivered.get(event_type, self._delivered[OTHER]).observe(seconds)

    def counted(self, counter: str) -> None:  # noqa: D102 - as Observer
        self._counted[counter].inc()


class OpenTelemetryObserver(Observer):
    """The same through an OpenTelemetry meter. Raises ImportError without opentelemetry-api."""

    def __init__(self, meter: Any = None) -> None:
        if meter is None:
            from opentelemetry.metrics import get_meter

            meter = get_meter("unified_websocket")
        self._published = meter.create_counter("websocket.events.published", unit="{event}")
        self._bytes = meter.create_counter("websocket.events.size", unit="By")
        self._delivered = meter.create_histogram("websocket.delivery.duration", unit="s")
        self._counted = meter.create_counter("websocket.delivery", unit="{occurrence}")
        self._types = {kind: {"type": kind} for kind in (*FIVE_EVENTS, OTHER)}
        self._whats = {what: {"what": what} for what in COUNTERS}

    def published(self, event_type: str, size: int, connections: int) -> None:  # noqa: D102 - as Observer
        self._published.add(1, self._types.get(event_type, self._types[OTHER]))
        self._bytes.add(size)

    def delivered(self, event_type: str, seconds: float) -> None:  # noqa: D102 - as Observer
        self._delivered.record(seconds, self._types.get(event_type, self._types[OTHER]))

    def counted(self, counter: str) -> None:  # noqa: D102 - as Observer
        self._counted.add(1, self._whats[counter])
