"""What a site consists of: pages of neutral blocks, and of drawings, which only a site has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reports.blocks import Block


@dataclass(frozen=True, slots=True)
class Box:
    """A labelled node of a drawing; `kind` is its look: class, target, event, carrier, root."""

    x: int
    y: int
    width: int
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points; `kind` is its look: made, handed, inherits, axis, total."""

    points: tuple[tuple[int, int], ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Note:
    """A word in a drawing; `anchor` is start, middle or end."""

    x: int
    y: int
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing in its own coordinates; `told` says in words what it shows, `cut` what was left out of it."""

    width: int
    height: int
    title: str
    told: str
    boxes: tuple[Box, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    notes: tuple[Note, ...] = ()
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """Shares of a whole, as a bar: each with its name and how many."""

    title: str
    parts: tuple[tuple[str, int], ...]


Part: TypeAlias = Block | Drawing | Meter


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the site; `up` is the page that it belongs to, for the way back."""

    file: str
    title: str
    lead: str
    parts: tuple[Part, ...]
    up: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """All pages; those of `menu` are reached from everywhere. `links` are addresses that sections use elsewhere."""

    title: str
    pages: tuple[Page, ...]
    menu: tuple[tuple[str, str], ...]
    links: dict[str, str]
