"""Arguments to a request, a request to a command, its answer to a stream and an exit code; nothing else.

Commands are imported when they run: `--help` must not pay for what it does not use.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from codemods.cli.all_commands import app
from codemods.errors import EXIT_FAILED, WsConsolidateError
from codemods.surroundings import keep_the_current_folder_off_the_path
from reports.wording import printable


def main() -> None:
    """The console script: any failure is one sentence on stderr and exit code 2, a crash too."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us, as in `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    keep_the_current_folder_off_the_path()
    try:
        _one_installation()
        app()
    except WsConsolidateError as error:
        _stop(f"error: {printable(str(error))}")  # a path may hold what a terminal would obey
    except Exception as error:  # noqa: BLE001 - the last line of defence: a crash must not look like a finding
        traceback.print_exc()
        _stop(f"internal error: {type(error).__name__}: {error}\nThis is a defect of wsconsolidate: please report it.")


def _one_installation() -> None:
    """The package names are generic: a code base with a `reports` package of its own must not be mixed up with ours."""
    import codemods
    import reports

    homes = {Path(str(package.__file__)).parent.parent for package in (codemods, reports)}
    if len(homes) > 1:
        raise WsConsolidateError(
            f"the packages codemods and reports come from different places ({', '.join(sorted(map(str, homes)))}); "
            "install wsconsolidate apart from the project, with pipx or `uv tool install`"
        )


def _stop(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(EXIT_FAILED)
