"""Alerts of a service: one or two for each line of its SLA, and some for what no line says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil

from inferc.compiler.units import percent, show, to_unit
from inferc.compiler.wording.amounts import line_amount
from inferc.targets.base import Data
from inferc.targets.monitoring import recorded
from inferc.targets.monitoring.burn import Burn, burns
from inferc.targets.monitoring.lines import Latency, Line, Quantile
from inferc.targets.monitoring.promql import number
from inferc.targets.monitoring.watched import Watched

CRITICAL, WARNING, INFO = "critical", "warning", "info"
"""Wake somebody; tell somebody; keep it for whoever looks. The words of kube-prometheus-stack."""

FAST, SLOW = "InfercSlaFastBurn", "InfercSlaSlowBurn"
"""That a line is missed so much that somebody must come; that it will not hold for long."""

KV_FULL = 0.95
"""Of the KV cache: from here on requests are preempted or wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alerting rule."""

    name: str
    expression: str
    wait: str
    """How long the expression must hold."""
    severity: str
    labels: Mapping[str, str]
    summary: str
    description: str
    more: Mapping[str, str] = field(default_factory=dict[str, str])
    """Annotations with templates of the compiler's own."""

    @property
    def all_labels(self) -> dict[str, str]:
        """Every label of the alert, beside its name."""
        return {**self.labels, "severity": self.severity}

    @property
    def annotations(self) -> dict[str, str]:
        """What people read; a name is never taken for a template."""
        texts = {"summary": self.summary, "description": self.description}
        return {**{name: literal(text) for name, text in texts.items()}, **self.more}

    def document(self) -> dict[str, Data]:
        """Return the rule as Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.wait,
            "labels": self.all_labels,
            "annotations": self.annotations,
        }


def literal(text: str) -> str:
    """Return ``text`` such that Prometheus shows it as it is: braces begin its templates."""
    return text.replace("{{", '{{ "{{" }}')


def alerts(one: Watched) -> tuple[Alert, ...]:
    """Return every alert of a service."""
    return tuple(_alerts(one))


def _alerts(one: Watched) -> Iterator[Alert]:
    for line in one.latencies:
        yield from _misses(one, line) if line.budget is not None else _mean(one, line)
    for quantile in one.quantiles:
        yield _quantile(one, quantile)
    for other in one.others:
        yield from _other(one, other)
    yield from _down(one)
    yield from _full(one)
    yield from _slow_start(one)


def _misses(one: Watched, line: Latency) -> Iterator[Alert]:
    hard = line.objective.hard
    found = burns(line.budget or 0.0, line.period_s)
    for fast, name, wait in (
        (True, FAST, "2m"),
        (False, SLOW, "15m"),
    ):
        steps = [step for step in found if step.fast is fast]
        if not steps or (fast and not hard):
            continue  # nobody is woken for a wish
        severity = (CRITICAL if fast else WARNING) if hard else INFO
        what = "is being missed" if fast else "will not hold"
        yield Alert(
            name=name,
            expression="\nor\n".join(_burning(one, line, step) for step in steps),
            wait=wait,
            severity=severity,
            labels={**one.own_labels, "sla": line.id},
            summary=f"{one.name}: {line.title} {what}",
            description=_words(line, steps),
            more={"missed": "{{ $value | humanizePercentage }}"},
        )


def _burning(one: Watched, line: Latency, step: Burn) -> str:
    windows = (
        f"{one.recorded(recorded.MISSES + window, sla=line.id)} > {number(step.threshold)}"
        for window in (step.long, step.short)
    )
    return f"({' and '.join(windows)})"


def _words(line: Latency, steps: list[Burn]) -> str:
    """Return what the alert means, and what it rests on."""
    budget = percent(line.budget or 0.0)
    when = " or ".join(f"{percent(step.threshold)} in {step.long}" for step in steps)
    return (
        f"{budget} of the requests may miss the limit; told from {when} on. "
        f"{bucket_words(line)} The plan expects {line_amount(line.expected, line.objective)}."
    )


def bucket_words(line: Latency) -> str:
    """Return which bucket decides, where it is not the limit's own."""
    series = line.histogram.series
    metric = line.objective.metric
    stand_in = "" if line.histogram.measures == metric else f" (the nearest to {metric})"
    lower = line_amount(line.lower, line.objective)
    if line.exact:
        return f"Counted by the bucket of {lower} of {series}{stand_in}."
    if line.upper is None:
        return (
            f"{series}{stand_in} has no bucket of {line_amount(line.limit, line.objective)}: the "
            f"next lower one decides, {lower}, so the alert may come before the limit is missed."
        )
    upper = line_amount(line.upper, line.objective)
    return (
        f"{series}{stand_in} has no bucket of {line_amount(line.limit, line.objective)}, and the "
        f"plan lies between the limit and the next lower one: requests between {lower} and {upper} "
        f"count as spread evenly, {percent(line.weight)} of them as in time."
    )


def _mean(one: Watched, line: Latency) -> Iterator[Alert]:
    limits = (
        f"{one.recorded(name, metric=line.histogram.measures)} > {number(line.limit)}"
        for name in (recorded.MEAN_LONG, recorded.MEAN)
    )
    yield Alert(
        name="InfercSlaMeanMissed",
        expression=" and ".join(limits),
        wait="5m",
        severity=WARNING if line.objective.hard else INFO,
        labels={**one.own_labels, "sla": line.id, "metric": line.histogram.measures},
        summary=f"{one.name}: {line.title} is missed",
        description="The mean of an hour and that of five minutes are above the limit. The plan "
        f"expects {line_amount(line.expected, line.objective)}.",
    )


