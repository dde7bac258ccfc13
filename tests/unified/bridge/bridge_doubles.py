"""Managers, observers and pauses that do as a test says, and a bridge between them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any, TypeVar

import pytest

from unified_target.agent_bridge import AgentWebSocketBridge

Result = TypeVar("Result")

RUN = "thread_chat_7_run_1756919162904_9adf1f09"
THREAD = "thread_chat_7"
PATIENCE = 20.0
"""Seconds after which a test that should have ended is stuck."""


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine in a loop of its own; stuck is a failure, and so is a task left behind."""

    async def alone() -> Result:
        result = await asyncio.wait_for(main, PATIENCE)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left, f"tasks left behind: {left}"
        return result

    return asyncio.run(alone())


class FakeManager:
    """Keeps what it is sent; answers, raises or hangs as told."""

    def __init__(self, answer: Any = True, error: Exception | None = None, hangs: bool = False) -> None:
        self.answer, self.error, self.hangs = answer, error, hangs
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.was_called = asyncio.Event()

    async def send_to_thread(self, thread_id: str, message: dict[str, Any]) -> Any:
        self.was_called.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        self.sent.append((thread_id, message))
        return self.answer

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, event in self.sent]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


class FakeObserver:
    """Keeps the news it hears; raises or hangs as told."""

    def __init__(self, error: Exception | None = None, hangs: bool = False) -> None:
        self.error, self.hangs = error, hangs
        self.news: list[dict[str, Any]] = []

    async def on_component_health_change(self, component_id: str, health_data: dict[str, Any]) -> None:
        assert component_id == "agent_websocket_bridge"
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        self.news.append(health_data)


class Pauses:
    """Stands for asyncio.sleep: a pause ends when the test ends it."""

    def __init__(self) -> None:
        self._begun: asyncio.Queue[tuple[float, asyncio.Future[None]]] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        end = asyncio.get_running_loop().create_future()
        self._begun.put_nowait((seconds, end))
        await end

    async def begun(self) -> tuple[float, Callable[[], None]]:
        """How long the next pause was to be, and what ends it."""
        seconds, end = await self._begun.get()
        return seconds, lambda: end.set_result(None)


class NoPause:
    """Stands for asyncio.sleep: takes no time and notes how long it should have taken."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def connected(manager: FakeManager | None = None, deadline: float = 5.0) -> AgentWebSocketBridge:
    """A bridge to a manager, without integration."""
    bridge = AgentWebSocketBridge()
    bridge._websocket_manager = manager or FakeManager()
    bridge.config.send_timeout_s = deadline
    return bridge


class Getter:
    """Stands for get_websocket_manager: gives what it holds in turn, the last for ever; raises what is an exception."""

    def __init__(self) -> None:
        self.gives: list[Any] = [FakeManager()]
        self.calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        given = self.gives.pop(0) if len(self.gives) > 1 else self.gives[0]
        if isinstance(given, Exception):
            raise given
        return given


def install_getter(monkeypatch: pytest.MonkeyPatch) -> Getter:
    """Put a getter where the bridge looks for its manager; the real manager's module is not touched."""
    module: Any = ModuleType("unified_target.unified_manager")
    module.get_websocket_manager = getter = Getter()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return getter
