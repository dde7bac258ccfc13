"""The C3 linearization: the order in which Python looks through the ancestors of a class."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


class Inconsistent(Exception):
    """No order keeps every class before its own bases; `heads` are the classes that block each other."""

    def __init__(self, heads: tuple[Hashable, ...]) -> None:
        super().__init__(heads)
        self.heads = heads


def merge(sequences: Sequence[Sequence[Item]]) -> tuple[Item, ...]:
    """Merge the orders of the bases, and the order of the bases themselves, into one that keeps them all.

    Raises Inconsistent when there is none.
    """
    rest = [list(reversed(sequence)) for sequence in sequences if sequence]
    merged: list[Item] = []
    while rest:
        blocked = {item for sequence in rest for item in sequence[:-1]}
        head = next((sequence[-1] for sequence in rest if sequence[-1] not in blocked), None)
        if head is None:
            raise Inconsistent(tuple(dict.fromkeys(sequence[-1] for sequence in rest)))
        merged.append(head)
        for sequence in rest:
            if sequence[-1] == head:
                sequence.pop()
        rest = [sequence for sequence in rest if sequence]
    return tuple(merged)
