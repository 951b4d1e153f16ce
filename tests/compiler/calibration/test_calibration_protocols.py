"""How sources measure: what a row states, what its source publishes, what is assumed."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.calibration import Basis, Conditions, Spread, protocol_of
from inferc.compiler.calibration.exclusions import EVERYTHING, EXCLUSIONS, excluded, exclusions_of
from inferc.compiler.calibration.measurements import LOADS
from inferc.compiler.calibration.names import (
    accelerator_name,
    cache_format,
    engine_name,
    generation,
    model_path,
    version_of,
    weights_format,
)

INFERENCEX = "SemiAnalysis InferenceX (CI fixtures of results API)"
SWEEP = "aiconfigurator silicon_sample (NVIDIA internal sweep)"
TRTLLM_DOCS = "TensorRT-LLM docs"
ARGONNE = "LLM-Inference-Bench (Argonne)"


def row(**said: Any) -> Conditions:
    """Return a row of a source that nobody knows, unless it is said otherwise."""
    known: dict[str, Any] = {
        "id": "A",
        "model": "llama-3.1-70b",
        "gpu": "h100_sxm",
        "engine": "vllm",
        "isl_tok": 1024.0,
        "osl_tok": 1024.0,
        "load": "closed_loop",
        "concurrency": 64,
    }
    return Conditions(**known | said)


# ---- what is sent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "arrivals", "in_flight", "requests"),
    [
        ({}, "closed", 64, 640),
        ({"num_prompts": 320}, "closed", 64, 320),
        ({"load": "burst", "concurrency": None}, "at_once", None, 1000),
        ({"load": "static_batch", "concurrency": 16}, "at_once", None, 16),
        ({"load": "open_loop", "rate_per_s": 4.0, "concurrency": None}, "poisson", None, 300),
        ({"load": "open_loop", "rate_per_s": 1000.0, "concurrency": 512}, "closed", 512, 300),
        ({"load": "open_loop", "concurrency": None}, "at_once", None, 300),
        (
            {"load": "open_loop", "rate_per_s": 2.0, "length_note": "constant rate"},
            "even",
            64,
            300,
        ),
        ({"source": INFERENCEX}, "closed", 64, 640),
        (
            {"source": TRTLLM_DOCS, "load": "offline", "isl_tok": 128.0, "osl_tok": 2048.0},
            "at_once",
            64,
            3000,
        ),
        ({"source": TRTLLM_DOCS, "load": "open_loop", "rate_per_s": 8.0}, "poisson", 64, 500),
        (
            {"source": "gpustack performance-lab", "load": "open_loop", "rate_per_s": 8.0},
            "even",
            64,
            300,
        ),
    ],
)
def test_when_requests_come(
    said: dict[str, Any], arrivals: str, in_flight: int | None, requests: int
) -> None:
    protocol = protocol_of(row(**said))
    assert (protocol.arrivals, protocol.in_flight, protocol.requests) == (
        arrivals,
        in_flight,
        requests,
    )


@pytest.mark.parametrize(
    ("said", "basis"),
    [
        ({"num_prompts": 7}, Basis.STATED),
        ({"source": INFERENCEX}, Basis.SOURCE),
        ({"source": "a page of mine"}, Basis.ASSUMED),
    ],
)
def test_each_field_says_where_it_comes_from(said: dict[str, Any], basis: Basis) -> None:
    protocol = protocol_of(row(**said))
    assert protocol.basis["requests"] is basis
    assert ("requests" in protocol.assumed) is (basis is Basis.ASSUMED)


def test_more_is_assumed_of_a_source_that_nobody_knows() -> None:
    known, unknown = protocol_of(row(source=SWEEP)), protocol_of(row(source="a page of mine"))
    assert set(known.assumed) < set(unknown.assumed)
    assert known.source
    assert not unknown.source


# ---- lengths ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shape", "low", "high"),
    [
        ({"length_factor": 0.9}, "uniform", 819.2, 1024.0),
        ({"length_note": "sglang random: lengths uniform in [1,max]"}, "uniform", 0.0, 2048.0),
        ({"length_note": "random range-ratio 0.5"}, "uniform", 1024.0 / 1.5, 2048.0 / 1.5),
        ({"length_note": "fixed"}, "constant", 1024.0, 1024.0),
        ({"length_note": "random 1024/100 as realised"}, "constant", 1024.0, 1024.0),
        ({"load": "static_batch"}, "constant", 1024.0, 1024.0),
        ({"source": SWEEP}, "constant", 1024.0, 1024.0),
        ({}, "constant", 1024.0, 1024.0),
    ],
)
def test_how_lengths_spread(said: dict[str, Any], shape: str, low: float, high: float) -> None:
    prompt = protocol_of(row(**said)).prompt
    assert prompt.shape == shape
    assert (prompt.at(0.0), prompt.at(1.0)) == pytest.approx((low, high))


def test_a_deviation_that_is_noted_is_taken() -> None:
    prompt = protocol_of(row(length_note="isl sd=512 osl sd=0")).prompt
    assert (prompt.shape, prompt.variation) == ("lognormal", 0.5)
    assert protocol_of(row(length_note="isl sd=512 osl sd=0")).output.shape == "constant"


def test_lengths_of_a_data_set_vary() -> None:
    prompt = protocol_of(row(isl_tok=215.3, length_note="ShareGPT, chat endpoint")).prompt
    assert prompt.shape == "lognormal"
    assert prompt.variation > 1.0


def test_lengths_that_nobody_gives_are_those_of_the_usual_data_set() -> None:
    protocol = protocol_of(row(isl_tok=None, osl_tok=None))
    assert {"prompt_mean", "output_mean"} <= set(protocol.assumed)
    assert 100.0 < protocol.prompt.mean_tok < 1000.0


def test_answers_are_cut_at_the_cap_that_is_noted() -> None:
    output = protocol_of(row(osl_tok=350.0, facts={"out_cap": "512"})).output
    assert (output.shape, output.high_tok) == ("capped", 512.0)
    assert output.at(0.99) == 512.0


@given(
    shape=st.sampled_from(["constant", "uniform", "lognormal", "capped"]),
    mean=st.floats(1.0, 1e5),
    share=st.floats(0.0, 0.9),
)
@settings(deadline=None, max_examples=100)
def test_every_spread_keeps_its_mean_and_rises(shape: str, mean: float, share: float) -> None:
    high = mean * (1.0 + share) if shape == "uniform" else mean * (1.02 + share * 0.98)
    spread = Spread(
        shape=shape,
        mean_tok=mean,
        low_tok=mean * (1.0 - share),
        high_tok=high,
        variation=share,
    )
    grid = [(i + 0.5) / 2000 for i in range(2000)]
    lengths = [spread.at(u) for u in grid]
    assert all(a <= b for a, b in itertools.pairwise(lengths))
    assert math.fsum(lengths) / len(lengths) == pytest.approx(mean, rel=0.02)


# ---- what is counted, and on what ------------------------------------------------------------


@pytest.mark.parametrize(
    ("stat", "percentile"),
    [
        ("mean", None),
        ("mean (assumed)", None),
        ("", None),
        ("p50", 0.5),
        ("P95", 0.95),
        ("p99.9", 0.999),
        ("median", 0.5),
        ("median of 5 runs", None),
    ],
)
def test_what_latencies_are(stat: str, percentile: float | None) -> None:
    assert protocol_of(row(stat=stat)).percentile == pytest.approx(percentile)


@pytest.mark.parametrize(
    ("said", "tensor", "replicas"),
    [
        ({"tensor_parallel": 4, "gpus": 8}, 4, 2),
        ({"tensor_parallel": 2, "pipeline_parallel": 4, "gpus": 8}, 2, 1),
        ({"gpus": 8}, 8, 1),
        ({}, 1, 1),
        ({"tensor_parallel": 2, "facts": {"replicas": "3"}}, 2, 3),
        ({"tensor_parallel": 1, "expert_parallel": 4, "gpus": 4}, 4, 1),
        ({"tensor_parallel": 8, "expert_parallel": 8, "gpus": 8}, 8, 1),
        ({"tensor_parallel": 1, "attention_data_parallel": 8, "gpus": 8}, 8, 1),
        ({"load": "mlperf_offline", "gpus": 8}, None, 1),
    ],
)
def test_how_many_gpus_a_copy_takes(
    said: dict[str, Any], tensor: int | None, replicas: int
) -> None:
    protocol = protocol_of(row(**said))
    assert (protocol.tensor_parallel, protocol.replicas) == (tensor, replicas)


def test_settings_of_a_source_depend_on_what_it_ran() -> None:
    def of(**said: Any) -> dict[str, Any]:
        return dict(protocol_of(row(source=INFERENCEX, **said)).settings)

    waits = of(engine="trtllm", gpu="b200_sxm", tensor_parallel=4)
    assert (waits["batch_wait_iterations"], waits["batch_wait_ratio"]) == (20.0, 0.9)
    assert "batch_wait_iterations" not in of(engine="trtllm", gpu="b200_sxm", tensor_parallel=8)
    assert "batch_wait_iterations" not in of(engine="trtllm", osl_tok=8192.0, tensor_parallel=4)
    assert of(gpu="b200_sxm")["kv_cache"] == "fp8"
    assert "kv_cache" not in of(gpu="h100_sxm")
    assert of(gpu="h100_sxm", concurrency=16)["max_num_seqs"] == 16.0
    polls = [
        of(engine="sglang", gpu="b200_sxm", concurrency=c)["receive_interval_steps"]
        for c in (8, 16)
    ]
    assert polls == [10.0, 30.0]


def test_prompts_that_are_sent_again_are_found_only_where_prefixes_are_kept() -> None:
    old = protocol_of(row(source="AccelMark", engine_version="0.7.3", isl_tok=240.0))
    new = protocol_of(row(source="AccelMark", engine_version="0.20.1", isl_tok=240.0))
    long = protocol_of(row(source="AccelMark", engine_version="0.20.1", isl_tok=28650.0))
    assert (old.reused_share, long.reused_share) == (0.0, 0.0)
    assert 0.9 < new.reused_share < 1.0


def test_compressed_weights_of_accelmark_run_without_graphs_on_the_second_engine() -> None:
    def eager(model: str, version: str) -> object:
        said = row(source="AccelMark", model=model, engine_version=version)
        return protocol_of(said).settings.get("eager", False)

    compressed = "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16"
    assert eager(compressed, "0.20.1")
    assert not eager(compressed, "0.7.3")
    assert not eager("meta-llama/Llama-3.1-8B-Instruct", "0.20.1")


def test_a_page_that_shows_more_sequences_than_the_usual_limit_had_another_one() -> None:
    page = "GPUStack reference: impact of quantization on vLLM"
    other = "GPUStack Performance Lab: qwen3-32b/a100.md"
    assert protocol_of(row(source=page, load="burst")).settings["max_num_seqs"] == 1024.0
    assert "max_num_seqs" not in protocol_of(row(source=other, load="burst")).settings


def test_answers_to_one_prompt_are_alike() -> None:
    page = "ai-factory-ops-lab Inference Benchmark Report"
    known = protocol_of(row(source=page, length_note="short chat prompt; gen mean printed"))
    assert known.output.variation == 0.1
    assert known.reused_share == 0.9


@pytest.mark.parametrize(
    ("engine", "isl_tok", "reused", "budget_tok", "mixed"),
    [
        ("vllm", 1024.0, False, 1088.0, False),
        ("vllm", 4000.0, True, 8192.0, False),
        ("trtllm", 4000.0, True, 5564.0, False),
        ("sglang", 4000.0, False, 4096.0, True),
    ],
)
def test_lengths_in_thousands_tell_the_second_sweep(
    engine: str, isl_tok: float, reused: bool, budget_tok: float, mixed: bool
) -> None:
    known = protocol_of(row(source=SWEEP, engine=engine, isl_tok=isl_tok))
    assert (known.reused_share > 0.0) is reused
    assert known.settings["max_num_batched_tokens"] == budget_tok
    assert known.settings.get("mixed_chunk", False) is mixed


def test_a_cache_is_narrow_where_the_measured_time_leaves_no_other_reading() -> None:
    sweep = {"source": SWEEP, "isl_tok": 4000.0, "weights": "fp8"}
    assert protocol_of(row(**sweep, model="qwen3-32b")).settings.get("kv_cache") == "fp8"
    assert "kv_cache" not in protocol_of(row(**sweep)).settings


@given(
    load=st.sampled_from(LOADS),
    source=st.sampled_from(
        [INFERENCEX, SWEEP, TRTLLM_DOCS, ARGONNE, "AccelMark", "MLPerf", "FMBench", "gpustack", "x"]
    ),
    engine=st.sampled_from(["vllm", "trtllm", "sglang", "", "who knows"]),
    numbers=st.tuples(*[st.one_of(st.none(), st.integers(1, 10**6))] * 6),
    note=st.text(max_size=40),
)
@settings(deadline=None, max_examples=150)
def test_every_row_has_a_protocol(
    load: str, source: str, engine: str, numbers: tuple[int | None, ...], note: str
) -> None:
    gpus, tensor, concurrency, prompts, isl, osl = numbers
    protocol = protocol_of(
        row(
            load=load,
            source=source,
            engine=engine,
            gpus=gpus,
            tensor_parallel=tensor,
            concurrency=concurrency,
            num_prompts=prompts,
            isl_tok=None if isl is None else float(isl),
            osl_tok=None if osl is None else float(osl),
            length_note=note,
        )
    )
    assert protocol.requests >= 1
    assert protocol.replicas >= 1
    assert protocol.prompt.mean_tok > 0.0
    assert 0.0 <= protocol.reused_share < 1.0
    assert protocol.arrivals in {"closed", "at_once", "poisson", "even"}
    assert (protocol.in_flight is not None) or protocol.arrivals != "closed"


# ---- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name", "stated"),
    [
        ({"weights": "bf16"}, "bf16", True),
        ({"weights": "bf16?"}, "bf16", False),
        ({"weights": "fp4"}, "nvfp4", True),
        ({"weights": "fp4", "gpu": "mi355x"}, "mxfp4", True),
        ({"weights": "gptq_int8"}, "w8a16", True),
        ({"weights": "w8a8_int8"}, "int8", True),
        ({"weights": "bnb"}, "int4", True),
        ({"weights": "", "model": "Qwen/Qwen3-32B-AWQ"}, "int4", True),
        ({"weights": "", "model": "x/Meta-Llama-3.1-8B-quantized.w8a8"}, "int8", True),
        ({"weights": "", "model": "openai/gpt-oss-120b"}, "mxfp4", True),
        ({"weights": "", "model": "llama-3.1-8b"}, "", False),
        ({"weights": "fp16", "source": "MLPerf Inference v4.1"}, "fp8", False),
        ({"weights": "fp16", "source": "MLPerf", "gpu": "a100_80gb_sxm"}, "fp16", True),
    ],
)
def test_formats_of_weights(said: dict[str, Any], name: str, stated: bool) -> None:
    assert weights_format(row(**said)) == (name, stated)


@pytest.mark.parametrize(
    ("written", "name"), [("", ""), ("auto", ""), ("fp8_e4m3", "fp8"), ("int8", "int8")]
)
def test_formats_of_caches(written: str, name: str) -> None:
    assert cache_format(row(kv_cache=written)).name == name


@pytest.mark.parametrize(
    ("engine", "version", "usual", "date", "found"),
    [
        ("vllm", "0.7.3", "", "", "vllm_v0"),
        ("vllm", "0.12.0", "0.5", "", "vllm"),
        ("vllm", "", "0.5", "", "vllm_v0"),
        ("vllm", "", "", "2024", "vllm_v0"),
        ("vllm", "", "", "2025-01-07", "vllm_v0"),
        ("vllm", "", "", "2025", "vllm"),
        ("vllm", "", "", "2026-01-01", "vllm"),
        ("vllm", "", "", "", "vllm"),
        ("trtllm", "1.0.0rc3", "", "", "tensorrt_llm"),
        ("trtllm", "TensorRT 10.2.0", "0.11", "", "tensorrt_llm_cpp"),
        ("sglang", "lmsysorg/sglang:v0.5.9-cu130", "", "", "sglang"),
        ("tgi", "1.1.0", "", "", "tgi_v1"),
    ],
)
def test_generations_of_engines(
    engine: str, version: str, usual: str, date: str, found: str
) -> None:
    assert generation(row(engine=engine, engine_version=version, date=date), usual) == found


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("lmsysorg/sglang:v0.5.9-cu130", (0, 5)),
        ("1.0.0rc3", (1, 0)),
        ("v1.1+/main", (1, 1)),
        ("TensorRT 10.2.0", None),
        ("latest", None),
        ("", None),
    ],
)
def test_versions(text: str, version: tuple[int, int] | None) -> None:
    assert version_of(text) == version


@pytest.mark.parametrize(
    ("engine", "found"),
    [
        ("trtllm", ("tensorrt_llm", True)),
        ("TensorRT-LLM", ("tensorrt_llm", True)),
        ("vLLM", ("vllm", True)),
        ("unknown", ("vllm", False)),
    ],
)
def test_engines(engine: str, found: tuple[str, bool]) -> None:
    assert engine_name(row(engine=engine)) == found


@pytest.mark.parametrize(
    ("gpu", "source", "found"),
    [
        ("h100_sxm", "", ("h100_sxm", True)),
        ("H100_unspecified", "", ("h100_sxm", False)),
        ("a100_unspecified", "", ("a100_80gb_sxm", False)),
        ("a100_unspecified", ARGONNE, ("a100_40gb_sxm", False)),
        ("unknown", "", ("", False)),
        ("", "", ("", False)),
    ],
)
def test_accelerators(gpu: str, source: str, found: tuple[str, bool]) -> None:
    assert accelerator_name(row(gpu=gpu, source=source)) == found


def test_models() -> None:
    assert model_path(row(model="llama-3.1-70b")) == "models.meta.llama_3_1_70b_instruct"
    assert model_path(row(model="nobody/has-this-one-9z")) is None
    assert model_path(row(model=" ")) is None


# ---- exclusions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({}, None),
        ({"model": "deepseek-r1"}, "deepseek"),
        ({"model": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"}, None),
        ({"scheduler_flags": '--speculative-config={"method":"mtp"}'}, "speculative-decoding"),
        ({"speculation": "mtp"}, "speculative-decoding"),
        ({"speculation": "none"}, None),
        ({"gpu": ""}, "accelerator-unknown"),
        ({"doubt": "kv_starved: TTFT over 5 s"}, "kv-starved"),
        ({"doubt": "something else"}, "doubted"),
    ],
)
def test_what_is_not_scored(said: dict[str, Any], rule: str | None) -> None:
    found = excluded(row(**said), "tpot")
    assert (found.name if found else None) == rule


def test_a_cold_start_spoils_the_first_token_only() -> None:
    cold = row(source="IOG-Foundation/llm-inference-benchmarks", tensor_parallel=4)
    assert [rule.name for rule in exclusions_of(cold)] == ["cold-start"]
    assert excluded(cold, "ttft")
    assert excluded(cold, "tpot") is None


def test_every_rule_has_a_reason_and_a_name_of_its_own() -> None:
    assert len({rule.name for rule in EXCLUSIONS}) == len(EXCLUSIONS)
    assert all(rule.reason and set(rule.figures) <= set(EVERYTHING) for rule in EXCLUSIONS)
