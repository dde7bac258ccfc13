"""Who owns a file: CODEOWNERS, as GitHub reads it; the sections of GitLab are read as well.

The last line that matches a file says who owns it. With sections, the last line of each section does, and a section may
name owners for those of its lines that name none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from codeowners import CodeOwners

from codemods.errors import ConfigError
from codemods.source.vcs import place_in_repository
from codemods.tables import read_bytes
from reports.wording import printable

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")  # the first that is there counts
NOBODY = "(no owner)"
_SECTION = re.compile(r"(\^?\[[^\[\]]+\])(?:\[\d+\])?(?:\s+(?P<owners>\S.*))?")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")


class Owners:
    """The owners of files below a root, which is at `prefix` in its repository."""

    def __init__(self, text: str, prefix: str = "") -> None:
        self._rules = CodeOwners("\n".join(_plain(text)))
        self._prefix = prefix
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a file, as the file names them; none when nobody is named."""
        if path not in self._known:
            last: dict[str, list[str]] = {}
            for owners, _, _, section in self._rules.matching_lines(f"{self._prefix}{path}"):
                last.setdefault(section or "", [owner for _, owner in owners])
            self._known[path] = tuple(dict.fromkeys(name for section in sorted(last) for name in last[section]))
        return self._known[path]

    def group(self, path: str) -> str:
        """The owners of a file in one line; `NOBODY` without any."""
        return " ".join(self.of(path)) or NOBODY


def owners_of(root: Path) -> Owners | None:
    """The owners of a code base; None where no CODEOWNERS is. Raises ConfigError for one that cannot be read."""
    prefix = place_in_repository(root)
    top = root.resolve().parents[prefix.count("/") - 1] if prefix else root
    for place in (top / name for name in PLACES):
        if place.is_file():
            return _read(place, prefix)
    return None


def _read(place: Path, prefix: str) -> Owners:
    try:
        return Owners(read_bytes(place).decode("utf-8"), prefix)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{place}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except (ValueError, re.error) as error:
        raise ConfigError(f"{place}: {printable(str(error))}; correct the pattern") from error


def _plain(text: str) -> Iterator[str]:
    """The lines without comments behind them, and with the owners that their section names for them."""
    default = ""
    for line in (_COMMENT.sub("", line).strip() for line in text.splitlines()):
        section = _SECTION.fullmatch(line)
        if section is not None:
            default = section["owners"] or ""
            yield section[1]
        elif line:
            yield line if len(line.replace("\\ ", "_").split()) > 1 else f"{line} {default}"
