"""What is bounded: the outbox, what is sent again, the stream, numbers of idle users; and the counters that tell."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from typing import Any

import pytest

from tests.unified.backplane.redis_tools import (
    QUICK_PLANE,
    BackplaneSettings,
    Client,
    FakeSocket,
    RedisServer,
    Worker,
    all_agree,
    alone,
    connected,
    flushed,
    leave,
    redis_server,
    run,
    settled,
    until,
    workers,
)
from unified_target.unified_delivery.backplane_outbox import Outbox, Record
from unified_target.unified_delivery.backplane_scripts import TIDY
from unified_target.unified_delivery.stream import Message


def with_workers(count: int, test: Any, **more: Any) -> None:
    async def go() -> None:
        with redis_server() as server:
            async with workers(server, count, **more) as joined:
                await test(server, *joined)

    run(go())


def record(size: int = 10, droppable: bool = False) -> Record:
    return Record(("alice",), Message("x", "x" * size, droppable, None, 0.0))


def box(**limits: Any) -> Outbox:
    return Outbox(dataclasses.replace(BackplaneSettings(), **limits))


def test_b_an_outbox_that_is_full_drops_what_is_droppable_first_and_then_the_oldest() -> None:
    outbox = box(outbox_events=4)
    for droppable in (False, True, False, True):
        assert outbox.put(record(droppable=droppable)) == []
    gone = [outbox.put(record())[0].count for _ in range(4)]
    assert gone == [2, 4, 1, 3]
    assert list(outbox.waiting) == list(outbox.unseen) == [5, 6, 7, 8]


def test_b_droppable_events_that_went_through_are_not_remembered() -> None:
    outbox = box()
    for number in range(1000):
        outbox.put(record(droppable=True))
        if number % 10 == 9:
            outbox.take()
            outbox.arrived(0.0)
    assert len(outbox._loose) == 0


def test_b_an_outbox_is_bounded_in_bytes_and_takes_a_single_record_of_any_size() -> None:
    outbox = box(outbox_bytes=100)
    assert outbox.put(record(1000)) == []
    assert [gone.count for gone in outbox.put(record(60))] == [1]
    assert [gone.count for gone in outbox.put(record(60))] == [2]
    assert (len(outbox), outbox.bytes) == (1, 60)


def test_b_a_batch_is_bounded_in_records_and_bytes_and_comes_back_in_order_when_it_fails() -> None:
    outbox = box(batch_events=3, batch_bytes=100)
    for size in (10, 10, 200, 10, 10, 10, 10):
        outbox.put(record(size))
    assert [sent.count for sent in outbox.take()] == [1, 2]
    outbox.restore(1, 0.0)
    assert [sent.count for sent in outbox.take()] == [2]
    outbox.arrived(0.0)
    assert [sent.count for sent in outbox.take()] == [3]
    outbox.arrived(0.0)
    assert [sent.count for sent in outbox.take()] == [4, 5, 6]
    outbox.restore(0, 0.0)
    assert list(outbox.waiting) == [1, 2, 3, 4, 5, 6, 7]
    assert outbox.bytes == 260
    assert outbox.sent_bytes == 0


def test_b_what_was_sent_is_kept_for_its_time_and_within_the_same_bounds() -> None:
    outbox = box(outbox_events=3, keep_seconds=10.0)
    for second in range(6):
        outbox.put(record())
        outbox.take()
        outbox.arrived(float(second))
    assert [kept.count for _, kept in outbox.sent] == [4, 5, 6]
    outbox.put(record())
    outbox.take()
    outbox.arrived(14.5)
    assert [kept.count for _, kept in outbox.sent] == [6, 7]
    assert list(outbox.unseen) == [6, 7]
    outbox.restore(0, 30.0)
    assert list(outbox.waiting) == []


def test_b_an_outage_longer_than_the_outbox_is_counted_and_other_workers_clients_are_told() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        here, there, bob = Client("alice"), Client("alice"), Client("bob")
        await here.connect(one.manager)
        await there.connect(other.manager)
        await bob.connect(other.manager)
        one.send("bob", 0)
        await settled(bob, upto=1)
        server.kill()
        await alone(one, other)
        for number in range(10):
            one.send("alice", number, kind="progress_update")
        for number in range(10, 40):
            one.send("alice", number)
        await settled(here, upto=40)
        server.start()
        await connected(one, other)
        await flushed(one, other)
        await until(lambda: 39 in there.numbers and False in there.recovered[1:])
        assert one.counters["backplane_dropped"] == 10
        assert one.counters["backplane_lost"] == 10
        assert sorted(there.numbers) == list(range(20, 40))
        assert sorted(here.numbers) == list(range(40))
        assert all(here.recovered[1:])
        assert bob.recovered == [False]
        await leave(there, other)
        assert there.epoch is not None

    with_workers(2, test, settings=dataclasses.replace(QUICK_PLANE, outbox_events=20))


def test_b_publishing_from_a_thread_never_waits_for_a_redis_that_hangs() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        server.pause(True)
        slowest = [0.0]

        def produce() -> None:
            for number in range(500):
                began = time.perf_counter()
                one.send("alice", number)
                slowest[0] = max(slowest[0], time.perf_counter() - began)

        thread = threading.Thread(target=produce)
        thread.start()
        await asyncio.to_thread(thread.join, 10)
        assert slowest[0] < QUICK_PLANE.timeout / 2
        server.pause(False)
        await flushed(one)
        assert one.counters["backplane_sent"] == 500

    with_workers(1, test)


def test_b_the_stream_is_cut_by_age_and_by_length() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        for number in range(1500):
            one.send("alice", number)
            if number % 100 == 0:
                await flushed(one)
        await flushed(one)
        assert int(server.ask("XLEN", "{wsc}:log")) < 450  # 300, and what Redis cuts only in blocks of a hundred
        await until(lambda: _trimmed(server, one), 10)

    with_workers(1, test, settings=dataclasses.replace(QUICK_PLANE, keep_events=300, keep_seconds=0.3, beat=0.05))


def _trimmed(server: RedisServer, one: Worker) -> bool:
    one.send("alice", 0)
    return int(server.ask("XLEN", "{wsc}:log")) < 150


def test_b_a_worker_that_was_away_for_longer_than_the_stream_reaches_tells_whose_events_it_missed() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        alice, bob = Client("alice"), Client("bob")
        await alice.connect(other.manager)
        await bob.connect(other.manager)
        one.send("bob", 0)
        one.send("alice", 0)
        await settled(alice, bob, upto=1)
        client = other.plane._link._client
        other.plane._link._client = lambda: (_ for _ in ()).throw(ConnectionError("cut off"))  # type: ignore[method-assign]
        server.kill_clients()
        await alone(other)
        for number in range(1, 1000):
            one.send("alice", number)
            if number % 100 == 0:
                await flushed(one)
        await flushed(one)
        other.plane._link._client = client  # type: ignore[method-assign]
        await until(lambda: 999 in alice.numbers)
        one.send("bob", 1)
        await settled(bob, upto=2)
        assert False in alice.recovered[1:]
        assert alice.gaps == []
        assert (bob.numbers, False in bob.recovered[1:]) == ([0, 1], False)

    with_workers(2, test, settings=dataclasses.replace(QUICK_PLANE, keep_events=200))


def test_b_idle_users_are_forgotten_and_come_back_with_numbers_that_were_never_used() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab, idle = Client("alice"), Client("bob")
        await tab.connect(one.manager)
        for number in range(5):
            one.send("alice", number)
        one.send("bob", 0)
        await settled(tab, upto=5)
        await all_agree("alice", one, other)
        before = one.plane.generation
        keys = one.plane._link._keys
        await asyncio.sleep(0.05)  # until they are idle; from here on the workers, which tidy too, do not run
        server.ask("DEL", keys[8])
        assert server.ask("EVAL", TIDY, len(keys), *keys, before, 20, 86_400_000) == 2
        assert server.ask("EVAL", TIDY, len(keys), *keys, before, 0, 86_400_000) == 0  # one worker a minute
        assert server.ask("HLEN", keys[1]) == 0
        await until(lambda: other.plane._logs.floor == one.plane._logs.floor == 5)
        other.send("alice", 5)
        await settled(tab, upto=6)
        assert tab.seen[-1]["stream_seq"] == 6
        await idle.connect(other.manager)
        one.send("bob", 1)
        await settled(idle, upto=2)
        assert [seen["stream_seq"] for seen in idle.seen] == [1, 6]
        assert tab.recovered == [False]
        assert tab.gaps == idle.gaps == []
        late = await Worker(server).start()
        assert late.manager.hub.stream("carol").next_seq == 6
        await late.stop()

    with_workers(2, test)


def test_b_a_worker_forgotten_in_redis_is_cleared_from_the_table() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        keys = one.plane._link._keys
        server.ask("HSET", keys[6], "dead", "5")
        server.ask("ZADD", keys[7], "1", "dead")
        server.ask("DEL", keys[8])
        server.ask("EVAL", TIDY, len(keys), *keys, one.plane.generation, 3_600_000, 1000)
        assert server.ask("HGET", keys[6], "dead") is None

    with_workers(1, test)


def test_b_an_entry_that_cannot_be_read_is_counted_and_the_rest_goes_on() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        generation = one.plane.generation
        server.ask("XADD", "{wsc}:log", "*", "something", "else")
        server.ask("XADD", "{wsc}:log", "*", "m", f"{generation}\n1\n[]", "b", "")
        server.ask("XADD", "{wsc}:log", "*", "m", f'{generation}\n\n["of another version","abc",1]', "b", "")
        one.send("alice", 0)
        await settled(tab, upto=1)
        assert one.counters["backplane_unreadable"] == 2
        assert tab.numbers == [0]

    with_workers(1, test)


def test_b_an_event_that_cannot_be_written_does_not_stop_the_others() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)
        one.manager.hub.publish(b"bytes", {"type": "x"})  # type: ignore[arg-type]
        one.send("alice", 1)
        await settled(tab, upto=1)
        assert (tab.numbers, one.counters["backplane_lost"]) == ([1], 1)

    with_workers(2, test)


def test_b_an_observer_that_fails_and_a_log_that_is_not_ours_do_not_stop_the_reader() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        from unified_target.unified_delivery.stream import DeliverySettings, UserStream

        one.manager.hub.streams["eve"] = UserStream("eve", DeliverySettings(), 0.0)
        tab = Client("alice")
        await tab.connect(one.manager)
        one.send("eve", 0)
        one.send("alice", 1)
        await settled(tab, upto=1)
        assert one.counters["backplane_unreadable"] == 1
        del one.manager.hub.streams["eve"]

    with_workers(1, test)


def test_b_counters_move() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        await flushed(one)  # nothing of its own is on its way
        for number in range(7):
            one.send("alice", number)
        assert one.counters["backplane_waiting"] == 7
        await all_agree("alice", one, other)
        names = ("backplane_connected", "backplane_waiting", "backplane_sent", "backplane_received")
        assert [one.counters[name] for name in names] == [1, 0, 7, 7]
        assert [other.counters[name] for name in names] == [1, 0, 0, 7]
        stats = await one.manager.get_stats()
        assert stats["delivery"]["backplane_sent"] == 7

    with_workers(2, test)


def test_b_a_slow_connection_is_closed_and_resumes_on_another_worker() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager, "ok", "ok", "hang")
        for number in range(400):
            one.send("alice", number)
            if number % 50 == 0:
                await flushed(one)
        await until(lambda: tab.socket.close_code == 4008)
        tab.read()
        await tab.connect(other.manager)
        await settled(tab, upto=400)
        assert tab.numbers == list(range(400))
        assert (tab.recovered, tab.gaps) == ([False, True], [])

    with_workers(2, test)


def test_b_batches_and_droppable_events_work_over_workers() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        socket = FakeSocket()
        await other.manager.connect_user("alice", socket, batched=True)
        for number in range(100):
            one.send("alice", number, droppable=bool(number % 2))
        await until(lambda: len(socket.events) == 100)
        assert [seen["n"] for seen in socket.events] == list(range(100))
        assert len(socket.received) < 100
        kept = list(other.manager.hub.stream("alice").events.values())
        assert [event.message.droppable for event in kept] == [bool(number % 2) for number in range(100)]

    with_workers(2, test)


@pytest.mark.parametrize("wrong", [{"connections": 1}, {"outbox_events": 0}, {"batch_events": 0}])
def test_b_settings_that_cannot_work_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"connection|limits"):
        BackplaneSettings(**wrong)  # type: ignore[arg-type]


def test_b_a_second_outage_in_the_middle_of_the_merge_of_a_long_one_neither_stalls_nor_repeats() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        server.kill()
        await alone(one)
        for number in range(3000):
            one.send("alice", number)
            if number % 10 == 0:  # the writer gets its turn
                await asyncio.sleep(0)
        await settled(tab, upto=3000)
        server.start()
        await connected(one)
        server.kill()
        began = time.monotonic()
        await alone(one)
        assert time.monotonic() - began < 5
        fresh = Client("alice")
        await fresh.connect(one.manager)
        one.send("alice", 3000)
        await settled(tab, upto=3001)
        server.start()
        await connected(one)
        await flushed(one)
        one.send("alice", 3001)
        await settled(tab, upto=3002)
        assert tab.numbers == list(range(3002))
        assert (tab.gaps, tab.socket.close_code) == ([], None)

    with_workers(1, test)
