"""What an agent run takes and returns."""

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Protocol, Union, runtime_checkable


@dataclass
class ExecutionContext:
    """The input of a run."""

    run_id: str
    agent_name: str
    user_id: str
    question: str = ""


@dataclass
class ExecutionResult:
    """The outcome of a run."""

    success: bool
    data: Dict[str, Any] = field(default_factory=dict)
    error: Optional[str] = None


@runtime_checkable
class WebSocketManagerProtocol(Protocol):
    """What an agent needs of a manager."""

    async def send_agent_update(
        self, run_id: str, agent_name: str, update: Dict[str, Union[str, int, float, bool, Dict, list, None]]
    ) -> None:
        """Send one update."""
