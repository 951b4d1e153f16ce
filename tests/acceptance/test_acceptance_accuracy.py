"""``inferc accuracy`` and ``inferc calibrate`` from a table to its figures, and back into a file.

The floors of real tables are held where ``INFERC_DATA`` names the folder with
``llm_calibration.csv`` and ``llm_serving.csv``.
"""

import csv
import json
import os
import random
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from support.commands import call
from support.measurements import MEASURED, as_csv, cells, conditions, grid, lived

from inferc.accuracy import assess, read, read_calibration
from inferc.compiler.calibration import Measurement

FIGURES = ["n", "median_ape", "mean_ape", "bias", "coverage80"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


@cache
def rows() -> tuple[Measurement, ...]:
    """Return what the small table says."""
    return lived(grid(), noise=0.05, seed=9)


def table(name: str = "small.csv", count: int | None = None) -> str:
    Path(name).write_text(as_csv(cells(row) for row in rows()[:count]), encoding="utf-8")
    return name


def answer(*arguments: str) -> dict[str, Any]:
    done = call("accuracy", *arguments, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_the_answer_has_exactly_the_promised_keys() -> None:
    found = answer(table())
    assert list(found) == ["rows", "figures", "sla_meet_rate", "delivered_ratio", "skipped"]
    assert found["rows"] == len(rows())
    assert list(found["figures"]) == ["ttft", "tpot", "throughput"]
    for figure in found["figures"].values():
        assert list(figure) == FIGURES
        assert figure["n"] == len(rows())
    for share in (found["sla_meet_rate"], found["delivered_ratio"]):
        assert 0.0 < share <= 1.0
    assert found["skipped"] == {}


def test_the_command_says_what_the_program_does() -> None:
    found = answer(table())
    score = assess(read(["small.csv"]).measurements).score
    for metric, figure in found["figures"].items():
        for name in FIGURES:
            assert figure[name] == pytest.approx(getattr(score.figures[metric], name), rel=1e-4)


@pytest.mark.parametrize("by", ["cell", "model", "family", "gpu", "engine"])
def test_each_group_is_left_out(by: str) -> None:
    name = table()
    found = answer(name, "--leave-out", by)
    assert {figure["n"] for figure in found["figures"].values()} == {len(rows())}
    assert found["figures"]["tpot"]["median_ape"] < 0.2
    assert found["figures"] != answer(name)["figures"]


# ---- predictions never read the measured columns ---------------------------------------------


def predictions(lines: list[dict[str, str]], name: str) -> bytes:
    Path(name).write_text(as_csv(lines), encoding="utf-8")
    done = call("accuracy", name, "--predictions", f"{name}.out")
    assert done.code == 0, done.err
    return Path(f"{name}.out").read_bytes()


def test_blanked_or_shuffled_measurements_leave_predictions_byte_identical() -> None:
    chance = random.Random(11)
    lines = [cells(row) for row in rows()]
    lines += [cells(Measurement(conditions=run, measured=row.measured)) for run, row in zip(
        (
            conditions(id="rate", load="open_loop", concurrency=None, rate_per_s=3.0),
            conditions(id="at once", load="offline", concurrency=None),
            conditions(id="flags", scheduler_flags="--max-num-seqs 4 --kv-cache-dtype fp8"),
            conditions(id="nobody", model="nobody/knows-this"),
        ),
        rows(),
        strict=False,
    )]  # fmt: skip
    blank = [{**line, **dict.fromkeys(MEASURED, "")} for line in lines]
    mixed = [dict(line) for line in lines]
    for column in MEASURED:
        values = [line[column] for line in lines]
        chance.shuffle(values)
        for line, value in zip(mixed, values, strict=True):
            line[column] = value
    wild = [{**line, **dict.fromkeys(MEASURED, "123456")} for line in lines]
    plain = predictions(lines, "plain.csv")
    for other, name in ((blank, "blank.csv"), (mixed, "mixed.csv"), (wild, "wild.csv")):
        assert predictions(other, name) == plain
    found = {row["id"]: row for row in csv.DictReader(StringIO(plain.decode()))}
    assert list(found) == [line["id"] for line in lines]
    assert found["nobody"]["pred_tpot_ms"] == ""
    assert float(found["flags"]["pred_ttft_ms"]) > float(found["rate"]["pred_ttft_ms"])


# ---- a calibration of one's own ---------------------------------------------------------------


def test_a_fit_of_ones_own_is_a_file_that_says_more() -> None:
    name = table(count=24)
    done = call("calibrate", name, "-o", "mine.infer")
    assert done.code == 0, done.err
    text = Path("mine.infer").read_text(encoding="utf-8")
    assert call("fmt", "--check", "mine.infer").code == 0
    read_back = read_calibration("mine.infer")
    assert read_back.diagnostics == ()
    assert read_back.calibration is not None
    assert read_back.calibration.rows == 24
    before = answer(name)["figures"]
    after = answer(name, "--calibration", "mine.infer")["figures"]
    for metric in ("tpot", "throughput"):
        assert after[metric]["median_ape"] < 0.06
        assert after[metric]["median_ape"] < before[metric]["median_ape"]
        assert after[metric]["coverage80"] >= 0.6
    Path("again").mkdir()
    call("calibrate", name, "-o", "again/mine.infer")
    assert Path("again/mine.infer").read_text(encoding="utf-8") == text


# ---- real tables ------------------------------------------------------------------------------

DATA = os.environ.get("INFERC_DATA", "")

real = pytest.mark.skipif(not DATA, reason="INFERC_DATA names no folder of tables")


def scored(name: str, *arguments: str) -> dict[str, Any]:
    file = Path(DATA) / name
    details = file.with_name("llm_calibration_details.csv")
    if name == "llm_calibration.csv":
        arguments = (*arguments, "--details", str(details))
    return answer(str(file), *arguments)


@cache
def of_loads() -> dict[str, Any]:
    found: dict[str, Any] = scored("llm_calibration.csv", "--by", "load,source")["by"]
    return found


@real
@pytest.mark.slow
def test_closed_loops_of_the_real_table() -> None:
    figures = of_loads()["load"]["closed_loop"]["figures"]
    assert figures["tpot"]["median_ape"] < 0.10
    assert figures["ttft"]["median_ape"] < 0.22


@real
@pytest.mark.slow
def test_offline_throughput_of_the_real_table() -> None:
    assert of_loads()["load"]["offline"]["figures"]["throughput"]["median_ape"] < 0.15


@real
@pytest.mark.slow
def test_static_batches_of_the_real_table() -> None:
    by_source = of_loads()["source"]
    argonne = [found for name, found in by_source.items() if "argonne" in name.lower()]
    assert argonne
    for found in argonne:
        assert found["figures"]["throughput"]["median_ape"] < 0.12


@real
@pytest.mark.slow
@pytest.mark.parametrize("name", ["llm_calibration.csv", "llm_serving.csv"])
def test_intervals_of_real_tables_are_honest(name: str) -> None:
    figures = scored(name)["figures"]
    for metric in ("ttft", "tpot"):
        assert 0.70 <= figures[metric]["coverage80"] <= 0.92
