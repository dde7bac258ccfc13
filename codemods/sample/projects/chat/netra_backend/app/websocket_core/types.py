"""Message types that travel over a WebSocket."""

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, Optional

CRITICAL_EVENTS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")


def utc_now() -> str:
    """The current time as it goes on the wire."""
    return datetime.now(timezone.utc).isoformat()


@dataclass
class WebSocketMessage:
    """A message before it becomes JSON."""

    type: str
    payload: Dict[str, Any] = field(default_factory=dict)
    thread_id: Optional[str] = None


def create_standard_message(
    message_type: str, payload: Dict[str, Any], thread_id: Optional[str] = None
) -> WebSocketMessage:
    """Build a message the way every handler should."""
    return WebSocketMessage(type=message_type, payload=payload, thread_id=thread_id)
