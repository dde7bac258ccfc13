"""What users never see: secrets anywhere, endless text, other people's home folders, internal keys."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import UserDict, deque, namedtuple
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unified.emitter.doubles import UNHURRIED, Bridge, ThreadManager, emitter_for
from unified_target.unified_delivery.redaction import CIRCULAR, CUT, MORE, REDACTED
from unified_target.unified_emitter import UnifiedWebSocketEmitter

SECRET_WORDS = ("password", "secret", "key", "token", "api_key", "auth", "credential")
WAYS = {
    "parameters": lambda e, data: e.notify_tool_executing("run_1", "a", "search", data),
    "a tool's result": lambda e, data: e.notify_tool_completed("run_1", "a", "search", data),
    "an agent's result": lambda e, data: e.notify_agent_completed("run_1", "a", data),
    "the context": lambda e, data: e.notify_agent_started("run_1", "a", data),
    "the trace": lambda e, data: e.notify_agent_started("run_1", "a", None, data),
    "an error's context": lambda e, data: e.notify_agent_error("run_1", "a", "x", {"error_type": data}),
    "a death's context": lambda e, data: e.notify_agent_death("run_1", "a", "timeout", data),
    "progress": lambda e, data: e.notify_progress_update("run_1", "a", {"message": data, "status": [data]}),
    "custom data": lambda e, data: e.notify_custom("run_1", "a", "x", data),
    "the data of any event": lambda e, data: e.emit_agent_event("x", data),
    "data where words are expected": lambda e, data: e.notify_agent_thinking("run_1", "a", data),
}
EVERY_WAY = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def sent(way: Any, data: Any) -> dict[str, Any]:
    """The event that carries the data this way."""
    manager = ThreadManager()
    assert asyncio.run(way(emitter_for(manager), data)) is True
    return manager.events[0]


def shown(data: Any) -> Any:
    """The data as a tool's parameters."""
    return sent(WAYS["parameters"], {"value": data})["payload"]["parameters"]["value"]


# Secrets


def secret_names() -> st.SearchStrategy[str]:
    cased = st.sampled_from(SECRET_WORDS).flatmap(lambda word: st.sampled_from([word, word.upper(), word.title()]))
    return st.builds("{}{}{}".format, st.text("abz_-. ", max_size=4), cased, st.text("019_-", max_size=3))


PLAIN_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary())
HIDDEN = "hunter2-must-never-be-seen"


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Random data in which whatever stands under a secret name is hidden, at any depth, in lists too."""
    hiding = st.one_of(st.just(HIDDEN), st.just([HIDDEN]), st.just({"inside": HIDDEN}), st.just((HIDDEN, {HIDDEN})))

    def around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        plain = st.dictionaries(st.text("abcde_", max_size=5), inner, max_size=4)
        return st.one_of(
            st.lists(inner, max_size=4),
            st.tuples(inner, inner),
            st.builds(
                lambda open_, hidden: {**open_, **hidden}, plain, st.dictionaries(secret_names(), hiding, max_size=2)
            ),
            plain.map(UserDict),
            plain.map(lambda data: Holder(data, HIDDEN)),
        )

    return st.recursive(leaves, around, max_leaves=12)


@dataclass(frozen=True)
class Holder:
    """A caller's own type."""

    data: Any
    api_key: str = field(repr=True)


@EVERY_WAY
@UNHURRIED
@given(data=st.dictionaries(st.text("abcde_", max_size=5), nested(PLAIN_VALUES), max_size=4))
def test_no_secret_leaves_in_any_data_on_any_way(way: Any, data: dict[str, Any]) -> None:
    assert HIDDEN not in json.dumps(sent(way, data))


@UNHURRIED
@given(data=nested(PLAIN_VALUES))
def test_no_secret_reaches_a_bridge_either(data: Any) -> None:
    bridge = Bridge()
    emitter = emitter_for(bridge=bridge)
    asyncio.run(emitter.notify_agent_completed("run_1", "a", {"result": data, "password": HIDDEN}))
    assert HIDDEN not in repr(bridge.calls)


@EVERY_WAY
@UNHURRIED
@given(name=secret_names())
def test_a_secret_stays_hidden_whatever_its_name_has_around_it(way: Any, name: str) -> None:
    assert HIDDEN not in json.dumps(sent(way, {name: HIDDEN, "list": [{name: [HIDDEN]}]}))


