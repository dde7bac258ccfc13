"""The pages as people meet them: links, keyboard, screen reader, narrow, dark, on paper, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from tests.site.site_browser import CONTRASTS, OVERFLOWING, SiteBrowser


def names(pages: Path) -> list[str]:
    return sorted(path.name for path in pages.glob("*.html"))


@pytest.fixture(autouse=True)
def _as_it_was(browser: SiteBrowser) -> Iterator[None]:
    yield
    browser.scripts(True)
    browser.media()
    browser.width(1280)


def test_every_link_leads_to_a_page_and_a_place_in_it(browser: SiteBrowser, pages: Path) -> None:
    anchors, links = {}, []
    for name in names(pages):
        browser.open(name)
        anchors[name] = set(browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)"))
        links += [(name, href) for href in browser.run("return [...document.links].map((a) => a.href)")]
    assert len(links) > 200
    lost = []
    for page, href in links:
        address, fragment = urldefrag(href)
        target = address.rpartition("/")[2]
        if target not in anchors or (fragment and fragment not in anchors[target]):
            lost.append((page, href))
    assert lost == []


def test_nothing_is_asked_for_but_the_folder_and_the_console_is_silent(browser: SiteBrowser, pages: Path) -> None:
    browser.requests(), browser.complaints()
    for name in names(pages):
        browser.open(name)
    asked = browser.requests()
    assert len(asked) >= 3 * len(names(pages))
    assert [url for url in asked if not url.startswith((pages.as_uri(), "data:"))] == []
    assert browser.complaints() == []


def test_the_policy_holds_against_script_in_the_page(browser: SiteBrowser) -> None:
    browser.open("index.html")
    browser.run("const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s)")
    assert browser.run("return window.ran") is None
    assert any("Content Security Policy" in line for line in browser.complaints())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(browser: SiteBrowser, pages: Path, scheme: str) -> None:
    browser.media(scheme)
    faint = {}
    for name in names(pages):
        browser.open(name)
        browser.run("document.querySelectorAll('details').forEach((d) => d.open = true)")
        found = browser.run(CONTRASTS)
        assert len(found) > 5
        faint |= {(name, where): ratio for where, ratio in found.items() if ratio < 4.5}
    assert faint == {}


def test_no_page_scrolls_sideways_on_a_narrow_screen_but_wide_tables_do(browser: SiteBrowser, pages: Path) -> None:
    browser.width(360)
    wide = []
    for name in names(pages):
        browser.open(name)
        browser.run("document.querySelectorAll('details').forEach((d) => d.open = true)")
        wide += [name] if browser.run(OVERFLOWING) > 0 else []
    assert wide == []
    browser.open("members.html")
    scrolling = "return [...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth)"
    assert browser.run(f"{scrolling}.length") > 0
    assert browser.run(f"{scrolling}.every((e) => e.tabIndex === 0 && e.getAttribute('aria-label'))")


def test_the_keyboard_reaches_the_skip_link_the_menu_the_search_and_then_the_content(browser: SiteBrowser) -> None:
    browser.open("sites.html")
    where = """const e = document.activeElement; return e.className === 'skip' ? 'skip' : e.closest('nav') ? 'menu'
        : e.closest('[role=search]') ? 'search' : e.closest('main') ? 'content' : 'top'"""
    met = []
    for _ in range(24):
        browser.driver.switch_to.active_element.send_keys("\ue004")  # the tabulator
        met.append(browser.run(where))
    assert list(dict.fromkeys(met)) == ["skip", "top", "menu", "search", "content"]
    browser.open("sites.html")
    browser.driver.switch_to.active_element.send_keys("\ue004")
    browser.driver.switch_to.active_element.send_keys("\ue007")  # the enter key
    assert browser.run("return document.activeElement.id") == "content"


def test_a_screen_reader_finds_landmarks_headings_in_order_and_heads_of_tables(
    browser: SiteBrowser, pages: Path
) -> None:
    for name in names(pages):
        browser.open(name)
        assert browser.run("return document.documentElement.lang") == "en"
        counts = "return ['header.top', 'main', 'footer', 'h1'].map((s) => document.querySelectorAll(s).length)"
        assert browser.run(counts) == [1, 1, 1, 1], name
        levels = browser.run("return [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => +h.tagName[1])")
        assert all(after <= before + 1 for before, after in pairwise(levels)), (name, levels)
        assert browser.run("return document.querySelectorAll('th:not([scope])').length") == 0
        unnamed = browser.run("return [...document.querySelectorAll('svg')].filter((s) => !s.querySelector('title'))")
        assert unnamed == []
        doubled = browser.run(
            "const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);"
            "return ids.filter((id, at) => ids.indexOf(id) !== at)"
        )
        assert doubled == [], name


def test_without_scripts_everything_can_be_read_and_no_control_is_dead(browser: SiteBrowser) -> None:
    browser.scripts(False)
    browser.open("sites.html")
    rows = len(browser.driver.find_elements("css selector", "tbody tr"))
    assert rows > 20
    assert browser.driver.find_elements("css selector", ".filters") == []
    field = browser.driver.find_element("id", "q")
    field.send_keys("manager\ue007")
    assert browser.driver.current_url.endswith("names.html?q=manager")
    assert browser.driver.find_element("tag name", "table").is_displayed()


def test_the_search_finds_a_member_and_the_filter_a_state(browser: SiteBrowser) -> None:
    browser.open("index.html")
    browser.driver.find_element("id", "q").send_keys("agent_started\ue007")
    shown = "return [...document.querySelectorAll('tbody tr')].filter((r) => !r.hidden).map((r) => r.innerText)"
    found = browser.run(shown)
    assert found
    assert all("agent_started" in row for row in found)
    browser.open("sites.html")
    every = len(browser.run(shown))
    browser.run(
        "const s = document.querySelector('.filters select'); s.value = '=to do';"
        "s.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    chosen = browser.run(shown)
    assert 0 < len(chosen) < every
    assert all("to do" in row for row in chosen)
    assert browser.run("return document.querySelector('.count').value") == f"{len(chosen)} of {every} rows"


def test_on_paper_there_is_no_menu_and_what_was_folded_is_open(browser: SiteBrowser) -> None:
    browser.open("members.html")
    browser.media("dark", "print")
    shown = "return getComputedStyle(document.querySelector(arguments[0])).display"
    assert browser.run(shown, ".top") == "none"
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.open("families.html")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.run("return [...document.querySelectorAll('details')].every((d) => d.open)")
    assert len(browser.command("Page.printToPDF")["data"]) > 10_000


def test_the_diagrams_are_there_and_no_style_is_written_into_a_page(browser: SiteBrowser, pages: Path) -> None:
    for name, title in (("index.html", "Findings left"), ("events.html", "Events, who makes them")):
        browser.open(name)
        told = browser.run("return [...document.querySelectorAll('svg[role=img] title')].map((t) => t.textContent)")
        assert any(one.startswith(title) for one in told)
    assert [name for name in names(pages) if " style=" in (pages / name).read_text("utf-8")] == []
