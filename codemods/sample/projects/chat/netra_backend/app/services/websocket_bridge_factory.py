"""A queue per user between agents and the socket."""

import asyncio
import logging
import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Dict, List, Optional

from netra_backend.app.websocket_core.types import utc_now

logger = logging.getLogger(__name__)


class ConnectionStatus(Enum):
    """State of a connection."""

    ACTIVE = "active"
    CLOSED = "closed"


@dataclass
class WebSocketEvent:
    """One event in the queue."""

    event_type: str
    user_id: str
    thread_id: str
    data: Dict[str, Any]
    event_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    timestamp: str = field(default_factory=utc_now)
    retry_count: int = 0


@dataclass
class UserWebSocketContext:
    """What belongs to one user."""

    user_id: str
    thread_id: str
    connection_id: str
    event_queue: "asyncio.Queue[WebSocketEvent]" = field(default_factory=lambda: asyncio.Queue(1000))
    sent_events: List[WebSocketEvent] = field(default_factory=list)
    failed_events: List[Dict[str, Any]] = field(default_factory=list)


class UserWebSocketConnection:
    """A socket and its state."""

    def __init__(self, user_id: str, connection_id: str, websocket: Any = None):
        self.user_id = user_id
        self.connection_id = connection_id
        self.websocket = websocket
        self.status = ConnectionStatus.ACTIVE if websocket is not None else ConnectionStatus.CLOSED

    async def send_event(self, event: WebSocketEvent) -> None:
        if self.status is ConnectionStatus.CLOSED:
            raise ConnectionError(f"connection {self.connection_id} is closed")
        ids = {"event_id": event.event_id, "thread_id": event.thread_id, "timestamp": event.timestamp}
        await self.websocket.send_json({"event_type": event.event_type, **ids, "data": event.data})


class WebSocketConnectionPool:
    """The connections, by user."""

    def __init__(self) -> None:
        self._connections: Dict[str, UserWebSocketConnection] = {}

    def add(self, connection: UserWebSocketConnection) -> None:
        self._connections[connection.connection_id] = connection

    async def get_connection(self, connection_id: str, user_id: str) -> UserWebSocketConnection:
        connection = self._connections.get(connection_id)
        if connection is None or connection.user_id != user_id:
            raise RuntimeError(f"user {user_id} has no connection {connection_id}")
        return connection


class WebSocketBridgeFactory:
    """Makes one emitter per user context."""

    def __init__(self) -> None:
        self._pool: Optional[WebSocketConnectionPool] = None
        self._emitters: Dict[str, "UserWebSocketEmitter"] = {}

    def configure(self, connection_pool: WebSocketConnectionPool) -> None:
        self._pool = connection_pool

    async def create_user_emitter(self, user_id: str, thread_id: str, connection_id: str) -> "UserWebSocketEmitter":
        """A running emitter."""
        if self._pool is None:
            raise RuntimeError("configure the factory first")
        connection = await self._pool.get_connection(connection_id, user_id)
        context = UserWebSocketContext(user_id, thread_id, connection_id)
        emitter = UserWebSocketEmitter(context, connection, {"max_retries": 3}, self)
        self._emitters[connection_id] = emitter
        return emitter

    def forget(self, connection_id: str) -> None:
        self._emitters.pop(connection_id, None)


class UserWebSocketEmitter:
    """Queues events; a task in the background delivers them in order."""

    def __init__(
        self,
        user_context: UserWebSocketContext,
        connection: UserWebSocketConnection,
        delivery_config: Dict[str, Any],
        factory: WebSocketBridgeFactory,
    ):
        self.user_context = user_context
        self.connection = connection
        self.delivery_config = delivery_config
        self.factory = factory
        self._task = asyncio.get_running_loop().create_task(self._deliver_forever())

    async def notify_agent_started(self, agent_name: str, run_id: str) -> None:
        await self._queue("agent_started", agent_name, run_id, status="started")

    async def notify_agent_thinking(self, agent_name: str, run_id: str, thinking: str) -> None:
        await self._queue("agent_thinking", agent_name, run_id, thinking=thinking)

    async def notify_tool_executing(
        self, agent_name: str, run_id: str, tool_name: str, tool_input: Dict[str, Any]
    ) -> None:
        await self._queue("tool_executing", agent_name, run_id, tool_name=tool_name, tool_input=tool_input)

    async def notify_tool_completed(self, agent_name: str, run_id: str, tool_name: str, tool_output: Any) -> None:
        await self._queue("tool_completed", agent_name, run_id, tool_name=tool_name, tool_output=tool_output)

    async def notify_agent_completed(self, agent_name: str, run_id: str, result: Any) -> None:
        await self._queue("agent_completed", agent_name, run_id, result=result)

    async def notify_agent_error(self, agent_name: str, run_id: str, error: str) -> None:
        await self._queue("agent_error", agent_name, run_id, error=error)

    async def cleanup(self) -> None:
        await self.user_context.event_queue.join()
        self._task.cancel()
        self.factory.forget(self.user_context.connection_id)

    async def _queue(self, event_type: str, agent_name: str, run_id: str, **data: Any) -> None:
        payload = {"agent_name": agent_name, "run_id": run_id, **data}
        context = self.user_context
        await context.event_queue.put(WebSocketEvent(event_type, context.user_id, context.thread_id, payload))

    async def _deliver_forever(self) -> None:
        queue = self.user_context.event_queue
        while True:
            event = await queue.get()
            try:
                await self._deliver(event)
            finally:
                queue.task_done()

    async def _deliver(self, event: WebSocketEvent) -> None:
        for attempt in range(self.delivery_config.get("max_retries", 3)):
            event.retry_count = attempt
            try:
                await self.connection.send_event(event)
            except Exception as error:
                logger.info("attempt %d of %s failed: %s", attempt + 1, event.event_type, error)
                await asyncio.sleep(0)
            else:
                self.user_context.sent_events.append(event)
                return
        self.user_context.failed_events.append({"event_type": event.event_type, "data": event.data})


_websocket_bridge_factory: Optional[WebSocketBridgeFactory] = None


def get_websocket_bridge_factory() -> WebSocketBridgeFactory:
    """The factory of this process."""
    global _websocket_bridge_factory
    if _websocket_bridge_factory is None:
        _websocket_bridge_factory = WebSocketBridgeFactory()
    return _websocket_bridge_factory
