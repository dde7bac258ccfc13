"""What a whole migration costs beside a scan, and beside the stock tools that rename one class; right beside cheap.

    python -m benchmarks.migrate_cost FOLDER [--rounds 3] [--files 40]

`migrate` is the plan of all classes with its proof, from a cold start (`--diff`: nothing is written). The rivals get
one class, and of the files that name it every n-th until `--files` are chosen; their cost is scaled to all of those
files. LibCST's RenameCommand and ast-grep (`pip install ast-grep-cli`; left out where it is missing) both rewrite
copies. "left" counts the import statements of the class that still name its old module, "broken" files that no longer
parse. CPU seconds with all child processes, as a ratio to ours within the run: seconds alone say nothing of a shared
machine.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import statistics
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path

from benchmarks.scan_cost import cost
from codemods.migration.layout import Layout
from codemods.plan import Plan, load_plan

LIBCST = """
import sys
from libcst.codemod import CodemodContext
from libcst.codemod.commands.rename import RenameCommand
import libcst
from libcst.metadata import MetadataWrapper
old, new, names = sys.argv[1], sys.argv[2], open(sys.argv[3]).read().split("\\0")
for name in names:
    source = open(name, encoding="utf-8").read()
    try:
        command = RenameCommand(CodemodContext(filename=name), old, new)
        open(name, "w", encoding="utf-8").write(command.transform_module(libcst.parse_module(source)).code)
    except Exception as error:  # the rival's failures are counted as what it left
        print(name, type(error).__name__, file=sys.stderr)
"""


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=40)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        ours = beside_a_scan(options.folder, options.rounds, Path(scratch))
        beside_the_rivals(options.folder, options.files, ours, Path(scratch))


def beside_a_scan(folder: Path, rounds: int, scratch: Path) -> float:
    """Scan and migrate in pairs; the CPU seconds of a migration."""
    tool = [sys.executable, "-m", "codemods"]
    ratios, seconds, peak = [], [], 0.0
    for _ in range(rounds):
        scan, _ = cost([*tool, "scan", str(folder), "--no-cache", "--out", str(scratch / "reports")])
        migrate, memory = cost([*tool, "migrate", str(folder), "--no-cache", "--diff"])
        ratios.append(migrate / scan)
        seconds.append(migrate)
        peak = max(peak, memory)
    middle = statistics.median(seconds)
    print(f"migrate, all classes, cold: {middle:.1f} CPU s, {statistics.median(ratios):.2f} times a cold scan,")
    print(f"ratios {', '.join(f'{ratio:.2f}' for ratio in ratios)}; peak {peak:.0f} MB\n")
    return middle


def beside_the_rivals(folder: Path, count: int, ours: float, scratch: Path) -> None:
    """One class, by each rival on its own copy of some of the files that name it."""
    plan = load_plan()
    old, new = _old_and_new(plan)
    named = [path for path in sorted(folder.rglob("*.py")) if old.rpartition(".")[2].encode() in path.read_bytes()]
    chosen = named[:: max(1, len(named) // count)][:count]
    print(f"{old}\nrivals: {len(chosen)} of {len(named)} files that name it, scaled to all\n")
    print(f"{'':22}{'CPU s for all':>14}{'of ours':>9}{'left':>6}{'broken':>8}")
    print(f"{'before':22}{'':>14}{'':>9}{left(chosen, old):>6}{broken(chosen):>8}")
    for name, command in _rivals(old, new).items():
        copies = _copied(chosen, scratch / name)
        if shutil.which(command[0]) is None:
            print(f"{name:22}  not installed")
            continue
        names = scratch / "names"
        names.write_text("\0".join(map(str, copies)), encoding="utf-8")
        arguments = [
            str(names) if word == "NAMES" else str(scratch / name) if word == "FOLDER" else word for word in command
        ]
        spent = cost(arguments)[0] * len(named) / len(chosen)
        print(f"{name:22}{spent:>14.1f}{spent / ours:>9.1f}{left(copies, old):>6}{broken(copies):>8}")
    print("ours: all classes, all files, and the proof; `migrate --out FOLDER` lists what it left, with reasons")


def _old_and_new(plan: Plan) -> tuple[str, str]:
    first = plan.classes[0]
    return first.dotted, Layout(plan.destination, "", "", "").dotted(first.target)


def _rivals(old: str, new: str) -> dict[str, list[str]]:
    (module, _, name), (home, _, unified) = old.rpartition("."), new.rpartition(".")
    pattern, rewrite = f"from {module} import {name}", f"from {home} import {unified} as {name}"
    return {
        "LibCST RenameCommand": [sys.executable, "-c", LIBCST, old, new, "NAMES"],
        "ast-grep": ["ast-grep", "run", "-l", "py", "-p", pattern, "-r", rewrite, "-U", "FOLDER"],
    }


def _copied(files: Iterable[Path], folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    return [Path(shutil.copy(path, folder / f"{number}.py")) for number, path in enumerate(files)]


def left(files: Iterable[Path], old: str) -> int:
    """The import statements that still take the class from its old module."""
    module, _, name = old.rpartition(".")
    trees = (_tree(path) for path in files)
    nodes = (node for tree in trees if tree is not None for node in ast.walk(tree))
    return sum(
        isinstance(node, ast.ImportFrom) and node.module == module and any(alias.name == name for alias in node.names)
        for node in nodes
    )


def broken(files: Iterable[Path]) -> int:
    """The files that do not parse."""
    return sum(_tree(path) is None for path in files)


def _tree(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError:
        return None


if __name__ == "__main__":
    main()
