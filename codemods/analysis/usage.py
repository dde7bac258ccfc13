"""Who uses the planned classes: import statements by form and area, calls by member and shape, mocks, strings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from codemods.areas import area_of
from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Import, Use
from codemods.index.resolve import Definition, Module, Outcome, Resolver
from codemods.index.returns import instance_of
from codemods.inventory import Inventory
from reports.documents.across import Helper
from reports.documents.classes import ImportSite
from reports.documents.common import places


@dataclass(frozen=True, slots=True)
class ClassUse:
    """One use of a planned class; `member` is what is used of it, `detail` the shape or the context.

    kind: constructor, getter (a call of a function that gives an instance), call, read, write, the same three of the
    class itself (`class call`), instance called, value, base, isinstance, issubclass, spec, annotation, string.
    """

    owner: str
    kind: str
    member: str
    detail: str
    path: str
    line: int
    area: str
    at_import: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """All uses found, in path and line order."""

    sites: tuple[ImportSite, ...]
    uses: tuple[ClassUse, ...]
    helpers: tuple[Helper, ...]
    files_importing_modules: int
    path_strings: tuple[ClassUse, ...]


_KINDS = {"load": "read", "store": "write"}


class UsageFinder:
    """Answers who uses the classes of one inventory."""

    def __init__(self, inventory: Inventory, index: CodeIndex, resolver: Resolver, getters: dict[str, str]) -> None:
        self.index, self.resolver = index, resolver
        self.targets = inventory.targets
        self.modules = {_module_of(index, definition) for definition in self.targets}
        self.getters = getters
        self._exposing: dict[str, tuple[str, ...]] = {}
        self._owners: dict[tuple[str, bool], tuple[str | None, tuple[str, ...], bool]] = {}

    def sites(self) -> list[ImportSite]:
        """The import statements of the tree that touch a planned class, or a module of one as an object."""
        return [site for file in self.index.files for item in file.imports if (site := self._site(file, item))]

    def _site(self, file: FileFacts, item: Import) -> ImportSite | None:
        if not self._may_touch(item):
            return None
        classes, modules = self._touched(item)
        if not classes and not modules:
            return None
        direct = item.module in {_module_of(self.index, name) for name in classes}
        forms = tuple(_forms(item, bool(classes), direct, len(classes)))
        return ImportSite(
            file.path, item.line, item.end, area_of(file.path), tuple(sorted(classes)), tuple(sorted(modules)), forms
        )

    def _may_touch(self, item: Import) -> bool:
        first = item.module.partition(".")[0] if item.module else ""
        return not item.module or first in self.index.roots

    def _touched(self, item: Import) -> tuple[set[str], set[str]]:
        classes: set[str] = set()
        modules: set[str] = set()
        for name, _ in item.names:
            if not item.module:
                modules |= {name} & self.modules
            elif name == "*":
                classes |= set(self._exposed(item.module))
            else:
                outcome = self.resolver.name(item.module, name)
                if isinstance(outcome, Definition) and outcome.dotted in self.targets:
                    classes.add(outcome.dotted)
                elif isinstance(outcome, Module) and outcome.name in self.modules:
                    modules.add(outcome.name)
        return classes, modules

    def _exposed(self, module: str) -> tuple[str, ...]:
        """The planned classes that `from module import *` brings."""
        if module not in self._exposing:
            self._exposing[module] = tuple(self._starred(module, set()))
        return self._exposing[module]

    def _starred(self, module: str, seen: set[str]) -> Iterator[str]:
        file = self.index.modules.get(module)
        if file is None or module in seen:
            return
        seen.add(module)  # modules may star each other in a circle
        names = self.index.names(module)
        offered = file.exports if file.exports is not None else [n for n in names if not n.startswith("_")]
        for name in offered:
            outcome = self.resolver.name(module, name) if name != "*" else None
            if isinstance(outcome, Definition) and outcome.dotted in self.targets:
                yield outcome.dotted
        for star in names.get("*", ()) if file.exports is None else ():
            yield from self._starred(star.target, seen)

    def helpers(self) -> tuple[list[Helper], int]:
        """The other names imported from the planned classes' modules, and how many files import from them at all."""
        statements: dict[tuple[str, str], list[tuple[str, int]]] = {}
        kinds: dict[tuple[str, str], str] = {}
        files: set[str] = set()
        for file in self.index.files:
            for item in file.imports:
                for key, kind in self._helper_names(item):
                    files.add(file.path)
                    kinds[key] = kind
                    statements.setdefault(key, []).append((file.path, item.line))
        found = [
            Helper(module, name, kinds[module, name], len(where), len({path for path, _ in where}), places(where))
            for (module, name), where in statements.items()
            if kinds[module, name] != "planned"
        ]
        return sorted(found, key=lambda helper: (helper.module, -helper.statements, helper.name)), len(files)

    def _helper_names(self, item: Import) -> Iterator[tuple[tuple[str, str], str]]:
        if not self._may_touch(item):
            return
        direct = item.module in self.modules
        for name, _ in item.names if item.module else ():
            if name == "*":
                yield from [((item.module, "*"), "planned")] if direct else []
                continue
            outcome = self.resolver.name(item.module, name)
            if direct:
                yield (item.module, name), self._helper_kind(outcome)
            elif isinstance(outcome, Definition) and outcome.module in self.modules:
                yield (outcome.module, outcome.qualname), self._helper_kind(outcome)

    def _helper_kind(self, outcome: Outcome) -> str:
        if not isinstance(outcome, Definition):
            return type(outcome).__name__.lower()
        return "planned" if outcome.dotted in self.targets else outcome.kind

    def uses(self, found: dict[str, tuple[Use, ...]]) -> Iterator[ClassUse]:
        """The uses of planned classes among the uses of each file."""
        for path, uses in found.items():
            area = area_of(path)
            for use in uses:
                yield from self._class_use(use, path, area)

    def _class_use(self, use: Use, path: str, area: str) -> Iterator[ClassUse]:
        at_import = "<locals>" not in use.scope
        if use.kind == "path string":
            yield from self._path_string(use, path, area)
            return
        if use.kind == "name string":
            yield ClassUse(use.ref, "string", "", "equal to the name", path, use.line, area, at_import)
            return
        head, called, tail = use.ref.partition("()")
        if "()" in tail:
            return  # the result of a member: the call of that member was found as a use of its own
        owner, members, instance = self._owner(head, bool(called), tail)
        if owner is None:
            if use.kind == "call" and not called and (given := self._owner(head, True, "")[0]) is not None:
                name = head.rpartition(".")[2]
                yield ClassUse(given, "getter", "", f"{name}()", path, use.line, area, at_import)
            return
        # `manager.connections.get(...)` reads `connections`; what is called is something else's member.
        kind = "load" if len(members) > 1 else use.kind
        member = members[0] if members else ""
        yield ClassUse(owner, _kind(kind, member, instance), member, use.detail, path, use.line, area, at_import)

    def _owner(self, head: str, called: bool, tail: str) -> tuple[str | None, list[str], bool]:
        """The planned class that a reference leads to, the members used of it, and whether on an instance."""
        if (head, called) not in self._owners:
            self._owners[head, called] = self._resolved_owner(head, called)
        owner, rest, instance = self._owners[head, called]
        return owner, [*rest, *_members(tail)], instance

    def _resolved_owner(self, head: str, called: bool) -> tuple[str | None, tuple[str, ...], bool]:
        outcome, rest = self.resolver.path(head)
        if not isinstance(outcome, Definition):
            return None, (), False
        if outcome.dotted in self.targets and outcome.kind == "class":
            # What a method gives back is not known, and that it is called was found as a use of its own.
            return (None, (), False) if called and rest else (outcome.dotted, rest, called)
        outer = next((target for target in self.targets if outcome.dotted.startswith(f"{target}.")), None)
        if outer is not None and not called:  # a class inside a planned one is a member of it
            return outer, (*outcome.dotted[len(outer) + 1 :].split("."), *rest), False
        if not called or rest:
            return None, (), False
        owner = self.getters.get(outcome.dotted) or instance_of(outcome, self.resolver)
        return (owner if owner in self.targets else None), (), True

    def _path_string(self, use: Use, path: str, area: str) -> Iterator[ClassUse]:
        outcome, rest = self.resolver.path(use.ref)
        owner = ""
        if isinstance(outcome, Definition) and (outcome.dotted in self.targets or outcome.module in self.modules):
            owner = outcome.dotted
        elif isinstance(outcome, Module) and outcome.name in self.modules:
            owner = outcome.name
        elif any(use.ref.startswith(f"{module}.") for module in self.modules):
            owner = use.ref
        if owner:
            member = ".".join(rest)
            yield ClassUse(owner, "string", member, f"{use.detail} {use.ref}".strip(), path, use.line, area, False)


