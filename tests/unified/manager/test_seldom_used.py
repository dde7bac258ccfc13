"""Corners of the manager and its sockets that few callers reach, and that must hold for those who do."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest

from tests.unified.delivery.tools import FakeSocket, event, manager, run, turns
from unified_target import unified_manager
from unified_target.unified_delivery import conformance
from unified_target.unified_delivery.stream import DeliverySettings, Resume
from unified_target.unified_delivery.wire import EventRejected, SocketAdapter, encode

# ── the manager ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_with_a_time_without_a_zone_is_read_as_utc() -> None:
    async def go() -> None:
        owner = manager()
        first, second = [await owner.connect_user("alice", FakeSocket()) for _ in range(2)]
        owner.connections[first]["last_activity"] = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=9)
        owner.connections[second]["last_activity"] = "long ago"
        await owner._cleanup_stale_connections()
        assert list(owner.connections) == [second]

    run(go())


def test_the_periodic_cleanup_goes_on_until_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        owner = manager()
        monkeypatch.setattr(owner, "CLEANUP_INTERVAL_SECONDS", 0)
        task = asyncio.create_task(owner._periodic_cleanup())
        while owner.connection_stats["memory_cleanups"] < 2:
            await asyncio.sleep(0)
        owner.shutdown_event.set()
        await asyncio.wait_for(task, 5)

    run(go())


def test_expired_events_can_be_forgotten_at_once() -> None:
    async def go() -> None:
        owner = manager()
        await owner.send_to_user("alice", event(1))
        owner._cleanup_expired_cache_entries()
        assert "alice" in owner.hub.streams

    run(go())


def test_a_socket_of_nobody_has_no_connection_and_a_connection_of_nobody_joins_no_thread() -> None:
    async def go() -> None:
        owner = manager()
        await owner.connect_user("alice", FakeSocket())
        assert owner.get_connection_id_by_websocket(FakeSocket()) is None
        assert not owner.join_thread("nobody", "thread")

    run(go())


def test_only_the_latest_runs_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        monkeypatch.setattr(unified_manager, "MAX_MAPPINGS", 2)
        owner = manager()
        connection_id = await owner.connect_user("alice", FakeSocket())
        for number in range(4):
            assert await owner.associate_run_id(connection_id, f"run_{number}")
        assert list(owner.run_id_connections) == ["run_2", "run_3"]

    run(go())


def test_a_message_for_a_run_instead_of_a_user_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> None:
        owner = manager()
        with caplog.at_level(logging.DEBUG):
            assert not await owner.send_to_user("run_7", event(1))
            assert not await owner.send_to_user("alice", event(1))

    run(go())
    told = [(record.levelname, record.getMessage().partition(";")[0]) for record in caplog.records]
    assert ("DEBUG", "No connections found for run ID run_7") in told
    assert ("WARNING", "No connections found for user alice") in told


def test_what_takes_too_long_to_write_as_json_is_described_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        owner = manager()

        async def too_late(_awaited: Any, _seconds: float) -> None:
            _awaited.cancel()
            raise TimeoutError

        monkeypatch.setattr(asyncio, "wait_for", too_late)
        described = await owner._serialize_message_safely_async(object())
        monkeypatch.undo()
        assert "timed out" in json.dumps(described)
        assert owner.connection_stats["send_timeouts"] == 1

    run(go())


def test_a_ping_by_its_old_name_and_the_old_getters_lead_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unified_manager, "_websocket_manager", None)
    monkeypatch.setattr(unified_manager.UnifiedWebSocketManager, "_instance", None)
    one = unified_manager.get_manager()
    assert one is unified_manager.get_websocket_recovery_manager() is unified_manager.get_websocket_manager()
    assert unified_manager.create_enhanced_websocket_manager() is one
    assert isinstance(unified_manager.get_protocol_wrapper(FakeSocket()), SocketAdapter)

    async def go() -> None:
        assert not await one._ping_connection("nobody")

    run(go())


def test_a_manager_that_cannot_be_made_is_told_as_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr(unified_manager, "_websocket_manager", None)
    monkeypatch.setattr(unified_manager, "UnifiedWebSocketManager", broken)
    with pytest.raises(RuntimeError, match="WebSocketManager creation failed: no"):
        unified_manager.get_websocket_manager()


# ── scopes, streams, sockets ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_clients_message_that_is_no_object_is_answered_with_an_error() -> None:
    async def go() -> None:
        owner = manager()
        scope = owner.get_connection_scope(await owner.connect_user("alice", FakeSocket()))
        assert scope is not None
        reply = await scope.handle_incoming_message(["not", "an", "object"])
        assert reply is not None
        assert reply["message"] == "a message is an object"
        assert {"active_managers", "total_created"} <= set(scope.get_global_stats())

    run(go())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda: DeliverySettings(queue_events=9, ring_events=8), "may not lag further"),
        (lambda: DeliverySettings(per_user=0), "at least 1"),
        (lambda: Resume(epoch=5), "an epoch is a text"),  # type: ignore[arg-type]
        (lambda: Resume("e", -1), "seq"),
    ],
    ids=["a queue beyond the log", "no connection at all", "an epoch that is no text", "a number below zero"],
)
def test_settings_and_resumes_that_cannot_be_are_refused(wrong: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        wrong()


def test_a_message_must_be_an_object_that_json_can_say() -> None:
    class Field(Enum):
        NAME = "name"

    class Hostile(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise OSError("gone")

        def __iter__(self) -> Any:
            raise OSError("gone")

        def __len__(self) -> int:
            return 1

    assert json.loads(encode({Field.NAME: 1, None: 2}, 10**6)) == {"name": 1, "null": 2}  # type: ignore[dict-item]
    for message, reason in (([1], "a message is an object"), (Hostile(), "cannot be written as JSON")):
        with pytest.raises(EventRejected, match=reason):
            encode(message, 10**6)  # type: ignore[arg-type]


class Recorded:
    """A socket that keeps what it was given, as bytes or text."""

    def __init__(self, *received: Any) -> None:
        self.sent: list[Any] = []
        self.waiting = list(received)

    async def send(self, frame: Any) -> None:
        self.sent.append(frame)

    async def recv(self) -> Any:
        return self.waiting.pop(0)


class Starletteish(Recorded):
    client_state = application_state = "CONNECTED"

    async def accept(self) -> None: ...

    async def send_text(self, text: str) -> None:
        self.sent.append(text)

    async def send_bytes(self, content: bytes) -> None:
        self.sent.append(content)

    async def receive(self) -> Any:
        return self.waiting.pop(0)


def test_an_adapter_sends_and_receives_text_bytes_and_objects_on_any_make_of_socket() -> None:
    async def go() -> None:
        plain = Recorded("text", b"bytes")
        adapter = SocketAdapter(plain)
        for frame in ("a", b"b", {"c": 1}):
            await adapter.send(frame)
        assert plain.sent == ["a", b"b", '{"c":1}']
        assert [await adapter.receive(), await adapter.receive()] == ["text", b"bytes"]
        assert str(adapter) == "SocketAdapter(unknown)"

    run(go())


def test_a_fake_socket_says_whether_it_was_accepted() -> None:
    async def go() -> None:
        socket = FakeSocket()
        assert not socket.accepted
        await socket.accept()
        assert socket.accepted
        await socket.close(1000)
        with pytest.raises(ConnectionError, match="closed"):
            await socket.send_text("{}")

    run(go())


def test_a_message_larger_than_the_queue_goes_out_when_it_is_all_there_is() -> None:
    async def go() -> None:
        owner, socket = manager(DeliverySettings(queue_bytes=100)), FakeSocket()
        await owner.connect_user("alice", socket)
        await owner.send_to_user("alice", {"type": "note", "text": "x" * 500})
        await turns(5)
        assert [seen["type"] for seen in socket.events] == ["note"]

    run(go())


# ── the conformance suite as a program ───────────────────────────────────────────────────────────────────────────────


def test_the_conformance_suite_prints_a_line_for_each_promise_and_says_whether_all_hold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "disable", lambda _level: None)
    assert conformance.main() == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == len(conformance.CHECKS)
    assert all(line["holds"] for line in lines)

    def broken(_make: Any) -> None:
        raise AssertionError("it does not")

    first = conformance.CHECKS[0]
    monkeypatch.setattr(conformance, "CHECKS", (type(first)(first.criterion, first.promise, broken),))
    assert conformance.main() == 1
    assert json.loads(capsys.readouterr().out)["problem"] == "AssertionError: it does not"
