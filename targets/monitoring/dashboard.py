"""A Grafana dashboard of one service: each indicator, the limits of its SLA, what its plan expects.

The panels show what the recording rules record, so that they are the same whatever serves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from inferc.compiler.plan import ServicePlan
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import percentile_name
from inferc.targets.base import Data
from inferc.targets.monitoring import recorded
from inferc.targets.monitoring.lines import Latency, Quantile
from inferc.targets.monitoring.promql import number
from inferc.targets.monitoring.watched import Watched

SCHEMA_VERSION = 39
"""Of the JSON model. Source: ``schemaVersion`` of Grafana 11; newer ones migrate it themselves."""
UID_CHARS = 20
WIDTH, HEIGHT, COLUMNS = 8, 8, 24
PLANNED = "planned"

Target = tuple[str, str]
"""A query, and what its line is called."""


class Panel(NamedTuple):
    """One picture."""

    title: str
    unit: str
    """As Grafana calls it: ``s``, ``percentunit``, ``reqps``."""
    targets: Sequence[Target]
    limits: Sequence[float] = ()
    """Drawn across; above the lowest is red, unless ``at_least``."""
    at_least: bool = False
    planned: float | None = None
    """Drawn dashed."""
    says: str = ""


def dashboard(one: Watched) -> dict[str, Data]:
    """Return the dashboard of a service, as Grafana imports it."""
    panels = list(_panels(one))
    return {
        "uid": uid(one),
        "title": plain(f"{one.topology.name}: {one.name}"),
        "description": plain(f"Plan {one.topology.digest}, on {one.engine.title}"),
        "tags": ["inferc", plain(one.topology.name)],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                    "hide": 0,
                }
            ]
        },
        "annotations": {"list": []},
        "links": [],
        "panels": [_panel(place, panel) for place, panel in enumerate(panels)],
    }


def as_json(one: Watched) -> str:
    """Return the dashboard as the text of a file."""
    return json.dumps(dashboard(one), indent=2, ensure_ascii=False) + "\n"


def uid(one: Watched) -> str:
    """Return the dashboard's identity: another compilation replaces it."""
    text = f"{one.topology.name}\0{one.namespace}\0{one.name}"
    return "inferc-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:UID_CHARS]


