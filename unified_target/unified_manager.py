"""The one WebSocket manager: who is connected, what they are sent, and what it promises about both.

    connect_user ─▶ a connection (at most 3 for a user, 100 in all) ─▶ send_to_user · send_to_thread · broadcast
                                                    numbered, kept for replay, never crossing users ◀┘

It takes the place of the WebSocketManager, ConnectionScopedWebSocketManager and WebSocketHeartbeatManager of the
extraction report and keeps every call that they accepted. Delivery itself lives in `unified_delivery`; here are the
names that applications use. What cannot be seen from a signature:

- A send never waits for a socket. `True` means that a connection of the user has the message or is about to; `False`
  that nobody is there to take it: it is then kept (512 events, 180 s) and sent when the user connects.
- A message for a thread goes to that user's connections on the thread, or to all of that user's when none is on it.
- Sockets are duck typed (see `unified_delivery.wire`); neither FastAPI nor Starlette is imported.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from .unified_delivery.channel import NORMAL_CLOSURE, Channel
from .unified_delivery.heartbeat import ConnectionHeartbeat, HeartbeatConfig, HeartbeatMonitor
from .unified_delivery.hub import AuditEntry, Clock, ConnectionRefused, Hub, Observer, Receipt
from .unified_delivery.messages import as_message, serialize, undescribed, user_mentioned, user_named
from .unified_delivery.protocols import (
    ConnectionProtocol,
    ModernWebSocketProtocol,
    ThreadMessagingProtocol,
    UpdateProtocol,
    UserMessagingProtocol,
    WebSocketManagerProtocol,
)
from .unified_delivery.runs import MAX_MAPPINGS, RecentlyUsed
from .unified_delivery.scope import ConnectionScope
from .unified_delivery.stream import FIVE_EVENTS, DeliverySettings, Resume, kind_of
from .unified_delivery.table import ConnectionTable
from .unified_delivery.wire import EventRejected, SocketAdapter, is_connected, now_text, plain

__all__ = [
    "FIVE_EVENTS",
    "BroadcastResult",
    "ConnectionHeartbeat",
    "ConnectionProtocol",
    "ConnectionRefused",
    "ConnectionScope",
    "EnhancedHeartbeatConfig",
    "EventRejected",
    "HeartbeatConfig",
    "HeartbeatMonitor",
    "ModernWebSocketProtocol",
    "ModernWebSocketWrapper",
    "Observer",
    "Receipt",
    "Resume",
    "ThreadMessagingProtocol",
    "UnifiedWebSocketManager",
    "UpdateProtocol",
    "UserMessagingProtocol",
    "WebSocketManagerProtocol",
    "broadcast_message",
    "check_connection_heartbeat",
    "connection_scoped_manager",
    "create_enhanced_websocket_manager",
    "enhanced_health_check",
    "get_heartbeat_manager",
    "get_manager",
    "get_protocol_wrapper",
    "get_websocket_manager",
    "get_websocket_recovery_manager",
    "register_connection_heartbeat",
    "sync_state",
    "unregister_connection_heartbeat",
    "websocket_context",
]

logger = logging.getLogger(__name__)

TEST_THREADS: Final = (
    "startup_test_",
    "health_check_",
    "test_",
    "unit_test_",
    "integration_test_",
    "validation_",
    "mock_",
)
"""Prefixes of threads that start-up checks and tests make up; sending to one that nobody is on counts as a success."""

ModernWebSocketWrapper = SocketAdapter
EnhancedHeartbeatConfig = HeartbeatConfig

DisconnectHook = Callable[[str, str], Any]
MessageHandler = Callable[[str, Any, dict[str, Any]], Any]


@dataclass
class BroadcastResult:
    """How a broadcast went, in connections."""

    successful: int
    failed: int
    total_connections: int
    message_type: str


class Broadcasting:
    """`manager.broadcasting`: the broadcasts under the name that services use."""

    def __init__(self, manager: UnifiedWebSocketManager) -> None:
        self._manager = manager

    async def broadcast_to_all(self, data: Any) -> int:
        """Send to everybody who is connected; for how many connections it was."""
        return await self._manager.broadcast_to_all(data)


class UnifiedWebSocketManager:
    """Every connection of the process and everything that is sent to it.

    Constructing it gives the one instance of the process, however often and from whatever thread; setting `_instance`
    to None makes the next construction a new one. `isolated()` gives one that nobody else has, for tests.
    """

    _instance: ClassVar[UnifiedWebSocketManager | None] = None
    _creation: ClassVar[threading.RLock] = threading.RLock()
    _initialized: bool

    # The old manager's numbers under its names. The first three and the two about staleness hold; the others, which
    # nothing there enforced either, are kept for code that reads them.
    MAX_CONNECTIONS_PER_USER = 3
    MAX_TOTAL_CONNECTIONS = 100
    TTL_CACHE_SECONDS = 180  # how long a sent event can be replayed
    STALE_CONNECTION_TIMEOUT = 120  # seconds without activity after which `_cleanup_stale_connections` closes
    CLEANUP_INTERVAL_SECONDS = 30
    TTL_CACHE_MAXSIZE = 500
    CONNECTION_POOL_SIZE = 10  # connections that the backplane keeps to Redis
    POOL_RECYCLE_TIME = 600
    MAX_PENDING_MESSAGES = 50

    def __new__(cls, *args: Any, **kwargs: Any) -> UnifiedWebSocketManager:  # noqa: D102 - the class tells
        with cls._creation:
            if cls._instance is None:
                cls._instance = super().__new__(cls)
            return cls._instance

    def __init__(
        self,
        heartbeat_config: HeartbeatConfig | None = None,
        enable_connection_scoping: bool = True,
        *,
        settings: DeliverySettings | None = None,
        clock: Clock = time,
        observer: Observer | None = None,
    ) -> None:
        with self._creation:
            if not getattr(self, "_initialized", False):
                self._set_up(heartbeat_config, enable_connection_scoping, settings, clock, observer)
                self._initialized = True

    @classmethod
    def isolated(
        cls,
        heartbeat_config: HeartbeatConfig | None = None,
        enable_connection_scoping: bool = True,
        *,
        settings: DeliverySettings | None = None,
        clock: Clock = time,
        observer: Observer | None = None,
    ) -> UnifiedWebSocketManager:
        """A manager of its own, apart from the process's one."""
        manager = object.__new__(cls)
        manager._set_up(heartbeat_config, enable_connection_scoping, settings, clock, observer)
        manager._initialized = True
        return manager

    def _set_up(
        self,
        heartbeat_config: HeartbeatConfig | None,
        scoping: bool,
        settings: DeliverySettings | None,
        clock: Clock,
        observer: Observer | None,
    ) -> None:
        limits = settings or DeliverySettings(
            per_user=self.MAX_CONNECTIONS_PER_USER,
            total=self.MAX_TOTAL_CONNECTIONS,
            ring_seconds=self.TTL_CACHE_SECONDS,
        )
        self.hub = Hub(limits, clock=clock, observer=observer)
        self.hub.on_detached = self._detached
        environment = os.environ.get("ENVIRONMENT", "development").lower()
        self.heartbeat_config = heartbeat_config or HeartbeatConfig.for_environment(environment)
        self.heartbeat = HeartbeatMonitor(self.heartbeat_config, self.hub)
        self.enable_connection_scoping = scoping
        self.broadcasting = Broadcasting(self)
        self._connections = ConnectionTable(self._adopt, self._dismiss, limits.ring_seconds, self.TTL_CACHE_MAXSIZE)
        self.user_connections: dict[str, set[str]] = {}
        self.room_memberships: dict[str, set[str]] = {}
        self._connection_scopes: dict[str, ConnectionScope] = {}
        self.message_handlers: dict[str, MessageHandler] = {}
        self._disconnect_hooks: list[DisconnectHook] = []
        self._thread_owners: RecentlyUsed[str] = RecentlyUsed(MAX_MAPPINGS)
        self._run_owners: RecentlyUsed[tuple[str, str | None]] = RecentlyUsed(MAX_MAPPINGS)
        self._set_up_statistics()
        self._set_up_unused()

    def _set_up_statistics(self) -> None:
        self.connection_stats: dict[str, Any] = {
            "total_connections": 0,
            "active_connections": 0,
            "messages_sent": 0,
            "messages_received": 0,
            "errors_handled": 0,
            "broadcasts_sent": 0,
            "start_time": self.hub.clock.time(),
            "memory_cleanups": 0,
            "connections_evicted": 0,
            "stale_connections_removed": 0,
            "timeout_retries": 0,
            "timeout_failures": 0,
            "send_timeouts": 0,
        }
        self.scoping_stats = {
            "scoped_connections": 0,
            "global_connections": 0,
            "events_blocked": 0,
            "scopes_created": 0,
            "scopes_cleaned": 0,
        }

    def _set_up_unused(self) -> None:
        """Attributes of the old manager that it never used either, and that others read or write."""
        self.active_connections: dict[str, list[Any]] = {}
        self.connection_registry: dict[str, Any] = {}
        self.run_id_connections: dict[str, set[str]] = {}
        self.connection_retry_counts: dict[str, int] = {}
        self.connection_failure_counts: dict[str, int] = {}
        self.failed_connections: set[str] = set()
        self.circuit_breaker_threshold = 3
        self.typing_states: dict[str, Any] = {}
        self.delivery_stats = {"messages_confirmed": 0, "messages_timeout": 0, "average_confirmation_time": 0.0}
        self._cleanup_lock: asyncio.Lock | None = None
        self._shutdown_event: asyncio.Event | None = None
        self._health_lock: asyncio.Lock | None = None
        self._executor: ThreadPoolExecutor | None = None

    # ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def connect_user(
        self,
        user_id: str,
        websocket: Any,
        thread_id: str | None = None,
        client_ip: str | None = None,
        *,
        connection_id: str | None = None,
        resume: Resume | None = None,
        batched: bool = False,
        expires_in: float | None = None,
    ) -> str:
        """Take a socket in and return its connection id. What its user missed is sent at once.

        `user_id` must come from the authenticated request: it is the only thing that decides whose events are sent.
        With `resume` the client is greeted, its messages are numbered, and what it has not got is replayed before
        anything else; `batched` lets up to 16 events share a frame, as a JSON array; after `expires_in` seconds the
        connection is closed with 3000.
        Raises ConnectionRefused, after closing the socket with 4009 (3 connections of the user) or 1013 (100 in all),
        and TypeError for a socket that cannot send.
        """
        name = connection_id or f"conn_{user_id}_{uuid.uuid4().hex[:8]}"
        adapter = SocketAdapter(websocket)
        try:
            with self.hub.lock:  # nobody can close it before the tables know it
                channel = self.hub.attach(
                    user_id, name, adapter, thread_id=thread_id, resume=resume, batched=batched, expires_in=expires_in
                )
                self._connections.enter(name, self._record(channel, client_ip))
                self._enter(channel)
        except ConnectionRefused as refusal:
            await self._turn_away(adapter, refusal)
            raise
        try:
            await asyncio.sleep(0)  # a first frame goes out before the caller's next step
        except asyncio.CancelledError:  # the caller will never know the connection's name
            self.hub.detach(channel, NORMAL_CLOSURE, "the handshake was cancelled")
            raise
        return name

    async def _turn_away(self, adapter: SocketAdapter, refusal: ConnectionRefused) -> None:
        try:
            async with asyncio.timeout(self.hub.settings.close_deadline):
                await adapter.close(refusal.code, str(refusal))
        except Exception as error:  # nothing was taken in, so nothing is lost; the refusal is what matters
            logger.debug("closing a refused socket: %r", error)

    def _record(self, channel: Channel, client_ip: str | None) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "connection_id": channel.connection_id,
            "user_id": channel.user_id,
            "websocket": channel.socket.websocket,
            "wrapper": channel.socket,
            "protocol_type": channel.socket.connection_type,
            "thread_id": channel.thread_id,
            "connected_at": now,
            "last_activity": now,
            "message_count": 0,
            "is_healthy": True,
            "is_closing": False,
            "client_ip": client_ip,
        }

    def _enter(self, channel: Channel) -> None:
        self.user_connections.setdefault(channel.user_id, set()).add(channel.connection_id)
        self.connection_stats["total_connections"] += 1
        self.connection_stats["active_connections"] += 1
        if channel.thread_id is not None:
            self._own(channel.thread_id, channel.user_id)

    def _adopt(self, connection_id: str, record: Any) -> None:
        """Make a connection of a record that was put into the table by hand; its limits are the caller's business."""
        websocket, user_id = (
            (record.get("websocket"), record.get("user_id")) if isinstance(record, Mapping) else (None, None)
        )
        if websocket is None or user_id is None:
            return
        try:
            adapter = SocketAdapter(websocket)
        except TypeError:
            logger.debug("connection %s was put in with an object that cannot send", connection_id)
            return
        channel = self.hub.attach(
            str(user_id), connection_id, adapter, thread_id=record.get("thread_id"), limited=False
        )
        self._enter(channel)

    def _dismiss(self, connection_id: str) -> None:
        channel = self.hub.channels.get(connection_id)
        if channel is not None:
            self.hub.detach(channel, NORMAL_CLOSURE, "removed")

    def _detached(self, channel: Channel) -> None:
        """Clear the tables of a connection that is gone; called by the hub, under its lock."""
        name = channel.connection_id
        self._connections.forget(name)
        members = self.user_connections.get(channel.user_id)
        if members is not None:
            members.discard(name)
            if not members:
                del self.user_connections[channel.user_id]
        for groups in (self.room_memberships, self.run_id_connections):
            for group in list(groups):
                _leave(groups, name, group)
        self.connection_stats["active_connections"] = max(0, self.connection_stats["active_connections"] - 1)
        self.heartbeat.forget(name)
        self.cleanup_connection_scope(name)
        ConnectionScope.gone(name)
        for hook in self._disconnect_hooks:
            self._run_hook(hook, channel)

    def _run_hook(self, hook: DisconnectHook, channel: Channel) -> None:
        try:
            outcome = hook(channel.user_id, channel.connection_id)
            if asyncio.iscoroutine(outcome):
                channel.follow_up(outcome)
        except Exception:
            self.connection_stats["errors_handled"] += 1
            logger.exception("a disconnect hook failed; the connection is gone all the same")

    def add_disconnect_hook(self, hook: DisconnectHook) -> None:
        """Call `hook(user_id, connection_id)` whenever a connection goes; it may be a coroutine function."""
        self._disconnect_hooks.append(hook)

    async def disconnect_user(
        self, user_id: str, websocket: Any, code: int = NORMAL_CLOSURE, reason: str = "Normal closure"
    ) -> None:
        """Close the user's connection that has this socket; all of the user's when it is None.

        A socket that has gone already is no error, and concerns no other: endpoints say so in their `finally`.
        """
        mine = self.hub.channels_of(user_id)
        leaving = [channel for channel in mine if websocket is None or channel.socket.websocket is websocket]
        await self._close_all(leaving, code, reason)

    async def _close_all(self, leaving: Iterable[Channel], code: int, reason: str) -> None:
        gone = [channel for channel in leaving if self.hub.detach(channel, code, reason)]
        await asyncio.gather(*(channel.closed() for channel in gone))

    async def add_connection(self, connection_id: str, websocket: Any) -> None:
        """Take a connection in under an id of the caller's, which is also its user. Raises as `connect_user`."""
        await self.connect_user(connection_id, websocket, connection_id=connection_id)

    async def remove_connection(self, connection_id: str) -> None:
        """Close a connection. One that is gone already is no error."""
        await self._cleanup_connection(connection_id)

    async def _cleanup_connection(
        self, connection_id: str, code: int = NORMAL_CLOSURE, reason: str = "Normal closure"
    ) -> None:
        channel = self.hub.channels.get(connection_id)
        if channel is not None:
            await self._close_all([channel], code, reason)
        self._connections.forget(connection_id)

    async def _cleanup_stale_connections(self) -> int:
        """Close what shows no life: no activity for STALE_CONNECTION_TIMEOUT, a closed socket, or marked unhealthy."""
        stale = [channel for channel in self.hub.all_channels() if self._is_stale(channel)]
        await self._close_all(stale, NORMAL_CLOSURE, "Stale connection cleanup")
        self.connection_stats["stale_connections_removed"] += len(stale)
        return len(stale)

    def _is_stale(self, channel: Channel) -> bool:
        record = self._connections.get(channel.connection_id, {})
        if not record.get("is_healthy", True) or not self.heartbeat.healthy(channel.connection_id):
            return True
        last = record.get("last_activity")
        if not isinstance(last, datetime):
            return False
        aware = last if last.tzinfo is not None else last.replace(tzinfo=UTC)
        quiet = (datetime.now(UTC) - aware).total_seconds()
        unsent = self.hub.clock.monotonic() - channel.last_sent  # a broadcast is activity, too
        return min(quiet, unsent) > self.STALE_CONNECTION_TIMEOUT

    async def _periodic_cleanup(self) -> None:
        """Close what shows no life every CLEANUP_INTERVAL_SECONDS, until shutdown; for applications that want it."""
        while not self.shutdown_event.is_set():
            try:
                await asyncio.wait_for(self.shutdown_event.wait(), self.CLEANUP_INTERVAL_SECONDS)
            except TimeoutError:
                await self._cleanup_stale_connections()
                self.connection_stats["memory_cleanups"] += 1

    def _cleanup_expired_cache_entries(self) -> None:
        """Forget events past their lifetime now rather than at the next sweep."""
        self.hub.sweep()

    # ── who is there ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def connections(self) -> ConnectionTable:
        """Connection id -> record (user_id, websocket, thread_id, connected_at ...). Assigning replaces the content."""
        return self._connections

    @connections.setter
    def connections(self, records: Mapping[str, dict[str, Any]]) -> None:
        self._connections.replace(records)

    @property
    def connection_wrappers(self) -> dict[str, SocketAdapter]:
        """Connection id -> the adapter of its socket."""
        return {name: channel.socket for name, channel in self.hub.channels.items()}

    @property
    def connection_health(self) -> dict[str, dict[str, Any]]:
        """Connection id -> pings, pongs and score."""
        return {name: self.heartbeat.report(name) for name in list(self.hub.channels)}

    @property
    def is_accepting_connections(self) -> bool:
        """Whether there is room for one more."""
        return len(self.hub.channels) < self.hub.settings.total

    @property
    def audit_log(self) -> tuple[AuditEntry, ...]:
        """The latest connects, disconnects, refusals, kicks, resumes and blocked attempts, oldest first."""
        return tuple(self.hub.audit)

    def get_connection_count(self) -> int:
        """How many connections there are."""
        return len(self.hub.channels)

    def get_connection_id_by_websocket(self, websocket: Any) -> str | None:
        """The connection of a socket, or None."""
        for name, channel in tuple(self.hub.channels.items()):
            if channel.socket.websocket is websocket or channel.socket.websocket == websocket:
                return name
        return None

    def update_connection_thread(self, user_id: str, thread_id: str) -> bool:
        """Put a user's connections, or the one whose id is given instead, on a thread; False when there is none."""
        one = self.hub.channels.get(user_id)
        moved = [one] if one is not None else self.hub.channels_of(user_id)
        for channel in moved:
            channel.thread_id = thread_id
            self._own(thread_id, channel.user_id)
            self._connections.get(channel.connection_id, {}).update(
                thread_id=thread_id, last_activity=datetime.now(UTC)
            )
        return bool(moved)

    def join_thread(self, connection_id: str, thread_id: str) -> bool:
        """Let one connection show a thread because its client says so; False when it is gone, or the thread another's.

        What a client says makes nobody the owner of a thread: it could name one that somebody else is about to use.
        """
        channel = self.hub.channels.get(connection_id)
        if channel is None:
            return False
        owner = self._thread_owners.get(thread_id)
        if owner not in (None, channel.user_id):
            self.block(connection_id, f"wants to join thread {thread_id} of user {owner}")
            return False
        channel.thread_id = thread_id
        self._connections.get(connection_id, {}).update(thread_id=thread_id, last_activity=datetime.now(UTC))
        return True

    def bind_run(self, run_id: str, user_id: str, thread_id: str | None = None) -> bool:
        """Say whose run this is, so that a message that names only the run finds its user.

        The first user keeps it; False, counted and noted in the audit log, when it is another's.
        """
        with self.hub.lock:
            owner = self._run_owners.get(run_id)
            if owner is not None and owner[0] != user_id:
                self.hub.count("blocked")
                self.hub.note_user("blocked", user_id, f"wants run {run_id} of user {owner[0]}")
                return False
            self._run_owners.put(run_id, (user_id, thread_id))
            if thread_id is not None:
                self._own(thread_id, user_id)
            return True

    async def associate_run_id(self, connection_id: str, run_id: str) -> bool:
        """Bind a run to the user of a connection; False when that is gone, or the run another user's."""
        with self.hub.lock:
            channel = self.hub.channels.get(connection_id)
            if channel is None or not self.bind_run(run_id, channel.user_id, channel.thread_id):
                return False
            self.run_id_connections.setdefault(run_id, set()).add(connection_id)
            while len(self.run_id_connections) > MAX_MAPPINGS:
                del self.run_id_connections[next(iter(self.run_id_connections))]
            return True

    async def get_connections_by_run_id(self, run_id: str) -> list[str]:
        """The connections that were associated with a run and are still there."""
        return sorted(self.run_id_connections.get(run_id, set()) & self.hub.channels.keys())

    def _own(self, thread_id: str, user_id: str) -> None:
        """A thread belongs to the first user who was seen on it."""
        if self._thread_owners.get(thread_id) is None:
            self._thread_owners.put(thread_id, user_id)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def publish(
        self, user_id: str, message: Any, *, thread_id: str | None = None, droppable: bool | None = None
    ) -> Receipt:
        """Append a message to a user's log and wake their connections: the synchronous core of every send.

        May be called from any thread, and without a running loop. `droppable` overrules what the type of the message
        says (`DROPPABLE_EVENTS`). Raises EventRejected for a message that cannot be sent.
        """
        return self.hub.publish(
            user_id, self._serialize_message_safely(message), thread_id=thread_id, droppable=droppable
        )

    async def send_to_user(
        self, user_id: str, message: Any, retry: bool = True, priority: Any = None, require_confirmation: bool = False
    ) -> bool:
        """Send to all of a user's connections; whether one of them takes it.

        A priority named LOW makes the message droppable for a slow connection. `retry` and `require_confirmation` are
        accepted as ever; nothing is lost without them.
        """
        droppable = True if getattr(priority, "name", "") == "LOW" else None
        try:
            receipt = self.publish(user_id, message, droppable=droppable)
        except EventRejected as error:
            return self._rejected(error)
        if receipt.offline:
            self._tell_nobody_there(user_id)
        return await self._settled(receipt.channels)

    def _tell_nobody_there(self, user_id: str) -> None:
        if user_id.startswith("run_"):  # callers that only know a run; nobody connects under its id
            logger.debug("No connections found for run ID %s; the message waits for one", user_id)
        else:
            logger.warning("No connections found for user %s; the message waits for one", user_id)

    async def send_message(
        self, user_id: str, message: Any, retry: bool = True, priority: Any = None, require_confirmation: bool = False
    ) -> bool:
        """The same as `send_to_user`."""
        return await self.send_to_user(user_id, message, retry, priority, require_confirmation)

    async def send_message_to_user(self, user_id: str, message: Any) -> bool:
        """The same as `send_to_user`."""
        return await self.send_to_user(user_id, message)

    async def send_to_thread(self, thread_id: str, message: Any) -> bool:
        """Send to the user whose thread it is, with the thread's id and the time added; whether a connection takes it.

        Whose it is, the message says (`user_id`, or the run it names), else the first user seen on the thread. Nobody
        else who may be on it is sent anything. A made-up test thread that nobody is on counts as a success.
        """
        try:
            stamped = {**as_message(message), "timestamp": now_text(), "thread_id": thread_id}
            user_id = self._addressee(thread_id, stamped) or await self._user_in_records(thread_id)
            if user_id is None:
                return self._nobody_on(thread_id)
            receipt = self.publish(user_id, stamped, thread_id=thread_id)
        except EventRejected as error:
            return self._rejected(error)
        taken = await self._settled(receipt.channels)
        return taken or (not receipt.channels and self._is_test_thread(thread_id))

    async def send_message_to_thread(self, thread_id: str, message: Any) -> bool:
        """The same as `send_to_thread`."""
        return await self.send_to_thread(thread_id, message)

    async def send_to_connection(self, connection_id: str, data: Any) -> bool:
        """Send to one connection; False when it is gone, or the message names a user who is not its own."""
        channel = self.hub.channels.get(connection_id)
        if channel is None:
            return False
        try:
            message = as_message(data)
            named = user_named(message)
            if named is not None and named != channel.user_id:
                self.block(connection_id, f"{kind_of(message)} is for user {named}")
                return False
            self.hub.publish(channel.user_id, message, connection_id=connection_id)
        except EventRejected as error:
            return self._rejected(error)
        return await self._settled((channel,))

    _send_to_connection = send_to_connection

    async def _send_to_connection_with_retry(
        self, conn_id: str, websocket: Any, message_dict: Any, conn_info: dict[str, Any]
    ) -> bool:
        """Send to a connection, or straight to a socket that is none of ours, and keep the caller's record of it.

        A frame that may have gone out is not sent again: the old retries showed events twice.
        """
        if conn_id in self.hub.channels:
            sent = await self.send_to_connection(conn_id, message_dict)
        else:
            sent = await self._sent_straight(websocket, message_dict)
        if sent:
            conn_info.update(message_count=conn_info.get("message_count", 0) + 1, last_activity=datetime.now(UTC))
        else:
            conn_info["is_healthy"] = False
        return sent

    async def _sent_straight(self, websocket: Any, data: Any) -> bool:
        message = await self._serialize_message_safely_async(data)
        try:
            await asyncio.wait_for(SocketAdapter(websocket).send(message), self.hub.settings.send_deadline)
        except Exception as error:
            logger.info("a socket that is no connection did not take a message: %s", error)
            return False
        return True

    async def send_scoped_event(
        self, connection_id: str, event_type: str, payload: dict[str, Any], user_id: str | None = None
    ) -> bool:
        """Send an event to one connection, if it is that of `user_id`; another user's is blocked and counted."""
        channel = self.hub.channels.get(connection_id)
        if channel is None:
            return False
        if user_id and user_id != channel.user_id:
            self.block(connection_id, f"{event_type} is for user {user_id}")
            return False
        scope = self.get_connection_scope(connection_id)
        if scope is not None:
            return await scope.send_event(event_type, payload)
        event = {"type": event_type, "payload": payload, "connection_id": connection_id, "timestamp": now_text()}
        return await self.send_to_connection(connection_id, event)

    async def send_agent_update(self, run_id: str, agent_name: str, update: Any) -> None:
        """Send an `agent_update` to the user whose run it is (see `bind_run`); logged when nobody knows whose."""
        owner = self._run_owners.get(run_id)
        if owner is None:
            logger.warning("update of run %s from %s: the run is bound to no user", run_id, agent_name)
            return
        message = {
            "type": "agent_update",
            "run_id": run_id,
            "agent_name": agent_name,
            "timestamp": now_text(),
            "payload": update,
        }
        if owner[1] is None:
            await self.send_to_user(owner[0], message)
        else:
            await self.send_to_thread(owner[1], {**message, "user_id": owner[0]})

    async def send_error(self, user_id: str, error_message: str, error_code: str = "error") -> bool:
        """Tell a user that something failed."""
        payload = {"error": error_message, "message": error_message, "code": error_code}
        message = {"type": "error", "message": error_message, "payload": payload, "timestamp": now_text()}
        return await self.send_to_user(user_id, message)

    async def send_error_to_user(self, user_id: str, error_message: str, error_code: str = "error") -> bool:
        """The same as `send_error`."""
        return await self.send_error(user_id, error_message, error_code)

    # ── to many ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def broadcast_to_all(self, data: Any) -> int:
        """Send to everybody who is connected; how many connections take it."""
        try:
            channels = self.hub.broadcast(as_message(data))
        except EventRejected as error:
            return int(self._rejected(error))
        self.connection_stats["broadcasts_sent"] += 1
        await asyncio.sleep(0)
        return len(channels) - len([channel for channel in channels if channel.close_code])

    async def broadcast(self, message: Any) -> int:
        """The same as `broadcast_to_all`."""
        return await self.broadcast_to_all(message)

    async def broadcast_to_job(self, job_id: str, data: Any) -> int:
        """Send to the connections that joined the job's room, `job_<id>`."""
        return await self.broadcast_to_room(f"job_{job_id}", data)

    async def broadcast_to_room(self, room_id: str, data: Any) -> int:
        """Send to the connections in a room; how many of them take it."""
        members = tuple(self.room_memberships.get(room_id, ()))
        return sum([await self.send_to_connection(connection_id, data) for connection_id in members])

    def join_room(self, connection_id: str, room_id: str) -> bool:
        """Put a connection in a room; False when it is gone."""
        with self.hub.lock:
            if connection_id not in self.hub.channels:
                return False
            self.room_memberships.setdefault(room_id, set()).add(connection_id)
            return True

    def leave_room(self, connection_id: str, room_id: str) -> bool:
        """Take a connection out of a room; False when it was not in it."""
        with self.hub.lock:
            return _leave(self.room_memberships, connection_id, room_id)

    # ── how a send ends ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _settled(self, channels: tuple[Channel, ...]) -> bool:
        """Let the writers have their turn; whether one of the connections is still there."""
        await asyncio.sleep(0)
        taken = [channel for channel in channels if channel.open]
        if not taken:
            return False
        now = datetime.now(UTC)
        self.connection_stats["messages_sent"] += 1
        for channel in taken:
            record = self._connections.get(channel.connection_id)
            if record is not None:
                record["last_activity"] = now
                record["message_count"] = record.get("message_count", 0) + 1
        return True

    def _rejected(self, error: EventRejected) -> bool:
        self.connection_stats["errors_handled"] += 1
        logger.error("a message was not sent: %s", error)
        return False

    def _addressee(self, thread_id: str, message: Mapping[str, Any]) -> str | None:
        """Whose message this is: the user it names, the one its run is bound to, the thread's, or one it mentions."""
        named = user_named(message)
        if named is not None:
            return named
        run = message.get("run_id")
        bound = self._run_owners.get(run) if isinstance(run, str) else None
        if bound is not None:
            return bound[0]
        return self._thread_owners.get(thread_id) or user_mentioned(message)

    async def _user_in_records(self, thread_id: str) -> str | None:
        """The user of a record whose thread was changed by hand; where a client asked to be shown is no evidence."""
        for name, record in await self._get_thread_connections(thread_id):
            channel = self.hub.channels.get(name)
            if record.get("user_id") and (channel is None or channel.thread_id != thread_id):
                return str(record["user_id"])
        return None

    async def _get_thread_connections(self, thread_id: str) -> list[tuple[str, dict[str, Any]]]:
        """The records on a thread, also those whose thread was changed by hand, past every method."""
        records = [item for item in tuple(self._connections.items()) if isinstance(item[1], Mapping)]
        return [item for item in records if item[1].get("thread_id") == thread_id]

    def _nobody_on(self, thread_id: str) -> bool:
        if self._is_test_thread(thread_id):
            logger.debug(f"Skipping message delivery for test thread: {thread_id}")
            return True
        logger.warning("nobody is known to be on thread %s; its message was not sent", thread_id)
        self.hub.count("unaddressed")
        return os.environ.get("TESTING") == "1"  # as the old manager: a test run without connections is no failure

    def _is_test_thread(self, thread_id: Any) -> bool:
        return isinstance(thread_id, str) and thread_id.startswith(TEST_THREADS)

    def block(self, connection_id: str, why: str) -> None:
        """Take note of an attempt to cross users."""
        self.scoping_stats["events_blocked"] += 1
        self.hub.count("blocked")
        channel = self.hub.channels.get(connection_id)
        if channel is not None:
            self.hub.note("blocked", channel, why)
        logger.warning("blocked on connection %s: %s", connection_id, why)

    def _serialize_message_safely(self, message: Any) -> Any:
        return serialize(message)

    async def _serialize_message_safely_async(self, message: Any) -> dict[str, Any]:
        """As `serialize`, in one of four threads, for at most a second (the old manager's numbers)."""
        if isinstance(message, dict | str):
            return as_message(message)
        working = asyncio.get_running_loop().run_in_executor(self._serialization_executor, as_message, message)
        try:
            return await asyncio.wait_for(working, 1.0)
        except TimeoutError:
            self.connection_stats["send_timeouts"] += 1
            return undescribed(message, "Serialization timed out after 1 second")

    @property
    def _serialization_executor(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(4, thread_name_prefix="websocket_serialize")
        return self._executor

    # ── what clients send ────────────────────────────────────────────────────────────────────────────────────────────

    async def handle_message(self, user_id: str, websocket: Any, message: Any) -> bool:
        """Take a client's message: a pong is noted, the handler of its type is called. False when it is invalid."""
        if not self.validate_message(message):
            return False
        self.connection_stats["messages_received"] += 1
        connection_id = self.get_connection_id_by_websocket(websocket)
        if connection_id is not None:
            self._connections.get(connection_id, {}).update(last_activity=datetime.now(UTC))
        if message["type"] == "pong" and connection_id is not None:
            await self.record_pong_received(connection_id, message.get("timestamp"))
        handler = self.message_handlers.get(message["type"])
        if handler is not None:
            outcome = handler(user_id, websocket, message)
            if asyncio.iscoroutine(outcome):
                await outcome
        return True

    def validate_message(self, message: Any) -> bool:
        """Whether it is an object with a type."""
        return isinstance(message, dict) and isinstance(message.get("type"), str) and bool(message["type"])

    def sanitize_message(self, message: dict[str, Any]) -> dict[str, Any]:
        """A copy made of nothing but JSON's own types, without lone surrogates. Raises EventRejected."""
        cleaned: dict[str, Any] = plain(message)
        return cleaned

    # ── scopes ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def get_connection_scope(self, connection_id: str) -> ConnectionScope | None:
        """The connection's own view; None when it is gone, or scoping was switched off."""
        channel = self.hub.channels.get(connection_id)
        if channel is None or not self.enable_connection_scoping:
            return None
        scope = self._connection_scopes.get(connection_id)
        if scope is None:
            socket = channel.socket.websocket
            scope = ConnectionScope(connection_id, channel.user_id, channel.thread_id, socket, self)
            self._connection_scopes[connection_id] = scope
            self.scoping_stats["scopes_created"] += 1
            self.scoping_stats["scoped_connections"] += 1
        return scope

    def cleanup_connection_scope(self, connection_id: str) -> None:
        """Forget a connection's view."""
        if self._connection_scopes.pop(connection_id, None) is not None:
            self.scoping_stats["scopes_cleaned"] += 1
            self.scoping_stats["scoped_connections"] = max(0, self.scoping_stats["scoped_connections"] - 1)

    # ── health ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def check_connection_health(self, connection_id: str) -> bool:
        """Whether a connection is there, open, and not marked unhealthy; a live one is never harmed by the question."""
        record = self._connections.get(connection_id, {})
        return bool(record.get("is_healthy", True)) and self.heartbeat.healthy(connection_id)

    async def _ping_connection(self, connection_id: str) -> bool:
        return await self.heartbeat.ping(connection_id)

    async def enhanced_ping_connection(self, connection_id: str, payload: bytes = b"") -> bool:
        """Send a ping of at most 125 bytes; see `HeartbeatMonitor.ping`."""
        return await self.heartbeat.ping(connection_id, payload)

    async def record_pong_received(self, connection_id: str, ping_timestamp: float | None = None) -> None:
        """Take note of a pong; `ping_timestamp` in seconds since the epoch gives the round trip."""
        self.heartbeat.pong(connection_id, ping_timestamp)
        record = self._connections.get(connection_id)
        if record is not None:
            record.update(is_healthy=True, last_activity=datetime.now(UTC))

    @property
    def health_stats(self) -> dict[str, float]:
        """Counters of pings and pongs."""
        return self.heartbeat.stats

    @property
    def active_pings(self) -> dict[str, float]:
        """Connection id -> when the ping was sent that waits for its pong, in seconds since the epoch."""
        waiting = self.heartbeat.heartbeats.items()
        return {name: beat.last_ping_sent or 0.0 for name, beat in waiting if beat.pending_since is not None}

    async def get_stats(self) -> dict[str, Any]:
        """Everything that is counted: connections, messages, health, limits, delivery."""
        scores = [beat.health_score for beat in self.heartbeat.heartbeats.values()] or [100]
        config = self.heartbeat_config
        counted = ("total_connections", "messages_sent", "messages_received", "errors_handled", "broadcasts_sent",
                   "memory_cleanups", "stale_connections_removed")  # fmt: skip
        return {
            **{name: self.connection_stats.get(name, 0) for name in counted},
            "active_connections": len(self.hub.channels),
            "active_users": len(self.user_connections),
            "uptime_seconds": self.hub.clock.time() - self.connection_stats.get("start_time", self.hub.clock.time()),
            "protocol_distribution": self._makes(),
            "health_monitoring": {
                **self.heartbeat.stats,
                "avg_health_score": round(sum(scores) / len(scores), 1),
                "healthy_connections": sum(self.heartbeat.healthy(name) for name in list(self.hub.channels)),
                "pending_pings": len(self.active_pings),
            },
            "heartbeat_config": {
                "interval_seconds": config.heartbeat_interval_seconds,
                "timeout_seconds": config.heartbeat_timeout_seconds,
                "max_missed_heartbeats": config.max_missed_heartbeats,
                "environment_optimized": config.environment_optimized,
            },
            "cache_sizes": {
                "connections": len(self._connections),
                "user_connections": len(self.user_connections),
                "room_memberships": len(self.room_memberships),
                "run_id_connections": len(self.run_id_connections),
                "connection_wrappers": len(self.hub.channels),
                "connection_health": len(self.heartbeat.heartbeats),
            },
            "delivery": {**self.hub.counters, "logs": len(self.hub.streams)},
        }

    def _makes(self) -> dict[str, int]:
        makes: dict[str, int] = {}
        for channel in self.hub.all_channels():
            name = f"{channel.socket.connection_type}_connections"
            makes[name] = makes.get(name, 0) + 1
        return makes

    def get_all_status(self) -> dict[str, Any]:
        """Connection id -> whether it is healthy, and its user."""
        return {
            channel.connection_id: {
                "user_id": channel.user_id,
                "healthy": self.heartbeat.healthy(channel.connection_id),
            }
            for channel in self.hub.all_channels()
        }

    # ── from start to end ────────────────────────────────────────────────────────────────────────────────────────────

    async def initialize(self) -> bool:
        """Nothing needs to be prepared; kept for start-up code that asks."""
        return True

    async def recover_all_connections(self) -> int:
        """Close what shows no life, so that its clients come back and resume; how many."""
        return await self._cleanup_stale_connections()

    async def cleanup_all(self) -> None:
        """Close every connection at once."""
        await self._close_all(self.hub.all_channels(), NORMAL_CLOSURE, "cleanup")

    async def shutdown(self) -> None:
        """Refuse new connections, let the present ones catch up for 5 seconds, close them with 1012. Idempotent.

        Call it before the server closes the sockets itself: uvicorn does so before it ends the lifespan, so there its
        `Server.shutdown` is the place (see examples/chat/server.py of wsconsolidate).
        """
        self.shutdown_event.set()
        await self.heartbeat.stop()
        await self.hub.shutdown()
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False)

    @property
    def cleanup_lock(self) -> asyncio.Lock:
        """A lock for code that used the manager's; the manager itself needs none."""
        if self._cleanup_lock is None:
            self._cleanup_lock = asyncio.Lock()
        return self._cleanup_lock

    @property
    def health_lock(self) -> asyncio.Lock:
        """A lock for code that used the manager's; the manager itself needs none."""
        if self._health_lock is None:
            self._health_lock = asyncio.Lock()
        return self._health_lock

    @property
    def shutdown_event(self) -> asyncio.Event:
        """Set once `shutdown` was asked for."""
        if self._shutdown_event is None:
            self._shutdown_event = asyncio.Event()
        return self._shutdown_event


