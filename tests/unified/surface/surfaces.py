"""The public members of the sixteen old classes, as they were measured: names, kinds, parameters."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

SURFACE: dict[str, Any] = json.loads(Path(__file__).with_name("legacy_surface.json").read_text(encoding="utf-8"))
PROTOCOLS = (
    "agents.base.interface.WebSocketManagerProtocol",
    "agents.interfaces.WebSocketManagerProtocol",
    "schemas.strict_types.StrictWebSocketManager",
    "core.interfaces_websocket.WebSocketManagerInterface",
)


def members(*classes: str) -> list[tuple[str, str]]:
    """(class, member) of the old classes named, or of all."""
    return [(old, name) for old in classes or SURFACE for name in SURFACE[old]["members"]]


def kind_of(owner: type, name: str) -> str:
    """property, or how it is called: async, sync, asynccontextmanager."""
    raw = inspect.getattr_static(owner, name)
    if isinstance(raw, property):
        return "property"
    function = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
    if inspect.isasyncgenfunction(inspect.unwrap(function)):
        return "asynccontextmanager"
    return "async" if inspect.iscoroutinefunction(function) else "sync"


def old_kind(member: dict[str, Any]) -> str:
    if member["kind"] == "property":
        return "property"
    if "asynccontextmanager" in member["kind"] or member["generator"]:
        return "asynccontextmanager"
    return "async" if member["async"] else "sync"


def parameters(owner: type, name: str) -> list[inspect.Parameter]:
    """What a caller gives: without self and cls."""
    raw = inspect.getattr_static(owner, name)
    found = list(inspect.signature(getattr(owner, name)).parameters.values())
    return found if isinstance(raw, classmethod | staticmethod) else found[1:]
