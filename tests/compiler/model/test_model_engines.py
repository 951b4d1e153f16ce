"""Which engines a service may take, and what they do unless told."""

import pytest
from support.models import design_of

from inferc import stdlib
from inferc.compiler.model import Engine, defaults_of
from inferc.compiler.model.catalog import accelerator_at, engine_at
from inferc.compiler.model.design import Accelerator
from inferc.compiler.resolve.build import ENGINES as UNASKED
from inferc.compiler.units import from_unit

NAMES = stdlib.names("catalog.engine")


def engine(name: str) -> Engine:
    found = engine_at(f"engine.{name}")
    assert found is not None
    return found


def accelerator(name: str) -> Accelerator:
    found = accelerator_at(name if "." in name else f"gpu.nvidia.{name}")
    assert found is not None
    return found


def engines_of(lines: str = "", outside: str = "") -> list[str]:
    """Return the engines that a service on GPUs may take, with ``lines`` in its block."""
    text = f"""infer 1
import std.catalog as cat
topology t {{
  {outside}
  cluster dc {{ platform = kubernetes
    pool gpu {{ nodes = 1; gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm }}
  }}
  service chat {{
    model = cat.models.meta.llama_3_1_8b_instruct
    on = dc.gpu
    {lines}
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 1s }}
  }}
  service other {{
    model = cat.models.meta.llama_3_1_8b_instruct
    on = dc.gpu
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 1s }}
  }}
}}
"""
    chat, other = design_of(text).services
    own = [item.id for item in other.engines if item.id.startswith("engine.")]
    assert own == ["engine.vllm"], "what one service names is not for another"
    return [item.id for item in chat.engines]


@pytest.mark.parametrize(
    ("lines", "outside", "expected"),
    [
        ("", "", ["engine.vllm"]),
        ("engine = sglang", "", ["engine.sglang", "engine.vllm"]),
        ("engine = cat.engine.tgi", "", ["engine.tgi", "engine.vllm"]),
        ("engine in [vllm, tensorrt_llm]", "", ["engine.tensorrt_llm", "engine.vllm"]),
        ("engine not in [sglang]", "", ["engine.vllm"]),
        ("", "pin { chat.engine = lmdeploy }", ["engine.lmdeploy", "engine.vllm"]),
        (
            "",
            'engine mine extends cat.engine.sglang { version = "1" }',
            ["mine", "engine.vllm"],
        ),
    ],
)
def test_an_engine_is_there_once_its_service_names_it(
    lines: str, outside: str, expected: list[str]
) -> None:
    assert engines_of(lines, outside) == expected


def test_engines_that_are_taken_unasked_are_those_that_are_always_read() -> None:
    unasked = {name for name in NAMES if not engine(name).only_if_named}
    assert {f"engine.{name}" for name in unasked} == set(UNASKED)


@pytest.mark.parametrize("name", [name for name in NAMES if engine(name).batching == "continuous"])
def test_a_profile_says_what_a_simulation_needs(name: str) -> None:
    found = engine(name)
    usual = found.defaults
    assert usual["max_num_seqs"].value >= 1
    assert usual["max_num_batched_tokens"].value >= found.defaults["kv_block_tok"].value >= 1
    for number in (*usual.values(), *(n for tier in found.tiers for n in tier.defaults.values())):
        assert number.source
        assert number.as_of
    assert found.image.partition(":")[2] not in {"latest", "main"}
    assert found.kv_precisions[0] == "fp16"
    assert {"fp16", "bf16"} <= set(found.precisions)