def test_a_hidden_secret_leaves_its_name_and_a_mark() -> None:
    data = {"q": "tea", "api_key": "k-123", "inner": [{"DB_Password": 1234, "hits": 2}]}
    payload = sent(WAYS["parameters"], data)["payload"]
    hidden = {"q": "tea", "api_key": REDACTED, "inner": [{"DB_Password": REDACTED, "hits": 2}]}
    assert payload["parameters"] == payload["tool_input"] == hidden


@pytest.mark.parametrize(
    "name", ["key_points", "key_findings", "Key_Metrics", "total_tokens", "tokens_used", "keywords", "author"]
)
def test_words_that_agents_fill_results_with_are_shown(name: str) -> None:
    assert sent(WAYS["an agent's result"], {name: "to be read"})["payload"]["result"] == {name: "to be read"}


@pytest.mark.parametrize(
    "name", ["key_points_password", "my_key_points", "tokens", "authorization", "author_token", "monkey"]
)
def test_nothing_else_passes_with_those_words(name: str) -> None:
    assert sent(WAYS["an agent's result"], {name: "hidden"})["payload"]["result"] == {name: REDACTED}


# The caller's data


@EVERY_WAY
@UNHURRIED
@given(data=nested(st.one_of(st.integers(), st.text(max_size=3000), st.text("x", min_size=190, max_size=1200))))
def test_the_callers_data_is_never_changed(way: Any, data: Any) -> None:
    mine = {"data": data, "password": "x"}
    before = copy.deepcopy(mine)
    sent(way, mine)
    assert mine == before


def test_what_the_caller_changes_afterwards_does_not_reach_the_event() -> None:
    inner = ["tea"]
    event = sent(WAYS["custom data"], {"drinks": inner})
    inner.append("poison")
    assert event["payload"] == {"drinks": ["tea"]}


# Length


@pytest.mark.parametrize(
    ("way", "where", "limit"),
    [
        ("parameters", "parameters", 200),
        ("a tool's result", "result", 500),
        ("an agent's result", "result", 500),
        ("the context", "context", 1000),
        ("a death's context", "death_context", 1000),
    ],
    ids=lambda value: str(value),
)
def test_text_is_cut_at_its_limit_and_not_before(way: str, where: str, limit: int) -> None:
    data = {"fits": "x" * limit, "long": "x" * (limit + 1), "deep": [{"long": "y" * 5000}]}
    payload = sent(WAYS[way], data)["payload"][where]
    assert payload == {"fits": "x" * limit, "long": "x" * limit + CUT, "deep": [{"long": "y" * limit + CUT}]}


def test_custom_text_is_cut_at_1000() -> None:
    assert sent(WAYS["custom data"], {"a": "x" * 1001})["payload"] == {"a": "x" * 1000 + CUT}


def test_reasoning_is_never_cut() -> None:
    assert sent(WAYS["data where words are expected"], "x" * 50_000)["payload"]["reasoning"] == "x" * 50_000


@pytest.mark.parametrize("way", ["parameters", "a tool's result", "an agent's result"])
def test_lists_of_parameters_and_results_are_cut_after_ten(way: str) -> None:
    payload = sent(WAYS[way], {"ten": list(range(10)), "more": tuple(range(11))})["payload"]
    found = payload.get("parameters", payload.get("result"))
    assert found == {"ten": list(range(10)), "more": [*range(10), MORE]}


def test_lists_of_custom_data_are_left_alone() -> None:
    assert sent(WAYS["custom data"], {"many": list(range(50))})["payload"] == {"many": list(range(50))}


@UNHURRIED
@given(data=nested(st.one_of(st.integers(), st.text("xy", min_size=190, max_size=1100))))
def test_cleaning_twice_is_cleaning_once(data: Any) -> None:
    for way, where in (("parameters", "parameters"), ("an agent's result", "result"), ("the context", "context")):
        once = sent(WAYS[way], {"data": data})["payload"][where]
        assert sent(WAYS[way], once)["payload"][where] == once


# Data that goes round


def test_data_that_contains_itself_ends_where_it_begins_again() -> None:
    data: dict[str, Any] = {"name": "loop"}
    data["self"] = data
    data["list"] = [data, {"again": data}]
    context = sent(WAYS["the context"], data)["payload"]["context"]
    assert context == {"name": "loop", "self": CIRCULAR, "list": [CIRCULAR, {"again": CIRCULAR}]}


def test_the_same_data_twice_is_not_a_circle() -> None:
    shared = {"a": 1}
    assert sent(WAYS["the context"], {"x": shared, "y": [shared]})["payload"]["context"] == {
        "x": {"a": 1},
        "y": [{"a": 1}],
    }


