"""Do the tests notice? mutmut's mutants of what rewrites, proves and shims, one at a time; a test must fail for each.

    python -m benchmarks.mutants [WORD] [--sample 40] [--seed 7] [--out FILE]

A seeded sample of each module's mutants (all of them with `--sample 0`) is put into a copy of the repository. Each
runs the tests that reached its line when nothing was changed, the quickest file first, until one fails or the time is
over; they must pass on the unchanged module first.
Left out are annotations, decorators such as `@dataclass(slots=True)`, and strings with a blank: wording. Prints
a line for each module, and writes every survivor as a patch to FILE; exit code 1 when fewer than 85 in a hundred are
killed. WORD: only modules whose path contains it.

Needs `pip install 'wsconsolidate[robust]'`. mutmut's own runner cannot be used: it puts all mutants of a module into
the module, and here modules are read as text and written into other code bases.
"""

from __future__ import annotations

import argparse
import compileall
import difflib
import importlib
import json
import os
import py_compile
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import libcst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

REPOSITORY = Path(__file__).resolve().parent.parent
MODULES = ("codemods/rewrites/*.py", "codemods/prove/*.py", "unified_target/unified_shims.py")
TESTS = ("tests/rewrites", "tests/prove", "tests/migration", "tests/unified/shims")
# Shims are copied as text and run elsewhere, where no line of the module itself is reached.
ALSO = {"unified_target/unified_shims.py": ("tests/rewrites/test_shim_text.py", "tests/rewrites/test_departures.py")}
HEAVY = ("hypothesis.strategies", "asyncio", "typer", "rich.console")  # never changed
TARGET = 0.85
LIMIT = 60  # seconds, beside five times what the tests took when nothing was changed
OUTCOMES = {int(pytest.ExitCode.OK): "survived", int(pytest.ExitCode.NO_TESTS_COLLECTED): "not reached"}
# What is imported once for all mutants cannot be rewritten by pytest, which does not matter for a library.
LEFT_OUT = (libcst.Annotation, libcst.Decorator, libcst.Import, libcst.ImportFrom)
PLAIN = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One module with one defect; `lines` are those of the node that was changed."""

    path: str
    lines: range
    written: Callable[[], str]  # the module's text; made when it is needed, since there are thousands


@dataclass(frozen=True, slots=True)
class Reached:
    """What was seen when nothing was changed: the tests of each line, and the seconds of each test."""

    tests: Mapping[str, Mapping[int, frozenset[str]]]
    seconds: Mapping[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """The tests to run, the quickest file first; those of the whole module for what runs when it is imported."""
        lines = self.tests.get(mutant.path, {})
        found = {test for line in mutant.lines for test in lines.get(line, ())}
        files = ALSO.get(mutant.path, ())
        found = found or {test for tests in lines.values() for test in tests}
        found |= {test for test in self.seconds if test.partition("::")[0] in files}
        seconds: Counter[str] = Counter()
        for test in found:
            seconds[test.partition("::")[0]] += self.seconds.get(test, 0.0)
        return sorted(found, key=lambda test: (seconds[test.partition("::")[0]], test))


class Mutants(libcst.CSTVisitor):
    """All mutants of a module, by the places that mutmut's operators change."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: str, source: str) -> None:
        super().__init__()
        self.path, self.found = path, list[Mutant]()
        self.wrapper = MetadataWrapper(libcst.parse_module(source))
        self.wrapper.visit(self)

    def on_visit(self, node: libcst.CSTNode) -> bool:
        """Make the mutants of a node, and go on below it."""
        if isinstance(node, LEFT_OUT) or _wording(node):
            return False
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.found += map(self._mutant(node), operator(node))
        return True

    def _mutant(self, node: libcst.CSTNode) -> Callable[[libcst.CSTNode], Mutant]:
        place = self.get_metadata(PositionProvider, node)
        lines = range(place.start.line, place.end.line + 1)
        module = self.wrapper.module
        return lambda other: Mutant(self.path, lines, lambda: module.deep_replace(node, other).code)


def _wording(node: libcst.CSTNode) -> bool:
    return isinstance(node, libcst.SimpleString) and (" " in node.value or node.value.startswith('"""'))


class Chosen:
    """A pytest plugin: of what is collected, these tests in their usual order; it notes how long each took."""

    def __init__(self, tests: Sequence[str] | None = None) -> None:
        self.tests = None if tests is None else frozenset(tests)
        self.seconds: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose."""
        if self.tests is not None:
            items[:] = [item for item in items if item.nodeid in self.tests]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up set-up, call and teardown."""
        self.seconds[report.nodeid] += report.duration


