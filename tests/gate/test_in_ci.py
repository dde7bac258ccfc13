"""The hook, the GitHub action and the GitLab job, each run as their services run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cli.tool import REPOSITORY, environment, launcher
from tests.formats.check_reports import published
from tests.gate.test_since import git
from tests.gate.trees import clean, legacy
from tests.support import written

OLD = "from app.old.hub import EventHub\n"


def shell(script: str, cwd: Path, **said: str) -> subprocess.CompletedProcess[str]:
    """Run a script as services do: bash that stops at the first failure."""
    environ = environment(cwd.parent / "home", **said)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def installed(folder: Path) -> Path:
    """A folder with a `bin/wsconsolidate`, in the place of one that pip would install."""
    launcher(folder / "bin")
    return folder


def without_install(script: str) -> str:
    """The script without its lines that install: what they put in place is there already."""
    kept = [line for line in script.splitlines() if "pip install" not in line and "-m venv" not in line]
    assert len(kept) < len(script.splitlines())
    return "\n".join(kept)


# ── pre-commit ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def hooked(tmp_path: Path) -> Path:
    """A repository of the clean code base with both hooks, which take the tool from the PATH instead of installing."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(REPOSITORY / ".pre-commit-hooks.yaml", source)
    code = clean(tmp_path / "code")
    for folder in (source, code):
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "one")
    hooks = [{"id": name, "language": "system"} for name in ("wsconsolidate", "wsconsolidate-all")]
    repo = {"repo": str(source), "rev": git(source, "rev-parse", "HEAD").strip(), "hooks": hooks}
    (code / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repo]}), "utf-8")
    git(code, "add", ".")
    return code


def hooks_run(code: Path, *words: str) -> tuple[int, dict[str, str], str]:
    """Run pre-commit: its exit code, how each hook ended, all that it printed."""
    found = f"{installed(code.parent / 'tool') / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color", "never", *words],
        cwd=code,
        env=environment(code.parent / "home", PATH=found, PRE_COMMIT_HOME=str(code.parent / "p")),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    ended = dict(re.findall(r"^(wsconsolidate check.*?)\.{3,}.*?(Passed|Failed|Skipped)$", done.stdout, re.MULTILINE))
    return done.returncode, ended, done.stdout + done.stderr


CHANGED, ALL = "wsconsolidate check (changed files)", "wsconsolidate check"


def test_hooks_pass_on_a_clean_commit_and_stop_one_that_brings_the_old_back(hooked: Path) -> None:
    written({"app/fine.py": "from app.core.hub import UnifiedHub\n"}, hooked)
    git(hooked, "add", ".")
    code, ended, printed = hooks_run(hooked)
    assert (code, ended) == (0, {CHANGED: "Passed", ALL: "Passed"}), printed
    written({"app/back.py": OLD}, hooked)
    git(hooked, "add", ".")
    code, ended, printed = hooks_run(hooked)
    assert (code, ended) == (1, {CHANGED: "Failed", ALL: "Failed"}), printed
    assert printed.count("app/back.py:1: WSC002") == 2


def test_hooks_are_skipped_when_no_python_changes(hooked: Path) -> None:
    written({"notes.md": "x\n"}, hooked)
    git(hooked, "commit", "-qm", "two")
    git(hooked, "add", ".")
    code, ended, printed = hooks_run(hooked)
    assert (code, ended) == (0, {CHANGED: "Skipped", ALL: "Skipped"}), printed


def test_what_the_whole_hook_finds_in_files_that_the_commit_leaves_alone_fails_it_only(hooked: Path) -> None:
    written({"app/back.py": OLD}, hooked)
    git(hooked, "add", ".")
    git(hooked, "commit", "-qm", "two")
    written({"app/fine.py": "x = 1\n"}, hooked)
    git(hooked, "add", ".")
    code, ended, printed = hooks_run(hooked)
    assert (code, ended) == (1, {CHANGED: "Passed", ALL: "Failed"}), printed


