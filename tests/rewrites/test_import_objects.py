"""The parts beneath the rewrite of imports and strings: graph, chains, what takes whose place."""

from __future__ import annotations

import ast

import pytest

from codemods.index.resolve import Resolver
from codemods.rewrites.chains import binders, chains, quoted_chains
from codemods.rewrites.import_graph import ImportGraph
from codemods.rewrites.import_text import Target, rewritten
from codemods.rewrites.imports import ImportRewriter
from codemods.rewrites.moves import Moves, Successors
from codemods.rewrites.opened import Around, Opened
from codemods.rewrites.references import ReferenceRewriter
from tests.rewrites.cases.reading import MOVES, NAMES, facts_of, index_of, rewrite, told, world


def graph(files: dict[str, str]) -> ImportGraph:
    index = index_of({path: text.encode() for path, text in files.items()})
    return ImportGraph(index, lambda file, module, name: "")


def test_a_module_that_imports_back_closes_a_cycle() -> None:
    found = graph({"a.py": "", "b.py": "import c", "c.py": "import a"})
    assert found.cycle("a", "b") == ("b", "c", "a")
    assert found.cycle("b", "a") == ()
    assert found.cycle("a", "a") == ("a",)


def test_imports_that_run_later_close_no_cycle() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\ndef f():\n    import a\n"
    assert graph({"a.py": "", "b.py": source}).cycle("a", "b") == ()


def test_imports_in_a_class_a_try_or_a_condition_run_at_import() -> None:
    for source in (
        "class C:\n    import a",
        "try:\n    import a\nexcept ImportError:\n    pass",
        "if x:\n    import a",
    ):
        assert graph({"a.py": "", "b.py": source}).cycle("a", "b") == ("b", "a")


def test_the_packages_around_a_new_module_run_first() -> None:
    files = {"a.py": "", "p/__init__.py": "import a", "p/new.py": ""}
    assert graph(files).cycle("a", "p.new") == ("p", "a")
    assert graph({**files, "a.py": "import p.old", "p/old.py": ""}).cycle("a", "p.new") == ()


def test_the_package_around_both_is_being_imported_already() -> None:
    assert graph({"p/__init__.py": "import p.m", "p/m.py": "", "p/new.py": ""}).cycle("p.m", "p.new") == ()


def test_a_package_may_import_what_lies_in_it() -> None:
    files = {"p/__init__.py": "", "p/new.py": "import p.other", "p/other.py": ""}
    assert graph(files).cycle("p", "p.new") == ()
    assert graph({**files, "p/new.py": "from p import name"}).cycle("p", "p.new") == ("p.new", "p")


def test_a_chain_that_the_import_before_ran_as_well_is_no_new_cycle() -> None:
    files = {
        "a.py": "from old import X",
        "old.py": "import p.any",
        "p/__init__.py": "import a",
        "p/new.py": "",
        "p/any.py": "",
    }
    found = graph(files)
    (statement,) = found.index.modules["a"].imports
    assert found.cycle("a", "p.new") == ("p", "a")
    assert found.cycle("a", "p.new", statement) == ()
    assert graph({**files, "p/new.py": "import a"}).cycle("a", "p.new", statement) == ("p.new", "a")


def test_the_graph_follows_imports_as_they_will_be() -> None:
    index = index_of({"a.py": b"", "b.py": b"from old import X", "old.py": b"import a", "new.py": b""})
    assert ImportGraph(index, lambda file, module, name: "").cycle("a", "b") == ("b", "old", "a")
    assert ImportGraph(index, lambda file, module, name: "new").cycle("a", "b") == ()


def test_two_new_imports_that_close_a_cycle_together_are_both_refused() -> None:
    files = {
        "app/left.py": b"class Left: ...\nfrom app.old import Two\n",
        "app/right.py": b"class Right: ...\nfrom app.old import One\n",
    }
    moves = Moves({"app.old.One": "app.left.Left", "app.old.Two": "app.right.Right"})
    for path, source in files.items():
        found = rewrite(path, source, files, moves)
        assert found.safe == ()
        assert "close the import cycle" in told(found)[0].reason


def test_binders_are_found_in_every_scope() -> None:
    source = (
        "import m\nimport m.sub\nfrom x import y as m\nm = 1\nm: int = 2\nfor m in (): pass\ndef m(): ...\n"
        "class m: ...\ndef f(m, *, n=(m := 3)): ...\nwith x as m: ...\ntry: ...\nexcept E as m: ...\n"
        "match x:\n    case m: ...\n    case [*m]: ...\n    case {**m}: ...\n    case m.x: ...\nlambda m: 1\ndel m\n"
        "async def m(): ...\n[m for m in x]\nm.attribute = 1\nother(m)\n"
    )
    assert len(list(binders(ast.parse(source), "m"))) == 19


def test_chains_are_as_long_as_they_go() -> None:
    found = {(chain.root.id, *chain.parts) for chain in chains(ast.parse("a.b.c(d.e)[f].g; (h or i).j; k"))}
    assert found == {("a", "b", "c"), ("d", "e"), ("f",), ("h",), ("i",), ("k",)}


def test_quoted_chains_are_expressions_only() -> None:
    source = "x: 'm.A'\ny = 'see m.A for more'\nz = 'list[m.B]'\nw = b'm.C'\nv = 'other.m.D'\n"
    found = [chain.parts for _, chain in quoted_chains(ast.parse(source), {"m"})]
    assert found == [("A",), ("B",)]


