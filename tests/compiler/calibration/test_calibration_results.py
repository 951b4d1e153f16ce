"""Result files of load generators, as they are written."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.calibration.measurements import Measurement
from inferc.compiler.calibration.result_files import Known, is_result, read_results

SERVER = Known(gpu="h100_sxm", engine="vllm", tensor_parallel=2)

VLLM: dict[str, Any] = {
    "date": "20250901-101112",
    "endpoint_type": "vllm",
    "label": None,
    "model_id": "meta-llama/Llama-3.1-8B-Instruct",
    "tokenizer_id": "meta-llama/Llama-3.1-8B-Instruct",
    "num_prompts": 200,
    "request_rate": "inf",
    "burstiness": 1.0,
    "max_concurrency": 32,
    "duration": 42.0,
    "completed": 200,
    "total_input_tokens": 204800,
    "total_output_tokens": 25600,
    "request_throughput": 4.76,
    "request_goodput": None,
    "output_throughput": 609.5,
    "total_token_throughput": 5485.7,
    "mean_ttft_ms": 210.5,
    "median_ttft_ms": 150.0,
    "std_ttft_ms": 90.0,
    "p99_ttft_ms": 900.0,
    "mean_tpot_ms": 12.5,
    "median_tpot_ms": 12.1,
    "mean_itl_ms": 12.4,
    "mean_e2el_ms": 1800.0,
}


def spread(mean: float) -> dict[str, Any]:
    shape = {"mean": mean, "median": mean * 0.9, "std_dev": 1.0, "percentiles": {"p95": 2 * mean}}
    return {"successful": shape, "errored": {"mean": 0.0}, "total": shape}


def guidellm(strategy: dict[str, Any]) -> dict[str, Any]:
    return {
        "config": {"strategy": strategy, "backend": {"model": "Qwen/Qwen3-8B"}},
        "metrics": {
            "request_totals": {"successful": 90, "errored": 2, "incomplete": 8, "total": 100},
            "requests_per_second": spread(3.0),
            "request_latency": spread(2.5),
            "prompt_token_count": spread(512.0),
            "output_token_count": spread(128.0),
            "time_to_first_token_ms": spread(95.0),
            "time_per_output_token_ms": spread(19.5),
            "inter_token_latency_ms": spread(18.0),
            "output_tokens_per_second": spread(384.0),
            "tokens_per_second": spread(1920.0),
        },
    }


GUIDELLM = {
    "metadata": {"guidellm_version": "0.5.3"},
    "args": {"model": "Qwen/Qwen3-8B"},
    "benchmarks": [
        guidellm({"type_": "synchronous"}),
        guidellm({"type_": "concurrent", "streams": 16}),
        guidellm({"type_": "poisson", "rate": 2.5}),
        guidellm({"type_": "throughput", "max_concurrency": None}),
    ],
}

AIPERF = {
    "schema_version": "1.3",
    "input_config": {
        "endpoint": {"model_names": ["Qwen/Qwen3-0.6B"]},
        "loadgen": {"concurrency": 8, "request_count": 64},
    },
    "start_time": "2026-05-18T17:00:00Z",
    "request_latency": {"unit": "ms", "avg": 2620.71, "p50": 2568.73, "count": 64},
    "time_to_first_token": {"unit": "ms", "avg": 220.0},
    "inter_token_latency": {"unit": "ms", "avg": 9.5},
    "input_sequence_length": {"unit": "tokens", "avg": 550.0},
    "output_sequence_length": {"unit": "tokens", "avg": 250.0},
    "output_token_throughput": {"unit": "tokens/sec", "avg": 800.0},
    "request_throughput": {"unit": "requests/sec", "avg": 3.2},
    "request_count": {"unit": "requests", "avg": 64.0},
}

AIPERF_CSV = """\
Metric,avg,min,max,p1,p5,p10,p25,p50,p75,p90,p95,p99,std
Time to First Token (ms),220.00,100.00,500.00,1,1,1,1,210.00,1,1,1,1,1
Inter Token Latency (ms),9.50,8.00,12.00,1,1,1,1,9.40,1,1,1,1,1
Request Latency (ms),"2,620.71",2145.06,3411.10,1,1,1,1,2568.73,1,1,1,1,1
Output Sequence Length (tokens),250.00,250.00,250.00,1,1,1,1,250.00,1,1,1,1,1
Input Sequence Length (tokens),550.00,550.00,550.00,1,1,1,1,550.00,1,1,1,1,1

