"""The table of connections, which applications and their tests read and also change by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class ConnectionTable(dict[str, dict[str, Any]]):
    """Connection id -> what is known of it. A record put in by hand becomes a connection; one taken out is closed.

    A record that is put in again with the same user and socket is the same connection, and goes on.
    """

    def __init__(
        self,
        adopt: Callable[[str, dict[str, Any]], None],
        dismiss: Callable[[str], None],
        ttl: float,
        maxsize: int,
    ) -> None:
        super().__init__()
        self._adopt, self._dismiss = adopt, dismiss
        self.ttl, self.maxsize = ttl, maxsize  # read by code that knew a cache here; no live connection expires

    def __setitem__(self, connection_id: str, record: dict[str, Any]) -> None:
        if _same_connection(self.get(connection_id), record):
            super().__setitem__(connection_id, record)
            return
        self._dismiss(connection_id)
        super().__setitem__(connection_id, record)
        self._adopt(connection_id, record)

    def __delitem__(self, connection_id: str) -> None:
        super().__delitem__(connection_id)
        self._dismiss(connection_id)

    def __ior__(self, records: Any) -> ConnectionTable:  # type: ignore[override,misc]
        self.update(records)
        return self

    def setdefault(self, connection_id: str, record: Any = None) -> Any:
        """The record there is, else the one given, which becomes a connection."""
        if connection_id not in self:
            self[connection_id] = record
        return self[connection_id]

    def popitem(self) -> tuple[str, dict[str, Any]]:
        """Take the newest record out and close its connection. Raises KeyError when there is none."""
        if not self:
            raise KeyError("there is no connection")
        connection_id = next(reversed(self))
        return connection_id, self.pop(connection_id)

    def replace(self, records: Mapping[str, dict[str, Any]]) -> None:
        """Have these records and no others; connections that stay are not disturbed."""
        wanted = dict(records)  # it may be this table
        for connection_id in [name for name in self if name not in wanted]:
            del self[connection_id]
        self.update(wanted)

    def pop(self, connection_id: str, *default: Any) -> Any:
        """Take a record out and close its connection."""
        record = super().pop(connection_id, *default)
        self._dismiss(connection_id)
        return record

    def clear(self) -> None:
        """Take all records out and close their connections."""
        for connection_id in list(self):
            del self[connection_id]

    def update(self, *records: Any, **more: Any) -> None:
        """Put records in, each becoming a connection."""
        for connection_id, record in dict(*records, **more).items():
            self[connection_id] = record

    def enter(self, connection_id: str, record: dict[str, Any]) -> None:
        """Put in the record of a connection that exists already."""
        super().__setitem__(connection_id, record)

    def forget(self, connection_id: str) -> None:
        """Take a record out whose connection is gone already."""
        super().pop(connection_id, None)


def _same_connection(known: Any, record: Any) -> bool:
    if not isinstance(known, Mapping) or not isinstance(record, Mapping):
        return False
    return known.get("user_id") == record.get("user_id") and known.get("websocket") is record.get("websocket")
