"""What users may see of an agent's data. Every rule copies; the caller's data is never changed."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

logger = logging.getLogger(__name__)

Data = dict[str, Any]

REDACTED: Final = "[REDACTED]"
CIRCULAR: Final = "[CIRCULAR]"
CUT: Final = "..."
MORE: Final = "...(truncated)"

_SECRET = ("password", "secret", "key", "token", "auth", "credential")
"""A key that contains one of these hides its value, at any depth and in lists too (E02, W05; `key` covers `api_key`).
U01 compared whole keys, so `db_password` passed: the stricter rule won. It holds for results and contexts, too, which
no old rule redacted. Secrets inside a text (a URL, JSON in a string), or beside their name in a list, are not found."""

_PLAIN = frozenset((
    "key_points", "key_findings", "key_insights", "key_metrics", "key_results", "key_messages", "key_challenges",
    "key_recommendations", "key_requirements", "key_assumptions", "key_takeaways", "keyword", "keywords", "author",
    "authors", "total_tokens", "max_tokens", "input_tokens", "output_tokens", "prompt_tokens", "completion_tokens",
    "estimated_tokens", "tokens_used", "token_count", "token_usage",
))  # fmt: skip
"""Whole keys that contain such a word and tell no secret. Agents fill results with them and the front end shows
results, so hiding them would take content from users. Compared as a whole: nothing else passes with them."""

_INTERNAL = frozenset(
    ("_internal", "debug_info", "system_context", "raw_response", "internal_reasoning", "system_prompt")
)
"""Keys that are taken out of results, at any depth (U01 and W05 together)."""

_HOME = re.compile(r"(?:/home|/Users|[A-Za-z]:\\Users)[/\\][^/\\\s'\":,;)]+|/root(?=[/\s'\":,;)]|$)")
"""Home folders in messages (E02). The old rule left the user's name standing; this one hides it too."""

_DEPTH, _VALUES = 20, 10_000
"""How deep and how many values a copy goes (our choice: data that refers to itself in all directions must neither
recurse for ever nor grow without end)."""

_AS_TEXT = (date, time_of_day, timedelta, Decimal, UUID, PurePath, BaseException)
_BYTES = (bytes, bytearray, memoryview)


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return lowered not in _PLAIN and any(word in lowered for word in _SECRET)


@dataclass(frozen=True)
class _Rule:
    """How one kind of data is shown: longest text in characters, longest list, what is taken out."""

    text: int | None = None
    items: int | None = None
    drops_internal: bool = False
    masks_homes: bool = False

    def __call__(self, value: object) -> Any:
        return _Copy(self).of(value, 0)

    def shown(self, text: str) -> str:
        text = _HOME.sub("[PATH]", text) if self.masks_homes else text
        return text if self.text is None or len(text) <= self.text else text[: self.text] + CUT

    def keeps(self, key: str) -> bool:
        return not (self.drops_internal and key in _INTERNAL)


