"""A Dask scheduler and its workers, each a process of its own, on the loopback interface."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.cli.tool import environment

START_SECONDS = 60


class Processes:
    """A scheduler and the workers that were started for it; all of them end with the test."""

    def __init__(self, folder: Path, stack: ExitStack, **said: str) -> None:
        self._folder, self._stack, self._count = folder, stack, 0
        card = folder / "scheduler.json"
        self._start("scheduler", "--port", "0", "--scheduler-file", str(card), **said)
        self.address = str(json.loads(_written(card, "}"))["address"])
        self.url = self.address.replace("tcp://", "dask://")

    def worker(self, preload: str = "") -> None:
        """One more worker, which runs some code first; back when the scheduler knows it."""
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(self._folder / f"space{self._count}")]
        if preload:
            script = self._folder / f"preload{self._count}.py"
            script.write_text(preload, "utf-8")
            options += ["--preload", str(script)]
        _written(self._start("worker", self.address, *options), "Registered to:")

    def _start(self, what: str, *options: str, **said: str) -> Path:
        """Start one process; the path of its log."""
        self._count += 1
        log = self._folder / f"{self._count}.log"
        command = [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *options]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, cwd=self._folder, env=environment(self._folder, **said), stderr=stream)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return log


def _written(path: Path, expected: str) -> str:
    """The text of a file once it has what is expected."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if path.exists() and expected in (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path.name} did not come to have {expected!r}")


@contextmanager
def dask_processes(folder: Path, **said: str) -> Iterator[Processes]:
    """A scheduler without workers yet, and what its environment says."""
    with ExitStack() as stack:
        yield Processes(folder, stack, **said)
