"""A headless Chromium that opens the pages of a site from disk, and what it tells of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.examples.chat_browser import headless

# Every visible text with its colour and the colour behind it, as it is computed.
CONTRASTS = """
const parse = (text) => { const p = text.match(/[\\d.]+/g).map(Number); return p.length === 4 ? p : [...p, 1]; };
const lum = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255;
  return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
const behind = (e) => { for (; e; e = e.parentElement) { const s = getComputedStyle(e);
  const paint = e instanceof SVGElement ? null : parse(s.backgroundColor); if (paint && paint[3] === 1) return paint; }
  return [255, 255, 255, 1]; };
const boxed = (e) => e.previousElementSibling && e.previousElementSibling.tagName === "rect"
  ? parse(getComputedStyle(e.previousElementSibling).fill) : behind(e);
const found = {};
for (const e of document.querySelectorAll("body *")) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (!own || !e.checkVisibility() || ["TITLE", "desc", "title"].includes(e.tagName)) continue;
  const svg = e.tagName === "text", s = getComputedStyle(e);
  const one = lum(parse(svg ? s.fill : s.color)), two = lum(svg ? boxed(e) : behind(e));
  const ratio = (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
  const key = `${e.tagName} ${e.className.baseVal ?? e.className}`;
  found[key] = Math.min(found[key] ?? 99, ratio);
}
return found;
"""
OVERFLOWING = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


class SiteBrowser:
    """A browser on one folder of pages."""

    def __init__(self, folder: Path, profile: Path) -> None:
        self.folder, self.driver = folder, headless(profile, performance="ALL")
        self.driver.set_page_load_timeout(30)

    def open(self, page: str) -> None:
        """Go to a page of the folder."""
        self.driver.get(f"{self.folder.as_uri()}/{page}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def command(self, name: str, **told: Any) -> Any:
        """Ask the browser itself."""
        return self.driver.execute_cdp_cmd(name, told)

    def media(self, scheme: str = "light", medium: str = "screen") -> None:
        """Prefer light or dark; show or print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", media=medium, features=features)

    def width(self, pixels: int) -> None:
        """Make the page so wide."""
        size = {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)

    def scripts(self, allowed: bool) -> None:
        """Let the pages run scripts, or not."""
        self.command("Emulation.setScriptExecutionDisabled", value=not allowed)

    def complaints(self) -> list[str]:
        """What the console has to say."""
        log: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [f"{entry['level']} {entry['message']}" for entry in log]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last time."""
        log: list[dict[str, Any]] = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        told = [json.loads(entry["message"])["message"] for entry in log]
        return [one["params"]["request"]["url"] for one in told if one["method"] == "Network.requestWillBeSent"]
