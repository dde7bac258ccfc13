"""The example's page in a real browser."""

from __future__ import annotations

import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.examples.chat_browser import Browser
from tests.examples.chat_host import FIVE, ChatHost, until

Browsers = Callable[[ChatHost], Browser]
AWAY = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
"""What Chromium itself writes into the console about a server that is away; no page can prevent it."""


@pytest.fixture
def browser(host: ChatHost, browsers: Browsers) -> Browser:
    """A browser on the page, signed out."""
    return browsers(host)


@pytest.fixture
def ada(browser: Browser) -> Browser:
    """Ada's browser."""
    browser.log_in("ada")
    return browser


def test_the_page_shows_the_five_events_one_by_one_as_they_happen(host: ChatHost, ada: Browser) -> None:
    ada.ask("Where is the map?")
    for number in range(1, 6):
        host.order("s")
        ada.shows("Where is the map?", FIVE[:number])
    assert "17 books speak of “Where is the map?”" in ada.text()
    assert "Done" in ada.text()
    assert ada.complaints() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("steps", [0, 2, 4])
def test_the_page_shows_every_event_once_though_the_server_was_ended_in_the_middle(
    host: ChatHost, ada: Browser, how: signal.Signals, steps: int
) -> None:
    ada.ask("Where is the map?")
    host.order("s" * steps)
    ada.shows("Where is the map?", FIVE[:steps])
    host.stop(how)
    ada.reaches("waiting")
    host.start()
    host.order("s")
    ada.reaches("live")
    host.order("ssss")
    ada.shows("Where is the map?", FIVE)
    assert ada.questions() == ["Where is the map?"]
    ada.ask("And now?")  # whatever the old server may still have to say of the first run comes before this
    host.order("sssss")
    ada.shows("And now?", FIVE)
    assert ada.events("Where is the map?") == FIVE
    assert ada.complaints(*AWAY) == []


def test_the_page_shows_an_event_that_was_kept_but_not_sent_before_a_kill(tmp_path: Path, browsers: Browsers) -> None:
    host = ChatHost(tmp_path, CHAT_DIE_AT="3")
    try:
        host.start()
        ada = browsers(host)
        ada.log_in("ada")
        ada.ask("Where is the map?")
        host.order("sss")
        assert host.died() == -signal.SIGKILL
        ada.shows("Where is the map?", FIVE[:2])
        host.start(CHAT_DIE_AT="")
        ada.shows("Where is the map?", FIVE[:3])
        host.order("ss")
        ada.shows("Where is the map?", FIVE)
        assert ada.complaints(*AWAY) == []
    finally:
        host.stop()


def test_a_dropped_connection_is_resumed_without_reading_the_runs_again(host: ChatHost, ada: Browser) -> None:
    ada.ask("Where is the map?")
    host.order("ss")
    ada.shows("Where is the map?", FIVE[:2])
    host.order("dss")
    ada.shows("Where is the map?", FIVE[:4])
    host.order("s")
    ada.shows("Where is the map?", FIVE)
    assert host.logged('"GET /runs?') == 1
    assert host.logged("/ws?") >= 2
    assert ada.complaints() == []


UNRELIABLE = """
    const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
    const first = new Set();
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
        get,
        set(listener) {
            set.call(this, (frame) => {
                const { type } = JSON.parse(frame.data);
                if (type === 'agent_thinking' && !first.has(type)) return first.add(type);
                listener(frame);
                if (type !== 'hello') listener(frame);
            });
        },
    });
"""
"""Every message comes twice, but the first thought is lost."""


def test_a_message_that_is_lost_on_the_way_is_fetched_and_one_that_comes_twice_is_shown_once(
    host: ChatHost, ada: Browser
) -> None:
    ada.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": UNRELIABLE})
    ada.driver.refresh()
    ada.reaches("live")
    ada.ask("Where is the map?")
    host.order("sssss")
    ada.shows("Where is the map?", FIVE)
    assert host.logged("/ws?") == 3  # before the refresh, after it, and to fetch what was lost
    assert host.logged('"GET /runs?') == 2
    assert ada.complaints() == []


