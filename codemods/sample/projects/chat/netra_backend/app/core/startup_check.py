"""Fails at start, not at the first request."""

import importlib
from typing import List

REQUIRED_MODULES = [
    "netra_backend.app.websocket_core.manager",
    "netra_backend.app.services.agent_websocket_bridge",
    "netra_backend.app.services.websocket_event_emitter",
]


def missing_modules() -> List[str]:
    """The modules that cannot be imported."""
    missing = []
    for name in REQUIRED_MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing
