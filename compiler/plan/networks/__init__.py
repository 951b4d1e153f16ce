"""Plans of networks: models that answer an item in a fixed number of passes."""

from inferc.compiler.plan.networks.build import NetworkOutcome, build_networks
from inferc.compiler.plan.networks.values import (
    NetworkConfiguration,
    NetworkEstimate,
    NetworkPlan,
)

__all__ = [
    "NetworkConfiguration",
    "NetworkEstimate",
    "NetworkOutcome",
    "NetworkPlan",
    "build_networks",
]
