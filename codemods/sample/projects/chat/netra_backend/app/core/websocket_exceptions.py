"""Errors of the agent to user channel."""


class AgentCommunicationFailureError(RuntimeError):
    """Something broke between an agent and its user."""


class WebSocketSendFailureError(AgentCommunicationFailureError):
    """The event was not delivered."""


class WebSocketManagerNotInitializedError(RuntimeError):
    """Somebody asked for a manager that was never set up."""
