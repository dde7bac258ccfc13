"""The unified modules stand alone: copied anywhere, they need Python and nothing else."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import unified_target

PACKAGE = Path(unified_target.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
OPTIONAL = {"orjson", "redis", "prometheus_client", "opentelemetry"}


def imports(tree: ast.AST, inside: bool = False) -> Iterator[tuple[str, bool]]:
    """Absolute imports: the top-level package, and whether it is imported inside a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0], inside
        yield from imports(node, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_the_standard_library_at_its_top_and_optional_packages_only_where_they_are_used(
    path: Path,
) -> None:
    for package, inside in imports(ast.parse(path.read_text("utf-8"))):
        assert package in sys.stdlib_module_names or (inside and package in OPTIONAL), package


def test_a_copy_in_another_package_works_in_an_interpreter_without_any_installed_package(tmp_path: Path) -> None:
    package = tmp_path / "app" / "websockets_core"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "app" / "__init__.py").touch()
    names = [path.relative_to(tmp_path).with_suffix("").as_posix().replace("/", ".") for path in package.rglob("*.py")]
    modules = [name.removesuffix(".__init__") for name in names if "unified" in name or "bridge" in name]
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfor name in {modules}: __import__(name)\n"
    code += "print(sorted(m for m in sys.modules if m.split('.')[0] in ('fastapi', 'starlette', 'redis', 'orjson')))"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "[]\n", "")
    checked = "app.websockets_core.unified_delivery.conformance"
    code = (
        f"import sys, runpy; sys.path.insert(0, {str(tmp_path)!r}); runpy.run_module({checked!r}, run_name='__main__')"
    )
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert '"holds": false' not in ran.stdout
