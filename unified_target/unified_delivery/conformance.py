"""What every manager of this API must hold, as checks that run against one: in pytest, in a gate, or by hand.

    @pytest.mark.parametrize("check", CHECKS, ids=str)
    def test_conformance(check):
        check.run(UnifiedWebSocketManager.isolated)

    python -m PACKAGE.unified_delivery.conformance     one JSON object a line; exit code 1 when a check fails

Each check is given a function that makes a manager nobody else has, and raises AssertionError with what it saw.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from .channel import SERVICE_RESTART, TOO_MANY_TABS, TRY_AGAIN_LATER
from .hub import ConnectionRefused
from .stream import FIVE_EVENTS, Resume
from .testing import FakeSocket, turns

Make = Callable[[], Any]
Criterion = Literal["events", "isolation", "limits", "event-loss"]


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. `criterion` is the success criterion of the report that it belongs to."""

    criterion: Criterion
    promise: str
    body: Callable[[Make], Awaitable[None]]

    def run(self, make: Make) -> None:
        """Raises AssertionError when the promise does not hold, and whatever the manager raises."""
        asyncio.run(self._bounded(make))

    async def _bounded(self, make: Make) -> None:
        async with asyncio.timeout(30):
            await self.body(make)

    def __str__(self) -> str:
        return self.promise


_CHECKS: list[Check] = []


def _promises(criterion: Criterion, promise: str) -> Callable[[Callable[[Make], Awaitable[None]]], None]:
    def register(body: Callable[[Make], Awaitable[None]]) -> None:
        _CHECKS.append(Check(criterion, promise, body))

    return register


