"""Uses that nobody planned: tables changed by hand, ids used again, clients that claim what is another's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.unified.delivery.tools import FakeClock, FakeSocket, event, manager, run, turns
from unified_target.unified_manager import UnifiedWebSocketManager


def _tables(owner: UnifiedWebSocketManager) -> tuple[int, int]:
    return len(owner.connections), owner.get_connection_count()


def test_the_table_keeps_a_connection_that_is_put_in_again_and_closes_what_is_left_out() -> None:
    async def go() -> None:
        owner, kept, gone = manager(), FakeSocket(), FakeSocket()
        await owner.connect_user("alice", gone)
        name = await owner.connect_user("alice", kept)
        owner.connections[name] = {**owner.connections[name], "client_ip": "::1"}
        owner.connections = {name: owner.connections[name]}
        owner.connections = owner.connections
        owner.connections |= {"by-hand": {"user_id": "bob", "websocket": FakeSocket()}}
        owner.connections.setdefault("too", {"user_id": "bob", "websocket": FakeSocket()})
        await turns()
        assert (kept.close_code, gone.close_code, _tables(owner)) == (None, 1000, (3, 3))
        assert owner.connections.popitem()[0] == "too"
        assert _tables(owner) == (2, 2)
        owner.connections.clear()
        with pytest.raises(KeyError):
            owner.connections.popitem()

    run(go())


def test_a_scope_acts_on_no_connection_but_its_own_even_if_another_has_its_id() -> None:
    async def go() -> None:
        owner, mine, theirs = manager(), FakeSocket(), FakeSocket()
        name = await owner.connect_user("mallory", mine)
        scope = owner.get_connection_scope(name)
        assert scope is not None
        await owner.disconnect_user("mallory", mine)
        await owner.connect_user("alice", theirs, connection_id=name)
        assert not await scope.send_event("agent_thinking", {})
        assert await scope.handle_incoming_message({"type": "join_thread", "thread_id": "t9"}) is None
        assert not await scope.initialize()
        await scope.cleanup()
        await turns()
        assert (theirs.close_code, theirs.events) == (None, [])
        assert owner.hub.channels[name].thread_id is None

    run(go())


@pytest.mark.parametrize("wanted", [7, ["t"], {"a": 1}], ids=repr)
def test_a_client_that_names_no_text_as_thread_is_told_so(wanted: object) -> None:
    async def go() -> None:
        owner = manager()
        scope = owner.get_connection_scope(await owner.connect_user("alice", FakeSocket(), "t1"))
        assert scope is not None
        for message in (
            {"type": "join_thread", "thread_id": wanted},
            {"type": "join_thread", "payload": {"thread_id": wanted}},
        ):
            reply = await scope.handle_incoming_message(message)
            assert reply is not None
            assert reply["type"] == "error"
        assert await scope.handle_incoming_message({"type": "join_thread", "payload": wanted}) is None or wanted == {
            "a": 1
        }
        assert scope.thread_id == "t1"

    run(go())


def test_a_client_that_joins_a_thread_before_its_owner_does_not_get_what_is_sent_there() -> None:
    async def go() -> None:
        owner, alice, mallory = manager(), FakeSocket(), FakeSocket()
        scope = owner.get_connection_scope(await owner.connect_user("mallory", mallory))
        assert scope is not None
        await scope.handle_incoming_message({"type": "join_thread", "thread_id": "alices"})
        assert not await owner.send_to_thread("alices", event(0))
        await owner.connect_user("alice", alice, "alices")
        assert await owner.send_to_thread("alices", event(1))
        late = await scope.handle_incoming_message({"type": "join_thread", "thread_id": "alices"})
        assert late is not None
        assert late["message"] == "not your thread"
        assert ([seen["n"] for seen in alice.events], mallory.events) == ([1], [])
        assert owner.scoping_stats["events_blocked"] == 1

    run(go())


def test_a_run_stays_with_the_first_user_it_was_bound_to() -> None:
    async def go() -> None:
        owner, alice, mallory = manager(), FakeSocket(), FakeSocket()
        name = await owner.connect_user("mallory", mallory)
        await owner.connect_user("alice", alice)
        assert owner.bind_run("run-1", "alice")
        assert not owner.bind_run("run-1", "mallory")
        assert not await owner.associate_run_id(name, "run-1")
        await owner.send_agent_update("run-1", "agent", {})
        assert (alice.types, mallory.events) == (["agent_update"], [])
        assert [entry.user_id for entry in owner.audit_log if entry.action == "blocked"] == ["mallory", "mallory"]

    run(go())


def test_a_connection_that_was_sent_something_lately_is_not_stale_however_old_its_record() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket)
        await owner.broadcast_to_all({"type": "x"})
        await turns()
        owner.connections[name]["last_activity"] = datetime.now(UTC) - timedelta(hours=1)
        assert await owner._cleanup_stale_connections() == 0
        silent = await owner.connect_user("bob", FakeSocket())
        owner.connections[silent]["last_activity"] = datetime.now(UTC) - timedelta(hours=1)
        assert await owner._cleanup_stale_connections() == 1

    run(go())


def test_a_protocol_pong_that_the_socket_waits_for_itself_counts() -> None:
    async def go() -> None:
        class Pinging(FakeSocket):
            async def ping(self, payload: bytes) -> asyncio.Future[float]:
                self.answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
                return self.answer

        owner, socket = manager(), Pinging()
        name = await owner.connect_user("alice", socket)
        assert await owner.enhanced_ping_connection(name)
        assert name in owner.active_pings
        socket.answer.set_result(0.1)
        await turns()
        assert (name in owner.active_pings, owner.health_stats["pongs_received"]) == (False, 1)

    run(go())


def test_heartbeats_of_ids_that_are_no_connections_are_bounded_and_forgotten() -> None:
    async def go() -> None:
        owner = manager()
        for number in range(1000):
            await owner.heartbeat.register_connection(f"nobody-{number}")
            owner.heartbeat.weaken(f"no-one-{number}")
        assert len(owner.heartbeat.heartbeats) <= 2 * owner.hub.settings.total
        await owner.heartbeat.beat_once()
        assert owner.heartbeat.heartbeats == {}

    run(go())


def test_a_pong_with_a_number_too_large_for_any_clock_gives_no_round_trip() -> None:
    async def go() -> None:
        owner = manager()
        name = await owner.connect_user("alice", FakeSocket())
        for timestamp in (10**400, -(10**400), float("nan"), float("inf")):
            await owner.record_pong_received(name, timestamp)
        assert (owner.health_stats["pongs_received"], owner.health_stats["avg_ping_time"]) == (4, 0.0)

    run(go())


def test_logs_are_looked_at_in_steps_and_all_of_them_in_the_end() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner = manager(clock=clock)
        for number in range(1000):
            owner.publish(f"user-{number}", event(number))
        clock.advance(200)
        left = []
        for _ in range(7):
            owner.publish("user-0", event(0))
            left.append(sum(bool(stream.events) for stream in owner.hub.streams.values()))
        assert left[0] >= 800
        assert left[-1] == 1

    run(go())
