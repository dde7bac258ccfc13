"""A manager that only remembers."""

from typing import Any, Dict, List, Tuple


class MockWebSocketManager:
    """Looks enough like WebSocketManager for handlers and emitters."""

    def __init__(self, delivers: bool = True):
        self.delivers = delivers
        self.sent: List[Tuple[str, Dict[str, Any]]] = []

    async def send_to_user(self, user_id: str, message: Any, *args: Any) -> bool:
        self.sent.append((user_id, message))
        return self.delivers

    async def send_to_thread(self, thread_id: str, message: Any) -> bool:
        self.sent.append((thread_id, message))
        return self.delivers

    send_message = send_to_user
