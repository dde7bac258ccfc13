"""Areas by path, doubles by name."""

from __future__ import annotations

import pytest

from codemods.areas import area_of, is_double, without_double

PATHS = [
    ("app/manager.py", "production"),
    ("tests/manager.py", "tests"),
    ("app/test/manager.py", "tests"),
    ("app/testing/manager.py", "tests"),
    ("test_framework/manager.py", "tests"),
    ("app/unit_tests/manager.py", "tests"),
    ("app/e2e/manager.py", "tests"),
    ("app/test_manager.py", "tests"),
    ("app/manager_test.py", "tests"),
    ("app/conftest.py", "tests"),
    ("app/test_stub.pyi", "tests"),
    ("scripts/run.py", "scripts"),
    ("app/tools/run.py", "scripts"),
    ("bin/run.py", "scripts"),
    ("examples/run.py", "examples"),
    ("docs/conf.py", "examples"),
    ("scripts/tests/run.py", "tests"),
    ("examples/tools/run.py", "scripts"),
    ("contest/manager.py", "production"),
    ("app/latest.py", "production"),
    ("app/testament.py", "production"),
    ("app/manager_test_data.py", "production"),
    ("app/conftest_helper.py", "production"),
    ("app/description/run.py", "production"),
    ("tests.py", "production"),
]


@pytest.mark.parametrize(("path", "area"), PATHS, ids=[f"{path} is {name}" for path, name in PATHS])
def test_a_path_belongs_to_one_area(path: str, area: str) -> None:
    assert area_of(path) == area


@pytest.mark.parametrize(
    "name",
    [
        "MockManager",
        "FakeManager",
        "StubManager",
        "DummyManager",
        "TestManager",
        "_MockManager",
        "Mock",
        "Test_Manager",
        "InMemoryTestManager",
        "ManagerMock",
        "ManagerStub",
        "ManagerFake",
        "ManagerTest",
        "ManagerTests",
        "ManagerTestCase",
        "TestManager.Inner",
        "Outer.MockManager",
        "make.<locals>.FakeManager",
    ],
)
def test_a_name_that_says_stand_in_is_a_double(name: str) -> None:
    assert is_double(name)


@pytest.mark.parametrize(
    "name",
    [
        "Manager",
        "Testament",
        "Mockery",
        "Stubborn",
        "Contest",
        "Fakery",
        "LatestManager",
        "ManagerTester",
        "Attestation",
        "InMemoryManager",
        "test_manager.<locals>.Manager",
        "Outer.Manager",
    ],
)
def test_a_name_that_merely_sounds_like_it_is_none(name: str) -> None:
    assert not is_double(name)


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("MockCart", "Cart"),
        ("CartStub", "Cart"),
        ("_FakeCart", "Cart"),
        ("Cart", "Cart"),
        ("Mockingbird", "Mockingbird"),
    ],
)
def test_a_double_tells_what_it_stands_in_for(name: str, original: str) -> None:
    assert without_double(name) == original
    assert is_double(name) == (name != original)
