"""The old entry point, kept for imports nobody has cleaned up."""

from netra_backend.app.websocket_core.manager import *  # noqa: F401,F403
