"""What a shell offers behind an option, beside the options themselves: classes of the plan, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from codemods.errors import ConfigError


def planned_classes(context: typer.Context, incomplete: str) -> list[str]:
    """The classes of the plan whose names begin so; none where the plan cannot be read."""
    from codemods.plan import load_plan

    given = context.params.get("plan")
    try:
        plan = load_plan(Path(given) if given else None)
    except ConfigError:  # told when the command runs; a shell that waits for words must get no message
        return []
    return sorted({item.qualname for item in plan.classes if item.qualname.startswith(incomplete)})


def rules(incomplete: str) -> Iterator[tuple[str, str]]:
    """The rules whose ids or names begin so, with what each finds."""
    from codemods.gate.registry import RULES

    for rule in RULES:
        for word in (rule.text.id, rule.text.slug):
            if word.startswith(incomplete):
                yield word, rule.text.title
