"""Tables of measurements: any columns in any order, every fault by row and column."""

import csv
import string
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.calibration import (
    Measured,
    merge_details,
    read_details,
    read_measurements,
)
from inferc.compiler.calibration.measurements import LOADS
from inferc.compiler.calibration.tables import REQUIRED

ROW = {
    "id": "A1",
    "model": "llama-3.1-8b",
    "gpu": "h100_sxm",
    "engine": "vllm",
    "isl": "1024",
    "osl": "128",
    "load": "closed_loop",
}


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as CSV, in the order of the first row's columns."""
    lines: list[str] = []

    class Sink:
        def write(self, text: str) -> None:
            lines.append(text)

    writer = csv.DictWriter(Sink(), fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "".join(lines)


def test_a_full_row_is_read_in_base_units() -> None:
    row = ROW | {
        "gpus": "4.0",
        "tp": "2",
        "ep": "",
        "concurrency": "64",
        "ttft_ms": "250",
        "tpot_ms": "12.5",
        "req_s": "3",
        "output_tok_s": "500",
        "length_factor": "0.9",
        "stat": "p50",
        "notes": "a column nobody knows",
    }
    (measurement,), found = read_measurements(table([row]), name="t.csv")
    assert found == ()
    known = measurement.conditions
    assert (known.id, known.row, known.gpus, known.tensor_parallel) == ("A1", 2, 4, 2)
    assert (known.expert_parallel, known.concurrency, known.length_factor) == (None, 64, 0.9)
    assert (known.isl_tok, known.osl_tok, known.stat) == (1024.0, 128.0, "p50")
    assert measurement.measured == Measured(
        ttft_s=0.25, tpot_s=0.0125, req_per_s=3.0, output_tok_per_s=500.0
    )


def test_blank_and_zero_were_not_published() -> None:
    row = ROW | {"gpus": "0", "rate_per_s": "N/A", "ttft_ms": "0", "tp": "-", "isl": ""}
    (measurement,), found = read_measurements(table([row]), name="t.csv")
    assert found == ()
    known = measurement.conditions
    assert (known.gpus, known.rate_per_s, known.tensor_parallel, known.isl_tok) == (None,) * 4
    assert not measurement.measured


@pytest.mark.parametrize("missing", REQUIRED)
def test_every_required_column_is_asked_for(missing: str) -> None:
    row = {name: value for name, value in ROW.items() if name != missing}
    rows, (found,) = read_measurements(table([row]), name="t.csv")
    assert rows == ()
    assert (found.code, found.span.line if found.span else 0) == ("INF760", 1)
    assert f"`{missing}`" in found.message


def test_a_missing_column_suggests_the_one_that_was_meant() -> None:
    row = {name.replace("model", "modle"): value for name, value in ROW.items()}
    _, (found,) = read_measurements(table([row]), name="t.csv")
    assert found.help == "rename `modle` to `model`"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("isl", "1,024"),
        ("osl", "128 tok"),
        ("isl", "-1"),
        ("gpus", "1.5"),
        ("ttft_ms", "inf"),
        ("concurrency", "many"),
    ],
)
def test_a_value_that_is_no_number_is_named(column: str, value: str) -> None:
    good = ROW | {"id": "A0", "gpus": "1", "ttft_ms": "1", "concurrency": "1"}
    bad = good | {"id": "A1", column: value}
    worse = bad | {"id": "A2"}
    rows, (found,) = read_measurements(table([good, bad, worse]), name="t.csv")
    assert [row.id for row in rows] == ["A0"]
    assert found.code == "INF761"
    assert found.message.startswith(f"row 3: `{value}` in column `{column}`")
    assert found.notes == ("the same in row 4",)
    assert found.span is not None
    assert found.span.text == value


def test_a_load_that_is_unknown_is_named() -> None:
    rows, (found,) = read_measurements(table([ROW | {"load": "closed_lop"}]), name="t.csv")
    assert (rows, found.code, found.help) == ((), "INF762", "did you mean `closed_loop`?")


@pytest.mark.parametrize("load", [*LOADS, "Closed-Loop", "OPEN LOOP"])
def test_loads_are_read_however_they_are_spelled(load: str) -> None:
    (row,), found = read_measurements(table([ROW | {"load": load}]), name="t.csv")
    assert (found, row.conditions.load in LOADS) == ((), True)


def test_an_id_stands_once() -> None:
    rows, (found,) = read_measurements(table([ROW, ROW]), name="t.csv")
    assert (len(rows), found.code) == (1, "INF763")
    assert found.message == "row 3: the id `A1` stands in row 2 already"


