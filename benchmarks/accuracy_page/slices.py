"""The same errors by engine, GPU, load, model, source and format; and where they are worst."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from accuracy_page.cases import Case, Errors, errors_of
from accuracy_page.goals import HONEST, LEFT_OUT, METRICS, widths
from accuracy_page.markdown import (
    NONE,
    count,
    folded,
    percent,
    prose,
    sentence,
    signed,
    table,
    times,
)
from accuracy_page.reasons import UNEXPLAINED, reasons
from accuracy_page.study import FEWEST, Study

BY = ("engine", "gpu", "load", "model", "source", "stat", "weights")
BAD = 0.30
"""A median error from which a slice is listed as a miss."""


def main_way(study: Study) -> str:
    """Return what is left out of the fits that the slices show."""
    return "cell" if "cell" in study.predictions else "plain"


class Slice(NamedTuple):
    """The scored cases of one figure that share a property."""

    by: str
    value: str
    metric: str
    cases: list[Case]
    errors: Errors

    @property
    def bad(self) -> bool:
        """Whether it is worse than it may be, and large enough to say so."""
        return self.errors.n >= FEWEST and self.errors.median > BAD

    @property
    def name(self) -> str:
        """What it is called: ``gpu h100_sxm``."""
        return f"{self.by} {self.value}"


def slices_of(study: Study, way: str, by: str) -> Iterator[Slice]:
    """Yield the slices of scored cases."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in study.cases.get(way, ()):
        if not case.rule:
            groups.setdefault((case.value(by), case.metric), []).append(case)
    order = tuple(METRICS)
    for (value, metric), cases in sorted(
        groups.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
    ):
        errors = errors_of(cases)
        if errors is not None:
            yield Slice(by, value, metric, cases, errors)


# ---- misses -----------------------------------------------------------------------------------


def misses(study: Study) -> str:
    """Return every slice that is worse than 30 %, with what is known to be missing there."""
    main = main_way(study)
    head = ("slice", "figure", "n", "error", "bias", "in 80 %", "what is missing")
    found = [one for by in BY for one in slices_of(study, main, by) if one.bad]
    found.sort(key=lambda one: (-one.errors.median, one.name))
    text = prose(f"""
Every slice of at least {FEWEST} scored rows with a median error above 30 %, the worst first; left
out of the fit: {LEFT_OUT[main]}. One weak source shows up several times: as a source, as its GPU,
as its models. Numbers in brackets name what stands below the table, and of how many of the rows it
is known.""")
    notes: dict[str, int] = {}
    lines = [_miss(one, notes) for one in found]
    parts = [text, table(head, lines, texts=2, last=True) if found else "There is none."]
    parts += ["\n".join(f"{number}. {sentence(note)}" for note, number in notes.items())]
    more = list(_only_with_more_left_out(study, {(one.name, one.metric) for one in found}))
    if more:
        parts += [
            "Not in that list, and worse than 30 % where more than that is left out:",
            table(("slice", "figure", "left out", "n", "error", "bias", "in 80 %"), more, texts=3),
        ]
    return "\n\n".join(part for part in parts if part)


def _miss(one: Slice, notes: dict[str, int]) -> tuple[str, ...]:
    """Return the line of a slice, with the number of what is known of it in ``notes``."""
    known = reasons(one.by, one.value, one.metric, one.cases)
    told = [
        f"({notes.setdefault(text, len(notes) + 1)})"
        + (f" {rows} of {one.errors.n}" if rows < one.errors.n else "")
        for text, rows in known.items()
    ]
    return (*_bad(one), ", ".join(told) or UNEXPLAINED)


def _bad(one: Slice, *left_out: str) -> tuple[str, ...]:
    errors = one.errors
    return (
        one.name,
        METRICS[one.metric],
        *left_out,
        count(errors.n),
        percent(errors.median),
        signed(errors.bias),
        percent(errors.covered),
    )


