"""Families are found without a plan, in any domain; what only looks like one is told apart."""

from __future__ import annotations

import pytest

from codemods.analysis.families import FamilyReport
from tests.families.trees import (
    CACHES,
    GET_SET,
    LOADERS,
    UNRELATED,
    class_source,
    families,
    member_names,
    report_of,
)

ONE = class_source("RedisCacheClient", *GET_SET)
OTHER = class_source("FastRedisCacheClient", *GET_SET)
PAIR = [["RedisCacheClient", "FastRedisCacheClient"]]


def test_cache_clients_and_settings_loaders_are_found_each_under_its_own_subject() -> None:
    report = report_of({**CACHES, **LOADERS, **UNRELATED})
    assert [(concern.name, [family.role for family in concern.families]) for concern in report.concerns] == [
        ("redis", ["client"]),
        ("setting", ["loader"]),
    ]
    assert member_names(report) == [
        ["RedisCacheClient", "UserRedisCacheClient", "AsyncRedisCacheClient"],
        ["SettingsReader", "SettingsLoader"],
    ]


def test_a_member_says_where_it_stands_and_how_long_it_is() -> None:
    source = f"import os\n\n\n{ONE}"
    (family,) = families(report_of({"shop/a.py": source, "shop/b.py": OTHER}))
    assert [member.place for member in family.members] == ["shop/a.py:4", "shop/b.py:1"]
    assert family.members[0].lines == 9


def test_a_pair_shows_methods_verbs_events_attributes_and_name_words() -> None:
    body = '    KIND = "order_placed"\n'
    one = class_source("OrderEmitter", "emit_placed", "flush", body=body, fields=("queue",))
    other = class_source("OrderNotifier", "notify_placed", "flush", body=body, fields=("queue",))
    (family,) = families(report_of({"shop/a.py": one, "shop/b.py": other}))
    (pair,) = family.pairs
    assert (pair.one, pair.other) == ("shop.a.OrderEmitter", "shop.b.OrderNotifier")
    assert pair.tokens == ("order", "emitter")
    assert pair.methods == ("flush",)
    assert pair.verbs == ("emit_placed = notify_placed",)
    assert pair.events == ("order_placed",)
    assert pair.attributes == ("queue",)
    assert not pair.same_name
    assert family.cohesion == pair.score > 800


