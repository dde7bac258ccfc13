"""The pages of the gate's rules."""

from __future__ import annotations

from reports.blocks import Block, Code, Column, Heading, Paragraph, Table, code
from reports.documents.check import RuleList, RuleText


def rule_page(rule: RuleText) -> list[Block]:
    """One rule: what it finds, why that is bad, how it looks and how it should, what to do."""
    return [
        Heading(1, f"{rule.id} {rule.slug}"),
        Paragraph(f"{rule.title}."),
        Paragraph(rule.why),
        Heading(2, "Not so"),
        Code(rule.bad, "python"),
        Heading(2, "But so"),
        Code(rule.good, "python"),
        Heading(2, "What to do"),
        Paragraph(rule.fix),
        Paragraph(("To let one stand: ", code(f"# wsconsolidate: ignore[{rule.id}] the reason"))),
    ]


def rule_list(rules: RuleList) -> list[Block]:
    """All rules, a row each."""
    rows = tuple((rule.id, rule.slug, rule.title) for rule in rules.rules)
    return [Heading(1, "Rules"), Table((Column("id"), Column("name"), Column("finds")), rows)]
