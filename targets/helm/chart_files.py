"""The files of the chart beside its templates of objects."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inferc.targets import to_yaml
from inferc.targets.helm import shapes
from inferc.targets.helm.context import Chart
from inferc.targets.helm.gotext import escape
from inferc.targets.helm.knobs import Knob, Path
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.render import render
from inferc.targets.versions import KUBERNETES

if TYPE_CHECKING:
    from inferc.targets.base import Data

IGNORED = """\
.DS_Store
.git/
.gitignore
*.orig
*.swp
*.tmp
"""

ABOUT: Mapping[Path, str] = {
    ("plan",): "What the chart was made from; no value to change",
    ("hfToken",): "The Secret with the hub's token, for repositories that are gated",
    ("prometheus",): "Where autoscalers ask for the load",
    ("monitoring",): "What Prometheus scrapes, and is told",
    ("networkPolicies",): "Who may talk to whom",
    ("storage",): "The volumes of weights",
    ("services",): "The services of the topology, each as planned",
}
BELOW_SERVICE: Mapping[str, str] = {
    "image": "The engine's image, which also waits for the weights and fetches them",
    "scaler": "The autoscaler",
    "prefetch": "The Job that fetches the weights",
}


def chart_yaml(chart: Chart, version: str) -> str:
    """Return ``Chart.yaml``."""
    topology = chart.layout.topology
    about = " ".join(topology.doc.split()) or f"Serves the models of {topology.name}"
    document: dict[str, Data] = {
        "apiVersion": "v2",
        "name": chart.name,
        "description": about,
        "type": "application",
        "version": version,
        # What the chart installs is the plan; the versions of engines are in the values.
        "appVersion": topology.digest[:12],
        "kubeVersion": f">={KUBERNETES.at_least}.0-0",
        "annotations": {"inferc.dev/plan-digest": topology.digest},
    }
    return to_yaml.dump(document)


def helpers(chart: Chart) -> str:
    """Return ``_helpers.tpl``."""
    return render("helm/helpers.tpl", {"name": chart.name})


def notes(chart: Chart) -> str:
    """Return ``NOTES.txt``: what to do once the chart is installed."""
    values = {
        "services": [
            {
                "name": one.name,
                "model": escape(_served(one)),
                "workload": f"{one.workload_kind.lower()}/{one.workload_name}",
                "is_deployment": one.workload_kind == "Deployment",
            }
            for one in chart.layout.deployed
        ],
        "fetches": bool(chart.layout.servings),
    }
    return render("helm/NOTES.txt", values)


def shared_knobs(chart: Chart) -> None:
    """Add the values that all services share."""
    choices, settings = chart.layout.choices, chart.layout.settings
    pull: Data = [{"name": choices.image_pull_secret}] if choices.image_pull_secret else []
    digest = chart.layout.topology.digest
    const: shapes.Schema = {"const": digest}
    rows: Sequence[tuple[Path, Data, shapes.Schema, str]] = (
        (("plan", "digest"), digest, const, "Digest of its decisions: compile again for others"),
        (
            ("imageRegistry",),
            "",
            shapes.REGISTRY,
            "Host, with a path where it has one, that all images come from instead of their own",
        ),
        (("imagePullSecrets",), pull, shapes.NAMES, "Secrets that pull the images"),
        (
            ("extraLabels",),
            {},
            shapes.extra_labels(chart.taken),
            "Labels of all objects and pods beside the planned ones",
        ),
        (("nodeSelector",), {}, shapes.SELECTOR, "Labels of nodes, for all pods"),
        (("tolerations",), [], shapes.TOLERATIONS, "Taints that all pods tolerate"),
        (("hfToken", "secretName"), choices.hf_token_secret, shapes.DNS_LABEL, "Its name"),
        (("hfToken", "key"), "token", shapes.TEXT, "The key of the token in it"),
        (("prometheus", "address"), settings["prometheus"], shapes.TEXT, "Its address"),
        (("monitoring", "enabled"), True, shapes.FLAG, "Whether there are monitoring objects"),
        (
            ("monitoring", "releaseLabel"),
            settings["release_label"],
            {"type": "string", "pattern": shapes.LABEL_VALUE},
            "Prometheus selects what it is told by the label `release` with this value",
        ),
        (
            ("networkPolicies", "enabled"),
            True,
            shapes.FLAG,
            "Whether the chart fences its pods; without, anything may talk to them",
        ),
        (
            ("storage", "keep"),
            True,
            shapes.FLAG,
            "Whether volumes stay when the release is uninstalled",
        ),
    )
    for path, value, schema, about in rows:
        chart.knob(path, value, schema, about)


def about(chart: Chart) -> Mapping[Path, str]:
    """Return what the branches of the values are."""
    found: dict[Path, str] = dict(ABOUT)
    for serving in chart.layout.deployed:
        path = ("services", serving.name)
        found[path] = _service(serving)
        for knob in (one for one in chart.knobs.values() if one.path[:2] == path):
            found.update(_branches(knob))
    return found


def _branches(knob: Knob) -> Mapping[Path, str]:
    """Return what the branches above a value of a service are, as far as their names say it."""
    inner = (knob.path[:depth] for depth in range(3, len(knob.path)))
    return {path: BELOW_SERVICE[path[-1]] for path in inner if path[-1] in BELOW_SERVICE}


def _served(serving: Deployed) -> str:
    """Return what a service is called by those who ask it."""
    if isinstance(serving, Serving):
        return serving.plan.service.model_name
    return serving.name


def _service(serving: Deployed) -> str:
    hardware = f"{serving.replica_gpus} x {serving.place.accelerator.title} a replica"
    if isinstance(serving, Serving):
        return f"Model {_served(serving)} at {serving.shape.precision} on {hardware}"
    return f"Network {_served(serving)} on {hardware}"
