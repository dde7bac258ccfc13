"""Old names at their old paths: found where they are now, with a warning that names the line to change.

At the end of a module that names have left:

    from pkg.websocket_core.unified_shims import moved

    moved(__name__, {"WebSocketManager": "pkg.websocket_core.unified_manager:UnifiedWebSocketManager"},
          since="2025.9", removal="2026.3")

The old path gives the very object of the new one, looked up each time, so that what is patched, re-bound or reloaded
there shows here; and what is set on the old path is set on the new one. Nothing is imported before a name is used.

Each use warns once, at the line of whoever wrote the old path. The environment decides what a use is:

    WSCONSOLIDATE_SHIMS       warn (the default), error (the warning is raised, even where warnings are ignored), off
    WSCONSOLIDATE_SHIM_LOG    a file that gets one line of JSON for each place that uses an old name, once a process
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import sys
import threading
import types
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol


class MovedNameWarning(DeprecationWarning):
    """A name was used at its old path. `old`, `new`, `since` and `removal` are set where the warning is given."""

    old = new = since = removal = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a name was and is: `old` and `new` dotted, `new` with a colon before the name in its module."""

    old: str
    new: str
    since: str
    removal: str

    @property
    def message(self) -> str:
        """What the warning says: both paths, the dates, and the line to write instead."""
        module, _, name = self.new.partition(":")
        local = self.old.rpartition(".")[2]
        outer = name.partition(".")[0]
        renamed = "" if name == local else f" as {local}" if outer == name else f", which has it as {name}"
        told = (f"moved in {self.since}" if self.since else "", f"goes in {self.removal}" if self.removal else "")
        dates = ", ".join(filter(None, told))
        now = f"{self.old} is now {module}.{name}" + (f" ({dates})" if dates else "")
        return f"{now}; write: from {module} import {outer}{renamed}"

    def find(self) -> Any:
        """The object as it is now. Raises ImportError when its module cannot be imported, or has it no more."""
        module, _, name = self.new.partition(":")
        try:
            found: Any = importlib.import_module(module)
        except AttributeError as error:
            raise ImportError(f"{self.old} is now in {module}, which cannot be imported: {error}") from error
        try:
            for part in name.split("."):
                found = getattr(found, part)
        except AttributeError as error:
            raise ImportError(f"{self.old} is now {module}.{name}, which does not exist") from error
        return found


def moved(
    module: str,
    names: Mapping[str, str],
    *,
    since: str,
    removal: str = "",
    adapters: Mapping[str, Callable[[], object]] | None = None,
) -> None:
    """Let a module find names where they are now.

    `names`: old name -> "new.module:name". `adapters`: old name -> a function that gives what keeps the old calls (see
    `adapter_class` and `adapting`), called when the name is first used.
    """
    shim = sys.modules[module]
    if not isinstance(shim, ShimModule):
        shim.__class__ = ShimModule
    moves = {name: Move(f"{module}.{name}", new, since, removal) for name, new in names.items()}
    shim.__dict__.setdefault(_MOVES, {}).update(moves)
    shim.__dict__.setdefault(_UNDO, {})
    shim.__dict__.setdefault(_MAKERS, {}).update(adapters or {})
    shim.__dict__.setdefault(_MADE, {})
    for name in names:
        shim.__dict__.pop(name, None)
    if "__all__" not in shim.__dict__:  # without it, a star import would take only what is in the module itself
        shim.__dict__["__all__"] = [name for name in dir(shim) if not name.startswith("_") and name != _HELPER]


_MOVES: Final = "__wsconsolidate_moves__"
_UNDO: Final = "__wsconsolidate_undo__"
_MAKERS: Final = "__wsconsolidate_makers__"
_MADE: Final = "__wsconsolidate_adapters__"
_HELPER: Final = "TYPE_CHECKING"  # the one public name that a shim imports for itself
MAX_UNDO: Final = 32
"""How deep patches of one name can be nested; code that sets a name again and again must not fill the memory."""


