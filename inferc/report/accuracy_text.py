"""A score for people: what is right, what is wrong, and where it is worst."""

from typing import TYPE_CHECKING

from inferc.compiler.units import show
from inferc.compiler.wording.amounts import plural
from inferc.report.layout import Cell, Paint, heading, table, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inferc.compiler.calibration import Beside, Figure, Score

NAMES = {
    "ttft": "time to first token",
    "tpot": "time per output token",
    "throughput": "throughput",
}

BAD = 0.30
"""From this median error on a slice is marked."""

HONEST = (0.75, 0.85)
"""Where the coverage of an 80 % interval should lie."""

NOTHING = "-"


def render_score(
    score: "Score",
    slices: "Mapping[str, Mapping[str, Score]]",
    *,
    peer: "Mapping[str, Beside] | None" = None,
    title: str = "",
    color: bool = False,
) -> str:
    """Return a score as text, then each grouping of the rows with its worst slices first."""
    paint = Paint(color)
    blocks = [
        _head(score, title, paint),
        _peer(peer or {}, paint),
        *(_slices(by, groups, paint) for by, groups in slices.items()),
        _skipped(score, paint),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(score: "Score", title: str, paint: Paint) -> list[str]:
    rows: list[tuple[Cell, ...]] = [
        ("", *((name, "dim") for name in ("rows", "median", "mean", "bias", "in 80 %", "width")))
    ]
    rows += [_figure_row(name, score.figures[name]) for name in NAMES if name in score.figures]
    lines = [
        f"{paint(title, 'bold')}{': ' if title else ''}{plural(score.rows, 'row')}",
        "",
        heading("error of the predictions", paint),
        *table(rows, paint, indent=4, right=(1, 2, 3, 4, 5, 6)),
    ]
    if score.sla_meet_rate is not None:
        met = show(score.sla_meet_rate, "ratio")
        text = f"the choice under a TPOT limit met it in {met} of the cases"
        if score.delivered_ratio is not None:
            delivered = show(score.delivered_ratio, "ratio")
            text += f", with {delivered} of the throughput of the best that did"
        lines += wrap(text, indent=4)
    return lines


def _figure_row(name: str, figure: "Figure") -> tuple[Cell, ...]:
    return (
        NAMES[name],
        f"{figure.n:,}",
        _error(figure.median_ape),
        _share(figure.mean_ape),
        _signed(figure.bias),
        _coverage(figure.coverage80),
        NOTHING if figure.width80 is None else show(figure.width80, "factor"),
    )


def _peer(found: "Mapping[str, Beside]", paint: Paint) -> list[str]:
    """Return the errors of another tool's predictions, which the details hold, on the same rows."""
    if not found:
        return []
    rows: list[tuple[Cell, ...]] = [
        ("", *((name, "dim") for name in ("rows", "here", "the other tool", "nearer here")))
    ]
    rows += [
        (NAMES[metric], f"{item.n:,}", _share(item.ours), _share(item.theirs), _share(item.nearer))
        for metric, item in found.items()
    ]
    title = "beside the predictions that the details hold, median on the same rows"
    return [heading(title, paint), *table(rows, paint, indent=4, right=(1, 2, 3, 4))]


def _slices(by: str, groups: "Mapping[str, Score]", paint: Paint) -> list[str]:
    """Return the groups of rows by one of their properties, the worst first."""
    ordered = sorted(groups, key=lambda name: (-_worst(groups[name]), name))
    rows: list[tuple[Cell, ...]] = [
        (
            "",
            *(cell for name in NAMES for cell in ((name, "dim"), ("rows", "dim"), ("bias", "dim"))),
        )
    ]
    for name in ordered:
        figures = groups[name].figures
        cells = [cell for metric in NAMES for cell in _cells(figures.get(metric))]
        rows.append((name or NOTHING, *cells))
    title = f"by {by}, the worst first"
    return [heading(title, paint), *table(rows, paint, indent=4, right=range(1, 10))]


def _cells(figure: "Figure | None") -> tuple[Cell, Cell, Cell]:
    if figure is None or not figure.n:
        return ("", "", "")
    return (_error(figure.median_ape), f"{figure.n:,}", _signed(figure.bias))


def _worst(score: "Score") -> float:
    """Return the largest median error of a slice."""
    errors = [figure.median_ape for figure in score.figures.values() if figure.n]
    return max((error for error in errors if error is not None), default=-1.0)


def _skipped(score: "Score", paint: Paint) -> list[str]:
    if not score.skipped:
        return []
    from inferc.compiler.calibration import EXCLUSIONS

    because = {rule.name: rule.reason for rule in EXCLUSIONS}
    rows: list[Sequence[Cell]] = [
        (f"{count:,}", reason, (because.get(reason, ""), "dim"))
        for reason, count in sorted(score.skipped.items(), key=lambda item: (-item[1], item[0]))
    ]
    return [heading("not scored", paint), *table(rows, paint, indent=4, right=(0,))]


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"


def _error(value: float | None) -> Cell:
    """Return an error, marked where it is large."""
    return (f"{_share(value)} !", "red") if value is not None and value > BAD else _share(value)


def _signed(value: float | None) -> str:
    return NOTHING if value is None else f"{value:+.1%}"


def _coverage(value: float | None) -> Cell:
    """Return how many rows lie inside their interval, marked where it is not honest."""
    if value is None:
        return NOTHING
    low, high = HONEST
    return _share(value) if low <= value <= high else (f"{_share(value)} !", "yellow")