def find_usage(finder: UsageFinder, sites: list[ImportSite], uses: dict[str, tuple[Use, ...]]) -> Usage:
    """Everything that the files in `uses` do with the planned classes, beside the import sites of the whole tree."""
    helpers, files = finder.helpers()
    found = sorted(finder.uses(uses), key=lambda use: (use.path, use.line, use.owner, use.kind, use.member))
    strings = tuple(use for use in found if use.kind == "string")
    others = tuple(use for use in found if use.kind != "string")
    return Usage(tuple(sites), others, tuple(helpers), files, strings)


def files_to_study(finder: UsageFinder, sites: Iterable[ImportSite]) -> list[str]:
    """The files whose uses must be known: those that import a planned class or a getter, and its own module."""
    paths = {site.path for site in sites}
    paths |= {file.path for file in finder.index.files if file.module in finder.modules}
    for file in finder.index.files:
        if any(isinstance(o, Definition) and o.dotted in finder.getters for o in _imported(finder.resolver, file)):
            paths.add(file.path)
    return sorted(paths)


def _imported(resolver: Resolver, file: FileFacts) -> Iterator[object]:
    for item in file.imports:
        if item.module and item.module.partition(".")[0] in resolver.index.roots:
            for name, _ in item.names:
                yield resolver.name(item.module, name)


