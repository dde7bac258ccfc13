"""Why one line is migrated as it is, or is not: the line, what it leads to, what is done about it."""

from __future__ import annotations

from collections.abc import Iterator

from reports.blocks import Block, Bullets, Code, Heading, Inline, Paragraph, code, strong
from reports.documents.explanation import Chain, Explanation, Reason
from reports.sections.parts import phrase
from reports.wording import one_line

_MEANING = {
    "SAFE": "migrate changes it",
    "REVIEW": "migrate changes it with --review",
    "MANUAL": "migrate leaves it to a person",
    "NOTHING TO DO": "migrate has nothing to change here",
}


def explanation(answer: Explanation) -> list[Block]:
    """The whole answer."""
    blocks: list[Block] = [Heading(1, f"{one_line(answer.path)}:{answer.line}"), Code(answer.text, "python")]
    blocks.append(Paragraph(phrase(strong(answer.verdict), f": {_MEANING[answer.verdict]}.")))
    if answer.chains:
        blocks += [Heading(2, "What it leads to"), Bullets(tuple(map(_chain, answer.chains)))]
    blocks.append(Heading(2, "Why"))
    for reason in answer.reasons:
        blocks += _reason(reason)
    return blocks


def _chain(chain: Chain) -> Inline:
    first, *others = chain.names
    hops = [part for name in others for part in (", which is ", code(name))]
    return phrase(code(first), *hops, *((", and becomes ", code(chain.new)) if chain.new else ()))


def _reason(reason: Reason) -> Iterator[Block]:
    rule = f" ({reason.rule})" if reason.rule else ""
    yield Paragraph(phrase(f"{reason.verdict}{rule}: {reason.why}", f"; {reason.advice}" if reason.advice else "", "."))
    if reason.after or reason.before:
        yield Code("".join(_marked(reason)), "diff")


def _marked(reason: Reason) -> Iterator[str]:
    for mark, text in (("-", reason.before), ("+", reason.after)):
        yield from (f"{mark} {line}\n" for line in text.splitlines())
