"""Which part of a code base a path belongs to. Tests use duplicates but never are one: they are counted apart."""

from __future__ import annotations

import re

# A folder named test, tests, test_anything, ... or a file that pytest or unittest would collect.
TEST_PATH = r"(?:^|/)(?:tests?|testing|test_[^/]*|[^/]*_tests?|e2e)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.pyi?$"
_AREAS = (
    ("tests", re.compile(TEST_PATH)),
    ("scripts", re.compile(r"(?:^|/)(?:scripts?|tools|bin)/")),
    ("examples", re.compile(r"(?:^|/)(?:examples?|docs?|samples?)/")),
)
# Class names that say "I stand in for something in a test", wherever the class lies.
_DOUBLE = re.compile(r"^_?(?:Mock|Fake|Stub|Dummy|Test|InMemoryTest)(?=[A-Z_]|$)|(?:Mock|Stub|Fake|Tests?|TestCase)$")


def area_of(path: str) -> str:
    """The area of a file by its path: tests, scripts, examples or production."""
    return next((name for name, pattern in _AREAS if pattern.search(path)), "production")


def without_double(class_name: str) -> str:
    """The name of what a double stands in for: `MockCartManager` for CartManager."""
    return _DOUBLE.sub("", class_name)


def is_double(class_name: str) -> bool:
    """Whether a class, or one around it, is a mock, fake, stub or test case by its name (`MockManager`, `TestX.Y`)."""
    return any(_DOUBLE.search(part) for part in class_name.split("."))
