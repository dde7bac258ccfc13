"""WSC009: something that belongs to one user is shared by all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codemods.areas import area_of
from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.closeup import CloseUp
from codemods.index.facts import Binding, FileFacts
from codemods.index.resolve import Definition
from codemods.index.returns import instance_of
from reports.documents.check import Finding, Related, RuleText

TEXT = RuleText(
    "WSC009",
    "shared-user-state",
    "What belongs to one user is shared by all",
    "An emitter made when a module is imported serves whoever comes, with the user it was made for; a singleton that "
    "keeps the current user in an attribute gives one user's events to the next.",
    'emitter = Emitter(user_id="u1")  # at module level',
    "def emitter_of(request):\n    return Emitter(user_id=request.user_id)",
    "Make one for each user or run; in what is shared, keep users apart in a dictionary by user id.",
)
# What an attribute or parameter is called that holds one user; a dictionary of users has a plural or a name of its own.
_ONE_USER = re.compile(r"_*(?:current_|active_)?user(?:_id|_context|_ctx)?")

_CALL = "(...)"  # how a binding tells that its value is what a call gives back


def find(tree: Tree) -> Iterator[Finding]:
    """Module-level instances of classes made for one user, and singletons that keep one user."""
    personal = {item.dotted: item for item in tree.closeups.values() if _made_for_a_user(item)}
    for file in tree.files:
        if area_of(file.path) == "production":
            yield from _shared(tree, file, personal)
    for item in tree.closeups.values():
        if item.singleton and tree.index.classes[item.dotted][0] in tree.files:
            yield from _keeping(tree, item)


def _made_for_a_user(item: CloseUp) -> bool:
    made = item.effective.get("__init__")
    return made is not None and any(_ONE_USER.fullmatch(name) for name in made.names)


def _shared(tree: Tree, file: FileFacts, personal: dict[str, CloseUp]) -> Iterator[Finding]:
    for scope, bindings in file.scopes:
        for binding in bindings if not scope else ():
            made = _made(tree, file, binding.target)
            if made in personal:
                yield _finding(file, binding, made.rpartition(".")[2], personal[made])


def _made(tree: Tree, file: FileFacts, target: str) -> str:
    """The class that a call makes an instance of: itself, by a method of its own, or by a function that says so."""
    if not target.endswith(_CALL):
        return ""
    called = target.removesuffix(_CALL)
    for name in filter(None, (called, called.rpartition(".")[0])):
        made = tree.resolver.expression(file.module, name)
        if isinstance(made, Definition):
            return instance_of(made, tree.resolver) if made.kind == "function" else made.dotted
    return ""


def _finding(file: FileFacts, binding: Binding, made: str, owner: CloseUp) -> Finding:
    return Finding(
        TEXT.id,
        binding.name,
        fingerprint("shared", binding.name, made),
        file.path,
        binding.line,
        binding.line,
        f"{binding.name} is made once for the module, and {made} is made for one user",
        "make one for each user",
        related=(Related(owner.path, owner.line, "its constructor takes the user"),),
    )


def _keeping(tree: Tree, item: CloseUp) -> Iterator[Finding]:
    qualname = tree.index.classes[item.dotted][1].qualname
    one = item.singleton[0]
    for attribute in item.attributes:
        if _ONE_USER.fullmatch(attribute.name):
            yield Finding(
                TEXT.id,
                f"{qualname}.{attribute.name}",
                fingerprint("kept", qualname, attribute.name),
                item.path,
                attribute.line,
                attribute.line,
                f"{qualname} is a singleton ({one.name}: {one.value}) and keeps one user in {attribute.name}",
                "keep users apart in a dictionary by user id",
                related=(Related(item.path, one.line, "what makes it a singleton"),),
            )


RULE = Rule(TEXT, find)
