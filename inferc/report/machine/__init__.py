"""Diagnostics in the forms that other tools read: SARIF, GitHub's workflow commands, JUnit."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inferc.dsl import Diagnostic

if TYPE_CHECKING:
    from inferc.report.machine.junit import Case

FORMS = ("sarif", "github", "junit")

__all__ = ["FORMS", "render"]


def render(
    diagnostics: Sequence[Diagnostic],
    form: str,
    *,
    files: Sequence[str] = (),
    asked: Sequence[str] = (),
    cases: "Sequence[Case]" = (),
) -> str:
    """Return ``diagnostics`` in one of :data:`FORMS`.

    JUnit reports what passed as well: ``files``, those that were looked at, and ``cases``.
    SARIF has a place for each finding: what is about no place is about the first of ``asked``.
    A value of ``-p`` is no place in a file.
    """
    diagnostics = [
        replace(item, span=None) if item.span and item.span.source.path == "-p" else item
        for item in diagnostics
    ]
    match form:
        case "sarif":
            from inferc.report.machine.sarif import to_sarif

            return to_sarif(diagnostics, asked)
        case "github":
            from inferc.report.machine.github import to_github

            return to_github(diagnostics)
        case "junit":
            from inferc.report.machine.junit import to_junit

            return to_junit(diagnostics, files, cases)
        case _:
            raise ValueError(form)
