"""What one file says, as plain immutable records: the only thing the rest of the tool sees of source code.

Records are named tuples, not dataclasses: a tree of two million lines holds some 300,000 of them, a named tuple costs
a fifth of a frozen dataclass to make, and the cache stores them as the tuples they are.
"""

from __future__ import annotations

from enum import IntFlag
from typing import NamedTuple


class Place(IntFlag):
    """Where a statement stands, and so when it runs. Stored as a plain int."""

    FUNCTION = 1
    CLASS = 2
    TRY_IMPORT = 4  # in a `try` whose handlers catch ImportError
    TRY_OTHER = 8
    HANDLER = 16  # in an `except` block
    TYPING = 32  # under `if TYPE_CHECKING`
    CONDITION = 64  # under an `if` that cannot be decided by reading
    NEVER = 128  # under a condition that is false here (platform, Python version)
    MULTILINE = 256  # imports only: the statement spans lines
    COMMENT = 512  # imports only: a comment stands inside or behind the statement


# Plain ints for the code that runs once per statement of the tree: an IntFlag operation costs twenty times as much.
TOP, FUNCTION, CLASS, TRY_IMPORT, TRY_OTHER, HANDLER = 0, 1, 2, 4, 8, 16
TYPING, CONDITION, NEVER, MULTILINE, COMMENT = 32, 64, 128, 256, 512


class Import(NamedTuple):
    """One import statement. `names` are (name, bound as); `module` is absolute, empty for `import a, b`."""

    line: int
    end: int
    module: str
    names: tuple[tuple[str, str], ...]
    place: int
    scope: str


class Binding(NamedTuple):
    """One statement that gives a name a meaning in a scope.

    kind: class, function, module (`import a.b`: target a.b), import (target `module:name`), star (target module),
    alias (target a dotted expression), call and value (target the expression), delete, lazy (made by a module's
    `__getattr__`, target `module:name`), brackets (a `__class_getitem__` that returns its own class).
    """

    name: str
    kind: str
    target: str
    line: int
    place: int


class Method(NamedTuple):
    """One function of a class body; `traits` is a sorted string out of async, static, class, property, ..."""

    name: str
    line: int
    end: int
    traits: str


class Class(NamedTuple):
    """One class statement, nested and function-local ones included. Expressions are source text."""

    qualname: str
    line: int
    end: int
    bases: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    decorators: tuple[str, ...]
    methods: tuple[Method, ...]
    attributes: tuple[str, ...]
    place: int
    type_parameters: tuple[str, ...]
    words: tuple[str, ...]  # event-like strings and attributes of self: vocabulary, for production classes only


class Use(NamedTuple):
    """One use of a name that leads into the tree.

    `ref` is the absolute dotted path as this file's imports and local inference say, `()` marking the result of a
    call: `pkg.mod.get_manager().send`. `detail` is the shape of a call (`2, key=`) or the context of a string.
    """

    ref: str
    kind: str
    detail: str
    line: int
    scope: str


class Remark(NamedTuple):
    """One comment addressed to the tool; `alone` says that nothing else stands on its line."""

    line: int
    text: str
    alone: bool


class FileFacts(NamedTuple):
    """Everything kept of one file. `exports` is `__all__` when it is written out, else None."""

    path: str
    module: str
    is_package: bool
    lines: int
    imports: tuple[Import, ...]
    scopes: tuple[tuple[str, tuple[Binding, ...]], ...]
    classes: tuple[Class, ...]
    exports: tuple[str, ...] | None
    problem: str  # "" or why the file could not be read as it stands
    read_by: str  # "ast", "libcst" (Python syntax newer than ours), "" when unread
    remarks: tuple[Remark, ...] = ()