def _leave(groups: dict[str, set[str]], connection_id: str, group: str) -> bool:
    inside = groups.get(group)
    if not isinstance(inside, set) or connection_id not in inside:  # the tables are changed by hand, too
        return False
    inside.discard(connection_id)
    if not inside:
        del groups[group]
    return True


# ── the process's manager, and the functions beside it ───────────────────────────────────────────────────────────────

_websocket_manager: UnifiedWebSocketManager | None = None


def get_websocket_manager(heartbeat_config: HeartbeatConfig | None = None) -> UnifiedWebSocketManager:
    """The manager of this process; made when first asked for. Setting `_websocket_manager` to None forgets it.

    Raises RuntimeError when it cannot be made.
    """
    global _websocket_manager
    if _websocket_manager is None:
        try:
            _websocket_manager = UnifiedWebSocketManager(heartbeat_config)
        except Exception as error:
            raise RuntimeError(f"WebSocketManager creation failed: {error}") from error
    return _websocket_manager


def get_manager(heartbeat_config: HeartbeatConfig | None = None) -> UnifiedWebSocketManager:
    """The same as `get_websocket_manager`."""
    return get_websocket_manager(heartbeat_config)


def get_websocket_recovery_manager() -> UnifiedWebSocketManager:
    """The same as `get_websocket_manager`."""
    return get_websocket_manager()


