"""An agent that only pretends, and the runs it works on: begun, put down, and taken up again after a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from unified_target.unified_emitter import UnifiedWebSocketEmitter
from unified_target.unified_manager import UnifiedWebSocketManager

from .store import Run, Store

logger = logging.getLogger(__name__)

AGENT, TOOL = "Librarian", "catalogue search"
Pause = Callable[[], Awaitable[None]]
"""What the agent does before each step: think, in a real one; in tests, wait to be told."""


def _started(to: UnifiedWebSocketEmitter, run: Run) -> Awaitable[bool]:
    return to.notify_agent_started(run.run_id, AGENT, {"question": run.question})


def _thinking(to: UnifiedWebSocketEmitter, run: Run) -> Awaitable[bool]:
    return to.notify_agent_thinking(run.run_id, AGENT, f"Which shelf would know about “{run.question}”?", 1)


def _tool_executing(to: UnifiedWebSocketEmitter, run: Run) -> Awaitable[bool]:
    return to.notify_tool_executing(run.run_id, AGENT, TOOL, {"words": run.question.split()})


def _tool_completed(to: UnifiedWebSocketEmitter, run: Run) -> Awaitable[bool]:
    return to.notify_tool_completed(run.run_id, AGENT, TOOL, {"found": f"{len(run.question)} books"}, 12.0)


def _completed(to: UnifiedWebSocketEmitter, run: Run) -> Awaitable[bool]:
    answer = f"{len(run.question)} books speak of “{run.question}”. The best one is lent out."
    return to.notify_agent_completed(run.run_id, AGENT, {"answer": answer}, 60.0)


STEPS = (_started, _thinking, _tool_executing, _tool_completed, _completed)


class Recorder:
    """The manager as an emitter sees it, with a memory: nothing is sent that is not kept already."""

    def __init__(self, store: Store, manager: UnifiedWebSocketManager) -> None:
        self._store, self._manager = store, manager

    async def send_to_thread(self, thread_id: str, event: dict[str, Any], /) -> bool:
        """Keep the event, then send it with its step; whether a connection takes it."""
        return await self._manager.send_to_thread(thread_id, self._store.keep(event))


class Runs:
    """The runs under way. What a run has done is in the store, so a new process goes on where the old one stopped."""

    def __init__(self, store: Store, manager: UnifiedWebSocketManager, pause: Pause) -> None:
        self._store, self._pause = store, pause
        self._recorder = Recorder(store, manager)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, run: Run) -> None:
        """Keep a new run and work on it."""
        self._store.add(run)
        self._go_on(run)

    def go_on(self) -> None:
        """Work on whatever was left undone."""
        for run in self._store.unfinished():
            self._go_on(run)

    async def put_down(self) -> None:
        """Stop working; `go_on` takes the runs up again."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go_on(self, run: Run) -> None:
        task = asyncio.create_task(self._work(run))
        self._tasks.add(task)  # the event loop alone would let it be collected
        task.add_done_callback(self._tasks.discard)

    async def _work(self, run: Run) -> None:
        emitter = UnifiedWebSocketEmitter(run.user_id, run.thread_id, run.run_id, self._recorder)
        try:
            for step in STEPS[self._store.steps(run.run_id) :]:
                await self._pause()
                await step(emitter, run)
        except Exception:
            logger.exception("run %s failed", run.run_id)
            await emitter.notify_agent_error(run.run_id, AGENT, "The agent broke down.")
