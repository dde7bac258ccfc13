"""What a command says goes to stdout here: in the encoding of the stream, and told when it cannot be printed."""

from __future__ import annotations

import json
import os
import re
import sys

from codemods.errors import OutputError


def say(text: str) -> None:
    """Print a report, in the encoding of the stream."""
    encoding = sys.stdout.encoding or "utf-8"
    say_bytes(_encodable(text, encoding).encode(encoding, "replace"))


def say_bytes(content: bytes) -> None:
    """Print what is to be printed. The reader of a pipe who has seen enough is no failure; a full disk is one."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would complain once more while closing stdout; typer would make this exit code 1, "the answer is no".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"cannot print the report: {error.strerror}") from error


def _encodable(text: str, encoding: str) -> str:
    """The text as it is, or with the escapes of JSON where the stream's encoding has not all of its characters."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)
    return text