def create_enhanced_websocket_manager(heartbeat_config: HeartbeatConfig | None = None) -> UnifiedWebSocketManager:
    """The manager of this process, as the old function gave it; `UnifiedWebSocketManager.isolated` makes another."""
    return UnifiedWebSocketManager(heartbeat_config)


def get_protocol_wrapper(websocket: Any) -> SocketAdapter:
    """One way to use any make of socket. Raises TypeError for one that cannot send."""
    return SocketAdapter(websocket)


@asynccontextmanager
async def websocket_context() -> AsyncIterator[UnifiedWebSocketManager]:
    """The manager; connections that show no life are closed when the block ends."""
    manager = get_websocket_manager()
    try:
        yield manager
    finally:
        await manager._cleanup_stale_connections()


@asynccontextmanager
async def connection_scoped_manager(
    websocket: Any, user_id: str, thread_id: str | None = None, session_id: str | None = None
) -> AsyncIterator[ConnectionScope]:
    """A socket's scope, connected for the length of the block. Raises RuntimeError when there is no room."""
    scope = ConnectionScope.open(websocket, user_id, thread_id=thread_id)
    try:
        if not await scope.initialize(thread_id=thread_id, session_id=session_id):
            raise RuntimeError("Manager initialization failed")
        yield scope
    finally:
        await scope.cleanup()


