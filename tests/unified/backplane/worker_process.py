"""A worker that is a process of its own: `python worker_process.py URL NAME`, driven by lines of JSON on its stdin.

{"do": "connect", "user": ..., "epoch": ..., "last": ...}   a tab connects; its frames come out on stdout as they are
{"do": "publish", "user": ..., "from": 0, "to": 100}        events are published
{"do": "leave"}                                             the tab goes
The end of the input stops it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from unified_target.unified_delivery.backplane import BackplaneSettings, RedisBackplane
from unified_target.unified_delivery.stream import Resume
from unified_target.unified_manager import UnifiedWebSocketManager


class Printing:
    """A socket whose client reads our stdout."""

    async def send_text(self, text: str) -> None:
        print(text, flush=True)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        pass


async def obey(manager: UnifiedWebSocketManager, order: dict[str, Any]) -> None:
    if order["do"] == "connect":
        await manager.connect_user(order["user"], Printing(), resume=Resume(order["epoch"], order["last"]))
    elif order["do"] == "leave":
        await manager.cleanup_all()
        print(json.dumps({"type": "left"}), flush=True)
    else:
        for number in range(order["from"], order["to"]):
            manager.publish(order["user"], {"type": "agent_thinking", "n": number})
            await asyncio.sleep(0)


async def main(url: str) -> None:
    manager = UnifiedWebSocketManager.isolated()
    async with RedisBackplane(manager.hub, url, settings=BackplaneSettings(first_retry=0.01, last_retry=0.1)):
        print(json.dumps({"type": "ready"}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            await obey(manager, json.loads(line))
        await manager.shutdown()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
