"""The standard library seen from the compiler: entries are parsed when a design names them."""

from inferc import stdlib
from inferc.dsl import Diagnostic, SourceFile, parse
from inferc.dsl.syntax import Module

CATALOG = "catalog"
"""The dotted path of the catalog below ``std``."""


class Library:
    """The files shipped with the compiler, by dotted path without ``std``.

    A file is parsed at most once, and only if its path is asked for. The texts are part of the
    package, so that asking is as pure as reading a constant.
    """

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[Module, tuple[Diagnostic, ...]] | None] = {}

    def names(self, dotted: str) -> tuple[str, ...]:
        """Return the names below ``dotted``, sorted: folders and files."""
        return stdlib.names(dotted)

    def module(self, dotted: str) -> Module | None:
        """Return the parsed file at ``dotted``, or None where there is none."""
        if dotted not in self._parsed:
            text = stdlib.read(dotted)
            self._parsed[dotted] = None if text is None else self._parse(dotted, text)
        found = self._parsed[dotted]
        return found[0] if found else None

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with the files that were parsed; nothing in a sound release."""
        return tuple(item for found in self._parsed.values() if found for item in found[1])

    @staticmethod
    def _parse(dotted: str, text: str) -> tuple[Module, tuple[Diagnostic, ...]]:
        parsed = parse(SourceFile(f"std/{dotted.replace('.', '/')}.infer", text))
        return parsed.module, parsed.diagnostics
