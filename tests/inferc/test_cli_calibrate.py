"""``inferc calibrate``: a fit of one's own, written as a file that other commands read."""

import contextlib
import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from support.commands import Done, call

COLUMNS = (
    "id", "model", "gpu", "gpus", "tp", "engine", "weights", "isl", "osl", "load", "concurrency",
    "ttft_ms", "tpot_ms", "stat",
)  # fmt: skip

SLOW = 1.6
"""How much slower the made-up machine is than the model says."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with measurements, and a fit to them: both are made once."""
    folder = tmp_path_factory.mktemp("calibrate")
    with contextlib.chdir(folder):
        measured()
        fitted("measured.csv")
    return folder


@pytest.fixture(autouse=True)
def place(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder to work in."""
    monkeypatch.chdir(made)
    return made


def conditions() -> list[dict[str, str]]:
    return [
        {
            "id": f"{model}-{concurrency}", "model": model, "gpu": "h100_sxm", "gpus": "1",
            "tp": "1", "engine": "vllm", "weights": "bf16", "isl": "512", "osl": "64",
            "load": "closed_loop", "concurrency": str(concurrency), "stat": "mean",
        }
        for model in ("llama-3.1-8b", "qwen2.5-7b-instruct", "mistral-7b-instruct")
        for concurrency in (1, 4, 16, 64)
    ]  # fmt: skip


def table(rows: list[dict[str, str]], name: str) -> str:
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    Path(name).write_text(out.getvalue(), encoding="utf-8")
    return name


def measured() -> str:
    """Write a table of a machine that is slower than the model says, by the same share always."""
    call("accuracy", table(conditions(), "asked.csv"), "--predictions", "predicted.csv")
    predicted = {
        item["id"]: item
        for item in csv.DictReader(StringIO(Path("predicted.csv").read_text(encoding="utf-8")))
    }
    rows = [
        {
            **item,
            "ttft_ms": str(SLOW * float(predicted[item["id"]]["pred_ttft_ms"])),
            "tpot_ms": str(SLOW * float(predicted[item["id"]]["pred_tpot_ms"])),
        }
        for item in conditions()
    ]
    return table(rows, "measured.csv")


def errors(*arguments: str) -> dict[str, Any]:
    done = call("accuracy", *arguments, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)["figures"]
    return found


def fitted(data: str, *arguments: str) -> Done:
    done = call("calibrate", data, "-o", "ours.infer", *arguments)
    assert done.code == 0, done.err
    return done


def test_a_fit_is_nearer_to_what_it_was_fitted_to() -> None:
    before = errors("measured.csv")["tpot"]
    after = errors("measured.csv", "--calibration", "ours.infer")["tpot"]
    assert before["median_ape"] == pytest.approx(1 - 1 / SLOW, abs=0.01)
    assert after["median_ape"] < before["median_ape"] / 2


def test_a_fit_is_a_file_of_the_language() -> None:
    assert call("fmt", "--check", "ours.infer").code == 0
    text = Path("ours.infer").read_text(encoding="utf-8")
    assert text.startswith("infer 1\n")
    assert "calibration " in text


def test_the_same_rows_give_the_same_fit() -> None:
    first = Path("ours.infer").read_bytes()
    done = fitted("measured.csv")
    assert "12 rows" in done.err
    assert Path("ours.infer").read_bytes() == first


def test_programs_learn_how_many_rows_there_were() -> None:
    done = fitted("measured.csv", "--format", "json")
    assert json.loads(done.out) == {"rows": 12, "output": "ours.infer"}


def test_leaving_out_predicts_each_model_by_the_others() -> None:
    left_out = errors("measured.csv", "--leave-out", "model")["tpot"]
    assert left_out["n"] == 12
    assert left_out["median_ape"] < errors("measured.csv")["tpot"]["median_ape"]


def test_an_estimate_rests_on_the_fit_and_says_so() -> None:
    asked = ("estimate", "--model", "llama-3.1-8b-instruct", "--gpu", "h100_80gb_sxm")
    asked = (*asked, "--concurrency", "16", "--isl", "512", "--osl", "64", "--format", "json")
    shipped, ours = (
        json.loads(call(*asked, *more).out) for more in ((), ("--calibration", "ours.infer"))
    )
    slower = ours["tpot_s"]["mean"]["value"] / shipped["tpot_s"]["mean"]["value"]
    assert slower == pytest.approx(SLOW, rel=0.3)
    assert ours["provenance"]["basis"] == "measured"
    assert ours["provenance"]["calibration"] == "ours"


def test_no_calibration_in_a_file_is_said() -> None:
    Path("other.infer").write_text("infer 1\n", encoding="utf-8")
    done = call("accuracy", "measured.csv", "--calibration", "other.infer")
    assert done.code == 2
    assert "INF740" in done.err


def test_a_file_that_cannot_be_written_is_named() -> None:
    Path("folder").mkdir()
    done = call("calibrate", "measured.csv", "-o", "folder")
    assert done.code == 2
    assert "INF73" in done.err
