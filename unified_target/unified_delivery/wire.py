"""How a message becomes text, and how text reaches a socket of any make.

Nothing here knows of users or order. The JSON is the same with and without orjson: what one of the two would refuse or
write differently (NaN, lone surrogates, keys that are no text, objects) takes one path that makes it plain first.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import json
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence, Set
from datetime import UTC, date, datetime, time
from typing import Any, Final

MAX_DEPTH: Final = 100
"""Levels of nesting that are encoded. orjson stops at 254; the browser side of no event needs ten."""


class EventRejected(ValueError):
    """A message cannot be sent: it is too large, nested without end, or holds an object that fails to describe itself.

    It concerns this message alone; the connection and what comes later are untouched.
    """


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def now_text() -> str:
    """The present as events carry it: ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat()


def encode(message: Mapping[str, Any], max_bytes: int) -> str:
    """The message as compact JSON, an object. Raises EventRejected."""
    try:
        text = _dumps()(message)
        if not text.isascii():
            text.encode()  # a lone surrogate is text to Python and to no socket
    except Exception:  # what it is about, the careful way says
        text = _encode_carefully(message)
    size = len(text) if text.isascii() else len(text.encode())
    if size > max_bytes:
        raise EventRejected(f"the message has {size} bytes of JSON, more than the {max_bytes} that are sent")
    if not text.startswith("{"):
        raise EventRejected(f"a message is an object, not {type(message).__name__}")
    return text


def _encode_carefully(message: Mapping[str, Any]) -> str:
    try:
        return _ENCODER.encode(plain(message))
    except EventRejected:
        raise
    except Exception as error:  # mappings and sequences of others' making may raise anything
        raise EventRejected(f"a {type(message).__name__} cannot be written as JSON: {error!r}") from error


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@functools.cache
def _dumps() -> Callable[[Any], str]:
    """The fastest encoder that is installed; both raise for what the other would write differently."""
    try:
        import orjson
    except ImportError:
        return _ENCODER.encode
    options = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS

    def with_orjson(message: Any) -> str:
        return bytes(orjson.dumps(message, option=options)).decode()

    return with_orjson


def plain(value: Any, depth: int = 0) -> Any:
    """The value made of nothing but JSON's own types; the value given is not touched. Raises EventRejected.

    Numbers that JSON cannot say (NaN, the infinities) become null, as in a browser; lone surrogates U+FFFD; pydantic
    models and dataclasses objects; dates ISO 8601; sets and tuples arrays; anything else its `str`.
    """
    if value is None or value is True or value is False:
        return value
    if depth > MAX_DEPTH:
        raise EventRejected(f"the message is nested more than {MAX_DEPTH} levels deep, or contains itself")
    if isinstance(value, enum.Enum):
        return plain(value.value, depth + 1)
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item, depth + 1) for item in value]
    return plain(_described(value), depth + 1)


def _key(key: Any) -> str:
    """A key as the standard library writes it; that of an enumeration by its value."""
    if isinstance(key, enum.Enum):
        return _key(key.value)
    if isinstance(key, str):
        return _whole(key)
    if key is None or isinstance(key, bool | int | float):
        return str(json.dumps(key))
    return _whole(str(key))


def _whole(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced."""
    if text.isascii():
        return str(text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _described(value: Any) -> Any:
    """What an object says of itself."""
    try:
        if hasattr(value, "model_dump"):
            return value.model_dump(mode="json")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, bytes | bytearray):
            return value.decode("utf-8", "replace")
        return str(value)
    except Exception as error:
        raise EventRejected(f"a {type(value).__name__} in the message cannot be written: {error!r}") from error


# ── sockets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class SocketAdapter:
    """One way to use any WebSocket: Starlette's and FastAPI's, the websockets library's, or a test's own.

    A socket is used through the richest of `send_json`, `send_text`, `send` that it offers. Starlette's `send_json`
    only encodes and calls `send_text`, so there the text goes out as it is; a class that brings its own `send_json`
    is given objects, because it may do more with them.
    """

    __slots__ = ("connection_type", "send_encoded", "websocket")

    def __init__(self, websocket: Any) -> None:
        self.websocket = websocket
        self.connection_type = _make_of(websocket)
        self.send_encoded = _sender(websocket)

    async def send(self, message: str | bytes | Mapping[str, Any]) -> None:
        """Send text, bytes, or an object as JSON. Raises what the socket raises, EventRejected for a bad object."""
        if isinstance(message, bytes):
            await getattr(self.websocket, "send_bytes", self.websocket.send)(message)
        elif isinstance(message, str):
            await self.send_encoded(message)
        else:
            await self.send_encoded(encode(message, UNLIMITED))

    async def receive(self) -> str | bytes:
        """The next message. Raises what the socket raises, ValueError for a frame without content."""
        if self.connection_type != "fastapi":
            received = await self.websocket.recv()
            return received if isinstance(received, bytes) else str(received)
        message = await self.websocket.receive()
        for kind in ("text", "bytes"):
            if message.get(kind) is not None:
                return message[kind]  # type: ignore[no-any-return]
        raise ValueError(f"a WebSocket message without text and bytes: {message!r}")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Start the closing handshake. Raises what the socket raises. `reason` is cut to what a close frame holds."""
        await self.websocket.close(code=code, reason=reason.encode()[:MAX_REASON].decode(errors="ignore"))

    @property
    def is_connected(self) -> bool:
        """Whether the socket says that it is open; one that says nothing is taken to be."""
        return is_connected(self.websocket)

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.connection_type})"


MAX_REASON: Final = 123
"""Bytes of a close reason: a control frame holds 125, two are the code (RFC 6455, 5.5)."""

UNLIMITED: Final = 2**62
"""For callers who set no limit of their own."""


def is_connected(websocket: Any) -> bool:
    """Whether a socket says that it is open: Starlette's states, or a `closed` flag; silence counts as open."""
    if websocket is None:
        return False
    for attribute in ("client_state", "application_state"):
        state = getattr(websocket, attribute, None)
        if state is not None:
            return getattr(state, "name", state) not in {"CONNECTING", "DISCONNECTED"}
    return getattr(websocket, "closed", False) is not True


def _make_of(websocket: Any) -> str:
    kinds = {(cls.__module__.partition(".")[0], cls.__name__) for cls in type(websocket).__mro__}
    if kinds & {("starlette", "WebSocket"), ("fastapi", "WebSocket")}:
        return "fastapi"
    for side in ("Client", "Server"):
        if ("websockets", f"{side}Connection") in kinds:
            return side.lower()
        if any(name == f"WebSocket{side}Protocol" for _, name in kinds):
            return f"legacy_{side.lower()}"
    return "unknown"


def _sender(websocket: Any) -> Callable[[str], Coroutine[Any, Any, None]]:
    own_json = getattr(getattr(type(websocket), "send_json", None), "__module__", "")
    if hasattr(websocket, "send_json") and not own_json.startswith("starlette."):
        return functools.partial(_send_object, websocket)
    for name in ("send_text", "send"):
        send = getattr(websocket, name, None)
        if send is not None:
            return send if inspect.iscoroutinefunction(send) else functools.partial(_send_text, send)
    raise TypeError(f"a {type(websocket).__name__} has none of send_json, send_text, send")


async def _send_text(send: Callable[[str], Awaitable[None]], text: str) -> None:
    await send(text)


async def _send_object(websocket: Any, text: str) -> None:
    if not is_connected(websocket):  # a class with a send_json of its own may not look for itself
        raise ConnectionError("the socket is not connected")
    await websocket.send_json(json.loads(text))