def _only_with_more_left_out(
    study: Study, listed: set[tuple[str, str]]
) -> Iterator[tuple[str, ...]]:
    """Yield slices that are only bad when their family, model, GPU or engine is left out."""
    for by in BY:
        for way, name in LEFT_OUT.items():
            if way in {"plain", main_way(study)}:
                continue
            for one in slices_of(study, way, by):
                if one.bad and (one.name, one.metric) not in listed:
                    yield _bad(one, name)


# ---- intervals --------------------------------------------------------------------------------


def intervals(study: Study) -> str:
    """Return how many of the rows that were left out lie inside of their interval."""
    low, high = HONEST
    head = (
        "left out",
        *(f"{name}: {what}" for name in METRICS.values() for what in ("n", "in 80 %", "width")),
    )
    lines = []
    for way, name in LEFT_OUT.items():
        if way in study.predictions:
            found = [study.errors(way, metric, lambda _: True) for metric in METRICS]
            lines.append((name, *(cell for errors in found for cell in _covered(errors))))
    text = prose(f"""
Each estimate comes with an interval that should hold 80 % of such cases; honest is between
{percent(low)} and {percent(high)} of the rows that the fit did not see. The width is the median of
the upper over the lower end. The intervals of a group come from the residuals of the other groups
alone, which each were left out in their turn. By what an estimate rests on:""")
    by_basis = table(("rests on", "left out", *head[1:]), _by_basis(study), texts=2)
    return "\n\n".join((table(head, lines), text, by_basis, _outside(study)))


def _covered(errors: Errors | None) -> tuple[str, str, str]:
    return (count(errors.n), *widths(errors)) if errors else ("0", NONE, NONE)


def _by_basis(study: Study) -> Iterator[tuple[str, ...]]:
    for way, name in LEFT_OUT.items():
        rests = sorted({case.basis.value for case in study.cases.get(way, ()) if case.basis})
        for basis in rests:
            found = [study.errors(way, metric, partial(_rests_on, basis)) for metric in METRICS]
            yield (basis, name, *(cell for errors in found for cell in _covered(errors)))


def _rests_on(basis: str, case: Case) -> bool:
    return case.basis is not None and case.basis.value == basis


def _outside(study: Study) -> str:
    """Return the slices whose intervals are dishonest, in either direction."""
    main = main_way(study)
    low, high = HONEST
    lines = [
        (one.name, METRICS[one.metric], count(one.errors.n), *widths(one.errors))
        for by in ("engine", "gpu", "load", "source")
        for one in slices_of(study, main, by)
        if one.errors.n >= MANY and not low <= one.errors.covered <= high
    ]
    text = prose(f"""
Slices of at least {MANY} scored rows that are not between (left out: {LEFT_OUT[main]}). An interval
is that of its kind of load and of what the estimate rests on, so that an easy source is covered too
well and a hard one not well enough.""")
    shown = table(("slice", "figure", "n", "in 80 %", "width"), lines, texts=2)
    return f"{text}\n\n{folded(f'{len(lines)} slices', shown)}"


MANY = 25


# ---- all of them ------------------------------------------------------------------------------


def everything(study: Study) -> str:
    """Return all slices of scored rows."""
    main = main_way(study)
    text = prose(f"""
Scored rows; left out of the fit: {LEFT_OUT[main]}. *bias* is the median of the signed error,
*width* the median of upper over lower end of the 80 % intervals.""")
    head = ("", "figure", "n", "median", "mean", "bias", "in 80 %", "width")
    parts = [text]
    for by in BY:
        lines = [_whole(one) for one in slices_of(study, main, by)]
        parts.append(folded(f"By {by}", table((by, *head[1:]), lines, texts=2)))
    return "\n\n".join(parts)


def _whole(one: Slice) -> tuple[str, ...]:
    errors = one.errors
    return (
        one.value,
        METRICS[one.metric],
        count(errors.n),
        percent(errors.median),
        percent(errors.mean),
        signed(errors.bias),
        percent(errors.covered),
        times(errors.width),
    )
