"""The environment: what we set in it for our own processes, and what the user's have as they had it."""

from __future__ import annotations

import os

_SAFE_PATH = "PYTHONSAFEPATH"
_OURS = "wsconsolidate"  # any text switches it on; this one tells that we did


def keep_the_current_folder_off_the_path() -> None:
    """For worker processes that are spawned, not forked: a module in the current folder may be the target's."""
    os.environ[_SAFE_PATH] = os.environ.get(_SAFE_PATH) or _OURS


def of_the_user() -> dict[str, str]:
    """The environment for a command of the user's: `python -m pytest` needs the current folder on the path."""
    return {name: value for name, value in os.environ.items() if (name, value) != (_SAFE_PATH, _OURS)}
