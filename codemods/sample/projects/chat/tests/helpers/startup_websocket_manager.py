"""A manager for start-up tests; it hides the real one of the same name."""

from typing import Any, Dict, List

from netra_backend.app.websocket_core.manager import WebSocketManager


class WebSocketManager:  # noqa: F811
    """Not the manager of the application."""

    def __init__(self) -> None:
        self.startup_messages: List[Dict[str, Any]] = []

    async def send_to_user(self, user_id: str, message: Dict[str, Any]) -> bool:
        self.startup_messages.append({"user_id": user_id, **message})
        return True
