"""A place in the code base as an address at the host of its repository."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from urllib.parse import quote

FIELDS = frozenset({"path", "line", "commit"})
_PLACE = re.compile(r"(?s)(.*?)(?::(\d+)(?:-\d+)?)?")


def wrong_with(template: str) -> str:
    """What is wrong with a template of addresses, "" for nothing."""
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
        template.format(path="a", line="1", commit="b")
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        return f"its braces cannot be read ({error}); {{path}}, {{line}} and {{commit}} may stand in it"
    if not re.match(r"https?://[^\s/{}]+/", template):
        return "expected an address that begins with https:// and a host"
    if unknown := sorted(set(fields) - FIELDS):
        return f"{unknown[0]} is none of path, line and commit"
    return "" if "path" in fields else "{path} is missing: every place would have one address"


@dataclass(frozen=True, slots=True)
class SourceLinks:
    """Makes addresses; without a template there are none. `prefix` leads from the repository's top to the code base."""

    template: str = ""
    commit: str = ""
    prefix: str = ""

    def address(self, place: str) -> str:
        """The address of `path`, `path:line` or `path:first-last`; "" without a template."""
        found = _PLACE.fullmatch(place)
        if not self.template or found is None:
            return ""
        path = quote(self.prefix + found[1], safe="/", errors="surrogateescape")
        return self.template.format(path=path, line=found[2] or "1", commit=quote(self.commit, safe=""))
