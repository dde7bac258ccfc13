"""Small code bases as dictionaries, and what the search for families says of them."""

from __future__ import annotations

from collections.abc import Mapping

from codemods.analysis.families import Family, FamilyReport, find_families
from codemods.areas import area_of
from codemods.index.code import CodeIndex
from codemods.index.parse import parse
from codemods.index.resolve import Resolver

Files = Mapping[str, str]


def index_of_sources(files: Files) -> CodeIndex:
    """The index of files given as path -> source, in the order given."""
    return CodeIndex(
        parse(
            path, path[:-3].replace("/", ".").removesuffix(".__init__"), source.encode(), area_of(path) != "tests"
        ).facts
        for path, source in files.items()
    )


def report_of(files: Files) -> FamilyReport:
    """The families of files given as path -> source."""
    index = index_of_sources(files)
    return find_families(index, Resolver(index))


def families(report: FamilyReport) -> list[Family]:
    """All families, in the order of the report."""
    return [family for concern in report.concerns for family in concern.families]


def member_names(report: FamilyReport) -> list[list[str]]:
    """The plain names of the members of each family, in the order of the report."""
    return [[member.name.rpartition(".")[2] for member in family.members] for family in families(report)]


def class_source(name: str, *methods: str, bases: str = "", body: str = "", fields: tuple[str, ...] = ()) -> str:
    """A class whose methods touch the given attributes of self."""
    touches = "".join(f"        self.{field}()\n" for field in fields) or "        return None\n"
    lines = "".join(f"    def {method}(self):\n{touches}" for method in methods)
    return f"class {name}{f'({bases})' if bases else ''}:\n{body}{lines}" + ("" if body or methods else "    pass\n")


GET_SET = ("get_entry", "set_entry", "evict_expired", "warm_up")
CACHES = {
    "shop/cache/client.py": class_source("RedisCacheClient", *GET_SET, fields=("ttl", "codec")),
    "shop/orders/client.py": class_source("UserRedisCacheClient", *GET_SET, fields=("ttl", "codec")),
    "shop/search/client.py": class_source("AsyncRedisCacheClient", "fetch_entry", "put_entry", "evict_expired"),
}
LOADERS = {
    "shop/config/yaml_loader.py": class_source(
        "SettingsLoader", "load_settings", "validate_settings", fields=("path",)
    ),
    "shop/admin/settings.py": class_source("SettingsReader", "read_settings", "check_settings", fields=("path",)),
}
UNRELATED = {"shop/geo/area.py": class_source("PolygonSimplifier", "simplify_ring", fields=("tolerance",))}
