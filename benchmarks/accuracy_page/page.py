"""The whole page."""

from accuracy_page import against, goals, method, rows, slices
from accuracy_page.study import Study


def render(study: Study) -> str:
    """Return the page of a study, as Markdown."""
    parts = (
        "# Accuracy",
        "<!-- Made by benchmarks/accuracy.py: change it there. -->",
        goals.opening(study),
        "## Reached, and to reach",
        goals.reached(study),
        "## What was compared",
        rows.compared(study),
        "## Each load and statistic apart",
        goals.loads(study),
        "## Beside another tool",
        against.peer(study),
        "## Choosing under a limit",
        goals.choosing(study),
        "## Worse than 30 %",
        slices.misses(study),
        "## Intervals",
        slices.intervals(study),
        "## Slice by slice",
        slices.everything(study),
        "## What was fitted",
        method.coefficients(study.calibration),
        "## Method",
        method.method(study.folds),
        "## Run it again",
        method.AGAIN,
    )
    return "\n\n".join(parts) + "\n"
