"""Who runs what: the context every request carries."""

import uuid
from dataclasses import dataclass, field
from typing import Optional


@dataclass(frozen=True)
class UserExecutionContext:
    """Immutable, so that it cannot drift to another user."""

    user_id: str
    thread_id: str
    run_id: str
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    websocket_connection_id: Optional[str] = None

    def __post_init__(self) -> None:
        for name in ("user_id", "thread_id", "run_id"):
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty")
