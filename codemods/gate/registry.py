"""All rules, and which of them were asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from codemods.errors import UsageError
from codemods.gate.rule import Rule
from codemods.gate.rules import (
    broken_promise,
    call_binding,
    dangling_import,
    duplicate_protocol,
    event_producer,
    family_newcomer,
    legacy_class,
    legacy_path,
    preserved_class,
    shared_state,
    shim_dates,
    shim_unused,
    single_target,
    suppression,
    target_drift,
    unread_file,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    module.RULE
    for module in (
        legacy_class,
        legacy_path,
        family_newcomer,
        single_target,
        duplicate_protocol,
        event_producer,
        preserved_class,
        target_drift,
        shared_state,
        shim_dates,
        shim_unused,
        call_binding,
        dangling_import,
        unread_file,
        suppression,
        broken_promise,
    )
)


def chosen(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are selected (all without a word) and not ignored. Raises UsageError for an unknown one."""
    wanted = {rule_of(word).id for word in _words(select)}
    left_out = {rule_of(word).id for word in _words(ignore)}
    return tuple(rule for rule in RULES if (not wanted or rule.id in wanted) and rule.id not in left_out)


def rule_of(word: str) -> Rule:
    """The rule of an id or a slug. Raises UsageError naming the nearest."""
    names = {name: rule for rule in RULES for name in (rule.id, rule.text.slug)}
    plain = word.strip()
    found = names.get(plain.upper()) or names.get(plain.lower())
    if found is not None:
        return found
    close = difflib.get_close_matches(plain.upper(), names, n=1, cutoff=0.6) or difflib.get_close_matches(
        plain.lower(), names, n=1, cutoff=0.5
    )
    hint = f"did you mean {close[0]}?" if close else f"the rules are {RULES[0].id} to {RULES[-1].id}"
    raise UsageError(f'no rule "{plain}"; {hint}')


def _words(given: Iterable[str]) -> list[str]:
    return [word for words in given for word in words.split(",") if word.strip()]
