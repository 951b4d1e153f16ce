"""Read CSV tables of measurements: any columns in any order, nothing guessed."""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inferc.compiler.calibration import diagnostics_tables as problems
from inferc.compiler.calibration.measurements import LOADS, Conditions, Measured, Measurement
from inferc.compiler.units import from_unit
from inferc.dsl import Diagnostic, SourceFile, Span

REQUIRED = ("id", "model", "gpu", "engine", "isl", "osl", "load")
"""Columns without which nothing can be predicted."""

_FACTS = ("batch_size", "dp_attention", "image", "moe_ep", "moe_tp")
"""Columns of details that are kept as they are written."""

_BLANK = frozenset({"", "-", "n/a", "na", "nan", "none", "null"})

_NOTED = re.compile(r"\b(dataset|max_model_len|out_cap|replicas|tool|workload|instance)=([^;\s]+)")
"""What notes say about a run. Everything else in notes may be its outcome, and is not read."""
_NOTED_WORDS = {
    "enforce_eager": "eager",
    "multi-round": "multi_round",
    "serial one request at a time": "serial",
    "speculative decoding": "speculation",
}


def read_measurements(
    text: str, *, name: str
) -> tuple[tuple[Measurement, ...], tuple[Diagnostic, ...]]:
    """Return the rows of a table of measurements, and what is wrong with others.

    Columns may stand in any order; of those that are not in ``REQUIRED`` any may be missing, and
    unknown ones are ignored. A blank cell was not published, and so is 0 where 0 means nothing. A
    row with a cell that cannot be read is left out and named.
    """
    reader = _Reader(SourceFile(name, text), required=REQUIRED)
    return tuple(reader.rows()), reader.diagnostics()


def read_details(
    text: str, *, name: str
) -> tuple[Mapping[str, Measurement], tuple[Diagnostic, ...]]:
    """Return by id what a second table knows beyond the first, for ``merge_details``."""
    reader = _Reader(SourceFile(name, text), required=("id",))
    return {row.id: row for row in reader.rows()}, reader.diagnostics()


@dataclass(slots=True)
class _Bad:
    """The first cell of a column that cannot be read, and the rows of the others."""

    span: Span
    value: str
    row: int
    also: list[int] = field(default_factory=list[int])


@dataclass(slots=True)
class _Reader:
    source: SourceFile
    required: Sequence[str]
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])
    bad: dict[str, _Bad] = field(default_factory=dict[str, _Bad])
    """By column; the empty name is for rows that are too long."""
    seen: dict[str, int] = field(default_factory=dict[str, int])
    """The row of each id."""
    columns: int = 0

    def rows(self) -> Iterator[Measurement]:
        """Yield the rows that can be read."""
        lines = self._lines()
        _, header = next(lines, (1, list[str]()))
        columns = [name.strip().lower() for name in header]
        self.columns = len(columns)
        if not self._complete(columns):
            return
        for number, cells in lines:
            if len(cells) > len(columns) and any(cells[len(columns) :]):
                self._remember("", _Bad(self._span(number), str(len(cells)), number))
                continue
            row = _Row(number, {c: v.strip() for c, v in zip(columns, cells, strict=False)})
            measurement = self._read(row)
            if measurement is not None:
                yield measurement
        if not self.seen and not self.bad and not self.found:
            self.found.append(problems.no_rows(self._span(1), name=self.source.path))

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong, in the order of the rows; call it after ``rows``."""
        found = list(self.found)
        for column, bad in self.bad.items():
            if column:
                found.append(
                    problems.not_a_number(
                        bad.span, column=column, value=bad.value, row=bad.row, also=bad.also
                    )
                )
            else:
                found.append(
                    problems.row_of_other_length(
                        bad.span,
                        row=bad.row,
                        cells=int(bad.value),
                        columns=self.columns,
                        also=bad.also,
                    )
                )
        return tuple(sorted(found, key=lambda item: item.span.start if item.span else 0))

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the line on which a row starts, and its cells; no empty rows."""
        lines = self.source.text.removeprefix("\ufeff").split("\n")
        reader = csv.reader((line + "\n" for line in lines), strict=True)
        start = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            span = self._span(min(start, len(lines)))
            self.found.append(problems.unreadable_csv(span, reason=str(error), row=start))

    def _complete(self, columns: Sequence[str]) -> bool:
        """Return whether all required columns are there; say which are not."""
        if not columns:
            if not self.found:
                self.found.append(problems.no_rows(self._span(1), name=self.source.path))
            return False
        missing = [name for name in self.required if name not in columns]
        known = ", ".join(f"`{name}`" for name in self.required)
        for name in missing:
            close = _close(name, [column for column in columns if column not in self.required])
            self.found.append(
                problems.missing_column(self._span(1), column=name, close=close, known=known)
            )
        return not missing

    def _read(self, row: "_Row") -> Measurement | None:
        identity = row.text("id")
        if identity in self.seen:
            self.found.append(
                problems.repeated_id(
                    self._cell(row, identity),
                    value=identity,
                    row=row.number,
                    first=self.seen[identity],
                )
            )
            return None
        self.seen[identity] = row.number
        load = row.text("load").lower().replace("-", "_").replace(" ", "_")
        if "load" in self.required and load not in LOADS:
            self.found.append(
                problems.unknown_load(
                    self._cell(row, row.text("load")),
                    value=row.text("load"),
                    row=row.number,
                    close=_close(load, LOADS),
                    known=LOADS,
                )
            )
            return None
        measurement = _measurement(row, identity, load)
        for column in row.bad:
            value = row.cells[column]
            self._remember(column, _Bad(self._cell(row, value), value, row.number))
        return None if row.bad else measurement

    def _remember(self, column: str, bad: _Bad) -> None:
        if column in self.bad:
            self.bad[column].also.append(bad.row)
        else:
            self.bad[column] = bad

    def _span(self, line: int) -> Span:
        start = self.source.line_starts[line - 1]
        return Span(self.source, start, start + len(self.source.line(line)))

    def _cell(self, row: "_Row", value: str) -> Span:
        """Return the place of ``value`` in its row, or the whole row where it cannot be told."""
        whole = self._span(row.number)
        place = self.source.text.find(value, whole.start, whole.end) if value else -1
        return whole if place < 0 else Span(self.source, place, place + len(value))


