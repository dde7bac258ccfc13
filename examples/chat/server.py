"""The server: who may connect, what a page is told when it comes back, and how to stop without losing anybody.

    python -m examples.chat.server        then open http://127.0.0.1:8000

Everything about a connection that is worth copying is in `follow`, `signed_in` and `Server`.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response, WebSocket
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from unified_target.unified_manager import ConnectionRefused, Resume, UnifiedWebSocketManager, get_websocket_manager

from .agent import Pause, Runs
from .sessions import Session, Sessions, authenticate
from .store import Run, Store

HERE = Path(__file__).parent
COOKIE = "chat_session"
NO_STRANGERS = "default-src 'self'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
SESSION_OVER = 3000  # the close code of RFC 6455's registry for "unauthorized", as the manager uses it


# ── what it is made of ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Settings:
    """Where runs are kept, how long a session lasts in seconds, and what the agent does before each step."""

    store: Path
    session_seconds: float
    pause: Pause

    @classmethod
    def from_environment(cls) -> Settings:
        """From CHAT_STORE, CHAT_SESSION_SECONDS and CHAT_STEP_SECONDS."""
        seconds = float(os.environ.get("CHAT_STEP_SECONDS", "1.5"))
        path = Path(os.environ.get("CHAT_STORE", "chat.sqlite3"))
        return cls(path, float(os.environ.get("CHAT_SESSION_SECONDS", "43200")), lambda: asyncio.sleep(seconds))


class Chat:
    """The parts of the application, for the endpoints."""

    def __init__(self, settings: Settings, manager: UnifiedWebSocketManager) -> None:
        self.manager, self.store = manager, Store(settings.store)
        self.sessions = Sessions(self.store.secret(), settings.session_seconds)
        self.runs = Runs(self.store, manager, settings.pause)

    async def open(self) -> None:
        """Take up the runs that the last process left, and keep an eye on connections."""
        self.runs.go_on()
        await self.manager.heartbeat.start()

    async def close(self) -> None:
        """Stop the runs, let every page have what was sent, and tell it when to come back. Idempotent."""
        await self.runs.put_down()
        await self.manager.shutdown()


def chat_of(connection: HTTPConnection) -> Chat:
    """The application's parts; works for requests and for WebSockets."""
    chat: Chat = connection.app.state.chat
    return chat


TheChat = Annotated[Chat, Depends(chat_of)]


# ── who is asking ────────────────────────────────────────────────────────────────────────────────────────────────────


def same_origin(connection: HTTPConnection) -> None:
    """Refuse what another site's page asks for in our user's name: browsers say whose page it is, and cannot lie."""
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise HTTPException(403, "another site's page asks")


def session_of(connection: HTTPConnection, chat: TheChat) -> Session | None:
    """Whose session came with the request, if any. Nothing else, least of all the URL, says who the user is."""
    return chat.sessions.read(connection.cookies.get(COOKIE, ""))


def signed_in(session: Annotated[Session | None, Depends(session_of)]) -> Session:
    """The session, for those who must have one; a WebSocket without is answered 401 and never accepted."""
    if session is None:
        raise HTTPException(401, "sign in first")
    return session


MaybeSession = Annotated[Session | None, Depends(session_of)]
SignedIn = Annotated[Session, Depends(signed_in)]
Thread = Annotated[str, Field(min_length=1, max_length=100)]
router = APIRouter(dependencies=[Depends(same_origin)])


class Credentials(BaseModel):
    """What the sign-in form sends."""

    name: str = Field(max_length=100)
    password: str = Field(max_length=100)


@router.post("/login")
async def log_in(given: Credentials, chat: TheChat, connection: HTTPConnection, response: Response) -> dict[str, str]:
    """Set the session cookie: no script can read it, and no other site's page can send it."""
    if not authenticate(given.name, given.password):
        raise HTTPException(401, "This name and password do not match.")
    secure = connection.url.scheme == "https"
    token, lifetime = chat.sessions.issue(given.name), int(chat.sessions.lifetime)
    response.set_cookie(COOKIE, token, max_age=lifetime, httponly=True, samesite="strict", secure=secure)
    return {"user": given.name}


