"""A plan whose target is a class of the code base's own: drafted, completed, scanned, checked, migrated, undone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codemods.commands import check, migrate, scan, undo
from codemods.commands.codebase import Request
from codemods.errors import ConfigError, UsageError
from codemods.plan import load_plan
from tests.support import written

CONFIG = '''\
class ConfigLoader:
    """What the service is told."""

    def __init__(self, source, env="prod"):
        self.source, self.env = source, env
        self.reads = 0

    def get(self, key, default=None):
        self.reads += 1
        return self.source.get(f"{self.env}.{key}", default)

    async def reload(self, source):
        self.source = source

    def close(self):
        self.source = {}
'''
# The same job, and the same calls.
SETTINGS = CONFIG.replace("class ConfigLoader", "class SettingsLoader")
# The same job; another order, another name, a plain method that is async now.
WEB = """\
class WebConfigLoader:
    def __init__(self, env, source):
        self.source, self.env = source, env

    def fetch(self, name, fallback=None):
        return self.source.get(f"{self.env}.{name}", fallback)

    async def reload(self, source):
        self.source = source

    def get(self, default, key):
        return self.fetch(key, default)

    def close(self):
        self.source = {}


def web_config():
    return WebConfigLoader("web", {"web.port": 80})
"""
# The same job, and more of it.
LEGACY = (
    SETTINGS.replace("class SettingsLoader", "class LegacyConfigLoader")
    + """
    def dump(self):
        return dict(self.source)
"""
)
FILES = {
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/core/config.py": CONFIG,
    "app/jobs/__init__.py": "from app.jobs.settings import SettingsLoader\n\n__all__ = [\"SettingsLoader\"]\n",
    "app/jobs/settings.py": SETTINGS,
    "app/web/__init__.py": "",
    "app/web/conf.py": WEB,
    "app/old/__init__.py": "",
    "app/old/legacy.py": LEGACY,
    "app/service.py": '''\
from app.core.config import ConfigLoader
from app.jobs import SettingsLoader
from app.old.legacy import LegacyConfigLoader
from app.web.conf import WebConfigLoader, web_config

SOURCE = {"prod.a": 1, "web.a": 2}


def all_of_them():
    asked = [SettingsLoader(SOURCE).get("a"), ConfigLoader(SOURCE).get("a"), LegacyConfigLoader(SOURCE).dump()]
    web = WebConfigLoader("web", SOURCE)
    asked += [web.fetch("a"), web.fetch("b", 7), web.get(5, "c"), web_config().fetch("port")]
    return asked


def is_settings(value):
    return isinstance(value, SettingsLoader)
''',
}  # fmt: skip
ASK = """
import warnings
warnings.simplefilter("ignore")
from app import service
from app.jobs.settings import SettingsLoader
print(service.all_of_them(), service.is_settings(SettingsLoader({})), service.is_settings(3))
"""
SAID = "[1, 1, {'prod.a': 1, 'web.a': 2}, 2, 7, 5, 80] True False\n"
CONVENTION = """
[[conventions]]
dotted = "app.web.conf.WebConfigLoader"
module = "core.config"
constructor = "env, source"
makes = "ConfigLoader(source, env)"
methods = [
    { name = "fetch", takes = "name, fallback=None", becomes = "unified.get(name, fallback)" },
    { name = "get", takes = "default, key", becomes = "unified.get(key, default=default)" },
]
"""
PLAN = """
title = "One configuration"
destination = "app"
since = "1"
removal = "2"

