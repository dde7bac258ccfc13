"""What a command that judges gives back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What to print, and the exit code: 0 done or clean, 1 the answer is no.

    `patch` is printed instead as it is, byte by byte: it holds files of any encoding.
    """

    text: str
    code: int
    patch: bytes | None = None
