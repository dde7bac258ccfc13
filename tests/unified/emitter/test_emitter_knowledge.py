"""What an emitter tells about itself: one state, under all the old names."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unified.emitter.doubles import Bridge, Clock, Context, Router, ThreadManager, emitter_for
from unified_target.unified_emitter import EmitterContext, EmitterSettings, UnifiedWebSocketEmitter

OLD_KEYS = {
    "get_event_stats": (
        "user_id thread_id run_id events_sent events_failed events_buffered last_event_time"
        " websocket_manager_available is_cleaned"
    ),
    "get_emitter_status": "user_id thread_id run_id event_count last_event_time created_at has_websocket_bridge",
    "get_metrics": (
        "events_sent events_failed last_event_time created_at context_id uptime_seconds success_rate"
        " user_context disposed"
    ),
    "get_stats": "user_id run_id events_sent events_failed success_rate uptime_seconds connection_id is_active",
}


@pytest.mark.parametrize("name", OLD_KEYS)
def test_every_old_report_has_its_keys(name: str) -> None:
    report = getattr(emitter_for(ThreadManager()), name)()
    assert set(OLD_KEYS[name].split()) <= set(report)


def spoken(*answers: bool, clock: Clock | None = None) -> UnifiedWebSocketEmitter:
    """An emitter that was answered so."""
    clock = clock or Clock()
    manager = ThreadManager()
    emitter = emitter_for(manager, settings=EmitterSettings(clock=clock))
    for answer in answers:
        manager.answer = answer
        asyncio.run(emitter.notify_agent_started("run_1", "triage"))
    return emitter


def test_all_reports_count_the_same_events() -> None:
    emitter = spoken(True, True, False, True)
    for name in OLD_KEYS:
        report = getattr(emitter, name)()
        assert (report["events_sent"], report["events_failed"], report["event_count"]) == (3, 1, 4)
    assert (emitter.events_sent, emitter.events_failed, emitter._event_count) == (3, 1, 4)


def test_the_share_of_delivered_events_is_a_ratio_in_metrics_and_percent_in_stats() -> None:
    emitter = spoken(True, True, True, False)
    assert (emitter.get_metrics()["success_rate"], emitter.get_stats()["success_rate"]) == (0.75, 75.0)
    assert spoken().get_metrics()["success_rate"] == 0


def test_uptime_is_measured_and_not_guessed_from_the_wall() -> None:
    clock = Clock()
    emitter = spoken(clock=clock)
    clock.now += 42
    assert emitter.get_stats()["uptime_seconds"] == emitter.get_metrics()["uptime_seconds"] == 42


def test_times_are_text_in_reports_and_datetimes_in_metrics() -> None:
    emitter = spoken(True)
    assert emitter.get_event_stats()["last_event_time"] == emitter.get_metrics()["last_event_time"].isoformat()
    assert emitter.get_emitter_status()["created_at"] == emitter.get_metrics()["created_at"].isoformat()
    assert spoken().get_event_stats()["last_event_time"] is None
    assert emitter.last_event_time is not None
    assert emitter.last_event_time >= emitter.created_at


def test_reports_for_monitoring_are_json() -> None:
    emitter = spoken(True)
    for name in ("get_event_stats", "get_emitter_status", "get_stats"):
        json.dumps(getattr(emitter, name)())


def test_stats_shorten_the_user_and_the_text_form_does_too() -> None:
    emitter = UnifiedWebSocketEmitter("ada-lovelace-1815", "thread", "run_1")
    assert emitter.get_stats()["user_id"] == "ada-love..."
    assert str(emitter) == repr(emitter) == "UnifiedWebSocketEmitter(user=ada-love..., run_id=run_1)"


def test_reports_can_still_be_read_after_the_end() -> None:
    emitter = spoken(True)
    emitter.reset()
    assert emitter.get_event_stats()["is_cleaned"] is True
    assert emitter.get_metrics()["disposed"] is True
    assert (emitter.is_active, emitter.get_stats()["is_active"], emitter.user_id) == (False, False, "ada")


def test_ending_twice_is_ending_once() -> None:
    async def run() -> bool:
        emitter = emitter_for(ThreadManager())
        await emitter.dispose()
        await emitter.cleanup()
        emitter.reset()
        return emitter.is_active

    assert asyncio.run(run()) is False


def test_a_block_gives_the_emitter_and_ends_it_even_when_it_fails() -> None:
    emitter = emitter_for(ThreadManager())

    async def fail_inside() -> None:
        async with emitter as inside:
            assert inside is emitter
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(fail_inside())
    assert emitter.is_active is False


WAYS: dict[str, Any] = {
    "websocket_manager": ("manager", ThreadManager),
    "websocket_bridge": ("bridge", Bridge),
    "router": ("router", Router),
    "connection": ("connection", object),
}


@pytest.mark.parametrize("name", WAYS, ids=[f"{name} is what it goes through" for name in WAYS])
def test_what_an_emitter_goes_through_can_be_seen_until_it_ends(name: str) -> None:
    keyword, kind = WAYS[name]
    target = kind()
    emitter = emitter_for(**{keyword: target})
    assert [getattr(emitter, each) for each in WAYS] == [target if each == name else None for each in WAYS]
    assert emitter.get_emitter_status()["has_websocket_bridge"] is (name == "websocket_bridge")
    assert emitter.get_event_stats()["websocket_manager_available"] is (name == "websocket_manager")
    emitter.reset()
    assert [getattr(emitter, each) for each in WAYS] == [None] * 4


def test_a_new_manager_keeps_the_named_connection() -> None:
    emitter = emitter_for(connection_id="conn_1")
    manager = ThreadManager()
    emitter.set_websocket_manager(manager)
    assert (emitter.websocket_manager, emitter.connection_id) == (manager, "conn_1")


def test_the_context_that_was_given_is_given_back() -> None:
    context = Context()
    emitter = UnifiedWebSocketEmitter.for_context(context, ThreadManager())
    assert emitter.get_context() is emitter.user_context is context
    assert emitter.request_id == "request_1"


def test_without_a_context_there_is_one_with_the_ids() -> None:
    context = emitter_for(connection_id="conn_1").get_context()
    assert context == EmitterContext("ada", "thread_ada", "run_1", None, "conn_1")
    assert context.get_correlation_id() == "ada:thread_ada:run_1"
    assert context.to_dict()["user_id"] == "ada"


def test_metrics_show_the_context_as_it_describes_itself() -> None:
    @dataclass(frozen=True)
    class Telling(Context):
        def to_dict(self) -> dict[str, Any]:
            return {"told": True}

    told = UnifiedWebSocketEmitter.for_context(Telling(), ThreadManager()).get_metrics()
    silent = UnifiedWebSocketEmitter.for_context(Context(), ThreadManager()).get_metrics()
    assert told["user_context"] == {"told": True}
    assert silent["user_context"]["run_id"] == "run_1"


def test_the_old_way_to_make_one_makes_one() -> None:
    manager = ThreadManager()
    emitter = UnifiedWebSocketEmitter.create_for_user("ada", "thread_ada", "run_1", manager)
    assert (emitter.user_id, emitter.thread_id, emitter.run_id) == ("ada", "thread_ada", "run_1")
    assert emitter.websocket_manager is manager
    assert UnifiedWebSocketEmitter.create_for_user("ada", "t", "r").websocket_manager is None


def test_a_subclass_makes_its_own_kind() -> None:
    class Own(UnifiedWebSocketEmitter):
        pass

    made = [Own.create_for_user("ada", "t", "r"), Own.unbound(), Own.for_context(Context(), ThreadManager())]
    assert [type(each) for each in made] == [Own] * 3
