"""A plan of one's own: what may stand in it, and the sentence for everything that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.errors import ConfigError
from codemods.plan import MEASURES, load_plan

HEAD = """
title = "Cache clients"
destination = "shop.cache"
[[families]]
name = "client"
title = "Cache clients"
target = "client.CacheClient"
"""
REDIS = """
[[classes]]
module = "shop.redis"
qualname = "Redis.Client"
line = 4
family = "client"
status = "MERGE"
target = "client.CacheClient"
"""
MEMORY = REDIS.replace("shop.redis", "shop.memory").replace("Redis.Client", "Memory")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(text, "utf-8")
    return path


def refusal(tmp_path: Path, text: str) -> list[str]:
    """The problems told, each without the path of the file it must begin with."""
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_plan(path)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_title_destination_families_and_classes_are_enough(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, HEAD + REDIS + MEMORY))
    assert [item.dotted for item in plan.classes] == ["shop.redis.Redis.Client", "shop.memory.Memory"]
    assert plan.modules == ("shop.redis", "shop.memory")
    assert plan.names == ("Client", "Memory")
    assert plan.getters == {}
    assert plan.events == ()


def test_a_plan_keeps_the_authors_order_and_keys_with_hyphens(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, 'next-steps = ["b", "a"]' + HEAD + MEMORY + REDIS))
    assert plan.next_steps == ("b", "a")
    assert plan.names == ("Memory", "Client")


@pytest.mark.parametrize("measure", sorted(MEASURES - {"single-target"}))
def test_every_measure_can_be_named(tmp_path: Path, measure: str) -> None:
    plan = load_plan(written(tmp_path, f'{HEAD}{REDIS}[[criteria]]\ntext = "t"\nmeasure = "{measure}"\n'))
    assert plan.criteria[0].measure == measure


def test_a_single_target_is_measured_for_a_declared_family(tmp_path: Path) -> None:
    text = f'{HEAD}{REDIS}[[criteria]]\ntext = "t"\nmeasure = "single-target:client"\n'
    assert load_plan(written(tmp_path, text)).criteria[0].measure == "single-target:client"


def test_a_misspelled_key_is_told_once_with_the_key_that_was_meant(tmp_path: Path) -> None:
    assert refusal(tmp_path, HEAD + REDIS + MEMORY.replace("family", "famly")) == [
        'classes[1].famly: unknown key; did you mean "family"?'
    ]


def test_every_problem_of_a_file_is_told_at_once_in_the_order_of_the_plans_keys(tmp_path: Path) -> None:
    text = 'date = 5\ndestination = "a"\n[[classes]]\nline = "abc"\nfamly = "x"\n[[families]]\n'
    assert refusal(tmp_path, text) == [
        "title: missing; expected text",
        "families[0].name: missing; expected text",
        "families[0].title: missing; expected text",
        "families[0].target: missing; expected text",
        'classes[0].famly: unknown key; did you mean "family"?',
        "classes[0].module: missing; expected text",
        "classes[0].qualname: missing; expected text",
        'classes[0].line: expected a whole number, got "abc"',
        "classes[0].status: missing; expected text",
        "classes[0].target: missing; expected text",
        "date: expected text, got 5",
    ]


GETTER = 'getters = ["{}"]\n'
CRITERION = '[[criteria]]\ntext = "t"\nmeasure = "{}"\n'
EVENT = '[[events]]\nname = "saved"\nmeaning = "m"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + REDIS + REDIS, ['classes[1]: "shop.redis.Redis.Client" stands already at classes[0]']),
        (
            HEAD + HEAD.partition("[[")[1] + HEAD.partition("[[")[2] + REDIS,
            ['families[1].name: "client" stands already at families[0].name'],
        ),
        (HEAD + REDIS + EVENT * 3, [f'events[{n}].name: "saved" stands already at events[0].name' for n in (1, 2)]),
        (
            HEAD + REDIS.replace('family = "client"', 'family = "cleint"'),
            ['classes[0].family: "cleint" is not among the families (client)'],
        ),
        (HEAD + REDIS + GETTER.format("get"), ['classes[0].getters[0]: "get" is not a dotted path']),
        (HEAD + REDIS + GETTER.format("shop.get()"), ['classes[0].getters[0]: "shop.get()" is not a dotted path']),
        (HEAD + REDIS + GETTER.format("shop."), ['classes[0].getters[0]: "shop." is not a dotted path']),
        (
            HEAD + REDIS + GETTER.format("shop.get") + MEMORY + GETTER.format("shop.get"),
            ['classes[1].getters[0]: "shop.get" stands already at classes[0].getters[0]'],
        ),
        (
            HEAD + REDIS + CRITERION.format("vibes"),
            [f'criteria[0].measure: "vibes" is not a measure; expected one of {", ".join(sorted(MEASURES))}'],
        ),
        (
            HEAD + REDIS + CRITERION.format("single-target:cleint"),
            ['criteria[0].measure: "cleint" is not among the families (client)'],
        ),
        (
            HEAD + REDIS + CRITERION.format("single-target"),
            ['criteria[0].measure: "" is not among the families (client)'],
        ),
    ],
    ids=[
        "one class twice",
        "one family twice",
        "one event three times",
        "a family that is not declared",
        "a getter without a module",
        "a getter that is a call",
        "a getter that ends in a dot",
        "one getter for two classes",
        "a measure that does not exist",
        "a measure of a family that is not declared",
        "a measure of no family",
    ],
)
def test_what_contradicts_itself_is_refused_with_the_keys_path(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert refusal(tmp_path, text) == expected


def test_several_contradictions_are_told_at_once(tmp_path: Path) -> None:
    text = HEAD + REDIS.replace('family = "client"', 'family = "x"') + GETTER.format("g") + EVENT * 2
    assert [line.partition(":")[0] for line in refusal(tmp_path, text)] == [
        "classes[0].family",
        "classes[0].getters[0]",
        "events[1].name",
    ]


def test_a_file_that_is_not_there_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load_plan(tmp_path / "none.toml")
