"""Recording rules: each indicator of a service under one name, whichever engine serves it."""

from collections.abc import Iterator, Mapping

from inferc.targets.base import Data
from inferc.targets.monitoring.burn import burns, windows
from inferc.targets.monitoring.lines import Latency
from inferc.targets.monitoring.promql import bound, number, selector
from inferc.targets.monitoring.watched import Watched

LATENCY = "inferc:latency_seconds:quantile_rate5m"
MEAN = "inferc:latency_seconds:mean_rate5m"
MEAN_LONG = "inferc:latency_seconds:mean_rate1h"
MISSES = "inferc:sla_misses:ratio_rate"
"""Followed by the window: the share of requests that take longer than a line of the SLA allows."""
OUTPUT_TOKENS = "inferc:output_tokens:rate5m"
PROMPT_TOKENS = "inferc:prompt_tokens:rate5m"
REQUESTS = "inferc:requests:rate5m"
SUCCESS = "inferc:requests_answered:ratio_rate5m"
WAITING = "inferc:requests_waiting:sum"
RUNNING = "inferc:requests_running:sum"
KV_USAGE = "inferc:kv_cache_usage:max"
REPLICAS = "inferc:replicas:sum"
GPU_USE = "inferc:gpu_utilization:avg"
STARTS = "inferc:cold_starts:count1h"
START_S = "inferc:cold_start_seconds:max1h"
COST = "inferc:cost_usd_per_hour:sum"
TOKEN_COST = "inferc:cost_usd_per_token:ratio_rate1d"  # noqa: S105 - a name of a series

QUANTILES = (0.5, 0.95, 0.99)
RATE = "5m"
"""Over which rates are taken: twenty scrapes of 15 s."""

DCGM = "DCGM_FI_DEV_GPU_UTIL"
"""In percent. Source: ``etc/default-counters.csv`` of NVIDIA's dcgm-exporter."""
DCGM_OF_PARTS = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
"""A share; a part of a GPU has no utilization in percent. Source: DCGM, user guide, profiling."""

Rule = Mapping[str, Data]


def rule(name: str, expression: str, labels: Mapping[str, str]) -> Rule:
    """Return a recording rule."""
    return {"record": name, "expr": expression, "labels": dict(labels)}


def recording_rules(one: Watched) -> list[Rule]:
    """Return what is recorded about a service, but for the shares that miss its SLA."""
    return [
        *_latencies(one),
        *_summaries(one),
        *_flow(one),
        *_state(one),
        *_hardware(one),
        *_money(one),
    ]


def miss_rules(one: Watched) -> list[Rule]:
    """Return the share of requests that miss each line of the SLA, in each window in use."""
    return [
        rule(MISSES + window, misses(one, line, window), {**one.own_labels, "sla": line.id})
        for line in one.latencies
        if line.budget is not None
        for window in windows(burns(line.budget, line.period_s))
    ]


def misses(one: Watched, line: Latency, window: str) -> str:
    """Return the share of requests that take longer than ``line`` allows."""
    buckets = f"{line.histogram.series}_bucket"

    def below(limit: float) -> str:
        found = selector(buckets, {**one.labels, "le": bound(limit)})
        return f"sum(rate({found}[{window}]))"

    everything = f"sum(rate({one.series(f'{line.histogram.series}_count')}[{window}]))"
    kept = below(line.lower)
    if line.upper is not None:
        low, high = number(1.0 - line.weight), number(line.weight)
        kept = f"({low} * {kept} + {high} * {below(line.upper)})"
    return f"1 - {kept} / {everything}"


def mean(one: Watched, series: str, window: str) -> str:
    """Return the mean of a histogram."""
    total, count = (one.series(f"{series}_{end}") for end in ("sum", "count"))
    return f"sum(rate({total}[{window}])) / sum(rate({count}[{window}]))"


def _latencies(one: Watched) -> Iterator[Rule]:
    for metric, histogram in one.metrics.histograms.items():
        if histogram.measures != metric:
            continue  # it is recorded under its own name
        labels = {**one.own_labels, "metric": metric}
        buckets = f"sum by (le) (rate({one.series(f'{histogram.series}_bucket')}[{RATE}]))"
        for quantile in QUANTILES:
            yield rule(
                LATENCY,
                f"histogram_quantile({number(quantile)}, {buckets})",
                {**labels, "quantile": number(quantile)},
            )
        yield rule(MEAN, mean(one, histogram.series, RATE), labels)
        yield rule(MEAN_LONG, mean(one, histogram.series, "1h"), labels)


