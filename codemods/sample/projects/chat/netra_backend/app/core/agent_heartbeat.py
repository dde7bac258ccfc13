"""Heartbeats of agents, which have nothing to do with WebSocket."""

from typing import Dict


def get_heartbeat_manager() -> Dict[str, float]:
    """The last beat of each agent."""
    return _BEATS


_BEATS: Dict[str, float] = {}
