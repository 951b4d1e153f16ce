"""The nodes of a pool as Kubernetes knows them: labels that find them, taints that keep others off.

Managed Kubernetes labels each node with its type of machine, and some clouds taint those of their
spot market.

Source: Kubernetes, well-known labels; Azure AKS, spot node pools; Google GKE, Spot VMs; Oracle OKE,
preemptible capacity. Amazon EKS taints none.
"""

from collections.abc import Mapping

from inferc.compiler.model import Place

PRODUCT = "nvidia.com/gpu.product"
TYPE = "node.kubernetes.io/instance-type"
MANAGED = frozenset({"aws", "azure", "digitalocean", "gcp", "oci"})
"""Clouds whose managed Kubernetes labels nodes with the type that the catalog has."""

SPOT_TAINTS: Mapping[str, tuple[str, str]] = {
    "azure": ("kubernetes.azure.com/scalesetpriority", "spot"),
    "gcp": ("cloud.google.com/gke-spot", "true"),
    "oci": ("oci.oraclecloud.com/oke-is-preemptible", "present"),
}
"""By cloud: key and value of the taint of nodes that may be taken away."""


def node_labels(place: Place) -> Mapping[str, str]:
    """Return the labels that the nodes of ``place`` have and others have not.

    The type of a machine says which accelerators it has. A node gets the label of its accelerator
    only once it is there, and what makes nodes on demand makes none for pods that ask for that.

    Source: kubernetes-sigs/karpenter, issue 1219; Cluster Autoscaler, on scaling up from 0 nodes.
    """
    if place.instance_type and place.cloud in MANAGED:
        return {TYPE: place.instance_type}
    product = place.accelerator.product_label
    return {PRODUCT: product} if product else {}


def spot_taint(place: Place) -> tuple[str, str] | None:
    """Return key and value of the taint that the nodes of ``place`` have on their market."""
    return SPOT_TAINTS.get(place.cloud) if place.market == "spot" else None