Metric,Value
Output Token Throughput (tokens/sec),800.00
Request Throughput (requests/sec),3.20
Request Count (requests),64.00
"""


def rows(text: str, known: Known = SERVER) -> tuple[Measurement, ...]:
    found, diagnostics = read_results(text, name="run.json", known=known)
    assert diagnostics == ()
    return found


def test_a_result_of_vllm() -> None:
    (row,) = rows(json.dumps(VLLM))
    assert row.conditions.model == "meta-llama/Llama-3.1-8B-Instruct"
    assert row.conditions.gpu == "h100_sxm"
    assert row.conditions.gpus == 2
    assert (row.conditions.load, row.conditions.concurrency) == ("closed_loop", 32)
    assert (row.conditions.isl_tok, row.conditions.osl_tok) == (1024.0, 128.0)
    assert row.conditions.num_prompts == 200
    assert row.conditions.stat == "mean"
    assert row.measured.ttft_s == pytest.approx(0.2105)
    assert row.measured.tpot_s == pytest.approx(0.0125)
    assert row.measured.e2e_s == pytest.approx(1.8)
    assert row.measured.output_tok_per_s == 609.5
    assert row.measured.total_tok_per_s == 5485.7


LOADS: list[tuple[dict[str, Any], str, int | None, float | None]] = [
    ({"max_concurrency": None}, "burst", None, None),
    ({"request_rate": 4.0, "max_concurrency": None}, "open_loop", None, 4.0),
    ({"request_rate": 4.0}, "open_loop", None, 4.0),
    ({"request_rate": "inf", "max_concurrency": 1}, "closed_loop", 1, None),
]


@pytest.mark.parametrize(("change", "load", "concurrency", "rate"), LOADS, ids=str)
def test_how_requests_were_sent(
    change: dict[str, Any], load: str, concurrency: int | None, rate: float | None
) -> None:
    (row,) = rows(json.dumps({**VLLM, **change}))
    assert row.conditions.load == load
    assert row.conditions.concurrency == concurrency
    assert row.conditions.rate_per_s == rate


def test_results_behind_one_another() -> None:
    """What ``--append-result`` writes."""
    found = rows("\n".join(json.dumps({**VLLM, "max_concurrency": n}) for n in (1, 2, 4)))
    assert [row.conditions.concurrency for row in found] == [1, 2, 4]
    assert [row.id for row in found] == ["run.json#1", "run.json#2", "run.json#3"]


def test_a_report_of_guidellm() -> None:
    found = rows(json.dumps(GUIDELLM))
    loads = [(r.conditions.load, r.conditions.concurrency, r.conditions.rate_per_s) for r in found]
    assert loads == [
        ("closed_loop", 1, None),
        ("closed_loop", 16, None),
        ("open_loop", None, 2.5),
        ("burst", None, None),
    ]
    row = found[1]
    assert row.conditions.model == "Qwen/Qwen3-8B"
    assert (row.conditions.isl_tok, row.conditions.osl_tok) == (512.0, 128.0)
    assert row.conditions.num_prompts == 90
    assert row.measured.ttft_s == pytest.approx(0.095)
    assert row.measured.e2e_s == pytest.approx(2.5)  # this one is in seconds
    assert row.measured.output_tok_per_s == 384.0


def test_tpot_of_guidellm_is_between_tokens() -> None:
    """Its time per output token has the first token in it."""
    row = rows(json.dumps(GUIDELLM))[1]
    assert row.measured.tpot_s == pytest.approx(0.018)


def test_a_result_of_aiperf() -> None:
    (row,) = rows(json.dumps(AIPERF))
    assert row.conditions.model == "Qwen/Qwen3-0.6B"
    assert (row.conditions.load, row.conditions.concurrency) == ("closed_loop", 8)
    assert row.conditions.date == "2026-05-18"
    assert row.measured.ttft_s == pytest.approx(0.22)
    assert row.measured.tpot_s == pytest.approx(0.0095)
    assert row.measured.output_tok_per_s == 800.0


def test_units_of_aiperf_are_read() -> None:
    in_us = {**AIPERF, "time_to_first_token": {"unit": "us", "avg": 220000.0}}
    (row,) = rows(json.dumps(in_us))
    assert row.measured.ttft_s == pytest.approx(0.22)


def test_a_newer_configuration_of_aiperf() -> None:
    config = {
        "models": {"items": [{"name": "m/x"}]},
        "phases": [{"name": "warmup"}, {"name": "profiling", "request_rate": 5.0}],
    }
    (row,) = rows(json.dumps({**AIPERF, "input_config": config}))
    assert row.conditions.model == "m/x"
    assert (row.conditions.load, row.conditions.rate_per_s) == ("open_loop", 5.0)


def test_the_csv_of_aiperf_says_the_same() -> None:
    known = SERVER._replace(model="Qwen/Qwen3-0.6B", concurrency=8)
    (row,) = rows(AIPERF_CSV, known)
    (same,) = rows(json.dumps(AIPERF), known)
    assert row.measured == same.measured
    assert row.conditions.concurrency == same.conditions.concurrency
    assert row.conditions.isl_tok == same.conditions.isl_tok


# ---- what is wrong or missing ------------------------------------------------------------------


def problems(text: str, known: Known = SERVER) -> list[tuple[str, str, str]]:
    found, diagnostics = read_results(text, name="run.json", known=known)
    assert found == ()
    return [(item.code, item.message, item.help) for item in diagnostics]


def test_what_the_result_does_not_say_is_named_with_the_flag() -> None:
    ((code, message, help_text),) = problems(json.dumps(VLLM), Known())
    assert code == "INF771"
    assert "`gpu`" in message
    assert help_text == "add --gpu"


def test_a_csv_needs_model_and_load() -> None:
    ((code, message, help_text),) = problems(AIPERF_CSV)
    assert code == "INF771"
    assert "`model`" in message
    assert "--concurrency or --rate" in help_text


def test_a_run_in_which_all_requests_failed() -> None:
    failed = {
        key: 0.0 if key.startswith(("mean", "median", "p99", "std")) or "throughput" in key else v
        for key, v in VLLM.items()
    }
    assert [code for code, *_ in problems(json.dumps(failed))] == ["INF772"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "{", "[1, 2]", '{"a": 1}', "not json", "null", '{"benchmarks": []}']
)
def test_what_no_tool_wrote_is_said(text: str) -> None:
    assert [code for code, *_ in problems(text)] == ["INF770"]


@pytest.mark.parametrize("number", ["1e999", "-1", "0", "1" + 400 * "0", "NaN", '"inf"', "true"])
def test_a_number_that_means_nothing_is_not_there(number: str) -> None:
    text = json.dumps({**VLLM, "mean_ttft_ms": 1.0}).replace(
        '"mean_ttft_ms": 1.0', f'"mean_ttft_ms": {number}'
    )
    (row,) = rows(text)
    assert row.measured.ttft_s is None


def test_good_runs_are_kept_beside_bad_ones() -> None:
    bad = {**VLLM, "model_id": ""}
    text = json.dumps([VLLM, bad])
    found, diagnostics = read_results(text, name="run.json", known=SERVER)
    assert [row.id for row in found] == ["run.json#1"]
    assert [item.code for item in diagnostics] == ["INF771"]


def test_a_table_is_no_result() -> None:
    assert not is_result("id,model,gpu,engine,isl,osl,load\n")
    assert is_result(json.dumps(VLLM))
    assert is_result(AIPERF_CSV)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_value_of_a_result_is_a_traceback(data: st.DataObject) -> None:
    whole: dict[str, Any] = data.draw(st.sampled_from([VLLM, GUIDELLM, AIPERF]))
    key = data.draw(st.sampled_from(sorted(whole)))
    changed = {**whole, key: data.draw(JSON)}
    found, diagnostics = read_results(json.dumps(changed), name="run.json", known=SERVER)
    assert found or diagnostics


@settings(deadline=None, max_examples=100)
@given(text=st.text(alphabet='{}[]":,0123456789.einfaMtrcvg \n', max_size=80))
def test_no_text_is_a_traceback(text: str) -> None:
    found, diagnostics = read_results(text, name="x", known=SERVER)
    assert found or diagnostics
