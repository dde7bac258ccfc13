"""Emitters that are used again instead of made again."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, Deque, Dict, Optional

from netra_backend.app.models.user_execution_context import UserExecutionContext
from netra_backend.app.services.websocket_event_router import WebSocketEventRouter
from netra_backend.app.websocket_core.types import utc_now


@dataclass
class PoolConfig:
    """Sizes of the pool."""

    initial_size: int = 2
    max_size: int = 20


@dataclass
class PoolStatistics:
    """What the pool has done."""

    current_pooled: int = 0
    current_active: int = 0
    hits: int = 0
    misses: int = 0


class WebSocketEmitterPool:
    """Hands out emitters; an empty pool makes a new one."""

    class OptimizedUserWebSocketEmitter:
        """A reusable emitter: initialize, send, reset."""

        __slots__ = ("user_id", "thread_id", "run_id", "request_id", "router", "connection_id", "active", "sent")

        def __init__(self) -> None:
            self.reset()

        def initialize(
            self, context: UserExecutionContext, router: WebSocketEventRouter, connection_id: Optional[str] = None
        ) -> None:
            """Bind it to a run."""
            self.user_id, self.thread_id = context.user_id, context.thread_id
            self.run_id, self.request_id = context.run_id, context.request_id
            self.router: Optional[WebSocketEventRouter] = router
            self.connection_id = connection_id
            self.active = True

        def reset(self) -> None:
            """Leave nothing behind for the next user."""
            self.user_id = self.thread_id = self.run_id = self.request_id = ""
            self.router = None
            self.connection_id = None
            self.active = False
            self.sent = 0

        async def notify_agent_started(self, agent_name: str, metadata: Optional[dict] = None) -> bool:
            return await self._send("agent_started", agent_name, metadata=metadata or {}, status="started")

        async def notify_agent_thinking(self, agent_name: str, thought: str, step: Optional[str] = None) -> bool:
            return await self._send("agent_thinking", agent_name, thought=thought, step=step)

        async def notify_tool_executing(
            self, agent_name: str, tool_name: str, tool_input: Optional[dict] = None
        ) -> bool:
            return await self._send("tool_executing", agent_name, tool_name=tool_name, tool_input=tool_input or {})

        async def notify_tool_completed(
            self, agent_name: str, tool_name: str, success: bool, result_summary: Optional[str] = None
        ) -> bool:
            return await self._send(
                "tool_completed", agent_name, tool_name=tool_name, success=success, result_summary=result_summary
            )

        async def notify_agent_completed(self, agent_name: str, result: Dict[str, Any], success: bool = True) -> bool:
            return await self._send("agent_completed", agent_name, result=result, success=success)

        def get_stats(self) -> Dict[str, Any]:
            return {"user_id": self.user_id, "sent": self.sent, "active": self.active}

        async def _send(self, event_type: str, agent_name: str, **payload: Any) -> bool:
            if not self.active or self.router is None:
                return False
            ids = {"run_id": self.run_id, "thread_id": self.thread_id, "request_id": self.request_id}
            event = {"type": event_type, **ids, "agent_name": agent_name, "timestamp": utc_now(), "payload": payload}
            if self.connection_id:
                sent = await self.router.route_event(self.user_id, self.connection_id, event)
            else:
                sent = await self.router.broadcast_to_user(self.user_id, event) > 0
            self.sent += int(sent)
            return sent

    def __init__(self, config: Optional[PoolConfig] = None):
        self.config = config or PoolConfig()
        self._lock = asyncio.Lock()
        self._available: Deque[Any] = deque(
            self.OptimizedUserWebSocketEmitter() for _ in range(self.config.initial_size)
        )
        self._active: Dict[int, Any] = {}
        self._hits = 0
        self._misses = 0

    async def acquire(
        self, context: UserExecutionContext, router: WebSocketEventRouter, connection_id: Optional[str] = None
    ) -> "WebSocketEmitterPool.OptimizedUserWebSocketEmitter":
        async with self._lock:
            if self._available:
                emitter = self._available.popleft()
                self._hits += 1
            else:
                emitter = self.OptimizedUserWebSocketEmitter()
                self._misses += 1
            emitter.initialize(context, router, connection_id)
            self._active[id(emitter)] = emitter
            return emitter

    async def release(self, emitter: "WebSocketEmitterPool.OptimizedUserWebSocketEmitter") -> None:
        async with self._lock:
            self._active.pop(id(emitter), None)
            emitter.reset()
            if len(self._available) < self.config.max_size:
                self._available.append(emitter)

    def get_statistics(self) -> PoolStatistics:
        return PoolStatistics(len(self._available), len(self._active), self._hits, self._misses)

    async def shutdown(self) -> None:
        for emitter in list(self._active.values()):
            await self.release(emitter)
        self._available.clear()


_global_pool: Optional[WebSocketEmitterPool] = None


async def get_websocket_emitter_pool() -> WebSocketEmitterPool:
    """The pool of this process."""
    global _global_pool
    if _global_pool is None:
        _global_pool = WebSocketEmitterPool()
    return _global_pool
