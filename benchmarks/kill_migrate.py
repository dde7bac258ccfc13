"""SIGKILL at random moments of a migration: what is left must be undone to the byte, or completed.

    python -m benchmarks.kill_migrate [FOLDER] [--kills 200] [--seed 11]

Without a folder it is the embedded sample; a folder is copied first. Nine kills in ten aim at the writing: they come
within `--spread` seconds after the journal's first folder appears, the others anywhere before. In turn, what is left is
undone, or completed and then undone; the whole tree is compared with before each time, by content and mode. Exit code 1
when one comparison fails. A tenth of the kills and more must fall between "before" and "after" to say much.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from codemods.sample import lay_out

REPOSITORY = Path(__file__).resolve().parent.parent
State = dict[str, tuple[bytes, int]]


class Victim:
    """One tree that is migrated and killed again and again; `spread` in seconds."""

    def __init__(self, root: Path, spread: float, chance: random.Random) -> None:
        self.root, self.spread, self.chance = root, spread, chance
        self.before = self.state()
        self.run("migrate")
        self.after = self.state()
        self.run("undo")
        self.told: Counter[str] = Counter()

    def run(self, word: str) -> None:
        """Migrate, or undo everything, in peace."""
        subprocess.run(self._command(word), cwd=REPOSITORY, check=False, stdout=subprocess.DEVNULL)

    def kill(self, anywhere: bool, complete: bool) -> bool:
        """Kill one migration; whether the tree is then brought back to what it was."""
        command = self._command("migrate")
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=quiet, stderr=quiet, start_new_session=True)
        if not anywhere:
            self._await_writing(process)
        time.sleep(self.chance.random() * self.spread * (6 if anywhere else 1))
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        left = self.state()
        self.told["before" if left == self.before else "after" if left == self.after else "between"] += 1
        if complete:
            self.run("migrate")
        completed = not complete or self.state() == self.after
        self.run("undo")
        return completed and self.state() == self.before

    def _await_writing(self, process: subprocess.Popen[bytes]) -> None:
        while not (self.root / ".wsconsolidate" / "run-0001").exists() and process.poll() is None:
            time.sleep(0.0003)

    def _command(self, word: str) -> list[str]:
        option = "--all" if word == "undo" else "--allow-dirty"
        return [sys.executable, "-m", "codemods", word, str(self.root), option]

    def state(self) -> State:
        """Every file but the journal's, by content and mode."""
        ours = {".wsconsolidate", "__pycache__"}
        files = (path for path in self.root.rglob("*") if ours.isdisjoint(path.relative_to(self.root).parts))
        plain = (path for path in files if path.is_file() and not path.is_symlink())
        return {str(path): (hashlib.sha1(path.read_bytes()).digest(), path.stat().st_mode) for path in plain}


def main() -> int:
    """Print where the kills fell and whether one did harm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--spread", type=float, default=0.25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        root = shutil.copytree(options.folder, place / "tree", symlinks=True) if options.folder else lay_out(place)
        victim = Victim(root, options.spread, random.Random(options.seed))
        harmed = sum(not victim.kill(not number % 10, number % 2 == 1) for number in range(options.kills))
    print(f"{options.kills} kills: {dict(victim.told)}; {harmed} did harm")
    return int(harmed > 0)


if __name__ == "__main__":
    sys.exit(main())
