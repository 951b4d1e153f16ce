"""Unit tests of the rules, for ``promtool test rules``: that alerts fire, and that they do not.

Each test feeds the rules with series as the engine writes them, with all of its buckets, and none
that it does not have.
"""

from collections.abc import Iterator, Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.monitoring import recorded
from inferc.targets.monitoring.alerts import KV_FULL, Alert, alerts
from inferc.targets.monitoring.burn import burns
from inferc.targets.monitoring.lines import Latency
from inferc.targets.monitoring.promql import bound, number, selector
from inferc.targets.monitoring.watched import Watched

STEPS = 90
"""Minutes of each test: longer than the longest wait of an alert."""
EACH_MINUTE = 6000
"""Requests, so that even a thousandth of them are some."""
AT = f"{STEPS}m"
SHARE_DIGITS = 4

Series = Mapping[str, Data]


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
        yield from _misses(one, line, own) if line.budget is not None else _mean(one, line, own)
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


def _misses(one: Watched, line: Latency, own: Sequence[Alert]) -> Iterator[Data]:
    found = burns(line.budget or 0.0, line.period_s)
    fast = min((step.threshold for step in found if step.fast), default=1.0)
    slow = min((step.threshold for step in found if not step.fast), default=fast)
    both = round((slow + fast) / 2.0, SHARE_DIGITS)
    cases = (
        ("holds", round((line.budget or 0.0) / 2.0, 2 * SHARE_DIGITS), ()),
        ("is missed a little", both, ("InfercSlaSlowBurn",)),
        ("is missed by all", 1.0, ("InfercSlaFastBurn", "InfercSlaSlowBurn")),
    )
    for what, share, firing in cases:
        yield _case(
            f"{line.title} {what}",
            _histogram(one, line, share),
            [_expected(alert, fires=alert.name in firing, value=share) for alert in own],
        )


def _mean(one: Watched, line: Latency, own: Sequence[Alert]) -> Iterator[Data]:
    for what, factor in (("holds", 0.5), ("is missed", 2.0)):
        series = line.histogram.series
        inputs = [
            _counter(one.series(f"{series}_sum"), EACH_MINUTE * factor * line.limit),
            _counter(one.series(f"{series}_count"), EACH_MINUTE),
        ]
        expected = [_expected(alert, fires=factor > 1.0) for alert in own]
        yield _case(f"{line.title} {what}", inputs, expected)


def _histogram(one: Watched, line: Latency, share: float) -> list[Series]:
    """Return a histogram in which ``share`` of the requests miss the limit, the others by far."""
    name, beyond = f"{line.histogram.series}_bucket", line.upper or line.lower
    good = EACH_MINUTE * (1.0 - share)

    def rate(limit: float) -> float:
        if limit < line.lower:
            return 0.0
        return good if limit <= beyond else EACH_MINUTE

    buckets = [
        _counter(selector(name, {**one.labels, "le": bound(limit)}), rate(limit))
        for limit in line.histogram.bounds
    ]
    everything = _counter(selector(name, {**one.labels, "le": "+Inf"}), EACH_MINUTE)
    count = _counter(one.series(f"{line.histogram.series}_count"), EACH_MINUTE)
    return [*buckets, everything, count]


def _down(one: Watched, named: Mapping[str, Alert]) -> Iterator[Data]:
    down, lost = named["InfercServiceDown"], named.get("InfercMetricsLost")
    running = [_level(one.series(one.metrics.running), 1)] if lost else []

    def expected(*firing: str) -> list[Data]:
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
        expected.append(_value(one, recorded.OUTPUT_TOKENS, EACH_MINUTE / 60))
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
        inputs.append(_level(selector(recorded.DCGM, {**other, **moved}), 50))
        idle = {**other, "exported_namespace": one.namespace, "exported_pod": "of-another"}
        inputs.append(_level(selector(recorded.DCGM, idle), 0))
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


def _case(name: str, inputs: Sequence[Series], alerts_: Sequence[Data]) -> dict[str, Data]:
    return {"name": name, "interval": "1m", "input_series": inputs, "alert_rule_test": alerts_}


def _expected(alert: Alert, *, fires: bool, value: float | None = None) -> dict[str, Data]:
    """Return that ``alert`` fires, or does not; ``value`` is what it says was missed."""
    annotations = dict(alert.annotations)
    if value is not None and "missed" in annotations:
        annotations["missed"] = f"{number(float(f'{100 * value:.4g}'))}%"
    firing: dict[str, Data] = {
        "exp_labels": alert.all_labels,
        "exp_annotations": {name: _shown(text) for name, text in annotations.items()},
    }
    return {"eval_time": AT, "alertname": alert.name, "exp_alerts": [firing] if fires else []}


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
