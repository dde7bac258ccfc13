"""Files whose syntax is newer than this Python: read all the same, at the same lines."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.index.facts import FileFacts
from codemods.index.parse import parse, read_tree
from codemods.index.tolerant import MAX_DEPTH, read_newer_syntax

NEWER = {
    "nested quotes": """f"{a["k"]}\"""",
    "nested quotes twice": """f"{f"{a["k"]}"}\"""",
    "a newline inside": 'f"{\n  a\n}"',
    "a backslash": '''f"{'\\n'.join(a)}"''',
    "a comment": 'f"{  # why\n a}"',
    "a triple quote over lines": '''f"""{\n"\\n".join(a["b"])\n}\n"""''',
    "a prefix in capitals": '''RF"{a["k"]}"''',
    "letters beyond ASCII": '''"é" f"é{a["é"]}é" "é"''',
    "implicit concatenation": """'x' f"{a["k"]}" 'y'""",
    "a format specification": '''f"{a["k"]:>{b["w"]}}"''',
}
AROUND = "import os\nx = 1\nclass Before: pass\ny = {}\nclass After(Base):\n    import sys\n    z = 'é'\n"


def facts_of(source: bytes) -> FileFacts:
    return parse("a.py", "a", source, True, read_newer_syntax, "libcst").facts


def outline(found: FileFacts) -> tuple[object, ...]:
    return found.classes, found.imports, found.scopes, found.lines


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER)
def test_classes_and_imports_keep_their_lines(text: str, newline: str, encode: str) -> None:
    cookie = "# coding: latin-1\n" if encode == "latin-1" else "# nothing\n"
    newer = (cookie + AROUND.format(text)).replace("\n", newline).encode(encode)
    plain = cookie + AROUND.format('"""' + "\n" * text.count("\n") + '"""')
    found = facts_of(newer)
    assert found.problem == ""
    assert found.read_by == "libcst"
    assert outline(found) == outline(parse("a.py", "a", plain.replace("\n", newline).encode(encode), True).facts)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads them itself")
@pytest.mark.parametrize("text", [text for text in NEWER.values() if "comment" not in text], ids=NEWER)
def test_they_are_what_this_python_refuses(text: str) -> None:
    source = AROUND.format(text).encode()
    refused = parse("a.py", "a", source, True).facts
    assert (refused.problem != "") == (outline(refused) != outline(facts_of(source)))


@given(st.lists(st.sampled_from([*NEWER.values(), "f'{a}'", "'plain'", "f''"]), min_size=1, max_size=4))
def test_any_number_of_them_in_one_file_is_masked(texts: list[str]) -> None:
    source = "".join(f"v{number} = {text}\nclass C{number}: pass\n" for number, text in enumerate(texts))
    lines = [source[: match.start()].count("\n") + 1 for match in re.finditer(r"^class ", source, re.MULTILINE)]
    if "f" not in "".join(re.findall(r"\bR?[fF](?=[\"'])", source)).lower():
        return
    assert [item.line for item in facts_of(source.encode()).classes] == lines


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"x = (\n", "no f-string"),
        (b"x = f''\ny = (\n", "parser error"),
        (b"x = f'{'\n", "tokenizer error"),
        (b"# coding: nope\nx = f''", "unknown encoding"),
        (b"# coding: rot13\nx = f''", "rot13"),
        (b"x = f'\xff'", "invalid or missing encoding"),
        (b"# coding: utf-8\n# \xe9\nx = f''", "can't decode"),
        (b"x = f'" + b"{'a'}" + b"'\ny = " + b"(" * 5000 + b")" * 5000, "nested too deeply"),
        (b"x = f''\ny = " + b"-" * 5000 + b"1", "nested too deeply"),
        (b"x = f''\ny = " + b"not " * 5000 + b"1", "nested too deeply"),
        (b"x = f''\ny = " + b"lambda: " * 5000 + b"1", "nested too deeply"),
    ],
)
def test_a_file_that_nobody_can_read_says_why(source: bytes, reason: str) -> None:
    with pytest.raises((SyntaxError, ValueError), match=re.escape(reason)):
        read_newer_syntax(source)


def test_depth_counts_open_brackets_only() -> None:
    many = "x = f''\n" + "y = ((1)) + [{}]\n)" * (MAX_DEPTH + 50)
    with pytest.raises(SyntaxError, match="tokenizer error"):
        read_newer_syntax(many.encode())
    allowed = "x = f''\ny = " + "(" * 80 + "1" + ")" * 80
    assert len(read_newer_syntax(allowed.encode()).body) == 2
    assert len(read_tree(allowed).body) == 2


PARAMETERS = {
    "one": ("class X[T]: pass", ("T",)),
    "bounds, defaults and stars": ("class X[K: int, *A, **P]: pass", ("K", "A", "P")),
    "over lines": ("class X[\n    A,\n    B,\n](Base):\n    pass", ("A", "B")),
    "under a decorator": ("@final\nclass X[T](Base): pass", ("T",)),
    "of a function only": ("def f[T](x: T) -> T:\n    class X: pass", ()),
    "beside an f-string that is newer": ("""class X[T]:\n    y = f"{"a"}\"""", ("T",)),
    "none": ("class X: pass\ntype Y[T] = list[T]", ()),
}


@pytest.mark.parametrize(("text", "names"), PARAMETERS.values(), ids=PARAMETERS)
def test_type_parameters_are_kept_and_everything_after_them_keeps_its_line(text: str, names: tuple[str, ...]) -> None:
    found = facts_of(f"import os\n{text}\nclass After: pass\n".encode())
    lines = {item.qualname.rpartition(".")[2]: item.line for item in found.classes}
    assert found.problem == ""
    assert lines["After"] == text.count("\n") + 3
    assert next(item.type_parameters for item in found.classes if item.qualname.endswith("X")) == names


@pytest.mark.parametrize("text", ["type X = int", "type X[T] = list[\n    T\n]"], ids=["plain", "over lines"])
def test_a_type_statement_binds_its_name_to_no_class(text: str) -> None:
    found = facts_of(f"{text}\nclass After: pass\n".encode())
    [(_, bindings)] = found.scopes
    assert [(item.name, item.kind) for item in bindings] == [("X", "value"), ("After", "class")]
    assert found.classes[0].line == text.count("\n") + 2