def _module_of(index: CodeIndex, dotted: str) -> str:
    return index.classes[dotted][0].module


def _members(tail: str) -> list[str]:
    return tail.lstrip(".").split(".") if tail else []


def _kind(kind: str, member: str, instance: bool) -> str:
    if kind == "call" and not member:
        return "constructor" if not instance else "instance called"
    if kind in {"call", "load", "store"}:
        if not member:
            return "value" if kind == "load" else kind
        base = _KINDS.get(kind, kind)
        return base if instance else f"class {base}"
    return kind


def _forms(item: Import, classes: bool, direct: bool, count: int) -> Iterator[str]:
    """The forms of the statement, in the words of the field."""
    if item.names[0][0] == "*":
        yield "star import"
    elif not classes:
        yield "module as an object"
    elif len(item.names) == 1:
        yield "one name"
    else:
        yield "several names, all planned" if count == len(item.names) else "mixed with other names"
    place = item.place
    flags = (
        (place & facts.MULTILINE, "over several lines"),
        (place & facts.COMMENT, "with a comment"),
        (any(name != bound for name, bound in item.names), "aliased"),
        (place & facts.FUNCTION, "inside a function"),
        (place & facts.TRY_IMPORT, "in try/except ImportError"),
        (place & facts.TRY_OTHER, "in another try"),
        (place & facts.HANDLER, "in an except block"),
        (place & facts.TYPING, "under TYPE_CHECKING"),
        (place & facts.CONDITION, "under a condition"),
        (classes and not direct, "through a re-export"),
    )
    yield from (word for flag, word in flags if flag)
