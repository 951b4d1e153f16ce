"""The files of the standard library, by dotted path: ``catalog.gpu.nvidia.l4``.

The path in the tree of files is the index: ``std.X.Y`` is ``X/Y.infer`` in this package, and there
is no list to keep in step with it.
"""

from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
"""A wheel is unpacked where it is installed; importlib.resources would load zipfile to say so."""

SUFFIX: Final = ".infer"


@cache
def read(dotted: str) -> str | None:
    """Return the text of the file at ``dotted``, written without ``std.``, or None."""
    if not _plain(dotted):
        return None
    file = FOLDER / f"{dotted.replace('.', '/')}{SUFFIX}"
    return file.read_text(encoding="utf-8") if file.is_file() else None


@cache
def names(dotted: str = "") -> tuple[str, ...]:
    """Return the names of files and folders below ``dotted``, sorted; empty for a file."""
    if dotted and not _plain(dotted):
        return ()
    folder = FOLDER / dotted.replace(".", "/")
    if not folder.is_dir():
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
