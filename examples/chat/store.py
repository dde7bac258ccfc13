"""What must outlive the process: the runs, their events, and the key that signs sessions, in one SQLite file."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, user_id TEXT, thread_id TEXT, question TEXT, begun REAL
);
CREATE TABLE IF NOT EXISTS events (run_id TEXT, step INTEGER, type TEXT, event TEXT, PRIMARY KEY (run_id, step));
CREATE TABLE IF NOT EXISTS signing (one INTEGER PRIMARY KEY CHECK (one = 1), secret BLOB);
CREATE INDEX IF NOT EXISTS runs_of_user ON runs (user_id, thread_id, begun);
"""
ENDS = ("agent_completed", "agent_error")
"""After one of these a run has no more events."""

SHOWN = 20
"""How many of a user's runs the page is given: the latest."""


@dataclass(frozen=True)
class Run:
    """One question that an agent works on."""

    run_id: str
    user_id: str
    thread_id: str
    question: str


class Store:
    """The file. Each call is one short transaction; a write outlives the process as soon as it returns."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # questions and the key are nobody else's business
        self._file = sqlite3.connect(path, isolation_level=None)  # every statement commits by itself
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing, a power cut the last moment
        self._file.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def secret(self) -> bytes:
        """The key that signs sessions: made once, so that a restart signs nobody out."""
        self._file.execute("INSERT OR IGNORE INTO signing VALUES (1, ?)", (secrets.token_bytes(32),))
        [(secret,)] = self._rows("SELECT secret FROM signing")
        return bytes(secret)

    def add(self, run: Run) -> None:
        """Keep a new run."""
        row = (run.run_id, run.user_id, run.thread_id, run.question, time.time())
        self._file.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", row)

    def keep(self, event: dict[str, Any]) -> dict[str, Any]:
        """Keep the next event of a run; it comes back with its `step`, 1 for the first."""
        numbered = {**event, "step": self.steps(event["run_id"]) + 1}
        row = (event["run_id"], numbered["step"], event["type"], json.dumps(numbered))
        self._file.execute("INSERT INTO events VALUES (?, ?, ?, ?)", row)
        return numbered

    def steps(self, run_id: str) -> int:
        """How many events of a run are kept."""
        [(count,)] = self._rows("SELECT count(*) FROM events WHERE run_id = ?", run_id)
        return int(count)

    def unfinished(self) -> list[Run]:
        """The runs that a server that went down has left undone, oldest first."""
        ended = "SELECT run_id FROM events WHERE type IN (?, ?)"
        columns = "run_id, user_id, thread_id, question"
        rows = self._rows(f"SELECT {columns} FROM runs WHERE run_id NOT IN ({ended}) ORDER BY begun", *ENDS)
        return [Run(*row) for row in rows]

    def runs_of(self, user_id: str, thread_id: str) -> list[dict[str, Any]]:
        """The latest runs of a user on a thread with all their events, oldest first."""
        chosen = "SELECT * FROM runs WHERE user_id = ? AND thread_id = ? ORDER BY begun DESC LIMIT ?"
        rows = self._rows(f"SELECT run_id, question FROM ({chosen}) ORDER BY begun", user_id, thread_id, SHOWN)
        return [{"run_id": run_id, "question": question, "events": self._events(run_id)} for run_id, question in rows]

    def _events(self, run_id: str) -> list[Any]:
        rows = self._rows("SELECT event FROM events WHERE run_id = ? ORDER BY step", run_id)
        return [json.loads(event) for (event,) in rows]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self._file.execute(query, values)) as found:
            return found.fetchall()
