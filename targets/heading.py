"""The comments that every generated file of a topology begins with."""

from inferc.compiler.topology import Topology
from inferc.targets import to_yaml


def heading(topology: Topology, title: str) -> str:
    """Return what a file is, which plan it is of, and where to change it."""
    return to_yaml.comment(
        (
            f"{title}.",
            f"Topology {topology.name}, plan {topology.digest}.",
            "Generated: change the .infer file, or patch this one from an overlay of your own.",
        )
    )
