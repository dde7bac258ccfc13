"""What workers tell each other beside events: who is connected where, whom an event was handed to, what was forgone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final

from .backplane_settings import BackplaneSettings
from .hub import Hub


class Presence:
    """Which users are connected to the other workers, and on which threads, as those said last."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._pairs: dict[str, set[tuple[str, str | None]]] = {}
        self._users: dict[str, dict[str, int]] = {}
        self._heard: dict[str, float] = {}

    def heard(self, worker: str, now: float) -> None:
        """A worker lives."""
        self._heard[worker] = now

    def update(self, worker: str, came: Iterable[Any], went: Iterable[Any], all_of_them: bool) -> None:
        """Take in what a worker says; with `all_of_them`, it is everything."""
        if all_of_them:
            self._pairs[worker], self._users[worker] = set(), {}
        pairs, users = self._pairs.setdefault(worker, set()), self._users.setdefault(worker, {})
        for user, thread in came:
            if (user, thread) not in pairs:
                pairs.add((user, thread))
                users[user] = users.get(user, 0) + 1
        for user, thread in went:
            if (user, thread) in pairs:
                pairs.discard((user, thread))
                users[user] -= 1
                if not users[user]:
                    del users[user]

    def forget(self, worker: str) -> None:
        """A worker stopped."""
        for table in (self._pairs, self._users, self._heard):
            table.pop(worker, None)

    def forget_silent(self, now: float) -> None:
        """Forget the workers that were not heard for too long."""
        for worker in [name for name, at in self._heard.items() if now - at > self._patience]:
            self.forget(worker)

    def users(self) -> set[str]:
        """Everybody who is connected elsewhere."""
        return {user for users in self._users.values() for user in users}

    def has(self, user_id: str) -> bool:
        """Whether a user is connected elsewhere."""
        return any(user_id in users for users in self._users.values())

    def shows(self, user_id: str, thread_id: str | None) -> bool:
        """Whether a tab elsewhere shows a user's thread."""
        return any((user_id, thread_id) in pairs for pairs in self._pairs.values())


class Notes:
    """What this worker has yet to tell the others: who is here, whom events were handed to, what it had no room for.

    `moved`: who is here is not what was told; `leaving`: nothing more is told; `forgone`: users whose events went.
    """

    def __init__(self, hub: Hub, settings: BackplaneSettings, presence: Presence) -> None:
        self._hub, self._settings, self._presence = hub, settings, presence
        self.moved, self.leaving = True, False
        self.forgone: set[str] = set()
        self._told: set[tuple[str, str | None]] = set()
        self._told_all = self._beat_at = self._handed_at = 0.0
        self._handed: deque[tuple[str, str, int]] = deque(maxlen=settings.outbox_events)

    def handed(self, user_id: str, worker: str, count: int) -> None:
        """A connection of the user was sent this event of a worker."""
        self._handed.append((user_id, worker, count))

    def hurry(self) -> None:
        """A connection came, went or changed its thread: who left may connect elsewhere at once."""
        self.moved = True
        self._handed_at = 0.0

    def tell_anew(self) -> None:
        """Redis may have forgotten that we are here."""
        self._told_all, self.moved = 0.0, True

    def due(self) -> float:
        """When the next one is to be told."""
        if self.moved or self.forgone:
            return float("-inf")
        return min(self._handed_at, self._beat_at) if self._handed else self._beat_at

    def take(self, now: float) -> Iterator[list[Any]]:
        """Those that are due; they count as told. The first is a sign of life, with who is here."""
        if self.leaving:
            self.moved = False
            return
        if self.moved or now >= self._beat_at:
            yield self._present(now)
            self._beat_at = now + self._settings.beat
            self._presence.forget_silent(now)
        if self._handed and now >= self._handed_at:
            yield self._handed_note()
            self._handed_at = now + self._settings.handed_every
        if self.forgone:
            yield ["forgone", sorted(self.forgone)]
            self.forgone.clear()

    def _present(self, now: float) -> list[Any]:
        """Who is here: what changed, or everything once in a while."""
        here = {(channel.user_id, channel.thread_id) for channel in self._hub.channels.values()}
        self.moved = False
        everything = now >= self._told_all
        if everything:
            self._told_all, self._told = now + ALL_BEATS * self._settings.beat, set()
        came, went = here - self._told, self._told - here
        self._told = here
        return ["present", list(came), list(went), everything]

    def _handed_note(self) -> list[Any]:
        handed: dict[tuple[str, str], list[int]] = {}
        while self._handed:
            user, worker, count = self._handed.popleft()
            handed.setdefault((user, worker), []).append(count)
        return ["handed", [[user, worker, counts] for (user, worker), counts in handed.items()]]


ALL_BEATS: Final = 6
"""Beats after which a worker says again who all is connected to it, for workers that missed it."""
