"""Schemas of the application."""

from netra_backend.app.schemas.strict_types import AgentExecutionMetrics, StrictWebSocketManager, TypedAgentResult

__all__ = ["AgentExecutionMetrics", "StrictWebSocketManager", "TypedAgentResult"]
