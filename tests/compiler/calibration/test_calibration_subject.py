"""What a measurement was taken of, from what its row says."""

import pytest
from support.measurements import conditions

from inferc.compiler.calibration.subject import NoSubjectError, Subject, subject_of
from inferc.compiler.perf.formats import peak_flop_per_s
from inferc.compiler.perf.memory import can_shard, shard_weights_bytes

SWEEP = "aiconfigurator silicon_sample (NVIDIA internal sweep)"


def subject(**said: object) -> Subject:
    return subject_of(conditions(**said))


LAYOUTS = [
    # what the row says, (tensor, pipeline, expert, attention groups), replicas
    ({}, (1, 1, 1, 1), 1),
    ({"gpus": 4, "tensor_parallel": 4}, (4, 1, 1, 1), 1),
    ({"gpus": 8, "tensor_parallel": 2}, (2, 1, 1, 1), 4),
    ({"gpus": 8, "tensor_parallel": 2, "pipeline_parallel": 2}, (2, 2, 1, 1), 2),
    ({"gpus": 2, "tensor_parallel": None}, (2, 1, 1, 1), 1),
    ({"gpus": 8, "tensor_parallel": None, "pipeline_parallel": 2}, (4, 2, 1, 1), 1),
    ({"gpus": None}, (1, 1, 1, 1), 1),
    ({"facts": {"replicas": "3"}}, (1, 1, 1, 1), 3),
    # Experts are dealt out of mixtures alone.
    ({"gpus": 4, "tensor_parallel": 4, "expert_parallel": 4}, (4, 1, 1, 1), 1),
    (
        {"model": "mixtral-8x7b", "gpus": 4, "tensor_parallel": 4, "expert_parallel": 4},
        (4, 1, 4, 1),
        1,
    ),
    # Groups that attend alone split what there is, where that goes.
    ({"gpus": 8, "tensor_parallel": 8, "attention_data_parallel": 4}, (8, 1, 1, 4), 1),
    ({"gpus": 4, "tensor_parallel": 4, "attention_data_parallel": 3}, (4, 1, 1, 1), 1),
    # What people count as one is a package of two.
    ({"gpu": "mi250x", "gpus": 1, "tensor_parallel": 1}, (2, 1, 1, 1), 1),
    ({"gpu": "mi250x", "gpus": 4, "tensor_parallel": 2}, (4, 1, 1, 1), 2),
]


@pytest.mark.parametrize(("said", "split", "replicas"), LAYOUTS, ids=str)
def test_layouts(said: dict[str, object], split: tuple[int, ...], replicas: int) -> None:
    found = subject(**said)
    layout = found.layout
    assert (
        layout.tensor_parallel,
        layout.pipeline_parallel,
        layout.expert_parallel,
        layout.attention_data_parallel,
    ) == split
    assert found.replicas == replicas


