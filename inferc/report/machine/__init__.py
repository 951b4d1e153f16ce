"""Diagnostics in the forms that other tools read: SARIF, GitHub's workflow commands, JUnit."""

from collections.abc import Sequence
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
    cases: "Sequence[Case]" = (),
) -> str:
    """Return ``diagnostics`` in one of :data:`FORMS`.

    JUnit reports what passed as well: ``files``, those that were looked at, and ``cases``.
    """
    match form:
        case "sarif":
            from inferc.report.machine.sarif import to_sarif

            return to_sarif(diagnostics)
        case "github":
            from inferc.report.machine.github import to_github

            return to_github(diagnostics)
        case "junit":
            from inferc.report.machine.junit import to_junit

            return to_junit(diagnostics, files, cases)
        case _:
            raise ValueError(form)
