"""Threads of the chat."""

from netra_backend.app.websocket_core.unified import get_websocket_manager

manager = get_websocket_manager()


async def open_thread(user_id: str, thread_id: str) -> bool:
    """Show a thread on all screens of the user."""
    return manager.update_connection_thread(user_id, thread_id)
