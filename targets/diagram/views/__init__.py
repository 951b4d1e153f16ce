"""The views: each makes one scene of a topology."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from inferc.compiler.topology import Topology
from inferc.targets.diagram.scene import Scene

VIEWS: Final[Mapping[str, str]] = {
    "topology": "everything at one glance: requests, services, replicas on their accelerators",
    "request": "the way of a request, with rates, SLA and autoscaling",
    "placement": "which accelerators of which node each replica has, and what is idle",
    "deployment": "what is applied where",
    "cost": "what each service and pool costs, and the share of a budget",
}
"""Every view, with what it shows; the name is that of its files."""


def scene_of(view: str, topology: Topology) -> Scene:
    """Return what ``view`` shows of ``topology``."""
    module = import_module(f"inferc.targets.diagram.views.{view}")
    scene: Scene = module.scene(topology)
    return scene
