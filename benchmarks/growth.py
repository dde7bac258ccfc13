"""How the cost of a scan grows with the code base: one tree laid out several times under different packages.

    python -m benchmarks.growth FOLDER [--copies 1 2 5 10] [-- OPTION OF SCAN ...]

The first copy is the tree as it is; the others stand in `part02`, `part03` and so on, and import, and name in strings,
what stands in their own part. Each size is scanned cold, then with one file changed, then with nothing changed. CPU
seconds are those of the whole run with its workers; memory is the peak of the first process and that of the largest of
the others.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parent.parent
# The figures go to a file: the streams are the program's own.
MEASURED = """
import resource, sys
from codemods.cli import main
figures, code = sys.argv.pop(1), 0
try:
    main()
except SystemExit as stopped:
    code = stopped.code
own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
seconds = sum(found.ru_utime + found.ru_stime for found in (own, others))
open(figures, "w").write(f"{seconds} {own.ru_maxrss / 1024} {others.ru_maxrss / 1024}")
sys.exit(code)
"""


class Cost(NamedTuple):
    """What one run took: CPU seconds, and the peaks in MB."""

    seconds: float
    first: float
    worker: float


def scan(tree: Path, scratch: Path, options: list[str]) -> Cost:
    """A scan with a cache of its own."""
    figures = scratch / "figures"
    command = [sys.executable, "-c", MEASURED, str(figures), "scan", str(tree), *options]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "XDG_CACHE_HOME": str(scratch / "cache")}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return Cost(*map(float, figures.read_text().split()))


def add_part(source: Path, tree: Path, number: int) -> int:
    """One more copy of the Python files; returns how many lines it has."""
    part = f"part{number:02}" if number > 1 else ""
    moved, lines = _moved(source), 0
    for path in source.rglob("*.py"):
        content = path.read_bytes()
        lines += content.count(b"\n")
        place = tree / part / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(moved.sub(rf"\g<0>{part}.".encode(), content) if part else content)
    return lines


def _moved(source: Path) -> re.Pattern[bytes]:
    """Where the name of a top-level package is about to stand in an import, or at the start of a dotted string."""
    names = b"|".join(sorted(name.encode() for name in _packages(source)))
    return re.compile(rb"^\s*(?:from|import)\s+(?=(?:%s)\b)|[\"'](?=(?:%s)\.)" % (names, names), re.MULTILINE)


def _packages(source: Path) -> Iterator[str]:
    for path in source.iterdir():
        if path.is_dir() and path.name.isidentifier() and next(path.rglob("*.py"), None):
            yield path.name


def change_one(tree: Path) -> None:
    """Change one file as a programmer does: a new function at its end."""
    target = min(tree.rglob("*.py"))
    with target.open("a", encoding="utf-8") as stream:
        stream.write("\n\ndef benchmark_change():\n    return 1\n")


def main() -> None:
    """Print a line for each size and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 2, 5, 10])
    parser.add_argument("options", nargs="*", help="Given to scan, behind --.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tree, lines = Path(scratch, "tree"), 0
        for number in range(1, max(asked.copies) + 1):
            lines += add_part(asked.folder, tree, number)
            if number in asked.copies:
                measure(tree, Path(scratch), lines / 1e6, number, asked.options)


def measure(tree: Path, scratch: Path, millions: float, copies: int, options: list[str]) -> None:
    """Scan the tree as it stands: cold, one file changed, nothing changed."""
    shutil.rmtree(scratch / "cache", ignore_errors=True)
    for state in ("cold", "one file changed", "nothing changed"):
        if state == "one file changed":
            change_one(tree)
        cost = scan(tree, scratch, options)
        print(
            f"{copies} copies, {millions:.1f} million lines, {state}: {cost.seconds:.1f} CPU-s, "
            f"{cost.seconds / millions:.2f} per million lines; "
            f"{cost.first:.0f} MB, {cost.first / millions:.0f} per million lines; largest worker {cost.worker:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
