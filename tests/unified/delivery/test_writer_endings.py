"""How a connection's writer ends, whatever a socket does: the socket is closed, the slot free, the others untouched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from tests.unified.delivery.tools import FakeSocket, event, manager, run, turns
from unified_target.unified_delivery.channel import INTERNAL_ERROR, SERVICE_RESTART, Channel


class Scripted(FakeSocket):
    """A socket whose first send does what a function says."""

    def __init__(self, first: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._first: Callable[[], Awaitable[None]] | None = first

    async def send_text(self, text: str) -> None:
        first, self._first = self._first, None
        if first is not None:
            await first()
        await super().send_text(text)


async def _cancelled_inside() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.cancel)
    await future


async def _raises_cancelled() -> None:
    raise asyncio.CancelledError


async def _timeout_of_its_own() -> None:
    async with asyncio.timeout(0):
        await asyncio.sleep(1)


@pytest.mark.parametrize(
    "first",
    [_cancelled_inside, _raises_cancelled, _timeout_of_its_own],
    ids=["something in it was cancelled", "it raises CancelledError", "it has a timeout of its own"],
)
def test_a_send_that_is_cut_short_from_within_is_a_failed_send(first: Callable[[], Awaitable[None]]) -> None:
    async def go() -> None:
        owner, socket, other = manager(), Scripted(first), FakeSocket()
        await owner.connect_user("alice", socket)
        await owner.connect_user("alice", other)
        await owner.send_to_user("alice", event(0))
        await turns(20)
        assert (socket.close_code, other.close_code) == (INTERNAL_ERROR, None)
        assert (owner.get_connection_count(), owner.hub.counters["errors"]) == (1, 1)

    run(go())


def test_a_timeout_that_the_socket_catches_itself_harms_nothing() -> None:
    async def quiet() -> None:
        with contextlib.suppress(TimeoutError):
            await _timeout_of_its_own()

    async def go() -> None:
        owner, socket = manager(), Scripted(quiet)
        await owner.connect_user("alice", socket)
        for number in range(3):
            await owner.send_to_user("alice", event(number))
        await turns(20)
        assert ([seen["n"] for seen in socket.events], socket.close_code) == ([0, 1, 2], None)

    run(go())


def test_a_loop_that_goes_down_with_connections_closes_their_sockets() -> None:
    socket = FakeSocket("slow")

    async def go() -> None:
        owner = manager()
        await owner.connect_user("alice", socket)
        await owner.send_to_user("alice", event(0))

    asyncio.run(go())
    assert (socket.close_code, socket.sending) == (SERVICE_RESTART, 0)


def test_a_socket_that_kicks_its_own_connection_and_then_hangs_is_closed() -> None:
    async def go() -> None:
        owner = manager()

        async def kick_and_hang() -> None:
            owner.hub.detach(next(iter(owner.hub.channels.values())), 4000, "kicked")
            await asyncio.get_running_loop().create_future()

        socket = Scripted(kick_and_hang)
        await owner.connect_user("alice", socket)
        await owner.send_to_user("alice", event(0))
        await turns(10)
        assert (socket.close_code, socket.close_reason) == (4000, "kicked")

    run(go())


def test_a_socket_that_publishes_as_it_is_sent_to_gets_all_in_order_and_leaves_others_their_turn() -> None:
    async def go() -> None:
        owner, taken, turned = manager(), 1000, 0

        class Echo(FakeSocket):
            async def send_text(self, text: str) -> None:
                await super().send_text(text)
                if len(self.received) < taken:
                    owner.publish("alice", event(len(self.received)))

        socket = Echo()
        await owner.connect_user("alice", socket)
        owner.publish("alice", event(0))
        while len(socket.received) < taken:
            await asyncio.sleep(0)
            turned += 1
        assert [seen["n"] for seen in socket.events] == list(range(taken))
        assert turned >= taken // 64

    run(go())


def test_an_error_in_what_follows_a_connections_end_does_not_keep_its_socket_open() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()

        def fail(channel: Channel) -> None:
            raise RuntimeError(channel.connection_id)

        await owner.connect_user("alice", socket)
        owner.hub.on_detached = fail
        await owner.disconnect_user("alice", socket)
        await turns()
        assert (socket.close_code, owner.hub.counters["errors"]) == (1000, 1)

    run(go())


def test_a_shutdown_that_is_given_up_has_closed_everybody_all_the_same() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket("hang")
        await owner.connect_user("alice", socket)
        await owner.send_to_user("alice", event(0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(owner.shutdown(), 0.05)
        await turns(10)
        assert (socket.close_code, owner.get_connection_count()) == (SERVICE_RESTART, 0)

    run(go())


def test_a_loop_whose_tasks_run_at_once_begins_one_writer_for_each_connection() -> None:
    eager = getattr(asyncio, "eager_task_factory", None)
    if eager is None:
        pytest.skip("tasks run at once from Python 3.12 on")

    async def go() -> None:
        asyncio.get_running_loop().set_task_factory(eager)
        owner, socket = manager(), FakeSocket()
        await owner.connect_user("alice", socket)
        for number in range(5):
            await owner.send_to_user("alice", event(number))
        await turns()
        assert ([seen["n"] for seen in socket.events], socket.most_sending) == ([0, 1, 2, 3, 4], 1)

    run(go())
