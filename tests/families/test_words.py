"""How names are read."""

from __future__ import annotations

import pytest

from codemods.analysis.families.words import merged, method_feature, snake_words, tokens


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("OrderEventEmitter", ("order", "event", "emitter"), id="camel case is cut at capitals"),
        pytest.param("HTTPCacheClient", ("http", "cache", "client"), id="an acronym is one word"),
        pytest.param("load_all_settings", ("load", "all", "setting"), id="snake case is cut at underscores"),
        pytest.param("Migration2To3", ("migration", "2", "to", "3"), id="numbers are words"),
        pytest.param("StatusClasses", ("status", "classe"), id="a final s goes unless it belongs to the word"),
        pytest.param("AccessBus", ("access", "bus"), id="double and short s stay"),
    ],
)
def test_a_name_in_words(name: str, words: tuple[str, ...]) -> None:
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("emit_order_paid", "notify_order_paid", True, id="two verbs for one deed"),
        pytest.param("_send_order_paid", "send_order_paid", True, id="private or public"),
        pytest.param("create_user_session", "create_session", True, id="with or without a qualifier"),
        pytest.param("emit_order_paid", "emit_order_sent", False, id="one verb for two deeds"),
        pytest.param("emit_order", "get_order", False, id="two deeds on one thing"),
        pytest.param("flush", "drain", False, id="words that are no known verbs"),
    ],
)
def test_methods_mean_the_same_to_a_caller(one: str, other: str, same: bool) -> None:
    assert (method_feature(one) == method_feature(other)) is same


def test_neighbours_are_joined_only_where_the_code_base_writes_them_as_one_word() -> None:
    written = snake_words(["database_core", "an_or"])
    assert merged(("data", "base", "pool"), written) == ("database", "pool")
    assert merged(("an", "or", "pool"), written) == ("an", "or", "pool")