# ── GitHub ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def action() -> Any:
    """The action, which must be one by its published schema."""
    found = yaml.safe_load((REPOSITORY / "action.yml").read_text("utf-8"))
    schema = published("github-action.json")
    jsonschema.validators.validator_for(schema)(schema).validate(found)
    return found


def act(code: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the action's steps with these inputs, as a runner would; with the job summary."""
    told = action()
    values = {name: inputs.get(name, item["default"]) for name, item in told["inputs"].items()}
    assert set(inputs) <= set(values)
    installed(code.parent / "temp" / "wsconsolidate")
    page = code.parent / "summary.md"
    install, check = told["runs"]["steps"]
    assert "pip install" in install["run"]
    said = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], text)
        for name, text in check["env"].items()
    }
    runner = {"RUNNER_TEMP": str(code.parent / "temp"), "GITHUB_STEP_SUMMARY": str(page)}
    done = shell(check["run"], code, **said, **runner)
    return done, page.read_text("utf-8") if page.exists() else ""


def test_the_action_passes_on_a_clean_code_base_and_writes_a_summary(tmp_path: Path) -> None:
    done, page = act(clean(tmp_path / "code"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "::error" not in done.stdout
    assert "No findings in 6 files." in page


def test_the_action_annotates_what_it_finds_and_fails(tmp_path: Path) -> None:
    done, page = act(legacy(tmp_path / "code"), sarif="found.sarif", arguments="--ignore WSC001  --jobs 1")
    assert done.returncode == 1
    assert done.stdout.count("::error file=") == 4
    assert page.count("| WSC002 |") == 4
    log = json.loads((tmp_path / "code" / "found.sarif").read_text("utf-8"))
    assert len(log["runs"][0]["results"]) == 4


def test_the_action_compares_with_a_baseline_or_a_revision(tmp_path: Path) -> None:
    code = legacy(tmp_path / "code")
    git(code, "init", "-q")
    git(code, "add", ".")
    git(code, "commit", "-qm", "one")
    assert act(code, since="HEAD")[0].returncode == 0
    missing = act(code, baseline="none.txt", sarif="found.sarif")[0]
    assert (missing.returncode, "no such baseline" in missing.stderr) == (2, True)


def test_what_an_input_holds_is_no_code(tmp_path: Path) -> None:
    done, _ = act(clean(tmp_path / "code"), root="$(touch hacked)", arguments="; touch hacked")
    assert done.returncode == 2
    assert not list(tmp_path.rglob("hacked"))


def test_a_summary_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "summary.md").mkdir()
    code = clean(tmp_path / "code")
    installed(tmp_path / "temp")
    command = f"{tmp_path}/temp/bin/wsconsolidate check . --format github"
    done = shell(command, code, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert (done.returncode, "GITHUB_STEP_SUMMARY: cannot write" in done.stderr) == (2, True)


# ── GitLab ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def job(code: Path) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run the job's script as a runner would; with the report it leaves."""
    told = yaml.safe_load((REPOSITORY / "ci" / "gitlab-ci.yml").read_text("utf-8"))["wsconsolidate"]
    assert told["artifacts"] == {"when": "always", "reports": {"codequality": "gl-code-quality-report.json"}}
    installed(code / ".wsconsolidate")
    (code / ".gitignore").write_text(".wsconsolidate/\n", "utf-8")
    done = shell(without_install("\n".join(told["script"])), code, **told["variables"])
    report = code / "gl-code-quality-report.json"
    return done, json.loads(report.read_text("utf-8") or "null")


def test_the_job_passes_fails_and_breaks(tmp_path: Path) -> None:
    code = clean(tmp_path / "code")
    bare = "# wsconsolidate baseline 1:\n"
    broken, report = job(code)
    assert (broken.returncode, report, "no such baseline" in broken.stderr) == (2, None, True)
    (code / "wsconsolidate-baseline.txt").write_text(bare, "utf-8")
    passed, report = job(code)
    assert (passed.returncode, report) == (0, [])
    written({"app/back.py": OLD}, code)
    failed, report = job(code)
    assert failed.returncode == 1
    assert "app/back.py:1: WSC002" in failed.stdout
    assert [issue["location"]["path"] for issue in report] == ["app/back.py"]
