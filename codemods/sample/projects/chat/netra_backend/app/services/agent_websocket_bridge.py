"""The bridge between agents and the WebSocket of their user."""

import asyncio
import logging
from dataclasses import dataclass
from enum import Enum
from typing import Any, Dict, List, Optional

from netra_backend.app.websocket_core import WebSocketManager, get_websocket_manager
from netra_backend.app.websocket_core.types import utc_now
from shared.monitoring.interfaces import ComponentMonitor, MonitorableComponent

logger = logging.getLogger(__name__)


class IntegrationState(Enum):
    """Where the integration stands."""

    UNINITIALIZED = "uninitialized"
    INITIALIZING = "initializing"
    ACTIVE = "active"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass
class IntegrationResult:
    """How an integration attempt ended."""

    success: bool
    state: IntegrationState
    error: Optional[str] = None


class AgentWebSocketBridge(MonitorableComponent):
    """Sends the events of a run to the thread it belongs to."""

    def __init__(self) -> None:
        self.state = IntegrationState.UNINITIALIZED
        self._websocket_manager: Optional[WebSocketManager] = None
        self._run_threads: Dict[str, str] = {}
        self._observers: List[ComponentMonitor] = []
        self._integration_lock = asyncio.Lock()
        self._counts = {"sent": 0, "failed": 0}

    async def ensure_integration(
        self, supervisor: Any = None, registry: Any = None, force_reinit: bool = False
    ) -> IntegrationResult:
        async with self._integration_lock:
            if self.state is IntegrationState.ACTIVE and not force_reinit:
                return IntegrationResult(True, self.state)
            self.state = IntegrationState.INITIALIZING
            try:
                self._websocket_manager = get_websocket_manager()
            except Exception as error:
                await self._change_state(IntegrationState.FAILED)
                return IntegrationResult(False, self.state, str(error))
            await self._change_state(IntegrationState.ACTIVE)
            return IntegrationResult(True, self.state)

    async def get_health_status(self) -> Dict[str, Any]:
        return {"healthy": self.state is IntegrationState.ACTIVE, "state": self.state.value}

    async def get_metrics(self) -> Dict[str, Any]:
        return {"events_sent": self._counts["sent"], "events_failed": self._counts["failed"]}

    def register_monitor_observer(self, observer: ComponentMonitor) -> None:
        if observer not in self._observers:
            self._observers.append(observer)

    def remove_monitor_observer(self, observer: ComponentMonitor) -> None:
        if observer in self._observers:
            self._observers.remove(observer)

    async def shutdown(self) -> None:
        self._websocket_manager = None
        self._run_threads.clear()
        await self._change_state(IntegrationState.UNINITIALIZED)

    async def register_run_thread_mapping(self, run_id: str, thread_id: str, metadata: Optional[dict] = None) -> bool:
        self._run_threads[run_id] = thread_id
        return True

    async def unregister_run_mapping(self, run_id: str) -> bool:
        return self._run_threads.pop(run_id, None) is not None

    async def notify_agent_started(
        self, run_id: str, agent_name: str, context: Optional[dict] = None, trace_context: Optional[dict] = None
    ) -> bool:
        if not self._validate_event_context(run_id):
            return False
        payload = {"status": "started", "context": context or {}, "message": f"{agent_name} has started"}
        return await self._notify("agent_started", run_id, agent_name, payload, trace_context)

    async def notify_agent_thinking(
        self,
        run_id: str,
        agent_name: str,
        reasoning: str,
        step_number: Optional[int] = None,
        progress_percentage: Optional[float] = None,
        trace_context: Optional[dict] = None,
    ) -> bool:
        payload = {"reasoning": reasoning, "step_number": step_number, "progress_percentage": progress_percentage}
        return await self._notify("agent_thinking", run_id, agent_name, payload, trace_context)

    async def notify_tool_executing(
        self, run_id: str, agent_name: str, tool_name: str, parameters: Optional[dict] = None
    ) -> bool:
        payload = {"tool_name": tool_name, "parameters": parameters or {}, "status": "executing"}
        return await self._notify("tool_executing", run_id, agent_name, payload)

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: Optional[dict] = None,
        execution_time_ms: Optional[float] = None,
    ) -> bool:
        payload = {"tool_name": tool_name, "result": result or {}, "execution_time_ms": execution_time_ms}
        return await self._notify("tool_completed", run_id, agent_name, payload)

    async def notify_agent_completed(
        self,
        run_id: str,
        agent_name: str,
        result: Optional[dict] = None,
        execution_time_ms: Optional[float] = None,
        trace_context: Optional[dict] = None,
    ) -> bool:
        payload = {"status": "completed", "result": result or {}, "execution_time_ms": execution_time_ms}
        return await self._notify("agent_completed", run_id, agent_name, payload, trace_context)

    async def notify_agent_error(
        self,
        run_id: str,
        agent_name: str,
        error: str,
        error_context: Optional[dict] = None,
        trace_context: Optional[dict] = None,
    ) -> bool:
        payload = {"status": "error", "error_message": error, "error_context": error_context or {}}
        return await self._notify("agent_error", run_id, agent_name, payload, trace_context)

    def _validate_event_context(self, run_id: Optional[str]) -> bool:
        return bool(run_id and run_id.strip()) and run_id != "registry"

    async def _resolve_thread_id_from_run_id(self, run_id: str) -> str:
        if run_id in self._run_threads:
            return self._run_threads[run_id]
        thread, marker, _ = run_id.partition("_run_")
        if marker and thread.startswith("thread_"):
            return thread
        raise ValueError(f"no thread known for run {run_id!r}")

    async def _notify(
        self, event_type: str, run_id: str, agent_name: str, payload: Dict[str, Any], trace: Optional[dict] = None
    ) -> bool:
        message: Dict[str, Any] = {
            "type": event_type,
            "run_id": run_id,
            "agent_name": agent_name,
            "timestamp": utc_now(),
            "payload": payload,
        }
        if trace:
            message["trace"] = trace
        try:
            thread_id = await self._resolve_thread_id_from_run_id(run_id)
            sent = self._websocket_manager is not None and await self._websocket_manager.send_to_thread(
                thread_id, message
            )
        except Exception as error:
            logger.warning("%s of run %s was not sent: %s", event_type, run_id, error)
            sent = False
        self._counts["sent" if sent else "failed"] += 1
        return sent

    async def _change_state(self, state: IntegrationState) -> None:
        self.state = state
        for observer in self._observers:
            await observer.on_component_health_change("agent_websocket_bridge", {"state": state.value})


_bridge_instance: Optional[AgentWebSocketBridge] = None


async def get_agent_websocket_bridge() -> AgentWebSocketBridge:
    """The bridge of this process."""
    global _bridge_instance
    if _bridge_instance is None:
        _bridge_instance = AgentWebSocketBridge()
    return _bridge_instance
