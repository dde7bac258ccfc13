"""What the backplane costs: CPU per event and latency, beside the same hub without it and bare XADD + XREAD.

    python -m benchmarks.backplane_cost [--events 20000] [--rounds 3]

Starts a redis-server of its own on a loopback port. CPU is that of this process (publisher and reader in one, as in
runtime.md c7), not of Redis, whose own share is printed apart. The figures of runtime.md c7, on the same kind of
machine: 226 us for an awaited XADD with XREAD, 52-66 us pipelined by 50; latency p50 0.42-0.59 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unified_target.unified_delivery.backplane import RedisBackplane
from unified_target.unified_delivery.hub import Hub
from unified_target.unified_delivery.stream import DeliverySettings
from unified_target.unified_delivery.wire import SocketAdapter

EVENT: dict[str, Any] = {
    "type": "agent_thinking",
    "run_id": "run-12345678",
    "agent_name": "triage",
    "timestamp": "2025-09-04T12:00:00+00:00",
    "payload": {"reasoning": "x" * 300, "step_number": 3},
}
BURST = 50


class Counting:
    """A socket that notes when it was sent something."""

    def __init__(self) -> None:
        self.count = 0
        self.at = 0.0

    async def send_text(self, text: str) -> None:
        """Take it."""
        self.count += 1
        self.at = time.perf_counter()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Nothing to close."""


@contextlib.contextmanager
def redis_server() -> Iterator[tuple[int, int]]:
    """A server without a file, on a free port: its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = shutil.which("redis-server") or "/usr/bin/redis-server"
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        try:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.01)
            yield port, process.pid
        finally:
            process.kill()
            process.wait()


async def burst(hub: Hub, here: Counting, events: int) -> float:
    """CPU us per event, published in bursts of 50 that are waited for."""
    began, start = time.process_time(), here.count
    for done in range(0, events, BURST):
        for _ in range(BURST):
            hub.publish("alice", EVENT)
        while here.count < start + done + BURST:
            await asyncio.sleep(0.0002)
    return (time.process_time() - began) / events * 1e6


async def flood(hub: Hub, here: Counting, events: int) -> float:
    """The same without a wait: the backplane pipelines as it can, 200 events at most under way."""
    began, start = time.process_time(), here.count
    for done in range(events):
        hub.publish("alice", EVENT)
        while start + done - here.count > 200:
            await asyncio.sleep(0.0002)
    while here.count < start + events:
        await asyncio.sleep(0.0002)
    return (time.process_time() - began) / events * 1e6


async def latency(hub: Hub, here: Counting, events: int) -> tuple[float, float]:
    """ms from publish to the socket, p50 and p99, 200 events a second."""
    times = []
    for _ in range(events):
        count, began = here.count, time.perf_counter()
        hub.publish("alice", EVENT)
        while here.count == count:
            await asyncio.sleep(0)
        times.append((here.at - began) * 1000)
        await asyncio.sleep(0.005)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.99)]


async def bare(url: str, events: int) -> float:
    """CPU us per event of a pipelined XADD and an XREAD, with nothing around: what redis-py and Redis allow."""
    from redis.asyncio import Redis

    text = "x" * 480
    async with Redis.from_url(url) as writer, Redis.from_url(url, socket_timeout=None) as reader:
        last, began = "0-0", time.process_time()
        for _ in range(0, events, BURST):
            pipeline = writer.pipeline(transaction=False)
            for _ in range(BURST):
                pipeline.xadd("bare", {"m": text, "b": ""}, maxlen=1000, approximate=True)
            await pipeline.execute()
            seen = 0
            while seen < BURST:
                answer: Any = await reader.xread({"bare": last}, count=100, block=1000)
                entries = next(iter(answer.values()))[0] if isinstance(answer, dict) else answer[0][1]
                seen, last = seen + len(entries), entries[-1][0]
        return (time.process_time() - began) / events * 1e6


async def bare_latency(url: str, events: int) -> float:
    """ms from an XADD to the return of the XREAD that waits for it, p50, 200 a second."""
    from redis.asyncio import Redis

    times = []
    async with Redis.from_url(url) as writer, Redis.from_url(url, socket_timeout=None) as reader:
        for _ in range(events):
            reading: Any = asyncio.ensure_future(reader.xread({"bare": "$"}, block=1000))
            await asyncio.sleep(0.005)
            began = time.perf_counter()
            await writer.xadd("bare", {"m": "x" * 480, "b": ""})
            await reading
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def alone(events: int) -> float:
    """CPU us per event of a hub without a backplane."""
    hub, here = Hub(DeliverySettings()), Counting()
    hub.attach("alice", "tab", SocketAdapter(here))
    await asyncio.sleep(0)
    began = time.process_time()
    for _ in range(events):
        hub.publish("alice", EVENT)
        await asyncio.sleep(0)
    spent = time.process_time() - began
    await hub.shutdown()
    return spent / events * 1e6


async def joined(url: str, workers: int, events: int) -> dict[str, float]:
    """A publisher on the first worker, a connection on the last."""
    hubs, here = [Hub(DeliverySettings()) for _ in range(workers)], Counting()
    async with contextlib.AsyncExitStack() as stack:
        for hub in hubs:
            await stack.enter_async_context(RedisBackplane(hub, url, prefix=f"bench{workers}"))
        hubs[-1].attach("alice", "tab", SocketAdapter(here))
        await asyncio.sleep(0.05)
        name = f"{workers} worker{'s' * (workers > 1)} with backplane"
        found = {
            f"{name}: CPU us, bursts of {BURST}": await burst(hubs[0], here, events),
            f"{name}: CPU us, as fast as it goes": await flood(hubs[0], here, events),
        }
        p50, p99 = await latency(hubs[0], here, 300)
        await hubs[-1].shutdown()
    return {**found, f"{name}: latency p50 ms": p50, f"{name}: latency p99 ms": p99}


async def one_round(port: int, events: int) -> dict[str, float]:
    """All figures once."""
    url = f"redis://127.0.0.1:{port}"
    return {
        f"bare XADD + XREAD: CPU us, pipelined by {BURST}": await bare(url, events),
        "bare XADD + XREAD: latency p50 ms": await bare_latency(url, 300),
        "a hub without backplane: CPU us": await alone(events),
        **await joined(url, 1, events),
        **await joined(url, 2, events),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with redis_server() as (port, pid):
        rounds = [asyncio.run(one_round(port, arguments.events)) for _ in range(arguments.rounds)]
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    for name in rounds[0]:
        values = [one[name] for one in rounds]
        print(f"{name:52} {statistics.median(values):8.2f}   ({min(values):.2f} to {max(values):.2f})")
    print(f"CPU of redis-server, all of it: {(int(ticks[11]) + int(ticks[12])) / os.sysconf('SC_CLK_TCK'):.2f} s")


if __name__ == "__main__":
    main()
