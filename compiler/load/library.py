"""The standard library seen from the compiler: entries are parsed when a design names them."""

from collections.abc import Mapping
from functools import cache

from inferc import stdlib
from inferc.dsl import Diagnostic, SourceFile, parse
from inferc.dsl.syntax import Module

CATALOG = "catalog"
"""The dotted path of the catalog below ``std``."""


class Library:
    """The files shipped with the compiler, by dotted path without ``std``.

    Only files whose paths are asked for are parsed. The texts are part of the package, so that
    asking is as pure as reading a constant.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[Diagnostic, ...]] = {}

    def names(self, dotted: str) -> tuple[str, ...]:
        """Return the names below ``dotted``, sorted: folders and files."""
        return stdlib.names(dotted)

    def module(self, dotted: str) -> Module | None:
        """Return the parsed file at ``dotted``, or None where there is none."""
        found = _parsed(dotted)
        if found is None:
            return None
        self._found[dotted] = found[1]
        return found[0]

    def texts(self) -> Mapping[str, str]:
        """Return the texts asked for so far, by dotted path."""
        found = {dotted: stdlib.read(dotted) for dotted in sorted(self._found)}
        return {dotted: text for dotted, text in found.items() if text is not None}

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the files asked for so far; nothing in a sound release."""
        return tuple(item for found in self._found.values() for item in found)


@cache
def _parsed(dotted: str) -> tuple[Module, tuple[Diagnostic, ...]] | None:
    text = stdlib.read(dotted)
    if text is None:
        return None
    parsed = parse(SourceFile(f"std/{dotted.replace('.', '/')}.infer", text))
    return parsed.module, parsed.diagnostics
