"""The tables that applications and tests change by hand, rooms, hooks, scopes, and what clients send."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unified.delivery.tools import FakeClock, FakeSocket, event, manager, run, turns
from unified_target import unified_manager
from unified_target.unified_delivery.conformance import CHECKS, Check
from unified_target.unified_delivery.runs import MAX_MAPPINGS
from unified_target.unified_delivery.stream import FIVE_EVENTS
from unified_target.unified_manager import (
    HeartbeatConfig,
    UnifiedWebSocketManager,
    broadcast_message,
    check_connection_heartbeat,
    connection_scoped_manager,
    enhanced_health_check,
    get_heartbeat_manager,
    register_connection_heartbeat,
    sync_state,
    unregister_connection_heartbeat,
    websocket_context,
)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_shipped_conformance_holds(check: Check) -> None:
    check.run(UnifiedWebSocketManager.isolated)


def test_the_shipped_conformance_fails_a_manager_that_breaks_a_promise() -> None:
    class Leaky(UnifiedWebSocketManager):
        def _addressee(self, thread_id: str, message: Any) -> str | None:
            return "mallory"

    class Forgetful(UnifiedWebSocketManager):
        def publish(self, user_id: str, message: Any, **more: Any) -> Any:
            receipt = super().publish(user_id, message, **more)
            if receipt.offline:
                self.hub.streams.clear()
            return receipt

    for broken, criterion in ((Leaky, "isolation"), (Forgetful, "event-loss")):
        failed = {check.criterion for check in CHECKS if not _holds(check, broken)}
        assert criterion in failed


def _holds(check: Check, kind: type[UnifiedWebSocketManager]) -> bool:
    try:
        check.run(kind.isolated)
    except AssertionError:
        return False
    return True


# ── the table of connections ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_put_in_by_hand_is_a_connection() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        owner.connections["c1"] = {"user_id": "alice", "websocket": socket, "thread_id": "t1"}
        assert await owner.send_to_user("alice", event(0))
        assert await owner.send_to_thread("t1", event(1))
        assert await owner.send_to_connection("c1", event(2))
        assert [seen["n"] for seen in socket.events] == [0, 1, 2]
        assert owner.user_connections == {"alice": {"c1"}}

    run(go())


def test_records_put_in_before_any_loop_runs_are_written_to_by_the_first_one() -> None:
    owner, socket = manager(), FakeSocket()
    owner.connections = {"c1": {"user_id": "alice", "websocket": socket}}  # type: ignore[assignment]

    async def go() -> None:
        assert await owner.send_to_user("alice", event(0))
        assert socket.types == ["agent_thinking"]

    run(go())


@pytest.mark.parametrize("how", ["clear", "pop", "del", "assign"])
def test_a_record_taken_out_by_hand_is_a_connection_no_more(how: str) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket)
        if how == "clear":
            owner.connections.clear()
        elif how == "pop":
            assert owner.connections.pop(name)["user_id"] == "alice"
        elif how == "del":
            del owner.connections[name]
        else:
            owner.connections = {}  # type: ignore[assignment]
        await turns()
        assert socket.close_code == 1000
        assert owner.get_connection_count() == len(owner.connections) == len(owner.user_connections) == 0
        assert not await owner.send_to_user("alice", event(0))

    run(go())


def test_a_record_that_replaces_another_takes_its_place() -> None:
    async def go() -> None:
        owner, first, second = manager(), FakeSocket(), FakeSocket()
        owner.connections["c1"] = {"user_id": "alice", "websocket": first}
        owner.connections["c1"] = {"user_id": "bob", "websocket": second}
        await turns()
        assert await owner.send_to_user("bob", event(0))
        assert (first.events, first.close_code, len(second.events)) == ([], 1000, 1)
        assert list(owner.connections) == ["c1"]

    run(go())


@pytest.mark.parametrize(
    "record",
    [
        {"user_id": "alice"},
        {"websocket": FakeSocket.__new__(FakeSocket)},
        {"user_id": "alice", "websocket": object()},
        5,
    ],
    ids=["without a socket", "without a user", "with an object that cannot send", "no record at all"],
)
def test_a_record_that_is_no_connection_only_stands_in_the_table(record: Any) -> None:
    owner = manager()
    owner.connections.update({"c1": record})
    assert owner.connections["c1"] is record
    assert owner.get_connection_count() == 0
    assert owner.connections.pop("missing", None) is None


def test_a_thread_changed_in_a_record_by_hand_is_found() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket)
        owner.connections[name]["thread_id"] = "t7"
        assert await owner.send_to_thread("t7", event(0))
        assert socket.types == ["agent_thinking"]

    run(go())


def test_a_record_tells_when_it_was_active_last_and_how_many_messages_it_took() -> None:
    async def go() -> None:
        owner = manager()
        name = await owner.connect_user("alice", FakeSocket(), "t1", "10.0.0.1")
        owner.connections[name]["last_activity"] = datetime(2020, 1, 1, tzinfo=UTC)
        await owner.send_to_user("alice", event(0))
        record = owner.connections[name]
        assert record["message_count"] == 1
        assert record["last_activity"] > datetime(2024, 1, 1, tzinfo=UTC)
        assert (record["client_ip"], record["thread_id"], record["protocol_type"]) == ("10.0.0.1", "t1", "unknown")

    run(go())


def test_connections_without_activity_for_two_minutes_are_closed_and_active_ones_stay() -> None:
    async def go() -> None:
        owner, sockets = manager(), [FakeSocket() for _ in range(4)]
        names = [await owner.connect_user(f"u{number}", socket) for number, socket in enumerate(sockets)]
        owner.connections[names[1]]["last_activity"] = datetime.now(UTC) - timedelta(seconds=121)
        owner.connections[names[2]]["last_activity"] = datetime.now(UTC).replace(
            tzinfo=None
        )  # as the old code wrote it
        owner.connections[names[3]]["is_healthy"] = False
        assert await owner._cleanup_stale_connections() == 2
        assert [socket.close_code for socket in sockets] == [None, 1000, None, 1000]

    run(go())


def test_disconnecting_one_tab_leaves_the_others_open_also_when_it_has_gone_already_and_none_means_all() -> None:
    async def go() -> None:
        owner, tabs = manager(), [FakeSocket() for _ in range(3)]
        for tab in tabs:
            await owner.connect_user("alice", tab)
        await owner.disconnect_user("alice", tabs[1], 4001, "bye")
        await owner.disconnect_user("alice", tabs[1])
        assert [tab.close_code for tab in tabs] == [None, 4001, None]
        await owner.disconnect_user("alice", None)
        assert [tab.close_code for tab in tabs] == [1000, 4001, 1000]
        await owner.disconnect_user("alice", None)

    run(go())


# ── threads and runs ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_connection_or_all_of_a_users_can_be_put_on_a_thread() -> None:
    async def go() -> None:
        owner, first, second = manager(), FakeSocket(), FakeSocket()
        one = await owner.connect_user("alice", first)
        await owner.connect_user("alice", second)
        assert owner.update_connection_thread("alice", "t1")
        assert owner.update_connection_thread(one, "t2")
        assert not owner.update_connection_thread("nobody", "t1")
        await owner.send_to_thread("t1", event(0))
        assert (len(first.events), len(second.events)) == (0, 1)

    run(go())


def test_a_run_that_is_bound_finds_its_user_and_one_that_is_not_finds_nobody() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        name = await owner.connect_user("alice", socket, "t1")
        await owner.send_agent_update("run-0", "triage", {"status": "lost"})
        assert await owner.associate_run_id(name, "run-1")
        assert await owner.get_connections_by_run_id("run-1") == [name]
        await owner.send_agent_update("run-1", "triage", {"status": "ok"})
        owner.bind_run("run-2", "alice")
        await owner.send_agent_update("run-2", "triage", {"status": "ok"})
        assert [seen["run_id"] for seen in socket.events] == ["run-1", "run-2"]
        assert not await owner.associate_run_id("gone", "run-3")
        await owner.disconnect_user("alice", socket)
        assert await owner.get_connections_by_run_id("run-1") == []

    run(go())


def test_a_thread_that_nobody_was_ever_on_is_a_failure_and_a_made_up_test_thread_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def go() -> None:
        owner = manager()
        monkeypatch.delenv("TESTING", raising=False)
        assert not await owner.send_to_thread("t1", event(0))
        assert await owner.send_to_thread("test_1", event(0))
        monkeypatch.setenv("TESTING", "1")
        assert await owner.send_to_thread("t1", event(0))
        assert owner.hub.counters["unaddressed"] == 2

    run(go())


def test_only_so_many_owners_of_threads_are_remembered() -> None:
    owner = manager()
    for number in range(MAX_MAPPINGS + 5):
        owner.bind_run(f"run-{number}", "alice", f"t{number}")
    assert len(owner._thread_owners) == len(owner._run_owners) == MAX_MAPPINGS
    assert owner._thread_owners.get("t4") is None
    assert owner._thread_owners.get("t5") == "alice"


# ── rooms, broadcasts, errors ────────────────────────────────────────────────────────────────────────────────────────


def test_rooms_hold_connections_and_forget_those_that_go() -> None:
    async def go() -> None:
        owner, alice, bob = manager(), FakeSocket(), FakeSocket()
        first = await owner.connect_user("alice", alice)
        second = await owner.connect_user("bob", bob)
        assert owner.join_room(first, "job_7")
        assert owner.join_room(second, "job_7")
        assert not owner.join_room("gone", "job_7")
        assert await owner.broadcast_to_job("7", event(0)) == 2
        assert owner.leave_room(second, "job_7")
        assert not owner.leave_room(second, "job_7")
        assert await owner.broadcast_to_room("job_7", event(1)) == 1
        await owner.disconnect_user("alice", alice)
        assert owner.room_memberships == {}
        assert ([seen["n"] for seen in alice.events], [seen["n"] for seen in bob.events]) == ([0, 1], [0])

    run(go())


def test_broadcasts_under_all_their_names_reach_everybody_who_is_there() -> None:
    async def go() -> None:
        owner, sockets = manager(), [FakeSocket() for _ in range(3)]
        for number, socket in enumerate(sockets):
            await owner.connect_user(f"u{number}", socket)
        await owner.disconnect_user("u2", sockets[2])
        counts = [
            await send(event(0))
            for send in (owner.broadcast, owner.broadcast_to_all, owner.broadcasting.broadcast_to_all)
        ]
        assert counts == [2, 2, 2]
        assert [len(socket.events) for socket in sockets] == [3, 3, 0]

    run(go())


def test_an_error_reaches_the_user_in_every_place_that_clients_look_at() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        await owner.connect_user("alice", socket)
        assert await owner.send_error("alice", "no such thread")
        assert await owner.send_error_to_user("alice", "no such thread", "NOT_FOUND")
        first, second = socket.events
        assert first["type"] == "error"
        assert first["message"] == first["payload"]["message"] == first["payload"]["error"] == "no such thread"
        assert second["payload"]["code"] == "NOT_FOUND"

    run(go())


@pytest.mark.parametrize(
    ("call", "arguments"),
    [("send_message", ("alice",)), ("send_message_to_user", ("alice",)), ("send_message_to_thread", ("t1",))],
)
def test_a_send_has_several_names(call: str, arguments: tuple[str, ...]) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        await owner.connect_user("alice", socket, "t1")
        assert await getattr(owner, call)(*arguments, event(0))
        assert socket.types == ["agent_thinking"]

    run(go())


# ── hooks, scopes, clients ───────────────────────────────────────────────────────────────────────────────────────────


def test_disconnect_hooks_are_called_once_each_also_coroutines_and_also_after_one_fails() -> None:
    async def go() -> None:
        owner, socket, told = manager(), FakeSocket(), []

        def fails(user_id: str, connection_id: str) -> None:
            raise RuntimeError("a careless hook")

        async def later(user_id: str, connection_id: str) -> None:
            await asyncio.sleep(0)
            told.append(user_id)

        async def fails_later(user_id: str, connection_id: str) -> None:
            raise RuntimeError("a careless coroutine")

        for hook in (fails, later, fails_later, lambda user_id, connection_id: told.append(connection_id)):
            owner.add_disconnect_hook(hook)
        name = await owner.connect_user("alice", socket)
        await owner.disconnect_user("alice", socket)
        await turns()
        assert sorted(told) == ["alice", name]
        assert owner.connection_stats["errors_handled"] == 1

    run(go())


def test_a_scope_counts_calls_back_and_ends_with_its_connection() -> None:
    async def go() -> None:
        owner, socket, heard = manager(), FakeSocket(), []
        name = await owner.connect_user("alice", socket, "t1")
        scope = owner.get_connection_scope(name)
        assert scope is not None
        assert owner.get_connection_scope(name) is scope

        async def heard_later(sent: dict[str, Any]) -> None:
            heard.append(sent["payload"]["run_id"])

        def careless(sent: dict[str, Any]) -> None:
            raise RuntimeError("a careless callback")

        scope.add_event_callback("agent_started", careless)
        scope.add_event_callback("agent_started", heard_later)
        assert await scope.send_agent_started("triage", "run-1", {"k": 1})
        assert await scope.send_agent_thinking("triage", "run-1", "hm", "1")
        assert await scope.send_tool_executing("search", "run-1", {"q": 1})
        assert await scope.send_tool_completed("search", "run-1", {"a": 1})
        assert await scope.send_agent_completed("triage", "run-1", {"r": 1})
        assert await scope.send_agent_error("triage", "run-1", "oh")
        assert socket.types == [*FIVE_EVENTS, "agent_error"]
        assert heard == ["run-1"]
        stats = await scope.get_connection_stats()
        assert stats["manager_stats"]["agent_events_breakdown"] == dict.fromkeys(FIVE_EVENTS, 1)
        assert (stats["is_healthy"], stats["is_initialized"], scope.get_stats()["events_sent"]) == (True, True, 6)
        await scope.cleanup()
        await scope.cleanup()
        assert not scope.is_connection_healthy()
        assert owner.scoping_stats["scopes_cleaned"] == 1
        assert owner.get_connection_scope(name) is None

    run(go())


def test_a_scope_cannot_be_had_when_scoping_is_switched_off_and_a_scoped_event_still_arrives() -> None:
    async def go() -> None:
        owner = UnifiedWebSocketManager.isolated(enable_connection_scoping=False)
        socket = FakeSocket()
        name = await owner.connect_user("alice", socket)
        assert owner.get_connection_scope(name) is None
        assert await owner.send_scoped_event(name, "agent_started", {"run_id": "r"})
        assert not await owner.send_scoped_event("gone", "agent_started", {})
        assert socket.types == ["agent_started"]

    run(go())


def test_a_scoped_block_that_finds_no_room_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        owner = manager()
        monkeypatch.setattr(unified_manager, "_websocket_manager", owner)
        for _ in range(3):
            await owner.connect_user("alice", FakeSocket())
        with pytest.raises(RuntimeError, match="initialization failed"):
            async with connection_scoped_manager(FakeSocket(), "alice"):
                raise AssertionError("not reached")

    run(go())


def test_what_clients_send_is_checked_handled_by_type_and_pongs_are_noted() -> None:
    async def go() -> None:
        owner, socket, handled = manager(), FakeSocket(), []
        name = await owner.connect_user("alice", socket)

        async def handler(user_id: str, websocket: Any, message: dict[str, Any]) -> None:
            handled.append((user_id, message["type"]))

        owner.message_handlers["chat"] = handler
        owner.message_handlers["note"] = lambda user_id, websocket, message: handled.append((user_id, "note"))
        assert await owner.handle_message("alice", socket, {"type": "chat"})
        assert await owner.handle_message("alice", socket, {"type": "note"})
        assert await owner.handle_message("alice", socket, {"type": "other"})
        for stamp in (1.0, "x", [1], None):
            assert await owner.handle_message("alice", socket, {"type": "pong", "timestamp": stamp})
        for bad in (None, "text", {}, {"type": ""}, {"type": 5}):
            assert not await owner.handle_message("alice", socket, bad)
        assert handled == [("alice", "chat"), ("alice", "note")]
        assert owner.health_stats["pongs_received"] == 4
        assert owner.connection_stats["messages_received"] == 7
        assert owner.sanitize_message({"a": float("nan"), "b": "\ud800"}) == {"a": None, "b": "�"}
        assert owner.get_all_status() == {name: {"user_id": "alice", "healthy": True}}

    run(go())


# ── the functions beside the manager ─────────────────────────────────────────────────────────────────────────────────


def test_the_functions_of_the_module_work_on_the_processs_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        monkeypatch.setattr(unified_manager, "_websocket_manager", owner)
        name = await owner.connect_user("alice", socket)
        owner.join_room(name, "r1")
        results = [
            await broadcast_message(event(0)),
            await broadcast_message(event(1), user_id="alice"),
            await broadcast_message(event(2), user_id="nobody"),
            await broadcast_message({"n": 3}, room_id="r1"),
        ]
        told = [(result.successful, result.failed, result.total_connections, result.message_type) for result in results]
        assert told == [
            (1, 0, 1, "agent_thinking"),
            (1, 0, 1, "agent_thinking"),
            (0, 1, 1, "agent_thinking"),
            (1, 0, 1, "broadcast"),
        ]
        await register_connection_heartbeat(name)
        assert await check_connection_heartbeat(name)
        await unregister_connection_heartbeat(name)
        assert not await check_connection_heartbeat("gone")
        health = await enhanced_health_check(name)
        assert (health["healthy"], health["health_score"], health["details"]["message_count"]) == (True, 100, 2)
        assert (await enhanced_health_check("gone"))["reason"] == "Connection not found"
        assert await sync_state(name)
        assert not await sync_state("gone")
        owner.connections[name]["is_healthy"] = False
        async with websocket_context() as inside:
            assert inside is owner
        assert socket.close_code == 1000
        assert await sync_state()
        assert get_heartbeat_manager() is owner.heartbeat
        assert get_heartbeat_manager(HeartbeatConfig(5)).config.heartbeat_interval_seconds == 5

    run(go())


def test_statistics_have_every_key_of_old_and_count() -> None:
    async def go() -> None:
        owner = UnifiedWebSocketManager.isolated(clock=FakeClock())
        await owner.connect_user("alice", FakeSocket())
        await owner.send_to_user("alice", event(0))
        stats = await owner.get_stats()
        assert set(stats) >= set(
            "active_connections active_users total_connections messages_sent messages_received errors_handled "
            "uptime_seconds broadcasts_sent memory_cleanups stale_connections_removed protocol_distribution "
            "health_monitoring heartbeat_config cache_sizes".split()
        )
        assert (stats["active_connections"], stats["messages_sent"], stats["delivery"]["published"]) == (1, 1, 1)
        assert stats["protocol_distribution"] == {"unknown_connections": 1}

    run(go())


def test_the_locks_and_the_event_of_old_are_there_and_shutdown_sets_the_event() -> None:
    async def go() -> None:
        owner = manager()
        async with owner.cleanup_lock, owner.health_lock:
            assert owner.cleanup_lock is owner.cleanup_lock
            assert owner.health_lock is owner.health_lock
        assert await owner.initialize()
        cleaning = asyncio.create_task(owner._periodic_cleanup())
        await turns()
        assert await owner._serialize_message_safely_async({"type": "x"}) == {"type": "x"}
        assert (await owner._serialize_message_safely_async(object()))["type"] == "object"
        await owner.shutdown()
        await cleaning
        assert owner.shutdown_event.is_set()

    run(go())


def test_cleanup_all_and_recover_all_close_what_they_say() -> None:
    async def go() -> None:
        owner, sockets = manager(), [FakeSocket(), FakeSocket()]
        names = [await owner.connect_user("alice", socket) for socket in sockets]
        owner.connections[names[0]]["is_healthy"] = False
        assert await owner.recover_all_connections() == 1
        await owner.cleanup_all()
        assert [socket.close_code for socket in sockets] == [1000, 1000]

    run(go())


def test_the_interface_of_connections_by_id_works() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        await owner.add_connection("c1", socket)
        assert await owner.send_to_connection("c1", {"type": "x"})
        assert owner.get_connection_count() == 1
        await owner.remove_connection("c1")
        await owner.remove_connection("c1")
        assert socket.close_code == 1000

    run(go())
