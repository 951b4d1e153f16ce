"""Requests that were recorded: Azure's CSV, Mooncake's JSON lines, and plain CSV.

A trace is read line by line, and twice: :func:`survey` finds what is wrong with it, how many
requests it has and how fast they come; :func:`replay` yields them, again and again, so that memory
does not grow with its length. Only a trace whose lines are not in the order of time is held.

Source: https://github.com/Azure/AzurePublicDataset (2023), columns ``TIMESTAMP, ContextTokens,
GeneratedTokens``; https://github.com/kvcache-ai/Mooncake (FAST25-release), ``timestamp`` in
milliseconds and ``hash_ids`` of blocks of 512 tokens; https://github.com/HPMLL/BurstGPT,
``Timestamp, Request tokens, Response tokens`` in seconds; Vidur's ``arrived_at,
num_prefill_tokens, num_decode_tokens``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import TypeAlias

from inferc.compiler.simulation import diagnostics as report
from inferc.compiler.simulation.trace_lines import Columns, Row, Wrong, rows
from inferc.compiler.simulation.values import Request
from inferc.dsl.diagnostics import Diagnostic

Lines: TypeAlias = Callable[[], Iterable[str]]
"""Opens the text of a trace once more, and yields its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a trace holds."""

    path: str
    requests: int
    skipped: int
    """Lines with a prompt or an answer of no tokens: requests that failed."""
    timed: bool
    """Whether it says when requests came; else only their lengths are known."""
    in_order: bool
    first_s: float
    """The smallest of its times, from which they are counted."""
    lasts_s: float
    """From its first request to its last, and one mean gap; 0 where it has no times."""
    prompt_mean_tok: float
    output_mean_tok: float
    blocks: int
    """One more than the largest number of a block of prefix; 0 where it names none."""

    @property
    def rate_per_s(self) -> float:
        """Mean requests a second; 0 where it has no times."""
        return self.requests / self.lasts_s if self.lasts_s else 0.0


def survey(path: str, lines: Iterable[str]) -> Trace | Diagnostic:
    """Return what the trace in ``lines`` holds, or the first thing that is wrong with it.

    Further wrong lines are counted, so that one error says how far the file is from readable.
    """
    totals = _Totals()
    first: Wrong | None = None
    wrong = 0
    for item in rows(lines):
        match item:
            case Row():
                totals.add(item)
            case Wrong():
                first = first or item
                wrong += 1
            case Columns(found, missing):
                return report.trace_columns(path=path, found=found, missing=missing)
    if first:
        return report.trace_line(
            path=path,
            line=first.line,
            field=first.field,
            found=first.found,
            expected=first.expected,
            further=wrong - 1,
        )
    return totals.trace(path)


def replay(trace: Trace, lines: Lines, *, speedup: float = 1.0) -> Iterator[Request]:
    """Yield the requests of a trace, without end: after its last its first comes again.

    Times start at zero and are divided by ``speedup``. Each time round the blocks of prefix have
    other numbers: a prompt that was recorded once finds nothing of itself in the cache.
    """
    period_s, first_s = trace.lasts_s / speedup, trace.first_s
    start_s, block = 0.0, 0
    found = True
    while found:  # a file that was emptied meanwhile ends here
        found = False
        for row in _in_order(trace, lines):
            at_s = start_s + ((row.at_s or 0.0) - first_s) / speedup
            blocks = tuple([number + block for number in row.blocks]) if block else row.blocks
            yield Request(at_s, row.prompt_tok, row.output_tok, blocks=blocks)
            found = True
        start_s += period_s
        block += trace.blocks


def lengths(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield prompt and answer of each request of a trace, once."""
    return ((row.prompt_tok, row.output_tok) for row in _answered(lines))


# ---- inside --------------------------------------------------------------------------------------


class _Totals:
    """What is counted while a trace is read."""

    def __init__(self) -> None:
        self.requests = self.skipped = self.untimed = 0
        self.prompt_tok = self.output_tok = 0
        self.first_s, self.last_s = inf, -inf
        self.in_order = True
        self.block = -1

    def add(self, row: Row) -> None:
        """Count one request."""
        if not row.prompt_tok or not row.output_tok:
            self.skipped += 1
            return
        self.requests += 1
        self.prompt_tok += row.prompt_tok
        self.output_tok += row.output_tok
        self.block = max(self.block, max(row.blocks, default=-1))
        if row.at_s is None:
            self.untimed += 1
            return
        self.in_order = self.in_order and row.at_s >= self.last_s
        self.first_s = min(self.first_s, row.at_s)
        self.last_s = max(self.last_s, row.at_s)

    def trace(self, path: str) -> Trace | Diagnostic:
        """Return what was found, or why it cannot be replayed."""
        if not self.requests:
            return report.trace_empty(path=path, skipped=self.skipped)
        timed = not self.untimed
        between_s = self.last_s - self.first_s if timed else 0.0
        if timed and between_s <= 0.0:
            return report.trace_times(path=path, requests=self.requests)
        return Trace(
            path=path,
            requests=self.requests,
            skipped=self.skipped,
            timed=timed,
            in_order=self.in_order,
            first_s=self.first_s if timed else 0.0,
            lasts_s=between_s * self.requests / (self.requests - 1) if timed else 0.0,
            prompt_mean_tok=self.prompt_tok / self.requests,
            output_mean_tok=self.output_tok / self.requests,
            blocks=self.block + 1,
        )


def _answered(lines: Iterable[str]) -> Iterator[Row]:
    """Yield the requests that were answered; what is wrong was found when it was surveyed."""
    return (
        item
        for item in rows(lines)
        if isinstance(item, Row) and item.prompt_tok and item.output_tok
    )


def _in_order(trace: Trace, lines: Lines) -> Iterable[Row]:
    """Return the requests in the order of time."""
    found = _answered(lines())
    return found if trace.in_order else sorted(found, key=itemgetter(0))
