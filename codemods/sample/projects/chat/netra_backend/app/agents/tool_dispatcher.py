"""Runs the tools of the agents."""

from typing import Any, Dict

try:
    from netra_backend.app.websocket_core import WebSocketManager

    WEBSOCKET_AVAILABLE = True
except ImportError:
    WEBSOCKET_AVAILABLE = False

    class WebSocketManager:  # type: ignore[no-redef]
        """Stands in where the package is not installed."""

        async def send_to_user(self, user_id: str, message: Dict[str, Any]) -> bool:
            """Goes nowhere."""
            return False


class ToolDispatcher:
    """Knows two tools."""

    def __init__(self, websocket_manager: "WebSocketManager | None" = None):
        self.websocket_manager = websocket_manager

    async def dispatch(self, tool_name: str, parameters: Dict[str, Any]) -> Dict[str, Any]:
        if tool_name == "word_count":
            return {"words": len(parameters["text"].split())}
        if tool_name == "reverse":
            return {"text": parameters["text"][::-1]}
        raise KeyError(tool_name)

    async def tell(self, user_id: str, text: str) -> bool:
        if self.websocket_manager is None:
            return False
        return await self.websocket_manager.send_to_user(user_id, {"type": "remark", "payload": {"text": text}})
