"""B1-B3: one order over all workers, a resume on any of them, a worker that was restarted."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from tests.unified.backplane.redis_tools import (
    QUICK_PLANE,
    Client,
    FakeSocket,
    Worker,
    all_agree,
    connected,
    flushed,
    leave,
    redis_server,
    run,
    settled,
    until,
    workers,
)
from unified_target.unified_delivery.backplane import RedisBackplane
from unified_target.unified_delivery.stream import Resume


def with_workers(count: int, test: Any) -> None:
    """Run a test with so many workers on a Redis of their own."""

    async def go() -> None:
        with redis_server(append_only=False) as server:
            async with workers(server, count) as joined:
                await test(server, *joined)

    run(go())


def test_b1_tabs_on_three_workers_see_the_events_of_all_of_them_in_one_order_without_a_gap() -> None:
    async def test(server: Any, *joined: Worker) -> None:
        tabs = [Client("alice") for _ in joined]
        for tab, worker in zip(tabs, joined, strict=True):
            await tab.connect(worker.manager)
        for number in range(120):
            joined[number % 3].send("alice", number)
            if number % 7 == 0:
                await asyncio.sleep(0)
        await settled(*tabs, upto=120)
        assert sorted(tabs[0].numbers) == list(range(120))
        assert tabs[0].numbers == tabs[1].numbers == tabs[2].numbers
        for tab in tabs:
            assert [seen["stream_seq"] for seen in tab.seen] == list(range(1, 121))
            assert (tab.gaps, tab.recovered) == ([], [False])
            for one in range(3):
                theirs = [number for number in tab.numbers if number % 3 == one]
                assert theirs == sorted(theirs)

    with_workers(3, test)


def test_b1_an_event_reaches_only_its_user_on_every_worker() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        tabs = {user: Client(user) for user in ("alice", "bob", "eve")}
        await tabs["alice"].connect(one.manager)
        await tabs["bob"].connect(other.manager)
        await tabs["eve"].connect(other.manager, "ok")
        for number in range(30):
            one.send("bob" if number % 2 else "alice", number, thread_id="t1")
            other.send("alice" if number % 2 else "bob", number, thread_id="t1")
        await settled(tabs["alice"], tabs["bob"], upto=30)
        assert sorted(tabs["alice"].numbers) == sorted(tabs["bob"].numbers) == list(range(30))
        assert tabs["eve"].numbers == []

    with_workers(2, test)


def test_b1_events_of_threads_come_through_and_each_thread_keeps_its_order() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)

        def produce(name: int) -> None:
            for step in range(100):
                one.send("alice", name * 1_000 + step)

        threads = [threading.Thread(target=produce, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        await settled(tab, upto=400)
        for thread in threads:
            thread.join()
        for name in range(4):
            mine = [number for number in tab.numbers if number // 1_000 == name]
            assert mine == [name * 1_000 + step for step in range(100)]

    with_workers(2, test)


def test_b1_a_broadcast_reaches_everybody_on_every_worker_once_and_has_a_number_for_each() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        alice, bob, carol = Client("alice"), Client("bob"), Client("carol")
        await alice.connect(one.manager)
        await bob.connect(other.manager)
        await carol.connect(other.manager)
        one.send("alice", 0)
        await until(lambda: one.plane.elsewhere("bob") and one.plane.elsewhere("carol"))
        reached = one.manager.hub.broadcast({"type": "news", "n": 7}, except_user="carol")
        assert [channel.user_id for channel in reached] == ["alice"]
        await settled(alice, upto=2)
        await settled(bob, upto=1)
        assert (alice.numbers, bob.numbers) == ([0, 7], [7])
        assert [alice.seen[1]["stream_seq"], bob.seen[0]["stream_seq"]] == [2, 1]
        await all_agree("alice", one, other)
        assert carol.numbers == []
        assert one.manager.hub.broadcast({"type": "news"}, except_user="nobody") == reached

    with_workers(2, test)


def test_b1_an_event_of_a_thread_goes_to_the_tab_that_shows_it_on_whatever_worker_and_else_to_all() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        first, second = FakeSocket(), FakeSocket()
        await one.manager.connect_user("alice", first, "t1")
        name = await other.manager.connect_user("alice", second, "t2")
        await until(lambda: one.plane.presence.shows("alice", "t2") and other.plane.presence.shows("alice", "t1"))
        one.send("alice", 1, thread_id="t1")
        one.send("alice", 2, thread_id="t2")
        one.send("alice", 3, thread_id="t3")
        await until(lambda: len(first.events) == len(second.events) == 2)
        assert [[seen["n"] for seen in socket.events] for socket in (first, second)] == [[1, 3], [2, 3]]
        other.manager.update_connection_thread(name, "t3")
        await until(lambda: one.plane.presence.shows("alice", "t3"))
        one.send("alice", 4, thread_id="t3")
        one.send("alice", 5)
        await until(lambda: len(second.events) == 4)
        assert [seen["n"] for seen in first.events] == [1, 3, 5]

    with_workers(2, test)


def test_b1_an_event_for_one_connection_is_sent_to_that_one_and_numbered_for_all() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        here, there, elsewhere = Client("alice"), Client("alice"), Client("alice")
        await here.connect(one.manager)
        await there.connect(one.manager)
        await elsewhere.connect(other.manager)
        assert await one.manager.send_to_connection(here.connection_id, {"type": "x", "n": 1})
        one.send("alice", 2)
        await settled(here, upto=2)
        await settled(there, elsewhere, upto=1)
        assert [tab.numbers for tab in (here, there, elsewhere)] == [[1, 2], [2], [2]]
        assert elsewhere.seen[0]["stream_seq"] == 2
        assert elsewhere.gaps == []

    with_workers(2, test)


def test_b1_payloads_users_and_threads_of_any_text_come_through_unchanged() -> None:
    odd = ["", " ", "ünï🎉", "a\nb", "\ud800", "~1.2@3/4", "{x}", "x" * 3000]
    message = {"type": "agent_thinking", "text": "\n\x00é\u2028🎉", "list": [1, None, {"a": "\\n"}]}

    async def test(server: Any, one: Worker, other: Worker) -> None:
        tabs = {user: FakeSocket() for user in odd}
        for user, socket in tabs.items():
            await other.manager.connect_user(user, socket, user)
            one.manager.hub.publish(user, message, thread_id=user)
        await until(lambda: all(socket.events for socket in tabs.values()))
        assert all(socket.events == [message] for socket in tabs.values())
        await flushed(one)
        other_copy = [other.numbers(user) for user in odd]
        assert other_copy == [one.numbers(user) for user in odd]
        assert one.counters["backplane_unreadable"] == other.counters["backplane_unreadable"] == 0

    with_workers(2, test)


def test_b1_events_larger_than_a_batch_come_through_in_order() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)
        for number in range(4):
            one.manager.hub.publish("alice", {"type": "x", "n": number, "blob": "y" * 700_000})
            await settled(tab, upto=number + 1)
        assert tab.numbers == [0, 1, 2, 3]

    with_workers(2, test)


def test_b2_a_tab_that_moves_to_another_worker_gets_what_it_missed_and_nothing_twice() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        tab, present = Client("alice"), Client("alice")
        await tab.connect(one.manager)
        await present.connect(other.manager)
        for round_ in range(6):
            there = (one, other)[round_ % 2]
            for step in range(5):
                there.send("alice", round_ * 10 + step)
            if round_ % 3:
                await asyncio.sleep(0.003)
            await leave(tab, there)
            for step in range(5, 10):
                one.send("alice", round_ * 10 + step)
            await tab.connect((other, one)[round_ % 2].manager)
        await settled(tab, present, upto=60)
        assert sorted(tab.numbers) == list(range(60))
        assert tab.numbers == present.numbers
        assert tab.recovered == [False] + [True] * 6
        assert tab.gaps == []

    with_workers(2, test)


def test_b2_a_client_that_is_ahead_of_the_worker_it_comes_to_is_not_sent_again_what_it_has() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        taken, held = other.plane._logs.take_in, []

        def hold(entries: Any, showing: bool = True) -> None:  # as if it were slow to read
            held.extend(entries)
            other.plane._logs.entry = entries[-1][0].decode()

        other.plane._logs.take_in = hold  # type: ignore[method-assign]
        for number in range(5):
            one.send("alice", number)
        await settled(tab, upto=5)
        await leave(tab, one)
        await tab.connect(other.manager)
        other.plane._logs.take_in = taken  # type: ignore[method-assign]
        with other.manager.hub.lock:
            other.plane._logs.take_in(held)
        one.send("alice", 5)
        await settled(tab, upto=6)
        assert tab.numbers == [0, 1, 2, 3, 4, 5]
        assert (tab.recovered, tab.gaps) == ([False, True], [])

    with_workers(2, test)


def test_b2_a_client_that_received_nothing_yet_resumes_on_another_worker() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        tab.read()
        await leave(tab, one)
        one.send("alice", 0)
        await tab.connect(other.manager)
        await settled(tab, upto=1)
        assert (tab.numbers, tab.recovered) == ([0], [False, True])

    with_workers(2, test)


@pytest.mark.parametrize(
    "epoch",
    ["", "nonsense", "0123abcd", "~a.1", "GEN~xyz", "GEN@1", "GEN@1/zz", "GEN@-1/ab", "GEN\n", None],
)
def test_b2_a_token_that_no_worker_gave_is_answered_honestly(epoch: str | None) -> None:
    async def test(server: Any, one: Worker) -> None:
        told = epoch.replace("GEN", one.plane.generation) if epoch is not None else None
        one.send("alice", 0)
        await all_agree("alice", one)
        socket = FakeSocket()
        await one.manager.connect_user("alice", socket, resume=Resume(told, 1))
        await until(lambda: len(socket.messages) == 2)
        assert [seen.get("recovered", seen.get("n")) for seen in socket.messages] == [False, 0]

    with_workers(1, test)


def test_b2_what_left_the_log_cannot_be_resumed_on_any_worker() -> None:
    async def go() -> None:
        from tests.unified.backplane.redis_tools import DELIVERY, DeliverySettings

        assert DELIVERY.ring_events == 512
        small = DeliverySettings(ring_events=4, queue_events=4)
        with redis_server(append_only=False) as server:
            async with workers(server, 2, delivery=small) as (one, other):
                for number in range(10):
                    one.send("alice", number)
                    await all_agree("alice", one, other)
                generation = one.plane.generation
                early, late = FakeSocket(), FakeSocket()
                await other.manager.connect_user("alice", early, resume=Resume(generation, 5))
                await other.manager.connect_user("alice", late, resume=Resume(generation, 6))
                await until(lambda: len(late.events) == 4)
                assert json.loads(early.received[0])["recovered"] is False
                assert [seen["n"] for seen in late.events] == [6, 7, 8, 9]

    run(go())


def test_b2_what_one_worker_sent_is_not_sent_again_by_another_to_a_page_that_resumes_nothing() -> None:
    async def test(server: Any, one: Worker, other: Worker) -> None:
        page = FakeSocket()
        await one.manager.connect_user("alice", page)
        one.send("alice", 0)
        await until(lambda: len(page.events) == 1)
        await one.manager.disconnect_user("alice", page)
        one.send("alice", 1)
        await all_agree("alice", one, other)
        await until(lambda: next(iter(other.manager.hub.stream("alice").events.values())).handed)
        reloaded = FakeSocket()
        await other.manager.connect_user("alice", reloaded)
        await until(lambda: bool(reloaded.events))
        assert [seen["n"] for seen in reloaded.events] == [1]

    with_workers(2, test)


def test_b3_a_worker_that_starts_later_reads_back_the_log_and_takes_resumes() -> None:
    async def test(server: Any, one: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        for number in range(10):
            one.send("alice", number)
        await settled(tab, upto=10)
        await leave(tab, one)
        for number in range(10, 300):
            one.send("alice", number)
        await all_agree("alice", one)
        fresh = await Worker(server).start()
        assert fresh.numbers("alice") == one.numbers("alice")
        await tab.connect(fresh.manager)
        fresh.send("alice", 300)
        await settled(tab, upto=301)
        assert tab.numbers == list(range(301))
        assert (tab.recovered, tab.gaps) == ([False, True], [])
        await fresh.stop()

    with_workers(1, test)


def test_b3_all_workers_restart_and_the_numbers_go_on() -> None:
    async def go() -> None:
        with redis_server(append_only=False) as server:
            tab = Client("alice")
            for round_ in range(3):
                async with workers(server, 2) as (one, other):
                    await tab.connect((one, other)[round_ % 2].manager)
                    for step in range(10):
                        other.send("alice", round_ * 10 + step)
                    await settled(tab, upto=round_ * 10 + 10)
            assert tab.numbers == list(range(30))
            assert [seen["stream_seq"] for seen in tab.seen] == list(range(1, 31))
            assert tab.recovered == [False, True, True]

    run(go())


def test_b3_what_was_published_while_a_user_was_away_is_sent_by_the_worker_that_is_left() -> None:
    async def go() -> None:
        with redis_server(append_only=False) as server:
            async with workers(server, 1) as (first,):
                first.send("alice", 0)
            async with workers(server, 1) as (second,):
                socket = FakeSocket()
                await second.manager.connect_user("alice", socket)
                await until(lambda: bool(socket.events))
                assert [seen["n"] for seen in socket.events] == [0]

    run(go())


def test_b3_a_worker_that_left_counts_as_gone_and_one_that_died_after_three_beats() -> None:
    import dataclasses

    async def go() -> None:
        beating = dataclasses.replace(QUICK_PLANE, beat=0.05)
        with redis_server(append_only=False) as server:
            async with workers(server, 3, settings=beating) as (one, leaving, dying):
                await leaving.manager.connect_user("alice", FakeSocket())
                await dying.manager.connect_user("bob", FakeSocket())
                await until(lambda: one.plane.elsewhere("alice") and one.plane.elsewhere("bob"))
                await leaving.stop()
                await until(lambda: one.plane.elsewhere("bob") and not one.plane.elsewhere("alice"))
                assert dying.plane._link._task is not None
                dying.plane._notes.leaving = True  # it says nothing more, not even goodbye
                dying.plane._link._task.cancel()
                await until(lambda: not one.plane.elsewhere("bob"))

    run(go())


def test_b_the_redis_client_may_be_a_url_a_client_or_a_function() -> None:
    async def test(server: Any, one: Worker) -> None:
        from redis.asyncio import Redis

        from unified_target.unified_delivery.hub import Hub

        shared = Redis.from_url(server.url, socket_timeout=0.1, decode_responses=True)  # settings that would break it
        made: list[Redis] = []

        def make() -> Redis:
            made.append(Redis.from_url(server.url, socket_timeout=None))
            return made[-1]

        tab = Client("alice")
        await tab.connect(one.manager)
        for number, source in enumerate((shared, make)):
            hub = Hub()
            async with RedisBackplane(hub, source, settings=QUICK_PLANE) as plane:
                assert plane.connected
                hub.publish("alice", {"type": "x", "n": number})
                await settled(tab, upto=number + 1)
        assert tab.numbers == [0, 1]
        assert len(made) == 1
        assert await shared.ping()
        await shared.aclose()

    with_workers(1, test)


def test_b_two_prefixes_on_one_redis_know_nothing_of_each_other() -> None:
    async def go() -> None:
        from unified_target.unified_delivery.hub import Hub

        with redis_server(append_only=False) as server:
            one, other = Hub(), Hub()
            async with (
                RedisBackplane(one, server.url, prefix="a", settings=QUICK_PLANE),
                RedisBackplane(other, server.url, prefix="b", settings=QUICK_PLANE),
            ):
                one.publish("alice", {"type": "x"})
                await until(lambda: bool(one.counters["backplane_received"]))
                other.publish("bob", {"type": "x"})
                await until(lambda: bool(other.counters["backplane_received"]))
                assert "alice" not in other.streams
                assert "bob" not in one.streams

    run(go())


def test_b_a_backplane_is_started_once_on_a_hub_that_nobody_used() -> None:
    async def test(server: Any, one: Worker) -> None:
        from unified_target.unified_delivery.hub import Hub

        with pytest.raises(RuntimeError, match="started once"):
            await one.plane.start()
        used = Hub()
        used.publish("alice", {"type": "x"})
        with pytest.raises(RuntimeError, match="before the hub has"):
            await RedisBackplane(used, server.url).start()
        await connected(one)

    with_workers(1, test)
