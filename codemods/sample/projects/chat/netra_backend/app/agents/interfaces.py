"""Protocols of the agents."""

from typing import Any, Dict, Protocol, Union


class AgentStateProtocol(Protocol):
    """State that can be stored."""

    def to_dict(self) -> Dict[str, Any]: ...


class WebSocketManagerProtocol(Protocol):
    """The manager, as the sub-agents see it."""

    async def send_agent_update(
        self, run_id: str, agent_name: str, update: Dict[str, Union[str, float, bool]]
    ) -> None: ...

    async def send_to_thread(self, thread_id: str, message: Dict[str, Union[str, int, bool]]) -> None: ...


class BaseAgentProtocol(Protocol):
    """Anything that can be run."""

    async def run(self, question: str) -> Any: ...
