"""B4-B7: the connection cut, Redis killed and restarted, restarted empty, away from the start."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from typing import Any

import pytest

from tests.unified.backplane.redis_tools import (
    QUICK_PLANE,
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
from unified_target.unified_delivery.stream import DeliverySettings, Resume


def with_workers(count: int, test: Any, **more: Any) -> None:
    async def go() -> None:
        with redis_server() as server:
            async with workers(server, count, **more) as joined:
                await test(server, *joined)

    run(go())


def test_b4_connections_that_are_cut_while_events_flow_lose_nothing_and_no_client_notices() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice")]
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        for round_ in range(4):
            for step in range(50):
                (one, other)[step % 2].send("alice", round_ * 50 + step)
                if step == 25:
                    assert server.kill_clients() >= 1
                await asyncio.sleep(0)
            await settled(*tabs, upto=round_ * 50 + 50)
            await asyncio.sleep(QUICK_PLANE.timeout / 20)
        assert sorted(tabs[0].numbers) == list(range(200))
        assert sorted(tabs[1].numbers) == list(range(200))
        assert [tab.gaps for tab in tabs] == [[], []]
        assert all(recovered for tab in tabs for recovered in tab.recovered[1:])

    with_workers(2, test)


def test_b4_a_cut_of_a_connection_that_stood_for_a_while_is_not_even_an_outage() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        one.plane._link._since -= QUICK_PLANE.timeout  # as if it had stood for longer: the session counts as good
        server.kill_clients()
        one.send("alice", 0)
        await settled(tab, upto=1)
        assert (tab.numbers, tab.recovered, one.counters["backplane_outages"]) == ([0], [False], 0)

    with_workers(1, test)


def test_b4_a_record_whose_answer_was_lost_is_not_appended_twice() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)
        call, lost = one.plane._link._call, []

        async def losing(client: Any, *command: Any) -> Any:
            answer = await call(client, *command)
            if command[0] == "EVALSHA" and not lost:
                lost.append(answer)
                raise ConnectionError("the answer did not arrive")
            return answer

        one.plane._link._call = losing  # type: ignore[method-assign]
        for number in range(10):
            one.send("alice", number)
        await settled(tab, upto=10)
        one.send("alice", 10)
        await settled(tab, upto=11)
        assert tab.numbers == list(range(11))
        assert lost
        assert server.ask("HGET", "{wsc}:users", "alice") == b"11"

    with_workers(2, test)


def test_b4_a_batch_that_redis_gets_once_more_is_not_appended_twice() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab, call, batches = Client("alice"), one.plane._link._call, []

        async def noting(client: Any, *command: Any) -> Any:
            if command[0] == "EVALSHA":
                batches.append(command)
            return await call(client, *command)

        one.plane._link._call = noting  # type: ignore[method-assign]
        await tab.connect(one.manager)
        for number in range(3):
            one.send("alice", number)
        await flushed(one)
        for batch in tuple(batches):  # as if it had lain in a Redis that hung until after it was given up
            server.ask(*batch)
        one.send("alice", 3)
        await settled(tab, upto=4)
        assert (tab.numbers, tab.gaps) == ([0, 1, 2, 3], [])
        assert server.ask("HGET", "{wsc}:users", "alice") == b"4"

    with_workers(1, test)


def test_b5_while_redis_is_dead_each_worker_serves_its_own_at_once_and_afterwards_all_have_all_once() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice"), Client("bob")]
        for tab, worker in zip(tabs, (one, other, other), strict=True):
            await tab.connect(worker.manager)
        for number in range(10):
            one.send("alice", number)
        await settled(*tabs[:2], upto=10)
        server.kill()
        for number in range(10, 20):
            one.send("alice", number)
            other.send("alice", number + 10)
            one.send("bob", number)
        await settled(*tabs[:2], upto=20)
        assert tabs[0].numbers == list(range(20))
        assert tabs[1].numbers == [*range(10), *range(20, 30)]
        assert tabs[2].numbers == []
        server.start()
        await settled(*tabs[:2], upto=30)
        await settled(tabs[2], upto=10)
        await all_agree("alice", one, other)
        assert sorted(tabs[0].numbers) == sorted(tabs[1].numbers) == list(range(30))
        assert tabs[2].numbers == list(range(10, 20))
        assert all(tab.gaps == [] and all(tab.recovered[1:]) for tab in tabs)
        assert one.numbers("alice") == other.numbers("alice")
        assert one.counters["backplane_outages"] == other.counters["backplane_outages"] == 1

    with_workers(2, test)


def test_b5_a_tab_that_moves_during_the_outage_and_back_after_it_has_every_event_once() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab, present = Client("alice"), Client("alice")
        await tab.connect(one.manager)
        await present.connect(other.manager)
        for number in range(5):
            one.send("alice", number)
        await settled(tab, present, upto=5)
        server.kill()
        await alone(one, other)
        one.send("alice", 5)
        one.send("alice", 6)
        await settled(tab, upto=7)
        await leave(tab, one)
        other.send("alice", 7)
        one.send("alice", 8)  # nobody is here to take it now
        await tab.connect(other.manager)
        await settled(tab, upto=8)
        assert tab.numbers == [0, 1, 2, 3, 4, 5, 6, 7]
        await leave(tab, other)
        await tab.connect(one.manager)
        await settled(tab, upto=9)
        other.send("alice", 9)
        await leave(tab, one)
        server.start()
        await connected(one, other)
        await tab.connect(other.manager)
        await settled(tab, present, upto=10)
        assert sorted(tab.numbers) == sorted(present.numbers) == list(range(10))
        assert tab.gaps == present.gaps == []
        assert all(tab.recovered[1:])

    with_workers(2, test)


def test_b5_a_tab_that_was_away_all_the_time_gets_all_of_it_in_the_common_order() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        one.send("alice", 0)
        await settled(tab, upto=1)
        await leave(tab, one)
        server.kill()
        await alone(one, other)
        for number in range(1, 6):
            (one, other)[number % 2].send("alice", number)
        server.start()
        await all_agree("alice", one, other)
        await tab.connect(other.manager)
        await settled(tab, upto=6)
        assert [seen["stream_seq"] for seen in tab.seen] == [1, 2, 3, 4, 5, 6]
        assert sorted(tab.numbers) == [0, 1, 2, 3, 4, 5]
        assert tab.recovered == [False, True]

    with_workers(2, test)


def test_b5_an_outage_longer_than_the_log_reaches_does_not_keep_a_tab_from_resuming_what_is_still_there() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab, late = Client("alice"), Client("alice")
        await tab.connect(one.manager)
        await late.connect(one.manager)
        one.send("alice", 0)
        await settled(tab, late, upto=1)
        await leave(late, one)
        server.kill()
        await alone(one)
        for number in range(1, 40):
            one.send("alice", number)
            await settled(tab, upto=number + 1)
        await leave(tab, one)
        for number in range(40, 45):
            one.send("alice", number)
        await tab.connect(one.manager)
        await settled(tab, upto=45)
        await late.connect(one.manager)
        assert tab.numbers == list(range(45))
        assert all(tab.recovered[1:])
        await until(lambda: bool(late.numbers) and late.recovered == [False, False])
        server.start()
        await connected(one)
        await flushed(one)
        one.send("alice", 45)
        await settled(tab, upto=46)
        assert (tab.numbers, tab.gaps) == (list(range(46)), [])

    with_workers(1, test, delivery=DeliverySettings(ring_events=8, queue_events=8, close_deadline=0.5))


def test_b5_the_outage_and_its_end_are_logged_once_each(caplog: pytest.LogCaptureFixture) -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        server.kill()
        await alone(one)
        await asyncio.sleep(0.3)  # several attempts
        server.start()
        await connected(one)

    caplog.set_level(logging.INFO, "unified_target.unified_delivery.backplane")
    with_workers(1, test)
    told = [record.message.split(":")[0].split(";")[0] for record in caplog.records]
    assert [text for text in told if "broke" not in text] == [
        "the backplane has Redis",
        "the backplane lost Redis",
        "the backplane has Redis again",
    ]


def test_b5_a_redis_that_hangs_is_given_up_within_two_timeouts_and_no_producer_waits() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        server.pause(True)
        began = time.monotonic()
        for number in range(200):
            one.send("alice", number)
        assert time.monotonic() - began < 1  # at a wait of any kind for each it would be 40
        await settled(tab, upto=200, seconds=3)
        server.pause(False)
        await flushed(one)
        assert tab.numbers == list(range(200))
        assert tab.gaps == []

    with_workers(1, test, settings=dataclasses.replace(QUICK_PLANE, timeout=0.2, block=30.0))


def test_b5_a_client_that_knows_more_than_a_worker_alone_can_judge_is_told_so() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)
        take_in = one.plane._logs.take_in
        one.plane._logs.take_in = lambda entries, showing=True: None  # type: ignore[method-assign]
        one.send("alice", 0)
        await settled(tab, upto=1)
        server.kill()
        await alone(one, other)
        one.plane._logs.take_in = take_in  # type: ignore[method-assign]
        await leave(tab, other)
        await tab.connect(one.manager)
        await until(lambda: len(tab.numbers) == 2)  # told that it may have missed something, and sent what may be new
        assert tab.recovered[:2] == [False, False]

    with_workers(2, test)


def test_b5_a_connected_client_that_is_ahead_of_its_worker_is_told_when_the_worker_is_cut_off() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)
        take_in = one.plane._logs.take_in
        one.plane._logs.take_in = lambda entries, showing=True: None  # type: ignore[method-assign]
        one.send("alice", 0)
        await settled(tab, upto=1)
        await leave(tab, other)
        await tab.connect(one.manager)
        assert tab.epoch == one.plane.generation
        server.kill()
        await alone(one, other)
        one.plane._logs.take_in = take_in  # type: ignore[method-assign]
        one.send("alice", 1)
        await until(lambda: 1 in tab.numbers)
        assert tab.recovered[:3] == [False, True, False]

    with_workers(2, test)


def test_b5_a_number_that_nobody_gave_is_found_out_when_redis_restarts() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        one.send("alice", 0)
        await settled(tab, upto=1)
        liar = FakeSocket()
        await one.manager.connect_user("alice", liar, resume=Resume(one.plane.generation, 99))
        server.kill()
        await alone(one)
        server.start()
        await connected(one)
        one.send("alice", 1)
        await settled(tab, upto=2)
        await until(lambda: bool(liar.events))
        assert [seen["n"] for seen in liar.events] == [1]
        assert [seen["recovered"] for seen in liar.messages if seen["type"] == "hello"][1] is False
        assert tab.recovered == [False, True]

    with_workers(1, test)


def test_b5_a_broadcast_during_an_outage_reaches_local_users_at_once_and_the_others_afterwards_each_once() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        alice, bob = Client("alice"), Client("bob")
        await alice.connect(one.manager)
        await bob.connect(other.manager)
        await until(lambda: one.plane.elsewhere("bob"))
        server.kill()
        await alone(one, other)
        one.manager.hub.broadcast({"type": "news", "n": 0})
        await settled(alice, upto=1)
        assert bob.numbers == []
        server.start()
        await settled(bob, upto=1)
        await flushed(one, other)
        one.manager.hub.broadcast({"type": "news", "n": 1})
        await settled(alice, bob, upto=2)
        assert (alice.numbers, bob.numbers) == ([0, 1], [0, 1])
        assert alice.gaps == bob.gaps == []

    with_workers(2, test)


def test_b5_a_redis_that_refuses_to_write_is_an_outage_and_nothing_is_lost() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice")]
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        server.ask("CONFIG", "SET", "maxmemory", "1")
        one.send("alice", 0)
        await settled(tabs[0], upto=1)
        server.ask("CONFIG", "SET", "maxmemory", "0")
        one.send("alice", 1)
        await settled(*tabs, upto=2)
        assert [tab.numbers for tab in tabs] == [[0, 1], [0, 1]]

    with_workers(2, test)


def test_b6_after_a_restart_without_data_tabs_that_stayed_go_on_and_one_that_was_away_is_told() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs, away = [Client("alice"), Client("alice")], Client("alice")
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        await away.connect(one.manager)
        for number in range(10):
            one.send("alice", number)
        await settled(*tabs, away, upto=10)
        await leave(away, one)
        server.kill()
        server.forget()
        one.send("alice", 10)
        await alone(one, other)
        other.send("alice", 11)
        server.start()
        await settled(*tabs, upto=12)
        await all_agree("alice", one, other)
        one.send("alice", 12)
        await settled(*tabs, upto=13)
        assert [sorted(tab.numbers) for tab in tabs] == [list(range(13))] * 2
        assert all(tab.gaps == [] and all(tab.recovered[1:]) for tab in tabs)
        assert one.counters["backplane_restarts"] == other.counters["backplane_restarts"] == 1
        await away.connect(other.manager)
        other.send("alice", 13)
        await until(lambda: 13 in away.numbers)
        assert away.recovered == [False, False]

    with_workers(2, test)


def test_b6_what_only_redis_and_its_sender_had_is_sent_again_after_the_loss() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice")]
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        take_in = other.plane._logs.take_in
        other.plane._logs.take_in = lambda entries, showing=True: None  # type: ignore[method-assign]
        for number in range(5):
            one.send("alice", number)
        await settled(tabs[0], upto=5)
        server.kill()
        server.forget()
        await alone(one, other)
        other.plane._logs.take_in = take_in  # type: ignore[method-assign]
        server.start()
        await settled(*tabs, upto=5)
        assert [tab.numbers for tab in tabs] == [[0, 1, 2, 3, 4]] * 2
        assert [tab.recovered for tab in tabs] == [[False], [False, True]]

    with_workers(2, test)


def test_b6_data_that_vanishes_under_a_living_redis_begins_a_new_epoch_too() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice")]
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        one.send("alice", 0)
        await settled(*tabs, upto=1)
        server.ask("FLUSHALL")
        one.send("alice", 1)
        await settled(*tabs, upto=2)
        assert [tab.numbers for tab in tabs] == [[0, 1], [0, 1]]
        assert one.plane.generation == other.plane.generation

    with_workers(2, test)


def test_b6_a_redis_that_comes_back_with_older_data_is_found_out() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice")]
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        for number in range(3):
            one.send("alice", number)
        await settled(*tabs, upto=3)
        server.copy()
        for number in range(3, 8):
            one.send("alice", number)
        await settled(*tabs, upto=8)
        before = one.plane.generation
        server.kill()
        server.restore()
        server.start()
        one.send("alice", 8)
        await settled(*tabs, upto=9)
        await flushed(one, other)
        assert [tab.numbers for tab in tabs] == [list(range(9))] * 2
        socket = FakeSocket()
        await other.manager.connect_user("alice", socket, resume=Resume(before, 8))
        await until(lambda: bool(socket.messages))
        assert socket.messages[0]["recovered"] is False
        assert other.counters["backplane_restarts"] == 1

    with_workers(2, test)


def test_b6_a_loss_is_found_out_even_if_nobody_publishes_after_it() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(other.manager)
        one.send("alice", 0)
        await settled(tab, upto=1)
        server.copy()
        one.send("alice", 1)
        await settled(tab, upto=2)
        await one.stop()
        server.kill()
        server.restore()
        server.start()
        await until(lambda: other.counters["backplane_restarts"] == 1, 10)
        other.send("alice", 2)
        await settled(tab, upto=3)
        assert tab.numbers == [0, 1, 2]

    with_workers(2, test)


def test_b6_a_client_that_had_what_redis_lost_is_told_by_a_worker_that_never_read_it() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab = Client("alice")
        await tab.connect(one.manager)
        one.send("alice", 0)
        await settled(tab, upto=1)
        await all_agree("alice", one, other)
        client = other.plane._link._client
        other.plane._link._client = lambda: (_ for _ in ()).throw(ConnectionError("cut off"))  # type: ignore[method-assign]
        server.kill_clients_of(other)
        await alone(other)
        server.copy()
        one.send("alice", 1)
        one.send("alice", 2)
        await settled(tab, upto=3)
        await flushed(one)
        await leave(tab, one)
        await one.stop()
        server.kill()
        server.restore()
        server.start()
        other.plane._link._client = client  # type: ignore[method-assign]
        await connected(other)
        for number in range(3, 6):
            other.send("alice", number)
        await flushed(other)
        await tab.connect(other.manager)
        await settled(tab, upto=6)
        assert tab.numbers == [0, 1, 2, 3, 4, 5]
        assert tab.recovered[-1] is False

    with_workers(2, test)


def test_b6_what_a_tab_was_sent_before_a_loss_is_not_sent_to_the_next_one_after_it() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        sockets = [FakeSocket(), FakeSocket(), FakeSocket()]
        await one.manager.connect_user("alice", sockets[0])
        one.send("alice", 0)
        await until(lambda: bool(sockets[0].events))
        await until(lambda: all(_handed(worker, "alice") == [True] for worker in (one, other)))
        server.kill()
        server.forget()
        server.start()
        await until(lambda: all(worker.counters["backplane_restarts"] == 1 for worker in (one, other)), 20)
        await all_agree("alice", one, other)
        for worker, socket in zip((one, other), sockets[1:], strict=True):
            await worker.manager.connect_user("alice", socket)
        one.send("alice", 1)
        await until(lambda: all(len(_handed(worker, "alice")) == 2 for worker in (one, other)))
        await until(lambda: all(socket.events for socket in sockets))
        assert [[seen["n"] for seen in socket.events] for socket in sockets] == [[0, 1], [1], [1]]

    with_workers(2, test)


def _handed(worker: Worker, user_id: str) -> list[bool]:
    """Of each event in the user's log, whether it is known that some socket took it."""
    return [event.handed for event in worker.manager.hub.stream(user_id).events.values()]


