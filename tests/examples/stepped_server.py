"""The example's server for tests: its agent takes a step when told to on stdin, and it can be made to fail there.

On stdin: `s` lets the agent take one step, `d` drops every connection. CHAT_DIE_AT=n kills the process when event n of
a run is kept, but not sent yet.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from examples.chat.server import Settings, serve
from unified_target.unified_manager import UnifiedWebSocketManager, get_websocket_manager


class Orders:
    """What the test says, one letter each; the agent's pause lasts until it is told to go on."""

    def __init__(self, manager: UnifiedWebSocketManager) -> None:
        self._manager, self._steps = manager, asyncio.Semaphore(0)
        self._listening = False
        self._dropping: set[asyncio.Task[None]] = set()

    async def pause(self) -> None:
        """Wait for a step."""
        if not self._listening:
            self._listening = True
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._read)
        await self._steps.acquire()

    def _read(self) -> None:
        letters = os.read(sys.stdin.fileno(), 100)
        if not letters:  # the test is gone
            os.kill(os.getpid(), signal.SIGKILL)
        for letter in letters.decode():
            if letter == "s":
                self._steps.release()
            else:
                self._dropping.add(asyncio.create_task(self._manager.cleanup_all()))


def dying(send: Callable[[str, Any], Any], step: int) -> Callable[[str, Any], Any]:
    """A send that kills the process in place of sending this step."""

    async def send_or_die(thread_id: str, event: Any) -> bool:
        if event["step"] == step:
            os.kill(os.getpid(), signal.SIGKILL)
        sent: bool = await send(thread_id, event)
        return sent

    return send_or_die


def main() -> None:
    """Serve as the example does, with the agent in the test's hands."""
    manager = get_websocket_manager()
    if fatal := os.environ.get("CHAT_DIE_AT"):
        manager.send_to_thread = dying(manager.send_to_thread, int(fatal))  # type: ignore[assignment, method-assign]
    settings = replace(Settings.from_environment(), pause=Orders(manager).pause)
    serve(settings, "127.0.0.1", int(os.environ["CHAT_PORT"]))


if __name__ == "__main__":
    main()
