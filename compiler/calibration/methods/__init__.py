"""What sources of measurements publish about how they measure: one rule for each, with where.

A rule is keyed on the source's name, never on a row: what it says holds for all rows of that source
under the conditions that it names.
"""

from inferc.compiler.calibration.methods.rules import source_of
from inferc.compiler.calibration.methods.source import Setting, Source

__all__ = ["Setting", "Source", "source_of"]
