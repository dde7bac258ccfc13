"""Every test starts without singletons."""

import pytest

from netra_backend.app.agents.supervisor import agent_instance_factory as factory_module
from netra_backend.app.services import agent_websocket_bridge as bridge_module
from netra_backend.app.services import websocket_emitter_pool as pool_module
from netra_backend.app.websocket_core import WebSocketManager
from netra_backend.app.websocket_core import manager as ws_module


@pytest.fixture(autouse=True)
def fresh_singletons():
    WebSocketManager._instance = None
    ws_module._websocket_manager = None
    bridge_module._bridge_instance = None
    factory_module._factory_instance = None
    pool_module._global_pool = None
