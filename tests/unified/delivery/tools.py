"""What the delivery tests share: a manager of their own, and a client that keeps what it got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from unified_target.unified_delivery.stream import DeliverySettings, Resume
from unified_target.unified_delivery.testing import Behaviour, FakeClock, FakeSocket, turns
from unified_target.unified_manager import UnifiedWebSocketManager

T = TypeVar("T")
QUICK = DeliverySettings(send_deadline=0.05, close_deadline=0.05, drain_seconds=0.2)  # where a deadline must pass


def manager(settings: DeliverySettings | None = None, **more: Any) -> UnifiedWebSocketManager:
    return UnifiedWebSocketManager.isolated(settings=settings, **more)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; a task that is left over is a leak, and fails the test."""

    async def watched() -> T:
        result = await work
        await turns()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        waiting = [task for task in left if not task.get_name().startswith("websocket-writer-")]
        assert not waiting, f"left running: {waiting}"
        return result

    return asyncio.run(watched())


async def until(condition: Any, seconds: float = 5.0) -> None:
    """Wait for a condition to hold."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)


def event(number: int, kind: str = "agent_thinking") -> dict[str, Any]:
    return {"type": kind, "n": number}


class Client:
    """A browser tab that resumes: it remembers the epoch and the last number, and each event once."""

    def __init__(self, user_id: str, thread_id: str | None = None) -> None:
        self.user_id, self.thread_id = user_id, thread_id
        self.socket = FakeSocket()
        self.connection_id = ""
        self.epoch: str | None = None
        self.last_seq = 0
        self.recovered: list[bool] = []
        self.seen: list[dict[str, Any]] = []
        self.gaps: list[tuple[int, int]] = []

    async def connect(self, hub_owner: UnifiedWebSocketManager, *script: Behaviour) -> None:
        self.socket = FakeSocket(*script)
        resume = Resume(self.epoch, self.last_seq)
        self.connection_id = await hub_owner.connect_user(self.user_id, self.socket, self.thread_id, resume=resume)

    def read(self) -> None:
        """Take in what the socket got, as a page would: numbers it has seen are skipped."""
        frames, self.socket.received = self.socket.received, []
        for text in frames:
            message = json.loads(text)
            if message["type"] == "hello":
                self.recovered.append(message["recovered"])
                self.epoch, self.last_seq = message["epoch"], message["stream_seq"]
                continue
            before = message.get("stream_prev", message["stream_seq"] - 1)
            if before != self.last_seq:
                self.gaps.append((self.last_seq, message["stream_seq"]))
            self.last_seq = message["stream_seq"]
            self.seen.append(message)

    @property
    def numbers(self) -> list[int]:
        self.read()
        return [message["n"] for message in self.seen]


__all__ = [
    "QUICK",
    "Client",
    "DeliverySettings",
    "FakeClock",
    "FakeSocket",
    "Resume",
    "event",
    "manager",
    "run",
    "turns",
    "until",
]
