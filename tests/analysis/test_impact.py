"""What a merge would do to each known call: judged by the call's own shape, against the signature it would meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.analysis.impact import fates_of, impacts
from codemods.analysis.usage import ClassUse
from codemods.index.closeup import CloseUp, Member, close_up
from codemods.index.parse import read_tree


def member(signature: str, kind: str = "def") -> Member:
    return close(f"{kind} go(self{', ' if signature else ''}{signature}): pass").effective["go"]


def close(body: str, name: str = "X") -> CloseUp:
    found = close_up(read_tree(f"class {name}:\n    {body}\n".encode()), "m.py", "m", name, ())
    assert found is not None
    return found


def use(detail: str, kind: str = "call", name: str = "go") -> ClassUse:
    return ClassUse("m.X", kind, name, detail, "use.py", 1, "production", False)


FATES = {
    "no argument where none is needed": ("a=1", "b=2", "", "same"),
    "no argument where one is needed": ("a=1", "b", "", "fails"),
    "a position that has another name": ("a", "b", "1", "misread"),
    "a position that has the same name": ("a, b=1", "a, c=2", "1", "same"),
    "the second position has another name": ("a, b", "a, c", "2", "misread"),
    "more positions than there are": ("a, b", "a", "2", "fails"),
    "more positions, caught by *args": ("a, b", "a, *rest", "2", "misread"),
    "a keyword that both have": ("a, b", "b, a", "a=, b=", "same"),
    "a keyword that the other does not have": ("a", "b", "a=", "fails"),
    "a keyword that **kwargs catches": ("a", "**more", "a=", "same"),
    "a position and its keyword at once": ("a, b", "b, a", "1, b=", "fails"),
    "arguments hidden by a star": ("a", "b", "*", "unknown"),
    "arguments hidden by two stars": ("a", "b", "1, **", "unknown"),
    "a keyword-only parameter that is needed": ("a", "a, *, key", "1", "fails"),
}


@pytest.mark.parametrize(("mine", "theirs", "call", "fate"), FATES.values(), ids=FATES)
def test_a_call_that_met_another_signature(mine: str, theirs: str, call: str, fate: str) -> None:
    assert list(fates_of(member(mine), member(theirs), [use(call)])) == [fate]


@pytest.mark.parametrize(
    ("mine", "theirs", "fate"),
    [("def", "async def", "misread"), ("async def", "def", "fails"), ("async def", "async def", "same")],
    ids=["a plain call of what is async there never runs", "awaiting what is plain fails", "both are awaited"],
)
def test_async_is_part_of_the_call(mine: str, theirs: str, fate: str) -> None:
    assert list(fates_of(member("", mine), member("", theirs), [use("")])) == [fate]


VERDICTS = {
    "the same signature": ("def go(self, a): pass", "def go(self, a): pass", ["1"], "safe", 0, 0),
    "other order": ("def go(self, a, b): pass", "def go(self, b, a): pass", ["2", "a=, b="], "breaks", 1, 0),
    "other order, no call known": ("def go(self, a, b): pass", "def go(self, b, a): pass", [], "breaks", 0, 0),
    "one parameter more that is needed": ("def go(self, a): pass", "def go(self, a, b): pass", ["1"], "adapts", 0, 1),
    "plain here and async there": ("def go(self): pass", "async def go(self): pass", ["", ""], "breaks", 2, 0),
    "async here and plain there": ("async def go(self): pass", "def go(self): pass", [""], "adapts", 0, 1),
    "not there": ("def go(self): pass", "def stop(self): pass", [""], "safe", 0, 0),
}


@pytest.mark.parametrize(("mine", "theirs", "calls", "verdict", "misread", "failing"), VERDICTS.values(), ids=VERDICTS)
def test_a_verdict_counts_the_calls(
    mine: str, theirs: str, calls: list[str], verdict: str, misread: int, failing: int
) -> None:
    one, other = close(mine), close(theirs, "Y")
    [found] = [row for row in impacts(one, [one, other], [use(call) for call in calls]) if row.member == "go"]
    assert (found.verdict, found.misread, found.failing, found.calls) == (verdict, misread, failing, len(calls))


def test_the_twin_that_would_do_most_harm_is_quoted_and_no_other_pair_counts() -> None:
    mine, same = close("def go(self, a): pass"), close("def go(self, a): pass", "Same")
    far, near = close("def go(self, z): pass", "Far"), close("def go(self, a, b): pass", "Near")
    [row] = list(impacts(mine, [mine, near, far, same], [use("1"), use("", "read")]))
    assert row.verdict == "breaks"
    assert row.reason.startswith("elsewhere it takes (z)")
    assert "of 1 known calls 1 would be misread" in row.reason
    assert row.calls == 2
    [row] = list(impacts(same, [mine, same], []))
    assert row.verdict == "safe", "a clash of two others is not one of its own"


NAMES = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)


@given(mine=NAMES, theirs=NAMES, positional=st.integers(0, 5), keywords=st.lists(st.sampled_from("abcd"), unique=True))
def test_what_is_said_to_fail_is_what_python_refuses(
    mine: list[str], theirs: list[str], positional: int, keywords: list[str]
) -> None:
    namespace: dict[str, object] = {}
    exec(f"def go({', '.join(theirs)}): pass", namespace)  # our own text
    call = ", ".join([*([str(positional)] if positional else []), *(f"{name}=" for name in keywords)])
    [fate] = fates_of(member(", ".join(mine)), member(", ".join(theirs)), [use(call)])
    try:
        namespace["go"](*range(positional), **dict.fromkeys(keywords))  # type: ignore[operator]
    except TypeError:
        assert fate == "fails"
    else:
        assert fate in {"same", "misread"}
