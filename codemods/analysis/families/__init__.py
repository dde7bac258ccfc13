"""Classes of a code base that play one role, found without a plan."""

from codemods.analysis.families.find import find_families
from codemods.analysis.families.model import (
    Apart,
    Concern,
    Family,
    FamilyReport,
    Member,
    Pair,
    Polymorphic,
    SameName,
)

__all__ = ["Apart", "Concern", "Family", "FamilyReport", "Member", "Pair", "Polymorphic", "SameName", "find_families"]
