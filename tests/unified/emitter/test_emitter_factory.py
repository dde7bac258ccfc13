"""Emitters for requests: made from a context, through the given manager or the one of the process."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.unified.emitter.doubles import Context, ThreadManager
from unified_target import unified_emitter
from unified_target.unified_emitter import EmitterReleased, UnifiedWebSocketEmitter, WebSocketEmitterFactory


def create(context: Any, manager: Any = None) -> UnifiedWebSocketEmitter:
    return asyncio.run(WebSocketEmitterFactory.create_emitter(context, manager))


def give_the_process(monkeypatch: pytest.MonkeyPatch, getter: Any) -> None:
    """Make this the process's manager."""
    module = ModuleType("unified_target.unified_manager")
    module.get_websocket_manager = getter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("unified_target.unified_manager", module, raising=False)


def test_an_emitter_is_bound_to_the_context_and_sends_through_the_manager() -> None:
    manager = ThreadManager()
    emitter = create(Context(), manager)
    assert (emitter.user_id, emitter.thread_id, emitter.run_id) == ("ada", "thread_ada", "run_1")
    assert asyncio.run(emitter.notify_agent_started("run_1", "triage")) is True
    assert len(manager.sent) == 1


def test_without_a_manager_it_is_the_one_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = ThreadManager()
    give_the_process(monkeypatch, lambda: manager)
    assert create(Context()).websocket_manager is manager


def test_a_falsy_manager_is_a_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty(ThreadManager):
        def __len__(self) -> int:
            return 0

    give_the_process(monkeypatch, ThreadManager)
    mine = Empty()
    assert create(Context(), mine).websocket_manager is mine


def test_a_process_without_a_manager_is_a_value_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError("not configured")

    give_the_process(monkeypatch, broken)
    with pytest.raises(ValueError, match="not configured"):
        create(Context())


@dataclass(frozen=True)
class Shared(Context):
    """Fails its own check."""

    def verify_isolation(self) -> bool:
        raise RuntimeError("shared with another request")


@dataclass(frozen=True)
class Checked(Context):
    """Passes its own check."""

    def verify_isolation(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (SimpleNamespace(user_id="ada", thread_id="t"), "no context of one user's run"),
        (None, "no context of one user's run"),
        (Context(user_id=" "), "ids of nobody"),
        (Context(run_id="registry"), "ids of nobody"),
        (Context(run_id=None), "names no run"),  # type: ignore[arg-type]
        (Shared(), "shared with another request"),
    ],
    ids=[
        "a context without a run",
        "no context",
        "a blank user",
        "the system's own run",
        "no run",
        "a context that fails its own check",
    ],
)
def test_a_context_that_is_not_one_users_run_is_a_value_error(context: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        create(context, ThreadManager())


def test_a_context_that_passes_its_own_check_is_fine() -> None:
    assert create(Checked(), ThreadManager()).is_active


def test_a_manager_that_cannot_deliver_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="neither send_to_thread nor send_to_user"):
        create(Context(), SimpleNamespace())


@pytest.mark.parametrize("fails", [False, True], ids=["when its block ends", "when its block fails"])
def test_a_scoped_emitter_is_ended(fails: bool) -> None:
    async def run() -> None:
        manager = ThreadManager()
        try:
            async with WebSocketEmitterFactory.create_scoped_emitter(Context(), manager) as emitter:
                assert await emitter.notify_agent_started("run_1", "triage") is True
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert fails
        with pytest.raises(EmitterReleased):
            await emitter.notify_agent_started("run_1", "triage")
        assert len(manager.sent) == 1

    asyncio.run(run())


def test_a_scoped_emitter_is_ended_when_its_task_is_cancelled() -> None:
    async def run() -> UnifiedWebSocketEmitter:
        held: list[UnifiedWebSocketEmitter] = []
        inside = asyncio.Event()

        async def hold() -> None:
            async with WebSocketEmitterFactory.create_scoped_emitter(Context(), ThreadManager()) as emitter:
                held.append(emitter)
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(hold())
        await inside.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return held[0]

    assert asyncio.run(run()).is_active is False


def test_the_functions_beside_the_factory_do_the_same() -> None:
    async def run() -> bool:
        manager = ThreadManager()
        made = await unified_emitter.create_websocket_event_emitter(Context(), manager)
        async with unified_emitter.websocket_event_emitter_scope(Context(), manager) as scoped:
            return made.is_active and scoped.is_active and made is not scoped

    assert asyncio.run(run())
