"""What to do with the emitted files, and what the cluster must have first."""

from collections.abc import Iterator, Sequence

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.prerequisites import components, secrets
from inferc.targets.kubernetes.objects.serving import Serving, gibibytes
from inferc.targets.kubernetes.objects.settings import DEFAULTS

MEANINGS = {
    "access_mode": "as few nodes as will do may mount the volume of weights",
    "gateway_namespace": "only pods of this namespace may call the services",
    "image_registry": "images come from the registries that their makers use",
    "prometheus": "the autoscaler asks this address",
    "release_label": "Prometheus selects PodMonitors by the label `release` with this value",
    "storage_class": "volumes are of the cluster's default class",
}
"""What follows where nobody states a setting of the cluster."""


def readme(topology: Topology, servings: Sequence[Serving]) -> str:
    """Return the README of the output."""
    sections = (
        _head(topology),
        _apply(servings),
        _components(servings),
        _secrets(servings),
        _nodes(servings),
        _services(servings),
        _assumed(servings),
        _operation(servings),
    )
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def _head(topology: Topology) -> list[str]:
    return [
        f"# {topology.name} on Kubernetes",
        "",
        "Change the `.infer` file and compile again, or keep patches of your own in a kustomize",
        "overlay that has this folder as a resource.",
        "",
        f"Plan `{topology.digest}`.",
    ]


def _apply(servings: Sequence[Serving]) -> list[str]:
    waits = (
        f"kubectl -n {one.namespace} rollout status deployment/{one.name} "
        f"--timeout={one.progress_s}s"
        for one in servings
    )
    return [
        "## Apply",
        "",
        "```sh",
        "./preflight.sh  # says what the cluster lacks, and changes nothing",
        "kubectl apply -f 10-namespace.yaml",
        "# now make the Secrets that are listed below",
        "kubectl apply -k .",
        *waits,
        "```",
        "",
        "The first start downloads the weights; the engines wait for them.",
    ]


def _components(servings: Sequence[Serving]) -> list[str]:
    return [
        "## What the cluster must have",
        "",
        "| component | at least | written for | what for |",
        "| --- | --- | --- | --- |",
        *(
            f"| [{one.title}]({one.where}) | {one.at_least} | {one.version} | {one.provides} |"
            for one in components(servings)
        ),
        "",
        "Network policies take effect only with a network plugin that enforces them.",
    ]


def _secrets(servings: Sequence[Serving]) -> list[str]:
    lines = ["## Secrets"]
    for secret in secrets(servings):
        kind = "optional" if secret.optional else "required"
        lines += ["", f"`{secret.name}` ({kind}) {secret.purpose}:"]
        lines += ["", "```sh", secret.command, "```"]
    return lines


def _nodes(servings: Sequence[Serving]) -> list[str]:
    lines = ["## Nodes", "", "| pool | nodes | accelerators of a node | label |"]
    lines.append("| --- | --- | --- | --- |")
    places = {serving.place.path: serving.place for serving in servings}
    for path, place in sorted(places.items()):
        product = place.accelerator.product_label
        label = f"`nvidia.com/gpu.product={product}`" if product else "none"
        title = f"{place.per_node} x {place.accelerator.title}"
        lines.append(f"| {path} | {int(place.nodes.value)} | {title} | {label} |")
    return lines


def _services(servings: Sequence[Serving]) -> list[str]:
    lines = [
        "## Services",
        "",
        "| service | address inside the cluster | model | replicas | accelerators of a replica |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in servings:
        count = f"{one.min_replicas} to {one.max_replicas}" if one.scaler else str(one.replicas)
        address = f"http://{one.name}.{one.namespace}.svc"
        model = one.plan.service.model_name
        lines.append(f"| {one.name} | `{address}` | `{model}` | {count} | {one.gpus} |")
    return lines


def _assumed(servings: Sequence[Serving]) -> list[str]:
    """Return the settings that nobody stated: the first thing to look at when it does not work."""
    scaled = any(one.scaler == "keda" for one in servings)
    assumed = [name for name in servings[0].settings.assumed if scaled or name != "prometheus"]
    if not assumed:
        return []
    return [
        "## Taken because the file does not say",
        "",
        "| field of `cluster` | value | so |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {f'`{DEFAULTS[name]}`' if DEFAULTS[name] else ''} | {MEANINGS[name]} |"
            for name in assumed
        ),
    ]


def _operation(servings: Sequence[Serving]) -> list[str]:
    return ["## In operation", "", *(f"- {line}" for line in _notes(servings))]


def _notes(servings: Sequence[Serving]) -> Iterator[str]:
    for one in servings:
        if one.can_surge:
            yield f"`{one.name}`: a rollout starts a new replica before it ends an old one."
        elif one.max_replicas > 1:
            yield (
                f"`{one.name}`: the pool has no room for one more replica, so a rollout ends one "
                "before it starts the next."
            )
        else:
            yield (
                f"`{one.name}`: the pool has no room for a second replica, so a rollout interrupts "
                "the service."
            )
        yield (
            f"`{one.name}`: its volume of {gibibytes(one.storage_gib)} holds one version of the "
            "weights. Enlarge it before you change their revision."
        )
    space = servings[0].namespace
    yield (
        "A download that has failed is tried again once its Job is gone: "
        f"`kubectl -n {space} delete job -l app.kubernetes.io/component=prefetch`, then apply."
    )
    if any(one.scaler == "hpa" for one in servings):
        yield "The autoscaler needs `prometheus-adapter-values.yaml` in the Prometheus adapter."
    yield "A namespace belongs to one topology: what it may not do holds for every pod in it."
