"""Types for code that wants no surprises."""

from dataclasses import dataclass
from typing import Any, Dict, Protocol, Union

from netra_backend.app.websocket_core.types import WebSocketMessage

StrictParameterType = Union[str, int, float, bool]


@dataclass
class TypedAgentResult:
    """A result with its type said aloud."""

    success: bool
    result: Dict[str, StrictParameterType]


@dataclass
class AgentExecutionMetrics:
    """What a run cost."""

    execution_time_ms: float = 0.0
    tool_calls: int = 0


class StrictWebSocketManager(Protocol):
    """The manager, strictly."""

    async def send_agent_update(
        self, run_id: str, agent_name: str, update: Dict[str, Union[str, float, bool]]
    ) -> None: ...

    async def send_to_thread(self, thread_id: str, message: WebSocketMessage) -> None: ...

    async def send_message(self, user_id: str, message: Dict[str, Union[str, int, bool]]) -> None: ...


class StrictToolDispatcher(Protocol):
    """A dispatcher, strictly."""

    async def dispatch(self, tool_name: str, parameters: Dict[str, Any]) -> Dict[str, Any]: ...
