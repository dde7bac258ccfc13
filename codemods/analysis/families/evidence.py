"""All that speaks for two classes doing one job, the most telling first."""

from __future__ import annotations

from collections.abc import Iterable

from codemods.analysis.families.likeness import Likeness, Weights
from codemods.analysis.families.model import Pair


def evidence(likeness: Likeness, pair: tuple[int, int], score: int) -> Pair:
    """The evidence that two candidates are duplicates, whose likeness is known."""
    one, other = (likeness.traits[number] for number in pair)
    shared = _telling(one.methods.keys() & other.methods.keys(), likeness.method_weights)
    alike = [(one.methods[feature], other.methods[feature]) for feature in shared]
    return Pair(
        one.candidate.dotted,
        other.candidate.dotted,
        score,
        one.candidate.name == other.candidate.name,
        (*(word for word in one.candidate.subject if word in other.subject), one.candidate.role),
        tuple(first for first, second in alike if first == second),
        tuple(f"{first} = {second}" for first, second in alike if first != second),
        _telling(one.events & other.events, likeness.word_weights),
        _telling(one.attributes & other.attributes, likeness.word_weights),
    )


def _telling(words: Iterable[str], weights: Weights) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-weights[word], word)))
