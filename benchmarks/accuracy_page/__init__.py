"""The accuracy page: what was compared, how far off the predictions are, and where they are worst.

``study`` makes the predictions and keeps them; ``page`` renders what is kept.
"""

from accuracy_page.page import render
from accuracy_page.study import (
    WAYS,
    Study,
    calibrated,
    plain,
    predicted,
    read_tables,
    shipped,
    study_of,
    with_residuals,
)

__all__ = [
    "WAYS",
    "Study",
    "calibrated",
    "plain",
    "predicted",
    "read_tables",
    "render",
    "shipped",
    "study_of",
    "with_residuals",
]
