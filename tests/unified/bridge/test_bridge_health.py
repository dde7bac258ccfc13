"""Health: checked at intervals, told to observers, and repaired when it stays bad."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unified.bridge.bridge_doubles import RUN, FakeManager, FakeObserver, Getter, Pauses, install_getter, run
from unified_target.agent_bridge import AgentWebSocketBridge, HealthStatus, IntegrationState


@pytest.fixture
def getter(monkeypatch: pytest.MonkeyPatch) -> Getter:
    return install_getter(monkeypatch)


class Watched:
    """An integrated bridge whose time and pauses are the test's."""

    def __init__(self) -> None:
        self.bridge = AgentWebSocketBridge()
        self.bridge._sleep = self.pauses = Pauses()
        self.bridge._clock = lambda: self.now
        self.now = 1000.0

    async def __aenter__(self) -> Watched:
        assert (await self.bridge.ensure_integration()).success
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.bridge.shutdown()

    async def after_one_interval(self) -> None:
        """Let the watch look once and wait until it pauses again."""
        seconds, end = await self._pause()
        assert seconds == 60
        end()
        self._kept = await self.pauses.begun()

    _kept: tuple[float, Any] | None = None

    async def _pause(self) -> tuple[float, Any]:
        kept, self._kept = self._kept, None
        return kept or await self.pauses.begun()


def test_a_healthy_bridge_stays_active(getter: Getter) -> None:
    async def main() -> HealthStatus:
        async with Watched() as watched:
            return await watched.bridge.health_check()

    health = run(main())
    assert health.state is IntegrationState.ACTIVE
    assert (health.websocket_manager_healthy, health.registry_healthy) == (True, True)
    assert (health.consecutive_failures, health.error_message) == (0, None)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        pytest.param("_websocket_manager", None, "WebSocket manager unavailable", id="the manager is gone"),
        pytest.param(
            "_websocket_manager", object(), "WebSocket manager unavailable", id="the manager has become something else"
        ),
        pytest.param(
            "_registry",
            SimpleNamespace(websocket_manager=None),
            "agent registry without WebSocket manager",
            id="the agent registry has lost its manager",
        ),
    ],
)
def test_what_is_missing_degrades_and_coming_back_heals(
    getter: Getter, attribute: str, value: object, message: str
) -> None:
    async def main() -> None:
        async with Watched() as watched:
            bridge = watched.bridge
            before = getattr(bridge, attribute)
            setattr(bridge, attribute, value)
            first, second = await bridge.health_check(), await bridge.health_check()
            assert (first.state, first.error_message) == (IntegrationState.DEGRADED, message)
            assert (first.consecutive_failures, second.consecutive_failures) == (1, 2)
            assert second.uptime_seconds == 0.0
            setattr(bridge, attribute, before)
            healed = await bridge.health_check()
            assert (healed.state, healed.consecutive_failures) == (IntegrationState.ACTIVE, 0)

    run(main())


def test_everything_that_is_missing_is_named() -> None:
    bridge = AgentWebSocketBridge()
    bridge._registry = SimpleNamespace(websocket_manager=None)
    message = run(bridge.health_check()).error_message
    assert message == "WebSocket manager unavailable; agent registry without WebSocket manager"


def test_a_bridge_that_was_never_integrated_is_not_degraded_by_a_look() -> None:
    bridge = AgentWebSocketBridge()
    health = run(bridge.health_check())
    assert (health.state, health.websocket_manager_healthy) == (IntegrationState.UNINITIALIZED, False)


def test_uptime_counts_from_the_integration(getter: Getter) -> None:
    async def main() -> float:
        async with Watched() as watched:
            watched.now += 12.5
            return (await watched.bridge.health_check()).uptime_seconds

    assert run(main()) == 12.5