def test_a_page_that_is_loaded_again_in_the_middle_shows_every_event_once(host: ChatHost, ada: Browser) -> None:
    ada.ask("Where is the map?")
    host.order("sss")
    ada.shows("Where is the map?", FIVE[:3])
    ada.driver.refresh()
    ada.shows("Where is the map?", FIVE[:3])
    host.order("ss")
    ada.shows("Where is the map?", FIVE)
    assert ada.complaints() == []


def test_another_users_browser_shows_nothing_of_a_run(host: ChatHost, ada: Browser, browsers: Browsers) -> None:
    grace = browsers(host)
    grace.log_in("grace")
    ada.ask("A secret of ada")
    host.order("sssss")
    ada.shows("A secret of ada", FIVE)
    grace.ask("Something else")
    host.order("sssss")
    grace.shows("Something else", FIVE)
    grace.driver.refresh()
    grace.shows("Something else", FIVE)
    assert grace.questions() == ["Something else"]
    assert "secret" not in grace.text()
    assert ada.questions() == ["A secret of ada"]
    assert grace.complaints() == []


def test_the_next_user_of_a_browser_sees_nothing_of_the_one_before(host: ChatHost, ada: Browser) -> None:
    ada.ask("A secret of ada")
    host.order("sssss")
    ada.shows("A secret of ada", FIVE)
    ada.press("Sign out")
    ada.reaches("signed-out")
    assert "secret" not in ada.run("return document.documentElement.outerHTML")
    assert ada.run("return sessionStorage.length") == 0
    ada.log_in("grace")
    ada.ask("Something else")
    host.order("sssss")
    ada.shows("Something else", FIVE)
    assert ada.questions() == ["Something else"]
    assert ada.complaints() == []


def test_a_wrong_password_is_told_and_forgiven(browser: Browser) -> None:
    browser.submit_log_in("ada", "wrong")
    until(lambda: "This name and password do not match." in browser.text(), "the page tells that it is wrong")
    assert browser.connection() == "signed-out"
    browser.log_in("ada")
    assert browser.complaints("401 (Unauthorized)") == []


WATCH = """
    window.seen = [];
    new MutationObserver(() => window.seen.push([document.body.dataset.connection, Number(document.body.dataset.wait)]))
        .observe(document.body, { attributes: true });
"""


def test_the_page_comes_back_when_a_stopping_server_has_asked_it_to(host: ChatHost, ada: Browser) -> None:
    ada.run(WATCH)
    host.stop(signal.SIGTERM)
    ada.reaches("waiting")
    host.start()
    ada.reaches("live")
    first = next(wait for state, wait in ada.run("return window.seen") if state == "waiting")
    assert 1000 <= first <= 5000


def test_the_page_waits_longer_each_time_while_the_server_is_away(host: ChatHost, ada: Browser) -> None:
    ada.run(WATCH)
    host.stop()

    def waits() -> list[int]:
        seen = [wait for state, wait in ada.run("return window.seen") if state == "waiting"]
        return list(dict.fromkeys(seen))  # the same wait may be noticed twice

    until(lambda: len(waits()) >= 4, "the page has tried four times")
    for number, wait in enumerate(waits()[:4]):
        assert 500 * 2**number * 0.5 <= wait <= 500 * 2**number
    host.start()
    ada.press("Connect now")
    ada.reaches("live")
    assert ada.complaints(*AWAY) == []


def test_a_fourth_tab_says_why_it_stays_out_and_comes_in_when_there_is_room(host: ChatHost, ada: Browser) -> None:
    for _ in range(3):
        ada.driver.switch_to.new_window("tab")
        ada.open()
    ada.reaches("stopped")
    assert "too many tabs" in ada.text()
    fourth = ada.driver.current_window_handle
    ada.driver.switch_to.window(ada.driver.window_handles[0])
    ada.driver.close()
    ada.driver.switch_to.window(fourth)

    def let_in() -> bool:  # the server may need a moment to notice that a tab was closed
        if ada.connection() == "stopped":
            ada.press("Connect now")
        return ada.connection() == "live"

    until(let_in, "the fourth tab is live")


