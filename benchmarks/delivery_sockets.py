"""What a delivered message costs a server on real sockets: CPU of the server's process, side by side in one run.

    python -m benchmarks.delivery_sockets [--clients 100] [--rounds 400] [--repeats 3]

Each server runs in a process of its own on loopback, a client process holds the connections and counts what arrives;
the figure is the server's CPU from the first broadcast until the client has everything, for each message, kernel time
included. Rivals: bare `StreamWriter.write` of one encoded frame (what asyncio can do at most), a uvicorn server that
encodes once and awaits each send, one that awaits `send_json` for each, one that does so with a timeout and a state
check as the classes of the report did, and python-socketio (pip install python-socketio) when it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import importlib.util
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.delivery_memory import EVENT

Broadcast = Callable[[], Awaitable[None]]
PACE = 10  # broadcasts between two pauses, so that the kernel's buffers are not what is measured
PAUSE = 0.004
MARK = b'"agent_thinking"'


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def frame(text: str) -> bytes:
    """A text frame from a server."""
    content = text.encode()
    head = bytes([0x81, len(content)]) if len(content) < 126 else b"\x81\x7e" + len(content).to_bytes(2, "big")
    return head + content


async def bare(port: int, clients: int, rounds: int) -> None:
    """One encoded frame, written to every transport: no flow control, no protocol."""
    writers: list[asyncio.StreamWriter] = []
    ready, done = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert b"Upgrade" in request
        writers.append(writer)
        if len(writers) == clients:
            ready.set()
        while await reader.read(4096):
            done.set()

    async def broadcast() -> None:
        encoded = frame(json.dumps(EVENT))
        for writer in writers:
            writer.write(encoded)

    async with await asyncio.start_server(serve, "127.0.0.1", port):
        await measure(broadcast, ready, done, rounds)


async def measure(broadcast: Broadcast, ready: asyncio.Event, done: asyncio.Event, rounds: int) -> None:
    """Broadcast when all clients are there, wait until they have everything, print the CPU seconds it took."""
    await ready.wait()
    await asyncio.sleep(0.2)
    before = spent()
    for number in range(rounds):
        await broadcast()
        if number % PACE == PACE - 1:
            await asyncio.sleep(PAUSE)
    await done.wait()
    print(spent() - before, flush=True)
    os._exit(0)


def spent() -> float:
    """CPU seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def on_uvicorn(app: Any, port: int) -> None:
    """Serve an ASGI application as it is measured everywhere: no compression, no pings."""
    import uvicorn

    config = uvicorn.Config(
        app, "127.0.0.1", port, log_level="error", ws="websockets-sansio", ws_per_message_deflate=False,
        ws_ping_interval=None, lifespan="off",
    )  # fmt: skip
    await uvicorn.Server(config).serve()


def looping(send: Callable[[Any, str], Awaitable[None]]) -> Callable[[int, int, int], Awaitable[None]]:
    """A server that awaits a send for each socket in turn."""

    async def run(port: int, clients: int, rounds: int) -> None:
        sockets: list[Any] = []

        async def broadcast() -> None:
            text = json.dumps(EVENT)
            for websocket in sockets:
                await send(websocket, text)

        async def joined(websocket: Any, number: int) -> None:
            sockets.append(websocket)

        await with_starlette(port, clients, rounds, joined, broadcast)

    return run


async def with_starlette(port: int, clients: int, rounds: int, joined: Any, broadcast: Broadcast) -> None:
    """A Starlette application: `joined(websocket, number)` for each client, then the broadcasts."""
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect

    ready, done = asyncio.Event(), asyncio.Event()
    count = 0

    async def endpoint(websocket: WebSocket) -> None:
        nonlocal count
        await websocket.accept()
        await joined(websocket, count)
        count += 1
        if count == clients:
            ready.set()
        try:
            while True:
                await websocket.receive_text()
                done.set()
        except WebSocketDisconnect:
            return

    measuring = asyncio.create_task(measure(broadcast, ready, done, rounds))
    await on_uvicorn(Starlette(routes=[WebSocketRoute("/ws", endpoint)]), port)
    await measuring


async def as_the_report(websocket: Any, text: str) -> None:
    """A state check, a deadline, and an encoding for each connection, as the old manager sent to a thread."""
    if websocket.client_state.name != "CONNECTED":
        return
    await asyncio.wait_for(websocket.send_json({**EVENT, "thread_id": "t"}), 2.0)


