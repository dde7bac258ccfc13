"""What users send us."""

import logging
from typing import Any, Dict

from netra_backend.app.websocket_core import create_standard_message, get_websocket_manager

logger = logging.getLogger(__name__)

manager = get_websocket_manager()


async def handle_message(user_id: str, message: Dict[str, Any]) -> bool:
    """Answer one message; False when nothing went out."""
    if not isinstance(message, dict):
        # the routes parse the JSON, so this cannot happen
        await manager.send_error(user_id, "message must be an object")
        return False
    if message.get("type") == "ping":
        return await manager.send_to_user(user_id, {"type": "pong", "payload": {}})
    text = message.get("payload", {}).get("text", "")
    return await manager.send_message(user_id, create_standard_message("echo", {"text": text}))
