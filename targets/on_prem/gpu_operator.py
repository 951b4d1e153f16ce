"""The GPU operator of a cluster of one's own: values for its chart, and the images that it runs."""

from collections.abc import Iterator
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.pods import mirrored

VERSION: Final = "v26.7.0"

IMAGES: Final = (
    (("operator",), "nvcr.io/nvidia", "gpu-operator", VERSION),
    (("validator",), "nvcr.io/nvidia", "gpu-operator", VERSION),
    (("driver", "manager"), "nvcr.io/nvidia/cloud-native", "k8s-driver-manager", "v0.12.0"),
    (("toolkit",), "nvcr.io/nvidia/k8s", "container-toolkit", "v1.20.0"),
    (("devicePlugin",), "nvcr.io/nvidia", "k8s-device-plugin", "v0.20.0"),
    (("gfd",), "nvcr.io/nvidia", "k8s-device-plugin", "v0.20.0"),
    (("dcgmExporter",), "nvcr.io/nvidia/k8s", "dcgm-exporter", "4.6.0-4.8.3-distroless"),
    (("migManager",), "nvcr.io/nvidia/cloud-native", "k8s-mig-manager", "v0.15.0"),
)
"""Path in the values, repository, image and version of what runs on nodes for containers.

Source: ``deployments/gpu-operator/values.yaml`` of the GPU operator 26.7.0.
"""
DRIVER: Final = ("nvcr.io/nvidia", "driver", "595.91.07")
"""The chart puts the nodes' operating system behind its version: ``595.91.07-ubuntu24.04``."""


def values(release_label: str, registry: str, *, driver: bool) -> dict[str, Data]:
    """Return the values: nothing of virtual machines, metrics for Prometheus, own registry."""
    found: dict[str, Data] = {
        "driver": {"enabled": driver},
        "sandboxWorkloads": {"enabled": False},
        "dcgmExporter": {
            "serviceMonitor": {
                "enabled": True,
                "additionalLabels": {"release": release_label},
            }
        },
    }
    if not registry:
        return found
    for path, repository, _, _ in IMAGES:
        _set(found, (*path, "repository"), mirrored(repository, registry))
    if driver:
        _set(found, ("driver", "repository"), mirrored(DRIVER[0], registry))
    return found


def images(*, driver: bool) -> Iterator[str]:
    """Yield the images that do not depend on the nodes."""
    for path, repository, image, version in IMAGES:
        if path[0] != "driver" or driver:
            yield f"{repository}/{image}:{version}"


def _set(found: dict[str, Data], path: tuple[str, ...], value: str) -> None:
    first, *rest = path
    if not rest:
        found[first] = value
        return
    inner = found.get(first)
    below: dict[str, Data] = dict(inner) if isinstance(inner, dict) else {}
    _set(below, tuple(rest), value)
    found[first] = below
