"""The engine: a Deployment, or a LeaderWorkerSet for replicas on several nodes; its address."""

from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.deployed import PORT_NAME, Deployed
from inferc.targets.kubernetes.objects.engine_pod import Member, template
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.queue import queue_label
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import Serving

SERVICE_PORT: Final = 80

EXCLUSIVE: Final = "leaderworkerset.sigs.k8s.io/exclusive-topology"
"""The annotation that gives each group a domain of its own, such as a rack."""


def account(serving: Deployed) -> Manifest:
    """Return an account that may do nothing."""
    return Manifest(
        api_version=api_version("ServiceAccount"),
        kind="ServiceAccount",
        name=serving.name,
        namespace=serving.namespace,
        concern="namespace",
        labels=serving.labels,
        body={"automountServiceAccountToken": False},
    )


def service(serving: Deployed) -> Manifest:
    """Return the address that a gateway sends to: each replica, by its leader if it is a group."""
    port: dict[str, Data] = {
        "name": PORT_NAME,
        "port": SERVICE_PORT,
        "targetPort": PORT_NAME,
        "protocol": "TCP",
    }
    return Manifest(
        api_version=api_version("Service"),
        kind="Service",
        name=serving.name,
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        body={"spec": {"selector": serving.selector, "ports": [port]}},
    )


def replicas(serving: Serving, release: Release) -> Manifest:
    """Return the replicas. Their number is left out where something scales them."""
    if serving.is_group:
        return _groups(serving, release)
    return deployment(serving, template(serving, release))


def deployment(serving: Deployed, pod: dict[str, Data]) -> Manifest:
    """Return replicas of one pod each, by the template ``pod``."""
    spec: dict[str, Data] = {
        **_number(serving),
        "revisionHistoryLimit": 5,
        "progressDeadlineSeconds": serving.progress_s,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": rollout(serving)},
        "selector": {"matchLabels": serving.selector},
        "template": pod,
    }
    return _workload(serving, spec)


def _groups(serving: Serving, release: Release) -> Manifest:
    """Return replicas of several pods each: one that leads, and its workers on other nodes."""
    group: dict[str, Data] = {
        "size": serving.pods_per_replica,
        # Without one of its pods a group can answer nothing, and none can join it later.
        "restartPolicy": "RecreateGroupOnPodRestart",
        "leaderTemplate": template(serving, release, Member.LEADER),
        "workerTemplate": template(serving, release, Member.WORKER),
    }
    spec: dict[str, Data] = {
        **_number(serving),
        "startupPolicy": "LeaderCreated",
        "networkConfig": {"subdomainPolicy": "Shared"},
        "rolloutStrategy": {
            "type": "RollingUpdate",
            "rollingUpdateConfiguration": rollout(serving),
        },
        "leaderWorkerTemplate": group,
    }
    domain = serving.choices.exclusive_topology
    return _workload(serving, spec, {EXCLUSIVE: domain} if domain else {})


def _workload(
    serving: Deployed, spec: dict[str, Data], annotations: dict[str, str] | None = None
) -> Manifest:
    kind = serving.workload_kind
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=serving.workload_name,
        namespace=serving.namespace,
        concern="workload",
        labels={**serving.labels, **queue_label(serving)},
        annotations={**annotations_of(serving), **(annotations or {})},
        body={"spec": spec},
    )


def _number(serving: Deployed) -> dict[str, Data]:
    return {} if serving.scaler else {"replicas": serving.replicas}


def rollout(serving: Deployed) -> dict[str, Data]:
    """Return how replicas are replaced: first the new one only where there is room for it."""
    if serving.can_surge:
        return {"maxSurge": 1, "maxUnavailable": 0}
    return {"maxSurge": 0, "maxUnavailable": 1}


def annotations_of(serving: Deployed) -> dict[str, str]:
    """Return what the object was made from; on the pods it would restart them."""
    lines = (objective.span.text for objective in serving.plan.service.objectives)
    sla = ", ".join(" ".join(line.split()) for line in lines if line.strip())
    notes = {"inferc.dev/plan-digest": serving.topology.digest}
    return {**notes, "inferc.dev/sla": sla} if sla else notes