@dataclass(slots=True)
class _Row:
    """The cells of one row by column, and the columns whose cell could not be read."""

    number: int
    cells: Mapping[str, str]
    bad: list[str] = field(default_factory=list[str])

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def number_in(self, column: str) -> float | None:
        """Return the positive number of a cell; None for a blank or 0."""
        raw = self.text(column)
        if raw.lower() in _BLANK:
            return None
        try:
            value = float(raw)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            self.bad.append(column)
            return None
        return value or None

    def measured(self, column: str, unit: str) -> float | None:
        """Return the number of a cell in base units."""
        value = self.number_in(column)
        return None if value is None else from_unit(value, unit)

    def count_in(self, column: str) -> int | None:
        """Return the whole number of a cell; None for a blank or 0."""
        value = self.number_in(column)
        if value is not None and value != int(value):
            self.bad.append(column)
            return None
        return None if value is None else int(value)


def _measurement(row: _Row, identity: str, load: str) -> Measurement:
    factor = row.number_in("length_factor")
    conditions = Conditions(
        id=identity,
        row=row.number,
        source=row.text("source"),
        url=row.text("url"),
        date=row.text("date") or row.text("measured"),
        model=row.text("model"),
        gpu=row.text("gpu"),
        gpus=row.count_in("gpus"),
        tensor_parallel=row.count_in("tp"),
        pipeline_parallel=row.count_in("pp"),
        expert_parallel=row.count_in("ep"),
        attention_data_parallel=row.count_in("attention_dp"),
        engine=row.text("engine"),
        engine_version=row.text("engine_version"),
        weights=row.text("weights"),
        matrix_format=row.text("gemm_quant"),
        kv_cache=row.text("kv_cache"),
        isl_tok=row.number_in("isl"),
        osl_tok=row.number_in("osl"),
        length_factor=1.0 if factor is None else factor,
        load=load,
        concurrency=row.count_in("concurrency"),
        rate_per_s=row.number_in("rate_per_s") or row.number_in("qps"),
        num_prompts=row.count_in("num_prompts"),
        scheduler_flags=row.text("scheduler_flags"),
        length_note=row.text("length_note"),
        speculation=row.text("spec_decoding"),
        stat=row.text("stat"),
        doubt=row.text("doubt"),
        facts=_facts(row),
    )
    return Measurement(conditions=conditions, measured=_measured(row), peer=_peer(row))


def _measured(row: _Row) -> Measured:
    return Measured(
        ttft_s=row.measured("ttft_ms", "ms"),
        tpot_s=row.measured("tpot_ms", "ms"),
        itl_s=row.measured("itl_ms", "ms"),
        e2e_s=row.measured("e2e_ms", "ms"),
        req_per_s=row.measured("req_s", "req/s"),
        output_tok_per_s=row.measured("output_tok_s", "tok/s"),
        total_tok_per_s=row.measured("total_tok_s", "tok/s"),
    )


def _peer(row: _Row) -> Measured:
    return Measured(
        ttft_s=row.measured("aic_ttft_ms", "ms"), tpot_s=row.measured("aic_tpot_ms", "ms")
    )


def _facts(row: _Row) -> Mapping[str, str]:
    """Return what columns of details and notes say about the run itself."""
    facts = {name: row.text(name) for name in _FACTS if row.text(name)}
    notes = row.text("notes")
    facts.update(_NOTED.findall(notes))
    facts.update((name, "true") for word, name in _NOTED_WORDS.items() if word in notes.lower())
    return facts


def _close(name: str, choices: Sequence[str]) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(name, choices, n=1, cutoff=0.6))
