"""`wsconsolidate migrate` on the sample: proven, written all or nothing, run by its own tests, undone to the byte."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codemods.commands import migrate, undo
from codemods.commands.answer import Answer
from codemods.commands.codebase import Request
from codemods.commands.migrate import Asked
from codemods.errors import ConfigError, ConflictError, ProofError, UsageError
from codemods.prove.proof import Difference, Proof
from codemods.sample import lay_out
from tests.support import program

APP = "netra_backend/app"
CLEANUP = Asked(phases=("cleanup",), allow_dirty=True)
PASSING = "40 passed"


def go(root: Path, **asked: object) -> Answer:
    """Migrate a tree that is in no repository."""
    return migrate.run(_request(root), Asked(allow_dirty=True, **asked), False)  # type: ignore[arg-type]


def _request(root: Path) -> Request:
    return Request(root, cache=False, jobs=1)


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a tree with its permissions, without what Python and git keep for themselves."""
    ours = {".git", ".wsconsolidate", "__pycache__"}
    files = (
        path for path in sorted(root.rglob("*")) if path.is_file() and ours.isdisjoint(path.relative_to(root).parts)
    )
    return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode) for path in files}


def own_tests(root: Path) -> str:
    """The last line of what the tree's own tests say, its other warnings being errors."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[-1]


def git(root: Path, *words: str) -> str:
    command = [
        program("git"),
        "-c",
        "user.email=a@example.org",
        "-c",
        "user.name=A",
        "-c",
        "core.autocrlf=false",
        *words,
    ]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture
def repository(sample: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample, committed; commits of the tool have an author."""
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "A")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")
    git(sample, "init", "--quiet")
    git(sample, "add", "--all", "--force")
    git(sample, "commit", "--quiet", "--message", "as it was")
    return sample


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample after all three phases; whoever changes it takes a copy."""
    root = lay_out(tmp_path_factory.mktemp("migrated"))
    go(root)
    return root


@pytest.fixture
def copied(migrated: Path, tmp_path: Path) -> Path:
    return shutil.copytree(migrated, tmp_path / "chat")


def test_the_samples_own_tests_pass_before_and_after_each_phase_and_after_undo(sample: Path) -> None:
    before = contents(sample)
    assert PASSING in own_tests(sample)
    for phase in ("create", "shims", "rewrite"):
        go(sample, phases=(phase,))
        assert PASSING in own_tests(sample), phase
    migrate.run(_request(sample), CLEANUP, False)
    assert PASSING in own_tests(sample)
    undo.run(sample, True)
    assert contents(sample) == before
    assert not (sample / ".wsconsolidate").exists()


def test_imports_are_not_rewritten_before_the_old_classes_are_shims_since_both_would_be_at_work(sample: Path) -> None:
    go(sample, phases=("create",))
    before = contents(sample)
    assert "There is nothing to change." in go(sample, phases=("rewrite",)).text
    assert contents(sample) == before


def test_a_second_run_changes_nothing(copied: Path) -> None:
    before = contents(copied)
    assert "There is nothing to change." in go(copied).text
    assert contents(copied) == before


def test_the_preserved_class_keeps_every_byte(migrated: Path, sample: Path) -> None:
    place = f"{APP}/services/agent_websocket_bridge.py"
    before, after = (
        (root / place).read_text().partition("class AgentWebSocketBridge")[2] for root in (sample, migrated)
    )
    assert before == after
    handed_on = (migrated / f"{APP}/websocket_core/agent_bridge.py").read_text()
    assert "from netra_backend.app.services.agent_websocket_bridge import AgentWebSocketBridge" in handed_on


def test_the_report_tells_each_class_and_each_place_that_is_left(sample: Path) -> None:
    told = go(sample, out=sample / "out").text
    assert "UserWebSocketEmitter (websocket_bridge_factory)" in told
    assert "tests/conftest.py:15" in told
    page = (sample / "out/migration_report.md").read_text()
    assert "it is used through a module object" in page
    assert "import the names that are used from their new modules" in page
    assert (sample / "out/migration_report.json").exists()


def test_breaking_changes_and_the_guide_say_what_a_caller_meets_and_writes(sample: Path) -> None:
    go(sample, out=sample / "out")
    changes, guide = ((sample / f"out/{name}.md").read_text() for name in ("breaking_changes", "migration_guide"))
    assert "| Connections per user | 3 connections |" in changes
    assert "raises when nobody heard; the unified one answers False" in changes
    assert "`notify_agent_thinking` | `thought` | `reasoning`" in changes
    assert "`netra_backend/app/websocket/manager.py:117`" in changes
    assert "active_connections" not in changes  # an attribute now, and read as before
    assert "WebSocketEventEmitter(user_context, websocket_manager)  # before" in guide
    assert "UnifiedWebSocketEmitter.for_context(user_context, websocket_manager)" in guide
    assert "notify_agent_started(run_id=run_id, agent_name=agent_name)" in guide
    assert "-W error::netra_backend.app.unified_shims.MovedNameWarning" in guide
    assert (sample / "out/breaking_changes.json").exists()


def test_strict_says_no_while_something_is_left(copied: Path) -> None:
    assert (go(copied).code, go(copied, strict=True).code) == (0, 1)


def test_a_patch_writes_nothing_and_gives_what_writing_gives(repository: Path, migrated: Path, tmp_path: Path) -> None:
    before = contents(repository)
    answer = go(repository, diff=True)
    assert answer.patch is not None
    assert contents(repository) == before
    patch = tmp_path / "all.patch"
    patch.write_bytes(answer.patch)
    git(repository, "apply", "--whitespace=nowarn", str(patch))
    after = {path: content for path, (content, _) in contents(repository).items()}
    assert after == {path: content for path, (content, _) in contents(migrated).items()}


def test_a_patch_of_a_cleanup_deletes_files(copied: Path) -> None:
    answer = go(copied, phases=("cleanup",), diff=True)
    assert answer.patch is not None
    assert b"deleted file mode" in answer.patch


def test_a_dirty_tree_is_refused_with_what_to_do(repository: Path) -> None:
    (repository / "README.md").write_text("changed", "utf-8")
    with pytest.raises(UsageError, match=r"uncommitted changes in README\.md; commit or stash them first"):
        migrate.run(_request(repository), Asked(), False)


def test_a_tree_without_git_is_refused_with_what_to_do(sample: Path) -> None:
    with pytest.raises(UsageError, match=r"is not in a git repository.*--allow-dirty"):
        migrate.run(_request(sample), Asked(), False)


def test_one_class_alone_leaves_the_others_as_they_are(sample: Path) -> None:
    go(sample, only=("IsolatedWebSocketEventEmitter",))
    assert PASSING in own_tests(sample)
    assert "class WebSocketManager:" in (sample / f"{APP}/websocket_core/manager.py").read_text()
    assert "moved(" in (sample / f"{APP}/websocket_core/isolated_event_emitter.py").read_text()


def test_class_after_class_comes_to_the_same_as_all_at_once(sample: Path, migrated: Path) -> None:
    go(sample, only=("services.user_websocket_emitter.UserWebSocketEmitter",))
    go(sample, only=("IsolatedWebSocketEventEmitter", "websocket_bridge_factory.UserWebSocketEmitter"))
    go(sample)
    assert PASSING in own_tests(sample)
    calls = f"{APP}/websocket_core/legacy_calls.py"
    assert (sample / calls).read_text() == (migrated / calls).read_text()


def test_a_class_that_the_plan_does_not_know_is_refused(sample: Path) -> None:
    with pytest.raises(UsageError, match=r"--only Nobody: no class of the plan; it has .*WebSocketManager"):
        go(sample, only=("Nobody",))


def test_each_module_is_committed_with_what_was_done_and_proven(repository: Path) -> None:
    told = migrate.run(_request(repository), Asked(commit=True), False).text
    titles = git(repository, "log", "--format=%s").splitlines()
    assert titles[-1] == "as it was"
    assert "Put the unified modules into netra_backend.app.websocket_core" in titles
    assert any(title.startswith("Migrate WebSocketManager and WebSocketHeartbeatManager of ") for title in titles)
    assert "Proven: imported names that nothing provides 0 -> 0" in git(repository, "log", "-1", "--format=%b")
    assert git(repository, "status", "--porcelain") == ""
    assert "Steps" in told
    assert PASSING in own_tests(repository)


def test_a_step_whose_tests_fail_is_taken_back_and_the_rest_goes_on(sample: Path) -> None:
    refuses = (
        "import pathlib, sys; "
        f"text = pathlib.Path('{APP}/services/user_websocket_emitter.py').read_text(); "
        "sys.exit('the routed emitter was touched' if 'moved(' in text else 0)"
    )
    answer = go(sample, test=f'{sys.executable} -c "{refuses}"')
    assert answer.code == 1
    assert "rolled back" in answer.text
    assert "the routed emitter was touched" in answer.text
    assert "class UserWebSocketEmitter" in (sample / f"{APP}/services/user_websocket_emitter.py").read_text()
    assert "moved(" in (sample / f"{APP}/websocket_core/manager.py").read_text()
    assert PASSING in own_tests(sample)


def test_tests_that_fail_already_cannot_judge(sample: Path) -> None:
    before = contents(sample)
    with pytest.raises(UsageError, match="fails before anything is changed"):
        go(sample, test=f"{sys.executable} -c 1/0")
    assert contents(sample) == before


def test_a_test_command_that_does_not_exist_is_told(sample: Path) -> None:
    with pytest.raises(UsageError, match="--test: no-such-program"):
        go(sample, test="no-such-program --now")


def test_cleanup_names_the_uses_that_keep_a_shim_and_documents_that_name_old_paths(copied: Path) -> None:
    told = migrate.run(_request(copied), CLEANUP, False).text
    assert "tests/conftest.py:9" in told
    assert "docs/architecture.md" in told
    assert "websocket.manager.ConnectionScopedWebSocketManager" in (copied / "docs/architecture.md").read_text()


def test_cleanup_looks_through_documents_and_data_of_every_kind_and_nothing_else(copied: Path) -> None:
    kinds = "md rst txt xml json toml yaml yml ini cfg html ipynb".split()
    for kind in (*kinds, "csv", "svg"):
        (copied / f"notes.{kind}").write_text(
            "see netra_backend.app.websocket.manager.ConnectionScopedWebSocketManager\n"
        )
    told = migrate.run(_request(copied), CLEANUP, False).text
    assert [kind for kind in (*kinds, "csv", "svg") if f"notes.{kind}" in told] == kinds


def test_cleanup_rewrites_documents_on_request(copied: Path) -> None:
    go(copied, phases=("cleanup",), docs=True)
    text = (copied / "docs/architecture.md").read_text()
    assert "websocket.manager.ConnectionScopedWebSocketManager" not in text
    assert "netra_backend.app.websocket_core.unified_manager.ConnectionScope" in text


def test_cleanup_takes_everything_when_nothing_uses_it(copied: Path) -> None:
    for path in (f"{APP}/agents/chat_agent.py", f"{APP}/routes/agent_runs.py", f"{APP}/websocket_core/unified.py"):
        (copied / path).write_text("", "utf-8")
    (copied / f"{APP}/websocket_core/__init__.py").write_text("", "utf-8")
    shutil.rmtree(copied / "tests")
    go(copied, phases=("cleanup",))
    assert not (copied / f"{APP}/websocket_core/manager.py").exists()
    assert not (copied / f"{APP}/services/user_websocket_emitter.py").exists()
    assert "moved(" not in (copied / f"{APP}/agents/interfaces.py").read_text()


def test_cleanup_stands_alone(sample: Path) -> None:
    with pytest.raises(UsageError, match="run it alone"):
        go(sample, phases=("create", "cleanup"))


def test_without_a_plan_there_is_nothing_to_carry_out(sample: Path) -> None:
    with pytest.raises(UsageError, match="needs a plan"):
        migrate.run(Request(sample, no_plan=True), Asked(allow_dirty=True), False)


def test_a_destination_that_is_no_package_is_told(sample: Path) -> None:
    shutil.rmtree(sample / APP / "websocket_core")
    with pytest.raises(ConfigError, match="is no package of this code base"):
        go(sample)


def test_undo_refuses_where_a_file_changed_since_and_says_which(copied: Path) -> None:
    changed = copied / f"{APP}/websocket_core/manager.py"
    changed.write_text(changed.read_text() + "# mine\n", "utf-8")
    with pytest.raises(ConflictError, match=r"websocket_core/manager\.py"):
        undo.run(copied, False)
    assert changed.read_text().endswith("# mine\n")


def test_a_file_that_is_there_and_differs_is_never_overwritten(sample: Path) -> None:
    theirs = sample / f"{APP}/websocket_core/unified_emitter.py"
    theirs.write_text("MINE = 1\n", "utf-8")
    told = go(sample).text
    assert theirs.read_text() == "MINE = 1\n"
    assert "differ from the shipped ones" in told
    assert PASSING in own_tests(sample)


def test_what_was_cut_short_is_taken_back_before_anything_is_read(repository: Path, migrated: Path) -> None:
    go(repository)
    step = next((repository / ".wsconsolidate").rglob("finished.json"))
    step.rename(step.with_name("unfinished.json"))  # as a power cut leaves it, with some files written and some not
    for path in (f"{APP}/websocket_core/manager.py", f"{APP}/routes/agent_runs.py"):
        git(repository, "checkout", "--", path)
    migrate.run(_request(repository), Asked(), False)
    after = {path: content for path, (content, _) in contents(repository).items()}
    assert after == {path: content for path, (content, _) in contents(migrated).items()}


def prepend(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text + (place.read_text("utf-8") if place.exists() else ""), "utf-8")


def test_a_class_that_is_bound_again_stays_with_everybody_who_uses_it(sample: Path) -> None:
    place = sample / f"{APP}/agents/interfaces.py"
    place.write_text(place.read_text() + "\nWebSocketManagerProtocol = WebSocketManagerProtocol\n", "utf-8")
    before = place.read_bytes()
    told = go(sample).text
    assert "Modules that their classes cannot leave" in told
    assert "binds WebSocketManagerProtocol again" in told
    assert place.read_bytes() == before
    assert PASSING in own_tests(sample)


def test_a_class_whose_leaving_would_let_a_cycle_bite_stays_and_the_cycle_is_told(sample: Path) -> None:
    prepend(sample, f"{APP}/settings.py", "from netra_backend.app.core import service_interfaces\n\nLIMIT = 3\n")
    prepend(sample, f"{APP}/websocket_core/__init__.py", "from netra_backend.app.settings import LIMIT\n")
    before = (sample / f"{APP}/core/interfaces_websocket.py").read_bytes()
    told = go(sample).text
    assert "netra_backend.app.settings.LIMIT would not be there yet in the imports" in told
    assert (sample / f"{APP}/core/interfaces_websocket.py").read_bytes() == before
    done = subprocess.run([sys.executable, "-B", "-c", "import netra_backend.app.settings"], cwd=sample, check=False)
    assert done.returncode == 0
    assert PASSING in own_tests(sample)


def test_an_import_inside_the_preserved_class_is_told_and_left(sample: Path) -> None:
    place = sample / f"{APP}/services/agent_websocket_bridge.py"
    line = "        from netra_backend.app.websocket_core.manager import get_websocket_manager as get_one\n"
    text = place.read_text().replace(
        "    def __init__(self", f"    def any(self):\n{line}        return get_one()\n\n    def __init__(self", 1
    )
    place.write_text(text, "utf-8")
    told = go(sample, out=sample / "out").text
    assert "wrote" in told
    assert "AgentWebSocketBridge is preserved exactly as it is" in (sample / "out/migration_report.md").read_text()
    assert line in place.read_text()


def test_rope_is_asked_and_the_code_base_works_after_it(sample: Path) -> None:
    told = go(sample, cross_check=True).text
    assert "To be reviewed" in told
    assert PASSING in own_tests(sample)


def test_a_review_can_be_accepted(sample: Path) -> None:
    go(sample, review=True)
    assert "websocket_core.unified_manager" in (sample / f"{APP}/core/startup_check.py").read_text()
    assert PASSING in own_tests(sample)


def test_what_the_proof_does_not_hold_for_is_not_written(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worse = Difference("broken things", 0, 1, (), (("a.py", "x"),))
    monkeypatch.setattr(migrate, "prove", lambda *_: Proof((), (), (worse,)))
    before = contents(sample)
    with pytest.raises(ProofError, match=r"broken things: \('a.py', 'x'\)"):
        go(sample)
    assert contents(sample) == before


def test_shims_alone_can_be_committed_and_cleaned_up_in_a_commit(repository: Path) -> None:
    migrate.run(_request(repository), Asked(phases=("create",), commit=True), False)
    migrate.run(_request(repository), Asked(phases=("shims",), commit=True), False)
    migrate.run(_request(repository), Asked(phases=("rewrite",), commit=True), False)
    migrate.run(_request(repository), Asked(phases=("cleanup",), commit=True), False)
    titles = git(repository, "log", "--format=%s").splitlines()
    assert titles[0].startswith("Remove ")
    assert titles[0].endswith(" that nothing uses any more")
    assert git(repository, "status", "--porcelain") == ""
    assert PASSING in own_tests(repository)


def test_cleanup_sees_modules_that_are_used_as_objects_and_paths_in_strings(copied: Path) -> None:
    services = "netra_backend.app.services"
    uses = f"import {services}.user_websocket_emitter\nfrom {services} import user_websocket_emitter as old\n"
    prepend(copied, f"{APP}/uses.py", uses)
    target = "netra_backend.app.core.interfaces_websocket.WebSocketManagerInterface"
    prepend(copied, "tests/test_more.py", f'from unittest.mock import patch\n\npatch("{target}")\n')
    go(copied, phases=("cleanup",), out=copied / "out")
    page = (copied / "out/migration_report.md").read_text()
    assert "netra_backend.app.services.user_websocket_emitter is still used here" in page
    assert "`netra_backend/app/uses.py:2`" in page
    assert "`tests/test_more.py:3`" in page


def test_uses_are_renamed_on_request_where_nobody_looks_for_the_old_name(sample: Path) -> None:
    told = go(sample, rename_uses=True, out=sample / "out").text
    assert "rename rewritten" in told
    assert PASSING in own_tests(sample)
    assert "WebSocketManager keeps its name" in (sample / "out/migration_report.md").read_text()
    engine = (sample / f"{APP}/services/websocket_event_router.py").read_text()
    assert "UnifiedWebSocketManager as" not in engine
    before = contents(sample)
    assert "There is nothing to change." in go(sample, rename_uses=True).text
    assert contents(sample) == before
    undo.run(sample, True)


def test_a_patch_with_renamed_uses_gives_what_writing_gives(repository: Path, tmp_path: Path) -> None:
    written = shutil.copytree(repository, tmp_path / "written")
    go(written, rename_uses=True)
    answer = go(repository, rename_uses=True, diff=True)
    assert answer.patch is not None
    (tmp_path / "all.patch").write_bytes(answer.patch)
    git(repository, "apply", "--whitespace=nowarn", str(tmp_path / "all.patch"))
    after = {path: content for path, (content, _) in contents(repository).items()}
    assert after == {path: content for path, (content, _) in contents(written).items()}


def test_renamed_uses_are_a_commit_of_their_own(repository: Path) -> None:
    migrate.run(_request(repository), Asked(commit=True, rename_uses=True), False)
    assert git(repository, "log", "-1", "--format=%s").strip() == "Call the unified classes by their names"
    assert git(repository, "status", "--porcelain") == ""
