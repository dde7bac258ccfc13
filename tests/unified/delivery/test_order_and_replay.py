"""O1-O4 and D1-D9: one order for all tabs, nothing lost, nothing twice; or an honest `recovered: false`."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unified.delivery.tools import (
    QUICK,
    Client,
    DeliverySettings,
    FakeClock,
    FakeSocket,
    Resume,
    event,
    manager,
    run,
    turns,
    until,
)
from unified_target.unified_delivery.testing import BEHAVIOURS, Behaviour


def test_o1_the_numbers_of_a_users_events_have_no_gap_whatever_others_are_sent() -> None:
    async def go() -> None:
        owner, alice = manager(), Client("alice")
        await alice.connect(owner)
        await owner.connect_user("bob", FakeSocket())
        for number in range(50):
            await owner.send_to_user("bob", event(number))
            await owner.send_to_user("alice", event(number))
        assert alice.numbers == list(range(50))
        assert [seen["stream_seq"] for seen in alice.seen] == list(range(1, 51))
        assert alice.gaps == []

    run(go())


def test_o2_three_tabs_of_a_user_get_the_same_events_in_the_same_order() -> None:
    async def go() -> None:
        owner = manager()
        tabs = [FakeSocket("slow", "ok"), FakeSocket(), FakeSocket("ok", "slow", "ok")]
        for tab in tabs:
            await owner.connect_user("alice", tab)
        producers = [owner.send_to_user("alice", event(number)) for number in range(40)]
        await asyncio.gather(*producers)
        for tab in tabs:
            tab.release()
        await until(lambda: all(len(tab.received) == 40 for tab in tabs))
        assert tabs[0].received == tabs[1].received == tabs[2].received

    run(go())


def test_o3_two_sends_on_one_socket_never_overlap() -> None:
    async def go() -> None:
        owner, socket = manager(), FakeSocket("slow")
        await owner.connect_user("alice", socket)
        await asyncio.gather(*(owner.send_to_user("alice", event(number)) for number in range(100)))
        socket.release()
        await until(lambda: len(socket.received) == 100)
        assert socket.most_sending == 1

    run(go())


def test_o4_events_of_concurrent_producers_keep_each_producers_order() -> None:
    async def go() -> None:
        owner, alice = manager(), Client("alice")
        await alice.connect(owner)

        async def produce(name: int) -> None:
            for step in range(20):
                await owner.send_to_user("alice", {"type": "x", "producer": name, "step": step})

        await asyncio.gather(*(produce(name) for name in range(5)))
        alice.read()
        for name in range(5):
            assert [seen["step"] for seen in alice.seen if seen["producer"] == name] == list(range(20))

    run(go())


def test_d1_what_is_sent_while_a_user_is_away_arrives_once_when_they_connect() -> None:
    async def go() -> None:
        owner = manager()
        assert not await owner.send_to_user("alice", event(0))
        first, second = FakeSocket(), FakeSocket()
        await owner.connect_user("alice", first)
        await owner.connect_user("alice", second)
        await owner.send_to_user("alice", event(1))
        assert [seen["n"] for seen in first.events] == [0, 1]
        assert [seen["n"] for seen in second.events] == [1]

    run(go())


def test_d2_a_resumed_connection_gets_exactly_what_it_missed_before_anything_new() -> None:
    async def go() -> None:
        owner, alice = manager(), Client("alice")
        await alice.connect(owner)
        for number in range(3):
            await owner.send_to_user("alice", event(number))
        alice.read()
        await owner.disconnect_user("alice", alice.socket)
        for number in range(3, 8):
            await owner.send_to_user("alice", event(number))
        await alice.connect(owner)
        await owner.send_to_user("alice", event(8))
        assert alice.numbers == list(range(9))
        assert alice.recovered == [False, True]
        assert alice.gaps == []

    run(go())


def test_d3_a_second_tab_that_got_the_events_does_not_stop_the_first_from_resuming_them() -> None:
    async def go() -> None:
        owner, away, present = manager(), Client("alice"), FakeSocket()
        await away.connect(owner)
        await owner.connect_user("alice", present)
        await owner.send_to_user("alice", event(0))
        away.read()
        await owner.disconnect_user("alice", away.socket)
        await owner.send_to_user("alice", event(1))
        await away.connect(owner)
        assert away.numbers == [0, 1]
        assert [seen["n"] for seen in present.events] == [0, 1]

    run(go())


def test_d4_a_client_that_received_no_event_yet_can_resume() -> None:
    async def go() -> None:
        owner, alice = manager(), Client("alice")
        await alice.connect(owner)
        alice.read()
        await owner.disconnect_user("alice", alice.socket)
        await owner.send_to_user("alice", event(0))
        await alice.connect(owner)
        assert alice.numbers == [0]
        assert alice.recovered == [False, True]

    run(go())


@pytest.mark.parametrize(
    "resume",
    [Resume("another", 1), Resume(None, 3), Resume("", 0), Resume("EPOCH", 99), Resume("EPOCH", 0)],
    ids=["another epoch", "no epoch", "an empty epoch", "a number from the future", "a number from before the log"],
)
def test_d5_what_cannot_be_resumed_is_said_and_the_numbering_begins_anew(resume: Resume) -> None:
    async def go() -> None:
        clock = FakeClock()
        owner = manager(clock=clock)
        gone = FakeSocket()
        await owner.connect_user("alice", gone)
        for number in range(4):
            await owner.send_to_user("alice", event(number))
        epoch = owner.hub.stream("alice").epoch
        # one event leaves the log, so that 0 lies before its beginning
        clock.advance(200)
        owner.hub.sweep()
        socket = FakeSocket()
        wanted = Resume(epoch, resume.last_seq) if resume.epoch == "EPOCH" else resume
        await owner.connect_user("alice", socket, resume=wanted)
        assert socket.messages == [{"type": "hello", "epoch": epoch, "stream_seq": 4, "recovered": False}]

    run(go())


def test_d5_events_that_left_the_log_make_a_resume_from_before_them_fail_and_one_after_them_succeed() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(ring_events=4, queue_events=4))
        socket = FakeSocket()
        await owner.connect_user("alice", socket)
        for number in range(10):
            await owner.send_to_user("alice", event(number))
        epoch = owner.hub.stream("alice").epoch
        late, early = FakeSocket(), FakeSocket()
        await owner.connect_user("alice", late, resume=Resume(epoch, 6))
        await owner.connect_user("alice", early, resume=Resume(epoch, 5))
        assert [seen["n"] for seen in late.events] == [6, 7, 8, 9]
        assert (early.messages[0]["recovered"], early.events) == (False, [])

    run(go())


def test_d6_a_send_that_raises_loses_nothing_for_the_next_connection() -> None:
    async def go() -> None:
        owner, broken = manager(), FakeSocket("ok", "raise")
        name = await owner.connect_user("alice", broken)
        assert await owner.send_to_user("alice", event(0))
        assert not await owner.send_to_user("alice", event(1))
        assert not await owner.send_to_user("alice", event(2))
        assert name not in owner.connections
        assert broken.close_code == 1011
        next_one = FakeSocket()
        await owner.connect_user("alice", next_one)
        assert [seen["n"] for seen in next_one.events] == [1, 2]

    run(go())


def test_d7_a_send_that_timed_out_is_not_repeated_on_that_socket_and_is_replayed_on_the_next() -> None:
    async def go() -> None:
        owner, alice = manager(QUICK), Client("alice")
        await alice.connect(owner, "ok", "write_then_hang")
        await owner.send_to_user("alice", event(0))
        await until(lambda: alice.socket.close_code == 4008)
        assert [seen["n"] for seen in alice.socket.events] == [0]
        alice.socket.received.pop()  # the network lost it on the way
        alice.read()
        await alice.connect(owner)
        assert alice.numbers == [0]
        assert owner.hub.counters["timeouts"] == 1

    run(go())


SCRIPTS = st.lists(st.lists(st.sampled_from([*BEHAVIOURS, "drop"]), min_size=1, max_size=5), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(SCRIPTS, st.integers(1, 25))
def test_d9_whatever_sockets_do_a_client_that_resumes_ends_with_every_event_exactly_once(
    scripts: list[list[str]], count: int
) -> None:
    async def go() -> None:
        owner = manager(DeliverySettings(send_deadline=0.004, close_deadline=0.004))
        alice, number = Client("alice"), 0
        for script in scripts:
            behaviours: list[Behaviour] = [step for step in script if step != "drop"]  # type: ignore[misc]
            await alice.connect(owner, "ok", *(behaviours or ["ok"]))
            for step in script:
                if step == "drop":
                    await owner.disconnect_user("alice", alice.socket)
                if number < count:
                    await owner.send_to_user("alice", event(number))
                    number += 1
            alice.socket.release()
            await owner.disconnect_user("alice", alice.socket)
            alice.read()
        while number < count:
            await owner.send_to_user("alice", event(number))
            number += 1
        await alice.connect(owner)
        await turns()
        assert alice.numbers == list(range(count))
        assert alice.gaps == []

    run(go())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["t1", "t2", None]), min_size=1, max_size=20), st.sampled_from(["t1", "t2", None]))
def test_d_a_tab_on_one_thread_is_sent_that_threads_events_and_those_for_all_and_sees_no_false_gap(
    threads: list[str | None], own: str | None
) -> None:
    async def go() -> None:
        owner, alice = manager(), Client("alice", own)
        await alice.connect(owner)
        others = {thread: FakeSocket() for thread in ("t1", "t2") if thread != own}
        for thread, socket in others.items():
            await owner.connect_user("alice", socket, thread)
        for number, thread in enumerate(threads):
            owner.publish("alice", event(number), thread_id=thread)
        await turns()
        expected = [number for number, thread in enumerate(threads) if thread in (None, own)]
        assert alice.numbers == expected
        assert alice.gaps == []

    run(go())


def test_d_an_event_for_a_thread_nobody_shows_goes_to_all_tabs_of_its_user() -> None:
    async def go() -> None:
        owner, tab = manager(), FakeSocket()
        await owner.connect_user("alice", tab, "t1")
        assert await owner.send_to_thread("t2", {**event(0), "user_id": "alice"})
        assert tab.types == ["agent_thinking"]

    run(go())


def test_k1_a_wall_clock_that_jumps_moves_no_lifetime() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner = manager(clock=clock)
        await owner.send_to_user("alice", event(0))
        for jump in (86_400.0, -172_800.0):
            clock.jump(jump)
            owner.hub.sweep()
            owner.hub.enforce_deadlines()
        clock.advance(179)
        owner.hub.sweep()
        socket = FakeSocket()
        await owner.connect_user("alice", socket)
        assert len(socket.events) == 1
        await owner.disconnect_user("alice", socket)
        await owner.send_to_user("alice", event(1))
        clock.advance(181)
        late = FakeSocket()
        await owner.connect_user("alice", late)
        assert late.events == []

    run(go())


def test_k2_events_of_one_instant_have_numbers_of_their_own() -> None:
    async def go() -> None:
        owner = manager(clock=FakeClock())
        receipts = [owner.publish("alice", event(number)) for number in range(100)]
        assert [receipt.seq for receipt in receipts] == list(range(1, 101))
        assert all(receipt.offline for receipt in receipts)

    run(go())


def test_d_a_user_who_stays_away_for_an_hour_begins_a_new_epoch() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner, alice = manager(clock=clock), Client("alice")
        await alice.connect(owner)
        await owner.send_to_user("alice", event(0))
        alice.read()
        await owner.disconnect_user("alice", alice.socket)
        clock.advance(3601)
        owner.hub.sweep()
        assert owner.hub.streams == {}
        await alice.connect(owner)
        alice.read()
        assert alice.recovered == [False, False]

    run(go())


@pytest.mark.parametrize("resumes", [True, False], ids=["that resumes", "that says nothing of what it has"])
def test_d_a_tab_is_replayed_its_own_threads_events_and_not_anothers(resumes: bool) -> None:
    async def go() -> None:
        owner, tab = manager(), Client("alice", "t2")
        await owner.connect_user("alice", FakeSocket("hang"), "t1")
        await tab.connect(owner)
        tab.read()
        await owner.disconnect_user("alice", tab.socket)
        for number, thread in enumerate(["t1", "t2", None, "t1"]):
            owner.publish("alice", event(number), thread_id=thread)
        if resumes:
            await tab.connect(owner)
            assert (tab.numbers, tab.gaps) == ([1, 2], [])
        else:
            plain = FakeSocket()
            await owner.connect_user("alice", plain, "t2")
            assert [seen["n"] for seen in plain.events] == [1, 2]

    run(go())


@pytest.mark.parametrize("resumes", [True, False], ids=["that resumes", "that says nothing of what it has"])
def test_d_a_tab_is_replayed_the_events_of_a_thread_that_no_tab_shows(resumes: bool) -> None:
    async def go() -> None:
        owner, tab = manager(), Client("alice", "t2")
        await tab.connect(owner)
        tab.read()
        await owner.disconnect_user("alice", tab.socket)
        for number, thread in enumerate(["t1", "t2"]):
            owner.publish("alice", event(number), thread_id=thread)
        if resumes:
            await tab.connect(owner)
            assert tab.numbers == [0, 1]
        else:
            plain = FakeSocket()
            await owner.connect_user("alice", plain, "t2")
            assert [seen["n"] for seen in plain.events] == [0, 1]

    run(go())


def test_d_what_was_for_one_tab_is_replayed_to_no_other_while_that_tab_is_there() -> None:
    async def go() -> None:
        owner, tab = manager(), Client("alice")
        await tab.connect(owner)
        tab.read()
        await owner.disconnect_user("alice", tab.socket)
        other = FakeSocket()
        name = await owner.connect_user("alice", other)
        assert await owner.send_to_connection(name, event(0))
        await tab.connect(owner)
        assert (tab.numbers, [seen["n"] for seen in other.events]) == ([], [0])

    run(go())


def test_d_a_tab_that_says_nothing_of_what_it_has_is_sent_what_no_tab_took_and_not_what_another_did() -> None:
    async def go() -> None:
        owner, other, plain = manager(), FakeSocket(), FakeSocket()
        await owner.connect_user("alice", FakeSocket("hang"), "t1")
        await owner.connect_user("alice", other, "t2")
        for number, thread in enumerate(["t1", None, "t2", "t1"]):
            owner.publish("alice", event(number), thread_id=thread)
        await turns()
        assert [seen["n"] for seen in other.events] == [1, 2]
        await owner.connect_user("alice", plain)
        await turns()
        assert [seen["n"] for seen in plain.events] == [0, 3]

    run(go())


@pytest.mark.parametrize("last", [-1, True, 1.5, "3", None, float("nan")], ids=repr)
def test_d5_a_number_that_is_none_is_refused_where_it_comes_in(last: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Resume("epoch", last)  # type: ignore[arg-type]
