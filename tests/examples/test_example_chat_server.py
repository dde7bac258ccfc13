"""The example's server, with real clients on loopback."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
import sqlite3
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.examples.chat_host import FIVE, REPOSITORY, ChatHost, until
from tests.examples.chat_tab import Tab


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_the_five_events_arrive_in_order_at_the_user_whose_run_it_is(host: ChatHost) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        async with Tab(host, ada) as tab:
            run_id = host.ask(ada)
            host.order("sssss")
            assert await tab.receive(5) == FIVE
        assert {event["run_id"] for event in tab.events} == {run_id}
        assert [event["step"] for event in tab.events] == tab.places == [1, 2, 3, 4, 5]
        assert [event["type"] for event in host.runs(ada)[run_id]] == FIVE

    run(work())


def test_another_user_on_the_same_thread_gets_nothing_of_it(host: ChatHost) -> None:
    async def work() -> None:
        ada, grace = host.log_in("ada"), host.log_in("grace")
        async with Tab(host, ada) as mine, Tab(host, grace) as theirs:
            first = host.ask(ada, "ada's question")
            host.order("sssss")
            await mine.receive(5)
            second = host.ask(grace, "grace's question")
            host.order("sssss")
            assert await theirs.receive(5) == FIVE
        assert first[:4] == second[:4] == "run_"
        assert {event["run_id"] for event in theirs.events} == {second}
        assert theirs.places == [1, 2, 3, 4, 5]
        assert "ada's question" not in str(theirs.events)
        assert host.runs(grace).keys() == {second}
        assert host.runs(ada).keys() == {first}

    run(work())


def test_a_user_id_in_the_url_changes_nothing(host: ChatHost) -> None:
    async def work() -> None:
        ada, grace = host.log_in("ada"), host.log_in("grace")
        async with Tab(host, ada) as mine, Tab(host, grace, user_id="ada", user="ada") as theirs:
            host.ask(ada)
            host.order("s")
            await mine.receive(1)
            own = host.ask(grace)
            host.order("ss")  # one for each run
            await theirs.receive(1)
        assert theirs.events[0]["run_id"] == own
        assert host.request("GET", "/runs?thread_id=chat&user_id=ada", cookie=grace).data["runs"][0]["run_id"] == own

    run(work())


def test_three_tabs_get_everything_and_a_fourth_is_turned_away(host: ChatHost) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        async with AsyncExitStack() as stack:
            tabs = [await stack.enter_async_context(Tab(host, ada)) for _ in range(3)]
            fourth = Tab(host, ada)
            await fourth.connect()
            assert await fourth.closed() == (4009, "the user has 3 connections already")
            host.ask(ada)
            host.order("sssss")
            assert [await tab.receive(5) for tab in tabs] == [FIVE] * 3

    run(work())


def test_a_dropped_connection_resumes_with_exactly_what_it_missed(host: ChatHost) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        tab = Tab(host, ada)
        async with tab:
            run_id = host.ask(ada)
            host.order("ss")
            await tab.receive(2)
            tab.drop()
        epoch = tab.hello["epoch"]
        host.order("ss")
        until(lambda: len(host.runs(ada)[run_id]) == 4, "the agent went on")
        async with tab:
            assert tab.hello == {"type": "hello", "epoch": epoch, "stream_seq": 2, "recovered": True}
            await tab.receive(2)
            host.order("s")
            assert await tab.receive(1) == FIVE
        assert tab.places == [1, 2, 3, 4, 5]

    run(work())


def test_the_agent_works_on_while_nobody_looks(host: ChatHost) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        run_id = host.ask(ada)
        host.order("sssss")
        until(lambda: len(host.runs(ada)[run_id]) == 5, "the agent is done")
        async with Tab(host, ada) as tab:
            assert await tab.receive(5) == FIVE

    run(work())


def test_a_server_that_stops_sends_what_it_has_and_says_when_to_come_back(host: ChatHost) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        async with Tab(host, ada) as tab, Tab(host, ada) as other:
            run_id = host.ask(ada)
            host.order("ss")
            until(lambda: len(host.runs(ada)[run_id]) == 2, "the agent took two steps")
            host.stop(signal.SIGTERM)
            assert await tab.receive(2) == FIVE[:2]
            closed = [await tab.closed(), await other.closed()]
        assert [code for code, _ in closed] == [1012, 1012]
        moments = [re.fullmatch(r"service restart; retry_after=(\d\.\d\d)", reason) for _, reason in closed]
        assert all(moment is not None and 1 <= float(moment[1]) <= 5 for moment in moments), closed

    run(work())
    assert host.logged("Traceback") == 0, host.log.read_text()


def shown(tab: Tab, kept: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """What a page shows: the kept events of a run and those received, each once, in their order."""
    return sorted({(event["step"], event["type"]) for event in (*kept, *tab.events)})


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("steps", [0, 1, 3, 5])
def test_a_run_goes_on_after_the_server_was_ended_and_started_again(
    host: ChatHost, how: signal.Signals, steps: int
) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        tab = Tab(host, ada)
        async with tab:
            run_id = host.ask(ada)
            host.order("s" * steps)
            await tab.receive(steps)
            host.stop(how)
            await tab.closed()
        epoch, before = tab.hello["epoch"], len(tab.events)
        host.start()
        async with tab:
            assert (tab.hello["recovered"], tab.hello["stream_seq"]) == (False, 0)
            assert tab.hello["epoch"] != epoch
            kept = host.runs(ada)[run_id]
            assert [event["type"] for event in kept] == FIVE[:steps]
            host.order("s" * 5)
            await tab.receive(5 - steps)
        assert tab.types == FIVE
        assert tab.places[before:] == list(range(1, 6 - steps))
        assert shown(tab, kept) == list(enumerate(FIVE, 1))
        assert [event["type"] for event in host.runs(ada)[run_id]] == FIVE

    run(work())


@pytest.mark.parametrize("step", [1, 3, 5])
def test_an_event_that_was_kept_but_not_sent_before_a_kill_is_told_with_the_runs(tmp_path: Path, step: int) -> None:
    async def work(host: ChatHost) -> None:
        ada = host.log_in("ada")
        tab = Tab(host, ada)
        async with tab:
            run_id = host.ask(ada)
            host.order("s" * step)
            await tab.receive(step - 1)
            assert host.died() == -signal.SIGKILL
            await tab.closed()
        host.start(CHAT_DIE_AT="")
        async with tab:
            kept = host.runs(ada)[run_id]
            host.order("sssss")
            await tab.receive(5 - step)
        assert shown(tab, kept) == list(enumerate(FIVE, 1))

    host = ChatHost(tmp_path, CHAT_DIE_AT=str(step))
    try:
        host.start()
        run(work(host))
    finally:
        host.stop()


def test_a_session_outlives_the_server(host: ChatHost) -> None:
    ada = host.log_in("ada")
    host.stop()
    host.start()
    assert host.request("GET", "/session", cookie=ada).data == {"user": "ada"}


# ── who may connect ──────────────────────────────────────────────────────────────────────────────────────────────────


def forged(cookie: str) -> list[str]:
    """Cookies that look like this one and are nobody's."""
    name, _, token = cookie.partition("=")
    body, _, signature = token.partition(".")
    other = "a" if body[3] != "a" else "b"
    changed = [f"{body[:3]}{other}{body[4:]}.{signature}", f"{body}.{signature[::-1]}", body, f"{body}.", ".", "é.é"]
    return [f"{name}={token}" for token in changed]


