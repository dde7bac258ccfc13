"""What generated code calls things: names made of a class's own and its module's, since several have one name."""

from __future__ import annotations

import re


def class_name(dotted: str) -> str:
    """The class that is called as an old one: its module's name and its own, since several have one name."""
    module, name = split(dotted)
    words = "".join(word.capitalize() for word in module.rpartition(".")[2].split("_"))
    return f"{words}{name.rpartition('.')[2]}"


def getter_name(dotted: str) -> str:
    """The function that gives what an old getter gave, to be called as it was."""
    module, name = dotted.split(".")[-2:]
    return f"{name}_of_{module}"


def maker_name(dotted: str) -> str:
    """The function that makes what the constructor of a class made."""
    return f"make_{_snake(dotted)}"


def adapter_name(dotted: str) -> str:
    """The function that gives an object the old calls of a class."""
    return f"adapt_{_snake(dotted)}"


def initializer_name(dotted: str) -> str:
    """The function by which a subclass that gives the old arguments is made."""
    return f"initialize_{_snake(dotted)}"


def _snake(dotted: str) -> str:
    """The last module and the class: three classes of the plan have one name."""
    module, name = split(dotted)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2])
    return f"{words.lower()}_of_{module.rpartition('.')[2]}"


def split(dotted: str) -> tuple[str, str]:
    """The module of a class, and the class with those around it: these are written with a capital, modules are not."""
    module, _, name = dotted.rpartition(".")
    while module.rpartition(".")[2].lstrip("_")[:1].isupper() and "." in module:
        module, _, outer = module.rpartition(".")
        name = f"{outer}.{name}"
    return module, name
