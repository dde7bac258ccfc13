"""From the bases as written to the bases as they count: what `typing` puts in the place of its generic aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from codemods.analysis.meanings import GENERIC, PROTOCOL, Alias, ClassNode

Base = ClassNode | Alias
IsGeneric = Callable[[ClassNode], bool]


def effective(bases: Sequence[Base], is_generic: IsGeneric) -> tuple[ClassNode, ...]:
    """The classes that the bases stand for, by the rules of `__mro_entries__` in `typing`."""
    return tuple(node for position in range(len(bases)) for node in _entry(bases, position, is_generic))


def _entry(bases: Sequence[Base], position: int, is_generic: IsGeneric) -> Iterator[ClassNode]:
    base, later = bases[position], bases[position + 1 :]
    if isinstance(base, ClassNode):
        yield base
    elif base.named:
        if base.node not in bases:
            yield base.node
        if not any(_brings_generic(item, is_generic) for item in later):
            yield GENERIC
    elif base.node != GENERIC or not (PROTOCOL in bases or any(_is_typing_alias(item, is_generic) for item in later)):
        yield base.node


def _brings_generic(base: Base, is_generic: IsGeneric) -> bool:
    return is_generic(base) if isinstance(base, ClassNode) else _is_typing_alias(base, is_generic)


def _is_typing_alias(base: Base, is_generic: IsGeneric) -> bool:
    """`My[T]` of a class that derives from Generic is an alias of `typing`; `list[T]` is one of `types`."""
    return isinstance(base, Alias) and (base.named or is_generic(base.node))
