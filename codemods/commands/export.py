"""`wsconsolidate export`: what other tools can use of a consolidation."""

from __future__ import annotations

from pathlib import Path

from codemods.commands.codebase import Request, read_code_base
from codemods.errors import UsageError
from codemods.export.banned import banned_api
from codemods.export.stubs import stubs
from codemods.gate.tree import Inputs, Tree
from codemods.shipped import shipped_files
from codemods.source.files import write_all

BANNED = "ruff-banned.toml"


def run(request: Request, what: str, out: Path | None) -> str:
    """Write below `out` what is asked for, `ruff` or `pyi`, or return it; with `out`, what was written.

    Raises UsageError, ConfigError, OutputError.
    """
    texts = _texts(request, what)
    if out is None:
        return "".join(_named(path, text) if len(texts) > 1 else text for path, text in texts.items())
    return "".join(f"wrote {path}\n" for path in write_all(out, texts))


def _texts(request: Request, what: str) -> dict[str, str]:
    with read_code_base(request) as code:
        assert code.plan is not None  # nobody can ask for --no-plan here
        root = code.discovery.root
        tree = Tree(Inputs(code.plan, shipped=shipped_files()), code.index, {}, lambda path: (root / path).read_bytes())
        if what == "ruff":
            return {BANNED: banned_api(tree.legacy.successors)}
        found = stubs(tree.shims, tree.resolver)
    if not found:
        raise UsageError(f"{request.root}: no module is a shim; run `wsconsolidate migrate` first")
    return found


def _named(path: str, text: str) -> str:
    return f"# {path}\n{text}\n"
