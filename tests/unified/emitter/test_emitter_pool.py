"""E: the pool hands out emitters that nobody else has, and a handle that was given back is dead for good."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unified.emitter.doubles import (
    UNHURRIED,
    Clock,
    Context,
    HungManager,
    Router,
    ThreadManager,
    UserManager,
    emitter_for,
)
from unified_target import unified_emitter
from unified_target.unified_emitter import (
    EmitterPoolConfig,
    EmitterReleased,
    EmitterSettings,
    WebSocketEmitterPool,
    get_websocket_emitter_pool,
    shutdown_websocket_emitter_pool,
)

SMALL = EmitterPoolConfig(initial_size=1, max_size=2)
GRACE = Context("grace", "thread_grace", "run_2")


def pool_of(config: EmitterPoolConfig = SMALL) -> tuple[WebSocketEmitterPool, Clock]:
    """A pool and the clock it goes by."""
    clock = Clock()
    return WebSocketEmitterPool(config, settings=EmitterSettings(clock=clock)), clock


# Who has what


def test_e2_a_handle_that_was_given_back_raises_and_never_speaks_for_the_next_user() -> None:
    async def run() -> None:
        pool, manager = WebSocketEmitterPool(EmitterPoolConfig(1, 1)), ThreadManager()
        adas = await pool.acquire(Context(), manager)
        await pool.release(adas)
        graces = await pool.acquire(GRACE, manager)
        with pytest.raises(EmitterReleased):
            await adas.notify_agent_started("run_2", "triage")
        with pytest.raises(EmitterReleased):
            await adas.notify_agent_started("run_1", "triage")
        assert await graces.notify_agent_started("run_2", "triage") is True
        assert [(thread, event["user_id"]) for thread, event in manager.sent] == [("thread_grace", "grace")]

    asyncio.run(run())


def test_e3_two_acquisitions_for_one_run_are_two_emitters_and_end_apart() -> None:
    async def run() -> None:
        pool, manager = WebSocketEmitterPool(), ThreadManager()
        first, second = await pool.acquire(Context(), manager), await pool.acquire(Context(), manager)
        await pool.release(first)
        assert await second.notify_agent_started("run_1", "triage") is True
        assert pool.get_statistics().current_active == 1

    asyncio.run(run())


PROGRAM = st.lists(
    st.one_of(
        st.tuples(st.just("acquire"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["release", "speak", "dispose"]), st.integers(0, 20)),
        st.tuples(st.just("wait"), st.integers(0, 100)),
        st.tuples(st.just("sweep"), st.just(0)),
    ),
    max_size=40,
)


@UNHURRIED
@given(PROGRAM)
def test_e3_whatever_is_done_two_users_never_share_an_emitter_and_nothing_crosses(
    program: list[tuple[str, int]],
) -> None:
    contexts = [Context(user, "shared_thread", run) for user in ("ada", "grace") for run in ("run_1", "run_2")]

    async def play() -> None:
        pool, clock = pool_of()
        manager = ThreadManager()
        handles: list[tuple[Any, Context]] = []
        for what, number in program:
            if what == "acquire":
                emitter = await pool.acquire(contexts[number], manager)
                assert all(emitter is not other for other, _ in handles)
                handles.append((emitter, contexts[number]))
            elif what == "wait":
                clock.now += number
            elif what == "sweep":
                await pool.cleanup_inactive_emitters()
            elif handles:
                await use(what, pool, manager, *handles[number % len(handles)])
            check(pool, [emitter for emitter, _ in handles])

    asyncio.run(play())


async def use(what: str, pool: WebSocketEmitterPool, manager: ThreadManager, emitter: Any, owner: Context) -> None:
    if what == "release":
        await pool.release(emitter)
        assert not emitter.is_active
    elif what == "dispose":
        await emitter.dispose()
    elif emitter.is_active:
        assert await emitter.notify_agent_started(owner.run_id, "triage") is True
        assert (manager.events[-1]["user_id"], manager.events[-1]["run_id"]) == (owner.user_id, owner.run_id)
    else:
        before = len(manager.sent)
        with pytest.raises(EmitterReleased):
            await emitter.notify_agent_started(owner.run_id, "triage")
        assert len(manager.sent) == before


def check(pool: WebSocketEmitterPool, handles: list[Any]) -> None:
    """What always holds."""
    now = pool.get_statistics()
    alive = sum(emitter.is_active for emitter in handles)
    assert now.current_active >= alive
    assert now.total_acquired == len(handles)
    assert now.total_acquired - now.total_reset == now.current_active
    assert 0 <= now.current_pooled <= pool.config.max_size
    assert now.total_created <= pool.config.max_size
    assert now.peak_active >= now.current_active


# Places


def test_a_pool_starts_with_its_places_grows_to_its_size_and_serves_beyond_it() -> None:
    async def run() -> list[tuple[int, int, int, int]]:
        pool, manager = WebSocketEmitterPool(EmitterPoolConfig(2, 3)), ThreadManager()
        seen, held = [], []
        for _ in range(5):
            held.append(await pool.acquire(Context(), manager))
            now = pool.get_statistics()
            seen.append((now.current_active, now.current_pooled, now.total_created, now.total_temporary))
        assert [await emitter.notify_agent_started("run_1", "triage") for emitter in held] == [True] * 5
        for emitter in held:
            await pool.release(emitter)
        now = pool.get_statistics()
        seen.append((now.current_active, now.current_pooled, now.total_created, now.total_temporary))
        return seen

    assert asyncio.run(run()) == [(1, 1, 2, 0), (2, 0, 2, 0), (3, 0, 3, 0), (4, 0, 3, 1), (5, 0, 3, 2), (0, 3, 3, 2)]


def test_a_full_pool_says_so_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        pool = WebSocketEmitterPool(EmitterPoolConfig(0, 0))
        await pool.acquire(Context(), ThreadManager())

    asyncio.run(run())
    assert "temporary" in caplog.text


def test_a_full_pool_first_takes_back_what_was_disposed() -> None:
    async def run() -> int:
        pool, manager = WebSocketEmitterPool(EmitterPoolConfig(1, 1)), ThreadManager()
        async with await pool.acquire(Context(), manager):
            pass
        await pool.acquire(Context(), manager)
        return pool.get_statistics().total_temporary

    assert asyncio.run(run()) == 0


def test_the_numbers_are_those_of_the_old_pool() -> None:
    config = EmitterPoolConfig()
    assert (config.initial_size, config.max_size) == (20, 200)
    assert (config.cleanup_interval_s, config.idle_timeout_s) == (300, 60)
    pool = WebSocketEmitterPool()
    assert (pool.config, pool.get_statistics().current_pooled) == (config, 20)


def test_the_settings_of_the_old_pool_are_understood() -> None:
    old = SimpleNamespace(
        pool_initial_size=1,
        pool_max_size=2,
        pool_cleanup_interval=3,
        pool_reuse_timeout=4.0,
        enable_emitter_pooling=True,
    )
    assert EmitterPoolConfig.of(old) == EmitterPoolConfig(1, 2, 3, 4.0)


@pytest.mark.parametrize(
    "numbers",
    [(3, 2), (-1, 2), (0, 2, -1.0), (0, 2, 1.0, -1.0)],
    ids=["more places at first than at all", "fewer than none", "a negative interval", "a negative timeout"],
)
def test_numbers_that_contradict_each_other_are_a_value_error(numbers: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        EmitterPoolConfig(*numbers)


def test_the_statistics_are_a_snapshot() -> None:
    async def run() -> tuple[int, int]:
        pool = WebSocketEmitterPool()
        before = pool.get_statistics()
        await pool.acquire(Context(), ThreadManager())
        return before.total_acquired, pool.get_statistics().total_acquired

    assert asyncio.run(run()) == (0, 1)
    with pytest.raises(AttributeError):
        WebSocketEmitterPool().get_statistics().total_acquired = 7  # type: ignore[misc]


def test_the_statistics_know_peak_hits_and_time() -> None:
    async def run() -> Any:
        clock = iter(range(1000))
        pool = WebSocketEmitterPool(EmitterPoolConfig(1, 2), settings=EmitterSettings(clock=lambda: next(clock)))
        held = [await pool.acquire(Context(), ThreadManager()) for _ in range(4)]
        await pool.release(held[0])
        return pool.get_statistics()

    now = asyncio.run(run())
    assert (now.peak_active, now.current_active, now.total_released, now.total_reset) == (4, 3, 1, 1)
    assert now.cache_hit_rate == 0.25
    assert now.average_acquisition_time_ms > 0


def test_the_peak_is_the_most_there_ever_were() -> None:
    async def run() -> tuple[int, int]:
        pool, manager = WebSocketEmitterPool(), ThreadManager()
        for emitter in [await pool.acquire(Context(), manager) for _ in range(3)]:
            await pool.release(emitter)
        await pool.acquire(Context(), manager)
        return pool.get_statistics().peak_active, pool.get_statistics().current_active

    assert asyncio.run(run()) == (3, 1)


def test_an_unused_pool_has_no_rates() -> None:
    now = WebSocketEmitterPool().get_statistics()
    assert (now.cache_hit_rate, now.average_acquisition_time_ms) == (0, 0)


def test_the_text_form_tells_the_sizes() -> None:
    assert str(WebSocketEmitterPool()) == "WebSocketEmitterPool(active: 0, pooled: 20, max_size: 200)"


# Giving back


def test_giving_back_twice_frees_one_place() -> None:
    async def run() -> tuple[int, int, int]:
        pool = WebSocketEmitterPool(EmitterPoolConfig(1, 1))
        emitter = await pool.acquire(Context(), ThreadManager())
        await pool.release(emitter)
        await pool.release(emitter)
        now = pool.get_statistics()
        return now.current_pooled, now.total_released, now.current_active

    assert asyncio.run(run()) == (1, 1, 0)


def test_what_the_pool_never_gave_out_is_left_alone() -> None:
    async def run() -> tuple[bool, int]:
        pool, stranger = WebSocketEmitterPool(), emitter_for(ThreadManager())
        await pool.release(stranger)
        await pool.release(None)
        return stranger.is_active, pool.get_statistics().total_released

    assert asyncio.run(run()) == (True, 0)


def test_a_released_emitter_is_not_kept_alive() -> None:
    async def run() -> None:
        pool = WebSocketEmitterPool()
        emitter = await pool.acquire(Context(), ThreadManager())
        await pool.release(emitter)
        seen = weakref.ref(emitter)
        del emitter
        gc.collect()
        assert seen() is None

    asyncio.run(run())


# Idle emitters


def test_an_emitter_idle_for_longer_than_its_time_is_taken_away() -> None:
    async def run() -> tuple[int, int, bool, int]:
        pool, clock = pool_of()
        emitter = await pool.acquire(Context(), ThreadManager())
        clock.now += 60
        in_time = await pool.cleanup_inactive_emitters()
        clock.now += 0.001
        late = await pool.cleanup_inactive_emitters()
        with pytest.raises(EmitterReleased):
            await emitter.notify_agent_started("run_1", "triage")
        return in_time, late, emitter.is_active, pool.get_statistics().current_pooled

    assert asyncio.run(run()) == (0, 1, False, 1)


def test_an_emitter_that_speaks_is_kept_however_old() -> None:
    async def run() -> list[int]:
        pool, clock = pool_of()
        emitter = await pool.acquire(Context(), ThreadManager())
        taken = []
        for _ in range(10):
            clock.now += 50
            await emitter.notify_agent_thinking("run_1", "triage", "hm")
            taken.append(await pool.cleanup_inactive_emitters())
        return taken

    assert asyncio.run(run()) == [0] * 10


def test_with_no_timeout_only_disposed_emitters_are_taken_away() -> None:
    async def run() -> tuple[int, int]:
        pool, clock = pool_of(EmitterPoolConfig(1, 2, 300, 0))
        emitter = await pool.acquire(Context(), ThreadManager())
        clock.now += 10**9
        kept = await pool.cleanup_inactive_emitters()
        await emitter.dispose()
        return kept, await pool.cleanup_inactive_emitters()

    assert asyncio.run(run()) == (0, 1)


def test_the_sweep_runs_by_itself_while_emitters_are_in_use_and_then_stops() -> None:
    async def run() -> None:
        pool, clock = pool_of(EmitterPoolConfig(1, 2, cleanup_interval_s=0.001))
        loop = asyncio.get_running_loop()
        busy, idle = await pool.acquire(Context(), ThreadManager()), await pool.acquire(GRACE, ThreadManager())
        clock.now += 61
        await busy.notify_agent_started("run_1", "triage")
        await until(lambda: not idle.is_active)
        assert busy.is_active
        clock.now += 61
        await until(lambda: not busy.is_active)
        await until(lambda: loop not in pool._sweeps)

    asyncio.run(run())


async def until(happened: Any) -> None:
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0.001)


def test_without_an_interval_there_is_no_sweep() -> None:
    async def run() -> int:
        pool, _ = pool_of(EmitterPoolConfig(1, 2, cleanup_interval_s=0))
        await pool.acquire(Context(), ThreadManager())
        return len(pool._sweeps)

    assert asyncio.run(run()) == 0


# Loops, threads, the end


def test_t1_a_pool_needs_no_loop_to_be_made_and_serves_one_after_another() -> None:
    pool, manager = WebSocketEmitterPool(), ThreadManager()

    async def use_once() -> int:
        emitter = await pool.acquire(Context(), manager)
        assert await emitter.notify_agent_started("run_1", "triage") is True
        return len(pool._sweeps)

    assert [asyncio.run(use_once()) for _ in range(3)] == [1, 1, 1]
    assert pool.get_statistics().current_active == 3


def test_t3_a_pool_serves_loops_in_several_threads_at_once() -> None:
    pool, errors = WebSocketEmitterPool(EmitterPoolConfig(2, 4)), []

    async def use_often(name: str) -> None:
        manager = ThreadManager()
        for _ in range(50):
            emitter = await pool.acquire(Context(name, name, name), manager)
            await emitter.notify_agent_started(name, "triage")
            await pool.release(emitter)
        if {event["user_id"] for event in manager.events} != {name} or len(manager.sent) != 50:
            errors.append(name)

    run_all([threading.Thread(target=lambda name=f"user_{n}": asyncio.run(use_often(name))) for n in range(4)])
    now = pool.get_statistics()
    assert (errors, now.current_active, now.total_acquired, now.total_released) == ([], 0, 200, 200)


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_c1_acquiring_is_done_or_not_done_when_its_task_is_cancelled() -> None:
    async def run() -> tuple[int, int]:
        pool = WebSocketEmitterPool()
        tasks = [asyncio.create_task(pool.acquire(Context(), ThreadManager())) for _ in range(10)]
        for task in tasks[::2]:
            task.cancel()
        done = [each for each in await asyncio.gather(*tasks, return_exceptions=True) if hasattr(each, "user_id")]
        return len(done), pool.get_statistics().current_active

    assert asyncio.run(run()) == (5, 5)


def test_s3_after_the_shutdown_every_handle_is_dead_and_no_more_are_given_out() -> None:
    async def run() -> None:
        pool = WebSocketEmitterPool()
        emitter = await pool.acquire(Context(), ThreadManager())
        (sweep,) = pool._sweeps.values()
        await pool.shutdown()
        await pool.shutdown()
        assert sweep.cancelled()
        with pytest.raises(EmitterReleased):
            await emitter.notify_agent_started("run_1", "triage")
        with pytest.raises(RuntimeError, match="shut down"):
            await pool.acquire(Context(), ThreadManager())
        await pool.release(emitter)
        now = pool.get_statistics()
        assert (now.current_active, now.current_pooled, len(pool._sweeps)) == (0, 0, 0)

    asyncio.run(run())


def test_s2_a_hung_event_does_not_keep_the_pool_from_shutting_down() -> None:
    async def run() -> None:
        pool, manager = WebSocketEmitterPool(), HungManager()
        emitter = await pool.acquire(Context(), manager)
        sending = asyncio.create_task(emitter.notify_agent_started("run_1", "triage"))
        await manager.waiting.wait()
        await asyncio.wait_for(pool.shutdown(), 10)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    asyncio.run(run())


def test_a_shutdown_in_another_loop_stops_the_sweeps_of_all() -> None:
    pool, _ = pool_of(EmitterPoolConfig(1, 2, cleanup_interval_s=0.001))

    async def acquire_and_wait() -> int:
        await pool.acquire(Context(), ThreadManager())
        await asyncio.to_thread(lambda: asyncio.run(pool.shutdown()))
        await until(lambda: not pool._sweeps)
        return len(pool._sweeps)

    assert asyncio.run(acquire_and_wait()) == 0


# Through what


@pytest.mark.parametrize("kind", [ThreadManager, UserManager], ids=["a manager of threads", "a manager of users"])
def test_a_pool_takes_a_manager_where_it_took_a_router(kind: Any) -> None:
    manager = kind()

    async def run() -> bool:
        emitter = await WebSocketEmitterPool().acquire(Context(), manager)
        return await emitter.notify_agent_started("run_1", "triage")

    assert asyncio.run(run()) is True
    assert len(manager.sent) == 1


@pytest.mark.parametrize(
    ("connection", "reached"), [(None, ["conn_1", "conn_2"]), ("conn_2", ["conn_2"])], ids=["all", "the named one"]
)
def test_through_a_router_it_reaches_connections_of_the_user(connection: str | None, reached: list[str]) -> None:
    router = Router({"conn_1": "ada", "conn_2": "ada", "conn_3": "grace"})

    async def run() -> bool:
        emitter = await WebSocketEmitterPool().acquire(Context(), router, connection)
        return await emitter.notify_agent_started("run_1", "triage")

    assert asyncio.run(run()) is True
    assert [where for where, _ in router.sent] == reached
    assert router.sent[0][1]["request_id"] == "request_1"


def test_a_context_without_a_run_gets_no_emitter_and_takes_no_place() -> None:
    async def run() -> int:
        pool = WebSocketEmitterPool()
        with pytest.raises(ValueError, match="no context"):
            await pool.acquire(SimpleNamespace(user_id="ada"), ThreadManager())  # type: ignore[arg-type]
        return pool.get_statistics().total_acquired

    assert asyncio.run(run()) == 0


# The pool of the process


@pytest.fixture
def no_pool_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unified_emitter, "_global_pool", None)


@pytest.mark.usefixtures("no_pool_yet")
def test_the_process_has_one_pool_until_it_is_shut_down() -> None:
    async def run() -> tuple[bool, bool, int]:
        first, same = await get_websocket_emitter_pool(SMALL), await get_websocket_emitter_pool()
        await shutdown_websocket_emitter_pool()
        await shutdown_websocket_emitter_pool()
        return first is same, await get_websocket_emitter_pool() is first, first.config.max_size

    assert asyncio.run(run()) == (True, False, 2)


@pytest.mark.usefixtures("no_pool_yet")
def test_the_process_has_one_pool_in_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowlyMade(WebSocketEmitterPool):
        def __init__(self, config: EmitterPoolConfig | None = None) -> None:
            time.sleep(0.02)  # every other thread gets to run while this one is being made
            super().__init__(config)

    monkeypatch.setattr(unified_emitter, "WebSocketEmitterPool", SlowlyMade)
    start, pools = threading.Barrier(8), []

    def get() -> None:
        start.wait()
        pools.append(asyncio.run(get_websocket_emitter_pool()))

    run_all([threading.Thread(target=get) for _ in range(8)])
    assert (len(pools), len({id(pool) for pool in pools})) == (8, 1)
