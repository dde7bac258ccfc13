"""The proof of changes: what it lets through, what it refuses and why, and what it proves again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import FrozenInstanceError

import pytest

from codemods.edits import Applicability, Edit, FileChange, splice
from codemods.index.parse import read_tree
from codemods.index.reader import Reading
from codemods.index.uses import uses_of
from codemods.prove.measures import MEASURES, Item, Measure
from codemods.prove.proof import Proof, prove
from codemods.prove.views import Planned, Rereader, View
from codemods.rewrites.references import ReferenceRewriter
from tests.rewrites.cases.reading import MOVES, facts_of, index_of, world

READING = Reading("", ("",), "", "^$", (), frozenset({"app"}))


def view_of(files: dict[str, bytes]) -> View:
    uses = {}
    for path, source in files.items():
        facts = facts_of(path, source)
        if not facts.problem:
            roots = READING.roots
            uses[path] = uses_of(read_tree(source), facts.module, facts.is_package, roots, frozenset())
    return View(index_of(files), uses)


def again(after: View, sources: Mapping[str, bytes]) -> Iterable[Edit]:
    for found in ReferenceRewriter(MOVES, after.resolver).rewrite_all(sources):
        yield from found.edits


def edit(path: str, source: bytes, old: bytes, new: bytes, applicability: Applicability = Applicability.SAFE) -> Edit:
    start = source.index(old)
    return Edit(path, start, start + len(old), new, 1, "test", applicability, "reason")


def planned(path: str, source: bytes, old: bytes, new: bytes) -> Planned:
    change = edit(path, source, old, new)
    return Planned(FileChange(path, source, splice(source, [change])), (change,))


def migrated(files: dict[str, bytes]) -> list[Planned]:
    """What the rewrite itself plans for every file."""
    view = view_of(files)
    rewriter = ReferenceRewriter(MOVES, view.resolver)
    found = [rewriter.rewrite(path, files[path]) for path in sorted(files)]
    return [
        Planned(FileChange(item.path, files[item.path], splice(files[item.path], item.safe)), item.safe)
        for item in found
        if item.safe
    ]


def proven(files: dict[str, bytes], plans: list[Planned], measures: tuple[Measure, ...] = MEASURES) -> Proof:
    return prove(view_of(files), plans, Rereader(READING), again, measures)


def reasons(proof: Proof) -> dict[str, str]:
    return {item.path: item.reason for item in proof.refused}


USER = b"from app.core.manager import Manager\n"


def test_what_the_rewrite_plans_is_accepted_and_no_set_grows() -> None:
    files = world({"app/user.py": USER, "app/test.py": b'patch("app.user.Manager")\nfrom app.ghost import x\n'})
    proof = proven(files, migrated(files))
    assert [item.path for item in proof.accepted] == ["app/core/__init__.py", "app/user.py"]
    assert proof.refused == ()
    assert proof.holds
    assert [(d.before, d.after, d.gone, d.come) for d in proof.differences] == [
        (1, 1, (), ()),
        (1, 1, (), ()),
        (0, 0, (), ()),
        (0, 0, (), ()),
    ]
    assert [change.path for change in proof.changes] == ["app/core/__init__.py", "app/user.py"]


def test_the_report_is_frozen() -> None:
    proof = proven(world({}), [])
    with pytest.raises(FrozenInstanceError):
        proof.refused = ()  # type: ignore[misc]


def test_without_changes_nothing_is_to_prove() -> None:
    proof = proven(world({}), [])
    assert (proof.accepted, proof.refused, proof.holds) == ((), (), True)


def test_a_file_that_would_not_parse_is_left_out_and_the_others_go_on() -> None:
    files = world({"app/user.py": USER, "app/bad.py": USER})
    good = [item for item in migrated(files) if item.path == "app/user.py"]
    bad = planned("app/bad.py", USER, b"Manager\n", b"New as Manager as M\n")
    proof = proven(files, [*good, bad])
    assert [item.path for item in proof.accepted] == ["app/user.py"]
    assert "would not parse" in reasons(proof)["app/bad.py"]


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (b"import re\nfrom app.core.unified import Manager\nx = 1\n", "bytes before line 1"),
        (b"import os\nfrom app.core.manager import Manager\nx = 1\n", "would not become what its edit says"),
        (b"import os\nfrom app.core.unified import Manager\nx = 2\n", "bytes behind the last edit"),
        (b"import os\nfrom app.core.unified import Manager\nx = 1", "bytes behind the last edit"),
    ],
    ids=["before a span", "inside it", "behind it", "the last newline"],
)
def test_a_byte_outside_the_planned_spans_is_noticed(after: bytes, reason: str) -> None:
    source = b"import os\nfrom app.core.manager import Manager\nx = 1\n"
    change = edit("app/user.py", source, b"manager", b"unified")
    proof = proven(world({"app/user.py": source}), [Planned(FileChange("app/user.py", source, after), (change,))])
    assert reason in reasons(proof)["app/user.py"]


def test_overlapping_edits_are_refused() -> None:
    edits = (edit("app/user.py", USER, b"manager", b"unified"), edit("app/user.py", USER, b"core.manager", b"x"))
    proof = proven(world({"app/user.py": USER}), [Planned(FileChange("app/user.py", USER, USER), edits)])
    assert reasons(proof)["app/user.py"] == "its edits overlap"


def test_an_edit_that_is_only_to_be_told_is_refused() -> None:
    told = edit("app/user.py", USER, b"manager", b"", Applicability.MANUAL)
    proof = proven(world({"app/user.py": USER}), [Planned(FileChange("app/user.py", USER, USER), (told,))])
    assert "only to be told" in reasons(proof)["app/user.py"]


def test_edits_without_a_file_to_make_them_in_are_refused() -> None:
    change = edit("app/user.py", USER, b"manager", b"unified")
    proof = proven(world({}), [Planned(FileChange("app/user.py", None, USER), (change,))])
    assert "no content" in reasons(proof)["app/user.py"]


def test_a_lost_binding_is_refused() -> None:
    plan = planned("app/user.py", USER, b"manager import Manager", b"unified import UnifiedManager")
    proof = proven(world({"app/user.py": USER}), [plan])
    assert reasons(proof) == {"app/user.py": "the name Manager would not be imported any more"}


def test_a_star_may_be_written_out_beside_another_and_not_just_go() -> None:
    source = b"from app.core.manager import *\nfrom app.core.types import *\n"
    out = planned("app/user.py", source, b"manager import *", b"unified import UnifiedManager, get_manager")
    gone = planned("app/user.py", source, b"from app.core.manager import *\n", b"")
    files = world({"app/user.py": source, "app/core/types.py": b""})
    assert "app/user.py" not in reasons(proven(files, [out]))
    assert reasons(proven(files, [gone])) == {"app/user.py": "the names of a star would not be imported any more"}


def test_a_new_binding_is_refused() -> None:
    plan = planned("app/user.py", USER, b"Manager\n", b"Manager, helper\n")
    proof = proven(world({"app/user.py": USER}), [plan])
    assert reasons(proof) == {"app/user.py": "the name helper would be imported as well"}


def test_a_newly_dangling_import_is_refused_where_it_stands() -> None:
    plan = planned("app/user.py", USER, b"core.manager", b"core.unified")
    proof = proven(world({"app/user.py": USER}), [plan])
    said = "it would add to the imported names that nothing provides: app/user.py, app.core.unified, Manager"
    assert reasons(proof) == {"app/user.py": said}
    assert proof.holds


def test_a_newly_dangling_plain_import_is_refused() -> None:
    source = b"import app.core.manager\n"
    plan = planned("app/user.py", source, b"core.manager", b"core.nothing")
    assert "app/user.py" in reasons(proven(world({"app/user.py": source}), [plan]))


def test_a_name_that_dangles_already_is_none_of_ours() -> None:
    source = b"from app.core.manager import Manager\nfrom app.core.manager import ghost\nimport app.phantom\n"
    files = world({"app/user.py": source})
    proof = proven(files, migrated(files))
    assert reasons(proof) == {}
    assert proof.differences[0].before == proof.differences[0].after == 2


def test_what_stops_dangling_is_shown() -> None:
    source = b"from app.core.unified import Manager\n"
    change = Planned(FileChange("app/core/unified.py", b"", b"class Manager: ...\n"))
    proof = proven(world({"app/user.py": source}), [change])
    assert proof.differences[0].gone == (("app/user.py", "app.core.unified", "Manager"),)


def test_who_hands_a_name_on_is_blamed_for_an_unchanged_file_that_would_miss_it() -> None:
    facade = b"from app.core.manager import Manager\n"
    files = world({"app/facade.py": facade, "app/top.py": b"from app.facade import Manager\n", "app/user.py": USER})
    changed = Planned(FileChange("app/facade.py", facade, b"x = 1\n"))
    proof = proven(files, [changed, *(item for item in migrated(files) if item.path == "app/user.py")])
    assert list(reasons(proof)) == ["app/facade.py"]
    assert "app/top.py, app.facade, Manager" in reasons(proof)["app/facade.py"]
    assert [item.path for item in proof.accepted] == ["app/user.py"]


def test_a_changed_file_is_not_blamed_for_what_another_one_takes_from_it() -> None:
    facade = b"from app.core.manager import helper\n"
    user = b"from app.core.manager import Manager\nfrom app.facade import helper\npatch('app.facade.helper')\n"
    files = world({"app/facade.py": facade, "app/user.py": user})
    changed = Planned(FileChange("app/facade.py", facade, b"x = 1\n"))
    proof = proven(files, [changed, *migrated(files)])
    assert list(reasons(proof)) == ["app/facade.py"]
    assert "app/user.py" in {item.path for item in proof.accepted}


def test_a_changed_file_is_not_blamed_for_a_string_that_it_said_before() -> None:
    facade = b"from app.core.manager import helper\n"
    user = b"from app.core.manager import Manager\npatch('app.facade.helper')\n"
    files = world({"app/facade.py": facade, "app/user.py": user})
    changed = Planned(FileChange("app/facade.py", facade, b"x = 1\n"))
    proof = proven(files, [changed, *migrated(files)])
    assert list(reasons(proof)) == ["app/facade.py"]
    assert "app/user.py" in {item.path for item in proof.accepted}


def test_a_changed_file_is_blamed_for_a_string_that_it_says_now() -> None:
    user = b"from app.core.manager import helper\npatch('app.core.manager.helper')\n"
    files = world({"app/user.py": user})
    proof = proven(files, [Planned(FileChange("app/user.py", user, user.replace(b"r.helper", b"r.ghost")))])
    assert list(reasons(proof)) == ["app/user.py"]
    assert "app.core.manager.ghost" in reasons(proof)["app/user.py"]


def test_the_nearest_changed_module_of_a_chain_is_blamed() -> None:
    files = world(
        {
            "app/one.py": b"class X: ...\n",
            "app/two.py": b"from app.one import X\n",
            "app/three.py": b"from app.two import X\n",
        }
    )
    proof = proven(files, [Planned(FileChange("app/one.py", b"class X: ...\n", b"y = 1\n"))])
    assert list(reasons(proof)) == ["app/one.py"]


def test_a_star_is_followed_to_who_is_to_blame() -> None:
    files = world(
        {
            "app/one.py": b"class X: ...\n",
            "app/two.py": b"from app.one import *\n",
            "app/three.py": b"from app.two import X\n",
        }
    )
    proof = proven(files, [Planned(FileChange("app/one.py", b"class X: ...\n", b"y = 1\n"))])
    assert list(reasons(proof)) == ["app/one.py"]


def test_a_deleted_module_that_somebody_imports_is_refused() -> None:
    files = world({"app/gone.py": b"class X: ...\n", "app/user.py": b"def f():\n    from app.gone import X\n"})
    proof = proven(files, [Planned(FileChange("app/gone.py", files["app/gone.py"], None))])
    assert list(reasons(proof)) == ["app/gone.py"]


def test_a_deleted_module_that_nobody_imports_is_accepted() -> None:
    files = world({"app/gone.py": b"class X: ...\n"})
    proof = proven(files, [Planned(FileChange("app/gone.py", files["app/gone.py"], None))])
    assert len(proof.accepted) == 1


def test_a_deletion_is_accepted_together_with_the_edits_that_make_it_possible() -> None:
    files = world({"app/user.py": b"from app.old import One\n"})
    deletion = Planned(FileChange("app/old.py", files["app/old.py"], None))
    assert list(reasons(proven(files, [deletion]))) == ["app/old.py"]
    assert reasons(proven(files, [deletion, *migrated(files)])) == {}


def test_what_depends_on_a_refused_file_is_proved_again_and_refused_too() -> None:
    created = Planned(FileChange("app/fresh.py", None, b"class Fresh:\n"))
    user = planned("app/user.py", USER, b"core.manager import Manager", b"fresh import Fresh as Manager")
    proof = proven(world({"app/user.py": USER}), [created, user])
    assert set(reasons(proof)) == {"app/fresh.py", "app/user.py"}
    assert "app.fresh" in reasons(proof)["app/user.py"]


SHIM = b'from app.unified_shims import moved\nmoved(__name__, {"Old": "app.sick:New"}, since="1")\n'


def test_a_shim_whose_target_cannot_be_imported_is_refused_since_whoever_takes_the_name_would_fail() -> None:
    files = world(
        {
            "app/unified_shims.py": b"def moved(*_, **__): ...\n",
            "app/before.py": b"class Old: ...\nOTHER = 1\n",
            "app/sick.py": b"from app.ghost import x\nclass New: ...\n",
            "app/taker.py": b"from app.before import Old\n",
        }
    )
    proof = proven(files, [Planned(FileChange("app/before.py", files["app/before.py"], SHIM))])
    assert "cannot all be resolved" in reasons(proof)["app/before.py"]
    files["app/taker.py"] = b"def f():\n    from app.before import Old\n"  # it fails no earlier than it is called
    assert reasons(proven(files, [Planned(FileChange("app/before.py", files["app/before.py"], SHIM))])) == {}


def test_a_created_module_is_accepted_with_those_who_import_it() -> None:
    created = Planned(FileChange("app/fresh.py", None, b"class Fresh: ...\n"))
    user = planned("app/user.py", USER, b"core.manager import Manager", b"fresh import Fresh as Manager")
    assert reasons(proven(world({"app/user.py": USER}), [created, user])) == {}


def test_an_import_of_a_module_that_cannot_be_imported_is_refused() -> None:
    files = world(
        {
            "app/user.py": USER,
            "app/sick.py": b"from app.ghost import x\nclass S: ...\n",
            "app/top.py": b"import app.user\n",
        }
    )
    user = planned("app/user.py", USER, b"core.manager import Manager", b"sick import S as Manager")
    proof = proven(files, [user])
    assert list(reasons(proof)) == ["app/user.py"]
    assert "modules whose imports cannot all be resolved" in reasons(proof)["app/user.py"]


@pytest.mark.parametrize(
    "source",
    [
        b"try:\n    from app.sick import S\nexcept ImportError:\n    S = None\n",
        b"def f():\n    from app.sick import S\n",
        b"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.sick import S\n",
    ],
    ids=["guarded", "in a function", "for typing"],
)
def test_an_import_that_may_fail_makes_no_module_unimportable(source: bytes) -> None:
    files = world({"app/sick.py": b"from app.ghost import x\nclass S: ...\n", "app/user.py": source})
    found = MEASURES[1].of(view_of(files))
    assert found == {("app/sick.py",)}


def test_a_module_is_unimportable_when_what_it_imports_is() -> None:
    files = world(
        {
            "app/sick.py": b"from app.ghost import x\n",
            "app/user.py": b"import app.sick\n",
            "app/top.py": b"from app import user\n",
        }
    )
    assert MEASURES[1].of(view_of(files)) == {("app/sick.py",), ("app/user.py",), ("app/top.py",)}


def test_a_patched_path_that_would_lead_nowhere_is_refused_where_the_name_goes() -> None:
    facade = b"from app.core.manager import Manager, helper\n"
    files = world({"app/facade.py": facade, "app/test.py": b'patch("app.facade.helper")\n'})
    proof = proven(files, [Planned(FileChange("app/facade.py", facade, b"from app.core.manager import Manager\n"))])
    assert list(reasons(proof)) == ["app/facade.py"]
    assert "dotted strings that lead nowhere: app/test.py, app.facade.helper" in reasons(proof)["app/facade.py"]


def test_a_file_that_a_second_run_would_change_again_is_refused() -> None:
    source = b"x = 1\nfrom app.core.manager import Manager\nfrom app.core.manager import get_manager\n"
    half = planned("app/user.py", source, b"manager import get_manager", b"unified import get_manager")
    proof = proven(world({"app/user.py": source}), [half])
    assert "a second run would change line 2 again" in reasons(proof)["app/user.py"]


def test_another_measure_can_be_added() -> None:
    def long_files(view: View) -> frozenset[Item]:
        return frozenset((file.path,) for file in view.index.files if file.lines > 100)

    measure = Measure("files that are too long", long_files, lambda item, view: ())
    grown = Planned(FileChange("app/old.py", b"", b"x = 1\n" * 101))
    proof = proven(world({}), [grown], (measure,))
    assert reasons(proof) == {"app/old.py": "it would add to the files that are too long: app/old.py"}


def test_where_nobody_can_be_blamed_all_changes_are_refused() -> None:
    def total(view: View) -> frozenset[Item]:
        return frozenset({("elsewhere",)} if len(view.index.files) > len(world({})) else ())

    measure = Measure("too many files", total, lambda item, view: ())
    plans = [Planned(FileChange(path, None, b"x = 1\n")) for path in ("app/a.py", "app/b.py")]
    assert set(reasons(proven(world({}), plans, (measure,)))) == {"app/a.py", "app/b.py"}


def test_files_with_newer_syntax_are_proved_too() -> None:
    source = b"from app.core.manager import Manager\nx = f\"{d['a']} {'n' + \"b\"}\"\n"
    files = world({"app/user.py": source})
    proof = proven(files, migrated(files))
    assert "app/user.py" in {item.path for item in proof.accepted}


def test_a_module_and_its_stub_are_two_files() -> None:
    files = world({"app/user.py": USER, "app/user.pyi": USER})
    plans = [planned(path, USER, b"core.manager", b"core.unified") for path in ("app/user.py", "app/user.pyi")]
    assert set(reasons(proven(files, plans))) == {"app/user.py", "app/user.pyi"}


def test_the_modules_behind_an_item_are_those_it_leads_through_nearest_first() -> None:
    view = view_of(
        {
            "app/one.py": b"class X: ...\n",
            "app/two.py": b"from app.one import X\nfrom app.star import *\n",
            "app/three.py": b"import app.two\nimport os\n",
            "app/star.py": b"",
            "app/round.py": b"from app.round import X\n",
        }
    )
    names, modules, strings, _ = MEASURES
    assert list(names.suspects(("app/three.py", "app.two", "X"), view)) == ["app.two", "app.one"]
    assert list(names.suspects(("app/three.py", "app.two", "Y"), view)) == ["app.two", "app.star"]
    assert set(names.suspects(("app/three.py", "app.round", "X"), view)) == {"app.round"}
    assert list(modules.suspects(("app/three.py",), view)) == ["app.three", "app.two", "app.one", "app.star"]
    assert list(modules.suspects(("app/none.py",), view)) == []
    behind = dict.fromkeys(strings.suspects(("app/t.py", "app.two.X"), view))
    assert list(behind) == ["app.two.X", "app.two", "app.one", "app"]


def test_a_file_that_was_not_there_said_nothing_before() -> None:
    assert not MEASURES[0].said(("app/none.py", "app.old", "One"), view_of(world({})))
    assert not MEASURES[2].said(("app/none.py", "app.old.One"), view_of(world({})))


def test_a_dangling_name_in_a_function_makes_no_module_unimportable() -> None:
    source = b"def f():\n    from app.ghost import x\n    import app.phantom\n"
    assert MEASURES[1].of(view_of(world({"app/user.py": source}))) == frozenset()


def test_modules_that_import_each_other_are_unimportable_once() -> None:
    files = {
        "app/a.py": b"import app.b\nimport app.ghost\n",
        "app/b.py": b"import app.a\n",
        "app/c.py": b"import app.b\n",
    }
    assert MEASURES[1].of(view_of(files)) == {("app/a.py",), ("app/b.py",), ("app/c.py",)}
