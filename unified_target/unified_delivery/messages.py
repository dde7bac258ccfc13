"""What applications hand in, as a message: a dictionary with the type that the front end knows, and whom it names."""

from __future__ import annotations

import functools
import importlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

logger = logging.getLogger(__name__)

UNKNOWN_TYPE: Final = "user_message"
"""What the tables of message types answer for a type they do not know; such a type is left as it is."""


def serialize(message: Any) -> Any:
    """A message of any kind as plain data: models and states as dictionaries, anything JSON knows as it is.

    What fails to describe itself becomes `{"payload", "type", "serialization_error"}`: the event arrives, and says
    what is wrong with it. The message itself is not changed.
    """
    if message is None:
        return {}
    if isinstance(message, dict):
        return with_frontend_type(message)
    problems: list[str] = []
    for describe in (_to_dict, _json_dump, _plain_dump):
        try:
            described = describe(message)
        except Exception as error:  # the next way is tried; if none works, the message says why
            problems.append(f"{describe.__name__.strip('_')}: {error}")
            continue
        if isinstance(described, dict):
            return with_frontend_type(described)
    return _by_itself(message, problems)


def _to_dict(message: Any) -> Any:
    return message.to_dict() if hasattr(message, "to_dict") else None


def _json_dump(message: Any) -> Any:
    return message.model_dump(mode="json", exclude_none=True) if hasattr(message, "model_dump") else None


def _plain_dump(message: Any) -> Any:
    return message.model_dump(exclude_none=True) if hasattr(message, "model_dump") else None


def _by_itself(message: Any, problems: list[str]) -> Any:
    try:
        json.dumps(message)
    except (TypeError, ValueError, RecursionError) as error:
        told = "; ".join([*problems, str(error)])
        logger.error("a %s cannot be written as JSON: %s", type(message).__name__, told)
        return undescribed(message, f"Object not JSON-serializable, converted to string ({told})")
    return message


def undescribed(message: Any, problem: str) -> dict[str, Any]:
    """What is sent in place of a message that cannot be written."""
    return {"payload": str(message), "type": type(message).__name__, "serialization_error": problem}


def as_message(content: Any) -> dict[str, Any]:
    """A message for a socket, which is always an object; a text is the payload of a `text_message`."""
    if isinstance(content, dict):
        return with_frontend_type(content)
    if isinstance(content, str):
        return {"payload": content, "type": "text_message"}
    described = serialize(content)
    return described if isinstance(described, dict) else {"payload": described, "type": type(content).__name__}


def with_frontend_type(message: dict[str, Any]) -> dict[str, Any]:
    """The message with the type that the front end knows it by; a copy when that is another one."""
    kind = message.get("type")
    if kind is None:
        return message
    known = _frontend_type(kind) if isinstance(kind, str) else _frontend_table()(kind)
    return message if known == kind and isinstance(kind, str) else {**message, "type": known}


@functools.lru_cache(maxsize=1_000)
def _frontend_type(kind: str) -> str:
    named = _frontend_table()(kind)
    return kind if named == UNKNOWN_TYPE else named


@functools.cache
def _frontend_table() -> Callable[[Any], str]:
    """The table of message types in the package that this is copied into; without one, types are what they are."""
    try:  # by name: most packages have none, and an import statement would be a dangling one there
        table: Callable[[Any], str] = importlib.import_module("..types", __package__).get_frontend_message_type
    except (ImportError, AttributeError):
        return lambda kind: str(getattr(kind, "value", kind))
    return table


def user_named(message: Mapping[str, Any]) -> str | None:
    """The user that a message is for, if it says so at its top."""
    named = message.get("user_id")
    return str(named) if named else None


def user_mentioned(message: Mapping[str, Any]) -> str | None:
    """A user that stands inside a message: whom it may be for, when nothing better is known."""
    for place in (message.get("data"), message.get("payload")):
        if isinstance(place, Mapping) and place.get("user_id"):
            return str(place["user_id"])
    return None