def test_three_bad_looks_in_a_row_recover_the_bridge(getter: Getter) -> None:
    async def main() -> None:
        async with Watched() as watched:
            bridge = watched.bridge
            bridge._websocket_manager = None
            for failures in (1, 2):
                await watched.after_one_interval()
                assert bridge.health_status.consecutive_failures == failures
                assert bridge.state is IntegrationState.DEGRADED
                assert bridge.metrics.recovery_attempts == 0
            await watched.after_one_interval()
            assert (bridge.metrics.recovery_attempts, bridge.metrics.successful_recoveries) == (1, 1)
            assert bridge.state is IntegrationState.ACTIVE
            await watched.after_one_interval()
            assert bridge.health_status.consecutive_failures == 0
            assert bridge.metrics.recovery_attempts == 1

    run(main())


def test_a_good_look_between_bad_ones_starts_the_count_again(getter: Getter) -> None:
    async def main() -> None:
        async with Watched() as watched:
            bridge = watched.bridge
            for manager in (None, None, FakeManager(), None, None):
                bridge._websocket_manager = manager
                await watched.after_one_interval()
            assert bridge.metrics.recovery_attempts == 0

    run(main())


def test_the_watch_survives_a_look_that_fails(getter: Getter) -> None:
    class Broken:
        @property
        def websocket_manager(self) -> object:
            raise RuntimeError("a registry that cannot be asked")

    async def main() -> None:
        async with Watched() as watched:
            watched.bridge._registry = Broken()
            await watched.after_one_interval()
            assert (await watched.bridge.get_metrics())["events"] == {"monitoring_failed": 1}
            watched.bridge._registry = None
            await watched.after_one_interval()
            assert watched.bridge.health_status.state is IntegrationState.ACTIVE

    run(main())


def test_a_second_integration_does_not_watch_twice(getter: Getter) -> None:
    async def main() -> None:
        async with Watched() as watched:
            task = watched.bridge._health_check_task
            await watched.bridge.ensure_integration()
            await watched.bridge.ensure_integration(force_reinit=True)
            assert watched.bridge._health_check_task is task

    run(main())


# ── observers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_observers_hear_of_changes_and_every_thirty_seconds(getter: Getter) -> None:
    async def main() -> None:
        async with Watched() as watched:
            bridge, observer = watched.bridge, FakeObserver()
            bridge.register_monitor_observer(observer)
            for seconds, manager in ((0, FakeManager()), (29, FakeManager()), (1, FakeManager()), (1, None), (1, None)):
                watched.now += seconds
                bridge._websocket_manager = manager
                await bridge.health_check()
            heard = [(news["state"], news["change_type"], news["healthy"]) for news in observer.news]
            assert heard == [
                ("active", "health_change", True),
                ("active", "periodic_update", True),
                ("degraded", "health_change", False),
            ]
            assert {"component_id", "timestamp", "consecutive_failures", "uptime_seconds", "error_message"} <= set(
                observer.news[0]
            )

    run(main())


def test_an_observer_is_told_once_however_often_it_registers(getter: Getter) -> None:
    async def main() -> None:
        bridge, observer = AgentWebSocketBridge(), FakeObserver()
        bridge.register_monitor_observer(observer)
        bridge.register_monitor_observer(observer)
        await bridge.health_check()
        assert len(observer.news) == 1
        assert (await bridge.get_metrics())["registered_observers"] == 1

    run(main())


def test_an_observer_that_was_removed_hears_nothing() -> None:
    bridge, observer = AgentWebSocketBridge(), FakeObserver()
    bridge.remove_monitor_observer(observer)
    bridge.register_monitor_observer(observer)
    bridge.remove_monitor_observer(observer)
    run(bridge.health_check())
    assert observer.news == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"error": RuntimeError("no")}, id="one observer raises"),
        pytest.param({"hangs": True}, id="one observer hangs"),
    ],
)
def test_a_bad_observer_keeps_nobody_from_the_news(bad: dict[str, Any]) -> None:
    async def main() -> None:
        bridge, good = AgentWebSocketBridge(), FakeObserver()
        bridge.config.send_timeout_s = 0.01
        bridge.register_monitor_observer(FakeObserver(**bad))
        bridge.register_monitor_observer(good)
        assert (await bridge.health_check()).state is IntegrationState.UNINITIALIZED
        assert len(good.news) == 1
        assert (await bridge.get_metrics())["events"] == {"observer_failed": 1}

    run(main())


