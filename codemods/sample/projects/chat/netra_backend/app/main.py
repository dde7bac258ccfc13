"""Run the chat agent for two users at once and print what each of them saw."""

import asyncio
from typing import Dict

from netra_backend.app.core.startup_check import missing_modules
from netra_backend.app.routes.websocket_unified import ask, close_connection, get_websocket_manager, open_connection
from netra_backend.app.services.in_memory_socket import InMemorySocket
from netra_backend.app.services.message_handlers import handle_message
from netra_backend.app.websocket_core.types import CRITICAL_EVENTS

QUESTIONS = {"ada": "How many words are these", "grace": "And these"}


async def chat(user_id: str, question: str) -> InMemorySocket:
    """One user: connect, ask, leave."""
    socket, thread_id = InMemorySocket(), f"thread_{user_id}"
    await open_connection(user_id, socket, thread_id)
    await handle_message(user_id, {"type": "ping"})
    await ask(user_id, thread_id, f"{thread_id}_run_1", question)
    await asyncio.sleep(0.05)
    await close_connection(user_id, socket)
    return socket


async def main() -> None:
    """Two users, one process."""
    if missing := missing_modules():
        raise SystemExit(f"cannot start without {', '.join(missing)}")
    sockets = await asyncio.gather(*(chat(*item) for item in QUESTIONS.items()))
    seen: Dict[str, InMemorySocket] = dict(zip(QUESTIONS, sockets))
    for user_id, socket in seen.items():
        events = [message for message in socket.sent if message["type"] in CRITICAL_EVENTS]
        print(f"{user_id} asked: {QUESTIONS[user_id]}")
        for event in events:
            print(f"  {event['type']:<15} {event['agent_name']} {event['thread_id']}")
        print(f"  answer: {events[-1]['payload']['result']['words']} words")
    print(f"connections left: {(await get_websocket_manager().get_stats())['active_connections']}")
    await get_websocket_manager().shutdown()


if __name__ == "__main__":
    asyncio.run(main())
