"""How far predictions are from what was measured."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import NamedTuple

from inferc.compiler.calibration.choice import choices
from inferc.compiler.calibration.exclusions import excluded
from inferc.compiler.calibration.intervals import kind_of
from inferc.compiler.calibration.measurements import Measured, Measurement
from inferc.compiler.calibration.values import METRICS, Figure, Prediction, Score, Span

SLICES = ("engine", "gpu", "load", "model", "source", "stat", "weights")
"""What rows can be grouped by."""

Pairs = Sequence[tuple[Measurement, Prediction]]


class Compared(NamedTuple):
    """One measured figure beside its prediction."""

    measured: float
    predicted: Span


def score(measurements: Sequence[Measurement], predictions: Sequence[Prediction]) -> Score:
    """Return the score of ``predictions``, one for each measurement, in the same order."""
    pairs = list(zip(measurements, predictions, strict=True))
    chosen = choices(pairs)
    met = [choice for choice in chosen if choice.kept]
    return Score(
        rows=len(pairs),
        figures={metric: _figure(list(compared(pairs, metric))) for metric in METRICS},
        sla_meet_rate=len(met) / len(chosen) if chosen else None,
        delivered_ratio=fmean(choice.delivered for choice in met) if met else None,
        skipped=dict(sorted(_skipped(pairs).items())),
    )


def slices(
    measurements: Sequence[Measurement], predictions: Sequence[Prediction], by: str
) -> Mapping[str, Score]:
    """Return the score of each group of rows that share what ``by`` names."""
    groups: dict[str, list[tuple[Measurement, Prediction]]] = defaultdict(list)
    for pair in zip(measurements, predictions, strict=True):
        groups[_value(pair[0], by)].append(pair)
    return {
        name: score([row for row, _ in pairs], [item for _, item in pairs])
        for name, pairs in sorted(groups.items())
    }


def _value(row: Measurement, by: str) -> str:
    found = getattr(row.conditions, by)
    return str(found) or "unknown"


def compared(pairs: Pairs, metric: str) -> Iterable[Compared]:
    """Yield measured beside predicted where there is both and no rule leaves the row out."""
    for row, prediction in pairs:
        found = comparison(row, prediction, metric)
        if found is not None and excluded(row.conditions, metric) is None:
            yield found


def comparison(row: Measurement, prediction: Prediction, metric: str) -> Compared | None:
    """Return measured beside predicted, or None where one of them is missing.

    Throughput is that of output tokens, else that of all tokens. Under a load with a given rate it
    is that rate, and says nothing.
    """
    for name, measured in _figures(row.measured, metric):
        predicted = prediction.values.get(name)
        if measured and predicted is not None:
            if metric == "throughput" and kind_of(row.conditions.load) == "open":
                return None
            return Compared(measured, predicted)
    return None


def _figures(measured: Measured, metric: str) -> tuple[tuple[str, float | None], ...]:
    match metric:
        case "ttft":
            return (("ttft", measured.ttft_s),)
        case "tpot":
            return (("tpot", measured.tpot_s),)
        case _:
            return (
                ("output_tok", measured.output_tok_per_s),
                ("total_tok", measured.total_tok_per_s),
            )


def _figure(found: Sequence[Compared]) -> Figure:
    if not found:
        return Figure(n=0, median_ape=None, mean_ape=None, bias=None, coverage80=None)
    signed = [item.predicted.value / item.measured - 1.0 for item in found]
    errors = [abs(error) for error in signed]
    inside = [item.predicted.low <= item.measured <= item.predicted.high for item in found]
    return Figure(
        n=len(found),
        median_ape=median(errors),
        mean_ape=fmean(errors),
        bias=median(signed),
        coverage80=sum(inside) / len(inside),
        width80=median(item.predicted.high / item.predicted.low for item in found),
    )


def _skipped(pairs: Pairs) -> Counter[str]:
    """Return why rows are in none of the figures."""
    reasons: Counter[str] = Counter()
    for row, prediction in pairs:
        if prediction.skipped:
            reasons[prediction.skipped] += 1
            continue
        open_figures = [m for m in METRICS if comparison(row, prediction, m) is not None]
        if not open_figures:
            reasons["nothing was measured that is predicted"] += 1
            continue
        rules = [excluded(row.conditions, metric) for metric in open_figures]
        if all(rule is not None for rule in rules) and rules[0] is not None:
            reasons[rules[0].name] += 1
    return reasons