class Copy:
    """A copy of the repository in which one module at a time is another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        away = shutil.ignore_patterns(".*", "__pycache__", "dist", "build")
        shutil.copytree(REPOSITORY, folder, ignore=away, dirs_exist_ok=True)
        by_content = py_compile.PycInvalidationMode.CHECKED_HASH  # one second can see several mutants of one length
        for package in ("codemods", "reports", "unified_target"):
            compileall.compile_dir(folder / package, quiet=2, invalidation_mode=by_content)

    def reached(self) -> Reached:
        """Run all the tests once and see which lines they reach."""
        plugin, times = Chosen(), self.folder / "times.json"
        sources = {str(Path(pattern).parent) for pattern in MODULES}
        arguments = [*TESTS, "--cov-context=test", "--cov-report=", *(f"--cov={source}" for source in sorted(sources))]

        def measured() -> int:
            code = pytest.main([*arguments, *PLAIN], plugins=[plugin])
            times.write_text(json.dumps(plugin.seconds))
            return int(code)

        if self._forked(measured, 1800) != "survived":
            raise SystemExit("the tests fail before anything is changed")
        return Reached(dict(_contexts(self.folder / ".coverage", self.folder)), json.loads(times.read_text()))

    def outcome(self, mutant: Mutant, tests: Sequence[str], limit: float) -> str:
        """Killed, survived, timeout, or reached by no test."""
        if not tests:
            return "not reached"
        place = self.folder / mutant.path
        before = place.read_text("utf-8")
        place.write_text(mutant.written(), "utf-8")
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        quiet = [*PLAIN, "-x", "--no-header", "--tb=no", "-p", "no:cov"]
        try:
            return self._forked(lambda: int(pytest.main([*files, *quiet], plugins=[Chosen(tests)])), limit, True)
        finally:
            place.write_text(before, "utf-8")

    def _forked(self, task: Callable[[], int], limit: float, silent: bool = False) -> str:
        """Run a task in a process of its own, which has imported what never changes."""
        sys.stdout.flush()
        child = os.fork()
        if not child:
            os.setsid()
            os.chdir(self.folder)
            sys.path.insert(0, str(self.folder))
            sys.dont_write_bytecode = silent
            if silent:
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, 1)
                os.dup2(nothing, 2)
            code = 99
            try:
                code = task()
            except BaseException:  # noqa: BLE001 - told, and answered for by the exit code
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        return _waited(child, limit)


def _waited(child: int, limit: float) -> str:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return OUTCOMES.get(os.waitstatus_to_exitcode(status), "killed")
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _contexts(database: Path, folder: Path) -> Iterator[tuple[str, dict[int, frozenset[str]]]]:
    from coverage import CoverageData

    data = CoverageData(str(database))
    data.read()
    for name in data.measured_files():
        tests: dict[int, frozenset[str]] = {}
        for line, contexts in data.contexts_by_lineno(name).items():
            tests[line] = frozenset(context.rpartition("|")[0] for context in contexts if context)
        yield Path(name).relative_to(folder).as_posix(), tests


def modules(word: str) -> list[str]:
    """The modules to change, relative to the repository."""
    found = (path for pattern in MODULES for path in sorted(REPOSITORY.glob(pattern)))
    names = (path.relative_to(REPOSITORY).as_posix() for path in found if path.name != "__init__.py")
    return [name for name in names if word in name]


def sampled(path: str, size: int, seed: int) -> list[Mutant]:
    """Some of a module's mutants, always the same for a seed; all of them for a size of 0."""
    every = Mutants(path, (REPOSITORY / path).read_text("utf-8")).found
    chance = random.Random(f"{seed} {path}")
    if not size or size >= len(every):
        return every
    return [every[number] for number in sorted(chance.sample(range(len(every)), size))]


def patch(mutant: Mutant) -> str:
    """What is different in it."""
    before = (REPOSITORY / mutant.path).read_text("utf-8").splitlines(keepends=True)
    lines = difflib.unified_diff(before, mutant.written().splitlines(keepends=True), mutant.path, mutant.path, n=1)
    return "".join(lines)


def tried(copy: Copy, reached: Reached, path: str, mutants: Sequence[Mutant], out: Any) -> Counter[str]:
    """All of one module's mutants; the survivors are shown."""
    counted: Counter[str] = Counter()
    for mutant in mutants[:1]:
        unchanged = replace(mutant, written=(copy.folder / path).read_text)
        if copy.outcome(unchanged, reached.of(mutant), LIMIT * 10) != "survived":
            raise SystemExit(f"{path}: tests that pass together fail when they are run alone")
    for mutant in mutants:
        tests = reached.of(mutant)
        limit = LIMIT + 5 * sum(reached.seconds.get(test, 0.0) for test in tests)
        outcome = copy.outcome(mutant, tests, limit)
        counted[outcome] += 1
        if outcome not in {"killed", "timeout"}:
            print(f"{outcome}\n{patch(mutant)}", file=out, flush=True)
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counted.items()))
    print(f"{path}: {told}", flush=True)
    return counted


def main() -> int:
    """Try the mutants of all modules, and add up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--sample", type=int, default=40, metavar="N")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path(os.devnull))
    options = parser.parse_args()
    for name in HEAVY:
        importlib.import_module(name)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # of the processes that tests start
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as folder, options.out.open("w", encoding="utf-8") as out:
        copy = Copy(Path(folder).resolve() / "copy")
        chosen = {path: sampled(path, options.sample, options.seed) for path in modules(options.word)}
        reached = copy.reached()
        for path, mutants in chosen.items():
            total[path] = tried(copy, reached, path, mutants, out)
    every = sum(total.values(), Counter[str]())
    killed = every["killed"] + every["timeout"]
    print(f"{killed} of {every.total()} killed ({killed / every.total():.1%}), {every['timeout']} of them by the clock")
    return 0 if killed >= TARGET * every.total() else 1


if __name__ == "__main__":
    sys.exit(main())