DEFAULTS = [
    # (engine, accelerator, offline, sequences, tokens): as the engines' own sources have it
    ("vllm", "h100_80gb_sxm", False, 1024, 8192),
    ("vllm", "h100_80gb_sxm", True, 1024, 16384),
    ("vllm", "a100_80gb_sxm", False, 256, 2048),
    ("vllm", "a100_80gb_sxm", True, 256, 8192),
    ("vllm", "l4", False, 256, 2048),
    ("vllm_rocm", "gpu.amd.mi300x", False, 1024, 8192),
    ("vllm_v0", "h100_80gb_sxm", False, 256, 2048),
    ("vllm_v0", "h100_80gb_sxm", True, 256, 2048),
    ("sglang", "t4", False, 2048, 2048),
    ("sglang", "l4", False, 2048, 2048),
    ("sglang", "l40s", False, 2048, 4096),
    ("sglang", "h100_80gb_sxm", False, 2048, 8192),
    ("sglang", "h200_141gb_sxm", False, 2048, 8192),
    ("sglang", "b200_180gb_sxm", False, 2048, 16384),
    ("tensorrt_llm", "h100_80gb_sxm", False, 2048, 8192),
    ("lmdeploy", "l4", False, 128, 8192),
    ("lmdeploy", "a100_80gb_sxm", False, 384, 8192),
    ("lmdeploy", "h100_80gb_sxm", False, 1024, 8192),
    ("deepspeed_mii", "a100_80gb_sxm", False, 512, 768),
    ("tgi_v1", "a100_80gb_sxm", False, 128, 4096),
]


@pytest.mark.parametrize(("name", "gpu", "offline", "sequences", "tokens"), DEFAULTS)
def test_defaults_follow_the_accelerator(
    name: str, gpu: str, offline: bool, sequences: int, tokens: int
) -> None:
    found = defaults_of(engine(name), accelerator(gpu), offline=offline)
    assert found["max_num_seqs"].value == sequences
    assert found["max_num_batched_tokens"].value == tokens
    assert not [key for key in found if key.startswith(("offline_", "wide_"))]


@pytest.mark.parametrize(
    ("gpu", "accelerators", "reserved_mib"),
    [
        # by hand: 512 + 1.5 x chunk + 2 x largest graph + 128 x accelerators, 10 GiB at least
        ("t4", 1, 512 + 1.5 * 2048 + 2 * 8 + 128),
        ("l4", 1, 512 + 1.5 * 2048 + 2 * 24 + 128),
        ("l4", 4, 512 + 1.5 * 2048 + 2 * 80 + 4 * 128),
        ("h100_80gb_sxm", 1, 512 + 1.5 * 8192 + 2 * 256 + 128),
        ("h100_80gb_sxm", 8, 512 + 1.5 * 8192 + 2 * 512 + 8 * 128),
        ("b200_180gb_sxm", 1, 512 + 1.5 * 16384 + 2 * 512 + 128),
    ],
)
def test_sglang_takes_what_it_does_not_reserve(
    gpu: str, accelerators: int, reserved_mib: float
) -> None:
    hardware = accelerator(gpu)
    share = defaults_of(engine("sglang"), hardware, accelerators=accelerators)["memory_share"]
    reserved = from_unit(reserved_mib, "MiB") / hardware.memory_bytes.value
    assert share.value == pytest.approx(1.0 - reserved)
    assert share.source


def test_tiers_of_an_own_engine_stack_by_memory() -> None:
    design = design_of(
        """infer 1
import std.catalog as cat
topology t {
  engine mine extends cat.engine.vllm {
    tier huge { memory_from = 60 GB
      max_num_seqs = 3 }
    tier some { memory_from = 10 GB
      max_num_seqs = 2
      max_num_batched_tokens = 4096 tok }
  }
  cluster dc { platform = kubernetes
    pool gpu { nodes = 1; gpu = cat.gpu.nvidia.a100_80gb_sxm }
  }
  service chat {
    model = cat.models.meta.llama_3_1_8b_instruct
    on = dc.gpu
    load { rate = 1 req/s }
    sla { p95 ttft <= 1s }
  }
}
"""
    )
    (service,) = design.services
    mine = next(item for item in service.engines if item.id == "mine")
    large = defaults_of(mine, service.place.accelerator)
    assert large["max_num_seqs"].value == 3
    assert large["max_num_batched_tokens"].value == 4096
    small = defaults_of(mine, accelerator("l4"))
    assert small["max_num_seqs"].value == 2
