"""What a getter gives, called as it was of old: the object itself, but for the methods that were called otherwise."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import pickle
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from unified_target.unified_shims import MovedNameWarning, adapt_inherited, adapter_class, adapting, moved_inside


class Hub:
    """A unified class: `tell` takes the room first; of old it took it last."""

    limit = 3

    def __init__(self, name: str = "hub") -> None:
        self.name = name
        self.told: list[tuple[str, str]] = []

    def tell(self, room: str, text: str) -> str:
        self.told.append((room, text))
        return f"{room}: {text}"

    def other(self) -> str:
        return self.name

    def __len__(self) -> int:
        return len(self.told)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.told)

    def __contains__(self, item: object) -> bool:
        return item in self.told

    def __enter__(self) -> Hub:
        self.name = "entered"
        return self

    def __exit__(self, *_: object) -> None:
        self.name = "left"

    async def __aenter__(self) -> Hub:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.name = "left"

    def __call__(self, value: int) -> int:
        return value + 1


def adapt(hub: Any) -> Any:
    tell_unified = hub.tell

    def tell(text: str, room: str = "all") -> str:
        return f"old {tell_unified(room, text)}"

    hub.tell = tell
    hub.only_of_old = lambda: "old"
    return hub


THE_HUB = Hub()


def get_hub(name: str = "") -> Hub:
    """The one hub."""
    return THE_HUB


async def get_hub_later(name: str = "", *, fresh: bool = False) -> Hub:
    return Hub() if fresh else THE_HUB


old_get = adapting(get_hub, adapt)
old_get_later = adapting(get_hub_later, adapt)


@pytest.fixture(autouse=True)
def fresh() -> None:
    THE_HUB.__dict__.clear()
    THE_HUB.__init__()  # type: ignore[misc]


def test_methods_that_differ_are_called_as_of_old_and_all_else_is_the_objects_own() -> None:
    view = old_get()
    assert view.tell("hello", "lobby") == "old lobby: hello"
    assert view.tell("hello") == "old all: hello"
    assert THE_HUB.told == [("lobby", "hello"), ("all", "hello")]
    assert view.other() == "hub"
    assert view.limit == 3
    assert view.only_of_old() == "old"
    with pytest.raises(TypeError):
        view.tell()
    with pytest.raises(AttributeError, match="Hub"):
        _ = view.nothing
    assert not hasattr(view, "nothing")


def test_the_object_itself_is_not_changed() -> None:
    old_get()
    assert THE_HUB.tell("lobby", "hello") == "lobby: hello"
    assert not hasattr(THE_HUB, "only_of_old")


def test_it_is_an_instance_of_the_unified_class_and_equal_to_the_object() -> None:
    view = old_get()
    assert isinstance(view, Hub)
    assert not isinstance(view, int)
    assert view.__class__ is Hub
    assert view == THE_HUB
    assert view == old_get()
    assert view != Hub()
    assert hash(view) == hash(THE_HUB)
    assert {view: 1}[THE_HUB] == 1
    assert repr(view) == repr(THE_HUB)
    match view:
        case Hub(name="hub"):
            pass
        case _:
            pytest.fail("it is no Hub to a match statement")
    assert mock.Mock(spec=view).other


def test_the_same_object_is_seen_through_the_same_view_each_time() -> None:
    assert old_get() is old_get()
    assert asyncio.run(old_get_later()) is old_get()
    assert asyncio.run(old_get_later(fresh=True)) is not old_get()
    other = adapting(get_hub, lambda hub: hub)
    assert other() is not old_get()
    assert other().tell("lobby", "hello") == "lobby: hello"


def test_from_many_threads_there_is_one_view() -> None:
    found: list[Any] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        found.append(old_get())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(view) for view in found}) == 1


def test_8_getters_keep_their_signature_their_kind_and_their_words() -> None:
    assert str(inspect.signature(old_get)) == str(inspect.signature(get_hub))
    assert old_get.__name__ == "get_hub"
    assert old_get.__doc__ == "The one hub."
    assert inspect.iscoroutinefunction(old_get_later)
    assert not inspect.iscoroutinefunction(old_get)
    with pytest.raises(TypeError):
        old_get(1, 2)


def test_what_a_getter_raises_comes_through_and_nothing_stays_nothing() -> None:
    def get_nothing() -> Hub | None:
        return None

    def get_error() -> Hub:
        raise RuntimeError("no hub")

    assert adapting(get_nothing, adapt)() is None
    with pytest.raises(RuntimeError, match="no hub"):
        adapting(get_error, adapt)()


def test_objects_that_cannot_keep_a_view_are_seen_through_new_ones() -> None:
    class Slotted:
        __slots__ = ("value",)

        def tell(self, room: str, text: str) -> str:
            return f"{room}: {text}"

    given = Slotted()
    get = adapting(lambda: given, adapt)
    assert get().tell("hello", "lobby") == "old lobby: hello"
    assert get() == get()
    get().value = 4
    assert given.value == 4
    assert adapting(lambda: Hub, adapt)().limit == 3  # a class has a dictionary that nobody may write to


# ── setting and patching ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_set_or_deleted_is_so_on_the_object() -> None:
    view = old_get()
    view.name = "changed"
    assert THE_HUB.name == "changed"
    del view.name
    assert not hasattr(THE_HUB, "name")
    with pytest.raises(AttributeError):
        del view.name


def test_a_double_set_through_the_view_is_seen_by_all() -> None:
    view = old_get()
    view.tell = mock.Mock(return_value="double")
    assert view.tell("x") == THE_HUB.tell("x", "y") == "double"
    del view.tell
    assert view.tell("x") == "old all: x"
    assert THE_HUB.tell("x", "y") == "x: y"


def test_36_a_patch_through_the_view_is_seen_and_taken_back() -> None:
    view = old_get()
    with mock.patch.object(view, "tell") as tell:
        view.tell("hello")
        tell.assert_called_once_with("hello")
        assert THE_HUB.tell is tell
    assert view.tell("x") == "old all: x"
    assert THE_HUB.tell("x", "y") == "x: y"
    assert "tell" not in vars(THE_HUB)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "tell", lambda *_: "patched")
        patch.setattr(view, "other", lambda: "patched")
        assert view.tell("x") == view.other() == THE_HUB.tell("x", "y") == "patched"
    assert view.tell("x") == "old all: x"
    assert THE_HUB.tell("x", "y") == "x: y"
    assert view.other() == "hub"


def test_what_was_there_can_be_set_again() -> None:
    view = old_get()
    before = view.tell
    view.tell = lambda *_: "patched"
    assert view.tell("x") == "patched"
    view.tell = before
    assert view.tell("x") == "old all: x"
    assert THE_HUB.tell("x", "y") == "x: y"


def test_a_patch_of_the_object_or_its_class_is_seen_through_the_view() -> None:
    view = old_get()
    with mock.patch.object(THE_HUB, "tell", return_value="patched"):
        assert view.tell("x") == "patched"
    with mock.patch.object(Hub, "tell", return_value="patched"):
        assert view.tell("x") == "patched"
    assert view.tell("x") == "old all: x"


# ── what Python itself asks ──────────────────────────────────────────────────────────────────────────────────────────


def test_special_methods_are_those_of_the_object() -> None:
    view = old_get()
    assert not view
    view.tell("hello")
    assert len(view) == 1
    assert view
    assert list(view) == [("all", "hello")]
    assert ("all", "hello") in view
    assert view(2) == 3
    assert callable(view)
    plain = adapting(lambda: threading.Event(), adapt_nothing)()
    assert not callable(plain)
    with pytest.raises(TypeError):
        len(plain)


def adapt_nothing(given: Any) -> Any:
    return given


def test_a_with_statement_gives_the_view_again() -> None:
    view = old_get()
    with view as inside:
        assert inside is view
        assert view.name == "entered"
    assert view.name == "left"

    async def enter() -> Any:
        async with view as inside:
            return inside

    assert asyncio.run(enter()) is view

    class Giver(Hub):
        def __enter__(self) -> Any:
            return "else"

        async def __aenter__(self) -> Any:
            return "else"

    given = Giver()
    giving = adapting(lambda: given, adapt)()
    with giving as inside:
        assert inside == "else"

    async def enter_giver() -> Any:
        async with giving as inside:
            return inside

    assert asyncio.run(enter_giver()) == "else"


def test_dir_lists_the_objects_names_and_those_of_old() -> None:
    names = dir(old_get())
    assert {"tell", "other", "limit", "told", "only_of_old"} <= set(names)
    assert names == sorted(set(names))


def test_copies_are_views_of_copies() -> None:
    view = old_get()
    view.tell("hello")
    deep = copy.deepcopy(view)
    assert deep is not view
    assert deep.told == [("all", "hello")]
    assert deep.tell("x") == "old all: x"
    assert THE_HUB.told == [("all", "hello")]
    assert copy.copy(view) is view  # a shallow copy is of the view: it shows the same object
    assert pickle.loads(pickle.dumps(view)).tell("x") == "old all: x"


def test_the_object_can_be_copied_and_pickled_with_its_views() -> None:
    view = old_get()
    deep = copy.deepcopy(THE_HUB)
    assert type(deep) is Hub
    assert deep.tell("a", "b") == "a: b"
    assert deep is not THE_HUB
    assert pickle.loads(pickle.dumps(THE_HUB)).told == view.told


def test_views_end_with_their_object() -> None:
    made = [Hub()]
    gone = weakref.ref(made[0])
    adapting(lambda: made[0], adapt)().tell("x")
    made.clear()
    gc.collect()
    assert gone() is None


# ── subclasses that are made by old arguments ────────────────────────────────────────────────────────────────────────


def test_an_inherited_method_is_called_as_of_old_and_an_own_one_stays() -> None:
    class Plain(Hub):
        pass

    class Own(Hub):
        def tell(self, room: str, text: str) -> str:
            return "own"

    plain, own = Plain(), Own()
    adapt_inherited(plain, adapt, Hub)
    adapt_inherited(own, adapt, Hub)
    assert plain.tell("hello", "lobby") == "old lobby: hello"
    assert own.tell("hello", "lobby") == "own"
    assert Hub().tell("lobby", "hello") == "lobby: hello"


# ── classes that were nested in an adapted one ───────────────────────────────────────────────────────────────────────


class Room:
    """The unified class of what was `Hub.Room`."""

    def __init__(self, name: str, size: int = 1) -> None:
        self.name, self.size = name, size


def make_room(size: int, name: str = "lobby") -> Room:
    return Room(name, size)


Inner = adapter_class("Hub.Room", "old", Room, make_room)
Old = adapter_class(
    "Hub",
    "old",
    Hub,
    lambda: Hub("made"),
    inside={
        "Room": moved_inside("old.Hub.Room", f"{__name__}:Room", since="1", removal="2", adapter=Inner),
        "Plain": moved_inside("old.Hub.Plain", f"{__name__}:Room", since="1"),
        "Later": moved_inside("old.Hub.Later", f"{__name__}:Room", since="1", adapter=lambda: Inner),
    },
)


def test_a_nested_class_is_found_in_the_adapter_and_warns_at_the_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = Old.Room(4)  # type: ignore[attr-defined]
        line = inspect.currentframe().f_lineno - 1  # type: ignore[union-attr]
    assert type(made) is Room
    assert (made.name, made.size) == ("lobby", 4)
    assert [(item.category, item.lineno, item.filename) for item in caught] == [(MovedNameWarning, line, __file__)]
    assert "old.Hub.Room is now" in str(caught[0].message)


def test_a_nested_class_without_other_calls_is_the_unified_one() -> None:
    with pytest.warns(MovedNameWarning):
        assert Old.Plain is Room  # type: ignore[attr-defined]
    with pytest.warns(MovedNameWarning):
        assert Old.Later is Inner  # type: ignore[attr-defined]
    with pytest.warns(MovedNameWarning):
        assert Old.Later is Inner  # type: ignore[attr-defined]


def test_a_subclass_of_the_adapter_has_the_nested_class_too() -> None:
    class Special(Old):  # type: ignore[misc, valid-type]
        pass

    assert issubclass(Special, Hub)
    assert issubclass(Special, Special)
    assert not issubclass(Hub, Special)
    Special.limit = 4
    assert (Special.limit, Hub.limit) == (4, 3)
    del Special.limit
    assert Special.limit == 3
    with pytest.warns(MovedNameWarning):
        assert Special.Room is Inner
    with pytest.warns(MovedNameWarning):
        assert Special().Room is Inner
    assert type(Old()) is Hub
