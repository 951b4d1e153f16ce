"""What an SLA line may constrain, with its dimension."""

from typing import Literal

from inferc.compiler.schema.spec import Metric, Status
from inferc.compiler.units import (
    COST_RATE,
    IMG,
    NUMBER,
    RATE,
    TIME,
    TOK,
    TOK_RATE,
    USD,
    Dimension,
)


def _metric(
    name: str,
    doc: str,
    *dimensions: Dimension,
    percentile: bool = True,
    better: Literal["lower", "higher"] = "lower",
    status: Status = "supported",
) -> Metric:
    return Metric(
        name=name,
        dimensions=dimensions,
        doc=doc,
        percentile=percentile,
        better=better,
        status=status,
    )


METRICS: tuple[Metric, ...] = (
    _metric("ttft", "Time to first token: from the request to the first token.", TIME),
    _metric("itl", "Inter-token latency: the wait between two tokens.", TIME),
    _metric("tpot", "Time per output token, over the whole answer.", TIME),
    _metric("e2e", "End to end: from the request to the last token.", TIME),
    _metric(
        "throughput",
        "Work done in time.",
        TOK_RATE,
        RATE,
        IMG / TIME,
        percentile=False,
        better="higher",
    ),
    _metric("latency", "From a request to its answer, of a network: it answers at once.", TIME),
    _metric("completion", "Time until a queued request is done.", TIME, status="later"),
    _metric(
        "availability",
        "Share of requests that are answered.",
        NUMBER,
        percentile=False,
        better="higher",
        status="later",
    ),
    _metric("error_rate", "Share that fails.", NUMBER, percentile=False, status="later"),
    _metric(
        "cold_share",
        "Share of requests that meet a cold start.",
        NUMBER,
        percentile=False,
    ),
    _metric(
        "score", "A measure of quality.", NUMBER, percentile=False, better="higher", status="later"
    ),
    _metric("drift", "A change of the input.", NUMBER, percentile=False, status="later"),
    _metric("cost", "Money: in time, or for a token.", COST_RATE, USD / TOK, percentile=False),
)
