"""The design document: the plan in words, for people who build such systems."""

from inferc.targets.design_doc.target import TARGET

__all__ = ["TARGET"]
