"""The language: text to syntax tree. Knows nothing of GPUs."""

from inferc.dsl.diagnostics import Diagnostic, Edit, Fix, Label, Severity, has_errors
from inferc.dsl.source import SourceFile, Span

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "SourceFile",
    "Span",
    "has_errors",
]
