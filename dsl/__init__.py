"""The language: text to syntax tree. Knows nothing of GPUs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from inferc.dsl.diagnostics import Diagnostic, Edit, Fix, Label, Severity, has_errors
from inferc.dsl.source import SourceFile, Span

if TYPE_CHECKING:
    from inferc.dsl.front import Parsed
    from inferc.dsl.json_form import Json
    from inferc.dsl.syntax import Module

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "SourceFile",
    "Span",
    "as_json",
    "format_module",
    "has_errors",
    "parse",
    "render_diagnostics",
    "to_json",
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


def render_diagnostics(diagnostics: Iterable[Diagnostic], *, color: bool, width: int = 100) -> str:
    """Return ``diagnostics`` as text for people, with the lines they are about."""
    from inferc.dsl.render import render

    return render(diagnostics, color=color, width=width)


def as_json(diagnostic: Diagnostic) -> "dict[str, Json]":
    """Return ``diagnostic`` as plain values for programs."""
    from inferc.dsl.json_form import as_json as as_plain

    return as_plain(diagnostic)


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return ``diagnostics`` as a JSON text for programs, with its ``format_version``."""
    from inferc.dsl.json_form import to_json as to_text

    return to_text(diagnostics)
