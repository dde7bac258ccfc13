"""Pages -> HTML, by templates that escape all they are given; the only place that knows Jinja."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.blocks import Heading, pieces
from reports.site.page import Page, Part, Site
from reports.site.source_links import SourceLinks
from reports.wording import anchors, printable

ASSETS = ("site.css", "site.js")
FILTERED_FROM = 20  # rows; a shorter table is read faster than filtered
WIDE_FROM = 9  # columns; their heads stand upright


def render(site: Site, source: SourceLinks) -> dict[str, str]:
    """The text of every file of the site."""
    environment = _environment(site, source)
    template = environment.get_template("page.html")
    texts = {page.file: template.render(site=site, page=page, parts=_anchored(page)) + "\n" for page in site.pages}
    home = files("reports.site") / "templates"
    return texts | {name: (home / name).read_text("utf-8") for name in ASSETS}


def _environment(site: Site, source: SourceLinks) -> Environment:
    environment = Environment(
        loader=PackageLoader("reports.site", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    links = MappingProxyType(site.links)
    environment.globals.update(
        kind=lambda thing: type(thing).__name__,
        pieces=pieces,
        address=source.address,
        href=lambda target: links.get(target, target),
        filtered_from=FILTERED_FROM,
        wide_from=WIDE_FROM,
        percent=_percent,
    )
    return environment


def _shown(value: object) -> object:
    """Text from outside may hold what would turn a line around; what is markup already stays."""
    return printable(value) if type(value) is str else value


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.2f}"


def _anchored(page: Page) -> Sequence[tuple[Part, str]]:
    """The parts, headings with the names by which they can be linked to."""
    heads = [part.text for part in page.parts if isinstance(part, Heading)]
    named = iter(anchors(heads))
    return [(part, next(named) if isinstance(part, Heading) else "") for part in page.parts]