class ShimModule(types.ModuleType):
    """A module some of whose names are elsewhere. All others are found as ever, and cost what they ever cost."""

    def __getattr__(self, name: str) -> Any:
        move = self.__dict__.get(_MOVES, {}).get(name)
        if move is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if not _only_looks(sys._getframe().f_back):
            _tell(move)
        if self.__dict__[_UNDO].get(name):  # what it was patched with
            return move.find()
        return _adapter(self, move, name)

    def __setattr__(self, name: str, value: Any) -> None:
        move = self.__dict__.get(_MOVES, {}).get(name)
        if move is None:
            super().__setattr__(name, value)
            return
        found, made = self.__dict__[_MADE].get(name, (None, None))
        if value is not None and value is made:  # the adapter stands for what it adapts
            value = found
        undo = self.__dict__[_UNDO].setdefault(name, [])
        if undo and undo[-1] is value:  # a patch is taken back by setting what was there (pytest to 8)
            undo.pop()
        else:
            undo.append(move.find())
            del undo[:-MAX_UNDO]
        _rebind(move, value)

    def __delattr__(self, name: str) -> None:
        move = self.__dict__.get(_MOVES, {}).get(name)
        if move is None:
            super().__delattr__(name)
            return
        undo = self.__dict__[_UNDO].get(name)
        if undo:  # a patch is taken back by deleting (mock, pytest from 9)
            _rebind(move, undo.pop())
        else:
            delattr(*_place(move))

    def __dir__(self) -> list[str]:
        own = [name for name in self.__dict__ if name not in (_MOVES, _UNDO, _MAKERS, _MADE)]
        return sorted({*own, *self.__dict__.get(_MOVES, {})})

    def __reduce__(self) -> tuple[Callable[[str], types.ModuleType], tuple[str]]:
        return importlib.import_module, (self.__name__,)


def _rebind(move: Move, value: Any) -> None:
    setattr(*_place(move), value)


def _place(move: Move) -> tuple[Any, str]:
    """Where a name is now: the module or class that has it, and what it is called there."""
    module, _, name = move.new.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, last = name.split(".")
    for part in outer:
        owner = getattr(owner, part)
    return owner, last


_making: Final = threading.RLock()


def _adapter(shim: types.ModuleType, move: Move, name: str) -> Any:
    """What a name stands for: the object as it is now, or its adapter, made when first asked for.

    A double that was put in the object's place is called as it is: an adapter would call what it stands for.
    """
    found, make = move.find(), shim.__dict__[_MAKERS].get(name)
    if make is None or not isinstance(found, type | types.FunctionType):
        return found
    made: dict[str, tuple[Any, Any]] = shim.__dict__[_MADE]
    with _making:
        if name not in made or made[name][0] is not found:  # reloading brings another one
            adapter = make()
            if _adapted_by(adapter, found) is not found:
                return found
            made[name] = (found, adapter)
        return made[name][1]


def _adapted_by(adapter: Any, found: Any) -> Any:
    """The object that an adapter stands for; the one that was found where it does not say."""
    return adapter.__mro__[1] if isinstance(adapter, type) else getattr(adapter, "__wrapped__", found)


# ── a class whose constructor took other arguments ───────────────────────────────────────────────────────────────────


