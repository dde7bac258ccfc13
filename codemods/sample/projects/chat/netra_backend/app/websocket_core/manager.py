"""The WebSocket manager: every open connection of this process."""

import asyncio
import logging
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, AsyncIterator, Dict, List, Optional, Set, Union

from netra_backend.app.websocket_core.types import WebSocketMessage, utc_now

logger = logging.getLogger(__name__)

Message = Union[WebSocketMessage, Dict[str, Any]]


@dataclass
class HeartbeatConfig:
    """How often we ping, and when we give up."""

    heartbeat_interval_seconds: int = 30
    heartbeat_timeout_seconds: int = 90
    max_missed_heartbeats: int = 2
    cleanup_interval_seconds: int = 120
    ping_payload_size_limit: int = 125

    @classmethod
    def for_environment(cls, environment: str) -> "HeartbeatConfig":
        if environment == "production":
            return cls(25, 75, 2, 180)
        if environment == "staging":
            return cls()
        return cls(45, 60, 3, 60)


class ConnectionScope:
    """What one connection may see."""

    def __init__(self, connection_id: str, user_id: str, thread_id: Optional[str] = None):
        self.connection_id = connection_id
        self.user_id = user_id
        self.thread_id = thread_id
        self.events_sent = 0
        self.events_blocked = 0

    def allows(self, user_id: Optional[str]) -> bool:
        return user_id is None or user_id == self.user_id