def test_an_observer_that_leaves_while_being_told_keeps_nobody_from_the_news() -> None:
    bridge, second = AgentWebSocketBridge(), FakeObserver()

    class Leaver(FakeObserver):
        async def on_component_health_change(self, component_id: str, health_data: dict[str, Any]) -> None:
            bridge.remove_monitor_observer(self)

    bridge.register_monitor_observer(Leaver())
    bridge.register_monitor_observer(second)
    run(bridge.health_check())
    assert len(second.news) == 1


def test_observers_do_not_share_what_they_are_told() -> None:
    bridge, first, second = AgentWebSocketBridge(), FakeObserver(), FakeObserver()
    bridge.register_monitor_observer(first)
    bridge.register_monitor_observer(second)
    run(bridge.health_check())
    first.news[0]["healthy"] = "mine"
    assert second.news[0]["healthy"] is False


def test_an_observer_may_ask_for_the_health_it_is_told_of(getter: Getter) -> None:
    async def main() -> None:
        bridge = AgentWebSocketBridge()

        class Curious(FakeObserver):
            async def on_component_health_change(self, component_id: str, health_data: dict[str, Any]) -> None:
                self.news.append(await bridge.get_health_status())
                bridge.remove_monitor_observer(self)

        curious = Curious()
        bridge.register_monitor_observer(curious)
        await bridge.health_check()
        assert [news["state"] for news in curious.news] == ["uninitialized"]

    run(main())


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_health_report_is_fresh_and_complete(getter: Getter) -> None:
    async def main() -> dict[str, Any]:
        async with Watched() as watched:
            return await watched.bridge.get_health_status()

    report = run(main())
    assert report["healthy"] is True
    assert set(report) == {
        "healthy",
        "state",
        "timestamp",
        "websocket_manager_healthy",
        "registry_healthy",
        "consecutive_failures",
        "uptime_seconds",
        "last_health_check",
        "error_message",
        "total_recoveries",
    }


def test_the_status_has_its_five_sections_and_gives_nothing_inner_away(getter: Getter) -> None:
    async def main() -> dict[str, Any]:
        async with Watched() as watched:
            return await watched.bridge.get_status()

    status = run(main())
    assert set(status) == {"state", "health", "metrics", "config", "dependencies"}
    assert status["state"] == "active"
    assert status["metrics"]["success_rate"] == 1.0
    assert status["metrics"]["health_checks_performed"] == 1
    assert status["config"] == {
        "initialization_timeout_s": 30,
        "health_check_interval_s": 60,
        "recovery_max_attempts": 3,
    }
    assert status["dependencies"] == {
        "websocket_manager_available": True,
        "supervisor_available": False,
        "registry_available": False,
    }
    assert "FakeManager" not in str(status)


def test_the_metrics_count_and_do_not_look(getter: Getter) -> None:
    async def main() -> dict[str, Any]:
        async with Watched() as watched:
            watched.now += 2
            await watched.bridge.notify_agent_started(RUN, "triage")
            await watched.bridge.recover_integration()
            watched.now += 3
            return await watched.bridge.get_metrics()

    metrics = run(main())
    assert metrics["events"] == {"delivered": 1}
    assert metrics["health_checks_performed"] == 0
    assert (metrics["recovery_attempts"], metrics["recovery_success_rate"]) == (1, 1.0)
    assert (metrics["current_state"], metrics["current_uptime_seconds"]) == ("active", 3)
    assert metrics["health_broadcast_interval"] == 30.0


def test_a_bridge_that_never_recovered_has_not_failed_to() -> None:
    metrics = run(AgentWebSocketBridge().get_metrics())
    assert (metrics["recovery_success_rate"], metrics["success_rate"]) == (1.0, 0.0)
    assert asyncio.run(AgentWebSocketBridge().get_metrics())["current_uptime_seconds"] == 0.0
