"""The files of the standard library, by dotted path: ``catalog.gpu.nvidia.l4``.

The path in the tree of files is the index: ``std.X.Y`` is ``X/Y.infer`` in this package, and there
is no list to keep in step with it.
"""

from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SUFFIX = ".infer"


@cache
def read(dotted: str) -> str | None:
    """Return the text of the file at ``dotted``, written without ``std.``, or None."""
    if not _plain(dotted):
        return None
    try:
        content = get_data("inferc.stdlib", dotted.replace(".", "/") + SUFFIX)
    except OSError:
        return None
    return content.decode() if content is not None else None


@cache
def names(dotted: str = "") -> tuple[str, ...]:
    """Return the names of files and folders below ``dotted``, sorted; empty for a file."""
    folder = _folder(dotted)
    if folder is None:
        return ()
    found = {
        item.name.removesuffix(SUFFIX)
        for item in folder.iterdir()
        if item.name.endswith(SUFFIX) or (_plain(item.name) and item.is_dir())
    }
    return tuple(sorted(found - {"__pycache__"}))


def all_entries(dotted: str = "") -> tuple[str, ...]:
    """Return the dotted paths of every file below ``dotted``, sorted."""
    if dotted and read(dotted) is not None:
        return (dotted,)
    prefix = f"{dotted}." if dotted else ""
    return tuple(path for name in names(dotted) for path in all_entries(prefix + name))


def _plain(dotted: str) -> bool:
    """Return whether every step of ``dotted`` is a name, so that no path leaves the package."""
    return all(step.isidentifier() for step in dotted.split("."))


def _folder(dotted: str) -> "Traversable | None":
    from importlib.resources import files  # takes its time, and a right import never lists names

    folder = files("inferc.stdlib")
    if not dotted:
        return folder
    if not _plain(dotted):
        return None
    for step in dotted.split("."):
        folder = folder.joinpath(step)
    return folder if folder.is_dir() else None
