"""The target of `luigi.toml`, to be put at luigi/contrib/run_context.py: it kills what an interrupted job leaves.

It does what three classes of luigi (Apache License 2.0) do, each for its kind of job.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

logger = logging.getLogger("luigi-interface")


class RunContext:
    """Kills `proc`, or the job that becomes known while it runs, when the user or the system interrupts."""

    def __init__(self, proc: Any = None, kill: Sequence[str] = ("mapred", "job", "-kill", "{}")) -> None:
        self.proc, self.kill = proc, kill
        self.job_id: str | None = None
        self.application_id: str | None = None

    def __enter__(self) -> RunContext:
        """Be told of SIGTERM."""
        self._handler = signal.getsignal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, self.kill_job)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        """Kill the job on Ctrl-C; whoever was told of SIGTERM before is told again."""
        if kind is KeyboardInterrupt:
            self.kill_job()
        signal.signal(signal.SIGTERM, self._handler)

    def kill_job(self, captured_signal: int | None = None, stack_frame: FrameType | None = None) -> None:
        """Kill what runs; with a signal, exit as a shell would say it."""
        if self.proc is not None:
            self.proc.kill()
        elif self.application_id:
            self._call("application", self.application_id, ("yarn", "application", "-kill", "{}"))
        elif self.job_id:
            self._call("job", self.job_id, self.kill)
        if captured_signal is not None:
            sys.exit(128 + captured_signal)

    def _call(self, kind: str, identity: str, command: Sequence[str]) -> None:
        logger.info("Job interrupted, killing %s %s", kind, identity)
        subprocess.call([word.format(identity) for word in command])
