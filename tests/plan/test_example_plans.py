"""The plans of other code bases load, and the target that goes with one does what it says."""

from __future__ import annotations

import signal
from pathlib import Path
from unittest import mock

import pytest

from codemods.plan import load_plan
from examples.plans import luigi_run_context
from examples.plans.luigi_run_context import RunContext
from tests.cli.tool import REPOSITORY

PLANS = sorted((REPOSITORY / "examples" / "plans").glob("*.toml"))


@pytest.mark.parametrize("path", PLANS, ids=[path.stem for path in PLANS])
def test_the_plan_loads_and_its_targets_are_its_code_bases_own(path: Path) -> None:
    plan = load_plan(path)
    assert plan.classes
    assert not plan.shipped
    assert plan.library


KILLED = {
    "a process": (RunContext(mock.Mock()), None),
    "an application before its job": (RunContext(), ["yarn", "application", "-kill", "a_1"]),
    "a job in its own way": (RunContext(kill=("pig", "-e", '"kill {}"')), ["pig", "-e", '"kill j_1"']),
}


def interrupted(context: RunContext) -> None:
    with context:
        assert signal.getsignal(signal.SIGTERM) == context.kill_job
        raise KeyboardInterrupt


@pytest.mark.parametrize(("context", "command"), KILLED.values(), ids=KILLED)
def test_what_is_interrupted_is_killed(context: RunContext, command: list[str] | None) -> None:
    before = signal.getsignal(signal.SIGTERM)
    context.job_id, context.application_id = "j_1", "a_1" if command and "yarn" in command else None
    with mock.patch.object(luigi_run_context, "subprocess") as subprocess, pytest.raises(KeyboardInterrupt):
        interrupted(context)
    assert signal.getsignal(signal.SIGTERM) == before
    calls = [call.args[0] for call in subprocess.call.call_args_list]
    assert calls == ([command] if command else [])
    assert context.proc is None or context.proc.kill.called


def test_a_signal_ends_the_process_as_a_shell_would_say_it() -> None:
    with pytest.raises(SystemExit) as stopped:
        RunContext().kill_job(signal.SIGTERM)
    assert stopped.value.code == 128 + signal.SIGTERM
