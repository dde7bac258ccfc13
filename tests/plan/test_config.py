"""`[tool.wsconsolidate]`: silence means defaults, and nothing unusable passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.config import Settings, load_settings
from codemods.errors import ConfigError


def settings(root: Path, text: str) -> Settings:
    (root / "pyproject.toml").write_text(text, "utf-8")
    (root / "src").mkdir(exist_ok=True)
    return load_settings(root)


def refusal(root: Path, text: str) -> list[str]:
    """The problems told, each without the path of the file it must begin with."""
    with pytest.raises(ConfigError) as caught:
        settings(root, text)
    start = f"{root / 'pyproject.toml'}: "
    lines = str(caught.value).splitlines()
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


TABLE = "[tool.wsconsolidate]\n"


@pytest.mark.parametrize(
    "text",
    ["", '[project]\nname = "x"\n', "[tool.other]\nexclud = 1\n", TABLE],
    ids=["an empty file", "a file without tools", "a file of another tool's keys", "an empty table"],
)
def test_a_file_that_says_nothing_of_this_tool_gives_the_defaults(tmp_path: Path, text: str) -> None:
    assert settings(tmp_path, text) == Settings()


def test_a_folder_without_the_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path) == Settings(plan=None, exclude=(), source_roots=(), jobs=0, cache=True)


def test_a_folder_that_does_not_exist_gives_the_defaults_for_discovery_to_refuse(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none") == Settings()


def test_every_key_is_read(tmp_path: Path) -> None:
    text = (
        'plan = "plans/own.toml"\nexclude = ["build/", "*_pb2.py"]\nsource-roots = ["src"]\njobs = 2\ncache = false\n'
    )
    expected = Settings(tmp_path / "plans/own.toml", ("build/", "*_pb2.py"), ("src",), 2, False)
    assert settings(tmp_path, TABLE + text) == expected


def test_a_plan_outside_the_code_base_is_allowed(tmp_path: Path) -> None:
    assert settings(tmp_path, f'{TABLE}plan = "/etc/plan.toml"').plan == Path("/etc/plan.toml")


@pytest.mark.parametrize(
    ("written", "expected"),
    [("src", "src"), ("src/", "src"), ("./src", "src"), ("src/.", "src"), (".", "")],
    ids=["plain", "with a slash after it", "with a dot before it", "with a dot after it", "the code base itself"],
)
def test_a_source_root_is_kept_as_the_start_of_the_paths_below_it(tmp_path: Path, written: str, expected: str) -> None:
    assert settings(tmp_path, f'{TABLE}source-roots = ["{written}"]').source_roots == (expected,)


@pytest.mark.parametrize(
    ("written", "shown"),
    [("/", "/"), ("../x", "../x"), ("src/../..", "src/../.."), ("scr", "scr"), (r"a\u0000b", r"a\x00b")],
    ids=["an absolute path", "a neighbour", "a way out and back", "no such folder", "a null character"],
)
def test_a_source_root_that_is_no_folder_below_the_code_base_is_refused(
    tmp_path: Path, written: str, shown: str
) -> None:
    expected = f'tool.wsconsolidate.source-roots[0]: "{shown}" is no folder below {tmp_path}'
    assert refusal(tmp_path, f'{TABLE}source-roots = ["{written}"]') == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TABLE + "exclud = []", 'tool.wsconsolidate.exclud: unknown key; did you mean "exclude"?'),
        (TABLE + "source_roots = []", 'tool.wsconsolidate.source_roots: unknown key; did you mean "source-roots"?'),
        (TABLE + 'exclude = "build"', 'tool.wsconsolidate.exclude: expected a list of text, got "build"'),
        (TABLE + "exclude = [1]", "tool.wsconsolidate.exclude[0]: expected text, got 1"),
        (TABLE + "jobs = true", "tool.wsconsolidate.jobs: expected a whole number, got true"),
        (TABLE + "jobs = -1", "tool.wsconsolidate.jobs: expected 0 or more, got -1"),
        (TABLE + "cache = 0", "tool.wsconsolidate.cache: expected true or false, got 0"),
        (TABLE + "plan = 3", "tool.wsconsolidate.plan: expected text, got 3"),
        ("[tool]\nwsconsolidate = 3", "tool.wsconsolidate: expected a table, got 3"),
        ("tool = 3", "tool: expected a table, as [tool.wsconsolidate] makes it"),
    ],
    ids=[
        "a misspelled key",
        "an underscore for a hyphen",
        "one pattern for a list",
        "a number for a pattern",
        "true for a number",
        "a negative number of jobs",
        "a number for true",
        "a number for a path",
        "a number for the table",
        "a number for all tools",
    ],
)
def test_what_is_unusable_is_refused_with_the_keys_path(tmp_path: Path, text: str, expected: str) -> None:
    assert refusal(tmp_path, text) == [expected]


def test_several_problems_are_told_at_once(tmp_path: Path) -> None:
    lines = refusal(tmp_path, f'{TABLE}jobs = -1\nsource-roots = ["src", "a", "b"]')
    assert [line.partition(":")[0].rpartition(".")[2] for line in lines] == [
        "source-roots[1]",
        "source-roots[2]",
        "jobs",
    ]


def test_broken_toml_elsewhere_in_the_file_is_refused_with_its_line(tmp_path: Path) -> None:
    [line] = refusal(tmp_path, f"{TABLE}jobs = 1\n[project\nname = 1\n")
    assert line.startswith("not valid TOML: ")
    assert "line 3" in line
