"""Lines of an SLA as something that can be measured: which histogram, which bucket and budget."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inferc.compiler.model import Objective
from inferc.compiler.plan import Margin
from inferc.compiler.units import from_unit
from inferc.compiler.wording.amounts import line_amount, line_name
from inferc.targets.monitoring.engine_metrics import EngineMetrics, Histogram, Summary

PERIOD_S = from_unit(30.0, "d")
"""Over which the budget of errors is counted where a line does not say: four weeks and a bit."""

TOLERANCE = 1e-9
"""Two bounds that differ by less are the same number, written in two ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A limit of a latency, as a histogram can show it."""

    id: str
    """``p95-ttft``: unique within its service."""
    title: str
    """``p95 ttft <= 500 ms``."""
    objective: Objective
    expected: float
    """As the plan has it."""
    histogram: Histogram
    lower: float
    """The highest bound of a bucket that the limit does not lie below."""
    upper: float | None
    """The next bound, where the share between the two counts; None where ``lower`` decides."""

    @property
    def limit(self) -> float:
        """The limit, in seconds."""
        return self.objective.limit.value

    @property
    def budget(self) -> float | None:
        """The share of requests that may take longer; None for a limit of the mean."""
        share = self.objective.percentile
        return None if share is None else 1.0 - share

    @property
    def period_s(self) -> float:
        """The time over which that share is counted."""
        return self.objective.over_s or PERIOD_S

    @property
    def exact(self) -> bool:
        """Whether the limit itself is the bound of a bucket."""
        return abs(self.limit - self.lower) <= TOLERANCE * self.limit

    @property
    def weight(self) -> float:
        """The share of the bucket between the two bounds that lies below the limit."""
        if self.upper is None:
            return 0.0
        return (self.limit - self.lower) / (self.upper - self.lower)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """A limit of a percentile that the engine works out itself."""

    id: str
    title: str
    objective: Objective
    expected: float
    summary: Summary
    quantile: float

    @property
    def limit(self) -> float:
        """The limit, in seconds."""
        return self.objective.limit.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of another kind: of throughput, of cost, of cold starts."""

    id: str
    title: str
    objective: Objective
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """A line that nothing can be said about from outside, and why."""

    title: str
    objective: Objective
    reason: str


def read(
    margins: Sequence[Margin], metrics: EngineMetrics, engine: str
) -> tuple[Latency | Quantile | Line | Unwatched, ...]:
    """Return every line of an SLA with what is needed to watch it; ``engine`` is its title."""
    return tuple(_read(margins, metrics, engine))


def _read(
    margins: Sequence[Margin], metrics: EngineMetrics, engine: str
) -> Iterator[Latency | Quantile | Line | Unwatched]:
    taken: dict[str, int] = {}
    for margin in margins:
        line = margin.objective
        plain = line_name(line).replace(" ", "-").replace(".", "-")
        count = taken[plain] = taken.get(plain, 0) + 1
        name = plain if count == 1 else f"{plain}-{count}"
        title = f"{line_name(line)} {line.operator} {line_amount(line.limit.value, line)}"
        if line.metric in {"throughput", "cost"} or line.condition == "cold":
            yield Line(id=name, title=title, objective=line, expected=margin.predicted)
            continue
        summary = metrics.summaries.get(line.metric)
        if summary is not None and line.percentile in summary.quantiles:
            yield Quantile(
                id=name,
                title=title,
                objective=line,
                expected=margin.predicted,
                summary=summary,
                quantile=line.percentile,
            )
            continue
        yield _latency(margin, name, title, metrics, engine)


def _latency(
    margin: Margin, name: str, title: str, metrics: EngineMetrics, engine: str
) -> Latency | Unwatched:
    line = margin.objective
    histogram = metrics.histograms.get(line.metric)
    if histogram is None:
        reason = f"{engine} has no histogram of {line.metric} that is known"
        return Unwatched(title=title, objective=line, reason=reason)
    limit = line.limit.value
    place = bisect_right(histogram.bounds, limit * (1.0 + TOLERANCE))
    if place == 0 and line.percentile is not None:
        least = line_amount(histogram.bounds[0], line)
        reason = f"the lowest bucket of {engine}'s histogram ends at {least}, above the limit"
        return Unwatched(title=title, objective=line, reason=reason)
    lower = histogram.bounds[max(place - 1, 0)]
    between = lower < margin.predicted <= limit and place < len(histogram.bounds)
    return Latency(
        id=name,
        title=title,
        objective=line,
        expected=margin.predicted,
        histogram=histogram,
        lower=lower,
        upper=histogram.bounds[place] if between and lower < limit else None,
    )
