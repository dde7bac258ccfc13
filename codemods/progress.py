"""A progress bar on a terminal, silence everywhere else. It writes to stderr: reports own stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def silent(_done: int) -> None:
    """Show nothing."""


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Yields a function to call with the number of files done; draws nothing unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress

    # auto_refresh would start a thread, and worker processes are forked while the bar is up.
    with Progress(console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(done: int) -> None:
            bar.update(task, advance=done, refresh=True)
            if bar.finished:
                bar.stop()  # what comes next may ask something, and a bar would be drawn over it

        yield advance
