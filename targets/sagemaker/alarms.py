"""Alarms: one for each line of the SLA that CloudWatch has a metric for, and one for failures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from inferc.compiler.model import Objective
from inferc.compiler.plan import ServicePlan
from inferc.compiler.units import to_unit

NAMESPACE: Final = "AWS/SageMaker"
FAILING_SHARE: Final = 0.01
"""Of requests: more of them than one in a hundred fail."""
MINUTES: Final = 5
"""An alarm looks at so many minutes, of which most must be bad."""
BAD_MINUTES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm on a metric of an endpoint, looked at by the minute."""

    name: str
    metric: str
    statistic: str
    """``Average``, ``Maximum``, ``Sum``, or a percentile: ``p95``."""
    threshold: float
    """In the unit of the metric."""
    text: str
    undoes: bool
    """Whether an update that sets it off is undone."""

    @property
    def percentile(self) -> str:
        """The percentile; empty for any other statistic."""
        return self.statistic if self.statistic.startswith("p") else ""


def alarms_of(plan: ServicePlan, kind: str) -> tuple[Alarm, ...]:
    """Return the alarms of a service, by name."""
    queued = kind == "asynchronous"
    found: dict[str, Alarm] = {}
    for margin in plan.margins:
        alarm = _line(margin.objective, queued=queued)
        if alarm is not None:
            found[alarm.name] = alarm
    failing = _queued_failures() if queued else _failures()
    return (*(found[name] for name in sorted(found)), failing)


def unwatched(plan: ServicePlan) -> Iterator[Objective]:
    """Yield the lines of the SLA that no metric of SageMaker's tells of."""
    for margin in plan.margins:
        if _line(margin.objective, queued=False) is None:
            yield margin.objective


def _line(line: Objective, *, queued: bool) -> Alarm | None:
    """Return the alarm for a line about whole answers; None for one that no metric tells of.

    SageMaker sees answers, not tokens: the first token and the pace of others stay inside the
    container. ``ModelLatency`` is in microseconds, ``TotalProcessingTime`` in milliseconds.
    """
    if line.metric != "e2e" or line.operator not in {"<", "<="}:
        return None
    statistic = "Average" if line.percentile is None else f"p{line.percentile * 100:g}"
    unit = "ms" if queued else "us"
    share = "mean" if line.percentile is None else f"p{line.percentile * 100:g}"
    return Alarm(
        name=f"e2e-{share.replace('.', '-')}" + ("" if line.hard else "-preferred"),
        metric="TotalProcessingTime" if queued else "ModelLatency",
        statistic=statistic,
        threshold=round(to_unit(line.limit.value, unit), 3),
        text=f"{share} of whole answers is later than the SLA says, {line.limit.value:g} s",
        undoes=line.hard,
    )


def _failures() -> Alarm:
    return Alarm(
        name="failures",
        metric="Invocation5XXErrors",
        statistic="Average",
        threshold=FAILING_SHARE,
        text="more than one request in a hundred fails",
        undoes=True,
    )


def _queued_failures() -> Alarm:
    return Alarm(
        name="failures",
        metric="InvocationFailures",
        statistic="Sum",
        threshold=0.0,
        text="requests of the queue fail",
        undoes=True,
    )