[[families]]
name = "config"
title = "Configuration"
target = "core.config.ConfigLoader"
"""


def planned(module: str, name: str, more: str = "") -> str:
    return (
        f'\n[[classes]]\nmodule = "app.{module}"\nqualname = "{name}"\nline = 1\nfamily = "config"\n'
        f'status = "MERGE"\ntarget = "core.config.ConfigLoader"\n{more}'
    )


WANTED = (("jobs.settings", "SettingsLoader"), ("web.conf", "WebConfigLoader"), ("old.legacy", "LegacyConfigLoader"))
ALL = PLAN + "".join(planned(*item) for item in WANTED)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    written(FILES, tmp_path / "tree")
    return tmp_path / "tree"


def request(root: Path, plan: str) -> Request:
    file = root.parent / "plan.toml"
    file.write_text(plan, "utf-8")
    return Request(root, plan=file, cache=False, jobs=1)


def go(root: Path, plan: str, **asked: object) -> str:
    return migrate.run(request(root, plan), migrate.Asked(allow_dirty=True, **asked), False).text  # type: ignore[arg-type]


def said(root: Path) -> str:
    done = subprocess.run([sys.executable, "-B", "-c", ASK], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def asked(root: Path, code: str) -> str:
    ask = [sys.executable, "-B", "-W", "ignore", "-c", code]
    return subprocess.run(ask, cwd=root, capture_output=True, text=True, check=True).stdout


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*.py")) if ".wsconsolidate" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


# ── migrate ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_worked_before_works_after_and_all_of_it_can_be_undone(root: Path) -> None:
    before = contents(root)
    assert said(root) == SAID
    go(root, ALL + CONVENTION)
    assert said(root) == SAID
    assert "There is nothing to change" in go(root, ALL + CONVENTION)
    undo.run(root, True)
    assert contents(root) == before


def test_imports_lead_to_the_target_and_the_target_itself_is_not_touched(root: Path) -> None:
    before = contents(root)
    go(root, ALL + CONVENTION)
    after = contents(root)
    assert after["app/core/config.py"] == before["app/core/config.py"]
    assert after["app/core/__init__.py"] == b""
    assert b"from app.core.config import ConfigLoader as SettingsLoader" in after["app/jobs/__init__.py"]
    assert b"class SettingsLoader" not in after["app/jobs/settings.py"]
    assert set(after) - set(before) == {"app/unified_shims.py", "app/legacy_calls.py"}


def test_a_class_that_does_more_than_its_target_stays_and_says_what(root: Path) -> None:
    shown = go(root, ALL + CONVENTION)
    assert "LegacyConfigLoader stays: dump is not in its target" in shown
    assert contents(root)["app/old/legacy.py"] == LEGACY.encode()


def test_without_a_convention_a_class_that_is_called_otherwise_stays(root: Path) -> None:
    shown = go(root, ALL)
    assert "its constructor: it takes (env, source), its target (source, env)" in " ".join(shown.split())
    assert contents(root)["app/web/conf.py"] == WEB.encode()
    assert said(root) == SAID


def test_a_member_that_nobody_uses_is_vouched_for(root: Path) -> None:
    service = root / "app/service.py"
    service.write_text(
        service.read_text("utf-8").replace("LegacyConfigLoader(SOURCE).dump()", "LegacyConfigLoader(SOURCE).get('a')"),
        "utf-8",
    )
    plan = PLAN + planned("old.legacy", "LegacyConfigLoader", 'unneeded = ["dump"]\n')
    assert "stays" not in go(root, plan)
    assert b"class LegacyConfigLoader" not in contents(root)["app/old/legacy.py"]
    assert said(root).startswith("[1, 1, 1, 2, 7, 5, 80]")


def test_a_target_that_is_not_there_is_told(root: Path) -> None:
    with pytest.raises(ConfigError, match=r'classes\[0\].target: "app.core.config.Conf" is no class of this code base'):
        go(root, ALL.replace("core.config.ConfigLoader", "core.config.Conf"))


def test_a_target_that_nobody_can_import_takes_nothing(root: Path) -> None:
    config = "from app.core.kinds import Kind\n\n\n" + CONFIG
    imported = "from app.core.config import ConfigLoader\n"
    service = FILES["app/service.py"].replace(imported, "ConfigLoader = SettingsLoader\n")
    lines = service.splitlines(keepends=True)
    written({"app/core/config.py": config, "app/service.py": "".join([*lines[1:4], lines[0], *lines[4:]])}, root)
    assert said(root) == SAID
    shown = " ".join(go(root, ALL).split())
    assert "cannot be imported: app/core/config.py imports Kind of app.core.kinds, which is not there" in shown
    assert said(root) == SAID


def test_what_a_library_hands_on_keeps_the_old_calls(root: Path) -> None:
    offered = 'from app.web.conf import WebConfigLoader\n\n__all__ = ["WebConfigLoader"]\n'
    written({"app/web/__init__.py": offered}, root)
    ask = "from app.web import WebConfigLoader as W; print(W('web', {'web.a': 2}).fetch(name='a'))"
    plan = "library = true\n" + ALL + CONVENTION
    for _ in range(2):
        assert asked(root, ask) == "2\n"
        go(root, plan)
    assert contents(root)["app/web/__init__.py"] == offered.encode()


def test_what_an_application_hands_on_is_the_target(root: Path) -> None:
    written(
        {"app/web/__init__.py": 'from app.web.conf import WebConfigLoader\n\n__all__ = ["WebConfigLoader"]\n'}, root
    )
    go(root, ALL + CONVENTION)
    assert b"from app.core.config import ConfigLoader as WebConfigLoader" in contents(root)["app/web/__init__.py"]


def test_a_class_that_was_not_asked_for_is_waiting_and_not_done(root: Path) -> None:
    shown = go(root, ALL + CONVENTION, only=("SettingsLoader",))
    states = {
        line.split()[0]: line.split()[1] for line in shown.splitlines() if "ConfigLoader  " in line or "Loader " in line
    }
    assert states["SettingsLoader"] == "moved"
    assert states["WebConfigLoader"] == "waiting"


PATCHED = """
from unittest import mock

from app.jobs.settings import SettingsLoader


def test_it():
    with mock.patch("app.jobs.settings.{}"):
        assert SettingsLoader({{}}).get("a") is None
