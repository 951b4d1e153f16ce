"""What to do with the emitted files, and what the cluster must have first."""

from collections.abc import Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.kubernetes.objects.serving import Serving, gibibytes
from inferc.targets.kubernetes.objects.settings import DEFAULTS
from inferc.targets.render import render

MEANINGS = {
    "access_mode": "as few nodes as will do may mount the volume of weights",
    "gateway_namespace": "only pods of this namespace may call the services",
    "image_registry": "images come from the registries that their makers use",
    "prometheus": "the autoscaler asks this address",
    "release_label": "Prometheus selects PodMonitors by the label `release` with this value",
    "storage_class": "volumes are of the cluster's default class",
}
"""What follows where nobody states a setting of the cluster."""

Row = Mapping[str, object]
"""The values of one line of a table."""


def readme(
    topology: Topology,
    servings: Sequence[Serving],
    *,
    adapter_file: str,
    cluster_kinds: Sequence[str] = (),
) -> str:
    """Return the README of the output; ``adapter_file`` is empty where none is emitted.

    ``cluster_kinds`` are the kinds of objects that belong to the whole cluster.
    """
    values = {
        "topology": topology.name,
        "digest": topology.digest,
        "namespace": servings[0].namespace,
        "services": [_service(one) for one in servings],
        "components": components(servings),
        "secrets": secrets(servings),
        "pools": _pools(servings),
        "assumed": _assumed(servings),
        "adapter_file": adapter_file,
        "cluster_objects": ", ".join(cluster_kinds),
    }
    return render("kubernetes/README.md", values)


def _service(one: Serving) -> Row:
    return {
        "name": one.name,
        "model": one.plan.service.model_name,
        "replicas": f"{one.min_replicas} to {one.max_replicas}" if one.scaler else one.replicas,
        "gpus": one.replica_gpus,
        "status": _status(one),
        "rollout": _rollout(one),
        "volume": gibibytes(one.storage_gib),
    }


def _status(one: Serving) -> str:
    """Return the command that waits until everything runs."""
    if one.is_group:
        what = f"wait --for=condition=Available leaderworkerset/{one.workload_name}"
    else:
        what = f"rollout status deployment/{one.workload_name}"
    return f"kubectl -n {one.namespace} {what} --timeout={one.progress_s}s"


def _rollout(one: Serving) -> str:
    """Return how a rollout replaces the replicas."""
    if one.can_surge:
        return "surge"
    return "one by one" if one.max_replicas > 1 else "interruption"


def _pools(servings: Sequence[Serving]) -> list[Row]:
    places = {serving.place.path: serving.place for serving in servings}
    rows: list[Row] = []
    for path, place in sorted(places.items()):
        labels = (f"{name}={value}" for name, value in node_labels(place).items())
        rows.append(
            {
                "path": path,
                "nodes": int(place.nodes.value),
                "accelerators": f"{place.per_node} x {place.accelerator.title}",
                "label": ",".join(labels),
            }
        )
    return rows


def _assumed(servings: Sequence[Serving]) -> list[Row]:
    """Return the settings that nobody stated: the first thing to look at when it does not work."""
    scaled = any(one.scaler == "keda" for one in servings)
    return [
        {"name": name, "value": DEFAULTS[name], "meaning": MEANINGS[name]}
        for name in servings[0].settings.assumed
        if scaled or name != "prometheus"
    ]