def test_nobody_connects_without_a_session_of_this_server(host: ChatHost) -> None:
    from websockets.exceptions import InvalidStatus

    async def work() -> None:
        for cookie in ["", *forged(host.log_in("ada"))]:
            tab = Tab(host, cookie, user_id="ada")
            with pytest.raises(InvalidStatus) as refused:
                await tab.connect()
            assert refused.value.response.status_code == 401
            assert host.request("GET", "/runs?thread_id=chat", cookie=cookie.encode().decode("latin-1")).status == 401

    run(work())
    assert host.logged("Traceback") == 0, host.log.read_text()


def test_another_sites_page_is_refused_even_with_the_users_cookie(host: ChatHost) -> None:
    from websockets.exceptions import InvalidStatus

    async def work() -> None:
        for origin in ("http://127.0.0.1:1", "https://evil.example", "null"):
            tab = Tab(host, ada)
            tab.headers = {"Origin": origin}
            with pytest.raises(InvalidStatus) as refused:
                await tab.connect()
            assert refused.value.response.status_code == 403
            question = {"question": "?", "thread_id": "chat"}
            assert host.request("POST", "/runs", question, ada, Origin=origin).status == 403

    ada = host.log_in("ada")
    run(work())
    assert host.request("GET", "/session", cookie=ada, Origin=f"http://{host.address}").status == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(host: ChatHost) -> None:
    answer = host.request("POST", "/login", {"name": "ada", "password": "analytical"})
    assert answer.data == {"user": "ada"}
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in answer.cookie.split(";")}


