"""Seek bytes that break a reader or a writer: the targets of `tests/fuzz`, driven by atheris (libFuzzer).

    python -m benchmarks.fuzz [TARGET ...] [--minutes 5] [--keep] [--max-length 2048]

Each target gets its share of the minutes; without one all of them do. It starts from the kept corpus and from seeds:
the embedded sample, the cases of the rewriters, the plans of the tests. What breaks a target is printed and written to
`.fuzz/TARGET/broken`, once for each place that it breaks at, and the search goes on; exit code 1 then. `--keep`
merges into the corpus what reaches code that the corpus does not reach, smallest first, up to 60 kB for each target.

Needs `pip install 'wsconsolidate[robust]'`.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import atheris

with atheris.instrument_imports(include=["codemods"]):
    from tests.fuzz.targets import CORPUS, TARGETS

REPOSITORY = Path(__file__).resolve().parent.parent
WORK, FOLDER = REPOSITORY / ".fuzz", REPOSITORY / "tests" / "fuzz"
KEPT = 60_000  # bytes of corpus for each target
BROKE = "broke-"  # how the name of an input begins that is kept whatever it reaches
SEED_LENGTH = 6_000
Way = tuple[str, int, int]
WORDS = {"index": "python", "rewriting": "python", "plan": "toml", "edits": "edits"}


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Another input: now as libFuzzer would make it, now with lines and words moved about."""
    chance = random.Random(seed)
    if chance.random() < 0.4:
        return bytes(atheris.Mutate(data, most))
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(WAYS)(data, chance)
    return data[:most]


def _line_in(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    indent = b"\t" * (chance.random() < 0.1) + b"    " * chance.choice((0, 0, 1, 2))
    end = chance.choice((b"\n", b"\n", b"\r\n", b"\r", b""))
    lines.insert(chance.randint(0, len(lines)), indent + chance.choice(SNIPPETS) + end)
    return b"".join(lines)


def _word_in(data: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(data))
    return data[:place] + chance.choice(SNIPPETS) + data[place + chance.choice((0, 0, 3)) :]


def _line_moved(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 1, 2))):
        lines.insert(chance.randint(0, len(lines)), line)
    return b"".join(lines)


def _part_out(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + data[start + chance.randint(1, 40) :]


def _word_repeated(data: bytes, chance: random.Random) -> bytes:
    words = list(re.finditer(rb"\w+|[^\w\s]+", data))
    if len(words) < 2:
        return data
    taken, replaced = chance.choice(words), chance.choice(words)
    return data[: replaced.start()] + taken[0] + data[replaced.end() :]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _line_in, _line_in, _word_in, _line_moved, _part_out, _word_repeated,
)  # fmt: skip
SNIPPETS: list[bytes] = []  # of the target at work


def snippets(target: str) -> list[bytes]:
    """What to put in: a line each of a file, escaped as in Python."""
    lines = (FOLDER / "words" / f"{WORDS[target]}.txt").read_text("ascii").splitlines()
    return [line.encode().decode("unicode_escape").encode("latin-1") for line in lines]


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with, beside the corpus."""
    if WORDS[target] == "python":
        sample = (REPOSITORY / "codemods/sample/projects/chat").rglob("*.py")
        cases = (path.read_bytes() for path in (REPOSITORY / "tests/rewrites/cases").glob("*.txt"))
        parts = (part.partition(b"\n")[2] for text in cases for part in re.split(rb"^(?:===|---) ", text, flags=re.M))
        return [*(path.read_bytes() for path in sample), *parts]
    if target == "plan":
        plan = (FOLDER / "words" / "plan.toml").read_bytes()
        written = (path.read_text("utf-8") for path in (REPOSITORY / "tests").rglob("*.py"))
        texts = [text for source in written for text in re.findall(r'"""(.*?)"""', source, re.DOTALL) if "[[" in text]
        shipped = (REPOSITORY / "codemods/plans/websocket.toml").read_bytes()
        return [plan, *(text.encode() for text in texts)] + [plan + b"[[" + part for part in shipped.split(b"\n[[")[1:]]
    return [b"abcdef|0\x300new|210|300", b"a\nb|000x|000y|010z", b"|"]


def search(target: str, arguments: list[str]) -> None:
    """libFuzzer's loop in this process, which it ends."""
    SNIPPETS[:] = snippets(target)
    broken: set[tuple[object, ...]] = set()

    def tried(data: bytes) -> None:
        try:
            TARGETS[target](data)
        except Exception as error:  # noqa: BLE001 - any of them is what is sought
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(REPOSITORY) in frame.filename]
            place = (type(error), *((frame.filename, frame.lineno) for frame in frames[-1:]))
            if place not in broken:
                broken.add(place)
                _report(target, data)

    atheris.Setup([target, *arguments], tried, custom_mutator=mutated)
    atheris.Fuzz()