def _same(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise AssertionError(f"{what}: {seen!r}, wanted {wanted!r}")


async def _five(send: Callable[[dict[str, Any]], Awaitable[bool]], **fields: Any) -> None:
    for kind in FIVE_EVENTS:
        _same(f"{kind} was taken", await send({"type": kind, **fields}), True)


@_promises("events", "the five events reach the user in order")
async def _(make: Make) -> None:
    manager, socket = make(), FakeSocket()
    await manager.connect_user("alice", socket)
    await _five(lambda event: manager.send_to_user("alice", event))
    _same("events", socket.types, list(FIVE_EVENTS))


@_promises("events", "the five events reach the user of a thread in order")
async def _(make: Make) -> None:
    manager, socket = make(), FakeSocket()
    await manager.connect_user("alice", socket, "thread-1")
    await _five(lambda event: manager.send_to_thread("thread-1", event))
    _same("events", socket.types, list(FIVE_EVENTS))


@_promises("events", "the five events reach all tabs of the user, in one order")
async def _(make: Make) -> None:
    manager, tabs = make(), [FakeSocket(), FakeSocket(), FakeSocket()]
    for tab in tabs:
        await manager.connect_user("alice", tab)
    await _five(lambda event: manager.send_to_user("alice", event))
    _same("events of the tabs", [tab.types for tab in tabs], [list(FIVE_EVENTS)] * 3)


@_promises("events", "the five events reach a connection through its own scope in order")
async def _(make: Make) -> None:
    manager, socket = make(), FakeSocket()
    connection_id = await manager.connect_user("alice", socket)
    for kind in FIVE_EVENTS:
        _same(kind, await manager.send_scoped_event(connection_id, kind, {"run_id": "run-1"}, "alice"), True)
    _same("events", socket.types, list(FIVE_EVENTS))


@_promises("isolation", "an event for one user reaches no other user on the same thread")
async def _(make: Make) -> None:
    manager, alice, mallory = make(), FakeSocket(), FakeSocket()
    await manager.connect_user("alice", alice, "thread-1")
    await manager.connect_user("mallory", mallory, "thread-1")
    await _five(lambda event: manager.send_to_thread("thread-1", event), user_id="alice")
    await manager.send_to_thread("thread-1", {"type": "agent_started"})
    _same("what mallory got", mallory.types, [])
    _same("what alice got", alice.types, [*FIVE_EVENTS, "agent_started"])


@_promises("isolation", "a connection is never sent what names another user")
async def _(make: Make) -> None:
    manager, socket = make(), FakeSocket()
    connection_id = await manager.connect_user("alice", socket)
    _same("sent", await manager.send_to_connection(connection_id, {"type": "x", "user_id": "bob"}), False)
    _same("sent by scope", await manager.send_scoped_event(connection_id, "x", {}, "bob"), False)
    _same("received", socket.types, [])


@_promises("isolation", "nobody can resume with what another user's client knows")
async def _(make: Make) -> None:
    manager, alice, thief = make(), FakeSocket(), FakeSocket()
    await manager.connect_user("alice", alice, resume=Resume())
    await manager.send_to_user("alice", {"type": "agent_started"})
    await manager.connect_user("mallory", thief, resume=Resume(alice.messages[0]["epoch"], 0))
    _same("what mallory got", (thief.types, thief.messages[0]["recovered"]), ([], False))


@_promises("limits", "a user has at most 3 connections; the fourth is closed with 4009")
async def _(make: Make) -> None:
    manager, sockets = make(), [FakeSocket() for _ in range(8)]
    await asyncio.gather(*(_admitted(manager, "alice", socket) for socket in sockets))
    _same("closed with 4009", [socket.close_code for socket in sockets].count(TOO_MANY_TABS), 5)
    _same("connections", manager.get_connection_count(), 3)


@_promises("limits", "there are at most 100 connections; the next is closed with 1013")
async def _(make: Make) -> None:
    manager, sockets = make(), [FakeSocket() for _ in range(120)]
    await asyncio.gather(*(_admitted(manager, f"user{number}", socket) for number, socket in enumerate(sockets)))
    _same("closed with 1013", [socket.close_code for socket in sockets].count(TRY_AGAIN_LATER), 20)
    _same("connections", manager.get_connection_count(), 100)


async def _admitted(manager: Any, user_id: str, socket: FakeSocket) -> bool:
    try:
        await manager.connect_user(user_id, socket)
    except ConnectionRefused:
        return False
    return True


@_promises("event-loss", "what is sent while the user is away arrives when they connect")
async def _(make: Make) -> None:
    manager, socket = make(), FakeSocket()
    for kind in FIVE_EVENTS:
        _same(kind, await manager.send_to_user("alice", {"type": kind}), False)
    await manager.connect_user("alice", socket)
    await turns()
    _same("events", socket.types, list(FIVE_EVENTS))


@_promises("event-loss", "a client that resumes gets exactly what it missed, before anything new")
async def _(make: Make) -> None:
    manager, first, second = make(), FakeSocket(), FakeSocket()
    await manager.connect_user("alice", first, resume=Resume())
    await manager.send_to_user("alice", {"type": FIVE_EVENTS[0]})
    epoch, last = first.messages[0]["epoch"], first.messages[-1]["stream_seq"]
    await manager.disconnect_user("alice", first)
    for kind in FIVE_EVENTS[1:]:
        await manager.send_to_user("alice", {"type": kind})
    await manager.connect_user("alice", second, resume=Resume(epoch, last))
    await turns()
    _same("recovered", second.messages[0]["recovered"], True)
    _same("events", first.types + second.types, list(FIVE_EVENTS))


@_promises("event-loss", "what a broken socket did not take arrives at the next one")
async def _(make: Make) -> None:
    manager, broken, whole = make(), FakeSocket("ok", "ok", "raise"), FakeSocket()
    await manager.connect_user("alice", broken)
    for kind in FIVE_EVENTS:
        await manager.send_to_user("alice", {"type": kind})
    await manager.connect_user("alice", whole)
    await turns()
    _same("events", broken.types + whole.types, list(FIVE_EVENTS))


@_promises("event-loss", "a client that does not read delays no other")
async def _(make: Make) -> None:
    manager, stuck, others = make(), FakeSocket("hang"), [FakeSocket() for _ in range(20)]
    await manager.connect_user("stuck", stuck)
    for number, socket in enumerate(others):
        await manager.connect_user(f"user{number}", socket)
    for kind in FIVE_EVENTS:
        await manager.broadcast_to_all({"type": kind})
    await turns()
    _same("events of the others", [socket.types for socket in others], [list(FIVE_EVENTS)] * 20)


@_promises("event-loss", "a shutdown lets clients catch up, and tells them to come back")
async def _(make: Make) -> None:
    manager, socket = make(), FakeSocket()
    await manager.connect_user("alice", socket)
    for kind in FIVE_EVENTS:
        manager.publish("alice", {"type": kind})
    await manager.shutdown()
    _same("events", socket.types, list(FIVE_EVENTS))
    _same("close code", socket.close_code, SERVICE_RESTART)


CHECKS: Final[tuple[Check, ...]] = tuple(_CHECKS)
"""All promises, in the order of the success criteria."""


def main() -> int:
    """Run all checks against the manager beside this package; 1 when one fails."""
    from ..unified_manager import UnifiedWebSocketManager

    logging.disable(logging.CRITICAL)  # what the checks provoke is no news
    failed = 0
    for check in CHECKS:
        problem = ""
        try:
            check.run(UnifiedWebSocketManager.isolated)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            failed += 1
        line = {"criterion": check.criterion, "promise": check.promise, "holds": not problem, "problem": problem}
        sys.stdout.write(json.dumps(line) + "\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
