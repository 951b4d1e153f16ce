"""Diagnostics in the forms that other tools read: SARIF, GitHub's workflow commands, JUnit."""

from collections.abc import Sequence

from inferc.dsl import Diagnostic

FORMS = ("sarif", "github", "junit")

__all__ = ["FORMS", "render"]


def render(diagnostics: Sequence[Diagnostic], form: str, *, files: Sequence[str] = ()) -> str:
    """Return ``diagnostics`` in one of :data:`FORMS`; ``files`` are those that were looked at.

    JUnit reports a file without findings as a passed test, so that it must know of it.
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

            return to_junit(diagnostics, files)
        case _:
            raise ValueError(form)
