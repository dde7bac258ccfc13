"""A socket without a network."""

import json
from typing import Any, Dict, List, Optional


class InMemorySocket:
    """Keeps what was sent to it; raises once it is closed."""

    def __init__(self) -> None:
        self.sent: List[Dict[str, Any]] = []
        self.close_code: Optional[int] = None

    async def send_json(self, data: Dict[str, Any]) -> None:
        await self.send_text(json.dumps(data))

    async def send_text(self, data: str) -> None:
        if self.close_code is not None:
            raise ConnectionError("the socket is closed")
        self.sent.append(json.loads(data))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.close_code = self.close_code or code
