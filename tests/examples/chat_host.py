"""A server of the example in a process of its own, and what a client asks it over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
STEPPED = Path(__file__).with_name("stepped_server.py")
PATIENCE = 30.0  # seconds until a condition that does not come true fails the test
PASSWORDS = {"ada": "analytical", "grace": "compiler"}
FIVE = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    cookie: str
    data: Any


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until the condition holds, and return what it gave."""
    deadline = time.monotonic() + PATIENCE
    while not (outcome := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {PATIENCE:.0f} s still not: {what}")
        time.sleep(0.02)
    return outcome


def free_port() -> int:
    """A port that nobody listens on, out of the range that the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


class ChatHost:
    """The server: started, killed, and started again on the same port and the same store."""

    def __init__(self, folder: Path, program: list[str] | None = None, **environment: str) -> None:
        self.port, self.log = free_port(), folder / "server.log"
        self._program = program or [sys.executable, str(STEPPED)]
        store = {"CHAT_STORE": str(folder / "chat.sqlite3"), "CHAT_PORT": str(self.port)}
        self._environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **store, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def start(self, **environment: str) -> None:
        """Start a process and wait until it answers."""
        variables = {**self._environment, **environment}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._program, cwd=REPOSITORY, env=variables, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        until(self._answers, "the server answers")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            return self.request("GET", "/session").status == 200
        except ConnectionError:
            return False

    def stop(self, how: signal.Signals = signal.SIGKILL) -> int:
        """End the process, if there is one, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        return self._ended(process)

    def died(self) -> int:
        """Wait for the process to end by itself, and return its exit code."""
        process, self._process = self._process, None
        assert process is not None
        return self._ended(process)

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        code = process.wait(PATIENCE)
        assert process.stdin is not None
        process.stdin.close()
        return code

    def order(self, letters: str) -> None:
        """Tell the stepped server what to do: `s` for a step of the agent, `d` to drop every connection."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(letters.encode())
        self._process.stdin.flush()

    def logged(self, words: str) -> int:
        """How many lines of the server's log have these words."""
        return sum(words in line for line in self.log.read_text().splitlines())

    # ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def request(self, method: str, path: str, body: Any = None, cookie: str = "", **headers: str) -> Reply:
        """Ask, and read the answer to its end."""
        given = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {}), **headers}
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, given)
            answer = connection.getresponse()
            set_cookie = answer.headers.get("Set-Cookie", "")
            return Reply(answer.status, set_cookie, json.loads(answer.read() or "null"))
        finally:
            connection.close()

    def log_in(self, name: str) -> str:
        """Sign somebody in; their cookie, as a browser sends it."""
        answer = self.request("POST", "/login", {"name": name, "password": PASSWORDS[name]})
        assert answer.status == 200, answer
        return answer.cookie.partition(";")[0]

    def ask(self, cookie: str, question: str = "Where is the map?", thread: str = "chat") -> str:
        """Begin a run; its id."""
        answer = self.request("POST", "/runs", {"question": question, "thread_id": thread}, cookie)
        assert answer.status == 202, answer
        return str(answer.data["run_id"])

    def runs(self, cookie: str, thread: str = "chat") -> dict[str, list[dict[str, Any]]]:
        """A user's runs as the server tells them: run id -> events."""
        answer = self.request("GET", f"/runs?thread_id={thread}", cookie=cookie)
        assert answer.status == 200, answer
        return {run["run_id"]: run["events"] for run in answer.data["runs"]}