def test_of_two_concerns_the_one_with_more_alike_and_longer_classes_comes_first() -> None:
    long = {path: source + "    # more\n" * 90 + "    tail = 1\n" for path, source in LOADERS.items()}
    assert [concern.name for concern in report_of({**CACHES, **LOADERS}).concerns] == ["redis", "setting"]
    two = {path: source for path, source in CACHES.items() if "search" not in path}
    assert [concern.name for concern in report_of({**two, **long}).concerns] == ["setting", "redis"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(ONE, OTHER, id="two classes of one role and subject with the same methods"),
        pytest.param(ONE, f"class Outer:\n    def work(self): ...\n    {OTHER.replace(chr(10), chr(10) + '    ')}\n",
                     id="one of them nested in another class"),
        pytest.param(ONE, f"def make():\n    {OTHER.replace(chr(10), chr(10) + '    ')}\n    return 1\n",
                     id="one of them made by a function"),
        pytest.param(f"from enum import Enum\n{ONE}", f"try:\n    import os\nexcept KeyError:\n    pass\n{OTHER}",
                     id="whatever else the files hold"),
        pytest.param(f"class SkillMixin:\n    def help_out(self): ...\n{ONE.replace('Client:', 'Client(SkillMixin):')}",
                     f"from shop.a import SkillMixin\n{OTHER.replace('Client:', 'Client(SkillMixin):')}",
                     id="both lent a skill by one mixin"),
        pytest.param(f"from typing import Protocol\nclass Port(Protocol):\n    def get_entry(self): ...\n"
                     f"{ONE.replace('Client:', 'Client(Port):')}",
                     f"from shop.a import Port\n{OTHER.replace('Client:', 'Client(Port):')}",
                     id="both implementing one protocol"),
        pytest.param(f"class Marker:\n    pass\n{ONE.replace('Client:', 'Client(Marker):')}",
                     f"from shop.a import Marker\n{OTHER.replace('Client:', 'Client(Marker):')}",
                     id="both under an ancestor that does nothing"),
        pytest.param(f"import lib\n{ONE.replace('Client:', 'Client(lib.Base):')}",
                     f"import lib\n{OTHER.replace('Client:', 'Client(lib.Base, metaclass=lib.Meta):')}",
                     id="both extending a class from outside"),
    ],
)  # fmt: skip
def test_duplicates_are(first: str, second: str) -> None:
    assert member_names(report_of({"shop/a.py": first, "shop/b.py": second})) == PAIR


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(ONE, f"from shop.a import RedisCacheClient as R\n{OTHER.replace('Client:', 'Client(R):')}",
                     id="a class and its extension"),
        pytest.param(ONE, "from dataclasses import dataclass\n@dataclass(frozen=True)\n" + OTHER, id="a dataclass"),
        pytest.param(ONE, f"import pydantic\n{OTHER.replace('Client:', 'Client(pydantic.BaseModel):')}",
                     id="a data model"),
        pytest.param(ONE, f"class Row(dict, Model[int]):\n    pass\n{OTHER.replace('Client:', 'Client(Row):')}",
                     id="a data model by inheritance"),
        pytest.param(ONE, OTHER.replace("Client", "ClientError"), id="an exception"),
        pytest.param(ONE, OTHER.replace("Fast", "Fake"), id="a test double by its name"),
        pytest.param(ONE, OTHER.replace("Client", "Validator"), id="another role"),
        pytest.param(ONE, class_source("FastRedisCacheClient", "__init__", "__len__"), id="no behaviour of its own"),
        pytest.param(ONE, "class FastRedisCacheClient:\n    @property\n    def get_entry(self): ...\n",
                     id="nothing but properties"),
        pytest.param(ONE, f"try:\n    import os\nexcept ImportError:\n    {OTHER.replace(chr(10), chr(10) + '    ')}\n",
                     id="a fallback for a failed import"),
        pytest.param(ONE, f"from typing import Protocol\n{OTHER.replace('Client:', 'Client(Protocol):')}",
                     id="a protocol beside an implementation"),
        pytest.param(ONE, "from abc import ABC, abstractmethod\nclass FastRedisCacheClient(ABC):\n"
                     "    @abstractmethod\n    def get_entry(self): ...\n",
                     id="an abstract shape beside an implementation"),
        pytest.param(ONE, class_source("FastRedisCacheClient", "sing", "dance"), id="a likeness of names alone"),
        pytest.param("class Index:\n    def sing(self): ...\n", "class Index:\n    def dance(self): ...\n",
                     id="a one-word name shared by strangers"),
        pytest.param(class_source("RedisConnectionPool", "acquire_socket", "drain"),
                     class_source("ThreadConnectionPool", "lend_worker", "join_all"),
                     id="pools of two different things"),
    ],
)  # fmt: skip
def test_no_duplicates_are(first: str, second: str) -> None:
    assert member_names(report_of({"shop/a.py": first, "shop/b.py": second})) == []


BASE = class_source("CacheBackend", "get_entry", "set_entry", "ping")


def siblings(base: str) -> FamilyReport:
    lines = "from shop.base import CacheBackend\n"
    one, other = (text.replace("Client:", f"Client({base}):") for text in (ONE, OTHER))
    return report_of({"shop/base.py": BASE, "shop/a.py": lines + one, "shop/b.py": lines + other})


def test_siblings_under_a_working_class_of_the_tree_are_polymorphism_and_shown_as_such() -> None:
    report = siblings("CacheBackend")
    assert member_names(report) == []
    (variants,) = report.polymorphic
    assert variants.ancestor == "shop.base.CacheBackend"
    assert [member.name for member in variants.members] == ["shop.a.RedisCacheClient", "shop.b.FastRedisCacheClient"]


def test_the_same_classes_without_the_common_ancestor_are_a_family() -> None:
    report = siblings("")
    assert member_names(report) == PAIR
    assert report.polymorphic == ()


