"""Diagnostics for programs: plain values in a form that keeps its promises.

``format_version`` grows in its second part when something is added, which readers may ignore, and
in its first when something changes its meaning, which readers must refuse.
"""

import json
from collections.abc import Iterable
from typing import Final, TypeAlias

from inferc.dsl.diagnostics import Diagnostic, Fix
from inferc.dsl.render import in_order
from inferc.dsl.source import Span

FORMAT_VERSION: Final = "1.0"

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def as_json(diagnostic: Diagnostic) -> dict[str, Json]:
    """Return ``diagnostic`` as plain values. Lines and columns count from 1, offsets from 0."""
    return {
        "code": diagnostic.code,
        "slug": diagnostic.slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        **_place(diagnostic.span),
        "label": diagnostic.label,
        "labels": [{**_place(label.span), "message": label.message} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
    }


def as_json_all(diagnostics: Iterable[Diagnostic]) -> dict[str, Json]:
    """Return ``diagnostics``, sorted and each once, as one plain value with its version."""
    return {
        "format_version": FORMAT_VERSION,
        "diagnostics": [as_json(diagnostic) for diagnostic in in_order(diagnostics)],
    }


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return :func:`as_json_all` as text, the same for the same diagnostics."""
    return json.dumps(as_json_all(diagnostics), ensure_ascii=True, indent=2) + "\n"


def _fix(fix: Fix) -> dict[str, Json]:
    edits: list[Json] = [{**_place(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}


def _place(span: Span | None) -> dict[str, Json]:
    if span is None:
        return {"file": None, "start": None, "end": None}
    return {
        "file": span.source.path,
        "start": _position(span, span.start),
        "end": _position(span, span.end),
    }


def _position(span: Span, offset: int) -> dict[str, Json]:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}
