"""The document of the families: what was found, and what was kept out on purpose, said and not dropped."""

from __future__ import annotations

from collections import Counter
from math import comb

import pytest

from codemods.analysis.families.concerns import NEAREST, WHOLE
from codemods.analysis.families.document import found_families
from codemods.index.resolve import Resolver
from reports.documents.families import FoundFamilies
from tests.families.trees import CACHES, GET_SET, class_source, index_of_sources

VARIANTS = {
    "shop/store/base.py": class_source("Store", "open_store"),
    "shop/store/disk.py": "from shop.store.base import Store\n"
    + class_source("DiskEntryStore", *GET_SET, bases="Store", fields=("ttl", "codec")),
    "shop/store/memory.py": "from shop.store.base import Store\n"
    + class_source("MemoryEntryStore", *GET_SET, bases="Store", fields=("ttl", "codec")),
}
ORDER = "import dataclasses\n\n@dataclasses.dataclass\nclass Order:\n    number: int\n    total: int\n"
DATA = {f"shop/{name}/models.py": ORDER for name in "ab"}


def told(files: dict[str, str]) -> FoundFamilies:
    index = index_of_sources(files)
    return found_families(index, Resolver(index))


def test_a_family_is_told_with_its_members_and_the_evidence_of_each_pair() -> None:
    [concern] = told(CACHES).concerns
    [family] = concern.families
    assert [(member.name, member.path) for member in family.members] == [
        ("RedisCacheClient", "shop/cache/client.py"),
        ("UserRedisCacheClient", "shop/orders/client.py"),
        ("AsyncRedisCacheClient", "shop/search/client.py"),
    ]
    assert len(family.pairs) == 3
    assert all(pair.evidence for pair in family.pairs)
    assert told(CACHES).kept_out == ()


def test_variants_of_one_class_of_the_code_base_are_kept_out_and_said_to_be() -> None:
    found = told(VARIANTS)
    assert found.concerns == ()
    [kept] = found.kept_out
    assert (kept.why, kept.name) == ("variants of one class", "shop.store.base.Store")
    assert {"DiskEntryStore", "MemoryEntryStore"} <= {member.name for member in kept.members}


def test_data_of_one_name_is_kept_out_and_said_to_be() -> None:
    [kept] = told(DATA).kept_out
    assert (kept.why, kept.name, [member.path for member in kept.members]) == (
        "data of the same name",
        "Order",
        ["shop/a/models.py", "shop/b/models.py"],
    )


@pytest.mark.parametrize(("copies", "pairs"), [(WHOLE, comb(WHOLE, 2)), (WHOLE + 16, None)], ids=["whole", "large"])
def test_of_a_large_family_only_what_is_nearest_to_each_member_is_kept(copies: int, pairs: int | None) -> None:
    source = class_source("RedisCacheClient", *GET_SET, fields=("ttl", "codec"))
    [concern] = told({f"shop/part{number:02}/client.py": source for number in range(copies)}).concerns
    [family] = concern.families
    assert len(family.members) == copies
    held = Counter(name for pair in family.pairs for name in (pair.one, pair.other))
    assert set(held) == {f"{member.module}.{member.name}" for member in family.members}
    if pairs is None:
        assert min(held.values()) >= NEAREST
        assert len(family.pairs) <= copies * NEAREST < comb(copies, 2)
    else:
        assert len(family.pairs) == pairs
