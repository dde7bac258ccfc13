"""`wsconsolidate rule`: the page of one rule, or the list of all."""

from __future__ import annotations

from codemods.commands.show import show
from codemods.gate.registry import RULES, rule_of
from reports.documents.check import RuleList, RuleText
from reports.sections.rules import rule_list, rule_page


def run(name: str, format_: str, terminal: bool) -> str:
    """The text of the page. Raises UsageError for a rule that is not there, naming the nearest."""
    if not name:
        every = RuleList(tuple(rule.text for rule in RULES))
        return show(every, rule_list(every), format_, terminal)
    text: RuleText = rule_of(name).text
    return show(text, rule_page(text), format_, terminal)