def test_b6_numbers_given_twice_are_noticed_even_if_nothing_else_is() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tabs = [Client("alice"), Client("alice")]
        await tabs[0].connect(one.manager)
        await tabs[1].connect(other.manager)
        for number in range(3):
            one.send("alice", number)
        await settled(*tabs, upto=3)
        server.ask("HSET", "{wsc}:users", "alice", "1")
        one.send("alice", 3)
        await settled(*tabs, upto=4)
        other.send("alice", 4)
        await settled(*tabs, upto=5)
        assert [tab.numbers for tab in tabs] == [[0, 1, 2, 3, 4]] * 2

    with_workers(2, test)


def test_b6_a_fresh_worker_that_finds_numbers_given_twice_begins_anew() -> None:
    async def go() -> None:
        with redis_server() as server:
            async with workers(server, 1) as (one,):
                one.send("alice", 0)
                one.send("alice", 1)
                await flushed(one)
            server.ask("HSET", "{wsc}:users", "alice", "0")
            async with workers(server, 1) as (spoiler,):
                assert spoiler.manager.hub.stream("alice").next_seq == 3
                spoiler.plane._logs.take_in = lambda entries, showing=True: None  # type: ignore[method-assign]
                spoiler.send("alice", 2)
                await until(lambda: server.ask("HGET", "{wsc}:users", "alice") == b"1")
            async with workers(server, 1) as (fresh,):
                tab = Client("alice")
                await tab.connect(fresh.manager)
                fresh.send("alice", 3)
                await settled(tab, upto=1)
                assert tab.numbers == [3]

    run(go())


