"""A WebSocket client that is to the server what the page is: it remembers its place, and resumes."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from tests.examples.chat_host import PATIENCE, ChatHost

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


class Tab:
    """One tab. Each `async with` is one connection; what was received stays."""

    def __init__(self, host: ChatHost, cookie: str, **query: str) -> None:
        self._host, self._cookie = host, cookie
        self._query = {"thread_id": "chat", **query}
        self.headers: dict[str, str] = {}
        self.hello: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.socket: ClientConnection

    @property
    def types(self) -> list[str]:
        """The types of what was received."""
        return [event["type"] for event in self.events]

    @property
    def places(self) -> list[int]:
        """The numbers of what was received."""
        return [event["stream_seq"] for event in self.events]

    async def connect(self) -> None:
        """Do the handshake alone."""
        from websockets.asyncio.client import connect  # not at the top: the tests are skipped where it is absent

        headers = {"Cookie": self._cookie, **self.headers}
        url = f"ws://{self._host.address}/ws?{urlencode(self._query)}"
        self.socket = await connect(url, additional_headers=headers, proxy=None, open_timeout=PATIENCE)

    async def __aenter__(self) -> Self:
        await self.connect()
        self.hello = await self._next()
        self._query |= {"epoch": self.hello["epoch"], "last_seq": str(self.hello["stream_seq"])}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()

    def drop(self) -> None:
        """Lose the connection without a word."""
        self.socket.transport.abort()

    async def _next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def receive(self, count: int) -> list[str]:
        """Receive so many events; the types of all that were received so far."""
        for _ in range(count):
            event = await self._next()
            self.events.append(event)
            self._query["last_seq"] = str(event["stream_seq"])
        return self.types

    async def closed(self) -> tuple[int | None, str]:
        """Wait for the server to close; the code and the reason."""
        async with asyncio.timeout(PATIENCE):
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason or ""
