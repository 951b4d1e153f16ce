"""The diagram target: the topology as SVG, DOT and Mermaid."""

from inferc.targets.diagram.target import DiagramTarget

TARGET = DiagramTarget()

__all__ = ["TARGET", "DiagramTarget"]
