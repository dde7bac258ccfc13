"""A headless Chromium on the example's page, and what a person sees in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.examples.chat_host import PASSWORDS, ChatHost, until

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
)  # fmt: skip


def headless(profile: Path, **logs: str) -> Chrome:
    """A browser with a profile of its own; `logs` are those that are kept beside the console."""
    from selenium.webdriver import Chrome, ChromeOptions  # not at the top: the tests are skipped where it is absent
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", **logs})
    return Chrome(options, Service(str(CHROMEDRIVER)))


class Browser:
    """One person's browser."""

    def __init__(self, host: ChatHost, profile: Path) -> None:
        self._host, self.driver = host, headless(profile)

    def open(self) -> None:
        """Go to the page."""
        self.driver.get(f"http://{self._host.address}/")
        self.reaches("signed-out", "live", "stopped")

    def quit(self) -> None:
        """Close it."""
        self.driver.quit()

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def press(self, name: str) -> None:
        """Press the button that is named so."""
        buttons = [button for button in self.driver.find_elements("css selector", "button") if button.is_displayed()]
        [button] = [button for button in buttons if button.accessible_name == name]
        button.click()

    def fill(self, field: str, text: str) -> None:
        """Write into the field that is labelled so."""
        fields = [each for each in self.driver.find_elements("css selector", "input") if each.is_displayed()]
        [entry] = [each for each in fields if each.accessible_name == field]
        entry.clear()
        entry.send_keys(text)

    # ── what a person does ───────────────────────────────────────────────────────────────────────────────────────────

    def log_in(self, name: str, password: str | None = None) -> None:
        """Sign in, and wait until the page is live."""
        self.submit_log_in(name, PASSWORDS[name] if password is None else password)
        self.reaches("live")

    def submit_log_in(self, name: str, password: str) -> None:
        """Fill in the form and send it."""
        self.fill("Name", name)
        self.fill("Password", password)
        self.press("Sign in")

    def ask(self, question: str) -> None:
        """Ask, and wait until the question is shown."""
        self.fill("Your question", question)
        self.press("Ask")
        until(lambda: question in self.questions(), f"{question!r} is shown")

    # ── what a person sees ───────────────────────────────────────────────────────────────────────────────────────────

    def connection(self) -> str:
        """The state of the connection: connecting, live, waiting, stopped or signed-out."""
        return str(self.run("return document.body.dataset.connection"))

    def reaches(self, *states: str) -> None:
        """Wait for a state of the connection."""
        until(lambda: self.connection() in states, f"the page is {' or '.join(states)}")

    def text(self) -> str:
        """All that can be read."""
        return str(self.run("return document.body.innerText"))

    def questions(self) -> list[str]:
        """The questions that are shown, the latest first."""
        return list(self.run("return [...document.querySelectorAll('#runs h3')].map((title) => title.textContent)"))

    def events(self, question: str) -> list[str]:
        """The types of the events that are shown below a question."""
        script = """
            const cards = [...document.querySelectorAll('#runs article')];
            const chosen = cards.filter((card) => card.querySelector('h3').textContent === arguments[0]);
            return chosen.flatMap((card) => [...card.querySelectorAll('li')].map((item) => item.dataset.type));
        """
        return list(self.run(script, question))

    def shows(self, question: str, expected: list[str]) -> None:
        """Wait until these events are shown below a question; more than these are a failure at once."""

        def shown() -> bool:
            events = self.events(question)
            assert events == expected[: len(events)], events
            return events == expected

        until(shown, f"{expected} are shown below {question!r}")

    def complaints(self, *expected: str) -> list[str]:
        """What the browser's console has to say, but for lines with one of these in them."""
        log: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        lines = [f"{entry['level']} {entry['message']}" for entry in log]
        return [line for line in lines if not any(part in line for part in expected)]

    # ── how it looks ─────────────────────────────────────────────────────────────────────────────────────────────────

    def scheme(self, name: str) -> None:
        """Prefer light or dark."""
        features = [
            {"name": "prefers-color-scheme", "value": name},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def width(self, pixels: int, height: int = 800) -> None:
        """Make the page as wide as a telephone, or any other width."""
        metrics = {"width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