class WebSocketManager:
    """One object for all connections; calling the class again gives the same one."""

    _instance: Optional["WebSocketManager"] = None

    # TODO: nobody enforces the two limits and the pool yet
    MAX_CONNECTIONS_PER_USER = 3
    MAX_TOTAL_CONNECTIONS = 100
    CONNECTION_POOL_SIZE = 10
    CLEANUP_INTERVAL_SECONDS = 30
    STALE_CONNECTION_TIMEOUT = 120
    TTL_CACHE_SECONDS = 180
    TTL_CACHE_MAXSIZE = 500
    POOL_RECYCLE_TIME = 600
    MAX_PENDING_MESSAGES = 50

    def __new__(cls, *args: Any, **kwargs: Any) -> "WebSocketManager":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance._initialized = False
        return cls._instance

    def __init__(self, heartbeat_config: Optional[HeartbeatConfig] = None, enable_connection_scoping: bool = True):
        if self._initialized:
            return
        self.heartbeat_config = heartbeat_config or HeartbeatConfig()
        self.enable_connection_scoping = enable_connection_scoping
        self.connections: Dict[str, Dict[str, Any]] = {}
        self.user_connections: Dict[str, Set[str]] = {}
        self.room_memberships: Dict[str, Set[str]] = {}
        self.connection_scopes: Dict[str, ConnectionScope] = {}
        self.connection_stats = {"total_connections": 0, "messages_sent": 0, "errors_handled": 0}
        self.scoping_stats = {"events_sent": 0, "events_blocked": 0}
        self._cleanup_lock: Optional[asyncio.Lock] = None
        self._shutdown_event: Optional[asyncio.Event] = None
        self._health_lock: Optional[asyncio.Lock] = None
        self._cleanup_task: Optional["asyncio.Task[None]"] = None
        self._initialized = True

    @property
    def cleanup_lock(self) -> asyncio.Lock:
        """Made on first use, so that the manager can be built without a loop."""
        if self._cleanup_lock is None:
            self._cleanup_lock = asyncio.Lock()
        return self._cleanup_lock

    @property
    def shutdown_event(self) -> asyncio.Event:
        if self._shutdown_event is None:
            self._shutdown_event = asyncio.Event()
        return self._shutdown_event

    @property
    def health_lock(self) -> asyncio.Lock:
        if self._health_lock is None:
            self._health_lock = asyncio.Lock()
        return self._health_lock

    @property
    def active_connections(self) -> Dict[str, Any]:
        """The sockets by connection id."""
        return {key: info["websocket"] for key, info in self.connections.items()}

    async def connect_user(
        self, user_id: str, websocket: Any, thread_id: Optional[str] = None, client_ip: Optional[str] = None
    ) -> str:
        """Remember a socket and return its connection id."""
        connection_id = f"conn_{user_id}_{uuid.uuid4().hex[:8]}"
        self.connections[connection_id] = {
            "connection_id": connection_id,
            "user_id": user_id,
            "websocket": websocket,
            "thread_id": thread_id,
            "client_ip": client_ip,
            "last_activity": time.monotonic(),
            "is_closing": False,
        }
        self.user_connections.setdefault(user_id, set()).add(connection_id)
        if thread_id:
            self.room_memberships.setdefault(thread_id, set()).add(connection_id)
        if self.enable_connection_scoping:
            self.connection_scopes[connection_id] = ConnectionScope(connection_id, user_id, thread_id)
        self.connection_stats["total_connections"] += 1
        self._start_cleanup_task()
        return connection_id

    async def disconnect_user(
        self, user_id: str, websocket: Any, code: int = 1000, reason: str = "Normal closure"
    ) -> None:
        """Close every connection of the user."""
        for connection_id in list(self.user_connections.get(user_id, ())):
            await self._cleanup_connection(connection_id, code, reason)

    def update_connection_thread(self, connection_id: str, thread_id: str) -> bool:
        """Move one connection to a thread."""
        if connection_id not in self.connections:
            return False
        self.connections[connection_id]["thread_id"] = thread_id
        return True

    async def send_to_user(
        self, user_id: str, message: Message, retry: bool = True, priority: int = 0, require_confirmation: bool = False
    ) -> bool:
        """Send to every connection of the user; True when one took it."""
        return await self._fan_out(list(self.user_connections.get(user_id, ())), message)

    async def send_message(
        self, user_id: str, message: Message, retry: bool = True, priority: int = 0, require_confirmation: bool = False
    ) -> bool:
        """Older name of send_to_user."""
        return await self.send_to_user(user_id, message, retry, priority, require_confirmation)

    async def send_to_thread(self, thread_id: str, message: Message) -> bool:
        """Send to every connection that shows the thread."""
        targets = [key for key, info in self.connections.items() if info["thread_id"] == thread_id]
        data = {**self._serialize_message_safely(message), "thread_id": thread_id, "timestamp": utc_now()}
        return await self._fan_out(targets, data)

    def update_connection_thread(self, user_id: str, thread_id: str) -> bool:
        """Move all connections of a user to a thread."""
        connection_ids = self.user_connections.get(user_id)
        if not connection_ids:
            return False
        for connection_id in connection_ids:
            info = self.connections[connection_id]
            self.room_memberships.get(info["thread_id"], set()).discard(connection_id)
            info["thread_id"] = thread_id
            self.room_memberships.setdefault(thread_id, set()).add(connection_id)
        return True

    def get_connection_scope(self, connection_id: str) -> Optional[ConnectionScope]:
        """The scope of a connection, when scoping is on."""
        return self.connection_scopes.get(connection_id)

    async def send_scoped_event(
        self, connection_id: str, event_type: str, payload: Dict[str, Any], user_id: Optional[str] = None
    ) -> bool:
        """Send to one connection, unless the event is of another user."""
        scope = self.connection_scopes.get(connection_id)
        if scope is None or not scope.allows(user_id):
            self.scoping_stats["events_blocked"] += 1
            return False
        self.scoping_stats["events_sent"] += 1
        return await self._send_to_connection(connection_id, {"type": event_type, "payload": payload})

    async def get_stats(self) -> Dict[str, Any]:
        """Numbers for the health page."""
        return {
            "active_connections": len(self.connections),
            "unique_users": len(self.user_connections),
            "rooms": len(self.room_memberships),
            "scoping": dict(self.scoping_stats),
            **self.connection_stats,
        }

    async def shutdown(self) -> None:
        """Close everything and stop the sweep."""
        self.shutdown_event.set()
        if self._cleanup_task is not None:
            self._cleanup_task.cancel()
            self._cleanup_task = None
        for connection_id in list(self.connections):
            await self._cleanup_connection(connection_id, 1001, "Server shutdown")

    def _serialize_message_safely(self, message: Any) -> Dict[str, Any]:
        """Whatever it is, make a dict of it."""
        if isinstance(message, dict):
            return dict(message)
        if is_dataclass(message) and not isinstance(message, type):
            return asdict(message)
        return {"type": "message", "payload": {"text": str(message)}}

    async def _fan_out(self, connection_ids: List[str], message: Message) -> bool:
        results = [await self._send_to_connection(connection_id, message) for connection_id in connection_ids]
        return any(results)

    async def _send_to_connection(self, connection_id: str, message: Message) -> bool:
        info = self.connections.get(connection_id)
        if info is None or info["is_closing"]:
            return False
        try:
            await info["websocket"].send_json(self._serialize_message_safely(message))
        except Exception as error:
            logger.info("dropping %s: %s", connection_id, error)
            self.connection_stats["errors_handled"] += 1
            await self._cleanup_connection(connection_id, 1011, "Send failed")
            return False
        info["last_activity"] = time.monotonic()
        self.connection_stats["messages_sent"] += 1
        return True

    async def _cleanup_connection(self, connection_id: str, code: int = 1000, reason: str = "") -> None:
        info = self.connections.get(connection_id)
        if info is None or info["is_closing"]:
            return
        info["is_closing"] = True
        try:
            await info["websocket"].close(code=code, reason=reason)
        except Exception as error:
            logger.debug("close of %s failed: %s", connection_id, error)
        self.connections.pop(connection_id, None)
        self.connection_scopes.pop(connection_id, None)
        for table, key in ((self.user_connections, info["user_id"]), (self.room_memberships, info["thread_id"])):
            table.get(key, set()).discard(connection_id)
            if not table.get(key):
                table.pop(key, None)

    async def _cleanup_stale_connections(self) -> int:
        deadline = time.monotonic() - self.STALE_CONNECTION_TIMEOUT
        async with self.cleanup_lock:
            stale = [key for key, info in self.connections.items() if info["last_activity"] < deadline]
            for connection_id in stale:
                await self._cleanup_connection(connection_id, 1000, "Stale connection")
        return len(stale)

    def _start_cleanup_task(self) -> None:
        if self._cleanup_task is None or self._cleanup_task.done():
            self._cleanup_task = asyncio.get_running_loop().create_task(self._sweep_forever())

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(self.CLEANUP_INTERVAL_SECONDS)
            await self._cleanup_stale_connections()


