"""`migrate --review`: on a terminal each doubtful edit is asked about once; elsewhere all are applied."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codemods.commands import migrate
from codemods.commands.codebase import Request
from codemods.commands.migrate import Asked
from codemods.commands.reviewing import HELP, PROMPT, Conversation, Question, accepted, ask, key_of, questions
from codemods.edits import Applicability, Edit
from codemods.errors import ConfigError
from codemods.rewrites.outcomes import Rewritten
from codemods.source.answers import load_answers, save_answers
from tests.cli.tool import environment
from tests.commands.test_migrate import _request, contents, sample

__all__ = ["sample"]
SOURCE = b"import a\n\nfirst = 'old.path'\nother = 'old.path'\nfirst = 'old.path'\nlast = 1\n"


class Person:
    """Answers from a list, and remembers what was shown."""

    def __init__(self, *words: str) -> None:
        self.words, self.shown = iter(words), ""

    def talk(self) -> Conversation:
        return Conversation(self._read, self._write)

    def _read(self) -> str:
        return next(self.words, "")

    def _write(self, text: str) -> None:
        self.shown += text

    @property
    def asked(self) -> int:
        return self.shown.count("why a look: ")


def edit(line: int, path: str = "app/page.py", source: bytes = SOURCE) -> Edit:
    start = sum(len(one) + 1 for one in source.split(b"\n")[: line - 1])
    place = source.index(b"old", start)
    return Edit(path, place, place + 3, b"new", line, "string", Applicability.REVIEW, "old is new now", "who knows")


def asked(*lines: int) -> list[Question]:
    return questions([Rewritten("app/page.py", tuple(map(edit, lines)))], lambda _path: SOURCE)


def test_equal_lines_of_a_file_are_one_question_about_all_of_them() -> None:
    found = asked(3, 4, 5)
    assert [one.lines for one in found] == [(3, 5), (4,)]
    assert [one.key for one in found] == [key_of(edit(3), SOURCE), key_of(edit(4), SOURCE)]


def test_an_answer_is_for_what_was_asked_word_for_word() -> None:
    key = key_of(edit(3), SOURCE)
    moved = b"# a new first line\n" + SOURCE
    assert key_of(edit(4, source=moved), moved) == key, "a line that moved is the same"
    changed = SOURCE.replace(b"first = 'old.path'", b"first = 'old.path'  # now")
    assert key_of(edit(3, source=changed), changed) != key
    assert key_of(edit(3, "app/other.py"), SOURCE) != key


ANSWERS = {
    "each is answered": (["a\n", "s\n"], {0: True, 1: False}, 2),
    "all that follow": (["s\n", "A\n"], {0: False, 1: True}, 2),
    "all at once": (["A\n"], {0: True, 1: True}, 1),
    "no more questions": (["a\n", "q\n"], {0: True}, 2),
    "the input ends": (["a\n"], {0: True}, 2),
    "nothing is said at all": ([], {}, 1),
}


@pytest.mark.parametrize(("words", "expected", "count"), ANSWERS.values(), ids=ANSWERS)
def test_what_is_answered(words: list[str], expected: dict[int, bool], count: int) -> None:
    person, two = Person(*words), asked(3, 4)
    assert ask(two, {}, person.talk()) == {two[number].key: answer for number, answer in expected.items()}
    assert person.asked == count


def test_who_asks_for_more_sees_the_lines_around_each_place_and_is_asked_again() -> None:
    person = Person("m\n", "a\n")
    [one] = asked(3, 5)
    assert ask([one], {}, person.talk()) == {one.key: True}
    assert "app/page.py:3 (and 1 equal line)" in person.shown
    assert "- first = 'old.path'\n+ first = 'new.path'\n" in person.shown
    assert ">     3 | first = 'old.path'\n      4 | other = 'old.path'\n" in person.shown
    assert ">     5 | first = 'old.path'\n      6 | last = 1\n" in person.shown
    assert (person.shown.count(PROMPT), person.asked) == (2, 1)


@pytest.mark.parametrize("word", ["\n", "yes\n", "S\n"])
def test_another_word_gets_the_meaning_of_each(word: str) -> None:
    person = Person(word, "s\n")
    [one] = asked(3)
    assert ask([one], {}, person.talk()) == {one.key: False}
    assert HELP in person.shown


def test_what_is_known_is_not_asked_again() -> None:
    person, two = Person("a\n"), asked(3, 4)
    known = {two[0].key: False, "another": True}
    assert ask(two, known, person.talk()) == {**known, two[1].key: True}
    assert "1 of 1: app/page.py:4" in person.shown


def test_what_a_terminal_would_obey_is_shown_escaped() -> None:
    source = b"x = 'old\x1b[2J'\n"
    found = questions([Rewritten("a.py", (edit(1, "a.py", source),))], lambda _path: source)
    person = Person("m\n")
    ask(found, {}, person.talk())
    assert "\x1b" not in person.shown


def test_only_what_was_accepted_is_applied() -> None:
    review = accepted({key_of(edit(3), SOURCE): True, key_of(edit(4), SOURCE): False}, lambda _path: SOURCE)
    assert (review(edit(3)), review(edit(4)), review(edit(3, "app/unknown.py"))) == (True, False, False)
    gone = accepted({key_of(edit(3), SOURCE): True}, lambda _path: None)
    assert not gone(Edit("app/page.py", 0, 0, b"", 1, "string", Applicability.REVIEW, "", ""))


def test_answers_are_kept_and_damaged_ones_are_told(tmp_path: Path) -> None:
    (tmp_path / ".wsconsolidate").mkdir()
    assert load_answers(tmp_path) == {}
    save_answers(tmp_path, {"b": True, "a": False})
    assert load_answers(tmp_path) == {"a": False, "b": True}
    for text in ("{", "[]", '{"schema":2,"answers":{}}', '{"schema":1}', '{"schema":1,"answers":{"a":1}}', "\xff"):
        (tmp_path / ".wsconsolidate" / "answers.json").write_text(text, "latin-1")
        with pytest.raises(ConfigError, match="remove it, and every edit is asked again"):
            load_answers(tmp_path)


def reviewed(root: Path, person: Person, **more: object) -> dict[str, list[object]]:
    words = Asked(allow_dirty=True, review=True, person=person.talk(), format="json", **more)  # type: ignore[arg-type]
    report: dict[str, list[object]] = json.loads(migrate.run(_request(root), words, False).text)
    return report


def test_what_is_accepted_is_written_what_is_skipped_waits_and_neither_is_asked_again(
    sample: Path, tmp_path: Path
) -> None:
    before = contents(sample)
    plain, all_of_it = (Path(shutil.copytree(sample, tmp_path / name)) for name in ("plain", "all"))
    migrate.run(_request(plain), Asked(allow_dirty=True), False)
    migrate.run(_request(all_of_it), Asked(allow_dirty=True, review=True), False)
    skipping = Person(*["s\n"] * 9)
    report = reviewed(sample, skipping)
    assert skipping.asked >= 1
    assert len(report["review"]) >= skipping.asked
    assert contents(sample) == contents(plain)
    again = Person()
    reviewed(sample, again)
    assert again.shown == ""
    migrate_back(sample)
    assert contents(sample) == before
    third = Person()
    reviewed(sample, third)
    assert (third.shown, contents(sample)) == ("", contents(plain)), "remembered through an undo"
    migrate_back(sample)
    (sample / ".wsconsolidate" / "answers.json").unlink()
    report = reviewed(sample, Person("A\n"))
    assert report["review"] == []
    assert contents(sample) == contents(all_of_it)


def migrate_back(root: Path) -> None:
    from codemods.commands import undo

    undo.run(root, True)


def test_answers_are_kept_although_the_migration_fails(sample: Path) -> None:
    (sample / ".wsconsolidate").mkdir()
    (sample / ".wsconsolidate" / "answers.json").write_text("{", "utf-8")
    with pytest.raises(ConfigError, match="answers of a review"):
        reviewed(sample, Person("A\n"))
    (sample / ".wsconsolidate" / "answers.json").unlink()
    failing = f"{sys.executable} -c 'import os, sys; sys.exit(os.path.exists(\"netra_backend/app/unified_shims.py\"))'"
    reviewed(sample, Person("A\n"), test=failing)
    assert set(load_answers(sample).values()) == {True}


def test_a_module_of_our_own_making_is_not_asked_about(sample: Path) -> None:
    migrate.run(Request(sample, cache=False, jobs=1), Asked(allow_dirty=True, review=True), False)
    person = Person(*["a\n"] * 9)
    reviewed(sample, person)
    assert "legacy_calls.py" not in person.shown


def dialogue(root: Path, home: Path, keys: bytes) -> tuple[int, str]:
    """The tool on a terminal of its own, with these keys typed once it asks; the exit code and what was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "codemods", "migrate", str(root), "--review", "--allow-dirty", "--jobs", "1"]
    running = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(home, TERM="dumb"), cwd=home
    )
    os.close(theirs)
    shown = b""
    killed = threading.Timer(90, running.kill)  # so that a question that nobody expects fails, and hangs nothing
    killed.start()
    for piece in read_all(ours):
        shown += piece
        if keys and shown.endswith(PROMPT.encode()):
            os.write(ours, keys)
            keys = b""
    os.close(ours)
    killed.cancel()
    return running.wait(60), shown.decode("utf-8", "replace")


def read_all(handle: int) -> Iterator[bytes]:
    """What a terminal shows until its last writer has gone."""
    while True:
        try:
            piece = os.read(handle, 65536)
        except OSError:  # Linux tells so that nobody is left
            return
        if not piece:
            return
        yield piece


def test_on_a_real_terminal_it_asks_writes_and_remembers(sample: Path, tmp_path: Path) -> None:
    code, shown = dialogue(sample, tmp_path, b"A\n")
    assert code == 0, shown
    assert PROMPT in shown
    assert "files were changed" in shown
    assert set(load_answers(sample).values()) == {True}
    migrate_back(sample)
    code, shown = dialogue(sample, tmp_path, b"")
    assert (code, PROMPT in shown) == (0, False)
