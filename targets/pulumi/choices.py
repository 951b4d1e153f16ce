"""The options of ``emit pulumi { … }``: those of the objects, and whose the cluster is."""

from collections.abc import Mapping
from typing import Final

from inferc.targets.base import Options
from inferc.targets.kubernetes.objects.settings import OPTIONS as OF_THE_OBJECTS

CLUSTER: Final = "cluster"
EXISTING: Final = "existing"
EKS: Final = "eks"
CLUSTERS: Final = (EXISTING, EKS)

OPTIONS: Final[Mapping[str, tuple[type, str]]] = {
    CLUSTER: (str, "`eks` for a cluster in AWS that the program makes; `existing`"),
    **OF_THE_OBJECTS,
}
"""Type, and meaning with the default."""


def makes_cluster(options: Options) -> bool:
    """Return whether the program is to make its own cluster."""
    return options.get(CLUSTER) == EKS


def of_the_objects(options: Options) -> Options:
    """Return the options that the objects of Kubernetes have, too."""
    return {name: value for name, value in options.items() if name != CLUSTER}
