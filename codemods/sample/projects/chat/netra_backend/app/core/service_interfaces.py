"""All service interfaces in one place."""

from netra_backend.app.core.interfaces_websocket import WebSocketManagerInterface, WebSocketServiceInterface

__all__ = ["WebSocketManagerInterface", "WebSocketServiceInterface"]
