"""What watches a service: rules of Prometheus' operator, and a dashboard."""

from collections.abc import Iterator

from inferc.dsl import Diagnostic
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.monitoring import (
    TRITON,
    Watched,
    dashboard_json,
    metrics_of,
    rules,
    unwatched,
)

DASHBOARD_LABEL = "grafana_dashboard"
"""What the sidecar of Grafana looks for in the kube-prometheus-stack chart."""


def watched(serving: Deployed) -> Watched:
    """Return how ``serving`` is watched; its PodMonitor gives the label ``job``."""
    return Watched(
        topology=serving.topology,
        plan=serving.plan,
        engine=serving.engine,
        # Triton measures for whatever backend runs the network.
        metrics=metrics_of(serving.engine) if isinstance(serving, Serving) else TRITON,
        namespace=serving.namespace,
        name=serving.name,
        most_replicas=serving.max_replicas if serving.scaler else serving.replicas,
        start_s=serving.slow_start_s,
    )


def not_watched(serving: Deployed) -> Iterator[Diagnostic]:
    """Yield a warning for each line of the SLA that no alert is made of."""
    yield from unwatched(watched(serving))


def watch(layout: Layout, serving: Deployed) -> Iterator[Manifest]:
    """Yield the rules about a service, and its dashboard."""
    del layout
    one = watched(serving)
    yield Manifest(
        api_version=api_version("PrometheusRule"),
        kind="PrometheusRule",
        name=serving.name,
        namespace=serving.namespace,
        concern="rules",
        labels={
            **serving.labels_of("monitoring"),
            "release": serving.settings["release_label"],
        },
        body={"spec": rules(one)},
    )
    name = serving.named("dashboard")
    yield Manifest(
        api_version=api_version("ConfigMap"),
        kind="ConfigMap",
        name=name,
        namespace=serving.namespace,
        concern="rules",
        labels={**serving.labels_of("monitoring"), DASHBOARD_LABEL: "1"},
        body={"data": {f"{name}.json": dashboard_json(one)}},
    )
