"""The unified modules' own promises, run against the copy that is in the tree, in a Python of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codemods.errors import UsageError
from reports.wording import printable

CONFORMANCE = "unified_delivery/conformance.py"
PACKAGE = "copied"
SECONDS = 120  # a check of it ends after 30 by itself; all together take about one
_MEND = "`wsconsolidate check --select target-drift` tells where it differs from what is shipped"


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise and whether it held; `criterion` is the measure of the plan that it belongs to."""

    criterion: str
    promise: str
    holds: bool
    problem: str


def promises(folder: str, shipped: Mapping[str, bytes], content: Callable[[str], bytes]) -> tuple[Promise, ...]:
    """Run the promises of the copy in `folder`; only the files that are shipped are taken along.

    The copy is laid out apart, so that no other code of the tree runs, and the interpreter is isolated: no packages, no
    environment, no user site, nothing from the current folder. Raises UsageError when there is nothing to run.
    """
    with tempfile.TemporaryDirectory(prefix="wsconsolidate-") as place:
        package = Path(place) / PACKAGE
        copied = list(_copied(folder, shipped, content, package))
        if CONFORMANCE not in copied:
            raise UsageError(f"--runtime: {folder}/{CONFORMANCE} is not there; `wsconsolidate migrate` puts it there")
        (package / "__init__.py").touch()
        start = f"import sys; sys.path.insert(0, {place!r}); from {PACKAGE}.unified_delivery.conformance import main"
        command = [sys.executable, "-I", "-S", "-B", "-c", f"{start}; sys.exit(main())"]
        return tuple(_promises(command, place))


def _copied(folder: str, shipped: Mapping[str, bytes], content: Callable[[str], bytes], package: Path) -> Iterator[str]:
    for name in shipped:
        try:
            source = content(f"{folder}/{name}")
        except OSError:
            continue  # missing: the rule about drift tells of it
        target = package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source)
        yield name


def _promises(command: list[str], place: str) -> Iterator[Promise]:
    try:
        done = subprocess.run(
            command,
            cwd=place,
            env={"PATH": ""},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"--runtime: the promises did not end within {SECONDS} seconds; {_MEND}") from error
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    for line in lines:
        yield _promise(line)
    if not lines:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise UsageError(f"--runtime: the copy in the tree cannot be run: {printable(last[0])}; {_MEND}")


def _promise(line: str) -> Promise:
    try:
        said = json.loads(line)
        return Promise(said["criterion"], said["promise"], said["holds"], said["problem"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"--runtime: the copy in the tree says what is no promise: {printable(line[:80])}; {_MEND}"
        ) from error