@pytest.mark.parametrize(
    ("model", "gpu"), [("llama-3.1-8b", "h100_sxm"), ("llama-3.1-70b", "h100_sxm"),
                       ("llama-3.1-405b", "h100_sxm"), ("llama-3.1-70b", "l4")]
)  # fmt: skip
def test_where_nobody_says_the_split_is_the_least_that_holds_the_weights(
    model: str, gpu: str
) -> None:
    found = subject(
        model=model, gpu=gpu, source=MLPERF, gpus=16, tensor_parallel=None, load="mlperf_offline"
    )
    split = found.layout.tensor_parallel
    room = 0.8 * found.accelerator.memory_bytes.value

    def fits(tensor: int) -> bool:
        weights = shard_weights_bytes(found.model, found.layout.precision, tensor, 1)
        return weights <= room and can_shard(found.model, tensor, 1)

    assert fits(split)
    assert split == 1 or not fits(split // 2)
    assert found.replicas == max(1, 16 // split)


MLPERF = "MLPerf Inference v4.1"

UNKNOWN = [
    ({"model": "nobody/knows-this"}, "no model `nobody/knows-this` in the catalog"),
    ({"gpu": "h900_ultra"}, "no accelerator `h900_ultra` in the catalog"),
    ({"gpu": ""}, "the accelerator is not named"),
]


@pytest.mark.parametrize(("said", "reason"), UNKNOWN, ids=str)
def test_what_is_not_in_the_catalog_is_named(said: dict[str, object], reason: str) -> None:
    with pytest.raises(NoSubjectError) as error:
        subject(**said)
    assert str(error.value) == reason


FORMATS = [
    # what the row says, format of the weights, format of the KV cache
    ({"weights": "bf16"}, "bf16", "fp16"),
    ({"weights": "fp8"}, "fp8", "fp16"),
    ({"weights": "fp8", "kv_cache": "fp8"}, "fp8", "fp8"),
    ({"weights": "bf16", "scheduler_flags": "--kv-cache-dtype fp8"}, "bf16", "fp8"),
    ({"weights": "bf16", "scheduler_flags": "--kv-cache-dtype auto"}, "bf16", "fp16"),
    # The column says what was used; a command line may say otherwise for another run.
    ({"kv_cache": "bf16", "scheduler_flags": "--kv-cache-dtype fp8"}, "bf16", "fp16"),
    ({"model": "gpt-oss-20b", "weights": ""}, "mxfp4", "fp16"),
]


@pytest.mark.parametrize(("said", "weights", "cache"), FORMATS, ids=str)
def test_formats(said: dict[str, object], weights: str, cache: str) -> None:
    layout = subject(**said).layout
    assert layout.precision == weights
    assert layout.kv_precision in {cache, {"fp16": "bf16"}.get(cache, cache)}
    assert peak_flop_per_s(subject(**said).accelerator, layout.precision)


SETTINGS = [
    # what wins: the command line over the source's scripts, those over the engine's defaults
    ({}, "max_num_seqs", 1024),
    ({"scheduler_flags": "--max-num-seqs 33"}, "max_num_seqs", 33),
    ({"scheduler_flags": "--max-num-batched-tokens 3000"}, "max_num_batched_tokens", 3000),
    ({"scheduler_flags": "--gpu-memory-utilization 0.5"}, "memory_share", 0.5),
    ({"scheduler_flags": "--enforce-eager"}, "eager", True),
    ({"scheduler_flags": "--no-enable-chunked-prefill"}, "chunked_prefill", False),
]


@pytest.mark.parametrize(("said", "name", "value"), SETTINGS, ids=str)
def test_settings(said: dict[str, object], name: str, value: object) -> None:
    found = subject(**said)
    assert getattr(found.operating, name) == value
    assert (name in found.operating.given) is bool(said)
    assert found.layout.eager is found.operating.eager


CELLS = [
    ({}, ("vllm", "Hopper", False)),
    ({"weights": "fp8"}, ("vllm", "Hopper", True)),
    ({"engine": "sglang", "gpu": "a100_80gb_sxm"}, ("sglang", "Ampere", False)),
    ({"engine": "vllm", "engine_version": "0.5.3"}, ("vllm_v0", "Hopper", False)),
    ({"gpu": "mi300x"}, ("vllm", "CDNA 3", False)),
    ({"engine": "tensorrt-llm", "engine_version": "0.12"}, ("tensorrt_llm_cpp", "Hopper", False)),
]


@pytest.mark.parametrize(("said", "cell"), CELLS, ids=str)
def test_cells(said: dict[str, object], cell: tuple[str, str, bool]) -> None:
    found = subject(**said).cell
    assert (found.engine, found.architecture, found.narrow) == cell


ASSUMED = [
    ({}, (), ("accelerator", "engine", "precision")),
    ({"weights": ""}, ("precision",), ("engine",)),
    ({"engine": "an engine of their own"}, ("engine",), ("precision",)),
    ({"num_prompts": None}, ("requests",), ("engine",)),
    ({"stat": ""}, ("percentile",), ("engine",)),
]


@pytest.mark.parametrize(("said", "there", "absent"), ASSUMED, ids=str)
def test_what_had_to_be_assumed_is_listed(
    said: dict[str, object], there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    found = subject(**said).unknown
    assert set(there) <= set(found)
    assert not set(absent) & set(found)
    assert list(found) == sorted(found)


def test_an_unknown_engine_runs_like_the_usual_one() -> None:
    usual, strange = subject(), subject(engine="an engine of their own")
    assert strange.engine == usual.engine
    assert strange.operating == usual.operating
