"""``inferc accuracy`` and ``inferc calibrate`` on small tables and results."""

import csv
import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from support.commands import call

from inferc.cli.commands.accuracy import GROUPS
from inferc.compiler.calibration import SLICES

COLUMNS = (
    "id", "source", "model", "gpu", "gpus", "tp", "pp", "ep", "engine", "engine_version", "weights",
    "kv_cache", "isl", "osl", "length_factor", "load", "concurrency", "rate_per_s", "ttft_ms",
    "tpot_ms", "stat", "total_tok_s", "output_tok_s", "quality",
)  # fmt: skip

MEASURED = ("ttft_ms", "tpot_ms", "total_tok_s", "output_tok_s")

BASE = {
    "source": "a bench", "model": "llama-3.1-8b", "gpu": "h100_sxm", "gpus": "1", "tp": "1",
    "pp": "1", "ep": "1", "engine": "vllm", "weights": "bf16", "isl": "512", "osl": "64",
    "length_factor": "1.0", "load": "closed_loop", "stat": "mean", "quality": "A",
}  # fmt: skip


def row(number: int, **changes: str) -> dict[str, str]:
    concurrency = changes.get("concurrency", str(2 ** (number % 4)))
    tpot = 8.0 + int(concurrency) * 0.1
    return {
        **BASE,
        "id": f"R{number}",
        "concurrency": concurrency,
        "ttft_ms": f"{30 + number}",
        "tpot_ms": f"{tpot:.2f}",
        "output_tok_s": f"{1000 * int(concurrency) / tpot:.1f}",
        **changes,
    }


ROWS = [
    *(row(number) for number in range(4)),
    row(4, gpu="a100_80gb_sxm"),
    row(5, gpu="l40s", load="open_loop", concurrency="1", rate_per_s="2"),
    row(6, model="nobody/knows-this-model"),
    row(7, gpu="no-such-gpu"),
    row(8, ttft_ms="", tpot_ms="", output_tok_s=""),
]