class _Adapting(type(Protocol)):  # type: ignore[misc]  # below the metaclass of protocols, it mixes with them and ABCs
    """The metaclass of adapters: calling one makes the unified class; asking is asking about the unified class."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        make = cls.__dict__.get("__wsconsolidate_make__")
        return super().__call__(*arguments, **keywords) if make is None else make(*arguments, **keywords)

    def __instancecheck__(cls, instance: Any) -> bool:
        if "__wsconsolidate_make__" in cls.__dict__:
            return isinstance(instance, cls.__mro__[1])
        return type.__instancecheck__(cls, instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        if "__wsconsolidate_make__" in cls.__dict__:
            return issubclass(subclass, cls.__mro__[1])
        return type.__subclasscheck__(cls, subclass)

    def __setattr__(cls, name: str, value: Any) -> None:
        if "__wsconsolidate_make__" in cls.__dict__ and not name.startswith("__"):
            setattr(cls.__mro__[1], name, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        if "__wsconsolidate_make__" in cls.__dict__ and not name.startswith("__"):
            delattr(cls.__mro__[1], name)
        else:
            super().__delattr__(name)


def adapter_class(
    name: str,
    module: str,
    unified: type,
    make: Callable[..., Any],
    initialize: Callable[..., None] | None = None,
    inside: Mapping[str, object] | None = None,
) -> type:
    """A class that is called as the old one and stands for the unified one.

    `make` takes the old arguments and returns a unified instance. `initialize(self, *old_arguments)` is for subclasses
    that call `super().__init__` with old arguments; without it they call the unified constructor. `inside` are the
    names of classes that were nested in it, each a `moved_inside`.
    """
    body: dict[str, Any] = {**(inside or {}), "__module__": module, "__qualname__": name, "__doc__": unified.__doc__}
    if initialize is not None:
        body["__init__"] = initialize
    made: type = _Adapting(name, (unified,), body)
    type.__setattr__(made, "__wsconsolidate_make__", staticmethod(make))
    type.__setattr__(made, "__signature__", _signature(make))
    return made


def _signature(make: Callable[..., Any]) -> Any:
    return inspect.signature(make)


class _View:
    """An object seen through an adapter: everything is the object's own but for the methods that the adapter gives.

    Where such a method was set or patched later, on the object or its class, that is the one that counts.
    """

    def __init__(self, adapted: Any, adapt: Callable[[Any], Any]) -> None:
        own = types.SimpleNamespace()
        adapt(_Collector(adapted, own))
        given = {name: (value, getattr(type(adapted), name, None)) for name, value in vars(own).items()}
        self.__dict__.update(_adapted=adapted, _adapt=adapt, _given=given)

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
        return type(self._adapted)

    def __getattr__(self, name: str) -> Any:
        adapted = self.__dict__["_adapted"]
        given, unpatched = self.__dict__["_given"].get(name, (None, None))
        if given is None or name in _own(adapted) or getattr(type(adapted), name, None) is not unpatched:
            return getattr(adapted, name)
        return given

    def __setattr__(self, name: str, value: Any) -> None:
        if value is not None and value is self._given.get(name, (None, None))[0]:  # a patch is taken back
            _own(self._adapted).pop(name, None)
        else:
            setattr(self._adapted, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._adapted, name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._adapted), *self._given})

    def __eq__(self, other: object) -> bool:
        return bool(self._adapted == (other._adapted if isinstance(other, _View) else other))

    def __hash__(self) -> int:
        return hash(self._adapted)

    def __repr__(self) -> str:
        return repr(self._adapted)

    def __reduce_ex__(self, _protocol: Any) -> tuple[Callable[..., Any], tuple[Any, Any]]:
        return _seen, (self._adapted, self._adapt)


class _Collector:
    """What an adapter is given in the place of an object: it reads the object's methods, and what it sets is kept."""

    def __init__(self, adapted: Any, own: types.SimpleNamespace) -> None:
        self.__dict__.update(_adapted=adapted, _own=own)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_adapted"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_own"], name, value)


_NOT_PASSED_ON: Final = frozenset(
    {"__new__", "__init__", "__del__", "__getattribute__", "__init_subclass__", "__subclasshook__", "__class_getitem__"}
    | {"__reduce__", "__getstate__", "__setstate__", *vars(_View)}
)


def _view_of(adapted: Any, adapt: Callable[[Any], Any]) -> _View:
    """A view with the special methods of the object's type: Python looks for them in the type of what it is given."""
    kind = type(adapted)
    names = [name for name in dir(kind) if name.startswith("__") and name.endswith("__")]
    special = [name for name in names if name not in _NOT_PASSED_ON and callable(getattr(kind, name, None))]
    passed_on = {name: _passed_on(name) for name in special if getattr(kind, name) is not getattr(object, name, None)}
    made: type[_View] = type("_View", (_View,), passed_on)
    return made(adapted, adapt)


def _passed_on(name: str) -> Callable[..., Any]:
    def now(view: Any, *arguments: Any, **keywords: Any) -> Any:
        given = getattr(view._adapted, name)(*arguments, **keywords)
        return view if given is view._adapted else given

    async def entered(view: Any) -> Any:
        given = await view._adapted.__aenter__()
        return view if given is view._adapted else given

    return entered if name == "__aenter__" else now


def _own(given: Any) -> dict[str, Any]:
    """What an object has for itself; nothing where it cannot have anything."""
    own = getattr(given, "__dict__", None)
    return own if isinstance(own, dict) else {}


_VIEWS: Final = "__wsconsolidate_views__"  # kept by the object itself, so that they end with it


def _seen(given: Any, adapt: Callable[[Any], Any]) -> Any:
    """An object through its view; nothing stays nothing."""
    if given is None:
        return None
    with _making:
        views: dict[Any, _View] = _own(given).setdefault(_VIEWS, {})
        if adapt not in views:
            views[adapt] = _view_of(given, adapt)
        return views[adapt]


