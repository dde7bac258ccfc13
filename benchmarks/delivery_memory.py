"""What delivering an event costs, in memory: CPU per message, one hung client, one user among many, bytes a connection.

    python -m benchmarks.delivery_memory [--rounds N]

Rivals run in the same process, on the same sockets and messages: a loop that encodes once and awaits each send (the
floor: it keeps no promise), and an unbounded queue and a task for each client (the pattern of the websockets
documentation). CPU seconds of this process; the machine's noise moves the figures, less so their ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
import tracemalloc
from collections.abc import Awaitable, Callable

from unified_target.unified_delivery.stream import DeliverySettings, Resume
from unified_target.unified_manager import UnifiedWebSocketManager

EVENT = {
    "type": "agent_thinking",
    "run_id": "run-1234567890",
    "agent_name": "triage",
    "timestamp": "2025-09-04T12:00:00.000000+00:00",
    "payload": {"reasoning": "x" * 330, "step_number": 3, "progress_percentage": 40.0, "status": "thinking"},
}  # 477 bytes of JSON, as the field was measured with
MANY = DeliverySettings(total=1_000_000)
Broadcast = Callable[[], Awaitable[None]]


class Socket:
    """A socket that takes everything at once; `stuck` ones never return."""

    __slots__ = ("count", "stuck")

    def __init__(self, stuck: bool = False) -> None:
        self.count, self.stuck = 0, stuck

    async def send_text(self, text: str) -> None:
        """Take it, or never return."""
        if self.stuck:
            await asyncio.get_running_loop().create_future()
        self.count += 1

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Nothing to do."""


async def loop_that_encodes_once(sockets: list[Socket]) -> Broadcast:
    """The floor: no queue, no order between producers, one hung client stops all."""

    async def broadcast() -> None:
        text = json.dumps(EVENT)
        for socket in sockets:
            await socket.send_text(text)

    return broadcast


async def queue_per_client(sockets: list[Socket]) -> Broadcast:
    """The pattern of the websockets documentation: unbounded, at most once."""
    queues: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in sockets]

    async def write(socket: Socket, queue: asyncio.Queue[str]) -> None:
        while True:
            await socket.send_text(await queue.get())

    tasks = [asyncio.create_task(write(socket, queue)) for socket, queue in zip(sockets, queues, strict=True)]

    async def broadcast() -> None:
        assert tasks
        text = json.dumps(EVENT)
        for queue in queues:
            queue.put_nowait(text)

    return broadcast


def ours(resume: Resume | None) -> Callable[[list[Socket]], Awaitable[Broadcast]]:
    """The unified manager, a user for each socket."""

    async def connect(sockets: list[Socket]) -> Broadcast:
        manager = UnifiedWebSocketManager.isolated(settings=MANY)
        for number, socket in enumerate(sockets):
            await manager.connect_user(f"user{number}", socket, resume=resume)

        async def broadcast() -> None:
            await manager.broadcast_to_all(EVENT)

        return broadcast

    return connect


RIVALS = {
    "encode once, await each": loop_that_encodes_once,
    "queue and task per client": queue_per_client,
    "unified": ours(None),
    "unified, numbered": ours(Resume()),
}


async def fan_out(connect: Callable[[list[Socket]], Awaitable[Broadcast]], clients: int, rounds: int) -> float:
    """CPU microseconds for each delivered message."""
    sockets = [Socket() for _ in range(clients)]
    broadcast = await connect(sockets)
    for _ in range(3):
        await broadcast()
        await asyncio.sleep(0)
    before, started = sum(socket.count for socket in sockets), time.process_time()
    for _ in range(rounds):
        await broadcast()
        await asyncio.sleep(0)
    spent = time.process_time() - started
    await asyncio.sleep(0)
    return spent * 1e6 / (sum(socket.count for socket in sockets) - before)


async def one_user_among(users: int, rounds: int) -> float:
    """CPU microseconds to send to one user's three tabs."""
    manager = UnifiedWebSocketManager.isolated(settings=MANY)
    for number in range(users):
        for _ in range(3):
            await manager.connect_user(f"user{number}", Socket(), f"thread{number}")
    event = {**EVENT, "user_id": "user7"}
    started = time.process_time()
    for _ in range(rounds):
        for _ in range(50):
            manager.publish("user7", event, thread_id="thread7")
        await asyncio.sleep(0)
    return (time.process_time() - started) * 1e6 / rounds / 50


async def one_hung_of(clients: int, rounds: int) -> tuple[float, float]:
    """Share of the others' messages delivered, and the longest a producer was held, in CPU milliseconds."""
    manager = UnifiedWebSocketManager.isolated(settings=MANY)
    sockets = [Socket(stuck=number == 0) for number in range(clients)]
    for number, socket in enumerate(sockets):
        await manager.connect_user(f"user{number}", socket)
    longest = 0.0
    for _ in range(rounds):
        started = time.process_time()
        await manager.broadcast_to_all(EVENT)
        longest = max(longest, time.process_time() - started)
    await asyncio.sleep(0)
    return sum(socket.count for socket in sockets[1:]) / rounds / (clients - 1), longest * 1e3


async def bytes_per_connection(clients: int) -> float:
    """Python memory that a connection of its own user adds, without the socket."""
    manager = UnifiedWebSocketManager.isolated(settings=MANY)
    sockets = [Socket() for _ in range(clients)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number, socket in enumerate(sockets):
        await manager.connect_user(f"user{number}", socket)
    gc.collect()
    spent = (tracemalloc.get_traced_memory()[0] - before) / clients
    tracemalloc.stop()
    return spent


def best(measure: Callable[[], Awaitable[float]], repeats: int) -> float:
    """The least of several: what is added is other people's work."""

    async def once() -> float:
        gc.collect()
        return await measure()

    return min(asyncio.run(once()) for _ in range(repeats))


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print("fan-out, CPU us for each message      N=100   N=1000   N=5000")
    for name, connect in RIVALS.items():
        figures = [
            best(lambda c=connect, n=clients, r=rounds: fan_out(c, n, r), repeats)
            for clients, rounds in ((100, 500), (1000, 60), (5000, 15))
        ]
        print(f"  {name:<32}" + "".join(f"{figure:9.2f}" for figure in figures))
    print("one user's 3 tabs, CPU us an event     of 33    of 333  of 3,333 users")
    figures = [best(lambda n=users: one_user_among(n, 60), repeats) for users in (33, 333, 3333)]
    print(" " * 34 + "".join(f"{figure:9.2f}" for figure in figures))
    served, longest = asyncio.run(one_hung_of(100, 200))
    print(f"one hung client of 100: {served:.1%} of the others' messages, a producer was held {longest:.2f} ms at most")
    print(f"bytes for each connection: {asyncio.run(bytes_per_connection(1000)):.0f}")


if __name__ == "__main__":
    main()
