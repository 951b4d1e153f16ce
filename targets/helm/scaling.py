"""Replicas as values: a fixed number, or the bounds that an autoscaler keeps to."""

from collections.abc import Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.helm import shapes
from inferc.targets.helm.context import Chart
from inferc.targets.helm.scope import Scope, Tree

SCALERS = ("ScaledObject", "HorizontalPodAutoscaler")

BOUNDS: Mapping[str, tuple[str, str]] = {
    "minReplicaCount": ("min", "The fewest replicas"),
    "minReplicas": ("min", "The fewest replicas"),
    "maxReplicaCount": ("max", "The most replicas, for which the pool has room"),
    "maxReplicas": ("max", "The most replicas, for which the pool has room"),
}
"""By field of a scaler: the value, and what it is."""

FIXED = """\
{{- if not %s.scaler.enabled }}
replicas: {{ int %s.replicas }}
{{- end }}"""

NUMBER: shapes.Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}


def room(scope: Scope) -> int | None:
    """Return how many replicas the pool holds at most."""
    serving = scope.serving
    if serving is None:
        return None
    least = max(serving.max_replicas, serving.replicas)
    return max(least, serving.place.most_accelerators // max(1, serving.replica_gpus))


def replicas(chart: Chart, scope: Scope, spec: Tree) -> dict[str, Data]:
    """Return the ``spec`` of a workload without its pods, its number of replicas a value."""
    made = dict(spec)
    stated = made.get("replicas")
    if not scope.pod or scope.serving is None:
        return made
    if scope.scaled and stated is None:
        stated = scope.serving.replicas
        line = chart.marks.lines(FIXED % (scope.variable, scope.variable))
        made = {**line, **made}
    elif isinstance(stated, int):
        made["replicas"] = chart.marks.inline(f"int {scope.variable}.replicas")
    else:
        return made
    about = "How many replicas there are"
    about += " where no autoscaler is enabled" if scope.scaled else ""
    chart.knob(scope.path(scope.pod, "replicas"), stated, shapes.whole(0, room(scope)), about)
    return made


def scaler(chart: Chart, scope: Scope, spec: Tree) -> dict[str, Data]:
    """Return the ``spec`` of an autoscaler with marks where values go."""
    path = scope.path(scope.pod, "scaler")
    enabled = "Whether an autoscaler changes the number of replicas"
    chart.knob((*path, "enabled"), True, shapes.FLAG, enabled)  # noqa: FBT003 - a value
    made: dict[str, Data] = {}
    for key, value in spec.items():
        if key in BOUNDS:
            name, about = BOUNDS[key]
            chart.knob((*path, name), value, shapes.whole(1, room(scope)), about)
            made[key] = chart.marks.inline(f"int {scope.variable}.scaler.{name}")
        elif key == "fallback" and isinstance(value, Mapping):
            most = f"(int {scope.variable}.scaler.max)"
            held = chart.marks.inline(f"min {value['replicas']} {most}")
            made[key] = {**value, "replicas": held}
        elif key in {"triggers", "metrics"} and isinstance(value, Sequence):
            made[key] = _signals(chart, scope, value)
        else:
            made[key] = value
    return made


def _signals(chart: Chart, scope: Scope, signals: Sequence[Data]) -> list[Data]:
    """Return the signals, the threshold of the first one that has one a value."""
    path = scope.path(scope.pod, "scaler", "threshold")
    about = "The load of one replica, in the unit of its metric, from which on there is one more"
    found: list[Data] = []
    for signal in signals:
        planned = _threshold(signal)
        if planned and path not in chart.knobs:
            chart.knob(path, planned, NUMBER, about)
            word = chart.marks.inline(f"{scope.variable}.scaler.threshold | quote")
            found.append(_with_threshold(signal, word))
        else:
            found.append(signal)
    return found


def _threshold(signal: Data) -> str:
    """Return the threshold of a signal; empty where it has none."""
    for path in (("metadata", "threshold"), ("pods", "target", "averageValue")):
        found: Data = signal
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            return found
    return ""


def _with_threshold(signal: Data, word: str) -> Data:
    """Return ``signal`` with another threshold."""
    if not isinstance(signal, Mapping):
        return signal
    return {
        key: word if key in {"threshold", "averageValue"} else _with_threshold(value, word)
        for key, value in signal.items()
    }


def guard(scope: Scope) -> str:
    """Return the lines that refuse bounds which contradict each other."""
    if scope.manifest.kind not in SCALERS or not scope.pod:
        return ""
    bounds = f"{scope.variable}.scaler"
    where = f"services.{scope.service}.{scope.pod}.scaler"
    return (
        f"{{{{- if gt (int {bounds}.min) (int {bounds}.max) }}}}\n"
        f'{{{{- fail "{where}: min is more than max" }}}}\n'
        "{{- end }}\n"
    )
