"""B1-B5 with workers that are processes of their own, killed and started as a deployment does."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.unified.backplane.redis_tools import RedisServer, redis_server

SCRIPT = Path(__file__).with_name("worker_process.py")
ROOT = SCRIPT.parents[3]


class Process:
    """A worker process and the tab that is connected to it."""

    def __init__(self, server: RedisServer) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT), server.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self.next()["type"] == "ready"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._lines.get(timeout=20))
        return message

    def order(self, do: str, **values: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        self._process.kill()
        self.wait()

    def end(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self.wait()

    def wait(self) -> None:
        self._process.wait(20)
        self._reader.join(20)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


class Tab:
    """A client of one worker after the other."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.last = 0
        self.numbers: list[int] = []
        self.recovered: list[bool] = []

    def connect(self, worker: Process) -> None:
        worker.order("connect", user="alice", epoch=self.epoch, last=self.last)

    def read(self, worker: Process, upto: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.numbers) < upto:
            assert time.monotonic() < deadline, f"{len(self.numbers)} of {upto}"
            self.take(worker.next())

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "hello":
            self.recovered.append(message["recovered"])
            self.epoch, self.last = message["epoch"], message["stream_seq"]
        else:
            assert message.get("stream_prev", message["stream_seq"] - 1) == self.last
            self.last = message["stream_seq"]
            self.numbers.append(message["n"])

    def leave(self, worker: Process) -> None:
        worker.order("leave")
        while (message := worker.next())["type"] != "left":
            self.take(message)


@contextlib.contextmanager
def processes(server: RedisServer, count: int) -> Iterator[list[Process]]:
    started: list[Process] = []
    try:
        for _ in range(count):
            started.append(Process(server))
        yield started
    finally:
        for process in started:
            process.end()


def test_b_two_processes_have_one_order_and_a_tab_moves_between_them_through_deaths_of_workers_and_of_redis() -> None:
    with redis_server() as server, processes(server, 2) as workers:
        tab, other = Tab(), Tab()
        tab.connect(workers[0])
        other.connect(workers[1])
        workers[0].order("publish", user="alice", **{"from": 0, "to": 100})
        workers[1].order("publish", user="alice", **{"from": 100, "to": 200})
        tab.read(workers[0], 200)
        other.read(workers[1], 200)
        assert tab.numbers == other.numbers
        assert sorted(tab.numbers) == list(range(200))

        workers[0].kill()
        workers[1].order("publish", user="alice", **{"from": 200, "to": 250})
        other.read(workers[1], 250)
        workers[0] = Process(server)
        tab.connect(workers[0])
        tab.read(workers[0], 250)
        assert tab.numbers == other.numbers

        other.leave(workers[1])
        server.kill()
        workers[0].order("publish", user="alice", **{"from": 250, "to": 300})
        tab.read(workers[0], 300)
        tab.leave(workers[0])
        tab.connect(workers[1])
        workers[1].order("publish", user="alice", **{"from": 300, "to": 350})
        tab.read(workers[1], 350)
        server.start()
        workers[0].order("publish", user="alice", **{"from": 350, "to": 400})
        tab.read(workers[1], 400)
        assert sorted(tab.numbers) == list(range(400))
        assert tab.recovered[0] is False
        assert all(tab.recovered[1:])