def test_b7_workers_that_start_without_redis_serve_their_own_and_join_when_it_comes() -> None:
    async def go() -> None:
        with redis_server(started=False) as server:
            one, other = await Worker(server).start(), await Worker(server).start()
            assert not one.plane.connected
            tabs, away = [Client("alice"), Client("alice")], Client("bob")
            await tabs[0].connect(one.manager)
            await tabs[1].connect(other.manager)
            await away.connect(one.manager)
            for number in range(5):
                one.send("alice", number)
                other.send("alice", number + 5)
                one.send("bob", number)
            await settled(*tabs, away, upto=5)
            await leave(away, one)
            one.send("bob", 5)
            server.start()
            await connected(one, other)
            await away.connect(one.manager)
            await settled(away, upto=6)
            await settled(*tabs, upto=10)
            await all_agree("alice", one, other)
            assert [sorted(tab.numbers) for tab in tabs] == [list(range(10))] * 2
            assert (away.numbers, away.recovered) == (list(range(6)), [False, True, True][: len(away.recovered)])
            for worker in (one, other):
                await worker.stop()

    run(go())


def test_b7_a_worker_that_meets_redis_late_sends_what_came_since_a_tab_connected_and_what_nobody_took() -> None:
    async def go() -> None:
        with redis_server() as server:
            async with workers(server, 1) as (one,):
                seen, taken = FakeSocket(), FakeSocket()
                await one.manager.connect_user("alice", seen)
                one.send("alice", 0)
                await until(lambda: len(seen.events) == 1)
                await all_agree("alice", one)
                await asyncio.sleep(1.1)  # more than the skew of clocks that is allowed for
                server.kill()
                await alone(one)
                late = await Worker(server).start()
                tab = Client("alice")
                await tab.connect(late.manager)
                late.send("alice", 1)
                one.send("alice", 2)
                await one.manager.connect_user("alice", taken)
                one.send("bob", 3)  # nobody is there
                await settled(tab, upto=1)
                server.start()
                await connected(one, late)
                await settled(tab, upto=2)
                await all_agree("alice", one, late)
                assert tab.numbers == [1, 2]
                assert (tab.recovered[0], all(tab.recovered[1:]), tab.gaps) == (False, True, [])
                bob = FakeSocket()
                await late.manager.connect_user("bob", bob)
                await until(lambda: [event["n"] for event in bob.events] == [3])
                await late.stop()

    run(go())


