"""Values of the charts of llm-d: the plan as a model service, and the picker before it.

The model service takes whole parts of a pod in ``extraConfig``, of which it makes templates, as of
environment and ports. Its own volume, command and routing sidecar are turned off: the pod is that
of the Kubernetes target.

Source: llm-d-modelservice 0.4.12 and llm-d-router 0.10.0, values.yaml and templates.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from inferc.targets.base import Data
from inferc.targets.charts import untemplated
from inferc.targets.kubernetes.objects import Layout, storage
from inferc.targets.kubernetes.objects.deployed import deployed_name, gibibytes
from inferc.targets.kubernetes.objects.edge import picker
from inferc.targets.kubernetes.objects.engine_pod import template
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.variants import pod_labels
from inferc.targets.versions import ENDPOINT_PICKER_IMAGE

FULLNAME_LIMIT: Final = 55
"""The chart cuts off what is longer. Source: its ``fullname``."""
ROUTER_LIMIT: Final = 40
DECODE: Final = "-decode"
MARK: Final = {"llm-d.ai/inference-serving": "true"}
"""The label that the chart gives its pods unless told otherwise."""

IN_VALUES: Final = frozenset(
    {"name", "image", "command", "args", "env", "ports", "resources", "volumeMounts"}
)
"""Fields of a container that the chart has a key for; the others go into ``extraConfig``."""
POD_IN_VALUES: Final = frozenset(
    {
        "containers",
        "enableServiceLinks",
        "initContainers",
        "nodeSelector",
        "serviceAccountName",
        "terminationGracePeriodSeconds",
        "tolerations",
        "volumes",
    }
)
"""Fields of a pod that the chart has a key for."""
ACCELERATORS: Final = {"nvidia": "nvidia", "amd": "amd"}
"""By vendor, as the chart calls it."""
SCORERS: Final = {"vllm": "vllm", "sglang": "sglang"}
"""By engine: what the router chart calls the servers."""


def fullname(serving: Serving) -> str:
    """Return what the chart calls what it makes."""
    return dns_label(deployed_name(serving.plan.service), limit=FULLNAME_LIMIT)


def deployment(serving: Serving) -> str:
    """Return the name of the Deployment that the chart makes."""
    return fullname(serving) + DECODE


def router_release(serving: Serving) -> str:
    """Return the name of the router's release, which the chart cuts off after forty characters."""
    return dns_label(deployed_name(serving.plan.service), "router", limit=ROUTER_LIMIT)


def picker_labels(serving: Serving) -> dict[str, str]:
    """Return the labels of the picker's pods. Source: ``selectorLabels`` of the router's chart."""
    return {"llm-d-router-gateway": f"{router_release(serving)}-epp"}


def labels(serving: Serving) -> dict[str, str]:
    """Return the labels of the pods."""
    return {**MARK, **pod_labels(serving)}


def modelservice(serving: Serving, release: Release) -> dict[str, Data]:
    """Return the values of one model service."""
    return {
        "fullnameOverride": fullname(serving),
        "serviceAccountOverride": serving.name,
        "multinode": False,
        "accelerator": {"type": ACCELERATORS[serving.place.accelerator.vendor]},
        "modelArtifacts": {
            "name": serving.plan.service.model_name,
            "uri": _uri(serving),
            "labels": labels(serving),
        },
        "routing": {"servicePort": serving.engine.port, "proxy": {"enabled": False}},
        "decode": _decode(serving, release),
        "prefill": {"create": False},
    }


def _uri(serving: Serving) -> str:
    folder = storage.directory(serving).removeprefix(f"{storage.MOUNT}/")
    return f"pvc://{storage.claim_name(serving)}/{folder}"


def _decode(serving: Serving, release: Release) -> dict[str, Data]:
    planned = template(serving, release)["spec"]
    pod = dict(planned) if isinstance(planned, Mapping) else {}
    pod.pop("topologySpreadConstraints", None)
    extra = {key: value for key, value in pod.items() if key not in POD_IN_VALUES}
    kept = POD_IN_VALUES - {"containers", "serviceAccountName"}
    return {
        "create": True,
        "autoscaling": {"enabled": bool(serving.scaler)},
        # Not every template of the chart leaves it to the autoscaler: then an upgrade sets it back.
        "replicas": serving.replicas,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": _rollout(serving)},
        # The chart works the accelerators of a pod out of this.
        "parallelism": {"tensor": serving.gpus, "data": 1, "dataLocal": 1, "workers": 1},
        **{key: pod[key] for key in sorted(kept) if key in pod},
        "extraConfig": untemplated(extra),
        "containers": [_container(row) for row in _rows(pod.get("containers"))],
        "monitoring": {"podmonitor": {"enabled": False}},
    }


def _container(container: Mapping[str, Data]) -> dict[str, Data]:
    stated = {key: container[key] for key in sorted(IN_VALUES) if key in container}
    templated: dict[str, Data] = {
        key: untemplated(stated[key]) for key in ("env", "ports") if key in stated
    }
    extra = {key: value for key, value in container.items() if key not in IN_VALUES}
    return {
        **stated,
        **templated,
        "modelCommand": "custom",
        "mountModelVolume": False,
        "extraConfig": untemplated(extra),
    }


def _rollout(serving: Serving) -> dict[str, Data]:
    if serving.can_surge:
        return {"maxSurge": 1, "maxUnavailable": 0}
    return {"maxSurge": 0, "maxUnavailable": 1}


def _rows(value: Data) -> tuple[Mapping[str, Data], ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(row for row in value if isinstance(row, Mapping))


def router(layout: Layout, serving: Serving, own: Mapping[str, str]) -> dict[str, Data]:
    """Return the values of the endpoint picker of one service."""
    name, _, tag = ENDPOINT_PICKER_IMAGE.rpartition(":")
    host, _, repository = name.rpartition("/")
    memory = picker.memory_gib(serving)
    route: dict[str, Data] = {"create": bool(own["gateway"])}
    if own["gateway"]:
        route["inferenceGatewayName"] = own["gateway"]
    secret = serving.pull_secret
    return {
        "router": {
            **({"imagePullSecrets": [{"name": secret}]} if secret else {}),
            "modelServers": {
                "type": SCORERS[serving.engine.name],
                "protocol": "http",
                "targetPorts": [{"number": serving.engine.port}],
                "matchLabels": labels(serving),
            },
            "inferencePool": {"create": True, "failureMode": "FailOpen"},
            "epp": {
                "replicas": 1,
                "image": {
                    "registry": layout.settings["image_registry"].rstrip("/") or host,
                    "repository": repository,
                    "tag": tag,
                    "pullPolicy": "IfNotPresent",
                },
                # Of the chart's own accord it asks for eight cores.
                "resources": {
                    "requests": {
                        "cpu": str(picker.cpus(serving)),
                        "memory": gibibytes(memory),
                    },
                    "limits": {"memory": gibibytes(memory * picker.LIMIT_OVER_REQUEST)},
                },
            },
            "monitoring": {
                "prometheus": {
                    "enabled": True,
                    "extraLabels": {"release": layout.settings["release_label"]},
                }
            },
        },
        "provider": {"name": own["provider"]},
        "httpRoute": route,
    }