@pytest.mark.parametrize("text", ["", "\n\n", ",".join(ROW) + "\n"])
def test_a_table_without_rows_is_no_table(text: str) -> None:
    rows, found = read_measurements(text, name="t.csv")
    assert rows == ()
    assert [item.code for item in found] == ["INF764"]


def test_an_open_quotation_mark_ends_the_table() -> None:
    text = table([ROW]) + 'A2,"llama\nA3,b,c,d,1,2,offline\n'
    rows, (found,) = read_measurements(text, name="t.csv")
    assert [row.id for row in rows] == ["A1"]
    assert (found.code, found.span.line if found.span else 0) == ("INF765", 3)


def test_a_row_that_is_too_long_is_named_and_a_short_one_is_filled() -> None:
    text = ",".join(ROW) + ",tp\nA1,m,g,vllm,1,024,128,offline,1\nA2,m,g,vllm,1,2,offline\n"
    (row,), (found,) = read_measurements(text, name="t.csv")
    assert (row.id, row.conditions.tensor_parallel) == ("A2", None)
    assert (found.code, found.message) == (
        "INF766",
        "row 2 has 9 cells, and the table has 8 columns",
    )


def test_a_mark_of_byte_order_and_line_ends_of_windows_do_not_matter() -> None:
    text = "\ufeff" + table([ROW]).replace("\n", "\r\n")
    (row,), found = read_measurements(text, name="t.csv")
    assert (found, row.conditions.load) == ((), "closed_loop")


def test_details_fill_blanks_and_change_nothing_else() -> None:
    rows, _ = read_measurements(
        table([ROW | {"rate_per_s": ""}, ROW | {"id": "A2", "rate_per_s": "7"}]), name="t.csv"
    )
    details, found = read_details(
        "id,qps,attention_dp,gemm_quant,spec_decoding,doubt,e2e_ms,aic_ttft_ms,moe_ep\n"
        "A1,3.5,8,fp8_block,none,odd,1500,20,8\nA2,9,0,,,,,,\n",
        name="d.csv",
    )
    assert found == ()
    first, second = merge_details(rows, details)
    known = first.conditions
    assert (known.rate_per_s, known.attention_data_parallel, known.matrix_format) == (
        3.5,
        8,
        "fp8_block",
    )
    assert (known.speculation, known.doubt, known.facts) == ("none", "odd", {"moe_ep": "8"})
    assert (first.measured.e2e_s, first.peer.ttft_s, known.model) == (1.5, 0.02, ROW["model"])
    assert second.conditions.rate_per_s == 7.0
    assert second.conditions.attention_data_parallel is None


def test_notes_tell_of_the_run_and_never_of_its_outcome() -> None:
    notes = (
        "replicas=2 behind one service;ttft_p50=388.5;max_model_len=4096;README says enforce_eager"
    )
    (row,), _ = read_measurements(table([ROW | {"notes": notes}]), name="t.csv")
    assert row.conditions.facts == {"replicas": "2", "max_model_len": "4096", "eager": "true"}


MEASURED = ("ttft_ms", "tpot_ms", "itl_ms", "e2e_ms", "req_s", "output_tok_s", "total_tok_s")


@given(values=st.lists(st.integers(0, 10**6), min_size=7, max_size=7))
@settings(deadline=None, max_examples=25)
def test_conditions_do_not_depend_on_what_was_measured(values: list[int]) -> None:
    blank = ROW | dict.fromkeys(MEASURED, "")
    full = blank | dict(zip(MEASURED, map(str, values), strict=True))
    (without,), _ = read_measurements(table([blank]), name="t.csv")
    (with_them,), _ = read_measurements(table([full]), name="t.csv")
    assert without.conditions == with_them.conditions


@given(order=st.permutations(list(ROW)))
@settings(deadline=None, max_examples=25)
def test_the_order_of_columns_does_not_matter(order: list[str]) -> None:
    (row,), found = read_measurements(table([{name: ROW[name] for name in order}]), name="t.csv")
    assert found == ()
    assert row == read_measurements(table([ROW]), name="t.csv")[0][0]


@given(text=st.text(alphabet=string.printable + '",\n', max_size=300))
@settings(deadline=None, max_examples=150)
def test_no_text_is_a_fault_of_ours(text: str) -> None:
    for whole in (text, ",".join(ROW) + "\n" + text):
        rows, found = read_measurements(whole, name="t.csv")
        assert rows or found
        assert all(item.span is not None for item in found)
