"""Old name of the endpoint module."""

from netra_backend.app.routes.websocket import *  # noqa: F401,F403
