"""L1-L6: 3 connections for a user, 100 in all, whoever tries whenever; never over by one, never a slot lost."""

from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unified.delivery.tools import DeliverySettings, FakeSocket, manager, run, turns
from unified_target.unified_delivery.channel import TOO_MANY_TABS, TRY_AGAIN_LATER
from unified_target.unified_delivery.hub import ConnectionRefused
from unified_target.unified_manager import UnifiedWebSocketManager


async def admitted(owner: UnifiedWebSocketManager, user_id: str, socket: FakeSocket) -> str | None:
    try:
        return await owner.connect_user(user_id, socket)
    except ConnectionRefused:
        return None


def test_l1_of_50_tabs_opened_at_once_by_one_user_three_are_admitted_and_47_told_4009() -> None:
    async def go() -> None:
        owner, sockets = manager(), [FakeSocket() for _ in range(50)]
        names = await asyncio.gather(*(admitted(owner, "alice", socket) for socket in sockets))
        assert sum(name is not None for name in names) == 3
        assert [socket.close_code for socket in sockets].count(TOO_MANY_TABS) == 47
        assert owner.get_connection_count() == 3

    run(go())


def test_l2_of_150_users_who_connect_at_once_100_are_admitted_and_50_told_1013() -> None:
    async def go() -> None:
        owner, sockets = manager(), [FakeSocket() for _ in range(150)]
        await asyncio.gather(*(admitted(owner, f"user{n}", socket) for n, socket in enumerate(sockets)))
        assert owner.get_connection_count() == 100
        assert [socket.close_code for socket in sockets].count(TRY_AGAIN_LATER) == 50
        assert not owner.is_accepting_connections

    run(go())


def test_l3_a_slot_that_is_freed_can_be_taken_again_at_once() -> None:
    async def go() -> None:
        owner = manager()
        first, second = FakeSocket(), FakeSocket()
        for socket in (first, FakeSocket(), FakeSocket()):
            await owner.connect_user("alice", socket)
        await owner.disconnect_user("alice", first)
        assert await admitted(owner, "alice", second) is not None
        assert await admitted(owner, "alice", FakeSocket()) is None

    run(go())


def test_l4_closing_one_connection_twice_frees_one_slot() -> None:
    async def go() -> None:
        owner = manager()
        names = [await owner.connect_user("alice", FakeSocket()) for _ in range(3)]
        channel = owner.hub.channels[names[0]]
        assert [owner.hub.detach(channel), owner.hub.detach(channel)] == [True, False]
        await owner.remove_connection(names[0])
        assert await admitted(owner, "alice", FakeSocket()) is not None
        assert await admitted(owner, "alice", FakeSocket()) is None
        assert owner.connection_stats["active_connections"] == 3

    run(go())


def test_l5_a_connect_that_is_cancelled_keeps_no_slot_and_closes_its_socket() -> None:
    async def go() -> None:
        owner = manager()
        for _ in range(20):
            socket = FakeSocket()
            attempt = asyncio.create_task(owner.connect_user("alice", socket))
            await asyncio.sleep(0)
            attempt.cancel()
            await asyncio.gather(attempt, return_exceptions=True)
            await turns()
            assert owner.get_connection_count() == len(owner.connections) == 0
            assert socket.close_code == 1000

    run(go())


def test_l5_a_refused_socket_that_hangs_in_its_close_delays_the_refusal_by_the_close_deadline_only() -> None:
    class NeverCloses(FakeSocket):
        async def close(self, code: int = 1000, reason: str = "") -> None:
            await asyncio.get_running_loop().create_future()

    async def go() -> None:
        owner = manager(DeliverySettings(per_user=1, close_deadline=0.01))
        await owner.connect_user("alice", FakeSocket())
        with pytest.raises(ConnectionRefused) as refusal:
            await owner.connect_user("alice", NeverCloses())
        assert refusal.value.code == TOO_MANY_TABS

    run(go())


def test_l6_threads_that_attach_at_the_same_time_never_exceed_the_limit() -> None:
    owner = manager()
    outcomes: list[bool] = []
    barrier = threading.Barrier(8)

    async def connect_ten() -> None:
        for _ in range(10):
            outcomes.append(await admitted(owner, "alice", FakeSocket()) is not None)

    def work() -> None:
        barrier.wait()
        asyncio.run(connect_ten())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        most = max(most, len(owner.hub.channels_of("alice")))
    for thread in threads:
        thread.join()
    assert most <= 3
    assert sum(outcomes) >= 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["open", "close", "kick"]), st.integers(0, 3)), max_size=60))
def test_l_random_programs_of_opening_and_closing_keep_both_limits_and_the_count(
    program: list[tuple[str, int]],
) -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(per_user=2, total=5, close_deadline=0.05))
        open_: dict[int, list[FakeSocket]] = {user: [] for user in range(4)}
        for step, user in program:
            if step == "open":
                socket = FakeSocket()
                if await admitted(owner, f"u{user}", socket) is not None:
                    open_[user].append(socket)
                else:
                    assert len(open_[user]) == 2 or sum(map(len, open_.values())) == 5
            elif open_[user] and step == "close":
                await owner.disconnect_user(f"u{user}", open_[user].pop())
            elif open_[user]:
                name = owner.get_connection_id_by_websocket(open_[user].pop())
                owner.hub.detach(owner.hub.channels[str(name)], 4008, "kicked")
            assert owner.get_connection_count() == sum(map(len, open_.values())) == len(owner.connections)
            assert all(len(sockets) <= 2 for sockets in open_.values())
        await turns()

    run(go())
