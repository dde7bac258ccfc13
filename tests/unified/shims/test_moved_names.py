"""Old names at their old paths, by the numbers of the specification of shims."""

from __future__ import annotations

import _thread
import abc
import asyncio
import copy
import functools
import importlib
import inspect
import json
import operator
import pickle
import pkgutil
import subprocess
import sys
import textwrap
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from unittest import mock

import pytest

from unified_target.unified_shims import MAX_UNDO, Move, MovedNameWarning

NEW = """
    class New:
        _instance = None
        limit = 3
        def __init__(self, user, thread): self.user, self.thread = user, thread
        def send(self): return "sent"
    class Other: pass
    async def coroutine(a, b=1): return a
    def get(): return New("u", "t")
    state = None
    class Outer:
        class Inner: pass
"""
OLD = """
    '''Where New was.'''
    from unified_target.unified_shims import adapter_class, moved, moved_inside
    kept = 5
    class Stays:
        Inner = moved_inside("{p}.old.Stays.Inner", "{p}.new:Outer.Inner", since="1")
    def _adapted():
        from {p}.new import New
        def make(context, router=None): return New(context.user, router)
        def initialize(self, context, router=None): New.__init__(self, context.user, router)
        return adapter_class("Adapted", __name__, New, make, initialize)
    names = {{"Old": "New", "Other": "Other", "coroutine": "coroutine", "state": "state"}}
    names |= {{"Adapted": "New", "Gone": "No"}}
    new = {{**{{old: f"{p}.new:{{name}}" for old, name in names.items()}}, "Lost": "{p}.broken:X"}}
    moved(__name__, new, since="2025.9", removal="2026.3", adapters={{"Adapted": _adapted}})
    __all__ = ["Old", "Other", "kept"]
"""
count = 0


class Tree:
    """A package with a module that names have left; each test has its own, under a name of its own."""

    def __init__(self, folder: Path) -> None:
        global count
        count += 1
        self.name = f"shimmed{count}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.write("__init__", "")
        self.write("new", NEW)
        self.write("old", OLD.format(p=self.name))
        self.write("broken", "import no_such_module_anywhere")

    def write(self, module: str, text: str) -> None:
        (self.folder / f"{module}.py").write_text(textwrap.dedent(text), "utf-8")

    def run(self, module: str, text: str) -> types.ModuleType:
        """A module of the tree with this text, imported."""
        self.write(module, text.format(p=self.name))
        importlib.invalidate_caches()
        return importlib.import_module(f"{self.name}.{module}")

    @property
    def old(self) -> Any:
        return importlib.import_module(f"{self.name}.old")

    @property
    def new(self) -> Any:
        return importlib.import_module(f"{self.name}.new")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    monkeypatch.syspath_prepend(str(tmp_path))
    for variable in ("WSCONSOLIDATE_SHIMS", "WSCONSOLIDATE_SHIM_LOG"):
        monkeypatch.delenv(variable, raising=False)
    made = Tree(tmp_path)
    yield made
    for name in [name for name in sys.modules if name.startswith(made.name)]:
        del sys.modules[name]


def told(action: Callable[[], object]) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return [warning for warning in caught if issubclass(warning.category, MovedNameWarning)]


