"""Files whose syntax is newer than this Python's `ast`: libcst reads them, and what `ast` cannot take is masked.

Python 3.12 allows in f-strings what 3.11 does not (PEP 701), and has type parameters and `type` statements (PEP 695).
libcst finds them. An f-string is replaced by a plain string, type parameters by nothing, a `type` statement by an
assignment, each of as many lines; the rest is read as usual, at the same line numbers, and classes get their type
parameters back. What was masked is not searched for uses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from codemods.index.encoding import text_of
from codemods.index.facts import FileFacts
from codemods.index.parse import read_tree

if TYPE_CHECKING:
    import libcst

Span = tuple[int, int]
# An f-string, type parameters, a `type` statement: without one of them libcst could not help.
_NEWER = re.compile(
    r"\b(?:f|rf|fr|F|RF|FR|Rf|rF|Fr|fR)[\"']|^\s*(?:class|(?:async\s+)?def)\s+\w+\s*\[|^\s*type\s+\w+", re.MULTILINE
)
_BRACKETS = re.compile(r"[(\[{]|[)\]}]")
_PREFIXES = re.compile(r"(?:[-+~]\s*){200}|(?:\bnot\s+){200}|(?:\blambda\b[^:\n]*:\s*){200}")
MAX_DEPTH = 200  # as in CPython; libcst has no limit of its own, and thousands of levels end the process


def syntax_tree(known: FileFacts, source: bytes) -> ast.Module:
    """The tree of a file of the index, by the reader that could read it. Raises what that raises."""
    return (read_newer_syntax if known.read_by == "libcst" else read_tree)(source)


def read_newer_syntax(source: bytes) -> ast.Module:
    """The tree of a file that `ast` refuses and libcst accepts, what is newer than this Python masked.

    Raises SyntaxError with the reason when libcst cannot help or refuses it too.
    """
    text = text_of(source)
    if not _NEWER.search(text):
        raise SyntaxError("no f-string or type parameters whose syntax could be newer")
    if "\0" in text:
        raise SyntaxError("source code cannot contain null bytes")
    if _is_deep(text):
        raise SyntaxError("nested too deeply")
    import libcst  # imported late: it costs 0.2 CPU-s, and few trees need it
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
    except (libcst.ParserSyntaxError, LookupError) as error:
        raise SyntaxError(str(getattr(error, "message", error))) from error
    encoded = text.encode()
    found = _Newer(encoded, {node: (span.start, span.start + span.length) for node, span in spans.items()})
    tree = read_tree(_masked(encoded, found.masks()).decode())
    parameters = found.class_parameters()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and (names := parameters.get((node.lineno, node.name))):
            node.type_params = [TypeParameter(name) for name in names]  # type: ignore[attr-defined, unused-ignore]
    return tree


class TypeParameter(NamedTuple):
    """What a class statement's type parameter says, where this Python's `ast` has no node for it."""

    name: str


class _Newer:
    """What stands where in a file, by the byte spans of its libcst nodes."""

    def __init__(self, source: bytes, spans: Mapping[libcst.CSTNode, Span]) -> None:
        self.source, self.spans = source, spans

    def masks(self) -> Iterator[tuple[Span, bytes]]:
        """Each span that this Python may not read, and what to put in its place."""
        import libcst

        for node, (start, end) in self.spans.items():
            newlines = self.source.count(b"\n", start, end)
            if isinstance(node, libcst.FormattedString):
                yield (start, end), b'""' if not newlines else b'"""' + b"\n" * newlines + b'"""'
            elif isinstance(node, libcst.TypeParameters):
                yield (start, end), b"\\\n" * newlines
            elif isinstance(node, libcst.TypeAlias):
                yield (start, self.spans[node.name][0]), b""
                value = self.spans[node.value]
                yield value, b"type_alias(" + b"\n" * self.source.count(b"\n", *value) + b")"

    def class_parameters(self) -> dict[tuple[int, str], list[str]]:
        """The names of the type parameters of each class, by its line and name."""
        import libcst

        found: dict[tuple[int, str], list[str]] = {}
        for node in self.spans:
            if isinstance(node, libcst.ClassDef) and node.type_parameters is not None:
                line = self.source.count(b"\n", 0, self.spans[node.name][0]) + 1
                found[line, node.name.value] = [item.param.name.value for item in node.type_parameters.params]
        return found


def _is_deep(text: str) -> bool:
    """Whether brackets or prefix operators may be nested deeper than libcst survives; those in strings count too."""
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket[0] in "([{" else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            return True
    return _PREFIXES.search(text) is not None


def _masked(source: bytes, masks: Iterable[tuple[Span, bytes]]) -> bytes:
    """The source with each outermost span replaced: what stands inside an f-string goes with it."""
    parts: list[bytes] = []
    done = 0
    for (start, end), mask in sorted(masks):
        if start < done:
            continue
        parts += [source[done:start], mask]
        done = end
    return b"".join([*parts, source[done:]])
