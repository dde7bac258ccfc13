"""A code base of our own with a plan of its own: a manager, an emitter, a bridge, and who uses them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.tool import REPOSITORY
from tests.support import written

PLAN = """\
title = "Plan"
destination = "app.core"
shipped = true

[[events]]
name = "run_started"
meaning = "a run began"

[[events]]
name = "run_ended"
meaning = "a run ended"

[[preserved]]
dotted = "app.bridge.RunBridge"
reasons = ["it works"]

[[targets]]
file = "hub.py"
meaning = "the one hub"

[[targets]]
file = "bridge.py"
meaning = "the bridge"

[[families]]
name = "hub"
title = "Hubs"
target = "hub.UnifiedHub"

[[families]]
name = "emitter"
title = "Emitters"
target = "hub.UnifiedEmitter"

[[families]]
name = "protocol"
title = "Protocols"
target = "hub.HubProtocol"

[[families]]
name = "bridge"
title = "Bridges"
target = "bridge.RunBridge"

[[classes]]
module = "app.old.hub"
qualname = "EventHub"
line = 1
family = "hub"
status = "MERGE"
target = "hub.UnifiedHub"

[[classes]]
module = "app.old.emitter"
qualname = "EventEmitter"
line = 1
family = "emitter"
status = "MERGE"
target = "hub.UnifiedEmitter"

[[classes]]
module = "app.old.protocols"
qualname = "EventHubProtocol"
line = 1
family = "protocol"
status = "REMOVE"
target = "hub.HubProtocol"

[[classes]]
module = "app.bridge"
qualname = "RunBridge"
line = 1
family = "bridge"
status = "PRESERVE"
target = "bridge.RunBridge"

[[criteria]]
text = "One hub"
measure = "single-target:hub"

[[criteria]]
text = "One emitter"
measure = "single-target:emitter"

[[criteria]]
text = "All events"
measure = "events"

[[criteria]]
text = "Isolation"
measure = "isolation"

[[criteria]]
text = "Bridge intact"
measure = "preserved"

[[criteria]]
text = "No loss"
measure = "event-loss"

[[criteria]]
text = "Tests"
measure = "tests"

[[criteria]]
text = "Two files"
measure = "file-count"
"""

FILES = {
    "pyproject.toml": '[project]\nname = "app"\nversion = "2025.10"\n\n[tool.wsconsolidate]\nplan = "plan.toml"\n',
    "plan.toml": PLAN,
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/old/__init__.py": "from app.old.hub import EventHub\n",
    "app/old/hub.py": '''\
        """The old hub."""


        class EventHub:
            def __init__(self):
                self.sockets = {}
                self.rooms = {}

            async def connect_socket(self, user_id, socket):
                self.sockets[user_id] = socket

            async def send_to_user(self, user_id, message):
                await self.sockets[user_id].send(message)

            async def broadcast_to_room(self, room, message):
                for user_id in self.rooms[room]:
                    await self.send_to_user(user_id, message)
        ''',
    "app/old/emitter.py": '''\
        """The old emitter."""


        class EventEmitter:
            def __init__(self, user_id, hub):
                self.user_id = user_id
                self.hub = hub

            async def emit_run_started(self, run_id):
                await self.hub.send_to_user(self.user_id, {"type": "run_started", "run_id": run_id})

            async def emit_run_ended(self, run_id):
                await self.hub.send_to_user(self.user_id, {"type": "run_ended", "run_id": run_id})
        ''',
    "app/old/protocols.py": """\
        from typing import Protocol


        class EventHubProtocol(Protocol):
            async def send_to_user(self, user_id, message): ...

            async def broadcast_to_room(self, room, message): ...
        """,
    "app/bridge.py": '''\
        """The bridge that stays."""


        class RunBridge:
            async def start_run(self, run_id):
                """Begin."""
                note = {"run": run_id}
                return await self.tell(note)

            async def tell(self, note):
                return note
        ''',
    "app/page.py": """\
        from app.old.hub import EventHub


        def page():
            total = 1
            return EventHub, total
        """,
    "tests/test_page.py": """\
        from unittest.mock import patch

        from app.old import EventHub


        def test_page():
            with patch("app.old.emitter.EventEmitter.emit_run_started"):
                assert EventHub
        """,
}
UNIFIED = """\
    from typing import Protocol


    class UnifiedHub:
        def __init__(self, limit=3):
            self.limit = limit
            self.sockets = {}

        async def connect_socket(self, user_id, socket, *, room=None):
            self.sockets[user_id] = socket

        async def send_to_user(self, user_id, message):
            await self.sockets[user_id].send(message)


    class UnifiedEmitter:
        def __init__(self, user_id, hub):
            self.user_id = user_id
            self.hub = hub

        async def emit_run_started(self, run_id):
            await self.hub.send_to_user(self.user_id, {"type": "run_started"})

        async def emit_run_ended(self, run_id):
            await self.hub.send_to_user(self.user_id, {"type": "run_ended"})


    class HubProtocol(Protocol):
        async def send_to_user(self, user_id, message): ...

        async def broadcast_to_room(self, room, message): ...
    """
SHIM = """\
    from app.core.unified_shims import moved

    moved(__name__, {{"{name}": "app.core.hub:{new}"}}, since="2025.9", removal="2026.3")
    """
# The same code base once all has been merged: nothing is left of the old.
CLEAN = {
    **{path: text for path, text in FILES.items() if not path.startswith("app/old")},
    "app/core/hub.py": UNIFIED,
    "app/page.py": """\
        from app.core.hub import UnifiedHub


        def page():
            total = 1
            return UnifiedHub, total
        """,
    "tests/test_page.py": """\
        from app.core.hub import UnifiedHub as EventHub


        def test_page():
            assert EventHub
        """,
}
# And between: shims at the old paths, one of them still used.
SHIMMED = {
    **CLEAN,
    "app/core/unified_shims.py": (REPOSITORY / "unified_target" / "unified_shims.py").read_text("utf-8"),
    "app/old/__init__.py": "",
    "app/old/hub.py": SHIM.format(name="EventHub", new="UnifiedHub"),
    "app/old/emitter.py": SHIM.format(name="EventEmitter", new="UnifiedEmitter"),
    "app/late.py": "from app.old.hub import EventHub\n",
}


def legacy(folder: Path, **more: str) -> Path:
    """The code base before anything was merged."""
    return written({**FILES, **more}, folder)


def clean(folder: Path, **more: str) -> Path:
    """The code base when all is done."""
    return written({**CLEAN, **more}, folder)


def shimmed(folder: Path, **more: str) -> Path:
    """The code base between the two."""
    return written({**SHIMMED, **more}, folder)
