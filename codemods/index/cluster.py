"""A Dask cluster as the crew that reads: its workers need wsconsolidate, and nothing of the code base.

The only module that knows Dask. Whoever can reach a scheduler can run code on its workers and answer for them: a
cluster is trusted like one's own machine, and what is sent to it is the source text.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codemods.errors import ClusterError, UsageError
from codemods.index.reader import Reading
from codemods.index.shipping import Crew, OtherProgramError, Parcel, program, read_parcel

if TYPE_CHECKING:
    from distributed import Client

_ADDRESS = re.compile(r"dask://(?P<place>[^/\s]+:\d+)")
CONNECT_SECONDS = 10
_WITHOUT = "start one with `dask scheduler`, or leave out --executor"
NOBODY = Reading("", (), "", "", (), frozenset())


@contextmanager
def cluster(address: str) -> Iterator[Crew]:
    """The workers of the cluster at `dask://HOST:PORT`.

    Raises UsageError for another address or without Dask, ClusterError when the cluster cannot do it.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise UsageError(f"--executor {address}: expected dask://HOST:PORT, where a Dask scheduler listens")
    with _connected(address, found["place"]) as client:
        crew = _Cluster(address, client)
        crew.greet()
        yield crew


@contextmanager
def _connected(address: str, place: str) -> Iterator[Client]:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("--executor dask://... needs Dask: install wsconsolidate[dask]") from error
    # What it would log, and warn of on other threads, is told as one sentence here.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)
    try:
        client = distributed.Client(f"tcp://{place}", timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise ClusterError(
            f"{address}: no Dask scheduler answers within {CONNECT_SECONDS} seconds; {_WITHOUT}"
        ) from error
    with client:
        yield client


class _Cluster(Crew):
    """The crew, and what is known of its ends."""

    def __init__(self, address: str, client: Client) -> None:
        super().__init__(client.get_executor(pure=False), sum(client.nthreads().values()))
        self._address, self._client = address, client

    def greet(self) -> None:
        """Let every worker show that it reads as we do, before anything is sent."""
        self.still_works()
        answers = self._client.run(read_parcel, Parcel(program(), NOBODY, ()), on_error="return")
        for error in answers.values():
            if isinstance(error, OtherProgramError):
                raise self.failure(error)
            if isinstance(error, Exception):  # Dask does not say of which kind, when the function was not there
                raise self._unable(error)

    def still_works(self) -> None:
        """Raises ClusterError when the cluster has no worker, or no scheduler any more."""
        try:
            alive = self._client.nthreads()
        except OSError as error:
            raise self._error(f"its scheduler is gone; {_WITHOUT}") from error
        if not alive:
            raise self._error("it has no worker; start some with `dask worker`, or leave out --executor")

    def failure(self, error: BaseException) -> BaseException:
        """Ends of workers and other programs as a sentence; what is neither is a defect of ours."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return self._error("workers died again and again; see their logs, and the memory they may use")
        if isinstance(error, CancelledError):
            return self._error("it dropped work that it had taken; its scheduler may have been restarted; run again")
        if isinstance(error, OtherProgramError):
            return self._error(f"a worker is {error}; install the same on every worker")
        if isinstance(error, ImportError | AttributeError | TypeError):
            return self._unable(error)
        return error

    def _unable(self, error: Exception) -> ClusterError:
        return self._error(f"a worker cannot read ({error}); install {program()} on every worker")

    def _error(self, what: str) -> ClusterError:
        return ClusterError(f"{self._address}: {what}")