def test_data_that_refers_to_itself_in_every_direction_still_ends() -> None:
    nodes: list[dict[str, Any]] = [{"name": number} for number in range(14)]
    for node in nodes:
        node.update({f"to_{number}": other for number, other in enumerate(nodes)})
    event = sent(WAYS["the context"], nodes[0])
    assert len(json.dumps(event)) < 5_000_000


def test_the_deepest_and_the_widest_data_still_end() -> None:
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    assert MORE in json.dumps(sent(WAYS["custom data"], {"deep": deep}))
    wide = sent(WAYS["custom data"], {str(number): number for number in range(20_000)})["payload"]
    assert wide[MORE] is True
    assert len(wide) < 20_000
    assert len(sent(WAYS["custom data"], {"many": range(10**9)})["payload"]["many"]) <= 10_001


# Odd values


class Colour(Enum):
    RED = "red"


class Text(str, Enum):  # noqa: UP042 - as it was written before 3.11
    LONG = "x" * 300


Point = namedtuple("Point", "x api_key")


class Model:
    """As pydantic's models behave."""

    def model_dump(self) -> dict[str, Any]:
        return {"inner": {"token": "hidden"}, "seen": 1}


class Broken:
    """Claims to be a model and is none."""

    def model_dump(self) -> str:
        return "not a mapping"


@dataclass
class Plain:
    name: str
    auth_header: str


@pytest.mark.parametrize(
    ("given_value", "seen"),
    [
        pytest.param(True, True, id="a truth stays one"),
        pytest.param(float("nan"), None, id="not a number is nothing"),
        pytest.param(float("inf"), None, id="infinity is nothing"),
        pytest.param(Colour.RED, "red", id="an enum is its value"),
        pytest.param(Text.LONG, "x" * 200 + CUT, id="a text enum is cut like text"),
        pytest.param(date(2025, 9, 4), "2025-09-04", id="a date is text"),
        pytest.param(timedelta(seconds=5), "0:00:05", id="a duration is text"),
        pytest.param(Decimal("1.5"), "1.5", id="a decimal is text"),
        pytest.param(UUID(int=7), str(UUID(int=7)), id="a uuid is text"),
        pytest.param(PurePosixPath("/tea"), "/tea", id="a path is text"),
        pytest.param(ValueError("no tea"), "no tea", id="an exception is its message"),
        pytest.param(deque([1, 2]), [1, 2], id="a queue is a list"),
        pytest.param({"a": 1}.keys(), ["a"], id="the keys of a dict are a list"),
        pytest.param(iter([1]), "<list_iterator>", id="what can be read only once is its type"),
        pytest.param(frozenset([1]), [1], id="a set is a list"),
        pytest.param(b"x", "<bytes>", id="bytes are their type"),
        pytest.param(bytearray(b"x"), "<bytearray>", id="changeable bytes are their type"),
        pytest.param(Point(1, "hidden"), {"x": 1, "api_key": REDACTED}, id="a named tuple has names"),
        pytest.param(Plain("tea", "hidden"), {"name": "tea", "auth_header": REDACTED}, id="a dataclass has names"),
        pytest.param(Model(), {"inner": {"token": REDACTED}, "seen": 1}, id="a model is what it dumps"),
        pytest.param(Broken(), "<Broken>", id="a model that dumps no names is its type"),
        pytest.param(SimpleNamespace(password="hidden"), "<SimpleNamespace>", id="an object inside is its type"),
        pytest.param(Plain, "<type>", id="a class is no object of it"),
        pytest.param({1: {None: "a"}}, {"1": {"None": "a"}}, id="names become text"),
    ],
)
def test_odd_values_become_json_without_telling_more(given_value: Any, seen: Any) -> None:
    assert shown(given_value) == seen


def test_an_object_as_the_whole_result_shows_its_attributes_but_not_private_or_internal_ones() -> None:
    result = SimpleNamespace(answer="tea", _state=1, internal_notes="x", api_key="hidden", debug_info="x")
    payload = sent(WAYS["an agent's result"], result)["payload"]
    assert payload["result"] == {"answer": "tea", "api_key": REDACTED}


def test_an_object_without_attributes_is_its_type() -> None:
    assert sent(WAYS["an agent's result"], object())["payload"]["result"] == "<object>"


