"""Do the tests notice? Defects that such code is known for are put in one at a time; the tests must fail for each.

    python -m benchmarks.seeded_defects [WORD]

Each runs the delivery, manager, emitter and adapter tests against a copy with one defect, or those of the backplane if
it is there. Prints what was killed, and in how many seconds, and exits with 1 when a defect survives or can no longer
be put in. WORD: only those whose name or file contains it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
UNIFIED = "tests/unified/"
TESTS = (
    *(UNIFIED + name for name in ("delivery", "manager", "emitter", "observers")),
    "tests/rewrites/test_call_adapters.py",
)
BACKPLANE_TESTS = (f"{UNIFIED}backplane",)
DELIVERY = "unified_delivery/"
OUTBOX, SCRIPTS, STREAM, NOTES, LOGS, LINK = (
    f"{DELIVERY}backplane_{part}.py" for part in ("outbox", "scripts", "stream", "notes", "logs", "link")
)


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect: what it is, the file below unified_target, and the text that becomes another."""

    what: str
    file: str
    right: str
    wrong: str

    @property
    def tests(self) -> tuple[str, ...]:
        """Those that must notice."""
        return BACKPLANE_TESTS if "backplane" in self.file else TESTS


DEFECTS = (
    Defect("off by one in replay: the last event again", f"{DELIVERY}stream.py", "resume.last_seq + 1", "resume.last_seq"),
    Defect("off by one in replay: one event too few", f"{DELIVERY}stream.py", "resume.last_seq + 1", "resume.last_seq + 2"),
    Defect("a resume from any epoch is believed", f"{DELIVERY}stream.py", "epoch == self.epoch and ", ""),
    Defect("a resume from before the log is believed", f"{DELIVERY}stream.py", "self.lost <= last_seq", "0 <= last_seq"),
    Defect("the log has no bound in events", f"{DELIVERY}stream.py", "return len(self.events) > self.settings.ring_events", "return False"),
    Defect("droppable events are evicted last", f"{DELIVERY}stream.py", "while self.loose and self._full()", "while False"),
    Defect("events never expire", f"{DELIVERY}stream.py", "- self.settings.ring_seconds", "- 10 * self.settings.ring_seconds"),
    Defect("an event handed to a tab is sent to the next one again", f"{DELIVERY}channel.py", "event.handed = True", "event.handed = False"),
    Defect("a slow connection is never closed", f"{DELIVERY}channel.py", "return len(before) < settings.queue_events and", "return True or"),
    Defect("the five events are dropped like any other", f"{DELIVERY}channel.py", "not self._shedding or not event.message.droppable", "not self._shedding"),
    Defect("an audience is not looked at", f"{DELIVERY}channel.py", "event.audience is None or self in event.audience", "True"),
    Defect("a replay looks at no thread", f"{DELIVERY}channel.py", "thread_id is None or self._thread_id in (None, thread_id)", "True"),
    Defect("a failed send is not noticed", f"{DELIVERY}channel.py", 'self._hub.forget(self, INTERNAL_ERROR, "send failed")', "pass"),
    Defect("a send has no deadline", f"{DELIVERY}channel.py", ">= self._hub.settings.send_deadline", ">= 1e9"),
    Defect("a send in progress is not cancelled", f"{DELIVERY}channel.py", "else:\n            self._task.cancel()", "else:\n            pass"),
    Defect("a send that has its own connection closed is not ended", f"{DELIVERY}channel.py", "call_soon(self._end_send)", "call_soon(int)"),
    Defect("what another tab was handed is sent to one that asks for nothing", f"{DELIVERY}channel.py", "if event.handed and not self.recovered:", "if False:"),
    Defect("an event for one connection is replayed to another beside it", f"{DELIVERY}channel.py", "if event.message.private and event.audience and event.audience[0].open:", "if False:"),
    Defect("a droppable event is left out although the connection has caught up", f"{DELIVERY}channel.py", "self._shedding = 2 * lag > settings.queue_events or 2 * lag_bytes > settings.queue_bytes", "pass"),
    Defect("who waits for an evicted event is not told", f"{DELIVERY}stream.py", "self.overtaken += [channel for channel in self.channels if channel.waits_for(event)]", "pass"),
    Defect("a slot is freed twice", f"{DELIVERY}hub.py", "if not channel.open:\n                return False", "if False:\n                return False"),
    Defect("one connection too many for a user", f"{DELIVERY}hub.py", "len(stream.channels) >= self.settings.per_user", "len(stream.channels) > self.settings.per_user"),
    Defect("one connection too many in all", f"{DELIVERY}hub.py", "len(self.channels) >= self.settings.total", "len(self.channels) > self.settings.total"),
    Defect("a token never expires", f"{DELIVERY}hub.py", "elif channel.expires and now >= channel.expires", "elif False"),
    Defect("a shutdown does not wait for slow clients", f"{DELIVERY}hub.py", "while any(not channel.idle", "while False and any(not channel.idle"),
    Defect("a shutdown lets new clients in", f"{DELIVERY}hub.py", "self._closed_on = loop = asyncio", "loop = asyncio"),
    Defect("a thread is its latest user's", "unified_manager.py", "if self._thread_owners.get(thread_id) is None:", "if True:"),
    Defect("the user that a message names is not looked at", f"{DELIVERY}messages.py", "return str(named) if named else None", "return None"),
    Defect("a scope accepts any user", f"{DELIVERY}scope.py", "if user_id == self.user_id:", "if True:"),
    Defect("another user's scoped event is sent", "unified_manager.py", "if user_id and user_id != channel.user_id:", "if False:"),
    Defect("disconnecting one tab closes all", "unified_manager.py", "if websocket is None or channel.socket.websocket is websocket]", "]"),
    Defect("the caller's message is written into", f"{DELIVERY}messages.py", '{**message, "type": known}', "message.update(type=known) or message"),
    Defect("NaN goes out as it is", f"{DELIVERY}wire.py", "float(value) if math.isfinite(value) else None", "float(value)"),
    Defect("a pool hands a released emitter out again", "unified_emitter.py", "self._released, self._route = True, Route()", "pass"),
    Defect("the outbox has no bound", OUTBOX, "return len(self.waiting) > self.settings.outbox_events or self.bytes > self.settings.outbox_bytes", "return False"),
    Defect("what was sent is not kept, should Redis lose it", OUTBOX, "self.sent.append((now, record))", "self.sent_bytes -= record.size"),
    Defect("what Redis had not got is sent in another order", OUTBOX, "in reversed([record for record in again", "in ([record for record in again"),
    Defect("a retry gets a second number", SCRIPTS, "if count > last then", "if true then"),
    Defect("a user whose number was forgotten is numbered from 1", SCRIPTS, "redis.call('HSET', KEYS[2], ARGV[i], redis.call('GET', KEYS[4]) or '0')", "redis.call('HSET', KEYS[2], ARGV[i], '0')"),
    Defect("a restart of Redis begins no generation", SCRIPTS, "if lost or redis.call('GET', KEYS[6]) ~= ARGV[1] then", "if lost then"),
    Defect("a loss of what was read is not noticed", SCRIPTS, "lost = lost or #newest == 0 or (#mine == 0 and #older > 0)", ""),
    Defect("numbers are forgotten too early", SCRIPTS, "now - ARGV[2], 'LIMIT'", "now, 'LIMIT'"),
    Defect("what a connection had during an outage is sent to it again", STREAM, "event.count <= self.has.get(event.worker, 0)", "False"),
    Defect("a client is not told of another numbering", STREAM, "return other and not self.covers(event)", "return False"),
    Defect("an event that gets its number after it was handed counts as not handed", STREAM, "event.handed = before is not None and before.handed", "pass"),
    Defect("a client that may know more than its worker is told that nothing is missing", STREAM, "return any(event.count > position.has.get(event.worker, 0) for event in ours)", "return False"),
    Defect("a resume from an unknown generation is believed", STREAM, "or generation not in known:", "or generation not in (*known, generation):"),
    Defect("a gap in what was read is passed over in silence", STREAM, "            if missed:\n                self.admit_loss(channel)", "            pass"),
    Defect("a tab on another worker that shows the thread is not looked at", LOGS, "elsewhere = not here and bool(event.generation)", "elsewhere = False"),
    Defect("what Redis took and did not give back is not served in an outage", LOGS, "for record in self._outbox.unseen.values():", "for record in ():"),
    Defect("a number given twice is not noticed", LOGS, "elif number < stream.next_seq:", "elif False:"),
    Defect("clients are not told of events that another worker had no room for", LOGS, "self._note_forgone(worker, rest[0])", "pass"),
    Defect("what another worker's connection was handed is sent again", LOGS, "self._note_handed(rest[0])", "pass"),
    Defect("a restart makes nobody who had more than Redis has now go back", LOGS, "if channel.cursor > stream.next_seq:", "if False:"),
    Defect("one entry that cannot be read ends the reading", LOGS, "except Exception:  # of another version", "except ZeroDivisionError:  # of another version"),
    Defect("a Redis that hangs is waited for", LINK, "async with asyncio.timeout(self._settings.timeout):\n            return await client", "async with asyncio.timeout(None):\n            return await client"),
    Defect("an outage is not seen as one", LINK, "                    self._give_up(error)\n", ""),
    Defect("stopping does not wait for the outbox", LINK, 'while self._outbox and self._hub.counters["backplane_connected"]:', "while False:"),
    Defect("a worker that stopped says that it lives", NOTES, "if self.leaving:", "if False:"),
    Defect("a worker that is silent counts as there", NOTES, "self._presence.forget_silent(now)", "pass"),
    Defect("who left is not told", NOTES, "came, went = here - self._told, self._told - here", "came, went = here - self._told, self._told - self._told"),
)  # fmt: skip