def adapting(getter: Callable[..., Any], adapt: Callable[[Any], Any]) -> Callable[..., Any]:
    """The getter, with what it gives called as it was of old; who asks the unified getter gets the object itself.

    The same object is seen through the same view each time.
    """
    if inspect.iscoroutinefunction(getter):

        @functools.wraps(getter)
        async def later(*arguments: Any, **keywords: Any) -> Any:
            return _seen(await getter(*arguments, **keywords), adapt)

        return later

    @functools.wraps(getter)
    def now(*arguments: Any, **keywords: Any) -> Any:
        return _seen(getter(*arguments, **keywords), adapt)

    return now


def adapt_inherited(instance: Any, adapt: Callable[[Any], Any], unified: type) -> None:
    """Give an instance of a subclass the calls of old, but for the methods that the subclass has of its own."""
    own = types.SimpleNamespace()
    adapt(_Collector(instance, own))
    for name, method in vars(own).items():
        if getattr(type(instance), name, None) is getattr(unified, name, None):
            setattr(instance, name, method)


class moved_inside:
    """A nested class that is elsewhere now, as an attribute of the class it was in.

    `OptimizedEmitter = moved_inside("pkg.pool.Pool.OptimizedEmitter", "pkg.unified:Emitter", since="2025.9")`
    """

    def __init__(self, old: str, new: str, *, since: str, removal: str = "", adapter: Any = None) -> None:
        self._move, self._adapter = Move(old, new, since, removal), adapter

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        _tell(self._move)
        if self._adapter is None:
            return self._move.find()
        with _making:
            if not isinstance(self._adapter, type):
                self._adapter = self._adapter()
        return self._adapter


# ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_OURS: Final = __file__
_GO_BETWEENS: Final = frozenset(
    {"importlib", "importlib._bootstrap", "pkgutil", "unittest.mock", "pickle", "_pytest.monkeypatch"}
)
"""Modules that use a path which somebody else wrote; the blame is that somebody's."""
_told: Final[set[tuple[str, str, int]]] = set()


def _only_looks(frame: types.FrameType | None) -> bool:
    """Whether this is the import system seeing whether a package has a name, before it takes it."""
    return frame is not None and frame.f_code.co_name == "_handle_fromlist" and "importlib" in frame.f_code.co_filename


def _tell(move: Move) -> None:
    mode = os.environ.get("WSCONSOLIDATE_SHIMS", "warn")
    log = os.environ.get("WSCONSOLIDATE_SHIM_LOG")
    if mode == "off" and not log:
        return
    frame = _user_of(sys._getframe(1))
    if log:
        _log(log, move, frame)
    if mode == "off":
        return
    warning = MovedNameWarning(move.message)
    warning.old, warning.new, warning.since, warning.removal = move.old, move.new, move.since, move.removal
    if mode == "error":
        raise warning
    where = frame.f_globals
    registry = where.setdefault("__warningregistry__", {})
    module = where.get("__name__", "<unknown>")
    warnings.warn_explicit(warning, MovedNameWarning, frame.f_code.co_filename, frame.f_lineno, module, registry)


def _user_of(frame: types.FrameType) -> types.FrameType:
    """Whoever wrote the old path: past this file and the modules that only carry out what others say."""
    found: types.FrameType | None = frame
    while found is not None:
        name = found.f_globals.get("__name__", "")
        internal = found.f_code.co_filename in (
            _OURS,
            "<frozen importlib._bootstrap>",
            "<frozen importlib._bootstrap_external>",
        )
        if not internal and name not in _GO_BETWEENS:
            return found
        found = found.f_back
    return frame


def _log(path: str, move: Move, frame: types.FrameType) -> None:
    """One line for a place, written at once; what cannot be written disturbs nobody."""
    place = (move.old, frame.f_code.co_filename, frame.f_lineno)
    if place in _told:
        return
    _told.add(place)
    line = {"old": move.old, "new": move.new, "file": place[1], "line": place[2], "function": frame.f_code.co_name}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, (json.dumps(line) + "\n").encode())
        finally:
            os.close(handle)
    except OSError as error:
        sys.stderr.write(f"WSCONSOLIDATE_SHIM_LOG: {path}: {error.strerror}\n")
