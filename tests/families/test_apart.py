"""What looks like a member and is none is named, with the reason."""

from __future__ import annotations

from tests.families.trees import CACHES, GET_SET, LOADERS, class_source, families, member_names, report_of

DATA = "from dataclasses import dataclass\n@dataclass\nclass {}:\n    x: int\n"


def test_doubles_tests_scripts_and_fallbacks_that_look_like_a_member_stand_apart() -> None:
    fallback = class_source("RedisCacheClient", *GET_SET).replace("\n", "\n    ")
    extra = {
        "shop/fakes.py": class_source("MockRedisCacheClient", *GET_SET),
        "tests/test_cache.py": class_source("OrderedRedisClient", *GET_SET)
        + class_source("TestArithmetic", "test_sum"),
        "scripts/warm.py": class_source("RedisCacheClient", *GET_SET),
        "examples/tour.py": class_source("CountingRedisCacheClient", *GET_SET),
        "shop/compat.py": f"try:\n    import redis\nexcept ImportError:\n    {fallback}\n",
    }
    report = report_of({**CACHES, **extra})
    (concern,) = report.concerns
    assert [(apart.member.path, apart.family, apart.why) for apart in concern.apart] == [
        ("examples/tour.py", "client", "examples"),
        ("scripts/warm.py", "client", "scripts"),
        ("shop/compat.py", "client", "fallback"),
        ("shop/fakes.py", "client", "test double"),
        ("tests/test_cache.py", "client", "tests"),
    ]
    assert member_names(report) == member_names(report_of(CACHES))


def test_a_class_that_only_forwards_is_a_shim_of_the_family_even_through_another() -> None:
    shims = {
        "shop/old.py": "from shop.cache.client import RedisCacheClient as R\nclass CacheClient(R):\n    pass\n",
        "shop/older.py": "from shop.old import CacheClient\nclass Client(CacheClient):\n    '''Kept.'''\n",
        "shop/else.py": "from shop.config.yaml_loader import SettingsLoader\nclass L(SettingsLoader):\n    pass\n",
    }
    report = report_of({**CACHES, **LOADERS, **shims})
    assert [[shim.name for shim in family.shims] for family in families(report)] == [
        ["shop.old.CacheClient", "shop.older.Client"],
        ["shop.else.L"],
    ]
    assert families(report)[0].shims[1].remark == "only forwards to shop.old.CacheClient"
    assert member_names(report) == member_names(report_of({**CACHES, **LOADERS}))


def test_a_subclass_with_data_of_its_own_is_a_variant_and_no_shim() -> None:
    variant = "from shop.cache.client import RedisCacheClient\nclass CacheClient(RedisCacheClient):\n    TTL = 3\n"
    assert [family.shims for family in families(report_of({**CACHES, "shop/old.py": variant}))] == [()]


def test_data_types_of_one_name_are_reported_by_themselves() -> None:
    nested = "class A:\n    class Config(BaseModel):\n        pass\n"
    files = {
        "shop/a.py": DATA.format("Order") + nested,
        "shop/b.py": DATA.format("Order") + nested.replace("class A", "class B"),
        "shop/c.py": DATA.format("Invoice"),
    }
    report = report_of(files)
    assert [(same.name, [member.name for member in same.members]) for same in report.data_types] == [
        ("Order", ["shop.a.Order", "shop.b.Order"])
    ]
    assert report.concerns == ()


def test_strangers_that_bear_the_name_of_a_member_are_traps() -> None:
    files = {
        **CACHES,
        "shop/model.py": DATA.format("RedisCacheClient"),
        "shop/shim.py": "from shop.geo import Area\nclass UserRedisCacheClient(Area):\n    pass\n",
        "shop/geo.py": class_source("Area", "measure"),
        "shop/base.py": class_source("Backend", *GET_SET),
        "shop/far.py": "from typing import Protocol\n"
        + class_source("AsyncRedisCacheClient", "get_entry", bases="Protocol"),
    }
    report = report_of(files)
    assert [(trap.name, [(member.path, member.remark) for member in trap.members]) for trap in report.traps] == [
        ("AsyncRedisCacheClient", [("shop/far.py", "another subject or role")]),
        ("RedisCacheClient", [("shop/model.py", "a data type")]),
        ("UserRedisCacheClient", [("shop/shim.py", "forwards elsewhere")]),
    ]
