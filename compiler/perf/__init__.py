"""The performance model: how fast, how much memory. Plain functions of floats."""

from inferc.compiler.perf.values import Configuration, Estimate, Memory

__all__ = ["Configuration", "Estimate", "Memory"]
