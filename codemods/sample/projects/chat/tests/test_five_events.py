"""Whatever emitter a route found: its user gets the five events, nobody else does."""

import asyncio

import pytest

from netra_backend.app.models.user_execution_context import UserExecutionContext
from netra_backend.app.routes import agent_runs
from netra_backend.app.routes.websocket import ask, open_connection
from netra_backend.app.services.in_memory_socket import InMemorySocket
from netra_backend.app.services.websocket_bridge_factory import (
    UserWebSocketConnection,
    WebSocketBridgeFactory,
    WebSocketConnectionPool,
)
from netra_backend.app.websocket_core.types import CRITICAL_EVENTS
from tests.helpers.events import arrived, details, kind

CONTEXT = UserExecutionContext("ada", "thread_ada", "thread_ada_run_1")


async def run_chat(socket):
    await ask(CONTEXT.user_id, CONTEXT.thread_id, CONTEXT.run_id, "one two")


async def run_queued(socket):
    pool = WebSocketConnectionPool()
    pool.add(UserWebSocketConnection("ada", "conn_1", socket))
    factory = WebSocketBridgeFactory()
    factory.configure(pool)
    emitter = await factory.create_user_emitter("ada", "thread_ada", "conn_1")
    await agent_runs.run_queued(emitter, "agent", CONTEXT.run_id)


WAYS = {
    "through the agent factory and the bridge": run_chat,
    "through the scoped event emitter": lambda socket: agent_runs.run_scoped(CONTEXT, "agent"),
    "through the isolated emitter": lambda socket: agent_runs.run_isolated(CONTEXT, "agent"),
    "through the event router": lambda socket: agent_runs.run_routed(CONTEXT, "agent"),
    "through the emitter pool": lambda socket: agent_runs.run_pooled(CONTEXT, "agent"),
    "through the queue of the bridge factory": run_queued,
    "through a manager of its own": lambda socket: agent_runs.run_on_socket(socket, CONTEXT, "agent"),
}


async def play(run):
    mine, other = InMemorySocket(), InMemorySocket()
    await open_connection("ada", mine, "thread_ada")
    await open_connection("grace", other, "thread_grace")
    await run(mine)
    return await arrived(mine, 5), other.sent


@pytest.mark.parametrize("run", WAYS.values(), ids=WAYS.keys())
def test_the_five_events_of_a_run_arrive_in_order(run):
    events, _ = asyncio.run(play(run))
    assert [kind(event) for event in events] == list(CRITICAL_EVENTS)
    assert {details(event)["run_id"] for event in events} == {CONTEXT.run_id}


@pytest.mark.parametrize("run", WAYS.values(), ids=WAYS.keys())
def test_another_user_gets_none_of_them(run):
    _, others = asyncio.run(play(run))
    assert not [message for message in others if kind(message) in CRITICAL_EVENTS]


def test_secrets_do_not_go_out_with_the_parameters_of_a_tool():
    events, _ = asyncio.run(play(WAYS["through the scoped event emitter"]))
    assert details(events[2])["parameters"] == {"q": "tea", "api_key": "[REDACTED]"}
