"""WSC012: a call that a unified class does not accept."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis.binding import refusal
from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.closeup import CloseUp, Member
from codemods.index.facts import Use
from codemods.index.resolve import Definition
from codemods.index.returns import instance_of
from reports.documents.check import Finding, Related, RuleText

TEXT = RuleText(
    "WSC012",
    "call-binding",
    "A call does not bind to the unified signature",
    "The old classes took arguments in orders of their own. A call that was written for one of them and meets the "
    "unified class fails only when it runs, which for an event is in front of a user. Before the merge, calls are held "
    "against the class that is there.",
    "Emitter(user_id, thread_id, run_id, manager, 'extra')",
    "Emitter(user_id, thread_id, run_id, manager)",
    "Give the arguments that the signature names; `wsconsolidate migrate` keeps old orders alive through adapters.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Calls of unified and legacy classes and their methods whose shape the signature refuses."""
    for file in tree.files:
        if file.module not in tree.unified_modules:
            for use in tree.uses.get(file.path, ()):
                found = _called(tree, use) if use.kind == "call" else None
                reason = refusal(found[1], use.detail) if found is not None else ""
                if found is not None and reason:
                    yield _finding(tree, file.path, use, *found, reason)


def _called(tree: Tree, use: Use) -> tuple[CloseUp, Member] | None:
    """The class and the method of it that a call leads to; None where that is not known, or an adapter takes it."""
    head, called, tail = use.ref.partition("()")
    outcome, rest = tree.resolver.path(head)
    if not isinstance(outcome, Definition) or "()" in tail:
        return None
    names = (*rest, *filter(None, tail.split(".")))
    closeup = _owner(tree, outcome, head, bool(called), bool(rest))
    constructs = not names and not called
    if closeup is None or not (constructs or (called and len(names) == 1)):
        return None
    member = closeup.effective.get(names[0] if names else "__init__")
    return None if member is None else (closeup, member)


def _owner(tree: Tree, outcome: Definition, head: str, called: bool, rest: bool) -> CloseUp | None:
    """The class whose instance is used, or which is called: itself, or what a function says it gives."""
    owner = outcome.dotted
    if called and outcome.kind == "function":
        owner = instance_of(outcome, tree.resolver)
    elif called and rest:
        return None
    adapted = owner in tree.targets and tree.legacy.named(head)[0]
    return tree.closeups.get(owner) if owner in tree.learned.merged and not adapted else None


def _finding(tree: Tree, path: str, use: Use, owner: CloseUp, member: Member, reason: str) -> Finding:
    """Named after the unified class, before and after the merge."""
    unified = tree.learned.merged[owner.dotted]
    name = unified if member.name == "__init__" else f"{unified}.{member.name}"
    return Finding(
        TEXT.id,
        name,
        fingerprint(use.scope, name, use.detail),
        path,
        use.line,
        use.line,
        f"the call of {name.rpartition('.')[2]} {reason}",
        f"it takes {member.signature}",
        related=(Related(owner.path, member.line, "the signature"),),
    )


RULE = Rule(TEXT, find, local=True)
