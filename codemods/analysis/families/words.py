"""How names speak of roles: the general vocabulary of object-oriented code, and nothing of any domain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")


def _groups(*lines: str) -> dict[str, str]:
    """Each word to the first word of its line."""
    return {word: line.split()[0] for line in lines for word in line.split()}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that name what a class does for its callers; one line is one role, told under its first word.
ROLES = _groups(
    "manager coordinator controller supervisor orchestrator",
    "emitter notifier publisher broadcaster sender announcer",
    "bridge adapter connector gateway",
    "router dispatcher",
    "factory creator",
    "pool",
    "registry catalog catalogue directory",
    "handler processor",
    "client",
    "service provider",
    "repository store storage dao",
    "cache",
    "loader reader importer fetcher",
    "writer saver exporter",
    "builder",
    "validator verifier",
    "checker",
    "monitor tracker watcher observer",
    "collector aggregator",
    "logger",
    "parser",
    "formatter renderer serializer",
    "limiter throttler",
    "engine executor runner",
    "scheduler",
    "wrapper proxy",
    "middleware",
)
# Words that say "only the shape": the role is that of the word before.
INTERFACES = frozenset({"protocol", "interface", "abc"})
# Words that say which variant of a thing it is, not of what thing.
QUALIFIERS = _set(
    "unified base abstract basic simple default common core generic general standard main primary global "
    "enhanced optimized improved modern new old legacy advanced extended smart fast safe strict validated "
    "isolated scoped user shared local remote internal custom real async sync abstraction impl implementation "
    "mixin my the v 1 2 3"
)
# Words that make an adjective with the word before them: a ConnectionScopedManager is no connection manager.
ADJECTIVE_ENDINGS = _set("scoped aware based safe enabled bound specific oriented driven")
# Verbs that mean the same to a caller; a method is its verb class and its object: notify_done is send_done.
VERBS = _groups(
    "emit notify send publish broadcast push dispatch fire announce",
    "get fetch load read retrieve find lookup",
    "set update put store save write",
    "create make build new construct",
    "remove delete drop clear discard unregister unsubscribe",
    "add register append insert attach subscribe",
    "start begin open connect init initialize setup",
    "stop close shutdown end disconnect terminate cleanup dispose",
    "check validate verify ensure is has can",
    "handle process on run execute perform",
)


@cache
def tokens(name: str) -> tuple[str, ...]:
    """The lower-case words of a CamelCase or snake_case name, each in the singular."""
    return tuple(_singular(word.lower()) for word in _TOKEN.findall(name))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "sui" else word


@cache
def method_feature(name: str) -> str:
    """A method by what it means to a caller: the class of its verb and its object (`emit:order_paid`)."""
    verb, _, rest = name.strip("_").partition("_")
    if verb not in VERBS:
        return name.strip("_")
    return f"{VERBS[verb]}:{'_'.join(word for word in rest.split('_') if word not in QUALIFIERS)}"


def merged(words: tuple[str, ...], written: set[str]) -> tuple[str, ...]:
    """The words with those neighbours joined that the code base itself writes as one (data, base: database)."""
    found: list[str] = []
    for word in words:
        if found and found[-1] + word in written:
            found[-1] += word
        else:
            found.append(word)
    return tuple(found)


def snake_words(names: Iterable[str]) -> set[str]:
    """The words between underscores of many lower-case names."""
    return {_singular(word) for name in set(names) for word in name.split("_") if len(word) > 3}
