"""From a file's path to the dotted name Python would import it by, and from a relative import to an absolute one."""

from __future__ import annotations

from pathlib import PurePosixPath

PACKAGE_FILES = ("__init__.py", "__init__.pyi")


def module_name(path: str, roots: tuple[str, ...] = ("",), prefix: str = "") -> str:
    """The dotted name of a file at `path` (relative, `/`-separated), by the longest of the source `roots` above it.

    `prefix` is the package that the scanned folder itself is: scanning `lib/asyncio` names its files `asyncio.x`.
    """
    root = max((r for r in roots if not r or path.startswith(f"{r}/")), key=len, default="")
    inner = PurePosixPath(path[len(root) + 1 :] if root else path)
    parts = inner.parts[:-1] if inner.name in PACKAGE_FILES else (*inner.parts[:-1], inner.stem)
    return ".".join(part for part in (prefix, *parts) if part)


def is_package(path: str) -> bool:
    """Whether the file is a package's own `__init__.py`."""
    return path.rpartition("/")[2] in PACKAGE_FILES


def absolute(module: str, package: bool, level: int, target: str) -> str:
    """The absolute module of `from <level dots><target> import ...` standing in `module`; "" when it climbs too far."""
    if level == 0:
        return target
    parts = module.split(".") if module else []
    keep = len(parts) - level + (1 if package else 0)
    if keep < 0 or (keep == 0 and not target):
        return ""
    return ".".join([*parts[:keep], target] if target else parts[:keep])