def _summaries(one: Watched) -> Iterator[Rule]:
    """Yield percentiles of the slowest replica: those of several cannot be joined."""
    for metric, found in one.metrics.summaries.items():
        labels, unit = {**one.own_labels, "metric": metric}, number(found.unit_s)
        for quantile in found.quantiles:
            series = selector(found.series, {**one.labels, "quantile": number(quantile)})
            own = {**labels, "quantile": number(quantile)}
            yield rule(LATENCY, f"{unit} * max({series})", own)
        for name, window in ((MEAN, RATE), (MEAN_LONG, "1h")):
            took, count = (
                f"sum(rate({one.series(series)}[{window}]))"
                for series in (found.taken, found.answered)
            )
            yield rule(name, f"{unit} * {took} / {count}", labels)


def _flow(one: Watched) -> Iterator[Rule]:
    found = one.metrics
    for name, series in (
        (OUTPUT_TOKENS, found.output_tokens),
        (PROMPT_TOKENS, found.prompt_tokens),
        (REQUESTS, found.ended),
    ):
        if series:
            yield rule(name, f"sum(rate({one.series(series)}[{RATE}]))", one.own_labels)
    if found.ended and found.failed is not None:
        series, patterns = found.failed
        ended = f"sum(rate({one.series(found.ended)}[{RATE}]))"
        failed = f"sum(rate({one.series(series, patterns)}[{RATE}]))"
        # A counter is there only once it has counted; without any requests there is no share.
        lost = f"({failed} or 0 * {ended})"
        everything = f"({ended} + {lost})" if found.ended_well else ended
        yield rule(SUCCESS, f"1 - {lost} / {everything}", one.own_labels)


def _state(one: Watched) -> Iterator[Rule]:
    found = one.metrics
    for name, series, how in (
        (WAITING, found.waiting, "sum"),
        (RUNNING, found.running, "sum"),
        (KV_USAGE, found.kv_usage, "max"),
        (REPLICAS, "up", "sum"),
    ):
        if series:
            yield rule(name, f"{how}({one.series(series)})", one.own_labels)


def _hardware(one: Watched) -> Iterator[Rule]:
    if one.on_kubernetes:
        yield rule(GPU_USE, _gpu_use(one), one.own_labels)
        yield from _starts(one)
        return
    if one.devices:
        labels = {"namespace": one.namespace, "job": f"{one.namespace}/dcgm"}
        devices = selector(DCGM, labels, {"gpu": "|".join(str(device) for device in one.devices)})
        yield rule(GPU_USE, f"avg({devices}) / 100", one.own_labels)
    if one.metrics.prompt_tokens:
        restarts = f"sum(resets({one.series(one.metrics.prompt_tokens)}[1h]))"
        yield rule(STARTS, restarts, one.own_labels)


def _gpu_use(one: Watched) -> str:
    """Return how busy the GPUs of the service's pods are.

    The exporter says whose pod uses a GPU in ``namespace`` and ``pod``; where the scrape has labels
    of these names already, Prometheus puts ``exported_`` before them.
    """
    series, scale = (DCGM_OF_PARTS, "") if one.on_parts else (DCGM, " / 100")
    moved = selector(series, {"exported_namespace": one.namespace})
    for label in ("namespace", "pod"):
        moved = f'label_replace({moved}, "{label}", "$1", "exported_{label}", "(.+)")'
    plain = selector(series, {"namespace": one.namespace, "exported_namespace": ""})
    own = f"group by (namespace, pod) ({one.series('up')})"
    return f"avg(({moved} or {plain}) * on (namespace, pod) group_left () {own}){scale}"


def _starts(one: Watched) -> Iterator[Rule]:
    """Yield how many pods started within the hour, and how long the slowest took.

    Source: the page on pod metrics of kube-state-metrics.
    """
    own = f"group by (namespace, pod) ({one.series('up')})"

    def of_pods(series: str) -> str:
        return f"max by (namespace, pod) ({selector(series, {'namespace': one.namespace})})"

    started = of_pods("kube_pod_start_time")
    young = f"({started} > time() - 3600)"
    yield rule(STARTS, f"count({young} and on (namespace, pod) {own})", one.own_labels)
    took = f"{of_pods('kube_pod_status_ready_time')} - {young}"
    yield rule(START_S, f"max(({took}) and on (namespace, pod) {own})", one.own_labels)


def _money(one: Watched) -> Iterator[Rule]:
    price = one.replica_usd_per_h
    if price is None:
        return
    replicas = f"sum({one.series('up')})"
    yield rule(COST, f"{number(price)} * {replicas}", one.own_labels)
    tokens = (one.metrics.prompt_tokens, one.metrics.output_tokens)
    if not all(tokens):
        return
    counted = " + ".join(f"sum(increase({one.series(name)}[1d]))" for name in tokens)
    paid = f"24 * {number(price)} * avg_over_time({one.recorded(REPLICAS)}[1d])"
    yield rule(TOKEN_COST, f"sum({paid}) / ({counted})", one.own_labels)
