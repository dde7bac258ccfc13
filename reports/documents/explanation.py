"""Why one line is migrated as it is, or is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reports.documents import SCHEMA

Verdict = Literal["SAFE", "REVIEW", "MANUAL", "NOTHING TO DO"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is to be said of a line: `rule` is the kind of edit, "" for none.

    `before` and `after` are what stands there and what `migrate` would write, empty where it writes nothing.
    """

    verdict: Verdict
    rule: str
    why: str
    advice: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """What a name of the line is, through each module that hands it on, down to where it is defined; `new` is its home.

    `new` is "" for what does not move.
    """

    names: tuple[str, ...]
    new: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one line: the verdict is that of the reason that asks most of a person."""

    path: str
    line: int
    text: str
    verdict: Verdict
    chains: tuple[Chain, ...]
    reasons: tuple[Reason, ...]
    kind: str = "explanation"
    schema: int = SCHEMA