@router.post("/logout")
async def log_out(session: SignedIn, chat: TheChat, response: Response) -> dict[str, None]:
    """Take the cookie back and close the user's connections: pages that are still signed in come back by themselves."""
    response.delete_cookie(COOKIE)
    await chat.manager.disconnect_user(session.user_id, None, SESSION_OVER, "signed out")
    return {"user": None}


@router.get("/session")
async def who(session: MaybeSession) -> dict[str, str | None]:
    """Who is signed in, if anybody: a page cannot see why a WebSocket was refused, so it asks here first."""
    return {"user": session.user_id if session else None}


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Question(BaseModel):
    """What the page asks the agent, and on which thread."""

    question: str = Field(min_length=1, max_length=300)
    thread_id: Thread


@router.post("/runs", status_code=202)
async def ask(asked: Question, session: SignedIn, chat: TheChat) -> dict[str, str]:
    """Begin a run of the user's own; its events come over the WebSocket."""
    run = Run(f"run_{uuid.uuid4().hex}", session.user_id, asked.thread_id, asked.question)
    chat.runs.begin(run)
    return {"run_id": run.run_id, "question": run.question}


@router.get("/runs")
async def state(session: SignedIn, chat: TheChat, thread_id: Annotated[Thread, Query()]) -> dict[str, Any]:
    """The user's runs with all their events so far: for a page that is new, or was told `recovered: false`."""
    return {"runs": chat.store.runs_of(session.user_id, thread_id)}


@router.websocket("/ws")
async def follow(
    websocket: WebSocket,
    session: SignedIn,
    chat: TheChat,
    thread_id: Annotated[Thread, Query()],
    epoch: str | None = None,
    last_seq: Annotated[int, Query(ge=0)] = 0,
) -> None:
    """Send the user's events on a thread, beginning with what the page has missed since (epoch, last_seq)."""
    await websocket.accept()
    resume = Resume(epoch, last_seq)
    try:
        connection_id = await chat.manager.connect_user(
            session.user_id, websocket, thread_id, resume=resume, expires_in=session.expires_in
        )
    except ConnectionRefused:
        return  # the manager has closed it with the reason
    try:
        while (frame := await websocket.receive())["type"] != "websocket.disconnect":
            await chat.manager.handle_message(session.user_id, websocket, parsed(frame.get("text")))
    finally:
        await chat.manager.remove_connection(connection_id)


def parsed(text: str | None) -> object:
    """What a page said; None, which the manager ignores, if that makes no sense."""
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


# ── the page, and the application ────────────────────────────────────────────────────────────────────────────────────


@router.get("/")
async def page() -> FileResponse:
    """The page; it loads nothing from anywhere else, and its browser is told so."""
    headers = {"Content-Security-Policy": NO_STRANGERS, "Cache-Control": "no-cache"}
    return FileResponse(HERE / "index.html", headers=headers)


@router.get("/chat.js")
async def script() -> FileResponse:
    """The page's script; asked for anew each time, as the page is, so that both are of one version."""
    return FileResponse(HERE / "chat.js", headers={"Cache-Control": "no-cache"}, media_type="text/javascript")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """From the first request to the last."""
    chat: Chat = app.state.chat
    await chat.open()
    yield
    await chat.close()
    chat.store.close()


def create_app(settings: Settings) -> FastAPI:
    """The application, with the process's one manager."""
    app = FastAPI(title="Chat", lifespan=lifespan)
    app.state.chat = Chat(settings, get_websocket_manager())
    app.include_router(router)
    return app


class Server(uvicorn.Server):
    """uvicorn, but the manager says goodbye before uvicorn does.

    uvicorn ends the lifespan last, after it has closed every WebSocket by itself: too late to send what is queued, and
    without telling pages when to come back.
    """

    def __init__(self, config: uvicorn.Config, chat: Chat) -> None:
        super().__init__(config)
        self._chat = chat

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the connections of the manager, then all else."""
        await self._chat.close()
        await super().shutdown(sockets)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. One process: the events of a user must all come from the same one."""
    app = create_app(settings)
    config = uvicorn.Config(app, host, port, ws_max_size=64 * 1024, timeout_graceful_shutdown=10)
    Server(config, app.state.chat).run()


if __name__ == "__main__":
    serve(Settings.from_environment(), "127.0.0.1", int(os.environ.get("CHAT_PORT", "8000")))