def test_only_files_with_an_import_that_is_concerned_are_to_be_read() -> None:
    files = world(
        {
            "app/a.py": b"from app.core.manager import Manager\n",
            "app/b.py": b"from app.core.manager import helper\nfrom os import path\nimport json\n",
            "app/c.py": b"def f():\n    import app.core.manager\n",
            "app/d.py": b"from app.core.manager import *\n",
            "app/e.py": b"from app.core import manager\n",
            "app/f.py": b"x = 'app.core.manager.Manager'\n",
            "app/g.py": b"from app.other.manager import *\n",
            "app/h.py": b"import app\n",
        }
    )
    found = ImportRewriter(MOVES, Resolver(index_of(files))).files
    assert [path for path in found if len(path) == 8] == [f"app/{name}.py" for name in "acdeh"]


def test_a_file_that_is_not_concerned_is_not_opened() -> None:
    files = world({"app/a.py": b"x = 1\n"})
    rewriter = ReferenceRewriter(MOVES, Resolver(index_of(files)))
    assert not rewriter.may_concern("app/a.py", b"x = 1\n")
    assert rewriter.rewrite("app/a.py", b"x = 1\n").edits == ()
    assert rewriter.rewrite("app/no/such.py", b"x = 1\n").edits == ()


def test_content_that_is_not_what_was_indexed_is_an_error() -> None:
    files = world({"app/a.py": b"from app.core.manager import Manager\n"})
    rewriter = ReferenceRewriter(MOVES, Resolver(index_of(files)))
    with pytest.raises(SyntaxError):
        rewriter.rewrite("app/a.py", b"from app.core.manager import (\n")


def test_the_answer_names_its_file_though_there_is_nothing_to_do() -> None:
    assert rewrite("app/user.py", b"x = 1\n").path == "app/user.py"


def test_without_moves_nothing_is_to_do() -> None:
    source = b"from app.core.manager import Manager\nimport app.core.manager as m\nx = 'app.core.manager.Manager'\n"
    assert rewrite("app/user.py", source, moves=Moves({})).edits == ()


def test_a_new_name_that_the_encoding_cannot_spell_is_told() -> None:
    others = {"app/new.py": "class Ω: ...\n".encode()}
    source = b"# coding: latin-1\nfrom app.old import One\n"
    found = rewrite("app/user.py", source, others, Moves({"app.old.One": "app.new.Ω"}))
    assert found.safe == ()
    [edit] = told(found)
    assert "cannot spell" in edit.reason
    assert (found.path, edit.path, edit.line, edit.start, edit.end) == ("app/user.py", "app/user.py", 1, 0, 0)


def test_a_replaced_module_that_is_imported_for_its_effect_is_told() -> None:
    moves = Moves(NAMES, replaced=frozenset({"app.core.manager"}))
    found = rewrite("app/user.py", b"import app.core.manager\n", moves=moves)
    assert "nothing of it is used here" in told(found)[0].reason


def test_a_module_object_is_held_back_with_one_of_its_names() -> None:
    moves = Moves(NAMES, held={("app/user.py", "app.core.manager.Manager"): "line 3 calls run(a, b)"})
    found = rewrite("app/user.py", b"import app.core.manager as m\nm.Manager\n", moves=moves)
    assert found.safe == ()
    assert "line 3 calls run(a, b)" in told(found)[0].reason


def test_a_plain_import_of_another_top_level_package_would_bind_another_name() -> None:
    others = {"lib/__init__.py": b"", "lib/new.py": b"class One: ...\n"}
    found = rewrite("app/user.py", b"import app.old\napp.old.One\n", others, Moves({"app.old.One": "lib.new.One"}))
    assert "would bind another name" in told(found)[0].reason


def test_a_top_level_module_can_take_the_place_under_an_alias_only() -> None:
    others = {"single.py": b"class One: ...\n"}
    moves = Moves({"app.old.One": "single.One"})
    assert [
        edit.replacement for edit in rewrite("app/user.py", b"import app.old as o\no.One\n", others, moves).safe
    ] == [b"import single as o"]
    found = rewrite("app/user.py", b"from app import old\nold.One\n", others, moves)
    assert "is in no package" in told(found)[0].reason


def test_a_top_level_module_can_be_replaced_under_its_own_name() -> None:
    others = {"single.py": b"class One: ...\n"}
    found = rewrite("app/user.py", b"import single\nsingle.One\n", others, Moves({"single.One": "app.new.One"}))
    assert [edit.replacement for edit in found.safe] == [b"import app.new as single"]


def test_a_name_of_a_module_object_whose_successor_is_missing_keeps_the_object() -> None:
    moves = Moves({"app.old.One": "app.new.Ghost"})
    found = rewrite("app/user.py", b"import app.old as o\no.One\n", moves=moves)
    assert found.safe == ()
    assert "does not exist" in told(found)[0].reason


def test_the_modules_of_moved_definitions_are_known() -> None:
    successors = Successors(MOVES, Resolver(index_of(world({}))))
    assert successors.holders == {"app.core.manager", "app.old"}
    assert successors.one_module("app.old") == "app.new"
    assert successors.one_module("app.core.manager") == ""
    assert successors.one_module("app.core") == ""


def test_a_star_has_no_names_to_write() -> None:
    with pytest.raises(ValueError, match="no import of names"):
        rewritten("from a import *", [Target("b", "c")], Around(True, "", "", "\n"))


def test_a_file_that_does_not_parse_cannot_be_opened() -> None:
    with pytest.raises(SyntaxError):
        Opened(facts_of("app/user.py", b"x = 1\n"), b"x = (\n")
