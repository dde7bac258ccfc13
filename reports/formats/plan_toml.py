"""A drafted plan as TOML with comments: it loads as it is, and says what a person has to decide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from reports.documents.draft import DraftClass, DraftConvention, DraftFamily, DraftMethod, DraftPlan
from reports.sections.parts import plural
from reports.wording import one_line, printable

_WIDTH = 118
_HEAD = """\
# A consolidation plan, drafted by reading. It loads as it is: `wsconsolidate scan`, `check` and `migrate` take it with
# --plan, or as `plan` of [tool.wsconsolidate]. What is left to you:
#
# 1. Delete the families that are none, and the classes that do another job.
# 2. Choose each family's target: a class of your own, which may be one that you write first. The one that is suggested
#    covers the others best, and is imported most.
# 3. Close the gaps. A class with gaps stays where it is, and `migrate` says why: give the target what it lacks; or
#    tell in a convention how the old calls are written now (those below are guesses, and commented out); or list
#    members that nobody uses: unneeded = ["name"].
#
# For each class of `classes`, `migrate` rewrites imports to the target and leaves a shim at the old path.
"""


def render(plan: DraftPlan) -> str:
    """The plan as text that loads."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: DraftPlan) -> Iterator[str]:
    yield _HEAD
    yield 'title = "TODO: what is merged, and why"'
    yield "# The package that targets are relative to."
    yield f"destination = {_text(plan.destination)}"
    yield "# Code outside this tree imports from it: what packages hand on keeps its old calls."
    yield "library = true"
    yield "# What deprecation warnings say: the version in which names moved, and the one in which old paths go."
    yield 'since = ""'
    yield 'removal = ""'
    for family in plan.families:
        yield from _family(family)
    yield from _aside(plan.aside)


def _aside(aside: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not aside:
        return
    yield ""
    yield _rule("Left out of this plan")
    yield "#"
    for name, why in aside:
        yield from _comment(f"{name}: {why}")


def _family(family: DraftFamily) -> Iterator[str]:
    yield ""
    yield _rule(_plain(family.title))
    yield ""
    yield "[[families]]"
    yield f"name = {_text(family.name)}"
    yield f"title = {_text(family.title)}"
    yield from _comment(_known(family.statements, family.files, family.target_members))
    yield f"target = {_text(family.target)}"
    for item in family.classes:
        yield from _class(item, family)


def _rule(title: str) -> str:
    return f"# ── {title} {'─' * max(3, _WIDTH - 6 - len(title))}"


def _class(item: DraftClass, family: DraftFamily) -> Iterator[str]:
    yield ""
    yield "[[classes]]"
    yield f"module = {_text(item.module)}"
    yield f"qualname = {_text(item.qualname)}"
    yield f"line = {item.line}"
    yield f"family = {_text(family.name)}"
    yield 'status = "MERGE"'
    yield f"target = {_text(family.target)}"
    yield from _comment(_known(item.statements, item.files, item.members))
    if not item.gaps:
        yield "# No gaps: the target takes its calls."
    for gap in item.gaps:
        yield from _comment(f"Gap: {gap}.")
    if item.convention is not None:
        yield "#"
        yield from (f"# {line}" for line in _convention(item, item.convention, family))


def _convention(item: DraftClass, told: DraftConvention, family: DraftFamily) -> Iterator[str]:
    yield "[[conventions]]"
    yield f"dotted = {_text(f'{item.module}.{item.qualname}')}"
    yield f"module = {_text(family.target.rpartition('.')[0])}"
    yield f"constructor = {_text(told.constructor)}"
    yield f"makes = {_text(told.makes or 'TODO')}"
    if told.methods:
        yield "methods = ["
        yield from (f"    {_method(method)}," for method in told.methods)
        yield "]"


def _method(method: DraftMethod) -> str:
    becomes = method.becomes or "TODO"
    keys = [f"name = {_text(method.name)}", f"takes = {_text(method.takes)}", f"becomes = {_text(becomes)}"]
    return f"{{ {', '.join([*keys, *(['awaited = true'] if method.awaited else [])])} }}"


def _known(statements: int, files: int, members: Sequence[str]) -> str:
    imported = f"Imported by {plural(statements, 'statement')} in {plural(files, 'file')}"
    imported = imported if statements else "Imported by nobody"
    return f"{imported}; it has {', '.join(members) or 'no public methods'}."


def _comment(text: str) -> Iterator[str]:
    """A comment, broken at spaces."""
    line = "#"
    for word in _plain(text).split(" "):
        if len(line) + len(word) >= _WIDTH and line != "#":
            yield line
            line = "#  "
        line += f" {word}"
    yield line


def _plain(text: str) -> str:
    return printable(one_line(text))


def _text(value: str) -> str:
    """A TOML string: JSON's, whose escapes TOML knows, but for the one character that JSON does not escape."""
    return json.dumps(value).replace("\x7f", "\\u007f")
