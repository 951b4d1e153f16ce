"""What the compiler found, told to people and to programs."""

from inferc.report.explain import explain_path, known_paths, suggest
from inferc.report.plan_text import render_plan
from inferc.report.refusal import ERROR

__all__ = [
    "ERROR",
    "explain_path",
    "known_paths",
    "render_plan",
    "suggest",
]
