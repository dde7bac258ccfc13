"""The wheel holds the three packages with their data, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.tool import REPOSITORY, started

pytest.importorskip("hatchling", reason="the wheel is built with hatchling, without asking the network for it")
PACKAGES = ("codemods", "reports", "unified_target")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy with the leftovers of earlier runs in it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        if (REPOSITORY / name).exists():
            shutil.copy(REPOSITORY / name, source / name)
    for leftover in ("codemods/__pycache__/cli.cpython-311.pyc", "tests/test_x.py", "benchmarks/x.py", "build/x.py"):
        (source / leftover).parent.mkdir(parents=True, exist_ok=True)
        (source / leftover).touch()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=120)
    [built] = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The files in it."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_its_top_level_is_the_three_packages_and_its_own_description(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert len(tops) == 4


def test_it_holds_every_source_and_data_file_of_the_packages(names: list[str]) -> None:
    expected = {
        path.relative_to(REPOSITORY).as_posix()
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and ".pytest_cache" not in path.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == expected


def test_it_holds_the_plan_the_whole_sample_and_the_mark_of_typed_code(names: list[str]) -> None:
    sample = "codemods/sample/projects/chat/"
    assert {"codemods/plans/websocket.toml", "unified_target/py.typed"} <= set(names)
    for name in ("pyproject.toml", "README.md", "docs/architecture.md", "tests/conftest.py"):
        assert sample + name in names
    assert any(name.startswith(f"{sample}SPEC/") and name.endswith(".xml") for name in names)


def test_it_holds_the_templates_of_the_site(names: list[str]) -> None:
    home = "reports/site/templates/"
    assert {home + name for name in ("page.html", "parts.html", "site.css", "site.js")} <= set(names)


def test_it_holds_nothing_compiled_and_nothing_of_ours_beside_the_packages(names: list[str]) -> None:
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "build/"))]


def test_it_names_the_command_and_the_licence(wheel: Path, names: list[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [entry_points] = [name for name in names if name.endswith("entry_points.txt")]
        assert "wsconsolidate = codemods.cli:main" in archive.read(entry_points).decode()
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_what_was_installed_from_it_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    command = [sys.executable, "-m", "codemods", "demo"]
    answer = started(command, tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert (answer.code, answer.err) == (0, "")
    assert "16 of 16 found" in answer.out