def test_variants_are_listed_under_the_nearest_ancestor_they_share() -> None:
    deep = f"{BASE}\nclass NetBackend(CacheBackend):\n    def dial(self): ...\n"
    files = {"shop/base.py": deep}
    for name, text in (("a", ONE), ("b", OTHER)):
        files[f"shop/{name}.py"] = f"from shop.base import NetBackend\n{text.replace('Client:', 'Client(NetBackend):')}"
    assert [variants.ancestor for variants in report_of(files).polymorphic] == ["shop.base.NetBackend"]


def test_bases_that_go_round_in_a_circle_do_no_harm() -> None:
    first = "from shop.b import B\nclass A(B):\n    def get_entry(self): ...\n"
    second = "from shop.a import A\nclass B(A):\n    def get_entry(self): ...\n"
    assert member_names(report_of({"shop/a.py": first, "shop/b.py": second})) == []


def test_relatives_do_not_come_together_through_a_third_class() -> None:
    lines = "from shop.base import CacheBackend\n"
    one, other = (text.replace("Client:", "Client(CacheBackend):") for text in (ONE, OTHER))
    third = ONE.replace("Redis", "ModernRedis")
    files = {"shop/base.py": BASE, "shop/a.py": lines + one, "shop/b.py": lines + other, "shop/c.py": third}
    assert member_names(report_of(files)) == [["RedisCacheClient", "ModernRedisCacheClient"]]


def test_protocols_of_one_thing_are_a_family_of_their_own() -> None:
    shape = "from typing import Protocol\nclass {}(Protocol):\n    def get_entry(self): ...\n"
    abstract = (
        "from abc import ABC, abstractmethod\nclass {}(ABC):\n    @abstractmethod\n    def get_entry(self): ...\n"
    )
    files = {
        "shop/a.py": shape.format("RedisCacheClientProtocol"),
        "shop/b.py": abstract.format("RedisCacheClientInterface"),
        "shop/c.py": ONE,
        "shop/d.py": OTHER,
    }
    report = report_of(files)
    assert {family.role: len(family.members) for family in families(report)} == {"client": 2, "client interface": 2}


def test_one_word_names_are_a_family_when_they_do_the_same() -> None:
    one = class_source("Emitter", "emit_opened", "emit_closed", "drain", fields=("outbox", "clock"))
    (concern,) = report_of({"shop/a.py": one, "shop/b.py": one}).concerns
    assert concern.name == "emitter"


def test_names_of_nothing_but_qualifiers_are_compared_like_any_other() -> None:
    one = class_source("Base", "emit_opened", "emit_closed", "drain", fields=("outbox", "clock"))
    assert member_names(report_of({"shop/a.py": one, "shop/b.py": one})) == [["Base", "Base"]]


def test_classes_without_a_common_word_are_found_by_rare_methods() -> None:
    methods = ("rotate_ring", "seal_ring", "audit_ring", "break_ring", "mend_ring", "weigh_ring")
    one = class_source("KeyVault", *methods, fields=("hsm", "quorum", "shard"))
    other = class_source("SecretVault", *methods, fields=("hsm", "quorum", "shard"))
    assert member_names(report_of({"shop/a.py": one, "shop/b.py": other})) == [["KeyVault", "SecretVault"]]


def test_a_class_in_a_package_of_the_subject_need_not_repeat_it_in_its_name() -> None:
    member = class_source("BatchEmitter", "emit_paid", "emit_sent", "drain", fields=("outbox",))
    whole = class_source("InvoiceEmitter", "emit_paid", "emit_sent", "drain", fields=("outbox",))
    assert member_names(report_of({"shop/invoice/batch.py": member, "shop/mail/x.py": whole})) == [
        ["BatchEmitter", "InvoiceEmitter"]
    ]


def test_a_class_is_taken_in_by_a_standing_family_though_its_own_likeness_would_found_none() -> None:
    third = class_source("StampedeRedisClient", "guard", "evict_expired", fields=("mutex",))
    family, *others = member_names(report_of({**CACHES, "shop/shield.py": third}))
    assert "StampedeRedisClient" in family
    assert not others
    alone = {path: source for path, source in CACHES.items() if path == "shop/cache/client.py"}
    assert member_names(report_of({**alone, "shop/shield.py": third})) == []


def test_a_tree_without_classes_has_no_families() -> None:
    assert report_of({"shop/a.py": "x = 1\n"}) == FamilyReport((), (), (), ())