def unified(batched: bool) -> Callable[[int, int, int], Awaitable[None]]:
    """The unified manager, a user for each socket."""

    async def run(port: int, clients: int, rounds: int) -> None:
        from unified_target.unified_delivery.stream import DeliverySettings
        from unified_target.unified_manager import UnifiedWebSocketManager

        manager = UnifiedWebSocketManager.isolated(settings=DeliverySettings(total=1_000_000))

        async def joined(websocket: Any, number: int) -> None:
            await manager.connect_user(f"user{number}", websocket, batched=batched)

        async def broadcast() -> None:
            if batched:  # many events within one turn of the loop are what batches are for
                manager.hub.broadcast(EVENT)
            else:
                await manager.broadcast_to_all(EVENT)

        await with_starlette(port, clients, rounds, joined, broadcast)

    return run


async def socketio(port: int, clients: int, rounds: int) -> None:
    """python-socketio on uvicorn; its clients speak its protocol over a plain WebSocket."""
    import socketio as library

    server = library.AsyncServer(async_mode="asgi", ping_interval=3600)
    ready, done = asyncio.Event(), asyncio.Event()
    count = 0

    @server.event
    async def connect(sid: str, environ: Any) -> None:
        nonlocal count
        count += 1
        if count == clients:
            ready.set()

    @server.on("done")
    async def all_here(sid: str, *data: Any) -> None:
        done.set()

    async def broadcast() -> None:
        await server.emit("event", EVENT)

    measuring = asyncio.create_task(measure(broadcast, ready, done, rounds))
    await on_uvicorn(library.ASGIApp(server), port)
    await measuring


SERVERS: dict[str, Callable[[int, int, int], Awaitable[None]]] = {
    "bare StreamWriter.write": bare,
    "uvicorn, encode once, await each": looping(lambda websocket, text: websocket.send_text(text)),
    "uvicorn, await send_json for each": looping(lambda websocket, text: websocket.send_json(EVENT)),
    "uvicorn, as the report's classes": looping(as_the_report),
    "unified on uvicorn": unified(False),
    "unified on uvicorn, batched": unified(True),
    "python-socketio on uvicorn": socketio,
}


# ── clients ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def clients_of(port: int, clients: int, rounds: int, name: str) -> None:
    """Hold the connections, count the messages, and say when all are here."""
    spoken = "socketio" in name
    path = "/socket.io/?EIO=4&transport=websocket" if spoken else "/ws"
    pairs = [await connected(port, path) for _ in range(clients)]
    if spoken:
        for _, writer in pairs:
            writer.write(masked("40"))
    await asyncio.gather(*(count(reader, rounds) for reader, _ in pairs))
    pairs[0][1].write(masked('42["done"]' if spoken else "done"))
    await asyncio.sleep(5)


async def connected(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket connection after its handshake."""
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def count(reader: asyncio.StreamReader, wanted: int) -> None:
    """Read until so many messages have come."""
    seen, rest = 0, b""
    while seen < wanted:
        data = rest + await reader.read(1 << 16)
        seen += data.count(MARK)
        rest = data[-len(MARK) + 1 :]


def masked(text: str) -> bytes:
    """A short text frame from a client."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()


# ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def figure(name: str, clients: int, rounds: int) -> float:
    """CPU microseconds of the server for each delivered message."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.delivery_sockets", "--as", name, "--port", str(port)]
    command += ["--clients", str(clients), "--rounds", str(rounds)]
    server = subprocess.Popen([*command, "--role", "server"], stdout=subprocess.PIPE, text=True)
    visitors = subprocess.Popen([*command, "--role", "clients"])
    try:
        told, _ = server.communicate(timeout=120)
    finally:
        visitors.kill()
        server.kill()
        visitors.wait()
    return float(told) * 1e6 / clients / rounds


def main() -> None:
    """Print a line for each server, or be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--as", dest="name", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--role", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "server":
        asyncio.run(SERVERS[given.name](given.port, given.clients, given.rounds))  # type: ignore[arg-type]
        return
    if given.role == "clients":
        asyncio.run(clients_of(given.port, given.clients, given.rounds, given.name))
        return
    print(
        f"server CPU us for each of {given.clients} x {given.rounds} messages of 477 bytes: least, median, to the 2nd"
    )
    names = [name for name in SERVERS if "socketio" not in name or importlib.util.find_spec("socketio")]
    taken = {name: [] for name in names}
    for _ in range(given.repeats):  # round by round, so that a change of the machine's speed meets all
        for name in names:
            taken[name].append(figure(name, given.clients, given.rounds))
    rival = min(taken["uvicorn, encode once, await each"])
    for name, figures in taken.items():
        print(
            f"  {name:<36}{min(figures):8.2f}{statistics.median(figures):8.2f}{min(figures) / rival:8.2f}", flush=True
        )


if __name__ == "__main__":
    main()
