"""Random programs over workers, tabs and a Redis that fails: what may happen, and what must be so in the end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.unified.backplane.redis_tools import (
    Client,
    RedisServer,
    Worker,
    all_agree,
    alone,
    connected,
    flushed,
    leave,
    until,
)

USERS = ("alice", "bob")
TABS = [(user, tab) for user in USERS for tab in range(2)]

PUBLISH = st.tuples(st.just("publish"), st.integers(0, 2), st.integers(0, 1), st.integers(1, 4))
MOVE = st.tuples(st.just("move"), st.integers(0, 3), st.integers(0, 2))
LEAVE = st.tuples(st.just("leave"), st.integers(0, 3))
TURNS = st.tuples(st.just("turns"), st.integers(1, 8))
CALM = st.tuples(st.just("calm"))
CUT = st.tuples(st.just("cut"))
CRASH = st.tuples(st.just("crash"), st.booleans())
BACK = st.tuples(st.just("back"))
BROADCAST = st.tuples(st.just("broadcast"), st.integers(0, 2))
RENEW = st.tuples(st.just("renew"), st.integers(0, 2))
HANG = st.tuples(st.just("hang"), st.integers(1, 200))
LOSE = st.tuples(st.just("lose"))
USUAL = [PUBLISH, PUBLISH, PUBLISH, MOVE, MOVE, LEAVE, TURNS, CALM, BROADCAST, RENEW]
QUIET = st.lists(st.one_of(*USUAL), max_size=25)
FAULTY = st.lists(st.one_of(*USUAL, CUT, CRASH, BACK, BACK), max_size=25)
LOSSY = st.lists(st.one_of(*USUAL, CUT, CRASH, BACK, LOSE, HANG), max_size=25)


class Program:
    """Runs steps, and knows what each tab must have in the end: its tabs connect before anything is published."""

    def __init__(self, server: RedisServer, joined: list[Worker]) -> None:
        self.server, self.workers, self.up = server, joined, True
        self.tabs = [Client(user) for user, _ in TABS]
        self.at: list[Worker | None] = [None] * len(self.tabs)
        self.count = 0
        self.published: dict[str, list[tuple[int, int]]] = {user: [] for user in USERS}  # number, worker
        self.apart: set[int] = set()  # delivered while Redis was away, by one worker
        for worker in joined:
            self._watch(worker)

    def _watch(self, worker: Worker) -> None:
        deliver = worker.plane._logs.deliver

        def noted(record: Any) -> int:
            if record.message is not None:
                self.apart.add(int(record.message.text.partition('"n":')[2].rstrip("}")))
            return deliver(record)

        worker.plane._logs.deliver = noted  # type: ignore[method-assign]

    async def connect(self, tab: int, worker: int) -> None:
        await self.leave(tab)
        there = self.workers[worker % len(self.workers)]
        if await self.may_connect(self.tabs[tab], there):
            self.at[tab] = there
            await self.tabs[tab].connect(there.manager)

    async def may_connect(self, tab: Client, worker: Worker) -> bool:
        """Not to a worker that has read less than the client: should Redis die now, it could not tell what is new."""

        def ahead() -> bool:
            _, alone, rest = (tab.epoch or "").partition("@")
            common = int(rest.partition("/")[0]) if alone else tab.last_seq
            return common > getattr(worker.manager.hub.stream(tab.user_id), "last", 0)

        if self.up:
            await until(lambda: not ahead())
        return not ahead()

    async def leave(self, tab: int) -> None:
        worker, self.at[tab] = self.at[tab], None
        if worker is not None:
            await leave(self.tabs[tab], worker)

    def publish(self, worker: int, user: int, count: int) -> None:
        for _ in range(count):
            self.workers[worker % len(self.workers)].send(USERS[user], self.count)
            self.published[USERS[user]].append((self.count, worker % len(self.workers)))
            self.count += 1

    async def step(self, name: str, *values: Any) -> None:
        """One step; those that make no sense now do nothing."""
        if self.up or name not in ("cut", "crash", "calm", "broadcast", "renew", "hang"):
            outcome = getattr(self, name)(*values)
            if outcome is not None:
                await outcome

    async def move(self, tab: int, worker: int) -> None:
        await self.connect(tab, worker)

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0.001)

    def cut(self) -> None:
        self.server.kill_clients()

    async def crash(self, noticed: bool) -> None:
        await self.before_crash()
        self.server.kill()
        self.up = False
        if noticed:
            await alone(*self.workers)

    async def before_crash(self) -> None:
        """All workers know the present generation: one that does not cannot take in a client that does."""
        await connected(*self.workers)
        await until(lambda: len({worker.plane.generation for worker in self.workers}) == 1)

    def lose(self) -> None:
        if not self.up:
            self.server.forget()

    async def hang(self, milliseconds: int) -> None:
        self.server.pause(True)
        await asyncio.sleep(milliseconds / 1000)
        self.server.pause(False)

    async def calm(self) -> None:
        await connected(*self.workers)
        await flushed(*self.workers)

    async def broadcast(self, worker: int) -> None:
        """To everybody, once all workers know who that is; a worker that was cut off as it left counts for a while."""
        await self.calm()
        await until(self._known)
        sender = self.workers[worker % len(self.workers)]
        present = {tab.user_id for tab, at in zip(self.tabs, self.at, strict=True) if at is not None}
        users = present | sender.plane.presence.users()
        sender.manager.hub.broadcast({"type": "news", "n": self.count})
        for user in users:
            self.published[user].append((self.count, worker % len(self.workers)))
        self.count += 1

    def _known(self) -> bool:
        def pairs(worker: Worker) -> set[tuple[str, str | None]]:
            return {(channel.user_id, channel.thread_id) for channel in worker.manager.hub.all_channels()}

        return all(
            one.plane.presence._pairs.get(other.plane.worker, set()) == pairs(other)
            for one, other in itertools.permutations(self.workers, 2)
        )

    async def renew(self, worker: int) -> None:
        """Stop a worker and start another in its place; its tabs are gone."""
        await self.calm()
        for user in USERS:
            await all_agree(user, *self.workers)
        old = self.workers[worker % len(self.workers)]
        for tab, at in enumerate(self.at):
            if at is old:
                await self.leave(tab)
        await old.stop()
        new = self.workers[worker % len(self.workers)] = Worker(self.server, old.plane.settings)
        await new.start()
        await connected(new)  # a worker that has not met Redis cannot know what a client missed
        self._watch(new)

    def back(self) -> None:
        if not self.up:
            self.server.start()
            self.up = True

    async def run(self, steps: list[tuple[Any, ...]]) -> None:
        for tab in range(len(self.tabs)):
            await self.connect(tab, tab)
        await asyncio.sleep(0.01)
        for step in steps:
            await self.step(*step)
        await self.end()

    async def end(self) -> None:
        """All is well again, everybody connects, and gets what is owed."""
        self.back()
        await connected(*self.workers)
        for tab, worker in enumerate(self.at):
            if worker is None:
                await self.connect(tab, tab)
        for user in USERS:
            await all_agree(user, *self.workers)
        with contextlib.suppress(TimeoutError):  # the checks say better what is missing
            await until(lambda: all(self.owed(tab) <= set(tab.numbers) for tab in self.tabs), 10)

    def owed(self, tab: Client) -> set[int]:
        return {number for number, _ in self.published[tab.user_id]}

    def check(self) -> None:
        """Every tab has every event of its user once; but for what was delivered apart, all in one order."""
        for tab in self.tabs:
            wanted = [number for number, _ in self.published[tab.user_id]]
            assert sorted(tab.numbers) == wanted, f"{tab.user_id}: lost, twice, or of another user"
            assert tab.recovered[1:] == [True] * (len(tab.recovered) - 1)
            assert tab.gaps == []
            self.check_own_order(tab)
        for user in USERS:
            orders = [
                [number for number in tab.numbers if number not in self.apart]
                for tab in self.tabs
                if tab.user_id == user
            ]
            assert all(order == orders[0] for order in orders), "tabs disagree"
        self.check_logs()

    def check_own_order(self, tab: Client) -> None:
        for one in range(len(self.workers)):
            of_one = {number for number, worker in self.published[tab.user_id] if worker == one}
            theirs = [number for number in tab.numbers if number in of_one]
            assert theirs == sorted(theirs), "the events of one worker are out of order"

    def check_logs(self) -> None:
        for user in USERS:
            for one, other in itertools.pairwise(self.workers):
                assert one.numbers(user) == other.numbers(user), "logs differ"


class Page(Client):
    """A tab that begins anew when it is told that something was lost."""

    def __init__(self, user_id: str, count: Callable[[], int]) -> None:
        super().__init__(user_id)
        self._count, self.since = count, 0

    def read(self) -> None:
        frames, self.socket.received = self.socket.received, []
        for text in frames:
            if '"recovered": false' in text:
                self.seen.clear()
                self.since = self._count()
            self.socket.received = [text]
            super().read()


class LossyProgram(Program):
    """Redis may lose its data, and crash again before all workers noticed: a client that is told so begins anew, and
    has everything from then on once.
    """

    def __init__(self, server: RedisServer, joined: list[Worker]) -> None:
        super().__init__(server, joined)
        self.tabs = [Page(user, lambda: self.count) for user, _ in TABS]

    async def before_crash(self) -> None:
        pass

    async def may_connect(self, tab: Client, worker: Worker) -> bool:
        return True

    async def step(self, name: str, *values: Any) -> None:
        await super().step(name, *values)
        for tab in self.tabs:
            tab.read()

    def owed(self, tab: Client) -> set[int]:
        assert isinstance(tab, Page)
        return {number for number, _ in self.published[tab.user_id] if number >= tab.since}

    def check(self) -> None:
        for tab in self.tabs:
            numbers = tab.numbers
            assert len(set(numbers)) == len(numbers), "twice"
            assert set(numbers) <= {number for number, _ in self.published[tab.user_id]}, "of another user"
            assert self.owed(tab) <= set(numbers), "lost without a word"
            self.check_own_order(tab)
        self.check_logs()
