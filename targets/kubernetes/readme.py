"""What to do with the emitted files, and what the cluster must have first."""

from collections.abc import Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.gateway_notes import gateway_rows, key_secrets, picker_rows
from inferc.targets.kubernetes.objects.deployed import Deployed, gibibytes
from inferc.targets.kubernetes.objects.hub import fetches
from inferc.targets.kubernetes.objects.network_serving import NetworkServing
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.settings import DEFAULTS
from inferc.targets.render import render

MEANINGS = {
    "access_mode": "as few nodes as will do may mount the volume of weights",
    "gateway_class": "this controller runs the gateways",
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
    networks: Sequence[NetworkServing] = (),
    configured: Sequence[Row] = (),
) -> str:
    """Return the README of the output; ``adapter_file`` is empty where none is emitted.

    ``cluster_kinds`` are the kinds of objects that belong to the whole cluster, and ``configured``
    the nodes whose accelerators those who own it cut up, or let take turns.
    """
    everyone: tuple[Deployed, ...] = (*servings, *networks)
    values = {
        "topology": topology.name,
        "digest": topology.digest,
        "namespace": everyone[0].namespace,
        "services": [_service(one) for one in everyone],
        "components": components(servings, networks),
        "secrets": secrets(everyone),
        "pools": _pools(everyone),
        "assumed": _assumed(everyone),
        "adapter_file": adapter_file,
        "gateways": gateway_rows(topology, everyone),
        "pickers": picker_rows(topology, everyone),
        "key_secrets": key_secrets(topology),
        "configured": configured,
        "downloads": bool(servings) and fetches(everyone[0].choices),
        "by_hand": bool(servings) and not fetches(everyone[0].choices),
        "files": [_file(one) for one in networks],
        "model_volume": everyone[0].choices.model_volume,
        "cluster_objects": ", ".join(cluster_kinds),
    }
    return render("kubernetes/README.md", values)


def _service(one: Deployed) -> Row:
    return {
        "name": one.name,
        "model": one.plan.service.model_name,
        "replicas": _replicas(one),
        "gpus": one.replica_gpus,
        "status": _status(one),
        "rollout": _rollout(one),
        "scaled": f"{one.workload_kind.lower()}/{one.workload_name}" if one.scaler else "",
        "volume": gibibytes(one.storage_gib) if isinstance(one, Serving) else "",
    }


def _replicas(one: Deployed) -> str:
    """Return how many replicas there are, of each kind."""
    if isinstance(one, Serving) and one.shape.prefill is not None:
        return f"{one.replicas}, and {one.shape.prefill.replicas} for prompts"
    return f"{one.min_replicas} to {one.max_replicas}" if one.scaler else str(one.replicas)


def _file(one: NetworkServing) -> str:
    """Return where a network's file must be on the volume of models."""
    return f"{one.name}/1/{one.format.file if one.format else ''}"


def _status(one: Deployed) -> str:
    """Return the command that waits until everything runs."""
    if one.workload_kind == "DisaggregatedSet":
        chosen = ",".join(f"{key}={value}" for key, value in one.replica_selector.items())
        what = f"wait --for=condition=Ready pod -l {chosen}"
    elif one.workload_kind == "LeaderWorkerSet":
        what = f"wait --for=condition=Available leaderworkerset/{one.workload_name}"
    else:
        what = f"rollout status deployment/{one.workload_name}"
    return f"kubectl -n {one.namespace} {what} --timeout={one.progress_s}s"


def _rollout(one: Deployed) -> str:
    """Return how a rollout replaces the replicas."""
    if one.can_surge:
        return "surge"
    return "one by one" if one.max_replicas > 1 else "interruption"


def _pools(servings: Sequence[Deployed]) -> list[Row]:
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


def _assumed(servings: Sequence[Deployed]) -> list[Row]:
    """Return the settings that nobody stated: the first thing to look at when it does not work."""
    scaled = any(one.scaler == "keda" for one in servings)
    return [
        {"name": name, "value": DEFAULTS[name], "meaning": MEANINGS[name]}
        for name in servings[0].settings.assumed
        if name in MEANINGS
        and (scaled or name != "prometheus")
        and (servings[0].topology.gateways or name != "gateway_class")
    ]
