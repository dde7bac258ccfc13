"""Doubles for tests of code that uses the manager: a socket that misbehaves on request, a clock that stands still.

socket = FakeSocket()                      # takes everything
socket = FakeSocket("ok", "raise", "hang") # the first send works, the second raises, all later ones hang
clock = FakeClock(); manager = UnifiedWebSocketManager.isolated(clock=clock)
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, Literal, get_args

Behaviour = Literal["ok", "slow", "hang", "raise", "write_then_hang", "write_then_raise"]
BEHAVIOURS: Final[tuple[Behaviour, ...]] = get_args(Behaviour)


class FakeSocket:
    """A socket in memory. Each send follows the next of `script`, the last one for ever; the default is "ok".

    ok: takes the frame. slow: takes it when `release` is called. hang: never returns. raise: takes nothing and raises
    ConnectionError. write_then_hang, write_then_raise: the client has the frame, the sender does not learn of it.
    `received` is what the client has, frame by frame as text; `close_code` is None while open.
    """

    def __init__(self, *script: Behaviour) -> None:
        self._script = list(script or ("ok",))
        self._gate = asyncio.Event()
        self.received: list[str] = []
        self.close_code: int | None = None
        self.close_reason = ""
        self.sending = 0
        self.most_sending = 0
        self.accepted = False

    async def accept(self) -> None:
        """What a server does with a handshake it agrees to."""
        self.accepted = True

    async def send_text(self, text: str) -> None:
        """Follow the script. Raises ConnectionError where it says so, and after the socket was closed."""
        if self.close_code is not None:
            raise ConnectionError("the socket is closed")
        behaviour = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        self.sending += 1
        self.most_sending = max(self.most_sending, self.sending)
        try:
            await self._behave(behaviour, text)
        finally:
            self.sending -= 1

    async def _behave(self, behaviour: Behaviour, text: str) -> None:
        if behaviour == "slow":
            await self._gate.wait()
        if behaviour not in ("hang", "raise"):
            self.received.append(text)
        if behaviour in ("hang", "write_then_hang"):
            await asyncio.get_running_loop().create_future()
        if behaviour in ("raise", "write_then_raise"):
            raise ConnectionError("the script says so")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close once; a second time raises RuntimeError, as Starlette's sockets do."""
        if self.close_code is not None:
            raise RuntimeError("closed twice")
        self.close_code, self.close_reason = code, reason

    def release(self) -> None:
        """Let slow sends go on."""
        self._gate.set()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the client has, as objects; the content of batch frames in order."""
        found: list[dict[str, Any]] = []
        for text in self.received:
            frame = json.loads(text)
            found += frame if isinstance(frame, list) else [frame]
        return found

    @property
    def events(self) -> list[dict[str, Any]]:
        """The messages without control frames (hello, ping)."""
        return [message for message in self.messages if message.get("type") not in ("hello", "ping")]

    @property
    def types(self) -> list[str]:
        """The types of the events, in order."""
        return [str(event.get("type")) for event in self.events]


class FakeClock:
    """A clock that moves when told. `jump` moves only the wall clock, as an NTP correction does."""

    def __init__(self, start: float = 1_000.0, wall: float = 1_700_000_000.0) -> None:
        self._now, self._wall = start, wall

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return self._now

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._wall

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._wall += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward, or back."""
        self._wall += seconds


async def turns(count: int = 5) -> None:
    """Let every task that can go on do so, `count` times over."""
    for _ in range(count):
        await asyncio.sleep(0)
