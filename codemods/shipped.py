"""The unified implementations as they are shipped: text to be copied into a code base, never imported here."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from codemods.errors import WsConsolidateError
from codemods.plan import Plan

PACKAGE = "unified_target"
RUNTIME = "unified_shims.py"


@cache
def shipped_files() -> Mapping[str, bytes]:
    """The files by their path below the destination, sorted; the package's own `__init__.py` stays behind.

    Raises WsConsolidateError when the installation lacks them.
    """
    spec = importlib.util.find_spec(PACKAGE)  # of a top-level package: finds it without importing it
    if spec is None or spec.origin is None:
        raise WsConsolidateError(f"the package {PACKAGE} is missing: install wsconsolidate again")
    folder = Path(spec.origin).parent
    paths = sorted(path for path in folder.rglob("*.py") if path != folder / "__init__.py")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def brought_by(plan: Plan) -> Mapping[str, bytes]:
    """The files that come with a plan: all that are shipped, or, for targets of one's own, what makes shims work."""
    files = shipped_files()
    return files if plan.shipped else {RUNTIME: files[RUNTIME]}
