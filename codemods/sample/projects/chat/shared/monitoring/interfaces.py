"""What a component offers to whoever watches it."""

from abc import ABC, abstractmethod
from typing import Any, Dict


class ComponentMonitor(ABC):
    """Gets told when a component changes its state."""

    @abstractmethod
    async def on_component_health_change(self, component_id: str, health: Dict[str, Any]) -> None:
        """Called after each change."""


class MonitorableComponent(ABC):
    """A component with health, metrics and observers."""

    @abstractmethod
    async def get_health_status(self) -> Dict[str, Any]:
        """How it is doing."""

    @abstractmethod
    async def get_metrics(self) -> Dict[str, Any]:
        """What it has done."""

    @abstractmethod
    def register_monitor_observer(self, observer: ComponentMonitor) -> None:
        """Start telling this observer."""

    @abstractmethod
    def remove_monitor_observer(self, observer: ComponentMonitor) -> None:
        """Stop telling this observer."""
