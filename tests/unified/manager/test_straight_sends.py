"""What some callers use of the old manager's inside: a send to a socket with the record that they keep of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unified.delivery.tools import FakeSocket, event, manager, run
from unified_target.unified_delivery.stream import DeliverySettings


def test_a_socket_that_is_no_connection_gets_the_message_and_the_record_counts_it() -> None:
    async def go() -> None:
        socket, record = FakeSocket(), {"message_count": 2}
        assert await manager()._send_to_connection_with_retry("nobody", socket, event(1), record)
        assert [seen["n"] for seen in socket.events] == [1]
        assert (record["message_count"], "last_activity" in record, "is_healthy" in record) == (3, True, False)

    run(go())


@pytest.mark.parametrize("mode", ["raise", "hang"])
def test_one_that_does_not_take_it_is_noted_and_nothing_is_raised(mode: str) -> None:
    async def go() -> None:
        owner, record = manager(DeliverySettings(send_deadline=0.05)), dict[str, Any]()
        assert not await owner._send_to_connection_with_retry("nobody", FakeSocket(mode), event(1), record)
        assert record == {"is_healthy": False}

    run(go())


def test_a_connection_of_ours_is_sent_to_through_its_own_queue() -> None:
    async def go() -> None:
        owner, socket, record = manager(), FakeSocket(), dict[str, Any]()
        connection_id = await owner.connect_user("alice", socket)
        assert await owner._send_to_connection_with_retry(connection_id, socket, event(1), record)
        assert [seen["n"] for seen in socket.events] == [1]
        crossing = {**event(2), "user_id": "bob"}
        assert not await owner._send_to_connection_with_retry(connection_id, socket, crossing, record)
        assert len(socket.events) == 1

    run(go())
