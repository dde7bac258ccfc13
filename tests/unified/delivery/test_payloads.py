"""P1: odd payloads concern themselves alone; and the same text with and without orjson."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import enum
import json
import math
import sys
import types
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unified.delivery.tools import DeliverySettings, FakeSocket, event, manager, run
from unified_target.unified_delivery import wire
from unified_target.unified_delivery.wire import EventRejected, SocketAdapter, encode, is_connected, plain


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Model:
    def model_dump(self, mode: str = "python", exclude_none: bool = False) -> dict[str, Any]:
        return {"mode": mode}


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("I say nothing")


class Named:
    def __str__(self) -> str:
        return "named"


class Text(str):
    __slots__ = ()


CIRCLE: dict[str, Any] = {}
CIRCLE["self"] = CIRCLE
STAMP = dt.datetime(2025, 9, 4, 12, tzinfo=dt.UTC)

ODD = [
    pytest.param({"v": float("nan")}, {"v": None}, id="NaN becomes null"),
    pytest.param({"v": -math.inf}, {"v": None}, id="an infinity becomes null"),
    pytest.param({"v": "a\ud800b"}, {"v": "a�b"}, id="a lone surrogate becomes U+FFFD"),
    pytest.param({"v": "\ud83d\ude00"}, {"v": "\U0001f600"}, id="a surrogate pair becomes its character"),
    pytest.param({"\udfff": 1}, {"�": 1}, id="a lone surrogate in a key becomes U+FFFD"),
    pytest.param(
        {2: 1, None: 2, True: 3, 1.5: 4}, {"2": 1, "null": 2, "true": 3, "1.5": 4}, id="keys that are no text become it"
    ),
    pytest.param({(1, 2): 1}, {"(1, 2)": 1}, id="a tuple as a key becomes its text"),
    pytest.param({"v": {3}}, {"v": [3]}, id="a set becomes an array"),
    pytest.param({"v": (1, 2)}, {"v": [1, 2]}, id="a tuple becomes an array"),
    pytest.param({"v": b"ab\xff"}, {"v": "ab�"}, id="bytes become text"),
    pytest.param({"v": STAMP}, {"v": "2025-09-04T12:00:00+00:00"}, id="a time becomes ISO 8601"),
    pytest.param({"v": uuid.UUID(int=5)}, {"v": str(uuid.UUID(int=5))}, id="a UUID becomes its text"),
    pytest.param({"v": Colour.RED}, {"v": "red"}, id="a member of an enum becomes its value"),
    pytest.param({"v": Point(1, math.inf)}, {"v": {"x": 1, "y": None}}, id="a dataclass becomes an object"),
    pytest.param({"v": Model()}, {"v": {"mode": "json"}}, id="a pydantic model becomes its JSON form"),
    pytest.param({"v": Named()}, {"v": "named"}, id="any other object becomes its text"),
    pytest.param({"v": Text("t")}, {"v": "t"}, id="a kind of str stays text"),
    pytest.param({"v": 2**70}, {"v": 2**70}, id="a large number stays exact"),
    pytest.param({"v": [True, False, None]}, {"v": [True, False, None]}, id="truth values stay"),
    pytest.param({}, {}, id="an empty message stays empty"),
]


@pytest.fixture(params=["with orjson", "without orjson"])
def codec(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "with orjson":
        pytest.importorskip("orjson", reason="orjson is not installed")
    else:
        monkeypatch.setitem(sys.modules, "orjson", None)
    wire._dumps.cache_clear()
    yield request.param
    wire._dumps.cache_clear()


@pytest.mark.parametrize(("message", "expected"), ODD)
def test_p1_an_odd_payload_is_sent_as_what_json_can_say(codec: str, message: Any, expected: Any) -> None:
    assert json.loads(encode(message, 10**6)) == expected
    encode(message, 10**6).encode()


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({"v": Silent()}, id="an object that fails to describe itself"),
        pytest.param(CIRCLE, id="a message that contains itself"),
        pytest.param({"v": "x" * 1_000}, id="a message beyond the limit"),
        pytest.param({"v": "é" * 300}, id="a message beyond the limit in bytes, not in characters"),
    ],
)
def test_p1_what_cannot_be_sent_is_rejected(codec: str, message: Any) -> None:
    with pytest.raises(EventRejected):
        encode(message, 500)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_p1_both_encoders_say_the_same_of_any_message(message: dict[str, Any]) -> None:
    pytest.importorskip("orjson", reason="orjson is not installed")
    wire._dumps.cache_clear()
    with_it = json.loads(encode(message, 10**9))
    kept = sys.modules["orjson"]
    sys.modules["orjson"] = None  # type: ignore[assignment]
    wire._dumps.cache_clear()
    try:
        assert json.loads(encode(message, 10**9)) == with_it
    finally:
        sys.modules["orjson"] = kept
        wire._dumps.cache_clear()


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_p1_plain_data_is_a_fixed_point(message: dict[str, Any]) -> None:
    assert plain(plain(message)) == plain(message)


@pytest.mark.parametrize("bad", [{"v": Silent()}, {"v": "x" * 33_000_000}], ids=["an object that fails", "33 MB"])
def test_p1_after_a_rejected_message_the_connection_and_later_events_live_on(bad: dict[str, Any]) -> None:
    async def go() -> None:
        owner, socket = manager(DeliverySettings()), FakeSocket()
        name = await owner.connect_user("alice", socket, "t1")
        assert not await owner.send_to_user("alice", bad)
        assert not await owner.send_to_thread("t1", bad)
        assert not await owner.send_to_connection(name, bad)
        assert await owner.broadcast_to_all(bad) == 0
        assert await owner.send_to_user("alice", event(1))
        assert [seen["n"] for seen in socket.events] == [1]
        assert owner.hub.counters["rejected"] == 4

    run(go())


# ── sockets of every make ────────────────────────────────────────────────────────────────────────────────────────────


def starlettes() -> type:
    """A class as Starlette has it, without Starlette."""

    class WebSocket:
        def __init__(self) -> None:
            self.got: list[str] = []
            self.client_state = types.SimpleNamespace(name="CONNECTED")

        async def send_text(self, text: str) -> None:
            self.got.append(text)

        async def send_json(self, data: Any) -> None:
            raise AssertionError("it would only encode again")

        async def close(self, code: int = 1000, reason: str = "") -> None:
            self.closed_with = (code, reason)

    WebSocket.__module__ = WebSocket.send_json.__module__ = "starlette.websockets"
    return WebSocket


def test_starlettes_socket_is_given_text() -> None:
    async def go() -> None:
        socket = starlettes()()
        adapter = SocketAdapter(socket)
        await adapter.send({"type": "x"})
        assert socket.got == ['{"type":"x"}']
        assert adapter.connection_type == "fastapi"

    asyncio.run(go())


def test_a_class_with_a_send_json_of_its_own_is_given_objects() -> None:
    class Own:
        def __init__(self) -> None:
            self.got: list[Any] = []

        async def send_json(self, data: Any) -> None:
            self.got.append(data)

        async def send_text(self, text: str) -> None:
            raise AssertionError("send_json is richer")

    async def go() -> None:
        socket = Own()
        await SocketAdapter(socket).send('{"type":"x"}')
        assert socket.got == [{"type": "x"}]

    asyncio.run(go())


def test_a_socket_of_the_websockets_library_is_sent_to_with_send() -> None:
    class ServerConnection:
        def __init__(self) -> None:
            self.got: list[str] = []

        async def send(self, text: str) -> None:
            self.got.append(text)

        async def recv(self) -> str:
            return "hi"

    ServerConnection.__module__ = "websockets.asyncio.server"

    async def go() -> None:
        adapter = SocketAdapter(ServerConnection())
        await adapter.send("{}")
        assert adapter.websocket.got == ["{}"]
        assert adapter.connection_type == "server"
        assert await adapter.receive() == "hi"

    asyncio.run(go())


def test_what_cannot_send_is_refused() -> None:
    with pytest.raises(TypeError, match="object has none of"):
        SocketAdapter(object())


@pytest.mark.parametrize(
    ("socket", "expected"),
    [
        pytest.param(None, False, id="no socket is not connected"),
        pytest.param(types.SimpleNamespace(), True, id="a silent one is"),
        pytest.param(types.SimpleNamespace(closed=True), False, id="a closed one is not"),
        pytest.param(types.SimpleNamespace(closed=False), True, id="one that is not closed is"),
        pytest.param(types.SimpleNamespace(client_state=types.SimpleNamespace(name="CONNECTED")), True, id="connected"),
        pytest.param(
            types.SimpleNamespace(client_state=types.SimpleNamespace(name="CONNECTING")), False, id="connecting"
        ),
        pytest.param(types.SimpleNamespace(client_state=types.SimpleNamespace(name="DISCONNECTED")), False, id="gone"),
        pytest.param(
            types.SimpleNamespace(application_state=types.SimpleNamespace(name="DISCONNECTED")), False, id="left"
        ),
    ],
)
def test_a_socket_is_asked_whether_it_is_open(socket: Any, expected: bool) -> None:
    assert is_connected(socket) is expected


def test_a_close_reason_is_cut_to_what_a_frame_holds() -> None:
    async def go() -> None:
        socket = FakeSocket()
        await SocketAdapter(socket).close(4000, "é" * 100)
        assert socket.close_reason == "é" * 61

    asyncio.run(go())
