"""What the gate costs on a code base: a whole run with nothing known, one when no fact has changed, one file alone.

    python -m benchmarks.check_cost FOLDER [FILE]

CPU seconds of all processes, the median of five runs; beside them what `python -c pass` and the program's own `--help`
cost, which no run can do without. Without FILE the first file below the folder is judged alone.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from codemods.source.discover import discover

RUNS = 5


def cpu_seconds(command: list[str], cache: str) -> float:
    """What one run of a command costs, with its cache in a folder of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode > 1:
        raise SystemExit(done.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print one line for each kind of run."""
    root = sys.argv[1]
    file = sys.argv[2] if len(sys.argv) > 2 else str(Path(root) / discover(Path(root)).files[0])
    check = [sys.executable, "-m", "codemods", "check", root]
    with tempfile.TemporaryDirectory() as cache:
        print(f"whole, nothing known   {cpu_seconds(check, cache):6.2f} CPU-s")
        for name, command in (
            ("whole, nothing changed", check),
            ("one file alone", [*check, file]),
            ("--help", [sys.executable, "-m", "codemods", "check", "--help"]),
            ("python -c pass", [sys.executable, "-c", "pass"]),
        ):
            cost = statistics.median(cpu_seconds(command, cache) for _ in range(RUNS))
            print(f"{name:<22} {cost:6.2f} CPU-s")


if __name__ == "__main__":
    main()