"""


@pytest.mark.parametrize(
    ("name", "reached"),
    [("logger", False), ("logger.info", False), ("logging", False), ("logging.info", True), ("other", True)],
)
def test_a_class_stays_where_a_patch_of_its_module_would_not_reach_its_target(
    root: Path, name: str, reached: bool
) -> None:
    logging_twice = "        logger.info(key)\n        logging.info(key)\n        self.reads += 1"
    logged = SETTINGS.replace("        self.reads += 1", logging_twice)
    head = "import logging\n\nlogger = logging.getLogger(__name__)\nother = 1\n\n\n"
    written({"app/jobs/settings.py": head + logged, "tests/test_settings.py": PATCHED.format(name)}, root)
    shown = " ".join(go(root, ALL).split())
    told = f"tests/test_settings.py:8 patches {name.partition('.')[0]} of its module, and would not reach its target"
    assert (told not in shown) is reached
    assert (b"class SettingsLoader" not in contents(root)["app/jobs/settings.py"]) is reached


# ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_gate_holds_the_code_base_against_the_plan(root: Path) -> None:
    asked = check.Asked(format="text")
    before = check.run(request(root, ALL + CONVENTION), asked)
    assert before.code == 1
    assert "WSC001" in before.text
    go(root, ALL + CONVENTION)
    after = check.run(request(root, ALL + CONVENTION), asked)
    assert "1 WSC001 legacy-class" in after.text
    assert "WSC008" not in after.text


def test_promises_of_what_is_shipped_are_not_run_for_a_target_of_ones_own(root: Path) -> None:
    with pytest.raises(UsageError, match="this plan's targets are your own"):
        check.run(request(root, ALL), check.Asked(format="text", runtime=True))


# ── the draft ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_drafted_plan_loads_names_the_gaps_and_can_be_carried_out_as_it_is(root: Path) -> None:
    file = root.parent / "draft.toml"
    assert "1 family, 2 classes to be merged" in scan.draft(Request(root, cache=False, jobs=1), file, ())
    text = file.read_text("utf-8")
    plan = load_plan(file)
    assert plan.destination == "app.old"
    assert [family.target for family in plan.families] == [
        "legacy.LegacyConfigLoader"
    ]  # it has all that the others have
    assert {item.dotted for item in plan.classes} == {"app.core.config.ConfigLoader", "app.web.conf.WebConfigLoader"}
    assert "# No gaps: the target takes its calls." in text
    assert "# Gap: fetch is not in its target." in text
    go(root, text)
    assert said(root) == SAID
    service = contents(root)["app/service.py"]
    assert b"from app.old.legacy import LegacyConfigLoader as ConfigLoader\n" in service
    assert b"from app.web.conf import WebConfigLoader, web_config\n" in service


def test_its_guessed_conventions_hold_once_they_are_completed(root: Path) -> None:
    file = root.parent / "draft.toml"
    scan.draft(Request(root, cache=False, jobs=1), file, ("config",))
    text = file.read_text("utf-8")
    start = text.index("# [[conventions]]")
    guess = text[start:].replace("\n# ", "\n").removeprefix("# ")
    with pytest.raises(ConfigError, match='fetch: "TODO" is none of its parameters'):
        go(root, text[:start] + guess)
    (found,) = load_plan(
        request(root, text[:start] + guess.replace("TODO", "unified.get(name, fallback)")).plan
    ).conventions
    assert found.makes == "LegacyConfigLoader(env=env, source=source)"
    go(root, text[:start] + guess.replace("TODO", "unified.get(name, fallback)"))
    assert b"class WebConfigLoader" not in contents(root)["app/web/conf.py"]
    assert said(root) == SAID


def test_a_draft_is_never_written_over_a_file(root: Path) -> None:
    file = root.parent / "draft.toml"
    file.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        scan.draft(Request(root, cache=False, jobs=1), file, ())
    assert file.read_text() == "mine"


def test_a_subject_that_no_family_has_is_told(root: Path) -> None:
    with pytest.raises(UsageError, match="no families of duplicates were found about till"):
        scan.draft(Request(root, cache=False, jobs=1), root.parent / "draft.toml", ("till",))


# ── what else stands in the module ───────────────────────────────────────────────────────────────────────────────────

STATE = "LIMIT = 60\n_HIDDEN = 3\n\n\n" + SETTINGS
USES = {
    "through the module as an object": "import app.jobs.settings as s\ndef limit():\n    return s.LIMIT + s._HIDDEN\n",
    "through its package": "import app.jobs.settings\n\n\ndef limit():\n    return app.jobs.settings.LIMIT + 3\n",
    "by name": "from app.jobs.settings import LIMIT, _HIDDEN\n\n\ndef limit():\n    return LIMIT + _HIDDEN\n",
}


@pytest.mark.parametrize("text", USES.values(), ids=USES)
def test_what_others_use_of_a_module_stays_in_it(root: Path, text: str) -> None:
    written({"app/jobs/settings.py": STATE, "app/limits.py": text}, root)
    go(root, ALL)
    after = contents(root)["app/jobs/settings.py"]
    assert after.startswith(b"LIMIT = 60\n_HIDDEN = 3\n")
    assert b"class SettingsLoader" not in after
    assert asked(root, "from app.limits import limit; print(limit())") == "63\n"


def test_state_that_nobody_asks_for_goes_with_the_class(root: Path) -> None:
    written({"app/jobs/settings.py": STATE}, root)
    go(root, ALL)
    assert b"LIMIT" not in contents(root)["app/jobs/settings.py"]
    assert said(root) == SAID
