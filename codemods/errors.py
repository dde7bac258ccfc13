"""Every error that ends a command, in one tree.

    WsConsolidateError          exit 2, shown as one sentence
    ├── UsageError              an argument that cannot work: no such folder, an unknown class
    ├── ConfigError             [tool.wsconsolidate] or a plan says something unusable
    ├── OutputError             a report or a change could not be written
    ├── ConflictError           the disk is not as it was left: files changed since, another run at work
    ├── ClusterError            the machines that were to read cannot be reached, or cannot go on
    └── ProofError              a migration would make something worse: nothing was written

Exit codes (design rule): 0 done or clean, 1 the answer is no, 2 the tool could not do its job.
"""

EXIT_OK, EXIT_FOUND, EXIT_FAILED = 0, 1, 2


class WsConsolidateError(Exception):
    """Base of the errors that stop a command with exit code 2 and a sentence that says what to do."""


class UsageError(WsConsolidateError):
    """An argument names something that is not there or cannot be used."""


class ConfigError(WsConsolidateError):
    """A plan or `[tool.wsconsolidate]` is unreadable or says something unknown; names file, key and expectation."""


class OutputError(WsConsolidateError):
    """A report or a change could not be written; nothing half written is left behind."""


class ConflictError(WsConsolidateError):
    """Files are not as they were read or written, or another run is at work; they are named, nothing was touched."""


class ClusterError(WsConsolidateError):
    """The workers of `--executor` cannot be reached, died, or are another program."""


class ProofError(WsConsolidateError):
    """A migration would make something worse that was well; what that is, is named, and nothing was written."""
