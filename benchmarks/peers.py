"""What a cold scan costs beside tools that also read classes: griffe and pyreverse, in turn, CPU seconds and ratios.

    python -m benchmarks.peers ROOT FOLDER [--rounds 2]

FOLDER is a package below ROOT, such as netra_backend/app. The peers are taken from the Python that `--peers` names
(`pip install griffe pylint` there); they are not dependencies of this project. A peer that crashes is shown with its
exit code and what it had cost by then.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def cost(command: list[str], folder: Path, **environment: str) -> tuple[float, int]:
    """CPU seconds of a command with its children, and its exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.returncode


def main() -> None:
    """Print one line a round and the median ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("folder")
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    package = options.folder.replace("/", ".")
    rivals = {
        "griffe dump": [options.peers, "-m", "griffe", "dump", package, "-o", os.devnull],
        "pyreverse": [options.peers, "-m", "pylint.pyreverse.main", "-o", "mmd", "-d", "{out}", options.folder],
    }
    ratios: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as scratch:
            ours = [sys.executable, "-m", "codemods", "scan", str(options.root / options.folder), "--no-cache"]
            mine, code = cost(ours, Path(scratch), PYTHONPATH=str(REPOSITORY))
            print(f"wsconsolidate scan {mine:.2f} s (exit {code})", flush=True)
            for name, command in rivals.items():
                full = [part.format(out=scratch) for part in command]
                theirs, code = cost(full, options.root, PYTHONPATH=str(options.root))
                ratios[name].append(theirs / mine)
                print(f"{name} {theirs:.2f} s (exit {code}), {theirs / mine:.1f} times", flush=True)
    for name, found in ratios.items():
        print(f"median: {name} {statistics.median(found):.1f} times")


if __name__ == "__main__":
    main()
