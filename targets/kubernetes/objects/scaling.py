"""How many replicas: a KEDA ScaledObject or a HorizontalPodAutoscaler, never both."""

import math

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version

POLLING_S = 15
FAILURES_BEFORE_FALLBACK = 3
WINDOW_MOST_S = 3600
"""The longest stabilisation window that the API server takes."""
SCALE_UP_PERIOD_S = 60
SCALE_DOWN_PERIOD_S = 300

COUNTED = {"rate": "requests"}
"""Signals that are the rate of a counter, with the engine's name for what is counted."""
RATE_WINDOW = "1m"
"""Over which a rate is taken: at least four scrapes of 15 s, so that one may be missed."""


def scaler(serving: Deployed) -> tuple[Manifest, ...]:
    """Return what changes the number of replicas; nothing where it is fixed."""
    match serving.scaler:
        case "keda":
            return (_scaled_object(serving),)
        case "hpa":
            return (_horizontal(serving),)
        case _:
            return ()


def series(serving: Deployed) -> str:
    """Return the Prometheus series of the signal that the plan scales by."""
    signal = serving.plan.autoscale.signal
    return serving.engine.metrics.get(COUNTED.get(signal, signal), "")


def adapted_metric(serving: Deployed) -> str:
    """Return the name under which the metrics adapter offers :func:`series`.

    Its rules turn a counter into a rate: ``requests_total`` is offered as ``requests_per_second``.
    """
    name = series(serving).replace(":", "_")
    if serving.plan.autoscale.signal in COUNTED:
        return name.removesuffix("_total") + "_per_second"
    return name


def query(serving: Deployed) -> str:
    """Return the load of all replicas.

    It yields nothing where the metrics are lost, so that the fallback takes over; and it never
    counts another service's pods.
    """
    job = f"{serving.namespace}/{serving.name}"
    selected = f'{series(serving)}{{namespace="{serving.namespace}",job="{job}"}}'
    if serving.plan.autoscale.signal in COUNTED:
        selected = f"rate({selected}[{RATE_WINDOW}])"
    return f"sum({selected})"


def threshold(serving: Deployed) -> str:
    """Return the signal at which one replica has enough to do."""
    return f"{serving.plan.autoscale.threshold:g}"


def down_window_s(serving: Deployed) -> int:
    """Return how long the load must stay low: never less than it takes to get a replica back."""
    wanted = max(serving.plan.autoscale.scale_down_stabilisation_s, serving.plan.load_time_s)
    return min(WINDOW_MOST_S, math.ceil(wanted))


def _scaled_object(serving: Deployed) -> Manifest:
    trigger: dict[str, Data] = {
        "type": "prometheus",
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": serving.settings["prometheus"],
            "query": query(serving),
            "threshold": threshold(serving),
            # An empty answer is a fault, not zero: only then does the fallback take over.
            "ignoreNullValues": "false",
        },
    }
    spec: dict[str, Data] = {
        "scaleTargetRef": _target(serving),
        "minReplicaCount": serving.min_replicas,
        "maxReplicaCount": serving.max_replicas,
        "pollingInterval": POLLING_S,
        "fallback": {
            "failureThreshold": FAILURES_BEFORE_FALLBACK,
            "replicas": min(serving.max_replicas, serving.replicas),
            "behavior": "currentReplicasIfHigher",
        },
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": behavior(serving)}},
        "triggers": [trigger, *_busy_hours(serving)],
    }
    return _manifest(serving, "ScaledObject", spec)


def _busy_hours(serving: Deployed) -> list[Data]:
    """Return the trigger that has replicas there in the hours that are known to be busy."""
    schedule = serving.plan.autoscale.schedule
    if schedule is None:
        return []
    hours: dict[str, Data] = {
        "type": "cron",
        "metadata": {
            "timezone": schedule.zone,
            "start": schedule.start,
            "end": schedule.end,
            "desiredReplicas": str(min(schedule.replicas, serving.max_replicas)),
        },
    }
    return [hours]


def _horizontal(serving: Deployed) -> Manifest:
    metric: dict[str, Data] = {
        "type": "Pods",
        "pods": {
            "metric": {"name": adapted_metric(serving)},
            "target": {"type": "AverageValue", "averageValue": threshold(serving)},
        },
    }
    spec: dict[str, Data] = {
        "scaleTargetRef": _target(serving),
        "minReplicas": serving.min_replicas,
        "maxReplicas": serving.max_replicas,
        "metrics": [metric],
        "behavior": behavior(serving),
    }
    return _manifest(serving, "HorizontalPodAutoscaler", spec)


def _target(serving: Deployed) -> dict[str, Data]:
    kind = serving.workload_kind
    return {"apiVersion": api_version(kind), "kind": kind, "name": serving.workload_name}


def behavior(serving: Deployed) -> dict[str, Data]:
    """Return how fast: up to twice as many a minute, down by one in five minutes."""
    up_s = min(WINDOW_MOST_S, math.ceil(serving.plan.autoscale.scale_up_stabilisation_s))
    doubling: dict[str, Data] = {
        "type": "Percent",
        "value": 100,
        "periodSeconds": SCALE_UP_PERIOD_S,
    }
    one_less: dict[str, Data] = {
        "type": "Pods",
        "value": 1,
        "periodSeconds": SCALE_DOWN_PERIOD_S,
    }
    return {
        "scaleUp": {"stabilizationWindowSeconds": up_s, "policies": [doubling]},
        "scaleDown": {
            "stabilizationWindowSeconds": down_window_s(serving),
            "policies": [one_less],
        },
    }


def _manifest(serving: Deployed, kind: str, spec: dict[str, Data]) -> Manifest:
    return Manifest(
        api_version=api_version(kind),
        kind=kind,
        name=serving.name,
        namespace=serving.namespace,
        concern="scaling",
        labels=serving.labels_of("autoscaler"),
        body={"spec": spec},
    )
