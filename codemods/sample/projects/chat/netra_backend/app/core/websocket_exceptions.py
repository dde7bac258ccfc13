"""Errors of the agent to user channel."""

from typing import Optional


class AgentCommunicationFailureError(RuntimeError):
    """Something broke between an agent and its user."""

    def __init__(self, from_agent: str, to_agent: str, reason: str, user_id: Optional[str] = None):
        super().__init__(f"{from_agent} could not reach the user of {to_agent}: {reason}")


class WebSocketSendFailureError(RuntimeError):
    """The event was not delivered."""

    def __init__(
        self, reason: str, event_type: str, user_id: Optional[str] = None, thread_id: Optional[str] = None
    ):
        super().__init__(f"{event_type} was not delivered: {reason}")


class WebSocketManagerNotInitializedError(RuntimeError):
    """Somebody asked for a manager that was never set up."""