def test_a_session_that_ends_brings_back_the_sign_in(tmp_path: Path, browsers: Browsers) -> None:
    host = ChatHost(tmp_path, CHAT_SESSION_SECONDS="6")
    try:
        host.start()
        browser = browsers(host)
        browser.run(WATCH)
        browser.submit_log_in("ada", "analytical")
        until(lambda: browser.run("return window.seen.some(([state]) => state === 'live')"), "the page was live")
        browser.reaches("signed-out")
        assert browser.complaints() == []
    finally:
        host.stop()


# ── how it looks ─────────────────────────────────────────────────────────────────────────────────────────────────────

LONG = "W" * 60 + " and words " * 10


def furnished(host: ChatHost, ada: Browser) -> None:
    """Show a finished run, one in the middle, and a failed question."""
    ada.ask("Where is the map?")
    host.order("sssss")
    ada.shows("Where is the map?", FIVE)
    ada.ask(LONG.strip())
    host.order("sss")
    ada.shows(LONG.strip(), FIVE[:3])


def fits(browser: Browser) -> bool:
    return bool(browser.run("const page = document.documentElement; return page.scrollWidth <= page.clientWidth"))


def test_a_narrow_page_does_not_scroll_sideways(host: ChatHost, browser: Browser) -> None:
    browser.width(360)
    assert fits(browser)
    browser.log_in("ada")
    furnished(host, browser)
    assert browser.run("return innerWidth") == 360
    assert fits(browser)
    host.stop()
    browser.reaches("waiting")
    assert fits(browser)


CONTRASTS = """
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => channels(colour).slice(0, 3).map((value) => value / 255)
        .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const clear = (colour) => channels(colour)[3] === 0;
    const behind = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return clear(colour) && element.parentElement ? behind(element.parentElement) : colour;
    };
    const ratio = (one, two) => {
        const [dim, bright] = [light(one), light(two)].sort((a, b) => a - b);
        return (bright + 0.05) / (dim + 0.05);
    };
    const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const seen = [...document.body.querySelectorAll('*')].filter((each) => each.checkVisibility() && own(each));
    return seen.map((each) => [each.textContent, ratio(getComputedStyle(each).color, behind(each))]);
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(host: ChatHost, browser: Browser, scheme: str) -> None:
    def faint() -> list[Any]:
        contrasts = browser.run(CONTRASTS)
        assert len(contrasts) >= 5
        return [(text, ratio) for text, ratio in contrasts if ratio < 4.5]  # WCAG 2.2, 1.4.3

    browser.scheme(scheme)
    browser.submit_log_in("ada", "wrong")
    until(lambda: "do not match" in browser.text(), "the problem is told")
    assert faint() == []
    browser.log_in("ada")
    furnished(host, browser)
    assert faint() == []
    host.stop()
    browser.reaches("waiting")
    assert faint() == []


def test_everything_has_a_name_and_its_place(host: ChatHost, browser: Browser) -> None:
    def controls() -> list[tuple[str, str]]:
        found = browser.driver.find_elements("css selector", "input, button, [role]")
        return [(each.aria_role, each.accessible_name) for each in found if each.is_displayed()]

    assert browser.run("return [document.documentElement.lang, document.title]") == ["en", "Ask the library"]
    assert {("textbox", "Name"), ("textbox", "Password"), ("button", "Sign in")} <= set(controls())
    assert browser.run("return document.activeElement.id") == "name"
    browser.log_in("ada")
    furnished(host, browser)
    assert {("textbox", "Your question"), ("button", "Ask"), ("button", "Sign out"), ("log", "Answers")} <= set(
        controls()
    )
    assert browser.run("return document.querySelectorAll('h1, main').length") == 2
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].filter((e) => e.checkVisibility())"
                         ".map((e) => Number(e.tagName[1]))")  # fmt: skip
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


def test_the_page_asks_nobody_but_its_own_server(host: ChatHost, ada: Browser) -> None:
    furnished(host, ada)
    loaded = ada.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in loaded if not name.startswith((f"http://{host.address}/", "data:"))] == []
    refused = "return fetch('http://127.0.0.1:9/').then(() => 'allowed', () => 'refused')"
    assert ada.run(refused) == "refused"
    assert any("Content Security Policy" in line for line in ada.complaints())
