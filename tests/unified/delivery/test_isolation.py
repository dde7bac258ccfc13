"""I1-I4: what is for one user reaches no other, whatever threads, runs and ids they share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unified.delivery.tools import (
    Client,
    DeliverySettings,
    FakeClock,
    FakeSocket,
    Resume,
    event,
    manager,
    run,
    turns,
)
from unified_target.unified_delivery.channel import UNAUTHORIZED
from unified_target.unified_manager import connection_scoped_manager

USERS = ("alice", "bob", "mallory")
STEPS = st.tuples(
    st.sampled_from(["user", "thread", "connection", "scope", "run", "move", "reconnect", "offline"]),
    st.sampled_from(USERS),
    st.sampled_from(["t1", "t2"]),
)


class World:
    """Three users on one thread and one run; each step is something that happens to one of them."""

    def __init__(self) -> None:
        self.owner = manager()
        self.clients = {user: Client(user, "t1") for user in USERS}

    async def user(self, user: str, thread: str, message: dict[str, Any]) -> None:
        await self.owner.send_to_user(user, message)

    async def thread(self, user: str, thread: str, message: dict[str, Any]) -> None:
        await self.owner.send_to_thread(thread, {**message, "user_id": user})

    async def connection(self, user: str, thread: str, message: dict[str, Any]) -> None:
        await self.owner.send_to_connection(self.clients[user].connection_id, {**message, "user_id": user})

    async def scope(self, user: str, thread: str, message: dict[str, Any]) -> None:
        await self.owner.send_scoped_event(self.clients[user].connection_id, "agent_thinking", message, user)

    async def run(self, user: str, thread: str, message: dict[str, Any]) -> None:
        if self.owner.bind_run("run-1", user, thread):  # the first user keeps it
            await self.owner.send_to_thread(thread, message)

    async def move(self, user: str, thread: str, message: dict[str, Any]) -> None:
        self.owner.update_connection_thread(user, thread)

    async def reconnect(self, user: str, thread: str, message: dict[str, Any]) -> None:
        self.clients[user].read()
        await self.offline(user, thread, message)
        await self.clients[user].connect(self.owner)

    async def offline(self, user: str, thread: str, message: dict[str, Any]) -> None:
        await self.owner.disconnect_user(user, self.clients[user].socket)


@settings(max_examples=120, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_i1_random_programs_with_shared_threads_and_runs_never_show_a_user_what_is_anothers(
    program: list[tuple[str, str, str]],
) -> None:
    async def go() -> None:
        world = World()
        for client in world.clients.values():
            await client.connect(world.owner)
        for number, (step, user, thread) in enumerate(program):
            message = {"type": "agent_thinking", "owner": user, "n": number, "run_id": "run-1"}
            await getattr(world, step)(user, thread, message)
        await turns()
        for user, client in world.clients.items():
            client.read()
            assert {seen.get("owner") or seen["payload"]["owner"] for seen in client.seen} <= {user}
            assert client.gaps == []

    run(go())


def test_i2_an_event_for_alice_on_a_thread_that_mallory_is_also_on_reaches_alice_alone() -> None:
    async def go() -> None:
        owner = manager()
        alice, mallory = FakeSocket(), FakeSocket()
        await owner.connect_user("alice", alice, "t1")
        await owner.connect_user("mallory", mallory, "t1")
        assert await owner.send_to_thread("t1", event(1))
        assert (alice.types, mallory.types) == (["agent_thinking"], [])

    run(go())


def test_i2_a_thread_stays_its_first_users_while_that_user_is_away() -> None:
    async def go() -> None:
        owner = manager()
        alice, mallory = FakeSocket(), FakeSocket()
        await owner.connect_user("alice", alice, "t1")
        await owner.disconnect_user("alice", alice)
        await owner.connect_user("mallory", mallory, "t1")
        assert not await owner.send_to_thread("t1", event(1))
        back = FakeSocket()
        await owner.connect_user("alice", back, "t1")
        assert (back.types, mallory.types) == (["agent_thinking"], [])

    run(go())


def test_i3_a_message_that_names_another_user_cannot_be_sent_to_a_connection() -> None:
    async def go() -> None:
        owner = manager()
        socket = FakeSocket()
        name = await owner.connect_user("alice", socket)
        assert not await owner.send_to_connection(name, {"type": "x", "user_id": "bob"})
        assert socket.received == []
        assert owner.scoping_stats["events_blocked"] == 1
        assert [entry.action for entry in owner.audit_log] == ["connect", "blocked"]

    run(go())


@pytest.mark.parametrize("place", ["data", "payload"])
def test_i3_a_message_may_speak_of_another_user_and_still_goes_to_whom_it_is_for(place: str) -> None:
    async def go() -> None:
        owner, alice, bob = manager(), FakeSocket(), FakeSocket()
        name = await owner.connect_user("alice", alice, "t1")
        await owner.connect_user("bob", bob)
        joined = {"type": "user_joined", place: {"user_id": "bob"}}
        assert await owner.send_to_connection(name, joined)
        assert await owner.send_to_thread("t1", joined)
        assert (alice.types, bob.types) == (["user_joined", "user_joined"], [])
        assert await owner.send_to_thread("a thread nobody was on", joined)  # the only hint there is
        assert bob.types == ["user_joined"]

    run(go())


def test_i3_a_scoped_event_for_another_user_is_blocked_counted_and_audited() -> None:
    async def go() -> None:
        owner = manager()
        socket = FakeSocket()
        name = await owner.connect_user("alice", socket)
        assert not await owner.send_scoped_event(name, "agent_started", {}, "bob")
        assert await owner.send_scoped_event(name, "agent_started", {}, "alice")
        assert socket.types == ["agent_started"]
        assert owner.hub.counters["blocked"] == 1

    run(go())


def test_i4_the_epoch_and_number_of_one_user_replay_nothing_to_another() -> None:
    async def go() -> None:
        owner = manager()
        alice = Client("alice")
        await alice.connect(owner)
        for number in range(5):
            await owner.send_to_user("alice", event(number))
        alice.read()
        thief = FakeSocket()
        await owner.connect_user("mallory", thief, resume=Resume(alice.epoch, 0))
        assert thief.events == []
        assert thief.messages[0]["recovered"] is False

    run(go())


def test_i4_a_connection_is_closed_with_3000_when_the_token_that_let_it_in_expires() -> None:
    async def go() -> None:
        clock = FakeClock()
        owner = manager(clock=clock)
        short, long = FakeSocket(), FakeSocket()
        await owner.connect_user("alice", short, expires_in=60.0)
        await owner.connect_user("alice", long)
        clock.advance(59.9)
        owner.hub.enforce_deadlines()
        assert short.close_code is None
        clock.advance(0.1)
        owner.hub.enforce_deadlines()
        await turns()
        assert (short.close_code, long.close_code) == (UNAUTHORIZED, None)

    run(go())


def test_i_a_callers_message_is_never_changed() -> None:
    async def go() -> None:
        owner = manager()
        await owner.connect_user("alice", FakeSocket(), "t1")
        message = {"type": "x", "payload": {"k": [1]}}
        await owner.send_to_thread("t1", message)
        await owner.send_to_user("alice", message)
        await owner.broadcast_to_all(message)
        assert message == {"type": "x", "payload": {"k": [1]}}

    run(go())


def test_i_a_connection_scoped_block_sends_to_its_own_connection_only_and_closes_it() -> None:
    async def go() -> None:
        from unified_target import unified_manager

        owner = manager()
        unified_manager._websocket_manager = owner
        try:
            other, mine = FakeSocket(), FakeSocket()
            await owner.connect_user("alice", other)
            async with connection_scoped_manager(mine, "alice", "t1") as scope:
                assert await scope.send_agent_started("triage", "run-1")
                assert scope.is_connection_healthy()
            assert (mine.types, other.types, mine.close_code) == (["agent_started"], [], 1000)
            assert not await scope.send_agent_started("triage", "run-1")
        finally:
            unified_manager._websocket_manager = None

    run(go())


def test_i_a_message_from_a_client_that_names_another_user_is_answered_with_an_error() -> None:
    async def go() -> None:
        owner = manager(DeliverySettings())
        name = await owner.connect_user("alice", FakeSocket())
        scope = owner.get_connection_scope(name)
        assert scope is not None
        assert await scope.handle_incoming_message({"type": "x", "user_id": "alice"}) is None
        reply = await scope.handle_incoming_message({"type": "x", "user_id": "bob"})
        assert reply is not None
        assert reply["type"] == "error"
        assert await scope.handle_incoming_message({"type": "join_thread", "payload": {"thread_id": "t9"}}) is None
        assert owner.connections[name]["thread_id"] == "t9"
        await asyncio.sleep(0)

    run(go())
