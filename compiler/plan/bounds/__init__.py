"""Statements that no software can beat, each with arithmetic that anybody can follow."""

from inferc.compiler.plan.bounds.build import Refused, all_bounds, refused, violated

__all__ = ["Refused", "all_bounds", "refused", "violated"]