class WebSocketHeartbeatManager:
    """Kept for old callers; the manager looks after its connections itself."""

    def __init__(self, config: Optional[HeartbeatConfig] = None):
        self.config = config or HeartbeatConfig()
        self.running = False

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    async def register_connection(self, connection_id: str) -> None:
        logger.debug("heartbeat registration of %s ignored", connection_id)

    async def unregister_connection(self, connection_id: str) -> None:
        logger.debug("heartbeat removal of %s ignored", connection_id)


_websocket_manager: Optional[WebSocketManager] = None
_heartbeat_manager: Optional[WebSocketHeartbeatManager] = None


def get_websocket_manager() -> WebSocketManager:
    """The manager of this process."""
    global _websocket_manager
    if _websocket_manager is None:
        _websocket_manager = WebSocketManager()
    return _websocket_manager


def get_heartbeat_manager(config: Optional[HeartbeatConfig] = None) -> WebSocketHeartbeatManager:
    """The heartbeat manager of this process."""
    global _heartbeat_manager
    if _heartbeat_manager is None:
        _heartbeat_manager = WebSocketHeartbeatManager(config)
    return _heartbeat_manager


async def broadcast_message(message: Message) -> int:
    """Send to every user; the number of users reached."""
    manager = get_websocket_manager()
    return sum([await manager.send_to_user(user_id, message) for user_id in list(manager.user_connections)])


@asynccontextmanager
async def websocket_context() -> AsyncIterator[WebSocketManager]:
    """The manager; connections that show no life are closed when the block ends."""
    manager = get_websocket_manager()
    try:
        yield manager
    finally:
        # whoever has gone meanwhile is not waited for
        await manager._cleanup_stale_connections()


__all__ = [
    "ConnectionScope",
    "HeartbeatConfig",
    "WebSocketHeartbeatManager",
    "WebSocketManager",
    "WebSocketMessage",
    "broadcast_message",
    "get_heartbeat_manager",
    "get_websocket_manager",
    "websocket_context",
]