def plain(text: str) -> str:
    """Return ``text`` as a title that names no variable of Grafana's."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown.replace("$", "\uff04").replace("[[", "[ [")


def _panels(one: Watched) -> Iterator[Panel]:
    yield from _latencies(one)
    for line in one.latencies:
        if line.budget is not None:
            yield _misses(one, line)
    yield from _flow(one)
    yield from _state(one)
    yield from _rest(one)


def _latencies(one: Watched) -> Iterator[Panel]:
    for metric, histogram in one.metrics.histograms.items():
        if histogram.measures == metric:
            lines = [line for line in one.latencies if line.histogram.measures == metric]
            yield _latency(one, metric, recorded.QUANTILES, lines)
    for metric, summary in one.metrics.summaries.items():
        own = [line for line in one.quantiles if line.objective.metric == metric]
        yield _latency(one, metric, summary.quantiles, own)


def _latency(
    one: Watched, metric: str, quantiles: Sequence[float], lines: Sequence[Latency | Quantile]
) -> Panel:
    shown: list[Target] = [
        (
            one.recorded(recorded.LATENCY, metric=metric, quantile=number(quantile)),
            percentile_name(quantile),
        )
        for quantile in quantiles
    ]
    shown.append((one.recorded(recorded.MEAN, metric=metric), "mean"))
    expected = [line.expected for line in lines if isfinite(line.expected)]
    return Panel(
        title=metric,
        unit="s",
        targets=shown,
        limits=[line.limit for line in lines],
        planned=max(expected, default=None),
        says="; ".join(line.title for line in lines),
    )


def _misses(one: Watched, line: Latency) -> Panel:
    targets = [
        (one.recorded(recorded.MISSES + window, sla=line.id), window)
        for window in ("5m", "1h", "6h")
    ]
    return Panel(
        title=f"requests that miss {line.title}",
        unit="percentunit",
        targets=targets,
        limits=[line.budget or 0.0],
        says=f"{percent(line.budget or 0.0)} of them may",
    )


def _flow(one: Watched) -> Iterator[Panel]:
    plan = one.plan
    load = plan.service.load
    carried = plan.estimate.capacity_per_s
    asked = {
        counts: [
            line.objective.limit.value
            for line in one.others
            if line.objective.metric == "throughput" and (line.objective.counts == "req") is counts
        ]
        for counts in (True, False)
    }
    if one.metrics.ended:
        targets = [(one.recorded(recorded.REQUESTS), "requests")]
        yield Panel(
            title="requests a second",
            unit="reqps",
            targets=targets,
            limits=asked[True],
            at_least=True,
            planned=carried,
            says=f"At most {carried:.3g} a second within the SLA; planned for a mean of "
            f"{load.rate_per_s.value:.3g}, and a peak of {load.peak.value:.3g} times that.",
        )
        yield Panel(
            title="requests with an answer",
            unit="percentunit",
            targets=[(one.recorded(recorded.SUCCESS), "answered")],
        )
    if one.metrics.output_tokens and isinstance(plan, ServicePlan):
        yield Panel(
            title="tokens a second",
            unit="short",
            targets=[
                (one.recorded(recorded.OUTPUT_TOKENS), "of answers"),
                (one.recorded(recorded.PROMPT_TOKENS), "of prompts"),
            ],
            limits=asked[False],
            at_least=True,
            planned=carried * plan.service.load.output.mean_tok.value,
        )


def _state(one: Watched) -> Iterator[Panel]:
    found, plan = one.metrics, one.plan
    queue = [
        (one.recorded(name), title)
        for name, title, series in (
            (recorded.WAITING, "waiting", found.waiting),
            (recorded.RUNNING, "running", found.running),
        )
        if series
    ]
    if queue:
        running = None
        if isinstance(plan, ServicePlan):
            running = plan.estimate.concurrency * plan.configuration.replicas
        yield Panel(title="requests inside", unit="short", targets=queue, planned=running)
    if found.kv_usage:
        targets = [(one.recorded(recorded.KV_USAGE), "the fullest replica")]
        yield Panel(title="KV cache in use", unit="percentunit", targets=targets)
    yield Panel(
        title="replicas",
        unit="short",
        targets=[(one.recorded(recorded.REPLICAS), "answering")],
        planned=float(one.most_replicas),
        says=f"{one.most_replicas} at most",
    )


def _rest(one: Watched) -> Iterator[Panel]:
    if one.on_kubernetes or one.devices:
        yield Panel(
            title="GPU utilization",
            unit="percentunit",
            targets=[(one.recorded(recorded.GPU_USE), "mean")],
            planned=min(1.0, one.plan.estimate.utilisation),
        )
    if one.on_kubernetes or one.metrics.prompt_tokens:
        starts = [(one.recorded(recorded.STARTS), "in the last hour")]
        yield Panel(title="cold starts", unit="short", targets=starts)
    if one.on_kubernetes:
        yield Panel(
            title="time of the slowest start",
            unit="s",
            targets=[(one.recorded(recorded.START_S), "in the last hour")],
            limits=[one.start_s],
            planned=one.plan.load_time_s,
        )
    if one.replica_usd_per_h is not None:
        yield Panel(
            title="cost an hour",
            unit="currencyUSD",
            targets=[(one.recorded(recorded.COST), "of all replicas")],
            planned=one.replica_usd_per_h * one.plan.configuration.replicas,
        )


def _panel(place: int, panel: Panel) -> dict[str, Data]:
    across = COLUMNS // WIDTH
    targets = [*panel.targets]
    if panel.planned is not None and isfinite(panel.planned):
        targets.append((f"vector({number(panel.planned)})", PLANNED))
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": plain(panel.title),
        "description": plain(panel.says),
        "gridPos": {
            "x": place % across * WIDTH,
            "y": place // across * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "datasource": _source(),
        "targets": [
            {
                "refId": chr(ord("A") + number_),
                "datasource": _source(),
                "expr": expression,
                "legendFormat": title,
                "range": True,
            }
            for number_, (expression, title) in enumerate(targets)
        ],
        "fieldConfig": _fields(panel),
        "options": {
            "legend": {
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": True,
                "calcs": [],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }


def _source() -> Mapping[str, Data]:
    return {"type": "prometheus", "uid": "${datasource}"}


def _fields(panel: Panel) -> dict[str, Data]:
    inside, outside = ("red", "green") if panel.at_least else ("green", "red")
    limits = sorted(panel.limits)
    steps: list[Data] = [{"color": inside, "value": None}]
    steps += [{"color": outside, "value": limit} for limit in limits]
    dashed: dict[str, Data] = {
        "matcher": {"id": "byName", "options": PLANNED},
        "properties": [
            {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}},
            {"id": "color", "value": {"mode": "fixed", "fixedColor": "text"}},
        ],
    }
    return {
        "defaults": {
            "unit": panel.unit,
            "min": 0,
            "color": {"mode": "palette-classic"},
            "custom": {
                "drawStyle": "line",
                "lineWidth": 2,
                "fillOpacity": 0,
                "showPoints": "never",
                "spanNulls": False,
                "thresholdsStyle": {"mode": "line" if limits else "off"},
            },
            "thresholds": {"mode": "absolute", "steps": steps if limits else steps[:1]},
        },
        "overrides": [dashed],
    }
