"""Same names, other classes; and names that only exist as strings."""

import asyncio
import importlib
import sys
from unittest.mock import Mock, patch

from netra_backend.app.agents import tool_dispatcher
from netra_backend.app.services import message_handlers, thread_service
from netra_backend.app.websocket_core import WebSocketManager
from tests.helpers.mock_websocket_manager import MockWebSocketManager
from tests.helpers.startup_websocket_manager import WebSocketManager as StartupManager


def test_the_start_up_manager_is_another_class():
    startup = StartupManager()
    asyncio.run(startup.send_to_user("ada", {"type": "hello"}))
    assert not isinstance(startup, WebSocketManager)
    assert startup.startup_messages == [{"user_id": "ada", "type": "hello"}]


def test_the_fallback_is_used_only_without_the_package():
    assert tool_dispatcher.WEBSOCKET_AVAILABLE
    hidden = [name for name in sys.modules if name.startswith("netra_backend.app.websocket_core")]
    with patch.dict(sys.modules, dict.fromkeys(hidden)):
        importlib.reload(tool_dispatcher)
    assert asyncio.run(tool_dispatcher.WebSocketManager().send_to_user("ada", {})) is False
    importlib.reload(tool_dispatcher)
    assert tool_dispatcher.WEBSOCKET_AVAILABLE


def test_handlers_answer_through_the_manager_they_were_imported_with():
    manager = MockWebSocketManager()
    with patch("netra_backend.app.services.message_handlers.manager", manager):
        asyncio.run(message_handlers.handle_message("ada", {"type": "chat", "payload": {"text": "hi"}}))
    assert manager.sent[0][1].payload == {"text": "hi"}


def test_the_getter_and_the_manager_can_be_patched_where_they_are_used():
    from netra_backend.app.routes import websocket as websocket_routes

    manager = Mock(spec=WebSocketManager)
    with patch("netra_backend.app.routes.websocket.get_websocket_manager", return_value=manager):
        asyncio.run(websocket_routes.close_connection("ada", None))
    manager.disconnect_user.assert_awaited_once_with("ada", None, 1000)
    with patch.object(thread_service, "manager", manager):
        asyncio.run(thread_service.open_thread("ada", "thread_ada"))
    manager.update_connection_thread.assert_called_once_with("ada", "thread_ada")


def test_the_logger_of_the_manager_can_be_patched_by_name():
    from netra_backend.app.websocket_core import manager

    before = manager.logger
    with patch("netra_backend.app.websocket_core.manager.logger") as logger:
        assert manager.logger is logger
    assert manager.logger is before


def test_the_old_entry_point_still_delivers_the_class():
    from netra_backend.app import websocket
    from netra_backend.app.websocket_core import unified

    assert unified.WebSocketManager is WebSocketManager is websocket.WebSocketManager
