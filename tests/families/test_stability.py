"""The families are a matter of the production code alone, and of what it says, not of the order it is read in."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from codemods.analysis.families import FamilyReport
from tests.families.trees import CACHES, LOADERS, UNRELATED, class_source, report_of

TREE = {**CACHES, **LOADERS, **UNRELATED}
EXPECTED = report_of(TREE)
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9)
# No word that the tree itself uses: such a class would be no stranger.
FOREIGN = WORDS.filter(lambda word: not any(word in source.lower() for source in TREE.values())).map(str.capitalize)


def without_apart(report: FamilyReport) -> FamilyReport:
    """The report but for the classes that stand apart."""
    return replace(report, concerns=tuple(replace(concern, apart=()) for concern in report.concerns))


@given(st.permutations(sorted(TREE)))
def test_the_order_of_files_changes_nothing(order: list[str]) -> None:
    assert report_of({path: TREE[path] for path in order}) == EXPECTED


@given(st.lists(FOREIGN, max_size=4, unique=True), st.booleans())
def test_a_tests_folder_changes_no_family(names: list[str], copies: bool) -> None:
    tests = {f"tests/{name.lower()}.py": class_source(f"{name}CacheClient", "get_entry") for name in names}
    if copies:
        tests |= {f"tests/{path}": source for path, source in CACHES.items()}
    report = report_of({**TREE, **tests})
    assert without_apart(report) == EXPECTED
    assert len(report.concerns[0].apart) == (len(CACHES) if copies else 0)


@given(FOREIGN)
def test_renaming_an_unrelated_class_changes_nothing(name: str) -> None:
    renamed = {path: source.replace("PolygonSimplifier", f"{name}Simplifier") for path, source in UNRELATED.items()}
    assert report_of({**TREE, **renamed}) == EXPECTED


@given(st.lists(FOREIGN, min_size=1, max_size=5, unique=True))
def test_a_package_about_something_else_changes_no_family_that_stands(names: list[str]) -> None:
    other = {f"other/{name.lower()}.py": class_source(f"{name}Thing", f"do_{name.lower()}") for name in names}
    assert report_of({**TREE, **other}).concerns == EXPECTED.concerns
