"""The context, where the supervisor looks for it."""

from netra_backend.app.models.user_execution_context import UserExecutionContext

__all__ = ["UserExecutionContext"]