def test_b_a_worker_whose_loop_ends_without_a_stop_goes_on_serving_its_own() -> None:
    with redis_server() as server:
        worker = Worker(server)

        async def first() -> None:
            await worker.start()
            worker.send("alice", 0)
            await flushed(worker)

        async def second() -> None:
            tab = Client("alice")
            await tab.connect(worker.manager)
            worker.send("alice", 1)
            await settled(tab, upto=2)
            assert tab.numbers == [0, 1]
            await worker.stop()

        run_leaving(first())
        run(second())


def run_leaving(work: Any) -> None:
    asyncio.run(work)


def test_b_a_worker_whose_loop_was_closed_without_a_word_serves_its_own_on_the_next_one() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        tab, task = Client("alice"), one.plane._link._task
        await tab.connect(one.manager)
        await until(lambda: one.plane._link._resting)
        closed = asyncio.new_event_loop()
        closed.close()
        one.plane._link._loop = closed  # as if it had been that one
        one.send("alice", 0)
        one.send("alice", 1)
        await settled(tab, upto=2)
        await one.plane.stop()
        one.send("alice", 2)
        await settled(tab, upto=3)
        assert tab.numbers == [0, 1, 2]
        assert task is not None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with_workers(1, test)


def test_b_a_stopped_backplane_leaves_no_task_no_connection_and_a_hub_that_works() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        tab, there = Client("alice"), Client("alice")
        await tab.connect(one.manager)
        await there.connect(other.manager)
        for number in range(300):
            one.send("alice", number)
        await one.plane.stop()
        await one.plane.stop()
        await settled(there, upto=300)
        assert there.numbers == list(range(300))
        await until(lambda: server.connections_of(one) == 0)
        assert len([task for task in asyncio.all_tasks() if "backplane" in task.get_name()]) == 3  # the other's
        one.send("alice", 300)
        await settled(tab, upto=301)
        assert tab.numbers == list(range(301))
        assert one.counters["backplane_connected"] == 0

    with_workers(2, test)


