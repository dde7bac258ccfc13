"""What applications hand in becomes a message: models, states, texts, and what fails to describe itself."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from unified_target.unified_delivery import messages
from unified_target.unified_delivery.messages import as_message, serialize, user_mentioned, user_named


class Describing:
    def __init__(self, **ways: Any) -> None:
        self._ways = ways
        for name in ways:
            setattr(self, name, lambda _name=name, **more: self._answer(_name, more))

    def _answer(self, name: str, more: dict[str, Any]) -> Any:
        answer = self._ways[name]
        if isinstance(answer, Exception):
            raise answer
        return answer if not callable(answer) else answer(**more)

    def __str__(self) -> str:
        return "describing"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(None, {}, id="nothing is an empty message"),
        pytest.param({"a": 1}, {"a": 1}, id="a dictionary is itself"),
        pytest.param("text", "text", id="what JSON knows is itself"),
        pytest.param([1], [1], id="a list is itself"),
        pytest.param(Describing(to_dict={"a": 1}), {"a": 1}, id="a state by its to_dict"),
        pytest.param(Describing(model_dump={"a": 2}), {"a": 2}, id="a model by its model_dump"),
        pytest.param(
            Describing(to_dict=ValueError("no"), model_dump={"a": 3}), {"a": 3}, id="the next way when one fails"
        ),
    ],
)
def test_serialize(given: Any, expected: Any) -> None:
    assert serialize(given) == expected


def test_a_model_is_dumped_as_json_without_its_empty_fields() -> None:
    seen: list[dict[str, Any]] = []
    serialize(Describing(model_dump=lambda **more: seen.append(more) or {}))
    assert seen == [{"mode": "json", "exclude_none": True}]


def test_what_fails_in_every_way_says_why() -> None:
    problem = serialize(Describing(to_dict=RuntimeError("one"), model_dump=ValueError("two")))
    assert problem["payload"] == "describing"
    assert problem["type"] == "Describing"
    assert "one" in problem["serialization_error"]
    assert "two" in problem["serialization_error"]


def test_a_text_is_the_payload_of_a_text_message_and_a_number_of_one_of_its_type() -> None:
    assert as_message("hi") == {"payload": "hi", "type": "text_message"}
    assert as_message(5) == {"payload": 5, "type": "int"}
    assert as_message({"type": "x"}) == {"type": "x"}
    assert as_message(Describing(to_dict={"type": "y"})) == {"type": "y"}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A `types` module beside the package, as the tree that it is copied into has one."""
    known = {"agent_response": "agent_completed", "error_message": "error"}
    module = types.ModuleType("unified_target.types")
    module.get_frontend_message_type = lambda kind: known.get(getattr(kind, "value", kind), "user_message")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "unified_target.types", module)
    messages._frontend_table.cache_clear()
    messages._frontend_type.cache_clear()
    yield
    messages._frontend_table.cache_clear()
    messages._frontend_type.cache_clear()


def test_types_are_named_as_the_front_end_knows_them_and_unknown_ones_stay(table: None) -> None:
    given = {"type": "agent_response", "a": 1}
    assert serialize(given) == {"type": "agent_completed", "a": 1}
    assert given == {"type": "agent_response", "a": 1}
    assert serialize({"type": "progress_update"}) == {"type": "progress_update"}
    assert serialize({"type": "user_message"}) == {"type": "user_message"}


def test_without_such_a_table_types_are_what_they_are() -> None:
    assert serialize({"type": "agent_response"}) == {"type": "agent_response"}


def test_a_type_that_is_a_member_of_an_enum_becomes_its_value() -> None:
    assert serialize({"type": types.SimpleNamespace(value="ping")}) == {"type": "ping"}


@pytest.mark.parametrize(
    ("message", "named", "mentioned"),
    [
        ({"user_id": "a"}, "a", None),
        ({"data": {"user_id": "b"}}, None, "b"),
        ({"user_id": 5, "payload": {"user_id": 7}}, "5", "7"),
        ({"user_id": "", "data": "x", "payload": None}, None, None),
        ({}, None, None),
    ],
    ids=["at the top", "in data", "as numbers, in both places", "nowhere, with odd places", "nowhere"],
)
def test_the_users_that_a_message_names_and_mentions(
    message: dict[str, Any], named: str | None, mentioned: str | None
) -> None:
    assert (user_named(message), user_mentioned(message)) == (named, mentioned)
