"""Heartbeats on sockets with and without `ping()`, the profiles of environments, the score of health."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unified.delivery.tools import FakeClock, FakeSocket, manager, run, turns
from unified_target.unified_delivery.heartbeat import HeartbeatConfig
from unified_target.unified_manager import UnifiedWebSocketManager


class Pinged(FakeSocket):
    """A socket of a library that has protocol pings."""

    def __init__(self, answer: str = "ok") -> None:
        super().__init__()
        self.pings: list[bytes] = []
        self.answer = answer

    async def ping(self, payload: bytes = b"") -> None:
        self.pings.append(payload)
        if self.answer == "raise":
            raise ConnectionError("no")
        if self.answer == "hang":
            await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(
    ("environment", "numbers"),
    [
        ("staging", (30, 90, 2, 120)),
        ("production", (25, 75, 2, 180)),
        ("development", (45, 60, 3, 60)),
        ("x", (45, 60, 3, 60)),
    ],
)
def test_each_environment_has_its_profile(environment: str, numbers: tuple[int, ...]) -> None:
    config = HeartbeatConfig.for_environment(environment)
    assert numbers == (
        config.heartbeat_interval_seconds,
        config.heartbeat_timeout_seconds,
        config.max_missed_heartbeats,
        config.cleanup_interval_seconds,
    )
    assert HeartbeatConfig() == HeartbeatConfig(30, 90, 2, 120, 125)


@pytest.mark.parametrize("environment", ["production", "STAGING"])
def test_the_manager_takes_the_profile_of_its_environment(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    wanted = HeartbeatConfig.for_environment(environment.lower())
    assert UnifiedWebSocketManager.isolated().heartbeat_config == wanted


def test_a_socket_without_ping_is_sent_an_application_ping_that_is_no_event() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket)
        assert await owner.enhanced_ping_connection(name)
        await turns()
        assert [message["type"] for message in socket.messages] == ["ping"]
        assert owner.hub.stream("alice").events == {}
        assert list(owner.active_pings) == [name]

    run(go())


def test_a_socket_with_ping_is_sent_a_protocol_ping_with_its_payload() -> None:
    async def go() -> None:
        owner, socket = manager(), Pinged()
        name = await owner.connect_user("alice", socket)
        assert await owner.enhanced_ping_connection(name, b"x" * 125)
        assert not await owner.enhanced_ping_connection(name, b"x" * 126)
        assert await owner.enhanced_ping_connection(name, b"again")  # one is waiting for its pong
        assert socket.pings == [b"x" * 125]
        assert not await owner.enhanced_ping_connection("gone")

    run(go())


def test_a_pong_gives_the_round_trip_and_ends_the_waiting() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner = manager(clock=clock)
        name = await owner.connect_user("alice", FakeSocket())
        await owner.enhanced_ping_connection(name)
        sent = owner.active_pings[name]
        clock.advance(0.5)
        await owner.record_pong_received(name, sent)
        assert owner.active_pings == {}
        assert owner.health_stats["avg_ping_time"] == pytest.approx(0.5)
        await owner.record_pong_received(name, clock.time() - 1.5)
        assert owner.health_stats["avg_ping_time"] == pytest.approx(0.6)
        await owner.record_pong_received(name, clock.time() - 10)  # an outlier weighs a fiftieth
        assert owner.health_stats["avg_ping_time"] == pytest.approx(0.6 * 0.98 + 10 * 0.02)
        await owner.record_pong_received(name, clock.time() - 31)  # no measurement
        await owner.record_pong_received("gone", clock.time())
        assert owner.health_stats["pongs_received"] == 4

    run(go())


def test_failed_pings_lower_the_score_until_the_connection_is_unhealthy_and_a_pong_brings_it_back() -> None:
    async def go() -> None:
        owner, socket = manager(), Pinged("raise")
        name = await owner.connect_user("alice", socket)
        scores = []
        for _ in range(4):
            assert not await owner.enhanced_ping_connection(name)
            scores.append(owner.connection_health[name]["health_score"])
        assert scores == [75, 50, 25, 0]
        assert not await owner.check_connection_health(name)
        await owner.record_pong_received(name)
        assert await owner.check_connection_health(name)
        assert owner.health_stats["resurrection_count"] == 1
        assert not await owner.check_connection_health("gone")

    run(go())


def test_a_protocol_ping_that_hangs_is_given_up() -> None:
    async def go() -> None:
        owner = UnifiedWebSocketManager.isolated(HeartbeatConfig(heartbeat_interval_seconds=0.02))  # type: ignore[arg-type]
        name = await owner.connect_user("alice", Pinged("hang"))
        assert not await owner.enhanced_ping_connection(name)

    run(go())


def test_a_page_that_once_answered_is_dropped_when_it_stops_and_one_that_never_answers_is_not() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner = manager(clock=clock)
        answers, silent = FakeSocket(), FakeSocket()
        name = await owner.connect_user("alice", answers)
        await owner.connect_user("bob", silent)
        await owner.heartbeat.beat_once()
        await owner.record_pong_received(name)
        for _ in range(6):
            clock.advance(45)
            await owner.heartbeat.beat_once()
            await turns()
        assert (answers.close_code, silent.close_code) == (4008, None)
        assert owner.health_stats["connections_dropped"] == 1

    run(go())


def test_a_question_about_health_never_harms_a_live_connection() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket)
        for _ in range(10):
            assert await owner.check_connection_health(name)
        assert socket.received == []
        assert await owner.send_to_user("alice", {"type": "x"})

    run(go())


def test_the_beat_starts_once_stops_and_leaves_nothing_running() -> None:
    async def go() -> None:
        owner = UnifiedWebSocketManager.isolated(HeartbeatConfig(heartbeat_interval_seconds=0.001))  # type: ignore[arg-type]
        socket: Any = FakeSocket()
        await owner.connect_user("alice", socket)
        await owner.heartbeat.start()
        first = owner.heartbeat._task
        await owner.heartbeat.start()
        assert owner.heartbeat._task is first
        async with asyncio.timeout(5):
            while not socket.messages:
                await asyncio.sleep(0.001)
        await owner.heartbeat.stop()
        await owner.heartbeat.stop()
        await owner.shutdown()

    run(go())