def table(rows: list[dict[str, str]], name: str = "rows.csv") -> str:
    out = StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    Path(name).write_text(out.getvalue(), encoding="utf-8")
    return name


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scored(*arguments: str) -> dict[str, Any]:
    done = call("accuracy", *arguments, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def predicted(rows: list[dict[str, str]]) -> str:
    done = call("accuracy", table(rows), "--predictions", "out.csv")
    assert done.code == 0, done.err
    return Path("out.csv").read_text(encoding="utf-8")


def test_json_has_the_promised_keys() -> None:
    found = scored(table(ROWS))
    assert list(found) == ["rows", "figures", "sla_meet_rate", "delivered_ratio", "skipped"]
    assert found["rows"] == len(ROWS)
    assert list(found["figures"]) == ["ttft", "tpot", "throughput"]
    for figure in found["figures"].values():
        assert list(figure) == ["n", "median_ape", "mean_ape", "bias", "coverage80"]
    tpot = found["figures"]["tpot"]
    assert tpot["n"] == 6
    assert 0 < tpot["median_ape"] < 0.6
    assert 0 <= tpot["coverage80"] <= 1


def test_rows_that_cannot_be_predicted_are_counted_with_reasons() -> None:
    skipped = scored(table(ROWS))["skipped"]
    assert sum(skipped.values()) == 3
    assert any("knows-this-model" in reason or "model" in reason for reason in skipped)


def test_every_id_has_a_row_of_predictions() -> None:
    rows = list(csv.DictReader(StringIO(predicted(ROWS))))
    assert [item["id"] for item in rows] == [item["id"] for item in ROWS]
    by_id = {item["id"]: item for item in rows}
    for name in ("R0", "R4", "R5", "R8"):  # measured or not
        for column in ("pred_ttft_ms", "pred_tpot_ms", "pred_output_tok_s", "pred_total_tok_s"):
            low, value, high = (float(by_id[name][column + end]) for end in ("_lo80", "", "_hi80"))
            assert 0 < low <= value <= high
    for name in ("R6", "R7"):
        assert set(by_id[name].values()) == {name, ""}


def test_a_prediction_never_reads_what_was_measured() -> None:
    chance = random.Random(7)
    blank = [{**item, **dict.fromkeys(MEASURED, "")} for item in ROWS]
    shuffled = [dict(item) for item in ROWS]
    for column in MEASURED:
        values = [item.get(column, "") for item in ROWS]
        chance.shuffle(values)
        for item, value in zip(shuffled, values, strict=True):
            item[column] = value
    assert predicted(ROWS) == predicted(blank) == predicted(shuffled)


def test_people_see_groups_with_the_worst_first() -> None:
    done = call("accuracy", table(ROWS), "--by", "gpu,load")
    assert done.code == 0
    assert "rows.csv: 9 rows" in done.out
    assert "by gpu, the worst first" in done.out
    assert "by load, the worst first" in done.out
    assert "not scored" in done.out
    by_gpu = scored("rows.csv", "--by", "gpu")["by"]["gpu"]
    assert set(by_gpu) == {"h100_sxm", "a100_80gb_sxm", "l40s", "no-such-gpu"}
    assert by_gpu["a100_80gb_sxm"]["rows"] == 1


WRONG = [
    # what to call, exit code, what is said
    (("accuracy", "none.csv"), 2, "INF720"),
    (("accuracy", "rows.csv", "--by", "colour"), 2, "--by"),
    (("accuracy", "rows.csv", "--leave-out", "colour"), 2, "--leave-out"),
    (("accuracy", "rows.csv", "--calibration", "none.infer"), 2, "INF720"),
    (
        ("accuracy", "rows.csv", "--calibration", "x.infer", "--leave-out", "gpu"),
        2,
        "--calibration: with --leave-out every row is predicted by a fit of its own",
    ),
    (("accuracy", "lacks.csv"), 1, "rename `osll` to `osl`"),
    (("accuracy", "empty.csv"), 1, "no rows"),
    (("accuracy", "noise.json"), 1, "INF770"),
    (("calibrate", "rows.csv"), 2, "-o"),
    (("calibrate", "none.csv", "-o", "x.infer"), 2, "INF720"),
    (("calibrate", "vllm.json", "-o", "x.infer"), 1, "add --gpu"),
    (("accuracy", "rows.csv", "--tp", "-1"), 2, "--tp"),
]

VLLM = {
    "model_id": "meta-llama/Llama-3.1-8B-Instruct",
    "endpoint_type": "vllm",
    "num_prompts": 40,
    "request_rate": "inf",
    "max_concurrency": 4,
    "completed": 40,
    "total_input_tokens": 20480,
    "total_output_tokens": 2560,
    "request_throughput": 6.0,
    "output_throughput": 384.0,
    "total_token_throughput": 3456.0,
    "mean_ttft_ms": 40.0,
    "mean_tpot_ms": 8.4,
}


@pytest.mark.parametrize(("arguments", "code", "says"), WRONG, ids=lambda value: str(value)[-40:])
def test_a_mistake_is_named(arguments: tuple[str, ...], code: int, says: str) -> None:
    table(ROWS)
    Path("lacks.csv").write_text("id,model,gpu,engine,isl,osll,load\n1,m,g,e,1,1,offline\n")
    Path("empty.csv").write_text(",".join(COLUMNS) + "\n")
    Path("noise.json").write_text("{}")
    Path("vllm.json").write_text(json.dumps(VLLM))
    done = call(*arguments)
    assert done.code == code, done.err
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_cell_that_is_no_number_is_named_and_the_others_are_scored() -> None:
    broken = [*ROWS[:3], row(9, isl="many")]
    done = call("accuracy", table(broken))
    assert done.code == 1
    assert "row 5" in done.err
    assert "`many`" in done.err
    assert "rows.csv: 3 rows" in done.out


def test_a_result_of_a_load_generator_is_scored() -> None:
    Path("vllm.json").write_text(json.dumps(VLLM))
    found = scored("vllm.json", "--gpu", "h100_sxm", "--tp", "1")
    assert found["rows"] == 1
    assert found["figures"]["tpot"]["n"] == 1


@pytest.mark.parametrize(
    ("flag", "value"), [("--precision", "fp8"), ("--engine-args", "--max-num-seqs 1")]
)
def test_what_a_result_does_not_say_of_its_server_flags_do(flag: str, value: str) -> None:
    Path("vllm.json").write_text(json.dumps(VLLM))
    asked = ("accuracy", "vllm.json", "--gpu", "h100_sxm", "--tp", "1", "--predictions", "out.csv")
    told: list[str] = []
    for more in ((), (flag, value)):
        assert call(*asked, *more).code == 0
        told.append(Path("out.csv").read_text(encoding="utf-8"))
    assert told[0] != told[1]


def test_several_files_are_one_table() -> None:
    Path("vllm.json").write_text(json.dumps(VLLM))
    Path("more").mkdir()
    Path("more/vllm.json").write_text(json.dumps(VLLM))
    done = call(
        "accuracy", "vllm.json", "more/vllm.json", "--gpu", "h100_sxm", "--predictions", "out.csv"
    )
    assert done.code == 0, done.err
    rows = list(csv.DictReader(StringIO(Path("out.csv").read_text(encoding="utf-8"))))
    assert [item["id"] for item in rows] == ["vllm.json", "vllm.json~2"]


def test_rows_are_grouped_by_all_that_scores_can_be_sliced_by() -> None:
    assert sorted(GROUPS) == sorted(SLICES)
