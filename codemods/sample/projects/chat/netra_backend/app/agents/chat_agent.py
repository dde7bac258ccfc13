"""The agent of the chat: counts the words of a question."""

from netra_backend.app.agents.base.interface import ExecutionResult
from netra_backend.app.agents.supervisor.agent_instance_factory import UserWebSocketEmitter
from netra_backend.app.agents.tool_dispatcher import ToolDispatcher


class ChatAgent:
    """Tells its user every step."""

    name = "chat_agent"

    def __init__(self, emitter: UserWebSocketEmitter):
        self.emitter = emitter
        self.tools = ToolDispatcher()

    async def run(self, question: str) -> ExecutionResult:
        """Answer one question."""
        parameters = {"text": question}
        await self.emitter.notify_agent_started(self.name, {"question": question})
        await self.emitter.notify_agent_thinking(self.name, f"Counting the words of {question!r}", step_number=1)
        await self.emitter.notify_tool_executing(self.name, "word_count", parameters)
        result = await self.tools.dispatch("word_count", parameters)
        await self.emitter.notify_tool_completed(self.name, "word_count", result, 1.5)
        await self.emitter.notify_agent_completed(self.name, result, execution_time_ms=2.0)
        return ExecutionResult(success=True, data=result)
