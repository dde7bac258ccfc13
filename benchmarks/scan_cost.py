"""What a scan costs beside `ast.parse` of the same files: CPU seconds, ratios and peak memory, alternating runs.

    python -m benchmarks.scan_cost FOLDER [--rounds 3] [--sizes]

Every figure is that of a whole process and its workers, as the operating system accounts for them; the ratio is taken
within each round, since a shared machine's speed drifts. `--sizes` also scans the first 500, 1000, 2000, 4000 files.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PARSE = """
import ast, sys, warnings
warnings.simplefilter("ignore")
for name in open(sys.argv[1]).read().split("\\0"):
    try:
        ast.parse(open(name, "rb").read())
    except (SyntaxError, ValueError):
        pass
"""


def cost(command: list[str], **environment: str) -> tuple[float, float]:
    """CPU seconds of a command with its children, and the peak memory of its largest process in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    full = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    subprocess.run(command, env=full, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1024


def scan(folder: Path, cache: Path, *options: str) -> tuple[float, float]:
    """A scan with a cache of its own."""
    command = [sys.executable, "-m", "codemods", "scan", str(folder), *options]
    return cost(command, XDG_CACHE_HOME=str(cache))


def parse(files: list[Path], scratch: Path) -> tuple[float, float]:
    """The rival: `ast.parse` of every file, in one process, nothing else."""
    names = scratch / "names"
    names.write_text("\0".join(map(str, files)), encoding="utf-8", errors="surrogateescape")
    return cost([sys.executable, "-c", PARSE, str(names)])


def change_one(folder: Path, number: int) -> None:
    """Change one file as a programmer does: a new function at its end."""
    target = sorted(folder.rglob("*.py"))[len(list(folder.rglob("*.py"))) // 2]
    with target.open("a", encoding="utf-8") as stream:
        stream.write(f"\n\ndef benchmark_change_{number}():\n    return {number}\n")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        tree = scratch / "tree"
        shutil.copytree(options.folder, tree, ignore=lambda _, names: [n for n in names if n == ".git"])
        files = sorted(tree.rglob("*.py"))
        rounds(tree, files, scratch, options.rounds)
        if options.sizes:
            sizes(tree, files, scratch)


def rounds(tree: Path, files: list[Path], scratch: Path, count: int) -> None:
    """Parse, cold scan, warm scan after a change, in turn."""
    ratios: list[float] = []
    warm: list[float] = []
    for number in range(count):
        cache = scratch / f"cache{number}"
        rival, _ = parse(files, scratch)
        cold, memory = scan(tree, cache)
        change_one(tree, number)
        again, _ = scan(tree, cache)
        ratios.append(cold / rival)
        warm.append(again)
        print(
            f"{len(files)} files: ast.parse {rival:.2f} s, cold scan {cold:.2f} s ({cold / rival:.2f} times), "
            f"one file changed {again:.2f} s, largest process so far {memory:.0f} MB",
            flush=True,
        )
    print(f"median: cold {statistics.median(ratios):.2f} times ast.parse, warm {statistics.median(warm):.2f} CPU-s")


def sizes(tree: Path, files: list[Path], scratch: Path) -> None:
    """How the cost grows with the number of files."""
    for count in (500, 1000, 2000, 4000, len(files)):
        part = scratch / f"part{count}"
        for file in files[:count]:
            target = part / file.relative_to(tree)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        rival, _ = parse(sorted(part.rglob("*.py")), scratch)
        cold, _ = scan(part, scratch / f"sizes{count}")
        print(f"{count} files: ast.parse {rival:.2f} s, cold scan {cold:.2f} s ({cold / rival:.2f} times)", flush=True)
        shutil.rmtree(part)


if __name__ == "__main__":
    main()
