"""What callers may ask of a manager and of a socket: narrow protocols for what one needs, one for everything."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class UpdateProtocol(Protocol):
    """Takes an agent's updates (the WebSocketManagerProtocol of agents.base.interface)."""

    async def send_agent_update(self, run_id: str, agent_name: str, update: Any) -> None:
        """Send an update to the user whose run it is."""
        ...


@runtime_checkable
class ThreadMessagingProtocol(UpdateProtocol, Protocol):
    """Sends to threads as well (the WebSocketManagerProtocol of agents.interfaces)."""

    async def send_to_thread(self, thread_id: str, message: Any) -> Any:
        """Send to the user whose thread it is."""
        ...


@runtime_checkable
class UserMessagingProtocol(ThreadMessagingProtocol, Protocol):
    """Sends to users as well (StrictWebSocketManager)."""

    async def send_message(self, user_id: str, message: Any) -> Any:
        """Send to a user."""
        ...


@runtime_checkable
class ConnectionProtocol(Protocol):
    """Handles connections by their ids (WebSocketManagerInterface)."""

    async def add_connection(self, connection_id: str, websocket: Any) -> None:
        """Take a connection in."""
        ...

    async def remove_connection(self, connection_id: str) -> None:
        """Let a connection go."""
        ...

    async def send_to_connection(self, connection_id: str, data: Any) -> bool:
        """Send to one connection."""
        ...

    async def broadcast_to_all(self, data: Any) -> int:
        """Send to everybody; how many connections it was for."""
        ...

    def get_connection_count(self) -> int:
        """How many connections there are."""
        ...


@runtime_checkable
class WebSocketManagerProtocol(UserMessagingProtocol, ConnectionProtocol, Protocol):
    """Everything that the four manager protocols of the report asked for, together."""


@runtime_checkable
class ModernWebSocketProtocol(Protocol):
    """A socket of the websockets library's kind."""

    async def send(self, message: str | bytes) -> None:
        """Send a message."""
        ...

    async def recv(self) -> str | bytes:
        """The next message."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection."""
        ...

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        ...
