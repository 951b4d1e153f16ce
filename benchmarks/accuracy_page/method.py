"""What was fitted and how, and how to do it again."""

from collections.abc import Mapping

from accuracy_page.markdown import NONE, count, plural, prose, table, times
from inferc.compiler.calibration import Calibration
from inferc.compiler.perf.coefficients import FITTED, Coefficient
from inferc.compiler.units import show

METHOD = """\
1. A row's model, accelerator and engine are looked up in the catalog; flags that its source gives
   are read, others are the stated default of that engine version or of that source's own scripts.
2. Its protocol is replayed: number of requests, initial burst, spread of lengths, rate,
   client, mean or median. A static batch starts together, a burst asks for everything at once.
3. The engine is simulated from event to event with the step times of the performance model: FLOP
   and bytes of every operator over the data sheet's peaks, and the coefficients above.
4. The fit changes those coefficients alone: one value for everyone, a factor for each engine and
   for each architecture of accelerators, nothing for a row, a model or a GPU.
5. Every factor is drawn towards 1 and every value towards what physics says (partial pooling): the
   standard deviations of the logarithm are 0.7 for a value, 0.5 for an engine's factor and 0.3 for
   an architecture's. No efficiency above 1 is possible, however well it fits.
6. Rows count by the root of their number in a slice of one source, server and model, since they
   repeat each other; of more than 40 (25 where something is left out) an even sample is used.
   Outliers count less (Cauchy loss).
7. Simulation and fit alternate twice, since step times change which steps there are.
8. To leave something out is to fit again from nothing, which does not know what the fit to all rows
   found, and to predict what was left out. {folds}
9. Intervals are quantiles of the residuals of rows that were left out, by kind of load and by what
   an estimate rests on (conformal prediction).
10. Seeds are fixed: the same tables give the same page. No prediction reads a measured column."""


def method(folds: int) -> str:
    """Return how it was done."""
    each = (
        f"There are {folds} fits for each column: each leaves out\n   one of {folds} shares of the "
        "groups (every cell, every family, …), so that a group is predicted by\n   a fit that saw "
        f"neither it nor the other groups of its share."
        if folds
        else "Each group has a fit of its own."
    )
    return METHOD.format(folds=each)


AGAIN = """\
The measurements are not part of inferc. With the three tables in a folder `DIR`:

```bash
python benchmarks/accuracy.py --data DIR --keep KEEP
python benchmarks/accuracy.py --data DIR --keep KEEP --only cell,family
python benchmarks/accuracy.py --data DIR --keep KEEP --render
inferc accuracy DIR/llm_serving.csv --by gpu,engine --leave-out model
```

The first fits, writes `stdlib/catalog/calibration/published.infer`, leaves out one thing after the
other in six fits (`--folds`) and writes this page; that takes about an hour and a half of one core.
`--only` does a part of it, `--keep` holds what was predicted, `--render` writes the page again from
that, and `--quick 400` tries it all on a few rows."""


def coefficients(calibration: Calibration) -> str:
    """Return the fitted values, and the factors of engines and architectures on them."""
    text = prose(f"""
Fitted to {plural(calibration.rows, "row")}, as of {calibration.fitted or "an unknown day"}.
*Fitted* holds for everyone; an engine's and an architecture's factor multiply it, and the product
stays within the physical range. *Before* is what held without any fit.""")
    parts = [text, _typical(calibration)]
    parts += ["Factors of engines:", _factors(calibration.engines)]
    parts += ["Factors of architectures:", _factors(calibration.architectures)]
    parts += ["Factors to the ends of the intervals, and the residuals behind them:"]
    parts += [_intervals(calibration)]
    return "\n\n".join(part for part in parts if part)


def _typical(calibration: Calibration) -> str:
    head = ("coefficient", "what it is", "fitted", "before", "range")
    return table(
        head,
        [
            (
                f"`{item.name}`",
                item.doc,
                _amount(calibration.typical.get(item.name, item.typical), item),
                _amount(item.typical, item),
                f"{_amount(item.low, item)} to {_amount(item.high, item)}",
            )
            for item in FITTED
        ],
        texts=2,
    )


def _amount(value: float, item: Coefficient) -> str:
    match item.unit:
        case "s" | "s/tok":
            return show(value, "time") if value else "0"
        case "tok":
            return f"{value:.0f}"
        case _:
            return f"{value:.2f}"


def _factors(of: Mapping[str, Mapping[str, float]]) -> str:
    owners = sorted(of)
    lines = []
    for item in FITTED:
        if any(item.name in of[owner] for owner in owners):
            cells = (of[owner].get(item.name) for owner in owners)
            lines.append((f"`{item.name}`", *(times(one) if one else NONE for one in cells)))
    return table(("coefficient", *owners), lines) if owners else NONE


def _intervals(calibration: Calibration) -> str:
    return table(
        ("cases", "low", "high", "residuals"),
        [
            (name.replace("_", " "), times(one["low"]), times(one["high"]), count(int(one["rows"])))
            for name, one in sorted(calibration.intervals.items())
        ],
    )
