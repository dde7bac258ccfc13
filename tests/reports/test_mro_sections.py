"""The sections of the MRO report: trees, verdicts, overlaps, and a diagram that draws no class into another."""

from __future__ import annotations

from typing import Any

import pytest

from reports.blocks import Bullets, Diagram, Heading, Table, Toc, Tree, plain
from reports.documents.common import Counted, Place
from reports.documents.mro import (
    Ancestor,
    ClassList,
    ClassMro,
    Consumer,
    Impact,
    ListedClass,
    MroReport,
    Overlap,
    Resolution,
)
from reports.formats import json, markdown, terminal
from reports.sections.mro import mro_list, mro_sections
from tests.reports.test_extraction_sections import flat, labels, made


def known(dotted: str, *above: str, **given: Any) -> ClassMro:
    order = (dotted, *above, "builtins.object")
    ancestors = tuple(made(Ancestor, dotted=name, path="m.py" if name == dotted else "", line=1) for name in order)
    facts = {"name": dotted.rpartition(".")[2], "path": "m.py", "line": 1, "mro": order, "ancestors": ancestors}
    return made(ClassMro, dotted=dotted, **{**facts, **given})


def full() -> MroReport:
    impacts = tuple(
        Impact(name, verdict, "because |", calls, (Place("use.py", (1, 2)),) if calls else ())
        for name, verdict, calls in (("a", "safe", 0), ("b", "breaks", 1), ("c", "adapts", 2), ("d", "breaks", 5))
    )
    first = known(
        "shop.a.Cart", "shop.base.Base", family="cart", target="unified.Cart", unresolved=("Mystery(x)",),
        conflict="no order", risks=("a `risk`",), advice=("an <advice>",), impacts=impacts, subclasses=("m.py:9",),
        resolutions=(Resolution("a", "shop.base.Base", ()), Resolution("b", "shop.a.Cart", ("shop.base.Base",))),
        consumers=(Consumer("use.py", "tests", (Counted("a", 2, (Place("use.py", (1, 2)),)),)),),
    )  # fmt: skip
    second = known("shop.b.Cart", "other.base.Base", target="unified.Cart")
    overlap = Overlap("shop.a.Cart", "shop.b.Cart", ("a", "b"), ("a",), 500)
    return MroReport((first, second), (overlap,))


EMPTY = MroReport((), ())
LISTS = [ClassList(()), ClassList((ListedClass("m", "Größe.In|ner", "m.py", 3, ("m.Größe",), ("Base[`x`]",), ""),))]


@pytest.mark.parametrize("report", [full(), EMPTY], ids=["a full document", "a document of nothing"])
def test_every_format_can_show_it(report: MroReport) -> None:
    blocks = mro_sections(report)
    assert markdown.render(blocks).startswith("# MRO report\n")
    for width in (None, 20, 80):
        assert "MRO report" in terminal.render(blocks, width)
    assert '"kind": "mro"' in json.render(report)


@pytest.mark.parametrize("document", LISTS, ids=["no class", "a class with a base that is not read"])
def test_the_list_of_all_in_every_format(document: ClassList) -> None:
    blocks = mro_list(document)
    for text in (markdown.render(blocks), terminal.render(blocks), terminal.render(blocks, 30)):
        assert "Every class" in text
    assert '"kind": "mro-list"' in json.render(document)


def test_nothing_is_drawn_where_nothing_inherits() -> None:
    for report in (EMPTY, MroReport((known("m.Alone"),), ())):
        assert not [block for block in mro_sections(report) if isinstance(block, Diagram)]


def test_the_diagram_draws_classes_of_one_name_apart() -> None:
    [diagram] = [block for block in mro_sections(full()) if isinstance(block, Diagram)]
    declared = [line.strip() for line in diagram.text.splitlines() if "[" in line]
    assert [line.partition("[")[2] for line in declared] == [
        '"Base (shop.base)"]', '"Cart (a)"]', '"Base (other.base)"]', '"Cart (b)"]', '"Cart (unified)"]',
    ]  # fmt: skip
    arrows = [line.split() for line in diagram.text.splitlines() if ">" in line]
    assert len(arrows) == 4
    assert all(words[0] != words[-1] for words in arrows)


def test_a_large_diagram_is_cut_and_declares_no_node_it_does_not_use() -> None:
    report = MroReport(tuple(known(f"m.C{n}", f"m.B{n}") for n in range(80)), ())
    [diagram] = [block for block in mro_sections(report) if isinstance(block, Diagram)]
    assert diagram.cut == "20 edges left out"
    assert diagram.text.count("[") == 120


def test_the_tree_shows_the_order_from_the_class_up() -> None:
    tree = next(block for block in mro_sections(full()) if isinstance(block, Tree))
    assert [plain(label).split()[0] for label in labels(tree.root)] == [
        "shop.a.Cart",
        "shop.base.Base",
        "builtins.object",
    ]


def test_what_breaks_comes_first_and_the_most_used_first_of_all() -> None:
    tables = [block for block in flat(mro_sections(full())) if isinstance(block, Table)]
    [impacts] = [table for table in tables if table.columns[0].title == "if merged"]
    assert [plain(row[1]) for row in impacts.rows] == ["d", "b", "c", "a"]
    overview = tables[0]
    assert [plain(row[3]) for row in overview.rows] == ["breaks 2, adapts 1, safe 1", "-"]


def test_problems_risks_and_advice_are_told_in_words() -> None:
    notes = next(block for block in mro_sections(full()) if isinstance(block, Bullets))
    assert [plain(item) for item in notes.items] == [
        "Inconsistent: no order",
        "Unresolved: Mystery(x)",
        "Risk: a `risk`",
        "Advice: an <advice>",
    ]


def test_the_opening_counts_what_the_classes_say() -> None:
    text = markdown.render(mro_sections(full()))
    assert "2 classes, read and not imported; 1 with a base" in text
    assert "1 with a risk in the hierarchy itself." in text


def test_every_class_and_the_overlap_have_a_heading_and_there_is_one_list_of_contents() -> None:
    blocks = mro_sections(full())
    assert [block.text for block in blocks if isinstance(block, Heading)] == [
        "MRO report", "Cart (a)", "Cart (b)", "Method overlap between the classes",
    ]  # fmt: skip
    assert sum(isinstance(block, Toc) for block in blocks) == 1
