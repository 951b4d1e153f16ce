"""SARIF 2.1.0: what code scanners hand to GitHub, GitLab, Azure DevOps and editors.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0,
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from inferc import __version__
from inferc.compiler.topology import Json
from inferc.dsl import Diagnostic, Severity, Span
from inferc.dsl.diagnostics import Fix
from inferc.pages import find_page, summary

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
FIRST_LINE: Final = {"startLine": 1}
ROOT: Final = "SRCROOT"
"""What relative paths start from: whoever uploads the file says where that is."""


def to_sarif(diagnostics: Sequence[Diagnostic], asked: Sequence[str] = ()) -> str:
    """Return one run with a result for each diagnostic and a rule for each code.

    What is said of no place is said of the first of ``asked``: GitHub refuses a whole upload for a
    result without a location (https://github.com/github/codeql-action/issues/1738).
    """
    whole = asked[0] if asked else "."
    codes = sorted({(item.code, item.slug) for item in diagnostics})
    index = {code: place for place, (code, _) in enumerate(codes)}
    run: dict[str, Json] = {
        "tool": {
            "driver": {
                "name": "inferc",
                "version": __version__,
                "rules": [_rule(code, slug) for code, slug in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, index[item.code], whole) for item in diagnostics],
    }
    document = {"$schema": SCHEMA, "version": VERSION, "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str, slug: str) -> Mapping[str, Json]:
    page = find_page(code) or slug
    text = {"text": summary(page) or slug}
    return {
        "id": code,
        "name": _pascal(slug),
        "shortDescription": text,
        "fullDescription": text,
        "help": {"text": page, "markdown": page},
    }


def _result(item: Diagnostic, rule: int, whole: str) -> Mapping[str, Json]:
    result: dict[str, Json] = {
        "ruleId": item.code,
        "ruleIndex": rule,
        "level": LEVELS[item.severity],
        "message": {"text": "\n".join(_words(item))},
    }
    place = {"physicalLocation": {"artifactLocation": _artifact(whole), "region": FIRST_LINE}}
    result["locations"] = [_location(item.span, item.label) if item.span else place]
    if item.labels:
        result["relatedLocations"] = [_location(one.span, one.message) for one in item.labels]
    if item.fixes:
        result["fixes"] = [_fix(fix) for fix in item.fixes]
    return result


def _words(item: Diagnostic) -> Iterable[str]:
    yield item.message
    yield from item.notes
    if item.help:
        yield f"help: {item.help}"


def _location(span: Span, message: str) -> Mapping[str, Json]:
    place: dict[str, Json] = {
        "physicalLocation": {
            "artifactLocation": _artifact(span.source.path),
            "region": _region(span),
        }
    }
    return {**place, "message": {"text": message}} if message else place


def _artifact(name: str) -> Mapping[str, Json]:
    path = PurePath(name)
    uri = quote(os.fsencode(path.as_posix()))  # a name on a disk need be no text
    return {"uri": f"file://{uri}"} if path.is_absolute() else {"uri": uri, "uriBaseId": ROOT}


def _region(span: Span) -> Mapping[str, Json]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _fix(fix: Fix) -> Mapping[str, Json]:
    """Return a fix, its edits grouped by the file that they change."""
    files: dict[str, list[Json]] = {}
    artifacts = {edit.span.source.path: _artifact(edit.span.source.path) for edit in fix.edits}
    for edit in fix.edits:
        replacement: dict[str, Json] = {"deletedRegion": _region(edit.span)}
        if edit.text:
            replacement["insertedContent"] = {"text": edit.text}
        files.setdefault(edit.span.source.path, []).append(replacement)
    changes: list[Json] = [
        {"artifactLocation": artifacts[path], "replacements": found}
        for path, found in files.items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _pascal(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.split("-"))
