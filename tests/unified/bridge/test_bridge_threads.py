"""Which thread a run's events go to: the registered one, else the one its id carries, else none."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unified.bridge.bridge_doubles import FakeManager, connected, run
from unified_target.agent_bridge import AgentWebSocketBridge
from unified_target.unified_delivery.runs import MAX_MAPPINGS, RunThreadRegistry, thread_in

WORDS = st.text("abcXYZ019", min_size=1, max_size=5)
PARTS = st.lists(WORDS, min_size=1, max_size=4)
SEPARATORS = st.sampled_from("_-")
HEX = st.text("0123456789abcdefABCDEF", min_size=8, max_size=8)


@st.composite
def names(draw: st.DrawFn) -> str:
    """What follows `thread_` in a thread id."""
    parts = draw(PARTS)
    name = parts[0] + "".join(draw(SEPARATORS) + part for part in parts[1:])
    assume("_run_" not in f"_{name}_")
    assume(not name.startswith("thread_"))
    return name


@given(names(), st.integers(0, 10**15), HEX)
def test_the_canonical_run_id_of_any_thread_leads_back_to_it(name: str, milliseconds: int, suffix: str) -> None:
    assert thread_in(f"thread_{name}_run_{milliseconds}_{suffix}") == f"thread_{name}"


@given(names(), HEX)
def test_the_old_run_id_of_any_thread_leads_back_to_it(name: str, suffix: str) -> None:
    assert thread_in(f"run_{name}_{suffix}") == f"thread_{name}"
    assert thread_in(f"run_thread_{name}_{suffix}") == f"thread_{name}"


@given(names())
def test_a_thread_id_as_run_id_is_its_own_thread(name: str) -> None:
    assert thread_in(f"thread_{name}") == f"thread_{name}"


@given(names(), names(), st.integers(0, 10**15), HEX, HEX)
def test_the_run_ids_of_two_threads_never_meet(one: str, other: str, at: int, suffix: str, suffix2: str) -> None:
    assume(one != other)
    assert thread_in(f"thread_{one}_run_{at}_{suffix}") != thread_in(f"thread_{other}_run_{at}_{suffix2}")


@given(st.text())
def test_any_text_carries_a_well_formed_thread_id_or_none(text: str) -> None:
    found = thread_in(text)
    assert found is None or (found.startswith("thread_") and thread_in(found) == found)


@given(st.text("thread_run019ab-", max_size=60))
def test_text_made_of_the_same_words_carries_a_thread_id_of_its_own_or_none(text: str) -> None:
    found = thread_in(text)
    assert found is None or found.removeprefix("thread_") in text


@pytest.mark.parametrize(
    ("run_id", "thread_id"),
    [
        pytest.param("thread_13679e4dcc38403a_run_1756919162904_9adf1f09", "thread_13679e4dcc38403a", id="canonical"),
        pytest.param("thread_user_123_run_1693430400000_a1b2c3d4", "thread_user_123", id="canonical with underscores"),
        pytest.param("thread_thread_9_run_16_a1b2c3d4", "thread_9", id="canonical of a thread that was prefixed twice"),
        pytest.param(
            "thread_550e8400-e29b-41d4-a716-446655440000_run_16_a1b2c3d4",
            "thread_550e8400-e29b-41d4-a716-446655440000",
            id="canonical with a UUID",
        ),
        pytest.param("run_user_123_abc12345", "thread_user_123", id="old form"),
        pytest.param("run_thread_789_a1b2c3d4", "thread_789", id="old form of a prefixed thread"),
        pytest.param("thread_user_session_789", "thread_user_session_789", id="a thread id"),
        pytest.param("thread_", None, id="a prefix alone"),
        pytest.param("thread__x", None, id="two underscores"),
        pytest.param("thread_123_", None, id="an underscore at the end"),
        pytest.param("thread_a b", None, id="a blank within"),
        pytest.param("THREAD_A", None, id="capitals"),
        pytest.param("thread_x_run_12_xyz", None, id="canonical with a suffix that is not hexadecimal"),
        pytest.param("thread_a_run_1_run_2_a1b2c3d4", None, id="two separators, so two readings"),
        pytest.param("run_a_run_b_a1b2c3d4", None, id="old form with the reserved separator"),
        pytest.param("run_12345678_abcdef", None, id="old form with a short suffix"),
        pytest.param("run_550e8400-e29b-41d4-a716-446655440000", None, id="a run id of its own"),
        pytest.param("user_1_thread_456_session", None, id="a thread id in the middle of something else"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_run_ids(run_id: str, thread_id: str | None) -> None:
    bridge = AgentWebSocketBridge()
    assert bridge._extract_thread_from_standardized_run_id(run_id) == thread_id
    assert run(bridge._resolve_thread_id_from_run_id(run_id)) == thread_id


@pytest.mark.parametrize("value", [None, 7, b"thread_a"], ids=["None", "a number", "bytes"])
def test_what_is_no_text_leads_nowhere(value: Any) -> None:
    bridge = AgentWebSocketBridge()
    assert bridge._extract_thread_from_standardized_run_id(value) is None
    assert run(bridge._resolve_thread_id_from_run_id(value)) is None


def test_a_line_end_is_no_part_of_an_id() -> None:
    assert [thread_in(text) for text in ("thread_a\n", "run_a_a1b2c3d4\n", "thread_a_run_1_a1b2c3d4\n")] == [None] * 3


def test_blanks_around_a_run_id_do_not_matter() -> None:
    assert run(AgentWebSocketBridge()._resolve_thread_id_from_run_id("  thread_a ")) == "thread_a"


def test_a_very_long_run_id_is_refused_without_delay() -> None:
    assert thread_in("thread_" + "a_" * 50_000) is None
    assert thread_in("run_" + "thread_" * 20_000) is None


# ── registered runs ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_registered_thread_goes_before_the_one_in_the_id() -> None:
    async def main() -> None:
        bridge, run_id = connected(), "thread_in_id_run_1_a1b2c3d4"
        assert await bridge.register_run_thread_mapping(run_id, "thread_registered", {"agent_name": "triage"})
        assert await bridge._resolve_thread_id_from_run_id(run_id) == "thread_registered"
        assert await bridge.unregister_run_mapping(run_id)
        assert not await bridge.unregister_run_mapping(run_id)
        assert await bridge._resolve_thread_id_from_run_id(run_id) == "thread_in_id"

    run(main())


def test_a_run_registered_on_one_bridge_reports_through_another() -> None:
    async def main() -> None:
        manager = FakeManager()
        assert await AgentWebSocketBridge().register_run_thread_mapping("any-run-1", "any-thread-1")
        assert await connected(manager).notify_agent_started("any-run-1", "triage")
        assert [thread for thread, _ in manager.sent] == ["any-thread-1"]

    run(main())


@pytest.mark.parametrize(
    ("run_id", "thread_id"),
    [
        pytest.param("", "t", id="no run"),
        pytest.param(" ", "t", id="a blank run"),
        pytest.param(None, "t", id="None for a run"),
        pytest.param("r", "", id="no thread"),
        pytest.param("r", None, id="None for a thread"),
    ],
)
def test_a_mapping_without_both_ids_is_refused(run_id: Any, thread_id: Any) -> None:
    bridge = connected()
    bridge._thread_registry = RunThreadRegistry()
    assert not run(bridge.register_run_thread_mapping(run_id, thread_id))
    assert run(bridge.get_thread_registry_status())["active_mappings"] == 0  # type: ignore[index]


def test_the_registry_is_bounded_and_forgets_what_was_used_longest_ago() -> None:
    async def main() -> None:
        registry = RunThreadRegistry(max_mappings=3)
        for number in range(3):
            await registry.register(f"run-{number}", f"thread-{number}")
        assert await registry.get_thread("run-0") == "thread-0"
        await registry.register("run-3", "thread-3")
        threads = [await registry.get_thread(f"run-{number}") for number in range(4)]
        assert threads == ["thread-0", None, "thread-2", "thread-3"]
        status = await registry.get_status()
        assert (status["active_mappings"], status["total_registrations"]) == (3, 4)
        assert status["memory_usage_percentage"] == 100.0

    run(main())


def test_a_registry_holds_ten_thousand_runs_unless_told_otherwise() -> None:
    assert MAX_MAPPINGS == 10_000
    assert run(RunThreadRegistry().get_status())["config"] == {"max_mappings": 10_000}


def test_a_run_may_move_to_another_thread_and_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> str | None:
        registry = RunThreadRegistry()
        await registry.register("r", "one")
        await registry.register("r", "one")
        assert caplog.records == []
        await registry.register("r", "other")
        return await registry.get_thread("r")

    assert run(main()) == "other"
    assert [record.getMessage() for record in caplog.records] == ["run 'r' moves from thread 'one' to 'other'"]


# ── a registry from outside ──────────────────────────────────────────────────────────────────────────────────────────


class FakeRegistry:
    """A registry as a tree may have one."""

    def __init__(self, thread: Any = "thread_theirs", error: Exception | None = None, hangs: bool = False) -> None:
        self.thread, self.error, self.hangs = thread, error, hangs
        self.calls: list[tuple[Any, ...]] = []

    async def _answer(self, answer: Any, *call: Any) -> Any:
        self.calls.append(call)
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return answer

    async def register(self, run_id: str, thread_id: str, metadata: Any = None) -> Any:
        return await self._answer(True, "register", run_id, thread_id, metadata)

    async def get_thread(self, run_id: str) -> Any:
        return await self._answer(self.thread, "get_thread", run_id)

    async def unregister_run(self, run_id: str) -> Any:
        return await self._answer(True, "unregister_run", run_id)

    async def get_status(self) -> Any:
        return await self._answer({"registry_healthy": True}, "get_status")


def with_registry(registry: Any) -> AgentWebSocketBridge:
    bridge = connected(deadline=0.01)
    bridge._thread_registry = registry
    return bridge


def test_a_registry_from_outside_is_asked_and_told() -> None:
    async def main() -> None:
        registry = FakeRegistry()
        bridge = with_registry(registry)
        assert await bridge.register_run_thread_mapping("r", "t", {"a": 1})
        assert await bridge._resolve_thread_id_from_run_id("r") == "thread_theirs"
        assert await bridge.unregister_run_mapping("r")
        assert await bridge.get_thread_registry_status() == {"registry_healthy": True}
        assert registry.calls == [
            ("register", "r", "t", {"a": 1}),
            ("get_thread", "r"),
            ("unregister_run", "r"),
            ("get_status",),
        ]

    run(main())


@pytest.mark.parametrize(
    "registry",
    [
        pytest.param(FakeRegistry(error=RuntimeError("down")), id="a registry that raises"),
        pytest.param(FakeRegistry(hangs=True), id="a registry that hangs"),
        pytest.param(SimpleNamespace(), id="a registry that lacks the member"),
    ],
)
def test_a_registry_that_fails_is_logged_counted_and_passed_over(registry: Any) -> None:
    async def main() -> None:
        bridge = with_registry(registry)
        assert await bridge._resolve_thread_id_from_run_id("thread_a") == "thread_a"
        assert await bridge.register_run_thread_mapping("r", "t") is False
        assert await bridge.unregister_run_mapping("r") is False
        assert await bridge.get_thread_registry_status() is None
        assert bridge.get_resolution_metrics()["failure_sources"]["thread_registry"]["count"] == 4

    run(main())


@pytest.mark.parametrize("answer", [None, "", "  ", 7], ids=["nothing", "no text", "blanks", "a number"])
def test_a_registry_that_does_not_know_leaves_it_to_the_id(answer: Any) -> None:
    bridge = with_registry(FakeRegistry(thread=answer))
    assert run(bridge._resolve_thread_id_from_run_id("thread_a")) == "thread_a"
    assert run(bridge._resolve_thread_id_from_run_id("no-thread")) is None


def test_without_a_registry_the_id_is_all_there_is() -> None:
    async def main() -> None:
        bridge = with_registry(None)
        assert await bridge._resolve_thread_id_from_run_id("thread_a") == "thread_a"
        assert await bridge.register_run_thread_mapping("r", "t") is False
        assert await bridge.unregister_run_mapping("r") is False
        assert await bridge.get_thread_registry_status() is None

    run(main())


# ── what is counted ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_counted_before_anything_was_looked_for() -> None:
    metrics = AgentWebSocketBridge().get_resolution_metrics()
    assert (metrics["total_resolutions"], metrics["success_rate"]) == (0, 1.0)
    assert metrics["metrics_available"] is False


def test_searches_are_counted_by_source_and_failures_by_reason() -> None:
    async def main() -> dict[str, Any]:
        bridge = connected()
        bridge._thread_registry = RunThreadRegistry()
        await bridge.register_run_thread_mapping("known", "thread_known")
        for run_id in ("known", "known", "thread_a", "nowhere"):
            await bridge._resolve_thread_id_from_run_id(run_id)
        return bridge.get_resolution_metrics()

    metrics = run(main())
    assert (metrics["total_resolutions"], metrics["successful_resolutions"], metrics["failed_resolutions"]) == (4, 3, 1)
    assert metrics["success_rate"] == 0.75
    assert {source: entry["count"] for source, entry in metrics["resolution_sources"].items()} == {
        "thread_registry": 2,
        "pattern_extraction": 1,
    }
    assert metrics["failure_sources"]["complete_failure"]["count"] == 1
    assert "'nowhere'" in str(metrics["failure_sources"]["complete_failure"]["recent_errors"])
    assert metrics["avg_resolution_time_ms"] >= 0
    assert metrics["metrics_available"] is True


def test_only_the_last_ten_errors_are_kept() -> None:
    async def main() -> dict[str, Any]:
        bridge = connected()
        for number in range(25):
            await bridge._resolve_thread_id_from_run_id(f"nowhere-{number}")
        return bridge.get_resolution_metrics()

    failures = run(main())["failure_sources"]["complete_failure"]
    assert failures["count"] == 25
    assert len(failures["recent_errors"]) == 10
    assert "nowhere-24" in str(failures["recent_errors"][-1])
