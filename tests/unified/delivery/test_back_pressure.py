"""H1-H6 and R1-R3: one slow or hung client delays nobody, memory is bounded, the five events are never dropped."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unified.delivery.tools import (
    Client,
    DeliverySettings,
    FakeClock,
    FakeSocket,
    event,
    manager,
    run,
    turns,
    until,
)
from unified_target.unified_delivery.channel import SLOW_CONSUMER
from unified_target.unified_delivery.stream import FIVE_EVENTS

PROGRESS = {"type": "progress_update", "payload": {}}


@pytest.mark.parametrize("behaviour", ["hang", "slow", "write_then_hang"])
def test_h1_one_client_of_100_that_does_not_read_delays_none_of_the_other_99(behaviour: str) -> None:
    async def go() -> None:
        owner = manager()
        stuck = FakeSocket(behaviour)  # type: ignore[arg-type]
        sockets = [stuck, *(FakeSocket() for _ in range(99))]
        for number, socket in enumerate(sockets):
            await owner.connect_user(f"u{number}", socket)
        for number in range(50):
            await owner.broadcast_to_all(event(number))
            assert all(len(socket.received) == number + 1 for socket in sockets[1:])

    run(go())


def test_h2_a_send_that_passes_its_deadline_closes_the_connection_and_frees_its_slot() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(per_user=1, send_deadline=0.02, close_deadline=0.02))
        socket = FakeSocket("hang")
        await owner.connect_user("alice", socket)
        await owner.send_to_user("alice", event(0))
        await until(lambda: socket.close_code is not None)
        assert socket.close_code == SLOW_CONSUMER
        back = FakeSocket()
        await owner.connect_user("alice", back)
        assert [seen["n"] for seen in back.events] == [0]

    run(go())


def test_h3_what_waits_for_a_hung_client_is_bounded_and_beyond_it_the_client_is_closed() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings())
        socket = FakeSocket("hang")
        await owner.connect_user("alice", socket)
        for number in range(258):
            assert socket.close_code is None
            await owner.send_to_user("alice", event(number))
        await turns()
        assert socket.close_code == SLOW_CONSUMER
        for number in range(258, 5_000):
            owner.publish("alice", event(number))
        stream = owner.hub.stream("alice")
        assert len(stream.events) == 512

    run(go())


def test_h3_bytes_are_bounded_as_events_are() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings())
        socket = FakeSocket("hang")
        await owner.connect_user("alice", socket)
        big = {"type": "agent_thinking", "payload": "x" * 200_000}
        for _ in range(7):  # one in flight, five that fill the queue, one that comes while there is room
            await owner.send_to_user("alice", big)
        assert socket.close_code is None
        await owner.send_to_user("alice", big)
        await turns()
        assert socket.close_code == SLOW_CONSUMER
        for _ in range(100):
            owner.publish("alice", big)
        assert owner.hub.stream("alice").bytes <= 4 * 1024 * 1024

    run(go())


def test_h3_a_single_event_larger_than_the_queue_closes_nobody_who_has_little_waiting() -> None:
    async def go() -> None:
        owner, socket = manager(DeliverySettings()), FakeSocket("slow")
        await owner.connect_user("alice", socket)
        for size in (10, 10, 1_500_000):
            assert await owner.send_to_user("alice", {"type": "agent_thinking", "payload": "x" * size})
        socket.release()
        await turns(10)
        assert (socket.close_code, len(socket.events)) == (None, 3)

    run(go())


def test_h3_a_tab_that_waits_for_an_event_which_ran_out_is_closed_rather_than_served_with_a_gap() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner, socket = manager(clock=clock), FakeSocket("slow", "ok")
        await owner.connect_user("alice", socket)
        for number in range(3):
            await owner.send_to_user("alice", event(number))
        clock.advance(181)
        owner.hub.sweep()
        await turns()
        assert socket.close_code == SLOW_CONSUMER

    run(go())


def test_h3_a_tab_on_another_thread_is_not_closed_for_events_it_was_not_meant_to_get() -> None:
    async def go() -> None:
        owner, shown, other = manager(), FakeSocket(), FakeSocket()
        await owner.connect_user("alice", shown, "t1")
        await owner.connect_user("alice", other, "t2")
        for number in range(600):  # more than the log holds
            owner.publish("alice", event(number), thread_id="t1")
            await turns(2)
        await owner.send_to_user("alice", event(600))
        await turns()
        assert (other.close_code, [seen["n"] for seen in other.events]) == (None, [600])
        assert [seen["n"] for seen in shown.events] == list(range(601))

    run(go())


def test_h4_droppable_events_make_room_and_the_five_are_all_delivered() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(queue_events=20, ring_events=40))
        socket = FakeSocket("slow")
        await owner.connect_user("alice", socket)
        for number in range(200):
            await owner.send_to_user("alice", PROGRESS)
            if number % 20 == 0:
                await owner.send_to_user("alice", event(number, FIVE_EVENTS[number // 20 % 5]))
        assert socket.close_code is None
        socket.release()
        await until(lambda: owner.hub.channels_of("alice")[0].idle)
        critical = [seen["n"] for seen in socket.events if seen["type"] in FIVE_EVENTS]
        assert critical == list(range(0, 200, 20))
        assert len(socket.events) < 210

    run(go())


def test_h4_of_a_burst_of_droppable_events_the_newest_is_sent_and_the_oldest_make_room() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(queue_events=10, ring_events=40))
        socket = FakeSocket("slow")
        await owner.connect_user("alice", socket)
        for number in range(100):
            owner.publish("alice", {**PROGRESS, "n": number})
        socket.release()
        await turns()
        shown = [seen["n"] for seen in socket.events]
        assert shown[-5:] == [95, 96, 97, 98, 99]
        assert len(shown) < 10
        assert owner.hub.counters["dropped"] > 0

    run(go())


def test_h4_a_message_sent_with_low_priority_is_droppable_and_others_are_not() -> None:
    class Priority:
        name = "LOW"

    async def go() -> None:
        owner = manager(DeliverySettings(queue_events=2, ring_events=4))
        socket = FakeSocket("slow")
        await owner.connect_user("alice", socket)
        for number in range(10):
            await owner.send_to_user("alice", event(number), priority=Priority())
        assert socket.close_code is None
        for number in range(4):
            await owner.send_to_user("alice", event(number))
        await turns()
        assert socket.close_code == SLOW_CONSUMER

    run(go())


def test_h5_an_overflow_of_kept_events_closes_with_4008_and_a_resume_gets_them_all() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(queue_events=10, ring_events=100))
        alice = Client("alice")
        await alice.connect(owner, "ok", "hang")
        for number in range(30):
            await owner.send_to_user("alice", event(number))
        assert alice.socket.close_code == SLOW_CONSUMER
        alice.read()
        await alice.connect(owner)
        await turns()
        assert alice.numbers == list(range(30))
        assert alice.recovered[-1] is True

    run(go())


def test_h6_a_producer_never_waits_while_every_client_hangs() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings())
        for number in range(100):
            await owner.connect_user(f"u{number}", FakeSocket("hang"))
        started = time.process_time()
        for number in range(100):
            await owner.broadcast_to_all(event(number))
        assert time.process_time() - started < 5.0  # 10,000 appends; a wait for one socket would never end

    run(go())


def test_h_one_event_larger_than_the_queue_is_sent_when_it_is_all_there_is() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings())
        socket = FakeSocket()
        await owner.connect_user("alice", socket)
        assert await owner.send_to_user("alice", {"type": "x", "payload": "y" * 3_000_000})
        assert await owner.send_to_user("alice", event(1))
        assert len(socket.events) == 2

    run(go())


def test_h_batches_are_arrays_of_at_most_16_for_those_who_asked_and_single_events_for_the_others() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings())
        batched, single = FakeSocket("slow"), FakeSocket("slow")
        await owner.connect_user("alice", batched, batched=True)
        await owner.connect_user("alice", single)
        for number in range(40):
            owner.publish("alice", event(number))
        batched.release()
        single.release()
        await until(lambda: len(single.received) == 40)
        assert [seen["n"] for seen in batched.events] == list(range(40))
        assert len(batched.received) in (3, 4)

    run(go())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["kept", "loose", "release"]), min_size=1, max_size=120))
def test_h_random_floods_leave_every_kept_event_delivered_or_the_connection_closed(flood: list[str]) -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(queue_events=8, ring_events=64, send_deadline=60.0))
        alice, kept = Client("alice"), []
        await alice.connect(owner, "ok", "slow")
        for number, step in enumerate(flood):
            if step == "release":
                alice.socket.release()
                await turns()
            else:
                kept += [number] if step == "kept" else []
                owner.publish("alice", event(number), droppable=step == "loose")
        alice.socket.release()
        await turns(200)
        if alice.socket.close_code is not None:
            alice.read()
            await alice.connect(owner)
            await turns(200)
        assert [number for number in alice.numbers if number in kept] == kept
        assert alice.gaps == []

    run(go())


def test_r1_100_clients_that_reconnect_ten_times_each_at_once_all_end_connected_and_up_to_date() -> None:
    async def go() -> None:
        owner = manager()
        clients = [Client(f"u{number}") for number in range(100)]

        async def live(client: Client) -> None:
            for step in range(10):
                await client.connect(owner)
                await owner.send_to_user(client.user_id, event(step))
                client.read()
                if step < 9:
                    await owner.disconnect_user(client.user_id, client.socket)

        await asyncio.gather(*(live(client) for client in clients))
        assert all(client.numbers == list(range(10)) for client in clients)
        assert owner.get_connection_count() == 100

    run(go())


def test_r2_connections_that_come_and_go_while_a_broadcast_runs_break_nothing() -> None:
    async def go() -> None:
        owner = manager()
        staying = FakeSocket()
        await owner.connect_user("stays", staying)

        async def churn(name: str) -> None:
            for _ in range(30):
                socket = FakeSocket()
                await owner.connect_user(name, socket)
                await asyncio.sleep(0)
                await owner.disconnect_user(name, socket)

        async def broadcast() -> None:
            for number in range(60):
                await owner.broadcast_to_all(event(number))

        await asyncio.gather(broadcast(), *(churn(f"u{number}") for number in range(20)))
        assert [seen["n"] for seen in staying.events] == list(range(60))

    run(go())


def test_r3_a_client_kicked_in_the_middle_of_a_broadcast_does_not_stop_it() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(queue_events=1, ring_events=4))
        sockets = [FakeSocket(), FakeSocket("hang"), FakeSocket()]
        for number, socket in enumerate(sockets):
            await owner.connect_user(f"u{number}", socket)
        for number in range(6):
            await owner.broadcast_to_all(event(number))
        await turns()
        assert [len(socket.received) for socket in sockets] == [6, 0, 6]
        assert sockets[1].close_code == SLOW_CONSUMER

    run(go())
