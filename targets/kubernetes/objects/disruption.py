"""What a drain may do to the replicas."""

from typing import TYPE_CHECKING

from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version

if TYPE_CHECKING:
    from inferc.targets.base import Data


def budget(serving: Deployed) -> tuple[Manifest, ...]:
    """Return the rule that a drain takes one replica at a time, each with all of its pods.

    For a single replica there is none: a budget would either do nothing or block every drain.
    """
    most = serving.max_replicas if serving.scaler else serving.replicas
    if most == 1 and serving.workload_kind != "DisaggregatedSet":
        return ()
    spec: dict[str, Data] = {
        "maxUnavailable": 1,
        # A replica that cannot start must not keep its node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": serving.replica_selector},
    }
    manifest = Manifest(
        api_version=api_version("PodDisruptionBudget"),
        kind="PodDisruptionBudget",
        name=serving.name,
        namespace=serving.namespace,
        concern="disruption",
        labels=serving.labels,
        body={"spec": spec},
    )
    return (manifest,)