def _quantile(one: Watched, line: Quantile) -> Alert:
    name, metric = number(line.quantile), line.objective.metric
    found = one.recorded(recorded.LATENCY, metric=metric, quantile=name)
    return Alert(
        name="InfercSlaQuantileMissed",
        expression=f"{found} > {number(line.limit)}",
        wait="15m",
        severity=CRITICAL if line.objective.hard else INFO,
        labels={**one.own_labels, "sla": line.id, "metric": metric, "quantile": name},
        summary=f"{one.name}: {line.title} is missed",
        description="The slowest replica has been above the limit for a quarter of an hour. "
        f"{one.engine.title} works out percentiles itself, over the last minute. The plan "
        f"expects {line_amount(line.expected, line.objective)}.",
    )


def _other(one: Watched, line: Line) -> Iterator[Alert]:
    match line.objective.metric:
        case "throughput":
            yield from _throughput(one, line)
        case "cost":
            yield from _cost(one, line)
        case _:
            return


def _throughput(one: Watched, line: Line) -> Iterator[Alert]:
    of_requests = line.objective.counts == "req" or not one.metrics.output_tokens
    name = recorded.REQUESTS if of_requests else recorded.OUTPUT_TOKENS
    if not one.metrics.waiting:
        return
    low = f"{one.recorded(name)} < {number(line.objective.limit.value)}"
    yield Alert(
        name="InfercThroughputLow",
        expression=f"{low} and {one.recorded(recorded.WAITING)} > 0",
        wait="15m",
        severity=WARNING if line.objective.hard else INFO,
        labels={**one.own_labels, "sla": line.id},
        summary=f"{one.name}: {line.title} is missed",
        description="Less is done than the SLA says although requests wait. The plan can carry "
        f"{line_amount(line.expected, line.objective)}.",
    )


def _cost(one: Watched, line: Line) -> Iterator[Alert]:
    if one.replica_usd_per_h is None or line.objective.budget_usd_per_s is not None:
        return
    each_token = line.objective.counts == "tok"
    limit = line.objective.limit.value
    if each_token and not (one.metrics.prompt_tokens and one.metrics.output_tokens):
        return
    name = recorded.TOKEN_COST if each_token else recorded.COST
    most = limit if each_token else to_unit(limit, "$/h")
    yield Alert(
        name="InfercCostHigh",
        expression=f"{one.recorded(name)} > {number(most)}",
        wait="1h",
        severity=WARNING if line.objective.hard else INFO,
        labels={**one.own_labels, "sla": line.id},
        summary=f"{one.name}: {line.title} is missed",
        description="At the price of the plan's accelerators. The plan expects "
        f"{line_amount(line.expected, line.objective)}.",
    )


def _down(one: Watched) -> Iterator[Alert]:
    yield Alert(
        name="InfercServiceDown",
        expression=f"absent({one.series('up')} == 1)",
        wait="5m",
        severity=CRITICAL,
        labels=one.own_labels,
        summary=f"{one.name}: no replica answers",
        description="Prometheus reaches none of the service's replicas.",
    )
    if not one.metrics.running:
        return
    lost = f"{one.recorded(recorded.REPLICAS)} > 0 unless {one.recorded(recorded.RUNNING)}"
    yield Alert(
        name="InfercMetricsLost",
        expression=lost,
        wait="10m",
        severity=WARNING,
        labels=one.own_labels,
        summary=f"{one.name}: the engine's metrics are lost",
        description=f"Replicas answer, and {one.metrics.running} is not there: the engine is of "
        "another release than planned, or its metrics are off. No alert about the SLA can fire.",
    )


def _full(one: Watched) -> Iterator[Alert]:
    if one.metrics.waiting:
        scale = one.plan.autoscale
        each = scale.threshold if scale.signal == "waiting" else 1.0
        yield Alert(
            name="InfercQueueGrows",
            expression=f"{one.recorded(recorded.WAITING)} > {number(each * one.most_replicas)}",
            wait="15m",
            severity=WARNING,
            labels=one.own_labels,
            summary=f"{one.name}: more requests wait than all replicas can work off",
            description=f"{one.most_replicas} replicas are the most that are planned. If the load "
            "has grown, state it in the file and compile again.",
        )
    if one.metrics.kv_usage:
        yield Alert(
            name="InfercKvCacheFull",
            expression=f"{one.recorded(recorded.KV_USAGE)} > {number(KV_FULL)}",
            wait="15m",
            severity=WARNING,
            labels=one.own_labels,
            summary=f"{one.name}: the KV cache of a replica is full",
            description="Requests are preempted or wait for memory: prompts and answers are "
            "longer, or more at a time, than planned.",
        )


def _slow_start(one: Watched) -> Iterator[Alert]:
    if not one.on_kubernetes:
        return
    limits = [
        line.objective.limit.value for line in one.others if line.objective.condition == "cold"
    ]
    most = min([one.start_s, *limits])
    yield Alert(
        name="InfercStartSlow",
        expression=f"{one.recorded(recorded.START_S)} > {ceil(most)}",
        wait="0m",
        severity=WARNING,
        labels=one.own_labels,
        summary=f"{one.name}: a replica took longer to start than planned",
        description=f"Planned are {show(one.plan.load_time_s, 'time')} with the weights in place, "
        f"and it is told from {show(most, 'time')} on. Scaling up comes later by as much.",
    )
