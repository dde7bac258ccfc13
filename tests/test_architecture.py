"""What no linter says: what is loaded when, and which words stand where."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.cli.tool import REPOSITORY, started

HEAVY = frozenset({"jinja2", "libcst", "rope", "rich", "typer"})
PACKAGES = ("codemods", "reports", "unified_target")


@cache
def loaded(code: str) -> frozenset[str]:
    """The modules that a fresh Python has loaded after this code."""
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    answer = started([sys.executable, "-c", script], REPOSITORY)
    assert (answer.code, answer.err) == (0, "")
    return frozenset(json.loads(answer.out.splitlines()[-1]))


@pytest.mark.parametrize(
    "module",
    [
        "codemods.index.build", "codemods.inventory", "codemods.analysis.families", "codemods.plan", "codemods.sample",
        "reports.blocks", "reports.sections.extraction", "reports.formats.json", "reports.formats.markdown",
    ],
)  # fmt: skip
def test_a_module_for_every_run_loads_nothing_heavy(module: str) -> None:
    assert not HEAVY & loaded(f"import {module}")


HELP = """
from codemods.cli import main
for words in (["--help"], ["scan", "--help"], ["mro", "--help"], ["--version"]):
    sys.argv = ["wsconsolidate", *words]
    try:
        main()
    except SystemExit as stopped:
        assert not stopped.code
"""


def test_help_pays_for_no_library_but_its_own() -> None:
    assert HEAVY & loaded(HELP) == {"typer"}
    assert not {name for name in loaded(HELP) if name.startswith(("codemods.index", "codemods.analysis"))}


SCAN = """
from codemods.cli import main
sys.argv = ["wsconsolidate", "scan", "reports", "--no-plan", "--no-cache", "--format", "json"]
try:
    main()
except SystemExit as stopped:
    assert not stopped.code
print()
"""


def test_a_scan_of_ordinary_files_for_a_program_pays_for_neither_libcst_nor_rich() -> None:
    assert HEAVY & loaded(SCAN) == {"typer"}


def test_the_reports_know_nothing_of_the_tool() -> None:
    found = loaded("import reports.sections.extraction, reports.sections.mro, reports.sections.places")
    assert not [name for name in found if name.partition(".")[0] in {"codemods", "unified_target"}]


def product_files() -> list[Path]:
    """The product's own text files, without the plans, the sample, and what is shipped to replace the duplicates."""
    files = [path for package in PACKAGES[:2] for path in sorted((REPOSITORY / package).rglob("*"))]
    apart = {REPOSITORY / "codemods" / "plans", REPOSITORY / "codemods" / "sample"}
    text = [path for path in files if path.is_file() and path.suffix in {".py", ".toml", ".md", ".typed"}]
    return [path for path in text if apart.isdisjoint(path.parents)]


def test_nothing_outside_the_plans_and_the_sample_knows_the_words_of_one_code_base() -> None:
    assert len(product_files()) > 80
    # The shipped plan's file name and the demo's heading are what a user sees of the plan.
    allowed = {
        "codemods/plan.py": {'SHIPPED = "websocket.toml"'},
        "codemods/commands/demo.py": {"16 WebSocket classes in 13 modules"},
    }
    found = [
        f"{name}:{number}: {line.strip()}"
        for path in product_files()
        for name in [path.relative_to(REPOSITORY).as_posix()]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search("websocket|netra", line, re.IGNORECASE) and not any(part in line for part in allowed.get(name, ()))
    ]
    assert found == []


def test_every_module_is_named_in_the_guide_or_stands_in_a_folder_that_is() -> None:
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    single = [path.name for path in (REPOSITORY / "codemods").glob("*.py") if not path.name.startswith("_")]
    folders = [path.name for path in (REPOSITORY / "codemods").iterdir() if (path / "__init__.py").exists()]
    assert [name for name in single if not re.search(rf"\b{name}\b", guide)] == []
    assert [name for name in folders if not re.search(rf"\b{name}/", guide)] == []
