"""`[tool.wsconsolidate]` of a code base's pyproject.toml, as settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from codemods.errors import ConfigError
from codemods.tables import load_toml, read_bytes, read_table
from reports.site.source_links import wrong_with
from reports.wording import printable

FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a code base says once for all runs; the command line adds to it or overrides it.

    `plan`, `baseline` and `history` are relative to the file; `source_roots` are folders that are themselves on
    Python's path, such as `src`. `release` is the version that is being made, which shims' removal is held against.
    `source_url` is the address of a line at the repository's host, with {path}, {line} and {commit} in it.
    """

    plan: Path | None = None
    exclude: tuple[str, ...] = ()
    source_roots: tuple[str, ...] = ()
    jobs: int = 0
    cache: bool = True
    baseline: Path | None = None
    release: str = ""
    history: Path | None = None
    source_url: str = ""


def load_settings(root: Path) -> Settings:
    """The settings of the code base at `root`; the defaults where it says nothing.

    Raises ConfigError naming file, key, expectation and the nearest known key.
    """
    path = root / FILE
    if not path.is_file():
        return Settings()
    tool = load_toml(read_bytes(path), str(path)).get("tool", {})
    if not isinstance(tool, dict):
        raise ConfigError(f"{path}: tool: expected a table, as [tool.wsconsolidate] makes it")
    settings = read_table(tool.get("wsconsolidate", {}), Settings, str(path), "tool.wsconsolidate")
    problems = list(_out_of_range(settings, root))
    if problems:
        raise ConfigError("\n".join(f"{path}: tool.wsconsolidate.{problem}" for problem in problems))
    # "src/" and "./src" mean "src": files are found by comparing the start of their paths.
    sources = tuple("" if source == "." else source for source in map(_plain, settings.source_roots))
    return replace(
        settings,
        source_roots=sources,
        plan=root / settings.plan if settings.plan else None,
        baseline=root / settings.baseline if settings.baseline else None,
        history=root / settings.history if settings.history else None,
        release=settings.release or _project_version(path),
    )


def _project_version(path: Path) -> str:
    """The version that the project says of itself, where it does so in so many words."""
    project = load_toml(read_bytes(path), str(path)).get("project", {})
    found = project.get("version", "") if isinstance(project, dict) else ""
    return found if isinstance(found, str) else ""


def _plain(source: str) -> str:
    return PurePosixPath(source).as_posix()


def _out_of_range(settings: Settings, root: Path) -> Iterator[str]:
    """What the types allow but a code base does not."""
    for number, source in enumerate(settings.source_roots):
        inside = PurePosixPath(source)
        if inside.is_absolute() or ".." in inside.parts or not (root / source).is_dir():
            yield f'source-roots[{number}]: "{printable(source)}" is no folder below {root}'
    for number, pattern in enumerate(settings.exclude):
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError as error:
            yield f"exclude[{number}]: {error}"
    if settings.source_url and (why := wrong_with(settings.source_url)):
        yield f"source-url: {why}"
    if settings.jobs < 0:
        yield f"jobs: expected 0 or more, got {settings.jobs}"
