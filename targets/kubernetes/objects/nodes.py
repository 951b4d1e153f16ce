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
    """Return the labels that the nodes of ``place`` have and others have not."""
    labels: dict[str, str] = {}
    if place.accelerator.product_label:
        labels[PRODUCT] = place.accelerator.product_label
    if place.instance_type and place.cloud in MANAGED:
        labels[TYPE] = place.instance_type
    return labels


def spot_taint(place: Place) -> tuple[str, str] | None:
    """Return key and value of the taint that the nodes of ``place`` have on their market."""
    return SPOT_TAINTS.get(place.cloud) if place.market == "spot" else None
