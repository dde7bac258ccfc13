"""Whether a call of a known shape binds to a signature, as far as the shape tells."""

from __future__ import annotations

from codemods.index.closeup import Member

_OPEN = frozenset({"property", "contextmanager"})


def refusal(member: Member, shape: str) -> str:
    """Why the signature refuses a call of this shape, such as `2, key=, *, **`; "" when it binds, or may."""
    if _OPEN & set(member.traits):
        return ""
    words = [word for word in shape.split(", ") if word]
    given = next((int(word) for word in words if word.isdigit()), 0)
    keywords = [word[:-1] for word in words if word.endswith("=")]
    arguments = member.arguments
    kinds = {parameter.kind for parameter in arguments}
    positional = [parameter for parameter in arguments if parameter.kind == "positional"]
    if given > len(positional) and "*args" not in kinds:
        return f"gives {given} arguments by position; at most {len(positional)} are taken"
    named = {parameter.name for parameter in arguments if parameter.kind in {"positional", "keyword"}}
    unknown = [name for name in keywords if name not in named]
    if unknown and "**kwargs" not in kinds:
        return f"gives {', '.join(unknown)}, which it does not take"
    filled = {parameter.name for parameter in positional[:given]}
    twice = [name for name in keywords if name in filled]
    if twice:
        return f"gives {', '.join(twice)} twice"
    if {"*", "**"} & set(words):
        return ""
    required = [item.name for item in arguments if item.default is None and item.kind in {"positional", "keyword"}]
    missing = [name for name in required if name not in filled and name not in keywords]
    return f"lacks {', '.join(missing)}" if missing else ""
