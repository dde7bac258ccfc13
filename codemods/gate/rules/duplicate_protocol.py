"""WSC005: a protocol that describes what a protocol of the plan describes."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis.families.candidates import is_protocol
from codemods.areas import area_of, is_double
from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.facts import Class, FileFacts
from reports.documents.check import Finding, Related, RuleText

TEXT = RuleText(
    "WSC005",
    "duplicate-protocol",
    "A protocol repeats one of the plan's",
    "Two protocols for one thing drift apart: a class then fits one and not the other, and nobody notices before run "
    "time.",
    "class SenderProtocol(Protocol):  # the members of the unified MessagingProtocol again\n"
    "    async def send_to_user(self, user_id, message): ...",
    "from app.unified_manager import MessagingProtocol",
    "Import the protocol beside the unified class; where fewer members are wanted, inherit from it.",
)
SHARED = 0.5  # of all members of both: half is more than any two unrelated protocols of the real tree share


def find(tree: Tree) -> Iterator[Finding]:
    """Protocols outside the plan that have the name, or most of the members, of one that is planned or unified."""
    protocols = [(file, item) for file, item in tree.index.all_classes() if is_protocol(item)]
    models = [pair for pair in protocols if _is_model(tree, *pair)]
    for file, item in protocols:
        if (file, item) not in models and area_of(file.path) == "production" and not is_double(item.qualname):
            model = next((found for found in models if _repeats(item, found[1])), None)
            if model is not None:
                yield _finding(file, item, *model)


def _is_model(tree: Tree, file: FileFacts, item: Class) -> bool:
    dotted = f"{file.module}.{item.qualname}"
    return dotted in tree.inventory.targets or file.module in tree.unified_modules or dotted in tree.targets


def _repeats(one: Class, other: Class) -> bool:
    if one.qualname == other.qualname:
        return True
    mine, theirs = _members(one), _members(other)
    return len(mine & theirs) > 1 and len(mine & theirs) >= SHARED * len(mine | theirs)


def _members(item: Class) -> set[str]:
    return {method.name for method in item.methods if not method.name.startswith("__")}


def _finding(file: FileFacts, item: Class, home: FileFacts, model: Class) -> Finding:
    shared = sorted(_members(item) & _members(model))
    told = f"both have {', '.join(shared)}" if shared else "they have one name"
    return Finding(
        TEXT.id,
        item.qualname,
        fingerprint("protocol", item.qualname),
        file.path,
        item.line,
        item.line,
        f"the protocol {item.qualname} repeats {home.module}.{model.qualname}: {told}",
        "import the unified protocol, or inherit from it",
        related=(Related(home.path, model.line, "the protocol it repeats"),),
    )


RULE = Rule(TEXT, find)
