"""`wsconsolidate report`: everything that is known of a consolidation, as a folder of HTML."""

from __future__ import annotations

from pathlib import Path

from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.findings import both_reports
from codemods.config import load_settings
from codemods.errors import UsageError
from codemods.gate.history import load as load_history
from codemods.gate.site_states import site_states
from codemods.gate.tree import Inputs, Tree
from codemods.shipped import brought_by
from codemods.source.files import write_all
from codemods.source.vcs import head, place_in_repository
from reports.documents.classes import ImportSite
from reports.documents.site_states import SiteState
from reports.sections.parts import number, plural
from reports.site.pages import HOME, Told, site
from reports.site.render import render
from reports.site.source_links import SourceLinks


def run(request: Request, out: Path, history: Path | None) -> str:
    """Write the site into `out`, and return what to print. Raises UsageError, ConfigError, OutputError."""
    settings = load_settings(request.root)
    chosen = history or settings.history
    if history is not None and not history.exists():
        raise UsageError(f"--history {history}: no such file; `wsconsolidate check --history {history}` writes it")
    runs = load_history(chosen) if chosen else ()
    source = _source_links(settings.source_url, request.root)
    with read_code_base(request) as code:
        report, mro = both_reports(code)
        states = code.remembered(lambda: _states(code, report.sites), "site states")
    texts = render(site(Told(report, mro, states, runs)), source)
    write_all(out, texts)
    size = sum(len(text.encode("utf-8")) for text in texts.values())
    return f"wrote {plural(len(texts), 'file')}, {number(size // 1000)} kB; open {out / HOME}\n"


def _states(code: CodeBase, sites: tuple[ImportSite, ...]) -> tuple[SiteState, ...]:
    if code.plan is None:
        return ()
    root, plan = code.discovery.root, code.plan
    uses = code.builder.uses(code.builder.studied())
    tree = Tree(Inputs(plan, shipped=brought_by(plan)), code.index, uses, lambda path: (root / path).read_bytes())
    return tuple(site_states(tree, sites))


def _source_links(template: str, root: Path) -> SourceLinks:
    commit = head(root) if "{commit}" in template else ""
    if "{commit}" in template and not commit:
        raise UsageError("source-url names {commit}, and there is none: write a branch there instead, or commit")
    return SourceLinks(template, commit, place_in_repository(root) if template else "")
