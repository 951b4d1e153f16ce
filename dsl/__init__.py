"""The language: text to syntax tree. Knows nothing of GPUs."""

from typing import TYPE_CHECKING

from inferc.dsl.diagnostics import Diagnostic, Edit, Fix, Label, Severity, has_errors
from inferc.dsl.source import SourceFile, Span

if TYPE_CHECKING:
    from inferc.dsl.front import Parsed
    from inferc.dsl.syntax import Module

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "SourceFile",
    "Span",
    "format_module",
    "has_errors",
    "parse",
]


def parse(source: SourceFile) -> "Parsed":
    """Return the syntax tree of ``source`` and everything wrong with its text.

    The parser is loaded with the first call.
    """
    from inferc.dsl.front import parse as parse_source

    return parse_source(source)


def format_module(module: "Module") -> str:
    """Return the text of ``module`` in the one style; only for texts without syntax errors."""
    from inferc.dsl.format import format_module as format_parsed

    return format_parsed(module)
