"""The dependencies, for code that imports them from core."""

from netra_backend.app.dependencies import *  # noqa: F401,F403
