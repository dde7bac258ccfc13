"""How alike two classes are: names, methods, and the words they work with, each weighed by how rare it is.

A weight is `H / (H + n)` for something that n classes have. It is bounded and depends on n alone, not on the size of
the code base: a package without the word moves nothing.

"Oracle" below is benchmarks/families_oracle.py on the real tree: 15 classes of the report, 29 labelled ones in all.
Where a figure says that a value may vary, the oracle's found classes and its F1 of 0.957 are the same over that range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations
from math import fsum, sqrt

from codemods.analysis.families.candidates import Candidate, is_dunder
from codemods.analysis.families.words import ROLES, method_feature

# How many classes may share a thing until its weight is halved. Subjects are meant to be shared (the oracle's by 60
# classes), a method or word says something only while few have it. May vary from half to double.
HALF_SUBJECT, HALF_METHOD, HALF_WORD = 100, 20, 20
# The parts of a likeness. NAME may vary by a fifth, the others from 0 to half as much again: names find the families,
# methods and words tell which of them are real (see EVIDENCE).
NAME, METHODS, WORDS = 0.55, 0.27, 0.18
SAME = 0.15  # of what is missing to certainty, for one and the same name; may vary from 0 to 0.3
# A one-word name (Index, Node) is half a name: at 1, Django and SQLAlchemy show 66 families instead of 49, the further
# ones strangers that share a common noun.
BARE = 0.5
# A word in one name and in the other's module path, not its name; at 0 only 27 are found at JOIN + 10 %.
CONTEXT = 0.5
# A role word before the last (the emitter of an EmitterFactory) says less than a subject; at 1 a tenth more or less
# JOIN loses a class.
SECOND_ROLE = 0.5
# Names that begin with different subjects mostly are about different things, though the rest agrees (a socket's and a
# database's ConnectionPool); at 0.9 a known stranger is taken in, at 0.5 nothing changes.
LEAD = 0.7
# Shared weight at which half is believed: two classes that have one method each, the same, may do so by chance.
SATURATION = 1.0
# The shared weight that proves a family beyond its names: one method that fewer than HALF_METHOD classes have. At 0
# there are 295 families instead of 210, the further ones alike in name only.
EVIDENCE = 0.5
BODY = 0.5  # a word of the body proves half of what a method that callers use proves; at 1 two false families appear

Weights = dict[str, float]


class Traits:
    """What one candidate brings to a comparison."""

    __slots__ = ("attributes", "candidate", "events", "method_sum", "methods", "subject", "word_sum", "words")

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
        self.method_sum = self.word_sum = 0.0  # what all of them weigh; every comparison asks for it

    def namesake(self, other: Traits) -> bool:
        """Whether both bear one name that says more than a role."""
        return self.candidate.name == other.candidate.name and bool(self.subject)


class Likeness:
    """Compares candidates; knows how often each word occurs among all of them."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self.traits = [Traits(candidate) for candidate in candidates]
        self._roles = _weigh(Counter(item.candidate.role for item in self.traits), HALF_SUBJECT)
        self._subjects = _weigh(Counter(word for item in self.traits for word in item.subject), HALF_SUBJECT)
        for word in self._subjects.keys() & ROLES.keys():
            self._subjects[word] *= SECOND_ROLE
        self.method_weights = _weigh(Counter(word for item in self.traits for word in item.methods), HALF_METHOD)
        self.word_weights = _weigh(Counter(word for item in self.traits for word in item.words), HALF_WORD)
        for item in self.traits:
            item.method_sum = _sum(item.methods.keys(), self.method_weights)
            item.word_sum = _sum(item.words, self.word_weights)

    def score(self, a: int, b: int) -> float:
        """The likeness of two candidates of one role, from 0 to 1; words count only where both classes have any."""
        one, other = self.traits[a], self.traits[b]
        parts = [(NAME, self._names(one, other)), (METHODS, self._methods(one, other))]
        if one.words and other.words:
            common = _sum(one.words & other.words, self.word_weights)
            parts.append((WORDS, _cosine(common, one.word_sum, other.word_sum)))
        total = sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)
        return total + SAME * (1 - total) if one.namesake(other) else total

    def proven(self, group: Sequence[int]) -> bool:
        """Whether a group shares more than words of its names: one whole name, or rare methods or words."""
        return any(self._shared(self.traits[a], self.traits[b]) >= EVIDENCE for a, b in combinations(group, 2))

    def _shared(self, one: Traits, other: Traits) -> float:
        if one.namesake(other):
            return EVIDENCE
        methods = _sum(one.methods.keys() & other.methods.keys(), self.method_weights)
        return methods + BODY * _sum(one.words & other.words, self.word_weights)

    def _names(self, one: Traits, other: Traits) -> float:
        if one.candidate.name == other.candidate.name:
            return 1.0 if one.subject else BARE
        shared = one.subject & other.subject
        half = (one.subject & other.candidate.context | other.subject & one.candidate.context) - shared
        common = _sum(shared, self._subjects) + CONTEXT * _sum(half, self._subjects)
        if not common:
            return 0.0
        likeness = self._overlap(one, other, common, _sum(shared, self._subjects))
        return likeness if one.candidate.subject[:1] == other.candidate.subject[:1] else likeness * LEAD

    def _overlap(self, one: Traits, other: Traits, common: float, shared: float) -> float:
        """The mean of how much of the shorter name, and of both together, is common; the role counts as a word."""
        role = self._roles[one.candidate.role]
        shorter, longer = sorted(_sum(item.subject, self._subjects) or common for item in (one, other))
        return (_part(role + common, role + shorter) + _part(role + common, role + shorter + longer - shared)) / 2

    def _methods(self, one: Traits, other: Traits) -> float:
        common = _sum(one.methods.keys() & other.methods.keys(), self.method_weights)
        return _cosine(common, one.method_sum, other.method_sum)


def _weigh(counts: Counter[str], half: int) -> Weights:
    return {word: half / (half + count) for word, count in counts.items()}


def _sum(words: AbstractSet[str], weights: Weights) -> float:
    """Summed without rounding: the last bit of a sum must not depend on the order of the words, which is a hash's."""
    return fsum([weights[word] for word in words])


def _part(common: float, whole: float) -> float:
    return min(1.0, common / whole)


def _cosine(common: float, one: float, other: float) -> float:
    return common / sqrt(one * other) * (common / (common + SATURATION)) if common else 0.0
