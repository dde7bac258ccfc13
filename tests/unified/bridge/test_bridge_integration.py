"""Integration: once however often it is asked for, after failures again, and gone without a trace at the end."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from types import SimpleNamespace

import pytest

from tests.unified.bridge.bridge_doubles import (
    PATIENCE,
    FakeManager,
    FakeObserver,
    Getter,
    NoPause,
    Pauses,
    install_getter,
    run,
)
from unified_target.agent_bridge import (
    AgentWebSocketBridge,
    IntegrationResult,
    IntegrationState,
    get_agent_websocket_bridge,
)


@pytest.fixture
def getter(monkeypatch: pytest.MonkeyPatch) -> Getter:
    return install_getter(monkeypatch)


def impatient() -> AgentWebSocketBridge:
    """A bridge whose waits between attempts take no time."""
    bridge = AgentWebSocketBridge()
    bridge._sleep = NoPause()
    return bridge


async def integrated() -> AgentWebSocketBridge:
    """A bridge that watches its health, with its first pause begun."""
    bridge = AgentWebSocketBridge()
    bridge._sleep = Pauses()
    assert (await bridge.ensure_integration()).success
    return bridge


def test_e6_fifty_calls_at_once_integrate_once(getter: Getter) -> None:
    async def main() -> None:
        bridge = AgentWebSocketBridge()
        bridge._sleep = Pauses()
        results = await asyncio.gather(*(bridge.ensure_integration() for _ in range(50)))
        assert all(result.success and result.state is IntegrationState.ACTIVE for result in results)
        assert bridge.metrics.total_initializations == bridge.metrics.successful_initializations == 1
        assert getter.calls == 1
        assert len(asyncio.all_tasks()) == 3  # this one, the runner's, and one that watches
        await bridge.shutdown()

    run(main())


def test_e6_fifty_calls_while_the_manager_is_waited_for_integrate_once(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None, FakeManager()]
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        calls = asyncio.gather(*(bridge.ensure_integration() for _ in range(50)))
        seconds, end = await pauses.begun()
        assert (seconds, bridge.state) == (0.05, IntegrationState.INITIALIZING)
        end()
        assert [result.success for result in await calls] == [True] * 50
        assert (getter.calls, bridge.metrics.total_initializations) == (2, 1)
        await bridge.shutdown()

    run(main())


def test_a_success_tells_how_long_it_took(getter: Getter) -> None:
    async def main() -> IntegrationResult:
        bridge = AgentWebSocketBridge()
        result = await bridge.ensure_integration()
        await bridge.shutdown()
        return result

    result = run(main())
    assert (result.success, result.error, result.recovery_attempted) == (True, None, False)
    assert 0 < result.duration_ms < 10_000


def test_force_integrates_again_and_asks_for_the_manager_again(getter: Getter) -> None:
    async def main() -> None:
        bridge = await integrated()
        getter.gives = [second := FakeManager()]
        result = await bridge.ensure_integration(force_reinit=True)
        assert result.success
        assert bridge._websocket_manager is second
        assert bridge.metrics.total_initializations == 2
        await bridge.shutdown()

    run(main())


def test_a_manager_set_from_outside_is_kept(getter: Getter) -> None:
    async def main() -> None:
        bridge, own = AgentWebSocketBridge(), FakeManager()
        bridge._websocket_manager = own
        assert (await bridge.ensure_integration()).success
        assert bridge._websocket_manager is own
        assert getter.calls == 0
        await bridge.shutdown()

    run(main())


@pytest.mark.parametrize(
    "useless",
    [
        pytest.param(None, id="the getter gives nothing"),
        pytest.param(SimpleNamespace(connections={}), id="what the getter gives cannot send to a thread"),
        pytest.param(RuntimeError("not yet"), id="the getter raises"),
    ],
)
def test_a_manager_is_asked_for_three_times_with_growing_waits(getter: Getter, useless: object) -> None:
    async def main() -> None:
        bridge = impatient()
        getter.gives = [useless]
        result = await bridge.ensure_integration()
        assert (result.success, result.state) == (False, IntegrationState.FAILED)
        assert "WebSocket manager initialization failed after 3 attempts" in str(result.error)
        assert getter.calls == 3
        assert bridge._sleep.seconds == pytest.approx([0.05, 0.1])  # type: ignore[attr-defined]
        assert (await bridge.get_metrics())["events"] == {"manager_lookup_failed": 3}
        assert (bridge.metrics.total_initializations, bridge.metrics.failed_initializations) == (1, 1)

    run(main())


def test_a_manager_that_comes_with_the_third_attempt_is_taken(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None, RuntimeError("not yet"), manager := FakeManager()]
        bridge = impatient()
        await bridge._initialize_websocket_manager()
        assert bridge._websocket_manager is manager
        assert getter.calls == 3

    run(main())


def test_a_failed_bridge_integrates_when_asked_again(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None]
        bridge, pauses = impatient(), Pauses()
        await bridge.ensure_integration()
        getter.gives, bridge._sleep = [FakeManager()], pauses
        assert (await bridge.ensure_integration()).success
        assert bridge.state is IntegrationState.ACTIVE
        await bridge.shutdown()

    run(main())


def test_an_integration_that_takes_too_long_fails(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None]
        bridge = AgentWebSocketBridge()
        bridge._sleep = Pauses()
        bridge.config.initialization_timeout_s = 0.01
        result = await bridge.ensure_integration()
        assert (result.success, bridge.state) == (False, IntegrationState.FAILED)
        assert "TimeoutError" in str(result.error)

    run(main())


def test_supervisor_and_registry_are_remembered_and_told_as_available(getter: Getter) -> None:
    async def main() -> None:
        supervisor, registry = object(), SimpleNamespace(websocket_manager=FakeManager())
        bridge = AgentWebSocketBridge()
        bridge._sleep = Pauses()
        await bridge.ensure_integration(supervisor, registry)
        await bridge.ensure_integration(force_reinit=True)
        assert (bridge._supervisor, bridge._registry) == (supervisor, registry)
        assert set((await bridge.get_status())["dependencies"].values()) == {True}
        await bridge.shutdown()

    run(main())


def test_a_registry_without_its_manager_fails_the_integration(getter: Getter) -> None:
    async def main() -> None:
        bridge = AgentWebSocketBridge()
        result = await bridge.ensure_integration(registry=SimpleNamespace(websocket_manager=None))
        assert not result.success
        assert "registry" in str(result.error)

    run(main())


def test_a_cancelled_integration_leaves_the_state_it_found_and_no_lock(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None, FakeManager()]
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        task = asyncio.create_task(bridge.ensure_integration())
        await pauses.begun()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bridge.state is IntegrationState.UNINITIALIZED
        assert (await bridge.ensure_integration()).success
        await bridge.shutdown()

    run(main())


# ── recovery ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_recovery_integrates_anew(getter: Getter) -> None:
    async def main() -> None:
        bridge = await integrated()
        bridge._websocket_manager = None
        result = await bridge.recover_integration()
        assert (result.success, result.state, result.recovery_attempted) == (True, IntegrationState.ACTIVE, True)
        assert (bridge.metrics.recovery_attempts, bridge.metrics.successful_recoveries) == (1, 1)
        assert bridge.health_status.total_recoveries == 1
        assert (await bridge.health_check()).total_recoveries == 1
        await bridge.shutdown()

    run(main())


def test_recovery_gives_up_after_three_attempts_with_growing_waits(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None]
        bridge = impatient()
        result = await bridge.recover_integration()
        assert (result.success, result.state, result.recovery_attempted) == (False, IntegrationState.FAILED, True)
        assert result.error == "Recovery failed after 3 attempts"
        between = [0.05, 0.1]
        assert bridge._sleep.seconds == pytest.approx([*between, 1, *between, 2, *between])  # type: ignore[attr-defined]
        assert (bridge.metrics.recovery_attempts, bridge.metrics.successful_recoveries) == (1, 0)

    run(main())


def test_the_waits_of_a_recovery_double_up_to_thirty_seconds() -> None:
    bridge = AgentWebSocketBridge()
    assert [bridge._recovery_delay(attempt) for attempt in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_manager_that_comes_during_a_recovery_ends_it(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None, None, None, FakeManager()]
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        recovery = asyncio.create_task(bridge.recover_integration())
        for expected in (0.05, 0.1, 1):
            seconds, end = await pauses.begun()
            assert seconds == pytest.approx(expected)
            end()
        assert (await recovery).success
        assert getter.calls == 4
        await bridge.shutdown()

    run(main())


def test_ten_recoveries_at_once_are_one(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None, FakeManager()]
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        recoveries = asyncio.gather(*(bridge.recover_integration() for _ in range(10)))
        (await pauses.begun())[1]()
        results = await recoveries
        assert all(result.success and result.recovery_attempted for result in results)
        assert (bridge.metrics.recovery_attempts, bridge.metrics.total_initializations) == (1, 1)
        await bridge.shutdown()

    run(main())


def test_a_recovery_gives_up_when_the_bridge_is_shut_down(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None]
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        recovery = asyncio.create_task(bridge.recover_integration())
        for _ in range(2):
            (await pauses.begun())[1]()
        _, end = await pauses.begun()
        await bridge.shutdown()
        end()
        result = await recovery
        assert (result.success, result.error) == (False, "the bridge is shut down")
        assert bridge.state is IntegrationState.UNINITIALIZED
        assert getter.calls == 3

    run(main())


# ── shutdown ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_shutdown_ends_the_watch_and_lets_everything_go(getter: Getter) -> None:
    async def main() -> None:
        bridge = await integrated()
        bridge.register_monitor_observer(FakeObserver())
        task = bridge._health_check_task
        await bridge.shutdown()
        assert task is not None
        assert task.cancelled()
        assert bridge.state is IntegrationState.UNINITIALIZED
        assert bridge._shutdown
        assert (bridge._websocket_manager, bridge._thread_registry, bridge._registry) == (None, None, None)
        assert bridge._monitor_observers == []

    run(main())


def test_shutdown_may_be_repeated_and_needs_no_integration() -> None:
    async def main() -> None:
        bridge = AgentWebSocketBridge()
        for _ in range(3):
            await bridge.shutdown()
        assert bridge.state is IntegrationState.UNINITIALIZED

    run(main())


def test_ten_shutdowns_at_once_all_end(getter: Getter) -> None:
    async def main() -> None:
        bridge = await integrated()
        await asyncio.gather(*(bridge.shutdown() for _ in range(10)))
        assert bridge.state is IntegrationState.UNINITIALIZED

    run(main())


def test_integrations_that_wait_when_the_bridge_is_shut_down_do_not_revive_it(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None, FakeManager()]
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        calls = [asyncio.create_task(bridge.ensure_integration()) for _ in range(5)]
        _, end = await pauses.begun()
        shutdown = asyncio.create_task(bridge.shutdown())
        await asyncio.sleep(0)  # the shutdown has begun, and waits for the integration under way
        end()
        await shutdown
        assert [(await call).error for call in calls[1:]] == ["the bridge is shut down"] * 4
        assert (bridge.state, bridge._websocket_manager) == (IntegrationState.UNINITIALIZED, None)

    run(main())


def test_a_bridge_that_was_shut_down_begins_anew_and_watches_again(getter: Getter) -> None:
    async def main() -> None:
        bridge = await integrated()
        await bridge.shutdown()
        pauses = Pauses()
        bridge._sleep = pauses
        assert (await bridge.ensure_integration()).success
        assert (await pauses.begun())[0] == 60
        assert await bridge.register_run_thread_mapping("run-anew", "thread-anew")
        await bridge.shutdown()

    run(main())


def test_an_observer_may_shut_the_bridge_down_from_within_the_watch(getter: Getter) -> None:
    async def main() -> None:
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        await bridge.ensure_integration()
        task = bridge._health_check_task
        assert task is not None

        class Ender(FakeObserver):
            async def on_component_health_change(self, component_id: str, health_data: dict[str, object]) -> None:
                await bridge.shutdown()

        bridge.register_monitor_observer(Ender())
        (await pauses.begun())[1]()
        await task
        assert bridge.state is IntegrationState.UNINITIALIZED

    run(main())


# ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_bridge_serves_loops_one_after_another(getter: Getter) -> None:
    bridge = AgentWebSocketBridge()

    async def contended() -> None:
        """Have the locks waited for, so that they belong to this loop; leave without shutdown."""
        bridge._sleep = Pauses()
        await asyncio.gather(*(bridge.ensure_integration() for _ in range(5)))
        await asyncio.gather(*(bridge.recover_integration() for _ in range(5)))
        assert await bridge.notify_agent_started("thread_a", "triage")

    for _ in range(3):
        asyncio.run(contended())
        assert bridge.state is IntegrationState.ACTIVE
    run(bridge.shutdown())
    assert len(bridge._locks) <= 1


def test_a_bridge_that_is_active_in_a_dead_loop_is_watched_in_the_next(getter: Getter) -> None:
    bridge = AgentWebSocketBridge()

    async def first() -> None:
        bridge._sleep = Pauses()
        await bridge.ensure_integration()

    async def second() -> None:
        bridge._sleep = pauses = Pauses()
        await bridge.ensure_integration()
        assert (await pauses.begun())[0] == 60
        await bridge.shutdown()

    asyncio.run(first())
    run(second())
    assert bridge.metrics.total_initializations == 1


def test_a_lock_held_when_its_loop_died_blocks_nobody_in_the_next(getter: Getter) -> None:
    bridge = AgentWebSocketBridge()
    bridge._sleep = Pauses()

    async def hold() -> None:
        await bridge._lock("integration").acquire()

    async def main() -> None:
        assert (await bridge.ensure_integration()).success
        await bridge.shutdown()

    asyncio.run(hold())
    run(main())


def test_a_bridge_nobody_holds_any_more_is_not_kept_alive_by_its_watch(getter: Getter) -> None:
    async def main() -> None:
        bridge, pauses = AgentWebSocketBridge(), Pauses()
        bridge._sleep = pauses
        await bridge.ensure_integration()
        task = bridge._health_check_task
        assert task is not None
        _, end = await pauses.begun()
        gone = weakref.ref(bridge)
        del bridge
        gc.collect()
        assert gone() is None
        end()
        await task

    run(main())


def test_a_bridge_may_be_shut_down_from_another_loop(getter: Getter) -> None:
    bridge = AgentWebSocketBridge()
    is_watched, is_over = threading.Event(), threading.Event()

    async def watch() -> None:
        bridge._sleep = pauses = Pauses()
        await bridge.ensure_integration()
        await pauses.begun()
        is_watched.set()
        task = bridge._health_check_task
        assert task is not None
        await asyncio.wait({task})
        is_over.set()

    thread = threading.Thread(target=lambda: asyncio.run(watch()))
    thread.start()
    assert is_watched.wait(PATIENCE)
    run(bridge.shutdown())
    assert is_over.wait(PATIENCE)
    thread.join()
    assert bridge.state is IntegrationState.UNINITIALIZED


def test_a_watch_left_in_a_loop_that_stands_still_is_replaced_and_holds_nobody_up(getter: Getter) -> None:
    bridge = AgentWebSocketBridge()
    bridge._sleep = Pauses()
    still = asyncio.new_event_loop()
    still.run_until_complete(bridge.ensure_integration())
    left = bridge._health_check_task
    assert left is not None
    run(bridge.shutdown())
    assert not left.done()

    async def main() -> None:
        bridge._sleep = Pauses()
        await bridge.ensure_integration()
        assert bridge._health_check_task is not left
        await bridge.shutdown()

    run(main())
    left.cancel()
    still.run_until_complete(asyncio.wait({left}))
    still.close()


# ── the bridge for all ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_getter_gives_one_bridge_until_it_is_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgentWebSocketBridge, "_instance", None)

    async def many() -> list[AgentWebSocketBridge]:
        return list(await asyncio.gather(*(get_agent_websocket_bridge() for _ in range(20))))

    first = run(many())
    again = run(many())
    assert len({id(bridge) for bridge in first + again}) == 1
    assert AgentWebSocketBridge._instance is first[0]
    AgentWebSocketBridge._instance = None
    assert run(many())[0] is not first[0]


def test_a_bridge_made_by_hand_is_not_the_bridge_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgentWebSocketBridge, "_instance", None)
    assert AgentWebSocketBridge() is not run(get_agent_websocket_bridge())
