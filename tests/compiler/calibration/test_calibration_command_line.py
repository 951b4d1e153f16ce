"""Command lines of engines, as tables of measurements quote them."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command_lines import CHAIN, NOTHING, said

from inferc.compiler.calibration import read_command_line
from inferc.compiler.calibration.flag_values import reading
from inferc.compiler.calibration.spellings import (
    FLAGS,
    IGNORED,
    OBJECTS,
    PROGRAM_VALUES,
    VALUES,
)

MTP = '{"method":"mtp","num_speculative_tokens":4}'
EAGLE = (
    "python3 -m sglang.launch_server --model-path Qwen/Qwen3-8B-FP8 --speculative-algorithm EAGLE3 "
    "--speculative-draft-model-path Tengyunw/qwen3_8b_eagle3 --speculative-num-steps 4 "
    "--speculative-eagle-topk 4 --speculative-num-draft-tokens 16"
)

QUOTED: list[tuple[str, str, dict[str, object]]] = [
    # (engine, text, what it says): the families of spellings in published tables
    ("vllm", "", {}),
    ("vllm", "engine defaults", {}),
    (
        "vllm",
        "engine defaults (runner: gpu_memory_utilization 0.90; offline max_num_seqs 512)",
        {"memory_share": 0.9},
    ),
    (
        "vllm",
        "batch size 1; max_model_len=32768 gpu_memory_utilization=0.9 enforce_eager=False unless",
        {"max_model_len": 32768, "memory_share": 0.9, "eager": False},
    ),
    (
        "vllm",
        (
            "README example: --disable-log-requests --dtype float16 --tensor-parallel-size N; "
            "max-model-len/gpu-memory-utilization set as needed (not recorded)"
        ),
        {"dtype": "float16", "unread": ("--tensor-parallel-size N",)},
    ),
    (
        "vllm",
        (
            "--max-model-len swept, --gpu-memory-utilization 0.95, --max-num-seqs 1024 "
            "(benchmark.py defaults), --tensor-parallel-size N"
        ),
        {
            "memory_share": 0.95,
            "max_num_seqs": 1024,
            "unread": ("--max-model-len swept", "--tensor-parallel-size N"),
        },
    ),
    (
        "vllm",
        "see yamls/exp-3/H100/vllm-llama-3-70b.yaml",
        {"unread": ("yamls/exp-3/H100/vllm-llama-3-70b.yaml",)},
    ),
    ("vllm", "--reasoning-parser=qwen3 --max-model-len=32768", {"max_model_len": 32768}),
    ("vllm", "vllm serve openai/gpt-oss-120b --max-model-len 32768", {"max_model_len": 32768}),
    ("vllm", "vllm serve Qwen/Qwen3-235B-A22B-Instruct-2507 -tp 8", {"tensor_parallel": 8}),
    ("vllm", "vllm serve Qwen/Qwen3-32B-AWQ", {}),
    (
        "vllm",
        "vllm serve openai/gpt-oss-120b --async-scheduling -pp 2",
        {"async_scheduling": True, "pipeline_parallel": 2},
    ),
    (
        "vllm",
        (
            f"--reasoning-parser=qwen3 --max-model-len=32768 --speculative-config={MTP} "
            "--language-model-only --performance-mode=interactivity"
        ),
        {
            "max_model_len": 32768,
            "speculation": "mtp",
            "performance_mode": "interactivity",
            **CHAIN,
        },
    ),
    (
        "vllm",
        "--performance-mode=throughput --max-num-batched-tokens=49152 --max-num-seqs=768",
        {
            "performance_mode": "throughput",
            "max_num_batched_tokens": 49152,
            "max_num_seqs": 768,
        },
    ),
    (
        "vllm",
        (
            "vllm serve Qwen/Qwen3-235B-A22B-Instruct-2507-FP8 -tp 4 "
            "--max-num-batched-tokens 4096  [this block: --max-num-batched-tokens 8192]"
        ),
        {"tensor_parallel": 4, "max_num_batched_tokens": 8192},
    ),
    (
        "vllm",
        (
            "# TP8 only is not compatible for the model weight. Use EP as well. vllm serve "
            "Qwen/Qwen3-235B -tp 8 --enable-expert-parallel"
        ),
        {"tensor_parallel": 8, "expert_parallel": True},
    ),
    ("vllm", "tokenizer-mode mistral", {}),
    ("vllm", "max-model-len 2000", {"max_model_len": 2000}),
    (
        "vllm",
        "max-num-seq=256 max-seq-len=2048 chunked_prefill=False num-scheduler-steps=10",
        {
            "max_num_seqs": 256,
            "max_model_len": 2048,
            "chunked_prefill": False,
            "scheduler_steps": 10,
        },
    ),
    (
        "vllm",
        "max-num-seq=256 chunked_prefill=True num-scheduler-steps=N/A",
        {
            "max_num_seqs": 256,
            "chunked_prefill": True,
            "unread": ("num-scheduler-steps=N/A",),
        },
    ),
    (
        "vllm",
        "--disable-log-requests --num-scheduler-steps 10 --tensor 4 --max_model_len 4096",
        {"scheduler_steps": 10, "tensor_parallel": 4, "max_model_len": 4096},
    ),
    (
        "sglang",
        "mem_fraction_static=0.85 context_length=140000 enable_mixed_chunk; awq_marlin for AWQ",
        {"memory_share": 0.85, "max_model_len": 140000, "mixed_chunk": True},
    ),
    (
        "sglang",
        "--disable-radix-cache --tp 4 --mem-frac 0.88",
        {"prefix_caching": False, "tensor_parallel": 4, "memory_share": 0.88},
    ),
    (
        "sglang",
        "--enable-torch-compile --disable-radix-cache",
        {"prefix_caching": False, "unread": ("--enable-torch-compile",)},
    ),
    ("sglang", "sglang serve --model-path Meta-Llama/Llama-3.1-70B --tp 8", {"tensor_parallel": 8}),
    (
        "sglang",
        "python3 -m sglang.launch_server --model-path m --attention-backend triton",
        {"unread": ("--attention-backend triton",)},
    ),
    (
        "sglang",
        "python3 -m sglang.launch_server --model-path m --cuda-graph-max-bs 8",
        {"graph_max_seqs": 8},
    ),
    (
        "sglang",
        EAGLE,
        {"speculation": "eagle", "speculation_depth": 4, "speculation_tokens": 16},
    ),
    (
        "sglang",
        (
            f"{EAGLE} [this block: --speculative-algorithm EAGLE3 --speculative-num-steps 2 "
            "--speculative-eagle-topk 1 --speculative-num-draft-tokens 4]"
        ),
        {"speculation": "eagle", "speculation_depth": 2, "speculation_tokens": 4},
    ),
    (
        "sglang",
        f"{EAGLE} [this block: --speculative-algorithm EAGLE3 --speculative-draft-model-path m]",
        {"speculation": "eagle"},
    ),
    (
        "trtllm",
        "trtllm-serve Qwen/Qwen3-32B-FP8 --max_seq_len=40960 --enable_chunked_prefill",
        {"max_model_len": 40960, "chunked_prefill": True},
    ),
]


@pytest.mark.parametrize(("engine", "text", "expected"), QUOTED)
def test_what_tables_quote_is_read(engine: str, text: str, expected: dict[str, object]) -> None:
    assert said(text, engine) == expected


@pytest.mark.parametrize(
    ("text", "engine", "program"),
    [
        ("", "", ""),
        ("", "vllm_rocm", "vllm"),
        ("", "tensorrt_llm", "trtllm"),
        ("", "TGI", "tgi"),
        ("--tp 2", "sglang", "sglang"),
        ("python3 -m sglang.launch_server --model-path m", "trtllm", "sglang"),
        ("/usr/bin/vllm serve m", "", "vllm"),
        ("text-generation-launcher --model-id m", "", "tgi"),
        ("--model vllm", "sglang", "vllm"),
        ("--served-model-name=vllm", "sglang", "sglang"),
    ],
)
def test_the_text_says_whose_flags_they_are_before_the_table_does(
    text: str, engine: str, program: str
) -> None:
    assert read_command_line(text, engine=engine).program == program


def test_a_name_that_means_two_things_is_read_as_its_own_program_does() -> None:
    assert said("--max-total-tokens 8192", "tgi") == {"max_model_len": 8192}
    assert said("--max-total-tokens 8192", "sglang") == {"kv_cache_tok": 8192}
    assert said("--max-total-tokens 8192", "vllm") == {"unread": ("--max-total-tokens 8192",)}


def test_what_holds_offline_holds_only_there() -> None:
    text = "gpu_memory_utilization 0.90; offline max_num_seqs 512"
    assert said(text, "vllm") == {"memory_share": 0.9}
    assert said(text, "vllm", offline=True) == {"memory_share": 0.9, "max_num_seqs": 512}


def test_an_ambiguous_prefix_is_not_guessed() -> None:
    assert said("--max-num 4", "vllm") == {"unread": ("--max-num 4",)}
    assert said("--tens 4", "vllm") == {"unread": ("--tens 4",)}


def test_every_spelling_leads_to_a_field() -> None:
    names = {item.name for item in fields(NOTHING)}
    tables = [VALUES, *PROGRAM_VALUES.values(), *OBJECTS.values()]
    for table in tables:
        for name, target in table.items():
            told = [reading(target, text) for text in ("4", "0.5", "fp8", "mtp", "8", "0", "NONE")]
            found = {key for item in told if item for key in item}
            assert found, name
            assert found <= names, name
    assert {field for field, _ in FLAGS.values()} <= names
    assert not IGNORED & {*VALUES, *FLAGS}


WORDS = st.sampled_from(
    [
        *(f"--{name}" for name in VALUES),
        *(f"--{name}=" for name in FLAGS),
        *("8", "0.9", "fp8", "auto", "'", '"', "{", "}", "=", "-", "--", "[this", "offline", ",;"),
        *('{"a":', '{"method": "mtp"}', "\x000\x00", "-O", "-O.", "9" * 400, "1e999", "NaN", "\\"),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=400), st.lists(WORDS, max_size=30).map(" ".join)))
def test_no_text_is_an_error(text: str) -> None:
    for engine in ("", "vllm", "sglang", "tgi", "llama_cpp"):
        found = read_command_line(text, engine=engine)
        for item in fields(found):
            value = getattr(found, item.name)
            if isinstance(value, int) and not isinstance(value, bool):
                assert 0 <= value <= 10**9


@settings(deadline=None, max_examples=100)
@given(
    st.integers(1, 10**6),
    st.sampled_from(["--max-num-seqs", "--max_num_seqs", "max_num_seqs", "--max-num-seq"]),
    st.sampled_from([" ", "="]),
    st.sampled_from(["", " --unknown x", " and prose (so it is)", " --enforce-eager"]),
)
def test_a_count_survives_every_way_to_write_it(
    count: int, name: str, sign: str, rest: str
) -> None:
    text = f"vllm serve some/model {name}{sign}{count}{rest}"
    found = read_command_line(text)
    assert found.max_num_seqs == count
    assert found.unread == ((rest.strip(),) if "unknown" in rest else ())


@pytest.mark.parametrize(
    "text", ["{" * 5000, '{"a":' * 2000, "--x " * 3000, "'" * 9999, "\x00" * 9000, "[" * 9999]
)
def test_hostile_texts_end_soon(text: str) -> None:
    assert read_command_line(text, engine="vllm").max_num_seqs is None
