"""How alike two classes are: names, methods, and the words they work with, each weighed by how rare it is.

A weight is `H / (H + n)` for something that n classes have. It is bounded and depends on n alone, not on the size of
the code base: a package without the word moves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from math import sqrt

from codemods.analysis.families.candidates import Candidate, is_dunder
from codemods.analysis.families.words import ROLES, method_feature

# How many classes may share a word until its weight is halved.
HALF_SUBJECT = 100
HALF_METHOD = 20
HALF_WORD = 20
CONTEXT = 0.5
SECOND_ROLE = 0.5
SATURATION = 1.0
NAME, METHODS, WORDS, SAME = 0.50, 0.30, 0.20, 0.15

Weights = dict[str, float]


class Traits:
    """What one candidate brings to a comparison."""

    __slots__ = ("attributes", "candidate", "events", "methods", "subject", "words")

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        names = [method.name for method in candidate.item.methods if not is_dunder(method.name)]
        self.methods = {method_feature(name): name for name in reversed(names)}
        own = {method.name for method in candidate.item.methods}
        words = candidate.item.words
        self.events = frozenset(word[1:] for word in words if word.startswith('"'))
        self.attributes = frozenset(word.strip("_") for word in words if not word.startswith('"') and word not in own)
        self.words = self.events | self.attributes
        self.subject = frozenset(candidate.subject)


class Likeness:
    """Compares candidates; knows how often each word occurs among all of them."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self.traits = [Traits(candidate) for candidate in candidates]
        self._roles = _weigh(Counter(item.candidate.role for item in self.traits), HALF_SUBJECT)
        self._subjects = _weigh(Counter(word for item in self.traits for word in item.subject), HALF_SUBJECT)
        for word in self._subjects.keys() & ROLES.keys():
            self._subjects[word] *= SECOND_ROLE
        self._methods = _weigh(Counter(word for item in self.traits for word in item.methods), HALF_METHOD)
        self._words = _weigh(Counter(word for item in self.traits for word in item.words), HALF_WORD)

    def score(self, a: int, b: int) -> float:
        one, other = self.traits[a], self.traits[b]
        same = one.candidate.name == other.candidate.name
        parts = [(NAME, self.names(one, other)), (METHODS, self.methods(one, other))]
        if one.words and other.words:
            parts.append((WORDS, self.words(one, other)))
        total = sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)
        return total + SAME * (1 - total) if same else total

    def names(self, one: Traits, other: Traits) -> float:
        if one.candidate.name == other.candidate.name:
            return 1.0
        shared = one.subject & other.subject
        half = (one.subject & other.candidate.context | other.subject & one.candidate.context) - shared
        common = _sum(shared, self._subjects) + CONTEXT * _sum(half, self._subjects)
        if not common:
            return 0.0
        role = self._roles[one.candidate.role]
        sizes = sorted(_sum(item.subject, self._subjects) or common for item in (one, other))
        union = sizes[0] + sizes[1] - _sum(shared, self._subjects)
        return (min(1, (role + common) / (role + sizes[0])) + min(1, (role + common) / (role + union))) / 2

    def methods(self, one: Traits, other: Traits) -> float:
        return _cosine(one.methods.keys(), other.methods.keys(), self._methods)

    def words(self, one: Traits, other: Traits) -> float:
        return _cosine(one.words, other.words, self._words)


def _weigh(counts: Counter[str], half: int) -> Weights:
    return {word: half / (half + count) for word, count in counts.items()}


def _sum(words: AbstractSet[str], weights: Weights) -> float:
    return sum(weights[word] for word in sorted(words))


def _cosine(one: AbstractSet[str], other: AbstractSet[str], weights: Weights) -> float:
    common = _sum(one & other, weights)
    if not common:
        return 0.0
    return common / sqrt(_sum(one, weights) * _sum(other, weights)) * (common / (common + SATURATION))
