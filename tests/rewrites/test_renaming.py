"""Uses renamed after their import: only where nothing else in the file says either name."""

from __future__ import annotations

import ast

import pytest

from codemods.edits import Applicability, splice
from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.rewrites.opened import Opened
from codemods.rewrites.renaming import TakenError, rename_edits, renamings, told

UNIFIED = ("app.unified_manager",)
IMPORT = "from app.unified_manager import New as Old\n"


def opened(source: str) -> Opened:
    content = source.encode()
    return Opened(parse("app/user.py", module_name("app/user.py"), content, False).facts, content)


def renamed(source: str) -> str:
    file = opened(source)
    edits = [edit for renaming in renamings(file, UNIFIED) for edit in rename_edits(file, renaming)]
    assert all(edit.applicability is Applicability.SAFE for edit in edits)
    return splice(source.encode(), edits).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (IMPORT + "Old()\n", "from app.unified_manager import New\nNew()\n"),
        (IMPORT + "def f(x: Old = Old.of) -> Old:\n    return [Old, x.Old]\n", None),
        ("from app.unified_manager import (\n    New as Old,  # kept\n    other,\n)\nOld()\n", None),
        ("from .unified_manager import New as Old\r\nOld()\r\n", "from .unified_manager import New\r\nNew()\r\n"),
        (
            IMPORT + '"""What Old does."""\nOld()\n',
            'from app.unified_manager import New\n"""What Old does."""\nNew()\n',
        ),
        (IMPORT + "class A(Old): ...\n", "from app.unified_manager import New\nclass A(New): ...\n"),
        (
            f"from app.others import New as Mine; {IMPORT}Old(Mine)\n",
            "from app.others import New as Mine; from app.unified_manager import New\nNew(Mine)\n",
        ),
        (IMPORT + "try:\n    Old()\nexcept Old.Error:\n    pass\n", None),
    ],
    ids=[
        "a call",
        "annotations and attributes",
        "a list with a comment",
        "relative, CRLF",
        "a docstring",
        "a base",
        "two imports on a line",
        "a try",
    ],
)
def test_every_use_says_the_new_name_and_a_second_run_changes_nothing(before: str, after: str | None) -> None:
    found = renamed(before)
    assert found == after if after is not None else " as Old" not in found
    names = {node.id for node in ast.walk(ast.parse(found)) if isinstance(node, ast.Name)}
    assert "Old" not in names
    assert renamed(found) == found


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (IMPORT + "New = 1\n", "New means something else in line 2"),
        (IMPORT + "print(New)\n", "New is used already in line 2"),
        (IMPORT + "def f(New): ...\n", "New means something else"),
        (IMPORT + "def f():\n    Old = 1\n", "Old is bound more than once"),
        (IMPORT + "def f(Old): ...\n", "Old is bound more than once"),
        (IMPORT + "import Old\n", "Old is bound more than once"),
        (IMPORT + "try:\n    x\nexcept E as Old:\n    y\n", "Old is bound more than once"),
        (IMPORT + "match x:\n    case {'a': Old}:\n        y\n", "Old is bound more than once"),
        (IMPORT + "def f():\n    global Old\n", "Old is bound more than once"),
        (IMPORT + "x: 'Old'\n", "a string in line 2 says it"),
        (IMPORT + "patch('app.user.Old')\n", "a string in line 2 says it"),
        (IMPORT + "f'{Old}'\n", "a formatted string in line 2 uses it"),
    ],
    ids=[
        "the new name is bound",
        "the new name is used",
        "the new name is a parameter",
        "the old name is bound in a function",
        "the old name is a parameter",
        "the old name is imported once more",
        "an error is called so",
        "a pattern captures it",
        "a function declares it global",
        "a quoted annotation",
        "a path in a string",
        "a formatted string",
    ],
)
def test_it_is_refused_where_a_name_means_something_else_or_a_string_says_it(source: str, reason: str) -> None:
    file = opened(source)
    [renaming] = renamings(file, UNIFIED)
    with pytest.raises(TakenError, match=reason) as refused:
        rename_edits(file, renaming)
    place = told(file, renaming, str(refused.value))
    assert (place.line, place.reason) == (1, f"Old keeps its name: {refused.value}")
    assert place.advice


@pytest.mark.parametrize(
    "source",
    [
        "from app.unified_manager import New\nNew()\n",
        "from app.unified_manager import New as New\n",
        "from app.other import New as Old\nOld()\n",
        "import app.unified_manager as Old\n",
        "def f():\n    from app.unified_manager import New as Old\n    return Old\n",
    ],
    ids=["no alias", "an alias that is the name", "another module", "a module", "inside a function"],
)
def test_other_imports_are_none_of_its_business(source: str) -> None:
    assert list(renamings(opened(source), UNIFIED)) == []
