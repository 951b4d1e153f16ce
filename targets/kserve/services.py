"""Services as objects of KServe: one for language models, or the general one with a container.

Both get the pod of the Kubernetes target, so that flags, probes, times and security are as planned
whatever KServe's own presets say. KServe fetches nothing: the weights lie on a volume already.

Source: KServe 0.20, ``workload_single_node.go``, ``workload_storage.go`` of LLMInferenceService,
``deployment_reconciler.go`` of InferenceService, and its CRDs.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import Manifest, scaling, storage
from inferc.targets.kubernetes.objects.engine_pod import template
from inferc.targets.kubernetes.objects.manifest import api_version
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.variants import Inner, pod_labels

LLM_KIND: Final = "LLMInferenceService"
CUSTOM_KIND: Final = "InferenceService"

MAIN: Final = "main"
"""The container that LLMInferenceService means."""
CUSTOM_MAIN: Final = "kserve-container"
"""The container that InferenceService means."""

MODE: Final = "serving.kserve.io/deploymentMode"
SCALER: Final = "serving.kserve.io/autoscalerClass"

PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe")


def llm(serving: Serving, release: Release) -> tuple[Manifest, Inner]:
    """Return an LLMInferenceService, and the pod that it becomes."""
    shape = serving.shape
    pod = _pod(serving, release, MAIN)
    parallelism: dict[str, Data] = {"tensor": shape.tensor_parallel}
    if shape.pipeline_parallel > 1:
        parallelism["pipeline"] = shape.pipeline_parallel
    spec: dict[str, Data] = {
        "model": {"uri": _uri(serving), "name": serving.plan.service.model_name},
        # The volume holds the weights; KServe would mount it a second time.
        "storageInitializer": {"enabled": False},
        "parallelism": parallelism,
        **_llm_replicas(serving),
        "labels": pod_labels(serving),
        "template": pod,
    }
    return _made(serving, LLM_KIND, {}, spec, pod)


def custom(serving: Serving, release: Release) -> tuple[Manifest, Inner]:
    """Return an InferenceService with the engine as its own container, and its pod."""
    pod = _pod(serving, release, CUSTOM_MAIN)
    annotations = {MODE: "Standard", SCALER: "keda" if serving.scaler else "none"}
    predictor: dict[str, Data] = {
        **_custom_replicas(serving),
        "deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": _rollout(serving)},
        "labels": pod_labels(serving),
        **pod,
    }
    return _made(serving, CUSTOM_KIND, annotations, {"predictor": predictor}, pod)


def _made(
    serving: Serving,
    kind: str,
    annotations: Mapping[str, str],
    spec: dict[str, Data],
    pod: Mapping[str, Data],
) -> tuple[Manifest, Inner]:
    manifest = Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=serving.name,
        namespace=serving.namespace,
        concern="workload",
        labels=serving.labels,
        annotations={**annotations, "inferc.dev/plan-digest": serving.topology.digest},
        body={"spec": spec},
    )
    return manifest, Inner(owner=manifest, spec=pod, labels=pod_labels(serving))


def _uri(serving: Serving) -> str:
    """Return where the weights lie, as KServe writes it: the claim, and the folder in it."""
    folder = storage.directory(serving).removeprefix(f"{storage.MOUNT}/")
    return f"pvc://{storage.claim_name(serving)}/{folder}"


def _pod(serving: Serving, release: Release, main: str) -> dict[str, Data]:
    """Return the pod of the Kubernetes target, its container under the name that KServe means."""
    spec = template(serving, release)["spec"]
    pod = dict(spec) if isinstance(spec, Mapping) else {}
    containers = pod.get("containers")
    rows = containers if isinstance(containers, Sequence) else ()
    pod["containers"] = [_renamed(row, main) for row in rows if isinstance(row, Mapping)]
    spread = pod.pop("topologySpreadConstraints", None)
    if isinstance(spread, Sequence):
        pod["topologySpreadConstraints"] = [
            {**row, "labelSelector": {"matchLabels": pod_labels(serving)}}
            for row in spread
            if isinstance(row, Mapping)
        ]
    return pod


def _renamed(container: Mapping[str, Data], main: str) -> dict[str, Data]:
    """Return the container under another name.

    A preset of KServe is merged into it, which may ask by HTTPS, and run as root: both are said.
    """
    security = container.get("securityContext")
    own: Mapping[str, Data] = security if isinstance(security, Mapping) else {}
    non_root: dict[str, Data] = {**own, "runAsNonRoot": True}
    made: dict[str, Data] = {**container, "name": main, "securityContext": non_root}
    for name in PROBES:
        probe = made.get(name)
        if isinstance(probe, Mapping) and isinstance(request := probe.get("httpGet"), Mapping):
            made[name] = {**probe, "httpGet": {**request, "scheme": "HTTP"}}
    return made


def _rollout(serving: Serving) -> dict[str, Data]:
    if serving.can_surge:
        return {"maxSurge": 1, "maxUnavailable": 0}
    return {"maxSurge": 0, "maxUnavailable": 1}


def _llm_replicas(serving: Serving) -> dict[str, Data]:
    """Return a number of replicas, or what scales them: KServe takes one of the two."""
    strategy: dict[str, Data] = {"rolloutStrategy": _rollout(serving)}
    if not serving.scaler:
        return {"replicas": serving.replicas, **strategy}
    planned = _scaled_object(serving)
    kept = ("pollingInterval", "fallback", "triggers")
    # A rule of the CRD reads the name, and fails where there is none; it must be empty.
    autoscaler: dict[str, Data] = {"name": "", "behavior": scaling.behavior(serving)}
    bounds: dict[str, Data] = {
        "minReplicas": serving.min_replicas,
        "maxReplicas": serving.max_replicas,
        "keda": {
            **{name: planned[name] for name in kept if name in planned},
            "advanced": {"horizontalPodAutoscalerConfig": autoscaler},
        },
    }
    return {"scaling": bounds, **strategy}


def _scaled_object(serving: Serving) -> Mapping[str, Data]:
    """Return what KEDA would be told of the Deployment."""
    (manifest,) = scaling.scaler(serving)
    spec = manifest.body["spec"]
    return spec if isinstance(spec, Mapping) else {}


def _custom_replicas(serving: Serving) -> dict[str, Data]:
    if not serving.scaler:
        return {"minReplicas": serving.replicas, "maxReplicas": serving.replicas}
    metric: dict[str, Data] = {
        "type": "External",
        "external": {
            "metric": {
                "backend": "prometheus",
                "serverAddress": serving.settings["prometheus"],
                "query": scaling.query(serving),
            },
            "target": {"type": "AverageValue", "averageValue": scaling.threshold(serving)},
        },
    }
    return {
        "minReplicas": least_replicas(serving),
        "maxReplicas": serving.max_replicas,
        "autoScaling": {"metrics": [metric], "behavior": scaling.behavior(serving)},
    }


def least_replicas(serving: Serving) -> int:
    """Return the fewest replicas where nothing knows hours: those of the busy ones, always."""
    schedule = serving.plan.autoscale.schedule
    busy = 0 if schedule is None else schedule.replicas
    return min(serving.max_replicas, max(serving.min_replicas, busy))
