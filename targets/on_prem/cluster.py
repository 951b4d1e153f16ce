"""Several machines: the Kubernetes tree, and what a cluster of one's own lacks besides."""

from inferc.compiler.topology import Topology
from inferc.dsl import Span
from inferc.targets import registry
from inferc.targets.base import Emitted, Options
from inferc.targets.on_prem.options import Choices, for_kubernetes


def emit(topology: Topology, choices: Choices, options: Options, span: Span | None) -> Emitted:
    """Return the files for a cluster of one's own."""
    del choices, span
    return registry.load("kubernetes").emit(topology, for_kubernetes(options))