@pytest.mark.parametrize("password", ["", "compiler", "analytica", "é"])
def test_a_wrong_password_signs_nobody_in(host: ChatHost, password: str) -> None:
    for name in ("ada", "", "nobody"):
        answer = host.request("POST", "/login", {"name": name, "password": password})
        assert (answer.status, answer.cookie) == (401, "")


def test_a_session_that_ends_closes_its_connection(tmp_path: Path) -> None:
    async def work(host: ChatHost) -> None:
        ada = host.log_in("ada")
        async with Tab(host, ada) as tab:
            assert await tab.closed() == (3000, "token expired")
        assert host.request("GET", "/session", cookie=ada).data == {"user": None}

    host = ChatHost(tmp_path, CHAT_SESSION_SECONDS="4")
    try:
        host.start()
        run(work(host))
    finally:
        host.stop()


def test_signing_out_closes_the_users_connections_and_nobody_elses(host: ChatHost) -> None:
    async def work() -> None:
        ada, grace = host.log_in("ada"), host.log_in("grace")
        async with Tab(host, ada) as mine, Tab(host, grace) as theirs:
            assert host.request("POST", "/logout", cookie=ada).data == {"user": None}
            assert await mine.closed() == (3000, "signed out")
            host.ask(grace)
            host.order("s")
            assert await theirs.receive(1) == FIVE[:1]

    run(work())


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[" * 60_000, "7", '{"type": 7}', '{"type": "pong"}', '{"type": "pong", "timestamp": "x"}', b"\xff\x00"],
)
def test_a_frame_that_makes_no_sense_harms_nobody(host: ChatHost, frame: str | bytes) -> None:
    async def work() -> None:
        ada = host.log_in("ada")
        async with Tab(host, ada) as tab:
            await tab.socket.send(frame)
            host.ask(ada)
            host.order("s")
            assert await tab.receive(1) == FIVE[:1]

    run(work())
    assert host.logged("Traceback") == 0, host.log.read_text()


# ── the store, and the way the README says ───────────────────────────────────────────────────────────────────────────


def test_the_store_is_readable_by_its_owner_alone(host: ChatHost) -> None:
    [path] = host.log.parent.glob("chat.sqlite3")
    assert path.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(path)) as file:
        assert [length for (length,) in file.execute("SELECT length(secret) FROM signing")] == [32]


def test_the_command_of_the_readme_serves_a_run(tmp_path: Path) -> None:
    async def work(host: ChatHost) -> None:
        ada = host.log_in("ada")
        async with Tab(host, ada) as tab:
            host.ask(ada)
            assert await tab.receive(5) == FIVE

    text = (REPOSITORY / "examples" / "chat" / "README.md").read_text("utf-8")
    [command] = re.findall(r"^\$ python (.*)$", text, re.MULTILINE)
    host = ChatHost(tmp_path, [sys.executable, *shlex.split(command)], CHAT_STEP_SECONDS="0.05")
    try:
        host.start()
        run(work(host))
        assert host.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    finally:
        host.stop()
