"""What a person answered when edits were reviewed, kept beside the journal: `.wsconsolidate/answers.json`.

An answer is kept for what was asked, word for word: change the line, and it is asked anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from codemods.errors import ConfigError
from codemods.source.files import write_all
from codemods.source.obstacles import OURS
from codemods.tables import read_bytes

FILE = "answers.json"
VERSION = 1


def load_answers(root: Path) -> dict[str, bool]:
    """Whether each edit was accepted, by its key. Raises ConfigError for a file that cannot be used."""
    path = root / OURS / FILE
    if not path.exists():
        return {}
    try:
        said = json.loads(read_bytes(path))
        known = said["answers"] if said["schema"] == VERSION else None
    except (ValueError, KeyError, TypeError, RecursionError):
        known = None
    if not isinstance(known, dict) or not all(isinstance(answer, bool) for answer in known.values()):
        raise ConfigError(f"{path}: not the answers of a review; remove it, and every edit is asked again")
    return known


def save_answers(root: Path, answers: Mapping[str, bool]) -> None:
    """Keep the answers, all or none of them. Raises OutputError."""
    told = {"schema": VERSION, "answers": dict(sorted(answers.items()))}
    write_all(root / OURS, {FILE: json.dumps(told, indent=1) + "\n"})
