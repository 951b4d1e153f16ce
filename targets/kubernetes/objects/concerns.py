"""What objects are about: the files that they are written to, in the order of application."""

from collections.abc import Mapping
from typing import Final

CLUSTER: Final = "cluster"
"""Of objects that belong to the whole cluster and may serve other topologies too; who owns the
cluster applies them, from an output of their own."""

FILES: Final[Mapping[str, str]] = {
    "namespace": "10-namespace.yaml",
    "queue": "15-queue.yaml",
    "network": "20-network.yaml",
    "storage": "30-storage.yaml",
    "workload": "40-workload.yaml",
    "scaling": "50-scaling.yaml",
    "disruption": "60-disruption.yaml",
    "monitoring": "70-monitoring.yaml",
    "rules": "80-rules.yaml",
    "edge": "90-edge.yaml",
    CLUSTER: "cluster/10-cluster.yaml",
}
"""By concern: the file. Fences come before pods, pods before what watches and reaches them."""

CONCERNS: Final = tuple(FILES)
"""The order in which objects are applied. The cluster's own are never beside the others."""

TITLES: Final[Mapping[str, str]] = {
    "namespace": "The namespace, and accounts that may do nothing",
    "queue": "Which quota admits the pods",
    "network": "Who may talk to whom",
    "storage": "Volumes of weights, and the Jobs that fill them",
    "workload": "The engines, and the addresses they answer at",
    "scaling": "How many replicas there are",
    "disruption": "What a drain may do to them",
    "monitoring": "What Prometheus scrapes",
    "rules": "What Prometheus works out and warns of, and what its figures look like",
    "edge": "How requests from outside get in",
    CLUSTER: "What belongs to the whole cluster, for those who own it",
}
"""By concern: what its file says at its head."""
