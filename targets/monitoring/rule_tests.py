"""Unit tests of the rules, for ``promtool test rules``: that alerts fire, and that they do not.

Each test feeds the rules with series as the engine writes them, with all of its buckets, and none
that it does not have.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from inferc.compiler.units import to_unit
from inferc.targets.base import Data
from inferc.targets.monitoring import recorded
from inferc.targets.monitoring.alerts import FAST, KV_FULL, Alert, alerts
from inferc.targets.monitoring.burn import burns
from inferc.targets.monitoring.lines import Latency, Quantile
from inferc.targets.monitoring.promql import bound, number, selector
from inferc.targets.monitoring.watched import Watched

STEPS = 40
"""Minutes of each test: longer than what is tested waits before it warns."""
EACH_MINUTE = 6000
"""Requests, so that even a thousandth of them are some."""
AT = f"{STEPS}m"
SHARE_DIGITS = 6
NEARLY = 0.9
"""Of a threshold: so near to it, on either side."""

Series = Mapping[str, Data]


class Expected(NamedTuple):
    """What is expected of the alerts of one name."""

    name: str
    firing: tuple[Data, ...]


def rule_tests(one: Watched, rules_file: str) -> dict[str, Data]:
    """Return the tests of the rules of a service, which are in ``rules_file`` beside them."""
    return {
        "rule_files": [rules_file],
        "evaluation_interval": "2m",
        "tests": [*_tests(one)],
    }


def _tests(one: Watched) -> Iterator[Data]:
    found = alerts(one)
    for line in one.latencies:
        own = [alert for alert in found if alert.labels.get("sla") == line.id]
        yield from _misses(one, line) if line.budget is not None else _mean(one, line, own)
    for quantile in one.quantiles:
        yield from _quantile(one, quantile, found)
    named = {alert.name: alert for alert in found}
    if "InfercServiceDown" in named:
        yield from _down(one, named)
    for name, series, limit in (
        ("InfercQueueGrows", one.metrics.waiting, None),
        ("InfercKvCacheFull", one.metrics.kv_usage, KV_FULL),
    ):
        if name in named:
            yield from _gauge(one, named[name], series, limit)
    yield from _indicators(one)


def _misses(one: Watched, line: Latency) -> Iterator[Data]:
    """Yield a test in which the line just holds, and two in which it just does not."""
    budget = line.budget or 0.0
    cases = [("holds", budget * NEARLY)]
    for what, fast in (("is missed", False), ("is missed badly", True)):
        lowest = _lowest(line, fast=fast)
        if lowest is not None:
            cases.append((what, min(lowest / NEARLY, (1.0 + lowest) / 2)))
    for what, exact in cases:
        share = round(exact, SHARE_DIGITS)
        kept = _kept(line, share)
        expected = [
            _expected(alert, fires=_fires(other, alert, found), value=found)
            for other in one.latencies
            if other.histogram.series == line.histogram.series and other.budget is not None
            for found in (_share(other, kept),)
            for alert in alerts(one)
            if alert.labels.get("sla") == other.id
        ]
        yield _case(f"{line.title} {what}", _histogram(one, line, kept), expected)


def _kept(line: Latency, share: float) -> Mapping[float, float]:
    """Return the share of requests in each bucket where ``share`` of them miss, the others not."""
    beyond = line.upper or line.lower

    def below(limit: float) -> float:
        if limit < line.lower:
            return 0.0
        return 1.0 - share if limit <= beyond else 1.0

    return {limit: below(limit) for limit in line.histogram.bounds}


def _share(line: Latency, kept: Mapping[float, float]) -> float:
    """Return the share of requests that miss ``line``."""
    upper = 0.0 if line.upper is None else line.weight * kept[line.upper]
    return 1.0 - ((1.0 - line.weight) * kept[line.lower] + upper)


def _fires(line: Latency, alert: Alert, share: float) -> bool:
    """Return whether a steady ``share`` of requests that miss ``line`` is warned of."""
    lowest = _lowest(line, fast=alert.name == FAST)
    return lowest is not None and share > lowest


def _lowest(line: Latency, *, fast: bool) -> float | None:
    found = burns(line.budget or 0.0, line.period_s)
    return min((step.threshold for step in found if step.fast is fast), default=None)


def _by_name(expected: Sequence[Expected]) -> list[Data]:
    """Return one expectation for each name of alerts: promtool compares all of a name."""
    firing: dict[str, list[Data]] = {}
    for one in expected:
        firing.setdefault(one.name, []).extend(one.firing)
    return [
        {"eval_time": AT, "alertname": name, "exp_alerts": found} for name, found in firing.items()
    ]


def _mean(one: Watched, line: Latency, own: Sequence[Alert]) -> Iterator[Data]:
    for what, factor in (("holds", 0.5), ("is missed", 2.0)):
        series = line.histogram.series
        inputs = [
            _counter(one.series(f"{series}_sum"), EACH_MINUTE * factor * line.limit),
            _counter(one.series(f"{series}_count"), EACH_MINUTE),
        ]
        expected = [_expected(alert, fires=factor > 1.0) for alert in own]
        yield _case(f"{line.title} {what}", inputs, expected)


def _quantile(one: Watched, line: Quantile, found: Sequence[Alert]) -> Iterator[Data]:
    for what, factor in (("holds", NEARLY), ("is missed", 1.0 / NEARLY)):
        labels = {**one.labels, "quantile": number(line.quantile)}
        level = line.limit * factor / line.summary.unit_s
        own = [alert for alert in found if alert.labels.get("sla") == line.id]
        yield _case(
            f"{line.title} {what}",
            [_level(selector(line.summary.series, labels), level)],
            [_expected(alert, fires=factor > 1.0) for alert in own],
        )


def _histogram(one: Watched, line: Latency, kept: Mapping[float, float]) -> list[Series]:
    """Return a histogram with these shares of the requests up to each bound."""
    name = f"{line.histogram.series}_bucket"
    buckets = [
        _counter(selector(name, {**one.labels, "le": bound(limit)}), EACH_MINUTE * share)
        for limit, share in kept.items()
    ]
    everything = _counter(selector(name, {**one.labels, "le": "+Inf"}), EACH_MINUTE)
    count = _counter(one.series(f"{line.histogram.series}_count"), EACH_MINUTE)
    return [*buckets, everything, count]


def _down(one: Watched, named: Mapping[str, Alert]) -> Iterator[Data]:
    down, lost = named["InfercServiceDown"], named.get("InfercMetricsLost")
    running = [_level(one.series(one.metrics.running), 1)] if lost else []

    def expected(*firing: str) -> list[Expected]:
        known = [down, lost] if lost else [down]
        return [_expected(alert, fires=alert.name in firing) for alert in known]

    yield _case("all is well", [_level(one.series("up"), 1), *running], expected())
    yield _case("no replica answers", [_level(one.series("up"), 0)], expected(down.name))
    yield _case("nothing is scraped", [], expected(down.name))
    if lost:
        yield _case("metrics are lost", [_level(one.series("up"), 1)], expected(lost.name))


def _gauge(one: Watched, alert: Alert, series: str, limit: float | None) -> Iterator[Data]:
    most = limit or float(alert.expression.rpartition(" ")[2])
    for what, level in (("at its limit", most), ("beyond its limit", most * 1.01)):
        yield _case(
            f"{series} is {what}",
            [_level(one.series(series), level)],
            [_expected(alert, fires=level > most)],
        )


def _indicators(one: Watched) -> Iterator[Data]:
    """Yield a test of what is recorded of a service at work."""
    inputs: list[Series] = [_level(one.series("up"), 1)]
    expected: list[Data] = [_value(one, recorded.REPLICAS, 1)]
    found = one.metrics
    if found.output_tokens:
        inputs.append(_counter(one.series(found.output_tokens), EACH_MINUTE))
        expected.append(_value(one, recorded.OUTPUT_TOKENS, EACH_MINUTE * to_unit(1.0, "min")))
    if found.ended:
        inputs.append(_counter(one.series(found.ended), EACH_MINUTE))
        if found.failed is not None:
            expected.append(_value(one, recorded.SUCCESS, 1))
    price = one.replica_usd_per_h
    if price is not None:
        expected.append(_value(one, recorded.COST, price))
    if one.on_kubernetes:
        pod = {"namespace": one.namespace, "pod": "one"}
        inputs += _pod(one)
        expected.append(_value(one, recorded.STARTS, 1))
        expected.append(_value(one, recorded.START_S, 120))
        moved = {f"exported_{label}": value for label, value in pod.items()}
        other = {"namespace": "gpu-operator", "pod": "exporter"}
        busy, series = (0.5, recorded.DCGM_OF_PARTS) if one.on_parts else (50, recorded.DCGM)
        inputs.append(_level(selector(series, {**other, **moved}), busy))
        idle = {**other, "exported_namespace": one.namespace, "exported_pod": "of-another"}
        inputs.append(_level(selector(series, idle), 0))
        expected.append(_value(one, recorded.GPU_USE, 0.5))
    case: dict[str, Data] = {
        "name": "a service at work",
        "interval": "1m",
        "input_series": inputs,
        "promql_expr_test": expected,
    }
    yield case


def _pod(one: Watched) -> list[Series]:
    """Return what kube-state-metrics says of a pod that was ready after two minutes."""
    labels = {"namespace": one.namespace, "pod": "one"}
    up = _level(selector("up", {**one.labels, "pod": "one"}), 0)
    started = _level(selector("kube_pod_start_time", labels), 3600)
    ready = _level(selector("kube_pod_status_ready_time", labels), 3720)
    return [up, started, ready]


def _case(name: str, inputs: Sequence[Series], expected: Sequence[Expected]) -> dict[str, Data]:
    return {
        "name": name,
        "interval": "1m",
        "input_series": inputs,
        "alert_rule_test": _by_name(expected),
    }


def _expected(alert: Alert, *, fires: bool, value: float | None = None) -> Expected:
    """Return that ``alert`` fires, or does not; ``value`` is what it says was missed."""
    annotations = dict(alert.annotations)
    if value is not None and "missed" in annotations:
        annotations["missed"] = f"{number(float(f'{100 * value:.4g}'))}%"
    firing: dict[str, Data] = {
        "exp_labels": alert.all_labels,
        "exp_annotations": {name: _shown(text) for name, text in annotations.items()},
    }
    return Expected(alert.name, (firing,) if fires else ())


def _shown(text: str) -> str:
    """Return ``text`` as Prometheus shows it: the inverse of ``alerts.literal``."""
    return text.replace('{{ "{{" }}', "{{")


def _value(one: Watched, name: str, value: float) -> dict[str, Data]:
    labels = one.recorded(name)
    sample: dict[str, Data] = {"labels": labels, "value": value}
    return {"expr": labels, "eval_time": AT, "exp_samples": [sample]}


def _counter(series: str, each_minute: float) -> Series:
    return {"series": series, "values": f"0+{number(each_minute)}x{STEPS}"}


def _level(series: str, value: float) -> Series:
    return {"series": series, "values": f"{number(value)}x{STEPS}"}
