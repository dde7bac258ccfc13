"""`wsconsolidate mro`: the method resolution order of the planned classes, of those named, or of all."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from codemods.analysis.mro import Hierarchy
from codemods.analysis.mro_report import Lineage, mro_report, plain_class
from codemods.analysis.unread import unread_files
from codemods.commands.codebase import Request, read_code_base
from codemods.commands.findings import find
from codemods.commands.show import show
from codemods.errors import UsageError
from codemods.index.code import CodeIndex
from codemods.index.external import Environment
from reports.documents.mro import ClassList, ListedClass, MroReport
from reports.sections.mro import mro_list, mro_sections
from reports.sections.parts import plural


def run(
    request: Request,
    names: tuple[str, ...],
    everything: bool,
    python_path: tuple[Path, ...],
    format_: str,
    terminal: bool,
) -> str:
    """The text of the report. Raises UsageError for a class that is not there, naming the nearest."""
    if names and everything:
        raise UsageError("--all and the names of classes contradict each other; give one of them")
    for folder in python_path:
        if not folder.is_dir():
            raise UsageError(f"--python-path {folder}: no such folder; give the site-packages of an environment")
    with read_code_base(request) as code:
        lineage = Lineage(code.index, Hierarchy(code.index, code.resolver, Environment(python_path)))
        unread = unread_files(code.index)
        if everything:
            listed = ClassList(tuple(_listed(lineage)), unread)
            return show(listed, mro_list(listed), format_, terminal)
        if names:
            wanted = [dotted for name in names for dotted in _matching(name, code.index)]
            report = MroReport(tuple(plain_class(dotted, lineage) for dotted in dict.fromkeys(wanted)), (), unread)
        else:
            report = mro_report(lineage, find(code, lineage))
    return show(report, mro_sections(report), format_, terminal)


def _listed(lineage: Lineage) -> Iterator[ListedClass]:
    for file, item in lineage.index.all_classes():
        line = lineage.hierarchy.linearize(f"{file.module}.{item.qualname}")
        yield ListedClass(file.module, item.qualname, file.path, item.line, line.mro, line.unresolved, line.conflict)


def _matching(name: str, index: CodeIndex) -> list[str]:
    """The classes whose dotted path ends in the name given; several may."""
    found = [dotted for dotted in index.classes if dotted == name or dotted.endswith(f".{name}")]
    if found:
        return sorted(found)
    simple = {dotted.rpartition(".")[2].lower(): dotted.rpartition(".")[2] for dotted in sorted(index.classes)}
    close = difflib.get_close_matches(name.rpartition(".")[2].lower(), list(simple), n=1)
    hint = f"; did you mean {simple[close[0]]}?" if close else ""
    lost = [file.path for file in unread_files(index) if file.read_by == "nothing"]
    more = f"; {plural(len(lost), 'file')} could not be read: {', '.join(lost[:5])}" if lost else ""
    raise UsageError(f"no class {name} in the code base{hint}{more}")