def tested(folder: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """How pytest ended, and what it said: 0 when all tests pass, 1 when one fails; one that never ends has noticed too."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return 1, "no end in 300 s"
    return ran.returncode, ran.stdout


def survives(defect: Defect, folder: Path) -> str:
    """Empty when the tests notice; else what is wrong."""
    path = folder / "unified_target" / defect.file
    text = path.read_text("utf-8")
    if text.count(defect.right) != 1:
        return f"cannot be put in: its place is there {text.count(defect.right)} times"
    path.write_text(text.replace(defect.right, defect.wrong), "utf-8")
    ended, _ = tested(folder, defect.tests)
    path.write_text(text, "utf-8")
    return "" if ended == 1 else f"SURVIVES (pytest ended with {ended})"


def main() -> int:
    """Print a line for each defect; 1 when one survives."""
    chosen = [defect for defect in DEFECTS if len(sys.argv) < 2 or sys.argv[1] in defect.what + defect.file]
    lived = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("unified_target", "codemods", "reports", "tests", "pyproject.toml"):
            source = REPOSITORY / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)  # type: ignore[operator]
        for tests in dict.fromkeys(defect.tests for defect in chosen):
            ended, said = tested(folder, tests)
            if ended != 0:
                print(f"{said}\n{' '.join(tests)} fail without a defect: nothing can be said")
                return 1
        for defect in chosen:
            started = time.monotonic()
            problem = survives(defect, folder)
            lived += bool(problem)
            print(f"{problem or 'killed'}: {defect.what} ({time.monotonic() - started:.0f} s)", flush=True)
    print(f"{len(chosen) - lived} of {len(chosen)} killed")
    return int(lived > 0)


if __name__ == "__main__":
    sys.exit(main())
