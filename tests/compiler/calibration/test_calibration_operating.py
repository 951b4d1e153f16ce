"""How an engine ran: its command line, then its source's script, then its own defaults."""

from dataclasses import replace

import pytest

from inferc.compiler.calibration import (
    EngineSettings,
    Operating,
    Run,
    read_command_line,
    settings_or_defaults,
)
from inferc.compiler.calibration.flag_values import Settings
from inferc.compiler.model.catalog import accelerator_at, engine_at
from inferc.compiler.provenance import Origin

H100 = "gpu.nvidia.h100_80gb_sxm"
A100 = "gpu.nvidia.a100_80gb_sxm"
SERVER = Run()


def operating(
    engine: str,
    text: str = "",
    *,
    gpu: str = H100,
    known: Settings | None = None,
    run: Run = SERVER,
) -> Operating:
    """Return how a catalog engine ran with a command line."""
    profile, accelerator = engine_at(f"engine.{engine}"), accelerator_at(gpu)
    assert profile is not None
    assert accelerator is not None
    settings = read_command_line(text, engine=engine, offline=run.offline)
    return settings_or_defaults(settings, profile, accelerator, known=known or {}, run=run)


def limits(found: Operating) -> tuple[int, int]:
    return found.max_num_seqs, found.max_num_batched_tokens


LIMITS = [
    # (engine, command line, run, sequences and tokens)
    ("vllm", "", SERVER, (1024, 8192)),
    ("vllm", "", Run(offline=True), (1024, 16384)),
    ("vllm", "--max-num-seqs 64", SERVER, (64, 8192)),
    ("vllm", "offline max_num_seqs 512", SERVER, (1024, 8192)),
    ("vllm", "offline max_num_seqs 512", Run(offline=True), (512, 16384)),
    ("vllm", "--performance-mode throughput", SERVER, (2048, 16384)),
    ("vllm", "--performance-mode=throughput --max-num-seqs=512", SERVER, (512, 16384)),
    ("vllm", "--max-num-batched-tokens 512", SERVER, (512, 512)),
    ("vllm", "--no-enable-chunked-prefill --max-model-len 32768", SERVER, (1024, 32768)),
    ("vllm_v0", "", Run(context_tok=4096), (256, 4096)),
    ("vllm_v0", "", Run(context_tok=131072), (256, 2048)),
    ("vllm_v0", "--max-model-len 8192", Run(context_tok=131072), (256, 8192)),
    ("vllm_v0", "--enable-chunked-prefill", Run(context_tok=4096), (256, 2048)),
    ("sglang", "", SERVER, (2048, 8192)),
    ("sglang", "--chunked-prefill-size 1024", SERVER, (2048, 1024)),
    ("sglang", "--speculative-algorithm EAGLE3", SERVER, (48, 8192)),
    ("sglang", "--speculative-algorithm EAGLE3 --max-running-requests 9", SERVER, (9, 8192)),
    ("tensorrt_llm", "--max_batch_size 512 --max_num_tokens 16384", SERVER, (512, 16384)),
]


@pytest.mark.parametrize(("engine", "text", "run", "expected"), LIMITS)
def test_limits_of_a_step(engine: str, text: str, run: Run, expected: tuple[int, int]) -> None:
    assert limits(operating(engine, text, run=run)) == expected


@pytest.mark.parametrize(
    ("engine", "text", "context_tok", "scheduling", "chunked"),
    [
        ("vllm", "", 0, "mixed", True),
        ("vllm", "--no-enable-chunked-prefill", 0, "mixed", False),
        ("vllm_v0", "", 8192, "prefill_first", False),
        ("vllm_v0", "--enable-chunked-prefill", 8192, "mixed", True),
        ("vllm_v0", "", 131072, "mixed", True),
        ("vllm_v0", "--enable-chunked-prefill=False", 131072, "prefill_first", False),
        ("vllm_v0", "--max-model-len 32768", 131072, "prefill_first", False),
        ("sglang", "", 0, "prefill_first", True),
        ("sglang", "--chunked-prefill-size 4096", 0, "prefill_first", True),
        ("sglang", "--chunked-prefill-size -1", 0, "prefill_first", False),
        ("sglang", "--enable-mixed-chunk", 0, "mixed", True),
        ("tensorrt_llm", "", 0, "mixed", False),
        ("tensorrt_llm", "--enable_chunked_prefill", 0, "mixed", True),
        ("tgi", "", 0, "mixed", True),
        ("tgi_v1", "", 0, "prefill_first", False),
        ("lmdeploy", "", 0, "mixed", True),
        ("deepspeed_mii", "", 0, "mixed", True),
    ],
)
def test_how_prompts_and_answers_share_steps(
    engine: str, text: str, context_tok: int, scheduling: str, chunked: bool
) -> None:
    found = operating(engine, text, run=Run(context_tok=context_tok))
    assert (found.scheduling, found.chunked_prefill) == (scheduling, chunked)


def test_the_command_line_wins_over_the_source_and_that_over_the_profile() -> None:
    known: Settings = {"max_num_seqs": 128.0, "prefix_caching": False, "kv_cache": "fp8"}
    found = operating("vllm", "--max-num-seqs 32 --enable-prefix-caching", known=known)
    assert found.max_num_seqs == 32
    assert found.prefix_caching
    assert found.kv_precision == "fp8"
    assert operating("vllm", known=known).max_num_seqs == 128
    assert not operating("vllm", known=known).prefix_caching
    assert operating("vllm").prefix_caching


def test_what_was_stated_is_told_from_what_the_engine_does_by_itself() -> None:
    known: Settings = {"memory_share": 0.8}
    found = operating("vllm", "--max-num-seqs 32 --enforce-eager", known=known)
    assert found.given == {"max_num_seqs", "eager", "memory_share"}
    assert found.origin("max_num_seqs") is Origin.GIVEN
    assert found.origin("memory_share") is Origin.GIVEN
    assert found.origin("max_num_batched_tokens") is Origin.DEFAULTED
    assert operating("sglang").given == frozenset()


def test_an_engine_keeps_what_no_flag_can_change() -> None:
    assert operating("tensorrt_llm").kv_admission == "full_length"
    assert operating("tensorrt_llm").memory_share_of == "free"
    assert operating("vllm", gpu=A100).kv_admission == "as_needed"
    assert operating("vllm", "--kv-cache-dtype auto").kv_precision == "fp16"


def test_speculation_is_a_chain_unless_it_is_a_tree() -> None:
    chain = operating("vllm", '--speculative-config={"method":"mtp","num_speculative_tokens":4}')
    assert (chain.speculation, chain.speculation_depth, chain.speculation_tokens) == ("mtp", 4, 4)
    tree = operating(
        "sglang",
        "--speculative-algorithm EAGLE --speculative-num-steps 4 --speculative-num-draft-tokens 16",
    )
    assert (tree.speculation, tree.speculation_depth, tree.speculation_tokens) == ("eagle", 4, 16)
    none = operating("vllm")
    assert (none.speculation, none.speculation_depth, none.speculation_tokens) == ("none", 0, 0)


def test_an_engine_without_any_defaults_still_has_limits() -> None:
    profile, accelerator = engine_at("engine.vllm"), accelerator_at(H100)
    assert profile is not None
    assert accelerator is not None
    bare = replace(profile, defaults={}, tiers=())
    found = settings_or_defaults(EngineSettings(), bare, accelerator)
    assert limits(found) == (256, 8192)
    assert found.memory_share == 0.9
