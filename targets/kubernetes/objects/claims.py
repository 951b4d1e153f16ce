"""Dynamic resource allocation: accelerators by claim, in place of a counted resource."""

from collections.abc import Iterator
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version

CLAIM: Final = "accelerators"
DEVICE_CLASS: Final = "gpu.nvidia.com"
"""Of a whole accelerator. Source: GPU operator 26.7, ``manifests/state-dra-driver``."""


def template_name(serving: Deployed, role: str = "") -> str:
    """Return the name of the template that each pod's claim is made from."""
    return serving.named(*(part for part in (role, CLAIM) if part))


def claim_template(serving: Deployed, role: str = "") -> Iterator[Manifest]:
    """Yield the template of the claims, where accelerators are claimed.

    There is no constraint on how they are joined: those of one board hang on different roots of
    PCIe, and a claim that wants one root for several waits for ever.
    """
    if not serving.claims:
        return
    exactly: dict[str, Data] = {
        "deviceClassName": DEVICE_CLASS,
        "allocationMode": "ExactCount",
        "count": serving.gpus,
    }
    devices: dict[str, Data] = {"requests": [{"name": "gpu", "exactly": exactly}]}
    yield Manifest(
        api_version=api_version("ResourceClaimTemplate"),
        kind="ResourceClaimTemplate",
        name=template_name(serving, role),
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        body={"spec": {"spec": {"devices": devices}}},
    )


def of_pod(serving: Deployed, role: str = "") -> dict[str, Data]:
    """Return the claim of a pod, where accelerators are claimed."""
    if not serving.claims:
        return {}
    claim: dict[str, Data] = {
        "name": CLAIM,
        "resourceClaimTemplateName": template_name(serving, role),
    }
    return {"resourceClaims": [claim]}


def of_container(serving: Deployed) -> dict[str, Data]:
    """Return what a container uses of the pod's claims."""
    return {"claims": [{"name": CLAIM}]} if serving.claims else {}