def test_data_that_cannot_even_be_read_costs_the_detail_and_not_the_event() -> None:
    class Hostile(UserDict[str, Any]):
        def items(self) -> Any:
            raise OSError("no")

    manager = ThreadManager()
    emitter = emitter_for(manager)
    assert asyncio.run(emitter.notify_agent_started("run_1", "a", Hostile())) is True  # type: ignore[arg-type]
    assert emitter.events_failed == 0
    assert manager.events[0]["payload"]["context"] == "<Hostile>"


def test_a_key_that_is_an_enumerations_member_is_judged_by_its_value() -> None:
    class Field(StrEnum):
        FIRST = "password"
        SECOND = "note"

    parameters = {Field.FIRST: "hunter2", Field.SECOND: "fine"}
    shown = sent(WAYS["parameters"], parameters)["payload"]["parameters"]
    assert shown == {"password": "[REDACTED]", "note": "fine"}


# Results, errors, progress


@pytest.mark.parametrize(
    "name", ["_internal", "debug_info", "system_context", "raw_response", "internal_reasoning", "system_prompt"]
)
def test_internal_keys_leave_results_at_any_depth(name: str) -> None:
    result = {"answer": "tea", name: "inside", "list": [{name: "inside", "a": 1}]}
    for way in ("a tool's result", "an agent's result"):
        assert sent(WAYS[way], result)["payload"]["result"] == {"answer": "tea", "list": [{"a": 1}]}


def test_parameters_may_have_internal_keys() -> None:
    assert shown({"debug_info": 1}) == {"debug_info": 1}


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("cannot open /home/ada/tea.txt", "cannot open [PATH]/tea.txt"),
        ("cannot open /Users/ada/tea.txt", "cannot open [PATH]/tea.txt"),
        ("in '/home/ada'", "in '[PATH]'"),
        (r"cannot open C:\Users\ada\tea.txt", r"cannot open [PATH]\tea.txt"),
        ("cannot read /root/.ssh", "cannot read [PATH]/.ssh"),
        ("at /rooted/tea", "at /rooted/tea"),
        ("/home/ada/a and /home/bob/b", "[PATH]/a and [PATH]/b"),
        ("", "Something went wrong"),
        (None, "Something went wrong"),
        ("x" * 301, "x" * 300 + CUT),
        (ValueError("no tea"), "no tea"),
    ],
    ids=[
        "a home folder is masked",
        "a home folder on a Mac is masked",
        "a home folder itself is masked",
        "a home folder on Windows is masked",
        "the superuser's home folder is masked",
        "what only looks like one is not",
        "all of them are masked",
        "no error has a general message",
        "nothing has a general message",
        "it is cut at 300",
        "an exception is its message",
    ],
)
def test_an_error_message(said: Any, seen: str) -> None:
    manager = ThreadManager()
    asyncio.run(emitter_for(manager).notify_agent_error("run_1", "a", said))
    assert manager.events[0]["payload"]["error_message"] == seen


def test_of_an_errors_context_two_keys_are_shown() -> None:
    async def fail(emitter: UnifiedWebSocketEmitter) -> None:
        context = {"error_type": "TeaError", "agent_step": "/home/ada/pour", "traceback": "x", "sql": "x"}
        await emitter.notify_agent_error("run_1", "a", "x", context)
        await emitter.notify_agent_error("run_1", "a", "x", {"sql": "x"})
        await emitter.notify_agent_error("run_1", "a", "x", {})

    manager = ThreadManager()
    asyncio.run(fail(emitter_for(manager)))
    assert [event["payload"]["error_context"] for event in manager.events] == [
        {"error_type": "TeaError", "agent_step": "[PATH]/pour", "user_facing": True},
        {"error_type": "unknown", "agent_step": "unknown", "user_facing": True},
        {},
    ]


@UNHURRIED
@given(st.dictionaries(st.text(max_size=8), st.integers()))
def test_of_progress_seven_keys_are_shown(more: dict[str, int]) -> None:
    seven = dict.fromkeys(
        ["percentage", "current_step", "total_steps", "message", "status", "estimated_remaining", "progress_type"], 1
    )
    manager = ThreadManager()
    asyncio.run(emitter_for(manager).notify_progress_update("run_1", "a", {**more, **seven}))
    assert manager.events[0]["payload"]["progress_data"] == seven


def test_progress_that_is_no_report_shows_nothing() -> None:
    manager = ThreadManager()
    asyncio.run(emitter_for(manager).notify_progress_update("run_1", "a", "half"))  # type: ignore[arg-type]
    assert manager.events[0]["payload"]["progress_data"] == {}
