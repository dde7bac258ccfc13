"""Legacy paths as ruff's banned API (TID251): what must not come back is refused while somebody types it."""

from __future__ import annotations

import json
from collections.abc import Mapping

_HEAD = """\
# Written by `wsconsolidate export ruff`: rule TID251 of ruff refuses the paths that this code base has left.
# In pyproject.toml: [tool.ruff] extend = "THIS_FILE", and "TID251" among the rules that are selected.
"""


def banned_api(successors: Mapping[str, str]) -> str:
    """A ruff configuration that bans each legacy path, with where its name is now."""
    table = "[lint.flake8-tidy-imports.banned-api]\n" if successors else ""
    return (
        _HEAD + table + "".join(f"{_text(old)}.msg = {_text(_told(new))}\n" for old, new in sorted(successors.items()))
    )


def _told(new: str) -> str:
    module, _, name = new.rpartition(".")
    return f"It has moved; write `from {module} import {name}`."


def _text(value: str) -> str:
    """A TOML string: those of JSON are."""
    return json.dumps(value, ensure_ascii=False)
