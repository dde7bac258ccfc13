"""The connection manager of old, now the core manager under its old name."""

from netra_backend.app.websocket_core.manager import WebSocketManager as CoreManager


class ConnectionManager(CoreManager):
    """Shim: use WebSocketManager."""

    async def connect(self, user_id: str, websocket: object) -> str:
        return await self.connect_user(user_id, websocket)


def get_connection_manager() -> ConnectionManager:
    """The shim, as the old callers ask for it."""
    return ConnectionManager()