def test_b_a_worker_that_stops_says_goodbye_and_nothing_after_it() -> None:
    async def test(server: RedisServer, one: Worker, other: Worker) -> None:
        await one.manager.connect_user("alice", FakeSocket())
        assert one.plane._notes.moved  # that alice is here was not told yet
        await one.plane.stop()
        last = one.plane._outbox.count
        await until(lambda: other.plane._logs.seen.get(one.plane.worker, (0, 0.0))[0] == last)
        assert not other.plane.elsewhere("alice")

    with_workers(2, test)


def test_b_a_start_that_is_cancelled_leaves_nothing_behind() -> None:
    async def go() -> None:
        with redis_server() as server:
            server.pause(True)
            worker = Worker(server)
            starting = asyncio.create_task(worker.plane.start())
            await asyncio.sleep(0.05)
            starting.cancel()
            assert await asyncio.gather(starting, return_exceptions=True)
            server.pause(False)

    run(go())


def test_b_connections_to_redis_are_two_and_never_more_than_the_pool_holds() -> None:
    async def test(server: RedisServer, one: Worker) -> None:
        for round_ in range(5):
            server.kill_clients()
            one.send("alice", round_)
            await connected(one)
            await flushed(one)
        one.send("alice", 5)
        await until(lambda: server.connections_of(one) == 2)
        assert one.plane.settings.connections == 10

    with_workers(1, test)
