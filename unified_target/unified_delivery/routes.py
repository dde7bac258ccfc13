"""Where an emitter's events go: through a manager, a bridge, an event router or one connection."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from .events import EmitterContext, Notice
from .redaction import Data
from .wire import SocketAdapter

MAX_HISTORY: Final = 100
"""Events that the context of a connection remembers (W01)."""


def is_manager(target: object) -> bool:
    """Whether events can go through an object as through a manager."""
    return hasattr(target, "send_to_thread") or hasattr(target, "send_to_user")


@dataclass(frozen=True)
class Route:
    """Through one of four, or nowhere. Raises whatever it raises; the answer is the truth about delivery."""

    manager: Any = None
    bridge: Any = None
    router: Any = None
    connection: Any = None
    connection_id: str | None = None
    context: Any = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.manager, self.bridge, self.router, self.connection)) > 1:
            raise ValueError("an emitter sends through one of manager, bridge, router and connection")
        if self.manager is not None and not is_manager(self.manager):
            raise ValueError(f"{type(self.manager).__name__} has neither send_to_thread nor send_to_user")

    async def send(self, notice: Notice) -> object:
        """Send one event; whether it was delivered. Raises what the route raises, ConnectionError without one."""
        if self.manager is not None:
            return await self._to_manager(notice.owner, notice.event())
        if self.bridge is not None:
            return await getattr(self.bridge, notice.method)(**notice.arguments())
        if self.router is not None:
            return await self._to_router(notice.owner.user_id, notice.event())
        return await self._to_socket(notice.event())

    async def _to_manager(self, owner: EmitterContext, event: Data) -> object:
        """To one connection if it was named and the manager can, else to the thread, else to the user (I02)."""
        if self.connection_id is not None and hasattr(self.manager, "send_to_connection"):
            return await self.manager.send_to_connection(self.connection_id, event)
        if hasattr(self.manager, "send_to_thread"):
            return await self.manager.send_to_thread(owner.thread_id, event)
        return await self.manager.send_to_user(owner.user_id, event)

    async def _to_router(self, user_id: str, event: Data) -> object:
        """A router knows whose each connection is: to one of them, or to all of the user's (U01)."""
        if self.connection_id is not None:
            return await self.router.route_event(user_id, self.connection_id, event)
        return await self.router.broadcast_to_user(user_id, event)

    async def _to_socket(self, event: Data) -> bool:
        """One event at a time; without a socket nothing was delivered (W02 called that sent).

        Under its old names too: whoever reads from such a connection knows `event_type`, `event_id` and `data` (W01).
        """
        socket = getattr(self.connection, "websocket", self.connection)
        named = {"event_type": event["type"], "event_id": uuid.uuid4().hex, "data": event["payload"]}
        try:
            if socket is None:
                raise ConnectionError("nothing to send through")
            async with self.turn:
                await SocketAdapter(socket).send({**event, **named})
        except Exception:
            self._note("failed_events", event, named)
            raise
        self._note("sent_events", event, named)
        return True

    def _note(self, history: str, event: Data, named: Data) -> None:
        """Note an event in the history of a context that keeps one; a long one loses its older half (W01)."""
        kept = getattr(self.context, history, None)
        if not isinstance(kept, list):
            return
        kept.append({"event_id": named["event_id"], "event_type": event["type"], "timestamp": event["timestamp"]})
        if len(kept) > MAX_HISTORY:
            del kept[: -MAX_HISTORY // 2]
