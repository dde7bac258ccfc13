"""The questions of `migrate --review` on a terminal: each edit that is likely but not certain, accepted or skipped."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from codemods.edits import Applicability, Edit, whole_lines
from codemods.migration.creation import Read
from codemods.migration.planning import Review
from codemods.rewrites.outcomes import Rewritten
from reports.sections.parts import plural
from reports.wording import one_line, printable

PROMPT = "accept, skip, more, all, quit [a/s/m/A/q]? "
HELP = "a: accept it; s: skip it; m: show more; A: accept it and all that follow; q: ask no more, skip for now\n"
AROUND = 8  # lines shown around an edit for one who asks for more


@dataclass(frozen=True, slots=True)
class Conversation:
    """A person to ask: `read` gives the next line with its end, "" when there is none; `write` shows text."""

    read: Callable[[], str]
    write: Callable[[str], object]


def on_terminal() -> Conversation | None:
    """The person at the terminal; None when input or output is no terminal. The report has stdout for itself."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return Conversation(sys.stdin.readline, _to_stderr)


def _to_stderr(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Question:
    """One edit to be reviewed; a change of equal lines of one file is one question, about all of them."""

    key: str
    edit: Edit
    lines: tuple[int, ...]
    source: bytes


def key_of(edit: Edit, source: bytes) -> str:
    """What an answer is kept by: the file, the lines as they are, and what is to become of them."""
    before, after = whole_lines(source, edit)
    told = (edit.path.encode("utf-8", "surrogateescape"), edit.rule.encode(), before, after)
    digest = hashlib.blake2b(digest_size=16)
    for part in told:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def questions(rewritten: Iterable[Rewritten], read: Read) -> list[Question]:
    """What there is to ask, in order of place."""
    found: dict[str, Question] = {}
    for item in rewritten:
        for edit in item.review:
            source = read(edit.path) or b""
            key = key_of(edit, source)
            lines = (*found[key].lines, edit.line) if key in found else (edit.line,)
            found[key] = Question(key, found[key].edit if key in found else edit, lines, source)
    return sorted(found.values(), key=lambda one: (one.edit.path, one.edit.line))


def ask(asked: Iterable[Question], known: Mapping[str, bool], person: Conversation) -> dict[str, bool]:
    """The answers, those that were known before among them; what is not answered is not among them."""
    answers = dict(known)
    new = [one for one in asked if one.key not in answers]
    for number, one in enumerate(new, 1):
        person.write(_shown(one, number, len(new)))
        answer = _answer(one, person)
        if answer == "q":
            break
        if answer == "A":
            return answers | {other.key: True for other in new[number - 1 :]}
        answers[one.key] = answer == "a"
    return answers


def _answer(one: Question, person: Conversation) -> str:
    """One of a, s, A and q; the end of the input is a quit."""
    while True:
        person.write(PROMPT)
        said = person.read()
        word = said.strip()
        if not said:
            return "q"
        if word in {"a", "s", "A", "q"}:
            return word
        person.write(_more(one) if word == "m" else HELP)


def accepted(answers: Mapping[str, bool], read: Read) -> Review:
    """Which edits a plan may apply."""

    def review(edit: Edit) -> bool:
        return answers.get(key_of(edit, read(edit.path) or b""), False)

    return review


def everything(edit: Edit) -> bool:
    """Accepts every edit that is to be reviewed: what `--review` says where nobody can be asked."""
    return edit.applicability is Applicability.REVIEW


def _shown(one: Question, number: int, count: int) -> str:
    others = f" (and {plural(len(one.lines) - 1, 'equal line')})" if len(one.lines) > 1 else ""
    before, after = whole_lines(one.source, one.edit)
    return "".join(
        (
            f"\n{number} of {count}: {one_line(one.edit.path)}:{one.edit.line}{others}\n",
            *_marked("-", before),
            *_marked("+", after),
            f"{one_line(one.edit.reason)}\nwhy a look: {one_line(one.edit.advice)}\n",
        )
    )


def _more(one: Question) -> str:
    """The lines around each place."""
    lines = one.source.decode("utf-8", "replace").splitlines()
    pieces = (_around(lines, line) for line in one.lines)
    return "\n".join(pieces)


def _around(lines: list[str], line: int) -> str:
    first = max(line - AROUND, 1)
    shown = enumerate(lines[first - 1 : line + AROUND], first)
    return "".join(f"{'>' if number == line else ' '} {number:>5} | {printable(text)}\n" for number, text in shown)


def _marked(mark: str, text: bytes) -> Iterator[str]:
    yield from (f"{mark} {printable(line)}\n" for line in text.decode("utf-8", "replace").splitlines())