def quietly(action: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return action()


# ── resolution ───────────────────────────────────────────────────────────────────────────────────────────────────────


HOW = {
    "from-import": "from {p}.old import Old as got",
    "attribute": "import {p}.old\ngot = {p}.old.Old",
    "inside a function": "def f():\n    from {p}.old import Old\n    return Old\ngot = f()",
    "inside try": "try:\n    from {p}.old import Old as got\nexcept ImportError:\n    got = None",
    "import_module": "import importlib\ngot = getattr(importlib.import_module('{p}.old'), 'Old')",
    "__import__": "got = __import__('{p}.old', fromlist=['Old']).Old",
    "resolve_name": "import pkgutil\ngot = pkgutil.resolve_name('{p}.old:Old')",
    "through the package": "from {p} import old\ngot = old.Old",
}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_1_the_old_path_gives_the_very_object_and_11_warns_once_at_the_line_that_wrote_it(tree: Tree, how: str) -> None:
    found: list[Any] = []
    messages = told(lambda: found.append(tree.run("user", how)))
    assert found[0].got is tree.new.New
    assert [Path(message.filename).name for message in messages] == ["user.py"]
    assert "Old" in (tree.folder / "user.py").read_text().splitlines()[messages[0].lineno - 1]


def test_2_nothing_is_kept_so_what_is_rebound_or_reloaded_shows(tree: Tree) -> None:
    first = quietly(lambda: tree.old.Old)
    tree.new.New = int
    assert quietly(lambda: tree.old.Old) is int
    importlib.reload(tree.new)
    assert quietly(lambda: tree.old.Old) is tree.new.New
    assert tree.new.New is not first


def test_5_an_unknown_name_is_an_attribute_error_without_a_warning(tree: Tree) -> None:
    def ask() -> None:
        assert not hasattr(tree.old, "nothing")
        assert getattr(tree.old, "nothing", 7) == 7
        with pytest.raises(AttributeError, match=f"{tree.name}.old.*nothing"):
            _ = tree.old.nothing
        with pytest.raises(ImportError, match="nothing"):
            tree.run("user5", "from {p}.old import nothing")

    assert told(ask) == []


def test_6_probes_of_tools_never_warn_and_22_dir_lists_the_old_names(tree: Tree) -> None:
    def probe() -> None:
        for name in ("__path__", "__wrapped__", "__file__", "__spec__", "_repr_html_", "pytestmark"):
            getattr(tree.old, name, None)
        inspect.getdoc(tree.old), vars(tree.old), inspect.getsourcefile(tree.old)
        names = dir(tree.old)
        assert {"Old", "kept", "Stays"} <= set(names)
        assert names == sorted(set(names))
        assert not any("wsconsolidate" in name for name in names)

    assert told(probe) == []
    assert not hasattr(tree.old, "__path__")


def test_8_functions_keep_signature_and_kind(tree: Tree) -> None:
    function = quietly(lambda: tree.old.coroutine)
    assert inspect.iscoroutinefunction(function)
    assert str(inspect.signature(function)) == "(a, b=1)"
    assert asyncio.run(function(3)) == 3


def test_9_the_module_stays_an_ordinary_module(tree: Tree) -> None:
    assert tree.old is sys.modules[f"{tree.name}.old"]
    assert tree.old.__name__ == tree.old.__spec__.name == f"{tree.name}.old"
    assert tree.old.__file__.endswith("old.py")
    assert pickle.loads(pickle.dumps(tree.old)) is tree.old
    assert isinstance(tree.old, types.ModuleType)


def test_42_names_that_stay_are_unbothered_patchable_and_not_looked_for_elsewhere(tree: Tree) -> None:
    def use() -> None:
        assert tree.old.kept == 5
        with mock.patch(f"{tree.name}.old.kept", 6):
            assert tree.old.kept == 6
        assert tree.old.kept == 5
        tree.old.fresh = 1
        del tree.old.fresh
        assert not hasattr(tree.old, "fresh")

    assert told(use) == []
    assert "Old" not in vars(tree.old)


def test_31_importing_the_old_module_imports_no_target_and_13_warns_nobody(tree: Tree) -> None:
    assert told(lambda: tree.old) == []
    assert f"{tree.name}.new" not in sys.modules


@pytest.mark.parametrize("name", ["Gone", "Lost"])
def test_34_a_target_that_fails_is_an_import_error_with_its_cause(tree: Tree, name: str) -> None:
    with pytest.raises(ImportError) as failed:
        quietly(lambda: getattr(tree.old, name))
    assert name != "Gone" or isinstance(failed.value.__cause__, AttributeError)
    if name == "Lost":
        tree.write("broken", "X = 1")
        importlib.invalidate_caches()
        assert quietly(lambda: tree.old.Lost) == 1


def test_35_first_use_by_many_threads_gives_one_object(tree: Tree) -> None:
    found: list[Any] = []
    barrier = threading.Barrier(16)

    def use() -> None:
        barrier.wait()
        found.append(tree.old.Adapted)

    def all_at_once() -> None:
        threads = [threading.Thread(target=use) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    quietly(all_at_once)
    assert len({id(one) for one in found}) == 1
    assert len(found) == 16


def test_33_the_old_module_can_be_reloaded(tree: Tree) -> None:
    importlib.reload(tree.old)
    assert quietly(lambda: tree.old.Old) is tree.new.New
    assert len(told(lambda: tree.old.Old)) == 1


# ── warnings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_12_every_place_is_told_not_only_the_first(tree: Tree) -> None:
    def use() -> None:
        for number in range(3):
            tree.run(f"user{number}", "from {p}.old import Old")

    assert len({message.filename for message in told(use)}) == 3


def test_15_the_warning_says_both_paths_the_dates_and_the_line_to_write(tree: Tree) -> None:
    [message] = told(lambda: tree.old.Old)
    warning: Any = message.message
    text = str(warning)
    for part in (
        f"{tree.name}.old.Old",
        f"{tree.name}.new.New",
        "2025.9",
        "2026.3",
        f"from {tree.name}.new import New as Old",
    ):
        assert part in text
    assert (warning.old, warning.since, warning.removal) == (f"{tree.name}.old.Old", "2025.9", "2026.3")
    assert issubclass(MovedNameWarning, DeprecationWarning)


@pytest.mark.parametrize(
    ("since", "removal", "dates"),
    [("1", "2", " (moved in 1, goes in 2)"), ("1", "", " (moved in 1)"), ("", "2", " (goes in 2)"), ("", "", "")],
)
def test_a_warning_says_the_dates_that_are_known(since: str, removal: str, dates: str) -> None:
    said = Move("a.Old", "b:New", since, removal).message
    assert said == f"a.Old is now b.New{dates}; write: from b import New as Old"


def test_14_the_warning_survives_pickling_and_is_rebuilt_from_its_arguments(tree: Tree) -> None:
    [message] = told(lambda: tree.old.Old)
    warning = message.message
    assert str(type(warning)(*warning.args)) == str(warning) == str(pickle.loads(pickle.dumps(warning)))  # type: ignore[union-attr]


def test_16_using_the_object_afterwards_warns_no_more(tree: Tree) -> None:
    found = quietly(lambda: tree.old.Old)

    def use() -> None:
        instance = found("u", "t")
        type("Sub", (found,), {})
        assert isinstance(copy.deepcopy(instance), found)
        pickle.loads(pickle.dumps(instance))

    assert told(use) == []


def test_17_as_an_error_the_warning_itself_is_raised_each_time_and_leaves_nothing_half_done(tree: Tree) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", MovedNameWarning)
        for number in range(2):
            with pytest.raises(MovedNameWarning):
                tree.run(f"strict{number}", "from {p}.old import Old")
    assert quietly(lambda: tree.old.Old) is tree.new.New


def test_20_a_package_that_names_have_left_warns_once_for_a_from_import(tree: Tree) -> None:
    tree.write(
        "__init__",
        f"from unified_target.unified_shims import moved\nmoved(__name__, {{'Old': '{tree.name}.new:New'}}, since='1')",
    )
    messages = told(lambda: tree.run("user", "from {p} import Old"))
    assert len(messages) == 1


def test_21_a_star_import_binds_the_public_names_and_is_told_at_its_line(tree: Tree) -> None:
    user: list[Any] = []
    messages = told(lambda: user.append(tree.run("user", "\n\nfrom {p}.old import *")))
    public = {name for name in vars(user[0]) if not name.startswith("__")}
    assert public == {"Old", "Other", "kept"}
    assert {(Path(message.filename).name, message.lineno) for message in messages} == {("user.py", 3)}


@pytest.mark.parametrize(("mode", "expected"), [("error", "raised"), ("off", "silent"), ("warn", "told")])
def test_23_the_environment_decides_what_a_use_is(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, mode: str, expected: str
) -> None:
    monkeypatch.setenv("WSCONSOLIDATE_SHIMS", mode)
    if expected == "raised":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(MovedNameWarning):
                tree.run("user", "try:\n    from {p}.old import Old\nexcept ImportError:\n    Old = None")
        return
    assert len(told(lambda: tree.old.Old)) == (expected == "told")


def test_24_importing_the_shims_changes_nothing_of_the_process() -> None:
    code = """
        import sys, warnings, os, builtins
        def state():
            return list(warnings.filters), list(sys.meta_path), list(sys.path), dict(os.environ), set(vars(builtins))
        before = state()
        import unified_target.unified_shims
        assert before == state()
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


# ── patching ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_21_a_star_import_of_a_module_without_a_list_brings_the_old_names_too(tree: Tree) -> None:
    names = f'{{"Old": "{tree.name}.new:New", "_Other": "{tree.name}.new:Other"}}'
    line = f'from unified_target.unified_shims import moved\nkept = 5\nmoved(__name__, {names}, since="1")\n'
    tree.write("listless", line)
    user = quietly(lambda: tree.run("user", "from {p}.listless import *"))
    assert (user.Old, user.kept) == (tree.new.New, 5)
    assert not hasattr(user, "_Other")


def test_36_mock_patches_through_the_old_path_and_takes_it_back(tree: Tree) -> None:
    before = tree.new.New

    def use() -> None:
        with mock.patch(f"{tree.name}.old.Old", "one"):
            assert tree.new.New == tree.old.Old == "one"  # 37: who imports the new path sees it too
            with mock.patch.object(tree.old, "Old", "two"):
                assert tree.new.New == "two"
            assert tree.new.New == "one"

    quietly(use)
    assert tree.new.New is before
    assert len(told(lambda: tree.old.Old)) == 1
    assert "Old" not in vars(tree.old)


def test_36_monkeypatch_sets_and_takes_back(tree: Tree) -> None:
    before = tree.new.New
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(f"{tree.name}.old.Old", "one")
            assert tree.new.New == "one"
            patched.setattr(tree.old, "Old", "two")
            assert tree.new.New == "two"
        assert tree.new.New is before


@pytest.mark.parametrize("undo", ["set what was there", "delete"])
def test_36_both_ways_of_taking_a_patch_back_work_nested(tree: Tree, undo: str) -> None:
    before = tree.new.New

    def take_back(value: Any) -> None:
        if undo == "delete":
            del tree.old.Old
        else:
            tree.old.Old = value

    def use() -> None:
        tree.old.Old = "one"
        tree.old.Old = "two"
        take_back("one")
        assert tree.new.New == "one"
        take_back(before)

    quietly(use)
    assert tree.new.New is before


def test_38_globals_that_are_set_from_outside_are_read_and_written_through_and_fill_no_memory(tree: Tree) -> None:
    def use() -> None:
        for number in range(MAX_UNDO * 3):
            tree.old.state = number
            assert tree.new.state == tree.old.state == number
        assert len(tree.old.__dict__["__wsconsolidate_undo__"]["state"]) == MAX_UNDO

    quietly(use)


def test_38_a_name_can_be_deleted_where_it_is_now(tree: Tree) -> None:
    del tree.old.state
    assert not hasattr(tree.new, "state")


def test_26_what_is_set_on_the_class_is_set_on_the_new_one(tree: Tree) -> None:
    old = quietly(lambda: tree.old.Old)
    old._instance = 5
    assert tree.new.New._instance == 5


# ── nested classes ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_iv_a_nested_class_is_found_through_class_subclass_and_instance_and_can_be_patched(tree: Tree) -> None:
    outer = tree.old.Stays
    sub = type("Sub", (outer,), {})
    assert len(told(lambda: outer.Inner)) == 1
    assert quietly(lambda: outer.Inner is outer().Inner is sub.Inner is tree.new.Outer.Inner)
    with mock.patch.object(outer, "Inner", "double"):
        assert outer.Inner == "double"
    assert quietly(lambda: outer.Inner) is tree.new.Outer.Inner


# ── adapters ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def adapted(tree: Tree) -> Any:
    return quietly(lambda: tree.old.Adapted)


CONTEXT = types.SimpleNamespace(user="alice")


def test_46_a_call_of_old_gives_an_instance_of_exactly_the_unified_class(tree: Tree, adapted: Any) -> None:
    made = adapted(CONTEXT, router="r")
    assert type(made) is tree.new.New
    assert (made.user, made.thread) == ("alice", "r")


def test_36_a_patch_of_an_adapted_name_shows_at_both_paths_and_ends_at_both(tree: Tree, adapted: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with mock.patch(f"{tree.name}.old.Adapted", "double"):
            assert tree.old.Adapted == tree.new.New == "double"
        assert tree.old.Adapted is adapted
    assert adapted.__mro__[1] is tree.new.New


def test_36_setting_an_adapter_back_puts_the_unified_class_back_and_not_the_adapter(tree: Tree, adapted: Any) -> None:
    new = tree.new.New
    tree.old.Adapted = "double"
    tree.old.Adapted = adapted
    assert tree.new.New is new
    assert quietly(lambda: tree.old.Adapted) is adapted


def test_33_reloading_the_target_brings_an_adapter_of_the_class_as_it_is_now(tree: Tree, adapted: Any) -> None:
    importlib.reload(tree.new)
    again = quietly(lambda: tree.old.Adapted)
    assert again is not adapted
    assert again.__mro__[1] is tree.new.New


def test_26_what_is_deleted_from_an_adapter_is_deleted_from_the_unified_class(tree: Tree, adapted: Any) -> None:
    del adapted.limit
    assert not hasattr(tree.new.New, "limit")


def test_47_isinstance_and_issubclass_hold_both_ways_and_refuse_everything_else(tree: Tree, adapted: Any) -> None:
    new = tree.new.New
    plain = new("u", "t")
    assert isinstance(plain, adapted)
    assert isinstance(adapted(CONTEXT), new)
    assert issubclass(new, adapted)
    assert issubclass(adapted, new)
    assert not isinstance(5, adapted)
    assert not issubclass(int, adapted)
    assert not isinstance(tree.new.Other(), adapted)
    with pytest.raises(TypeError):
        issubclass(1, adapted)  # type: ignore[arg-type]
    match plain:
        case adapted():
            pass
        case _:
            raise AssertionError("match does not see it")
    assert isinstance(mock.MagicMock(spec=adapted), adapted)


def test_48_a_subclass_may_give_the_old_arguments_and_is_itself(tree: Tree, adapted: Any) -> None:
    class Sub(adapted):  # type: ignore[misc]
        def __init__(self, context: Any) -> None:
            super().__init__(context, router="mine")

    made = Sub(CONTEXT)
    assert type(made) is Sub
    assert (made.user, made.thread, made.send()) == ("alice", "mine", "sent")
    assert isinstance(made, tree.new.New)
    assert not isinstance(tree.new.New("u", "t"), Sub)
    assert not isinstance(tree.new.Other(), Sub)


T = TypeVar("T")


def test_48_it_mixes_with_abstract_classes_protocols_and_generics(adapted: Any) -> None:
    class Asks(Protocol):
        def send(self) -> str: ...

    class Base(abc.ABC):
        @abc.abstractmethod
        def more(self) -> int: ...

    class Mixed(adapted, Base, Generic[T]):  # type: ignore[misc]
        def more(self) -> int:
            return 1

    class Turned(Base, adapted):  # type: ignore[misc]
        def more(self) -> int:
            return 2

    class Promised(adapted, Asks):  # type: ignore[misc]
        pass

    assert (Mixed(CONTEXT).more(), Turned(CONTEXT).more(), Promised(CONTEXT).send()) == (1, 2, "sent")
    with pytest.raises(TypeError):
        type("Lacking", (adapted, Base), {})(CONTEXT)


@pytest.mark.parametrize(("arguments", "keywords"), [((), {}), ((1, 2, 3), {}), ((1,), {"wrong": 2})])
def test_49_wrong_calls_are_type_errors(adapted: Any, arguments: Any, keywords: Any) -> None:
    with pytest.raises(TypeError):
        adapted(*arguments, **keywords)


def test_50_the_signature_is_the_old_one(adapted: Any) -> None:
    assert str(inspect.signature(adapted)) == "(context, router=None)"


def test_51_an_exception_of_the_constructor_comes_through_unchanged(tree: Tree, adapted: Any) -> None:
    problem = TypeError("mine")

    def fails(self: Any, user: str, thread: str) -> None:
        raise problem

    tree.new.New.__init__ = fails
    with pytest.raises(TypeError) as raised:
        adapted(CONTEXT)
    assert raised.value is problem


def test_52_constructing_warns_no_more_and_53_class_attributes_are_live(tree: Tree, adapted: Any) -> None:
    assert told(lambda: adapted(CONTEXT)) == []
    tree.new.New.limit = 9
    assert adapted.limit == 9
    adapted.limit = 10
    assert tree.new.New.limit == 10


# ── telemetry ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_55_each_place_is_logged_once_as_one_line_of_json(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "uses.jsonl"
    monkeypatch.setenv("WSCONSOLIDATE_SHIM_LOG", str(log))
    monkeypatch.setenv("WSCONSOLIDATE_SHIMS", "off")

    def use() -> None:
        user = tree.run("user", "import {p}.old\ndef f():\n    return {p}.old.Old\n")
        for _ in range(3):
            user.f()

    assert told(use) == []
    [line] = log.read_text("utf-8").splitlines()
    logged = json.loads(line)
    assert (logged["old"], logged["line"], logged["function"]) == (f"{tree.name}.old.Old", 3, "f")
    assert logged["file"].endswith("user.py")


def test_55_a_log_that_cannot_be_written_disturbs_nobody(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WSCONSOLIDATE_SHIM_LOG", str(tmp_path / "no" / "folder"))
    assert quietly(lambda: tree.old.Old) is tree.new.New
    assert "No such file" in capsys.readouterr().err


def test_19_whoever_goes_between_is_not_blamed(tree: Tree) -> None:
    def use() -> None:
        pkgutil.resolve_name(f"{tree.name}.old:Old")
        with mock.patch(f"{tree.name}.old.Other"):
            pass
        pickle.loads(f"c{tree.name}.old\nOld\n.".encode())

    assert {Path(message.filename).name for message in told(use)} == {"test_moved_names.py"}


def test_29_pickles_that_name_the_old_path_load(tree: Tree) -> None:
    instance = tree.new.New("u", "t")
    for protocol in range(2):
        stream = pickle.dumps(instance, protocol).replace(
            f"{tree.name}.new\nNew".encode(), f"{tree.name}.old\nOld".encode()
        )
        loaded = quietly(lambda stream=stream: pickle.loads(stream))
        assert type(loaded) is tree.new.New
        assert f"{tree.name}.new".encode() in pickle.dumps(loaded, protocol)  # 28: a new stream names the new path


def test_36_a_name_that_is_inside_a_class_now_can_be_patched(tree: Tree) -> None:
    text = 'from unified_target.unified_shims import moved\nmoved(__name__, {{"In": "{p}.new:Outer.Inner"}}, since="1")'
    old = tree.run("nested", text)
    before = tree.new.Outer.Inner

    def patch() -> None:
        with mock.patch(f"{tree.name}.nested.In", 6):
            assert tree.new.Outer.Inner == 6

    quietly(patch)
    assert tree.new.Outer.Inner is before
    message = str(told(lambda: old.In)[0].message)
    assert message.endswith(f"write: from {tree.name}.new import Outer, which has it as Outer.Inner")


def test_a_use_that_no_code_wrote_is_told_all_the_same(tree: Tree) -> None:
    old = tree.old

    def ask() -> None:
        done = threading.Event()
        steps = map(operator.call, [functools.partial(getattr, old, "Old"), done.set])
        _thread.start_new_thread(list, (steps,))  # no code in Python is below this
        assert done.wait(10)

    assert len(told(ask)) == 1


def test_37_a_double_on_the_new_path_is_not_adapted(tree: Tree) -> None:
    old = tree.run(
        "getters",
        """
        from unified_target.unified_shims import adapting, moved
        from {p} import new
        adapted = adapting(new.get, lambda given: given)
        moved(__name__, {{"get": "{p}.new:get"}}, since="1", adapters={{"get": lambda: adapted}})
        """,
    )
    assert quietly(lambda: old.get) is old.adapted
    for double in (lambda: "double", mock.Mock()):
        with mock.patch.object(tree.new, "get", double):
            assert quietly(lambda: old.get) is double
    assert quietly(lambda: old.get) is old.adapted


def test_34_what_fails_in_the_target_is_an_import_error_with_its_cause(tree: Tree) -> None:
    tree.write("failing", "import math\nmath.nothing\n")
    old = tree.run(
        "of_failing",
        """
        from unified_target.unified_shims import moved
        moved(__name__, {{"X": "{p}.failing:X"}}, since="1")
        """,
    )
    for _ in range(2):  # it is tried again
        with pytest.raises(ImportError, match=r"failing, which cannot be imported: .*nothing") as failed:
            quietly(lambda: old.X)
        assert isinstance(failed.value.__cause__, AttributeError)
