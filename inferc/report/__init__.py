"""What the compiler found, told to people and to programs."""

from inferc.report.explain import explain_path, known_paths, suggest
from inferc.report.plan_json import render_json as render_plan_json
from inferc.report.plan_text import render_plan
from inferc.report.refusal import ERROR
from inferc.report.refusal import render_json as render_refusal_json

__all__ = [
    "ERROR",
    "explain_path",
    "known_paths",
    "render_plan",
    "render_plan_json",
    "render_refusal_json",
    "suggest",
]
