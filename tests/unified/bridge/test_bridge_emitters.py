"""Emitters that the bridge makes: bound to one user, thread and run, through the bridge's manager."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unified.bridge.bridge_doubles import FakeManager, Getter, NoPause, connected, install_getter, run
from unified_target.agent_bridge import AgentWebSocketBridge
from unified_target.unified_emitter import UnifiedWebSocketEmitter


@pytest.fixture
def getter(monkeypatch: pytest.MonkeyPatch) -> Getter:
    return install_getter(monkeypatch)


def context(**changed: Any) -> Any:
    return SimpleNamespace(**{"user_id": "alice", "thread_id": "t-1", "run_id": "r-1", **changed})


def test_an_emitter_speaks_for_its_context_through_the_bridges_manager(getter: Getter) -> None:
    async def main() -> None:
        manager = FakeManager()
        emitter = await connected(manager).create_user_emitter(context())
        assert (emitter.user_id, emitter.thread_id, emitter.run_id) == ("alice", "t-1", "r-1")
        assert await emitter.notify_agent_started("r-1", "triage")
        assert not await emitter.notify_agent_started("r-2", "triage")
        assert [thread for thread, _ in manager.sent] == ["t-1"]

    run(main())
    assert getter.calls == 0


def test_a_bridge_without_a_manager_asks_for_one_first(getter: Getter) -> None:
    async def main() -> None:
        bridge = AgentWebSocketBridge()
        emitter = await bridge.create_user_emitter(context())
        assert bridge._websocket_manager is getter.gives[0]
        assert await emitter.notify_agent_started("r-1", "triage")

    run(main())


def test_without_any_manager_there_is_no_emitter(getter: Getter) -> None:
    async def main() -> None:
        getter.gives = [None]
        bridge = AgentWebSocketBridge()
        bridge._sleep = NoPause()
        with pytest.raises(ValueError, match="WebSocket manager initialization failed"):
            await bridge.create_user_emitter(context())

    run(main())


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(None, id="no context"),
        pytest.param(SimpleNamespace(user_id="alice"), id="a context without thread and run"),
        pytest.param(context(user_id=""), id="a blank user"),
        pytest.param(context(thread_id=" "), id="a blank thread"),
        pytest.param(context(run_id="registry"), id="the system's run"),
    ],
)
def test_a_context_that_is_nobodys_is_refused(bad: Any) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match=r".+"):
            await connected().create_user_emitter(bad)

    run(main())


def test_an_emitter_is_made_from_ids(getter: Getter) -> None:
    async def main() -> None:
        emitter = await AgentWebSocketBridge.create_user_emitter_from_ids("bob", "t-2", "r-2", "conn-9")
        assert isinstance(emitter, UnifiedWebSocketEmitter)
        assert (emitter.user_id, emitter.thread_id, emitter.run_id) == ("bob", "t-2", "r-2")
        assert emitter.get_context().websocket_connection_id == "conn-9"
        assert await emitter.notify_agent_completed("r-2", "triage")
        assert [thread for thread, _ in getter.gives[0].sent] == ["t-2"]

    run(main())


@pytest.mark.parametrize("ids", [("", "t", "r"), ("u", "", "r"), ("u", "t", ""), ("u", "t", None)])
def test_ids_must_all_be_there(getter: Getter, ids: Any) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match=r".+"):
            await AgentWebSocketBridge.create_user_emitter_from_ids(*ids)

    run(main())


def test_a_scoped_emitter_works_in_its_block_and_never_after(getter: Getter) -> None:
    async def main() -> None:
        scope = AgentWebSocketBridge.create_scoped_emitter(context())
        assert isinstance(scope, AbstractAsyncContextManager)
        async with scope as emitter:
            assert await emitter.notify_agent_started("r-1", "triage")
        with pytest.raises(RuntimeError):
            await emitter.notify_agent_started("r-1", "triage")

    run(main())
    assert getter.gives[0].types == ["agent_started"]


def test_a_scoped_emitter_ends_with_an_error_in_its_block_too(getter: Getter) -> None:
    async def main() -> None:
        with pytest.raises(KeyError):
            async with AgentWebSocketBridge.create_scoped_emitter(context()) as emitter:
                raise KeyError("in the block")
        with pytest.raises(RuntimeError):
            await emitter.notify_agent_started("r-1", "triage")

    run(main())


def test_two_contexts_never_share_an_emitter(getter: Getter) -> None:
    async def main() -> None:
        bridge = connected()
        one, other = (
            await bridge.create_user_emitter(context()),
            await bridge.create_user_emitter(context(run_id="r-2")),
        )
        assert one is not other
        assert (one.run_id, other.run_id) == ("r-1", "r-2")

    run(main())
