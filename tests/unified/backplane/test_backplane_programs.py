"""B1-B7 by random programs: workers, tabs that move, connections that are cut, a Redis that dies and comes back."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unified.backplane.programs import FAULTY, LOSSY, QUIET, LossyProgram, Program
from tests.unified.backplane.redis_tools import QUICK_PLANE, redis_server, run, workers

IMPATIENT = dataclasses.replace(QUICK_PLANE, timeout=0.3)
Steps = list[tuple[Any, ...]]


def execute(kind: type[Program], steps: Steps, count: int) -> None:
    """Run a program to its end on a Redis of its own, and check."""

    async def go() -> None:
        with redis_server() as server:
            async with workers(server, count, settings=IMPATIENT) as joined:
                program = kind(server, joined)
                try:
                    await program.run(steps)
                finally:
                    joined[:] = program.workers
                program.check()

    run(go())


fewer = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@fewer
@given(QUIET, st.integers(2, 3))
def test_b1_b3_tabs_that_move_between_workers_have_every_event_once_and_agree_on_the_order(
    steps: Steps, count: int
) -> None:
    execute(Program, steps, count)


@fewer
@given(FAULTY, st.integers(2, 3))
@example([("publish", 0, 0, 3), ("crash", False), ("move", 0, 1), ("publish", 1, 0, 2), ("back",), ("move", 0, 0)], 2)
@example([("crash", True), ("publish", 0, 0, 2), ("move", 0, 1), ("publish", 1, 0, 2), ("move", 0, 0), ("back",)], 2)
@example([("publish", 0, 1, 1), ("cut",), ("publish", 0, 1, 1), ("turns", 3), ("move", 2, 0), ("move", 2, 0)], 2)
def test_b4_b5_whatever_fails_tabs_that_resume_have_every_event_once_and_agree_but_for_what_came_apart(
    steps: Steps, count: int
) -> None:
    execute(Program, steps, count)


@fewer
@given(LOSSY, st.integers(2, 3))
@example([("publish", 0, 0, 3), ("crash", False), ("lose",), ("publish", 1, 0, 2), ("back",), ("move", 0, 1)], 2)
@example([("cut",), ("crash", True), ("publish", 0, 0, 4), ("back",), ("crash", False), ("lose",), ("move", 1, 0)], 3)
def test_b6_when_redis_loses_its_data_a_tab_has_everything_once_since_it_was_last_told_otherwise(
    steps: Steps, count: int
) -> None:
    execute(LossyProgram, steps, count)
