"""Reading what arrived on a socket."""

import asyncio
from typing import Any, Dict, List

from netra_backend.app.services.in_memory_socket import InMemorySocket
from netra_backend.app.websocket_core.types import CRITICAL_EVENTS


def kind(message: Dict[str, Any]) -> str:
    """The emitters do not agree on the key."""
    return message.get("type") or message.get("event_type") or ""


def details(message: Dict[str, Any]) -> Dict[str, Any]:
    """Envelope and payload in one dict."""
    return {**message, **message.get("data", {}), **message.get("payload", {})}


async def arrived(socket: InMemorySocket, count: int) -> List[Dict[str, Any]]:
    """The agent events on the socket, once there are enough or a second has passed."""
    for _ in range(100):
        events = [message for message in socket.sent if kind(message) in (*CRITICAL_EVENTS, "agent_error")]
        if len(events) >= count:
            break
        await asyncio.sleep(0.01)
    return events