class _Copy:
    """One copy in the making: what stands above the current value, and how many values are left."""

    def __init__(self, rule: _Rule) -> None:
        self._rule, self._left, self._above = rule, _VALUES, set[int]()

    def of(self, value: object, depth: int) -> Any:
        value = value.value if isinstance(value, Enum) else value
        if isinstance(value, str):
            return self._rule.shown(value)
        if value is None or isinstance(value, int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else None  # JSON has no NaN
        return self._of_container(value, depth)

    def _of_container(self, value: object, depth: int) -> Any:
        if id(value) in self._above:
            return CIRCULAR
        if depth >= _DEPTH:
            return MORE
        self._above.add(id(value))
        try:
            return self._members(value, depth + 1)
        except Exception as error:  # the event is worth more than a detail that fails to say what it is
            logger.info("a %s in an event could not be read: %r", type(value).__name__, error)
            return f"<{type(value).__name__}>"
        finally:
            self._above.discard(id(value))

    def _members(self, value: object, depth: int) -> Any:
        named = _named_members(value, outermost=depth == 1)
        if named is not None:
            return self._dict(named, depth)
        if isinstance(value, (Sequence, Set)) and not isinstance(value, _BYTES):
            return self._list(value, depth)
        if isinstance(value, _AS_TEXT):
            return self._rule.shown(str(value))
        return f"<{type(value).__name__}>"  # its text might tell what its members would not

    def _dict(self, members: Mapping[Any, object], depth: int) -> Data:
        copy: Data = {}
        for key, member in members.items():
            if self._is_full():
                return {**copy, MORE: True}
            if self._rule.keeps(name := str(key.value if isinstance(key, Enum) else key)):
                copy[name] = REDACTED if _is_secret(name) else self.of(member, depth)
        return copy

    def _list(self, members: Iterable[object], depth: int) -> list[Any]:
        copy: list[Any] = []
        for member in members:
            if len(copy) == self._rule.items or self._is_full():
                return [*copy, MORE]
            copy.append(self.of(member, depth))
        return copy

    def _is_full(self) -> bool:
        self._left -= 1
        return self._left < 0


def _named_members(value: Any, outermost: bool) -> Mapping[Any, object] | None:
    """The members of whatever has names for them; None for all else.

    Attributes of an ordinary object are read only where it is the whole value, without private and internal ones (W05):
    an object deep inside may lead anywhere, to a session or an engine.
    """
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (type, *_AS_TEXT)):
        return None
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    kind = type(value)
    dump = getattr(kind, "_asdict", None) or getattr(kind, "model_dump", None)  # a named tuple, a pydantic model
    if dump is not None and isinstance(members := dump(value), Mapping):
        return members
    if not outermost or isinstance(value, (Sequence, Set)):
        return None
    attributes = getattr(value, "__dict__", {})
    return {k: v for k, v in attributes.items() if not k.startswith("_") and "internal" not in k.lower()} or None


_PARAMETERS = _Rule(text=200, items=10)
"""E02, W05 and U01 agree on 200; lists as in E02. U01's marker for large data is gone: what it hid is cut instead."""
_RESULT = _Rule(text=500, items=10, drops_internal=True)
"""E02. U01 allowed 1000 and W05 10000, but what reaches the front end today is cut at 500."""
_WIDE_RESULT = _Rule(text=10_000, drops_internal=True)
"""W05, for emitters that ask for it."""
_CUSTOM = _Rule(text=1000)
"""E02, which leaves lists alone. Holds for contexts and traces too, which had no rule."""
_MESSAGE = _Rule(text=300, masks_homes=True)
"""E02 and W05: errors."""
_FREE = _Rule()
"""Reasoning, names and numbers are meant to be read in full; secrets in anything nested still go."""

_PROGRESS_KEYS = (
    "percentage", "current_step", "total_steps", "message", "status", "estimated_remaining", "progress_type",
)  # fmt: skip
"""E02: nothing else of a progress report is shown."""


def _progress(value: object) -> Any:
    shown = {key: value[key] for key in _PROGRESS_KEYS if key in value} if isinstance(value, Mapping) else {}
    return _CUSTOM(shown)


def shown_error(value: object) -> str:
    """Never empty (E02): users are told that something went wrong."""
    return _MESSAGE.shown(str(value)) if value else "Something went wrong"


def _error_context(value: object) -> Data:
    """Two keys of the caller's context and nothing else (E02)."""
    if not value or not isinstance(value, Mapping):
        return {}
    known = {key: _MESSAGE(value.get(key, "unknown")) for key in ("error_type", "agent_step")}
    return {**known, "user_facing": True}


_CLEANERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "parameters": _PARAMETERS,
    "result": _RESULT,
    "result_summary": _RESULT,
    "context": _CUSTOM,
    "data": _CUSTOM,
    "trace_context": _CUSTOM,
    "death_context": _Rule(text=1000, masks_homes=True),
    "progress": _progress,
    "error": shown_error,
    "error_context": _error_context,
}


_WIDE: Final[Mapping[str, Callable[[object], Any]]] = {
    **_CLEANERS,
    "result": _WIDE_RESULT,
    "result_summary": _WIDE_RESULT,
}


def clean(details: Mapping[str, Any], wide_results: bool = False) -> Data:
    """The details of an event as its user may see them: each by the rule of its name.

    `wide_results`: texts in results up to 10,000 characters and whole lists (W05), not 500 and 10 (E02).
    """
    cleaners = _WIDE if wide_results else _CLEANERS
    return {name: None if value is None else cleaners.get(name, _FREE)(value) for name, value in details.items()}
