"""What the backplane tests share: a Redis server of their own, workers that are hubs on it, and tabs that move."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unified.delivery.tools import Client, DeliverySettings, FakeSocket, run, until
from unified_target.unified_delivery.backplane import BackplaneSettings, RedisBackplane
from unified_target.unified_manager import UnifiedWebSocketManager

REDIS = shutil.which("redis-server") or "/usr/bin/redis-server"
DELIVERY = DeliverySettings(send_deadline=2.0, close_deadline=0.5, drain_seconds=0.5)
QUICK_PLANE = BackplaneSettings(timeout=2.0, first_retry=0.01, last_retry=0.1, handed_every=0.02, drain_seconds=3.0)


def require_redis() -> None:
    """Skip, and say why, where there is no Redis to test with."""
    pytest.importorskip("redis.asyncio", reason="the redis package is not installed")
    if not Path(REDIS).exists():
        pytest.skip("redis-server is not installed")


class RedisServer:
    """A redis-server on a loopback port, in a folder of its own."""

    def __init__(self, append_only: bool = True) -> None:
        self._append_only = append_only
        self._folder = tempfile.TemporaryDirectory(prefix="wsc-redis-")
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run, and return when it answers; what it kept is loaded."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder.name, "--save", ""]
        if self._append_only:  # always: what was acknowledged is in the file, whatever the disk does meanwhile
            options += ["--appendonly", "yes", "--appendfsync", "always"]
        self._process = subprocess.Popen([REDIS, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, "redis-server ended"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.005)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
        return False

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self, hung: bool) -> None:
        """Make it hang, or go on."""
        assert self._process is not None
        self._process.send_signal(19 if hung else 18)

    def forget(self) -> None:
        """Throw away what it kept; only while it does not run."""
        for name in Path(self._folder.name).iterdir():
            shutil.rmtree(name) if name.is_dir() else name.unlink()

    def copy(self) -> None:
        """Keep a copy of what it has on the disk now."""
        shutil.copytree(self._folder.name, f"{self._folder.name}-copy")

    def restore(self) -> None:
        """Go back to the copy; only while it does not run."""
        self.forget()
        shutil.copytree(f"{self._folder.name}-copy", self._folder.name, dirs_exist_ok=True)

    def ask(self, *command: Any) -> Any:
        """Run a command on a connection of its own."""
        import redis

        with redis.Redis(port=self.port) as client:
            return client.execute_command(*command)

    def connections_of(self, worker: Worker) -> int:
        """How many connections a worker has to it."""
        return str(self.ask("CLIENT", "LIST")).count(f"name=wsc-{worker.plane.worker}")

    def kill_clients(self, kind: str = "normal") -> int:
        """Cut every connection but the one that asks."""
        return int(self.ask("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"))

    def kill_clients_of(self, worker: Worker) -> None:
        """Cut every connection of one worker."""
        for client in self.ask("CLIENT", "LIST").decode().splitlines():
            if f"name=wsc-{worker.plane.worker}" in client:
                self.ask("CLIENT", "KILL", "ID", client.split()[0].removeprefix("id="))

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()
        shutil.rmtree(f"{self._folder.name}-copy", ignore_errors=True)


@contextlib.contextmanager
def redis_server(append_only: bool = True, *, started: bool = True) -> Iterator[RedisServer]:
    require_redis()
    server = RedisServer(append_only)
    try:
        if started:
            server.start()
        yield server
    finally:
        server.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Worker:
    """A process's manager with its backplane."""

    def __init__(
        self, server: RedisServer, settings: BackplaneSettings = QUICK_PLANE, delivery: DeliverySettings = DELIVERY
    ) -> None:
        self.manager = UnifiedWebSocketManager.isolated(settings=delivery)
        self.plane = RedisBackplane(self.manager.hub, server.url, settings=settings)

    async def start(self) -> Worker:
        await self.plane.start()
        return self

    async def stop(self) -> None:
        await self.manager.shutdown()
        await self.plane.stop()

    def send(self, user_id: str, number: int, **more: Any) -> None:
        kind = more.pop("kind", "agent_thinking")
        self.manager.hub.publish(user_id, {"type": kind, "n": number}, **more)

    @property
    def counters(self) -> dict[str, int]:
        return self.manager.hub.counters

    def numbers(self, user_id: str) -> list[tuple[int, str]]:
        """The user's log here: number and text."""
        return [(event.seq, event.message.text) for event in self.manager.hub.stream(user_id).events.values()]


@contextlib.asynccontextmanager
async def workers(server: RedisServer, count: int = 2, **more: Any) -> AsyncIterator[list[Worker]]:
    joined: list[Worker] = []
    try:
        for _ in range(count):
            joined.append(await Worker(server, **more).start())
        await connected(*joined)
        yield joined
    finally:
        for worker in joined:
            await worker.stop()


async def settled(*tabs: Client, upto: int, seconds: float = 20.0) -> None:
    """Wait until each tab has `upto` events."""
    await until(lambda: all(len(tab.numbers) >= upto for tab in tabs), seconds)


async def connected(*joined: Worker, seconds: float = 20.0) -> None:
    await until(lambda: all(worker.plane.connected for worker in joined), seconds)


async def alone(*joined: Worker, seconds: float = 20.0) -> None:
    await until(lambda: all(worker.plane._logs.alone for worker in joined), seconds)


async def flushed(*joined: Worker, seconds: float = 20.0) -> None:
    """Wait until the outboxes are empty and everything came back."""
    await until(
        lambda: all(
            worker.plane.connected and not worker.plane._outbox and not worker.plane._outbox.unseen for worker in joined
        ),
        seconds,
    )


async def all_agree(user_id: str, *joined: Worker, seconds: float = 20.0) -> None:
    """Wait until all workers have read equally far."""

    def agree() -> bool:
        return len({tuple(worker.numbers(user_id)[-1:]) for worker in joined}) == 1

    await flushed(*joined, seconds=seconds)
    await until(agree, seconds)


async def leave(tab: Client, worker: Worker) -> None:
    """Close a tab's connection; it has read everything that was sent."""
    await worker.manager.disconnect_user(tab.user_id, tab.socket)
    tab.read()


__all__ = [
    "DELIVERY",
    "QUICK_PLANE",
    "BackplaneSettings",
    "Client",
    "FakeSocket",
    "RedisServer",
    "Worker",
    "all_agree",
    "alone",
    "connected",
    "flushed",
    "leave",
    "redis_server",
    "require_redis",
    "run",
    "settled",
    "until",
    "workers",
]
