"""The manager, its helpers and its shims."""

import asyncio

from netra_backend.app.core.agent_heartbeat import get_heartbeat_manager as get_agent_beats
from netra_backend.app.services.in_memory_socket import InMemorySocket
from netra_backend.app.websocket.connection_manager import get_connection_manager
from netra_backend.app.websocket.manager import ConnectionScopedWebSocketManager
from netra_backend.app.websocket.manager import get_websocket_manager as get_delegated_manager
from netra_backend.app.websocket_core import (
    HeartbeatConfig,
    WebSocketHeartbeatManager,
    WebSocketManager,
    get_heartbeat_manager,
    get_websocket_manager,
    websocket_context,
)
from netra_backend.app.websocket_core.broadcast_core import announce
from netra_backend.app.websocket_core.recovery import resume_user


def test_there_is_one_manager_however_it_is_asked_for_until_a_reset():
    manager = WebSocketManager()
    assert manager is get_websocket_manager() is get_delegated_manager() is get_connection_manager()
    assert (manager.MAX_CONNECTIONS_PER_USER, manager.MAX_TOTAL_CONNECTIONS) == (3, 100)
    WebSocketManager._instance = None
    assert WebSocketManager() is not manager


def test_a_broken_socket_does_not_keep_the_others_from_hearing():
    async def send():
        broken, healthy = InMemorySocket(), InMemorySocket()
        manager = WebSocketManager()
        await manager.connect_user("ada", broken, "t")
        await manager.connect_user("ada", healthy, "t")
        await broken.close()
        await manager.send_to_thread("t", {"type": "note", "payload": {}})
        await asyncio.sleep(0.05)
        return [message["type"] for message in healthy.sent]

    assert "note" in asyncio.run(send())


def test_a_user_moves_to_another_thread_with_all_connections():
    async def move():
        manager = WebSocketManager()
        await manager.connect_user("ada", InMemorySocket(), "old")
        return manager.update_connection_thread("ada", "new"), manager.update_connection_thread("grace", "new")

    assert asyncio.run(move()) == (True, False)


def test_a_scoped_event_of_another_user_is_blocked():
    async def send():
        manager = WebSocketManager()
        connection_id = await manager.connect_user("ada", InMemorySocket())
        return [await manager.send_scoped_event(connection_id, "note", {}, user) for user in ("ada", "grace")]

    assert asyncio.run(send()) == [True, False]


def test_the_context_gives_the_manager_and_keeps_who_is_alive():
    async def visit():
        socket = InMemorySocket()
        async with websocket_context() as manager:
            await manager.connect_user("ada", socket)
        return manager is get_websocket_manager(), (await manager.get_stats())["active_connections"], socket.close_code

    assert asyncio.run(visit()) == (True, 1, None)


def test_a_user_who_comes_back_replaces_the_old_connection_and_hears_announcements():
    async def resume():
        old, new = InMemorySocket(), InMemorySocket()
        manager = get_websocket_manager()
        await manager.connect_user("ada", old, "t")
        await resume_user(manager, "ada", new, "t")
        return old.close_code, await announce("tea is ready")

    assert asyncio.run(resume()) == (1001, 1)


def test_the_scoped_manager_rejects_what_another_user_sends():
    scoped = ConnectionScopedWebSocketManager(InMemorySocket(), "ada")
    answer = asyncio.run(scoped.handle_incoming_message({"type": "chat", "user_id": "grace"}))
    assert answer["type"] == "error"
    assert asyncio.run(scoped.send_agent_started("agent", "run_1")) is False


def test_the_heartbeat_manager_is_still_there():
    heartbeat = get_heartbeat_manager(HeartbeatConfig.for_environment("production"))
    assert isinstance(heartbeat, WebSocketHeartbeatManager)
    asyncio.run(heartbeat.start())
    assert get_agent_beats() == {}