async def sync_state(connection_id: str | None = None, callbacks: list[Any] | None = None) -> bool:
    """Mark a connection as active, False when it is gone; without one, close those that show no life."""
    manager = get_websocket_manager()
    if connection_id is None:
        await manager._cleanup_stale_connections()
        return True
    record = manager.connections.get(connection_id)
    if record is not None:
        record["last_activity"] = datetime.now(UTC)
    return record is not None


async def broadcast_message(message: Any, user_id: str | None = None, room_id: str | None = None) -> BroadcastResult:
    """Send to a user, to a room, or to everybody."""
    manager = get_websocket_manager()
    kind = kind_of(as_message(message))
    if user_id is not None:
        sent = int(await manager.send_to_user(user_id, message))
        return BroadcastResult(sent, 1 - sent, 1, kind or "direct_message")
    if room_id is not None:
        total = len(manager.room_memberships.get(room_id, ()))
        sent = await manager.broadcast_to_room(room_id, message)
    else:
        total = manager.get_connection_count()
        sent = await manager.broadcast_to_all(message)
    return BroadcastResult(sent, total - sent, total, kind or "broadcast")


async def enhanced_health_check(connection_id: str, manager: UnifiedWebSocketManager | None = None) -> dict[str, Any]:
    """What is known of a connection's health."""
    manager = manager or get_websocket_manager()
    record = manager.connections.get(connection_id)
    if record is None:
        return {"healthy": False, "reason": "Connection not found", "details": {}}
    heartbeat = manager.heartbeat.of(connection_id)
    return {
        "healthy": await manager.check_connection_health(connection_id),
        "connection_id": connection_id,
        "protocol_type": record.get("protocol_type", "unknown"),
        "is_connected": is_connected(record.get("websocket")),
        "health_score": heartbeat.health_score,
        "missed_heartbeats": heartbeat.missed_heartbeats,
        "last_activity": record.get("last_activity"),
        "has_pending_ping": heartbeat.pending_since is not None,
        "details": {name: record.get(name) for name in ("message_count", "connected_at", "client_ip", "thread_id")},
    }


def get_heartbeat_manager(config: HeartbeatConfig | None = None) -> HeartbeatMonitor:
    """The heartbeats of the process's manager; one of its own settings when a config is given."""
    manager = get_websocket_manager()
    return manager.heartbeat if config is None else HeartbeatMonitor(config, manager.hub)


async def register_connection_heartbeat(connection_id: str) -> None:
    """Begin to keep a connection's heartbeat."""
    await get_heartbeat_manager().register_connection(connection_id)


async def unregister_connection_heartbeat(connection_id: str) -> None:
    """Forget a connection's heartbeat."""
    await get_heartbeat_manager().unregister_connection(connection_id)


async def check_connection_heartbeat(connection_id: str) -> bool:
    """Whether a connection is alive."""
    return get_websocket_manager().heartbeat.healthy(connection_id)
