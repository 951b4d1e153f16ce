"""Beside the predictions of another tool, on the very same rows."""

from collections.abc import Iterator
from statistics import fmean, median

from accuracy_page.cases import Case
from accuracy_page.goals import LEFT_OUT, METRICS, PEER
from accuracy_page.markdown import count, percent, prose, signed, table
from accuracy_page.study import Study

FEWEST = 5


def peer(study: Study) -> str:
    """Return both errors on the rows for which both have a prediction."""
    head = ("figure", "rows", "n", "left out here", "here", PEER, "bias", "its bias", "nearer here")
    lines = [line for scored in (True, False) for line in _lines(study, scored=scored)]
    if not lines:
        return f"No row of these has a prediction of {PEER}."
    text = prose(f"""
{PEER} was asked for the configuration of each row that it supports; its predictions rest on kernels
measured on these GPUs. Errors are medians, with means in brackets. *Left out* concerns the
prediction of inferc. *Nearer here*: the share of the rows on which that is the nearer one.""")
    parts = [text, table(head, lines, texts=2)]
    parts += [
        table((by, head[0], *head[2:]), _slices(study, by), texts=2)
        for by in ("engine", "gpu", "model")
    ]
    return "\n\n".join(parts)


def _lines(study: Study, *, scored: bool) -> Iterator[tuple[str, ...]]:
    for metric, name in METRICS.items():
        for way, left_out in LEFT_OUT.items():
            cases = _both(study, way, metric, scored=scored)
            if cases:
                yield (name, "scored" if scored else "all", *_line(cases, left_out))


def _both(study: Study, way: str, metric: str, *, scored: bool) -> list[Case]:
    return [
        case
        for case in study.cases.get(way, ())
        if case.metric == metric and case.peer and not (scored and case.rule)
    ]


def _line(cases: list[Case], left_out: str) -> tuple[str, ...]:
    ours = [abs(case.error) for case in cases]
    theirs = [abs(case.peer_error) for case in cases]
    return (
        count(len(cases)),
        left_out,
        f"{percent(median(ours))} ({percent(fmean(ours))})",
        f"{percent(median(theirs))} ({percent(fmean(theirs))})",
        signed(median(case.error for case in cases)),
        signed(median(case.peer_error for case in cases)),
        percent(sum(a < b for a, b in zip(ours, theirs, strict=True)) / len(cases)),
    )


def _slices(study: Study, by: str) -> Iterator[tuple[str, ...]]:
    """Yield both errors on each slice, one cell left out."""
    way = "cell" if "cell" in study.predictions else "plain"
    for metric, name in METRICS.items():
        groups: dict[str, list[Case]] = {}
        for case in _both(study, way, metric, scored=True):
            groups.setdefault(case.value(by), []).append(case)
        for value, cases in sorted(groups.items()):
            if len(cases) >= FEWEST:
                yield (value, name, *_line(cases, LEFT_OUT[way]))
