"""What a planner would have chosen by the predictions, and whether it was right.

Of the configurations of one group (model, accelerator, engine, format and lengths) the one with the
highest predicted throughput of an accelerator is taken whose predicted TPOT keeps a limit, at the
upper end of its interval. Its measured TPOT says whether the limit was kept, its measured
throughput what was given away.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inferc.compiler.calibration.exclusions import excluded
from inferc.compiler.calibration.measurements import Conditions, Measurement
from inferc.compiler.calibration.values import Prediction, Span

LIMITS_S = (0.010, 0.015, 0.020, 0.030, 0.050, 0.100)
"""On TPOT."""


class Choice(NamedTuple):
    """The configuration that was chosen in a group under a limit."""

    kept: bool
    """Whether what was measured keeps the limit."""
    delivered: float
    """Its measured throughput over that of the best configuration that keeps the limit."""


class _Candidate(NamedTuple):
    """A configuration as it was predicted and as it was measured."""

    upper_s: float
    """Of the predicted TPOT."""
    promised: float
    """Predicted tokens a second and accelerator."""
    tpot_s: float
    delivered: float
    """Measured tokens a second and accelerator."""


def choices(pairs: Sequence[tuple[Measurement, Prediction]]) -> list[Choice]:
    """Return what would have been chosen in each group under each limit.

    Groups of one configuration, and limits that no prediction keeps, leave nothing to choose. Where
    none keeps the limit in truth, whatever is chosen is wrong.
    """
    groups: dict[tuple[object, ...], list[_Candidate]] = defaultdict(list)
    for row, prediction in pairs:
        for candidate in _candidate(row, prediction):
            groups[_group(row.conditions)].append(candidate)
    return [
        choice
        for candidates in groups.values()
        if len(candidates) > 1
        for limit_s in LIMITS_S
        for choice in _choose(candidates, limit_s)
    ]


def _group(row: Conditions) -> tuple[object, ...]:
    return (row.source, row.model, row.gpu, row.engine, row.weights, row.isl_tok, row.osl_tok)


def _candidate(row: Measurement, prediction: Prediction) -> Iterator[_Candidate]:
    """Yield a closed-loop configuration with both figures."""
    conditions, tpot_s = row.conditions, row.measured.tpot_s
    predicted = prediction.values.get("tpot")
    if conditions.load != "closed_loop" or not tpot_s or predicted is None:
        return
    if excluded(conditions, "tpot") is not None or not conditions.concurrency:
        return
    per_accelerator = conditions.concurrency / (conditions.gpus or 1)
    yield _Candidate(
        upper_s=predicted.high,
        promised=per_accelerator / _between_tokens_s(predicted.value, prediction, conditions),
        tpot_s=tpot_s,
        delivered=per_accelerator
        / (tpot_s + (row.measured.ttft_s or 0.0) / (conditions.osl_tok or 1.0)),
    )


def _between_tokens_s(tpot_s: float, prediction: Prediction, row: Conditions) -> float:
    """Return the time of a request for each of its tokens, the first one included."""
    first: Span | None = prediction.values.get("ttft")
    return tpot_s + (first.value if first else 0.0) / (row.osl_tok or 1.0)


def _choose(candidates: Sequence[_Candidate], limit_s: float) -> Iterator[Choice]:
    promising = [item for item in candidates if item.upper_s <= limit_s]
    keeping = [item.delivered for item in candidates if item.tpot_s <= limit_s]
    if promising:
        chosen = max(promising, key=lambda item: item.promised)
        best = max(keeping, default=0.0)
        delivered = min(1.0, chosen.delivered / best) if best else 0.0
        yield Choice(chosen.tpot_s <= limit_s, delivered)
