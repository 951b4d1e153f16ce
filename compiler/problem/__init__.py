"""The serving problem: a service in plain floats, and the numbers nobody is sure of."""

from inferc.compiler.problem.build import build
from inferc.compiler.problem.case import Case, Problem, Quantity, Unknown, asked_per_s, spike_s

__all__ = ["Case", "Problem", "Quantity", "Unknown", "asked_per_s", "build", "spike_s"]
