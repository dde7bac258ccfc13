"""`[tool.wsconsolidate]` of a code base's pyproject.toml, as settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from codemods.errors import ConfigError
from codemods.tables import load_toml, read_bytes, read_table

FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a code base says once for all runs; the command line adds to it or overrides it.

    `plan` is relative to the file; `source_roots` are folders that are themselves on Python's path, such as `src`.
    """

    plan: Path | None = None
    exclude: tuple[str, ...] = ()
    source_roots: tuple[str, ...] = ()
    jobs: int = 0
    cache: bool = True


def load_settings(root: Path) -> Settings:
    """The settings of the code base at `root`; the defaults where it says nothing.

    Raises ConfigError naming file, key, expectation and the nearest known key.
    """
    path = root / FILE
    if not path.is_file():
        return Settings()
    table = load_toml(read_bytes(path), str(path)).get("tool", {}).get("wsconsolidate", {})
    settings = read_table(table, Settings, str(path), "tool.wsconsolidate")
    for number, source in enumerate(settings.source_roots):
        inside = PurePosixPath(source)
        if inside.is_absolute() or ".." in inside.parts or not (root / source).is_dir():
            raise ConfigError(f'{path}: tool.wsconsolidate.source-roots[{number}]: "{source}" is no folder below {root}')
    if settings.jobs < 0:
        raise ConfigError(f"{path}: tool.wsconsolidate.jobs: expected 0 or more, got {settings.jobs}")
    return replace(settings, plan=root / settings.plan) if settings.plan else settings
