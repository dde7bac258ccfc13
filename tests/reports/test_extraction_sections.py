"""The sections of the extraction report: every document can be told, nothing empty is told, text stays text."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import pytest

from reports.blocks import (
    Block,
    Bullets,
    Checklist,
    Details,
    Diagram,
    Heading,
    Inline,
    Paragraph,
    Span,
    Table,
    Toc,
    Tree,
    TreeNode,
    plain,
)
from reports.documents.across import (
    Conflict,
    Dangling,
    Envelope,
    EventFlow,
    Helper,
    KeyOwners,
    MatrixRow,
    Mention,
    Producer,
    Step,
    Transport,
    Trap,
    Variant,
)
from reports.documents.classes import ClassFacts, ClassUsage, EventFact, ImportSite, MemberFact, Noted
from reports.documents.common import Counted, Place, Unread, counted, places
from reports.documents.extraction import Brief, ExtractionReport, Goal, Limit, Summary
from reports.documents.families import Concern, Family, KeptOut, Likeness, Relative
from reports.formats import json, markdown, terminal
from reports.sections.extraction import extraction, extraction_summary
from reports.sections.parts import number, plural, short, tally, where
from reports.sections.places import places as places_page

T = TypeVar("T")
NASTY = 'a|b`c"<b>[x](y)*z*\n# d'


def made(kind: type[T], /, **given: Any) -> T:
    """A document with what is given; all other fields hold nothing."""
    hints = typing.get_type_hints(kind)
    fields = [field for field in dataclasses.fields(typing.cast(Any, kind)) if field.default is dataclasses.MISSING]
    return kind(**{field.name: _nothing(hints[field.name]) for field in fields if field.name not in given}, **given)


def _nothing(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return None
    if dataclasses.is_dataclass(hint):
        return made(typing.cast(Any, hint))
    return {str: "", int: 0, bool: False}.get(hint, ())


def counts(name: str, *lines: int) -> tuple[Counted, ...]:
    return counted((name, "shop/use.py", line) for line in lines)


def planned(module: str, name: str, **given: Any) -> ClassFacts:
    usage = made(ClassUsage, imports=counts("production", 1), calls=counts("put", 3, 4, 9), absent=counts("gone", 5))
    facts = {
        "family": "cart", "status": "MERGE", "state": "found", "target": "cart.Cart", "usage": usage, "line": 2,
        "path": f"{module.replace('.', '/')}.py", "end": 9, "note": NASTY, "features": (NASTY,), "twice": ("put",),
        "members": (made(MemberFact, name="put", line=3, kind="async", signature="(a: 'x|y')", calls=3),),
        "constants": (Noted("LIMIT", "'|'", 4),), "locks": (Noted("asyncio.Lock", "guard", 5),),
        "singleton": (Noted("_one", "class attribute", 6),), "tasks": (Noted("asyncio.create_task", "loop", 7),),
        "events": (made(EventFact, event=NASTY, member="put", line=3),), "bases": ("Base",), "difference": "moved",
    }  # fmt: skip
    return made(ClassFacts, module=module, name=name, **{**facts, **given})


CART, OTHER = "shop.a.models.Cart", "shop.b.models.Cart"


def full() -> ExtractionReport:
    """A report that has something to say in every section, with text that every format must escape."""
    emission = made(EventFact, event=NASTY, member="put", line=3, payload=("id",))
    flow = EventFlow(
        NASTY, NASTY, (Producer(CART, "shop/a/models.py", emission, 2),), (), (KeyOwners("id", (CART,)),),
        (Envelope(("type", "at"), (CART,)),),
        (Transport(CART, "shop/a/models.py", Noted("bus.send", "", 4)),), (Mention("shop.c.Till", "shop/c.py", 1),),
    )  # fmt: skip
    relatives = tuple(Relative("Cart", f"shop.{p}.models", f"shop/{p}/models.py", 2, NASTY) for p in "ab")
    family = Family("cart", 900, relatives, (Likeness(CART, OTHER, 900, ("same name",)),))
    variants = tuple(Variant((word,), 1, "async", "None", (CART,)) for word in ("a", "b"))
    return ExtractionReport(
        summary=made(Summary, files=1, lines=1234, classes=2, planned=2, found=2, modules=2, dangling=1, traps=1),
        brief=made(
            Brief, title=NASTY, mission=NASTY, summary=NASTY, destination="shop", targets=(("cart.py", NASTY),),
            extraction=(NASTY,), risks=(("high", NASTY, NASTY),), mitigation=(NASTY,), phases=((NASTY, (NASTY,)),),
            next_steps=(NASTY,), preserved=("shop.Keep",), preserved_reasons=(NASTY,),
        ),
        classes=(planned("shop.a.models", "Cart"), planned("shop.b.models", "Cart", usage=made(ClassUsage))),
        concerns=(Concern("cart", 12, (family,), relatives[:1]),),
        events=(flow,),
        matrix=(MatrixRow("put", (CART, OTHER)), MatrixRow("own", (CART,))),
        conflicts=(Conflict("put", variants, True),),
        order=(Step(1, (CART,), (OTHER,), True),),
        helpers=(Helper("shop.a.models", "make", "function", 2, 1, (Place("shop/use.py", (1, 2)),)),),
        traps=(Trap("Cart", "tests/x.py", 7, "Cart", "class, tests"),),
        limits=(Limit("Items", "3", "", NASTY, ()),),
        goals=(Goal("one", "done", "x"), Goal("two", "open", "y"), Goal("three", "unknown", NASTY)),
        dangling=(Dangling("shop/use.py", 3, "shop.z", "Gone", "production", True),),
        unread=(Unread("shop/bad.py", NASTY, "nothing"), Unread("shop/new.py", "line 1", "libcst")),
        left_out=(("shop/big.py", "larger than 8 MiB"),),
        sites=(ImportSite("shop/use.py", 1, 1, "production", (CART,), (), ("one name",)),),
    )  # fmt: skip


EMPTY = made(ExtractionReport)
BARE = dataclasses.replace(EMPTY, brief=made(Brief, title="Bare"), classes=(planned("shop", "Cart"),))
DOCUMENTS = {"full": full(), "of nothing": EMPTY, "of one class and a bare plan": BARE}
TELLERS = {"the report": extraction, "the summary": extraction_summary, "the places": places_page}
each_document = pytest.mark.parametrize("report", DOCUMENTS.values(), ids=[f"a document {name}" for name in DOCUMENTS])
each_teller = pytest.mark.parametrize("tell", TELLERS.values(), ids=TELLERS)


def flat(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from flat(block.blocks)


def inlines(block: Block) -> Iterator[Inline]:
    match block:
        case Paragraph():
            yield block.text
        case Bullets():
            yield from block.items
        case Checklist():
            yield from (item.text for item in block.items)
        case Table():
            yield from (cell for row in block.rows for cell in row)
        case Tree():
            yield from labels(block.root)


def labels(node: TreeNode) -> Iterator[Inline]:
    yield node.label
    for child in node.children:
        yield from labels(child)


def titles(blocks: Iterable[Block], level: int = 2) -> list[str]:
    return [block.text for block in flat(blocks) if isinstance(block, Heading) and block.level == level]


def rows_under(blocks: Sequence[Block], title: str) -> list[list[str]]:
    """The rows of the first table after a heading."""
    start = next(n for n, block in enumerate(blocks) if isinstance(block, Heading) and block.text == title)
    table = next(block for block in flat(blocks[start:]) if isinstance(block, Table))
    return [[plain(cell) for cell in row] for row in table.rows]


@each_document
@each_teller
def test_every_format_can_show_it(report: ExtractionReport, tell: Any) -> None:
    blocks = list(tell(report))
    assert markdown.render(blocks).startswith("# ")
    for width in (None, 20, 80):
        assert "\n" in terminal.render(blocks, width)
    assert json.render(report).startswith("{")


@each_document
@each_teller
def test_nothing_empty_is_told(report: ExtractionReport, tell: Any) -> None:
    blocks = list(flat(tell(report)))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if isinstance(block, Heading):  # something stands under it that is no heading of the same or a higher level
            assert following is not None
            assert not isinstance(following, Heading) or following.level > block.level
        assert not isinstance(block, Table) or block.rows
        assert not isinstance(block, Bullets | Checklist) or block.items
        assert not isinstance(block, Diagram) or "[" in block.text
        assert not isinstance(block, Paragraph) or plain(block.text).strip()


@each_document
def test_every_link_has_its_heading_on_the_page_it_names(report: ExtractionReport) -> None:
    from reports.wording import anchors

    pages = {"": list(extraction(report)), "extraction_places.md": list(places_page(report))}
    found = {
        name: anchors(block.text for block in flat(page) if isinstance(block, Heading)) for name, page in pages.items()
    }
    for name, page in pages.items():
        for span in (part for block in flat(page) for inline in inlines(block) for part in parts(inline)):
            if span.style == "link":
                target, _, anchor = span.target.partition("#")
                assert anchor in found[target or name]


def parts(inline: Inline) -> list[Span]:
    return [part for part in (inline if isinstance(inline, tuple) else (inline,)) if isinstance(part, Span)]


def test_a_document_of_nothing_says_what_was_looked_for() -> None:
    assert titles(extraction(EMPTY)) == [
        "Executive summary",
        "Families found by reading",
        "Broken before anything is touched",
        "Files that could not be read",
    ]
    text = markdown.render(extraction(EMPTY))
    for sentence in ("No classes that play the same role were found.", "None.", "Every file was read."):
        assert sentence in text


def test_a_full_document_has_every_section_once() -> None:
    found = titles(extraction(full()))
    assert len(found) == len(set(found)) == 20
    blocks = extraction(full())
    assert sum(isinstance(block, Toc) for block in blocks) == 1


def test_the_screen_shows_families_only_where_there_is_no_plan() -> None:
    assert "Families found by reading" in titles(extraction_summary(EMPTY))
    assert "Families found by reading" not in titles(extraction_summary(full()))
    assert "Classes of the plan" in titles(extraction_summary(full()))


def test_the_goals_are_told_with_their_state() -> None:
    [goals] = [block for block in extraction(full()) if isinstance(block, Checklist)]
    assert [item.state for item in goals.items] == ["done", "open", "unknown"]


def test_a_quotation_mark_in_an_event_does_not_end_a_label_of_the_diagram() -> None:
    [diagram] = [block for block in flat(extraction(full())) if isinstance(block, Diagram)]
    labelled = [line for line in diagram.text.splitlines() if "[" in line]
    assert len(labelled) == 3
    assert all(line.count('"') == 2 and line.endswith('"]') for line in labelled)


def test_helpers_and_broken_imports_count_what_their_places_list() -> None:
    report = full()
    assert rows_under(extraction(report), "Other names of these modules")[0][3:] == ["2", "1"]
    assert rows_under(places_page(report), "Other names of these modules") == [
        ["shop.a.models.make", "shop/use.py:1, 2"]
    ]
    assert rows_under(extraction(report), "Broken before anything is touched") == [["shop.z", "Gone", "1"]]
    broken = rows_under(places_page(report), "Broken before anything is touched")
    assert broken == [["shop.z.Gone", "shop/use.py:3 (guarded)"]]


def test_files_that_another_reader_took_are_told_apart_from_those_that_nobody_did() -> None:
    rows = rows_under(extraction(full()), "Files that could not be read")
    assert [row[2] for row in rows] == ["nothing: its facts are missing from this report", "libcst"]


def test_many_broken_names_are_cut_and_the_cut_is_said() -> None:
    many = tuple(Dangling("a.py", line, "shop", f"name{line}", "production", False) for line in range(1, 31))
    report = dataclasses.replace(EMPTY, dangling=many)
    assert len(rows_under(extraction(report), "Broken before anything is touched")) == 20
    assert "the 20 most wanted of 30 names" in markdown.render(extraction(report))
    assert len(rows_under(places_page(report), "Broken before anything is touched")) == 30


def test_many_concerns_are_cut_and_the_cut_is_said() -> None:
    relative = Relative("A", "m", "m.py", 1, "")
    concerns = tuple(Concern(f"c{n}", n, (Family("role", 1, (relative,), ()),), ()) for n in range(15))
    text = markdown.render(extraction(dataclasses.replace(EMPTY, concerns=concerns)))
    assert "3 smaller concerns more: in the JSON form of this report." in text
    assert "### Concern c11\n" in text
    assert "### Concern c12\n" not in text


def test_a_diagram_too_large_to_read_is_cut_and_the_cut_is_said() -> None:
    producers = tuple(Producer(f"m.C{n}", "m.py", made(EventFact, event="e", member="x", line=1), 0) for n in range(60))
    flow = made(EventFlow, event="e", producers=producers)
    report = dataclasses.replace(BARE, events=(flow,))
    [diagram] = [block for block in flat(extraction(report)) if isinstance(block, Diagram)]
    assert diagram.cut == "21 nodes left out"


@pytest.mark.parametrize(
    ("dotted", "others", "expected"),
    [
        ("shop.a.Cart", [], "Cart"),
        ("shop.a.Cart", ["shop.a.Cart", "shop.b.Till"], "Cart"),
        ("shop.a.Cart", ["shop.b.Cart"], "Cart (a)"),
        ("shop.a.models.Cart", ["shop.b.models.Cart"], "Cart (a.models)"),
        ("shop.a.Cart", ["shop.b.CART"], "Cart (a)"),
        ("a.Cart", ["b.a.Cart"], "Cart (a)"),
        ("Cart", ["a.Cart"], "Cart"),
    ],
    ids=[
        "a name alone stands alone",
        "other names do not matter",
        "the module tells two apart",
        "two parts where one is not enough",
        "names that differ in case alone are told apart",
        "all of a short path where no part is enough",
        "a name without a module has nothing to be told by",
    ],
)
def test_the_short_name_of_a_class(dotted: str, others: list[str], expected: str) -> None:
    assert short(dotted, others) == expected


def test_small_pieces() -> None:
    assert (number(1234567), plural(1, "file"), plural(2, "class", "classes")) == ("1,234,567", "1 file", "2 classes")
    assert plain(tally(())) == "none"
    assert plain(tally(counts("", 1, 2))) == "() 2"
    assert [plain(item) for item in where(places([("b.py", 2), ("a.py", 3), ("a.py", 1)]))] == ["a.py:1, 3", "b.py:2"]


def test_what_was_kept_out_is_told_by_reason_and_the_rest_left_to_the_data() -> None:
    relative = Relative("Order", "shop.a", "shop/a.py", 3, "")
    kept = tuple(KeptOut("data of the same name", f"Order{number}", (relative,)) for number in range(21))
    told = dataclasses.replace(EMPTY, kept_out=(*kept, KeptOut("variants of one class", "shop.Base", (relative,))))
    text = markdown.render(extraction(told))
    assert "not counted: data of the same name: 21, the first 20; all are in the JSON" in text
    assert "not counted: variants of one class: 1</summary>" in text
    assert "`Order19`" in text
    assert "`Order20`" not in text
    assert "not counted" not in markdown.render(extraction(EMPTY))


def test_the_top_level_keys_of_an_event_are_told_with_who_sends_them() -> None:
    text = markdown.render(extraction(full()))
    assert "top-level keys of the message" in text
    assert "| `type`, `at` |" in text