def _report(target: str, data: bytes) -> None:
    folder = WORK / target / "broken"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha1(data).hexdigest()[:12]
    (folder / name).write_bytes(data)
    print(f"BROKEN {target}: {folder / name}\n{traceback.format_exc(limit=-4)}", file=sys.stderr, flush=True)


def fuzz(target: str, seconds: int, length: int, keep: bool) -> bool:
    """One target for some time; whether nothing broke."""
    found, given = WORK / target / "found", WORK / target / "seeds"
    shutil.rmtree(WORK / target / "broken", ignore_errors=True)
    for folder in (found, given, CORPUS / target):
        folder.mkdir(parents=True, exist_ok=True)
    for data in seeds(target):
        (given / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data[:SEED_LENGTH])
    options = [f"-max_total_time={seconds}", f"-max_len={length}", "-timeout=30", "-print_final_stats=1"]
    prefix = f"-artifact_prefix={WORK / target}/"
    code = _child(target, *options, prefix, str(found), str(CORPUS / target), str(given))
    if keep:
        _keep(target)
    return code == 0 and not (WORK / target / "broken").exists()


def _keep(target: str) -> None:
    """What goes ways that nothing smaller goes becomes the corpus, beside what once broke something."""
    folders = (WORK / target / "found", CORPUS / target)
    inputs = {path.read_bytes() for folder in folders for path in folder.iterdir()}
    for path in (CORPUS / target).iterdir():
        if not path.name.startswith(BROKE):
            path.unlink()
    room, known = KEPT, set[Way]()
    for data in sorted(inputs, key=lambda data: (len(data), data)):
        gone = _ways(target, data)
        if not gone <= known and len(data) <= room:
            known |= gone
            room -= len(data)
            (CORPUS / target / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)


def _ways(target: str, data: bytes) -> set[Way]:
    """The steps from line to line that an input makes in the tool. libFuzzer's own merge starts no Python programs."""
    found: set[Way] = set()

    def entered(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        name, last = frame.f_code.co_filename, [0]

        def stepped(frame: FrameType, _event: str, _argument: object) -> Callable[..., Any]:
            found.add((name, last[0], frame.f_lineno))
            last[0] = frame.f_lineno
            return stepped

        return stepped if "/codemods/" in name else None

    sys.settrace(entered)
    try:
        TARGETS[target](data)
    finally:
        sys.settrace(None)
    return found


def _child(target: str, *arguments: str) -> int:
    command = [sys.executable, "-m", "benchmarks.fuzz", "--search", target, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def main() -> int:
    """Fuzz the targets that are named, one after the other."""
    if sys.argv[1:2] == ["--search"]:  # the process that libFuzzer ends
        search(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=5, help="for all targets together")
    parser.add_argument("--max-length", type=int, default=2048)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    targets = options.targets or list(TARGETS)
    seconds = max(1, int(options.minutes * 60 / len(targets)))
    whole = [fuzz(target, seconds, options.max_length, options.keep) for target in targets]
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main())
