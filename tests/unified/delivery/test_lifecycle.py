"""C1-C3, S1-S3, T1-T3: cancellation at any moment, shutdown, event loops that come and go, threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.unified.delivery.tools import Client, DeliverySettings, FakeSocket, event, manager, run, turns, until
from unified_target.unified_delivery.hub import ConnectionRefused
from unified_target.unified_manager import UnifiedWebSocketManager, get_websocket_manager


def test_c1_a_producer_cancelled_at_any_step_leaves_all_tabs_of_a_user_with_the_same_events() -> None:
    async def go() -> None:
        owner = manager()
        tabs = [FakeSocket() for _ in range(3)]
        for tab in tabs:
            await owner.connect_user("alice", tab)
        for number in range(40):
            task = asyncio.create_task(owner.send_to_user("alice", event(number)))
            await turns(number % 4)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await turns()
        assert tabs[0].received == tabs[1].received == tabs[2].received
        assert len({seen["n"] for seen in tabs[0].events}) == len(tabs[0].events)

    run(go())


def test_c2_the_end_of_a_loop_takes_its_writers_with_it_and_keeps_the_events() -> None:
    owner = manager()

    async def first() -> None:
        await owner.connect_user("alice", FakeSocket("hang"))
        await owner.send_to_user("alice", event(0))

    async def second() -> None:
        assert owner.get_connection_count() == 0
        socket = FakeSocket()
        await owner.connect_user("alice", socket)
        assert [seen["n"] for seen in socket.events] == [0]

    asyncio.run(first())
    asyncio.run(second())


def test_c3_a_disconnect_leaves_no_task_behind() -> None:
    async def go() -> None:
        owner = manager()
        before = asyncio.all_tasks()
        for behaviour in ("ok", "hang", "slow", "raise", "write_then_hang"):
            socket = FakeSocket(behaviour)  # type: ignore[arg-type]
            await owner.connect_user("alice", socket)
            await owner.send_to_user("alice", event(0))
            await owner.disconnect_user("alice", socket)
        await turns()
        assert asyncio.all_tasks() == before

    run(go())


def test_c_a_connection_closed_before_its_writer_began_is_closed_all_the_same() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket()
        channel = owner.hub.attach(
            "alice", "c1", __import__("unified_target").unified_delivery.wire.SocketAdapter(socket)
        )
        owner.hub.detach(channel, 4000, "changed my mind")
        await channel.closed()
        assert (socket.close_code, socket.received) == (4000, [])

    run(go())


def test_s1_a_shutdown_lets_connections_catch_up_then_closes_them_with_1012_and_a_moment_to_return_at() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(drain_seconds=5.0))
        slow, quick = FakeSocket("slow"), FakeSocket()
        await owner.connect_user("alice", slow)
        await owner.connect_user("bob", quick)
        for number in range(5):
            await owner.send_to_user("alice", event(number))
        ending = asyncio.create_task(owner.shutdown())
        await turns()
        assert quick.close_code is None
        slow.release()
        await ending
        assert len(slow.events) == 5
        assert (slow.close_code, quick.close_code) == (1012, 1012)
        assert "retry_after=" in slow.close_reason

    run(go())


def test_s2_a_shutdown_ends_within_its_deadline_when_a_client_hangs() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(drain_seconds=0.05, close_deadline=0.05, send_deadline=60.0))
        hung = FakeSocket("hang")
        await owner.connect_user("alice", hung)
        await owner.send_to_user("alice", event(0))
        async with asyncio.timeout(5):
            await owner.shutdown()
        assert hung.close_code == 1012

    run(go())


def test_s3_after_a_shutdown_new_connections_are_refused_and_a_second_shutdown_changes_nothing() -> None:
    async def go() -> None:
        owner = manager()
        await owner.connect_user("alice", FakeSocket())
        await owner.shutdown()
        await owner.shutdown()
        late = FakeSocket()
        with pytest.raises(ConnectionRefused) as refusal:
            await owner.connect_user("alice", late)
        assert refusal.value.code == late.close_code == 1012
        assert "retry_after=" in late.close_reason

    run(go())


def test_s3_connections_are_refused_while_a_shutdown_is_under_way() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(drain_seconds=0.2))
        await owner.connect_user("alice", FakeSocket("hang"))
        await owner.send_to_user("alice", event(0))
        ending = asyncio.create_task(owner.shutdown())
        await turns()
        with pytest.raises(ConnectionRefused):
            await owner.connect_user("bob", FakeSocket())
        await ending

    run(go())


def test_t1_one_manager_serves_event_loops_one_after_another() -> None:
    owner, alice = manager(), Client("alice")

    async def once(number: int) -> None:
        await alice.connect(owner)
        await owner.send_to_user("alice", event(number))
        await turns()
        alice.read()
        if number == 2:
            await owner.shutdown()

    for number in range(6):
        asyncio.run(once(number))
    assert alice.numbers == list(range(6))
    assert alice.gaps == []


def test_t2_connections_of_two_loops_at_once_are_each_written_to_from_their_own() -> None:
    owner = manager()
    here, there = FakeSocket(), FakeSocket()
    ready, done = threading.Event(), threading.Event()
    writers: set[int] = set()

    class Noting(FakeSocket):
        async def send_text(self, text: str) -> None:
            writers.add(threading.get_ident())
            await super().send_text(text)

    there = Noting()

    async def other_loop() -> None:
        await owner.connect_user("alice", there)
        ready.set()
        while not done.is_set():
            await asyncio.sleep(0.001)

    thread = threading.Thread(target=lambda: asyncio.run(other_loop()))
    thread.start()
    ready.wait(5)

    async def go() -> None:
        await owner.connect_user("alice", here)
        for number in range(20):
            await owner.send_to_user("alice", event(number))
        await until(lambda: len(there.received) == 20)
        assert there.received == here.received

    try:
        asyncio.run(go())
    finally:
        done.set()
        thread.join()
    assert writers == {thread.ident}


def test_t3_four_threads_that_publish_at_once_lose_nothing_and_share_one_numbering() -> None:
    async def go() -> None:
        owner, alice = manager(DeliverySettings(ring_events=4_000, queue_events=4_000)), Client("alice")
        await alice.connect(owner)

        def produce(name: int) -> None:
            for step in range(250):
                owner.publish("alice", {"type": "x", "n": name * 1_000 + step})

        await asyncio.gather(*(asyncio.to_thread(produce, name) for name in range(4)))
        await until(lambda: owner.hub.channels_of("alice")[0].idle)
        numbers = alice.numbers
        assert sorted(numbers) == sorted(name * 1_000 + step for name in range(4) for step in range(250))
        for name in range(4):
            mine = [number for number in numbers if number // 1_000 == name]
            assert mine == sorted(mine)
        assert alice.gaps == []

    run(go())


def test_t_a_thread_can_close_a_connection_of_another_loop_in_the_middle_of_a_send() -> None:
    async def go() -> None:
        owner, socket = manager(DeliverySettings()), FakeSocket("hang")
        name = await owner.connect_user("alice", socket)
        await owner.send_to_user("alice", event(0))
        channel = owner.hub.channels[name]
        assert await asyncio.to_thread(owner.hub.detach, channel, 4000, "from elsewhere")
        await until(lambda: socket.close_code == 4000)

    run(go())


def test_m_twenty_threads_that_construct_it_get_one_manager() -> None:
    UnifiedWebSocketManager._instance = None
    found: list[UnifiedWebSocketManager] = []
    barrier = threading.Barrier(20)

    def construct() -> None:
        barrier.wait()
        found.append(UnifiedWebSocketManager())

    threads = [threading.Thread(target=construct) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1
    assert all(one.get_connection_count() == 0 for one in found)
    UnifiedWebSocketManager._instance = None


def test_m_resetting_the_instance_from_outside_makes_a_new_manager_and_the_getter_keeps_its_own() -> None:
    from unified_target import unified_manager

    UnifiedWebSocketManager._instance = unified_manager._websocket_manager = None
    first = get_websocket_manager()
    assert UnifiedWebSocketManager() is first
    UnifiedWebSocketManager._instance = None
    assert UnifiedWebSocketManager() is not first
    assert get_websocket_manager() is first
    unified_manager._websocket_manager = None
    assert get_websocket_manager() is UnifiedWebSocketManager()
    assert UnifiedWebSocketManager.isolated() is not get_websocket_manager()
    UnifiedWebSocketManager._instance = unified_manager._websocket_manager = None


def test_t1_connections_of_a_loop_that_was_closed_without_a_word_hold_no_slots() -> None:
    owner = manager(DeliverySettings(per_user=1))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(owner.connect_user("alice", FakeSocket()))
    left = asyncio.all_tasks(loop)
    loop.close()

    async def go() -> None:
        await owner.connect_user("alice", FakeSocket())
        assert owner.get_connection_count() == 1

    asyncio.run(go())
    for task in left:
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # what a careless owner of a loop leaves
