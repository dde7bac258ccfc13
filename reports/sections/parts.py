"""Small pieces that every section uses: numbers, places, name lists, class labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.blocks import Block, Column, Inline, Paragraph, Span, Table, code, link, location, pieces
from reports.documents.common import Counted, Place, Unread
from reports.wording import one_line, slug

PLACES_PAGE = "extraction_places.md"  # beside the report: places are for looking up, the report is for reading
Rows = list[tuple[Inline, ...]]


def number(value: int) -> str:
    """A whole number with thousands set apart, as in 1,234."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def listed(names: Iterable[str]) -> Inline:
    """Names as code, with commas; a dash when there are none."""
    spans: list[str | Span] = []
    for name in names:
        spans += [", ", code(name)]
    return tuple(spans[1:]) or "-"


def short(dotted: str, others: Iterable[str] = ()) -> str:
    """The class name alone, or with as much of its module as tells it from others of the same name."""
    home = told_apart_by(dotted, others)
    return f"{dotted.rpartition('.')[2]} ({home})" if home else dotted.rpartition(".")[2]


def told_apart_by(dotted: str, others: Iterable[str]) -> str:
    """The last part or parts of its module that no class of the same name among `others` has; "" without such."""
    parts = dotted.split(".")
    # Two names that differ in case alone are twins too: headings that differ in case have one anchor.
    rivals = (other.split(".") for other in others if other != dotted)
    twins = [rival for rival in rivals if rival[-1].lower() == parts[-1].lower()]
    if not twins:
        return ""
    enough = (size for size in range(2, len(parts)) if all(twin[-size:-1] != parts[-size:-1] for twin in twins))
    return ".".join(parts[-next(enough, len(parts)) : -1])


def node(key: str, label: str) -> str:
    """A node of a Mermaid diagram; a quotation mark would end its label."""
    quoted = one_line(label).replace('"', "#quot;")
    return f'    {key}["{quoted}"]'


def where(places: Sequence[Place]) -> tuple[Inline, ...]:
    """One line per file: `path:1, 2, 3`."""
    return tuple(phrase(location(place.path, place.lines[0]), _more(place.lines[1:])) for place in places)


def _more(lines: Sequence[int]) -> str:
    return "".join(f", {line}" for line in lines)


def tally(rows: Sequence[Counted]) -> Inline:
    """Counts in one line: `a` 3, `b` 2."""
    spans: list[str | Span] = []
    for row in rows:
        spans += [", ", code(row.name or "()"), f" {number(row.count)}"]
    return tuple(spans[1:]) or "none"


def table(columns: Sequence[str], rows: Iterable[Sequence[Inline]], caption: str = "") -> Table:
    """A table; a column title that starts with `#` is a number and goes right."""
    heads = tuple(Column(title.lstrip("#"), "right" if title.startswith("#") else "left") for title in columns)
    return Table(heads, tuple(tuple(row) for row in rows), caption)


def every_place(title: str) -> Inline:
    """The way from a number to every place behind it, in the page written beside the report."""
    return link("Every place behind these numbers", f"{PLACES_PAGE}#{slug(title)}")


def phrase(*parts: Inline) -> Inline:
    """Several inlines as one, one after the other."""
    return tuple(piece for part in parts for piece in pieces(part))


def joined(items: Sequence[Inline]) -> Inline:
    """Inlines with semicolons between them."""
    separated = [part for item in items for part in ("; ", item)]
    return phrase(*separated[1:])


def or_nothing(blocks: Sequence[Block], sentence: str) -> tuple[Block, ...]:
    """The blocks, or one sentence where there are none."""
    return tuple(blocks) or (Paragraph(sentence),)


def unread_table(unread: Sequence[Unread]) -> Iterator[Table]:
    """The files that could not be read as they stand; no table when there are none."""
    rows = [(location(file.path), file.reason, _reader(file.read_by)) for file in unread]
    if rows:
        yield table(("file", "why", "read all the same by"), rows)


def _reader(read_by: str) -> str:
    return read_by if read_by not in {"", "nothing"} else "nothing: its facts are missing from this report"
