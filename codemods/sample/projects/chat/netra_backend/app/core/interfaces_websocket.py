"""Interfaces of the WebSocket layer."""

from typing import Any, Protocol


class WebSocketServiceInterface(Protocol):
    """A service that can be started and stopped."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class WebSocketManagerInterface(Protocol):
    """A manager of connections."""

    async def add_connection(self, connection_id: str, websocket: Any) -> None: ...

    async def remove_connection(self, connection_id: str) -> None: ...

    async def send_to_connection(self, connection_id: str, data: Any) -> bool: ...

    async def broadcast_to_all(self, data: Any) -> int: ...

    def get_connection_count(self) -> int: ...
