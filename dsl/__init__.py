"""The language: text to syntax tree. Knows nothing of GPUs."""

from typing import TYPE_CHECKING

from inferc.dsl.diagnostics import Diagnostic, Edit, Fix, Label, Severity, has_errors
from inferc.dsl.source import SourceFile, Span

if TYPE_CHECKING:
    from inferc.dsl.front import Parsed

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "SourceFile",
    "Span",
    "has_errors",
    "parse",
]


def parse(source: SourceFile) -> "Parsed":
    """Return the syntax tree of ``source`` and everything wrong with its text.

    The parser is loaded with the first call.
    """
    from inferc.dsl.front import parse as parse_source

    return parse_source(source)
