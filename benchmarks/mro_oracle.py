"""Static linearizations held against Python's own: python benchmarks/mro_oracle.py [--python EXE] PACKAGE...

The packages are imported by EXE (this Python by default) in a process of its own, which tells the `__mro__` of each of
their classes. Here they are only read: each package folder is a tree of its own, the folder that holds it is the
`--python-path`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from codemods.analysis.mro import Hierarchy, Linearization
from codemods.index.code import CodeIndex
from codemods.index.external import Environment
from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.index.resolve import Resolver

RUNTIME = r"""
import importlib, json, pkgutil, sys, warnings, io, contextlib
warnings.simplefilter("ignore")
name = sys.argv[1]
quiet = contextlib.redirect_stdout(io.StringIO())
exec(sys.argv[2])
root = importlib.import_module(name)
SKIP = {"__main__", "tests", "test", "idle_test", "_test_multiprocessing"}
def walk(package):
    for item in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if item.name.rpartition(".")[2] in SKIP:
            continue
        try:
            with quiet:
                module = importlib.import_module(item.name)
        except BaseException:
            continue  # a module that needs what is not installed here has no run-time classes to compare
        if item.ispkg:
            walk(module)
if hasattr(root, "__path__"):
    walk(root)
found = {}
also = {}  # a class that was given another __module__: what else leads to it, its definition among them
made_from_c = set()
def lead_back(cls):
    target = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        target = getattr(target, part, None)
    return target is cls
def compiled(module):  # an extension beside the source it was made from: what runs is not what is written
    return not (getattr(sys.modules[module], "__file__", None) or "").endswith(".py")
def collect(holder, depth=0):
    for value in list(vars(holder).values()):
        if issubclass(type(value), type) and depth < 5:  # isinstance would wake lazy objects
            module = getattr(value, "__module__", "")
            if not isinstance(module, str) or (module != name and not module.startswith(name + ".")):
                continue
            key = f"{module}.{value.__qualname__}"
            if key in found or not lead_back(value):
                continue
            if any(compiled(c.__module__) for c in value.__mro__ if c.__module__.startswith(name + ".")):
                made_from_c.add(key)
                continue
            found[key] = [f"{c.__module__}.{c.__qualname__}" for c in value.__mro__]
            collect(value, depth + 1)
for key, module in list(sys.modules.items()):
    if (key == name or key.startswith(name + ".")) and hasattr(module, "__dict__"):
        collect(module)
listed = {label for order in found.values() for label in order}
for key, module in list(sys.modules.items()):
    for value in list(vars(module).values()) if hasattr(module, "__dict__") else ():
        if issubclass(type(value), type) and hasattr(value, "__mro__"):
            label, here = f"{value.__module__}.{value.__qualname__}", f"{key}.{value.__qualname__}"
            if label in listed and label != here and vars(module).get(value.__qualname__) is value and lead_back(value):
                also[here] = label
path = getattr(root, "__path__", None)
place = list(path)[0] if path else root.__file__
print(json.dumps({"file": place, "mro": found, "also": also, "compiled": len(made_from_c)}))
"""


class Score(NamedTuple):
    """What one package gave.

    Not compared: `unwritten`, run-time classes that no class statement makes, and `compiled`, classes (or ancestors)
    that come from an extension module lying beside the source it was made from.
    """

    package: str
    exact: int
    wrong: list[tuple[str, Linearization, list[str]]]
    abstained: list[tuple[str, Linearization]]
    unwritten: int
    compiled: int
    seconds: float

    @property
    def total(self) -> int:
        """The classes compared."""
        return self.exact + len(self.wrong) + len(self.abstained)


def tree_of(place: Path) -> CodeIndex:
    """The index of one package folder, or of one module, read as a tree of its own."""
    root = place if place.is_dir() else place.parent
    paths = sorted(root.rglob("*.py")) if place.is_dir() else [place]
    prefix = root.name if place.is_dir() else ""
    names = [path.relative_to(root).as_posix() for path in paths]
    return CodeIndex(
        parse(name, module_name(name, ("",), prefix), path.read_bytes(), with_words=False).facts
        for name, path in zip(names, paths, strict=True)
    )


def compare(package: str, python: str, setup: str = "") -> Score:
    """Linearize every class of a package both ways."""
    told = json.loads(subprocess.run([python, "-c", RUNTIME, package, setup], stdout=-1, check=True, text=True).stdout)
    place = Path(told["file"])
    index = tree_of(place)
    started = time.process_time()
    hierarchy = Hierarchy(index, Resolver(index), Environment((place.parent,)))
    exact, wrong, abstained, unwritten = 0, [], [], 0
    for dotted, expected in sorted(told["mro"].items()):
        if dotted not in index.classes:
            unwritten += 1
            continue
        found = hierarchy.linearize(dotted)
        if not found.complete:
            abstained.append((dotted, found))
        elif [told["also"].get(name, name) for name in found.mro] == expected:
            exact += 1
        else:
            wrong.append((dotted, found, expected))
    return Score(package, exact, wrong, abstained, unwritten, told["compiled"], time.process_time() - started)


def show(score: Score, examples: int) -> None:
    """Print one package's figures, with examples of what is wrong and what was not answered."""
    print(
        f"{score.package}: n={score.total} exact={score.exact} wrong={len(score.wrong)} "
        f"abstained={len(score.abstained)} "
        f"(no class statement: {score.unwritten}, compiled: {score.compiled}) {score.seconds:.2f} CPU-s"
    )
    for dotted, found, expected in score.wrong[:examples]:
        print(f"  wrong {dotted}\n    read {found.mro}\n    runs {tuple(expected)}")
    for dotted, found in score.abstained[:examples]:
        print(f"  abstained {dotted}: {'; '.join(found.unresolved) or found.conflict}")


def main() -> int:
    """Compare the packages named on the command line; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--setup", default="", help="code to run before the package is imported")
    parser.add_argument("--examples", type=int, default=6)
    arguments = parser.parse_args()
    scores = [compare(package, arguments.python, arguments.setup) for package in arguments.packages]
    for score in scores:
        show(score, arguments.examples)
    total = sum(score.total for score in scores)
    exact, wrong = sum(score.exact for score in scores), sum(len(score.wrong) for score in scores)
    reasons = Counter(
        reason.partition(": ")[2] for s in scores for _, found in s.abstained for reason in found.unresolved
    )
    print(f"all: n={total} exact={exact / total:.4f} wrong={wrong / total:.4%} abstained={total - exact - wrong}")
    for reason, count in reasons.most_common(arguments.examples):
        print(f"  {count:5} {reason}")
    return 0 if exact >= 0.99 * total and wrong <= 0.002 * total else 1


if __name__ == "__main__":
    sys.exit(main())
