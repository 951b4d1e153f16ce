"""Further models and accelerators for tests of the performance model and the planner."""

from dataclasses import replace

from support import designs

from inferc.compiler.model import Accelerator, LanguageModel


def language_model(
    title: str, parameters: float, shape: tuple[int, int, int, int, int, int], **more: object
) -> LanguageModel:
    """Return a model; ``shape`` is layers, hidden, intermediate, heads, KV heads, vocabulary."""
    layers, hidden, intermediate, heads, kv_heads, vocabulary = shape
    model = replace(
        designs.LLAMA_3_70B,
        id=f"models.{title}",
        title=title,
        parameters=designs.fact(parameters),
        layers=layers,
        hidden=hidden,
        intermediate=intermediate,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=hidden // heads,
        vocabulary=vocabulary,
    )
    return replace(model, **more)  # type: ignore[arg-type]  # fields of the dataclass


LLAMA_3_8B = language_model("Llama 3 8B", 8_030_261_248.0, (32, 4096, 14336, 32, 8, 128256))
LLAMA_3_405B = language_model(
    "Llama 3.1 405B", 405_853_388_800.0, (126, 16384, 53248, 128, 8, 128256), context=131072
)
MIXTRAL_8X7B = language_model(
    "Mixtral 8x7B",
    46_702_792_704.0,
    (32, 4096, 14336, 32, 8, 32000),
    experts=8,
    experts_per_token=2,
    context=32768,
)
MIXTRAL_8X22B = language_model(
    "Mixtral 8x22B",
    140_630_071_296.0,
    (56, 6144, 16384, 48, 8, 32768),
    experts=8,
    experts_per_token=2,
    context=65536,
)


def accelerator(
    title: str, memory_gib: float, bandwidth: float, fp16: float, **more: object
) -> Accelerator:
    """Return a GPU like the A100, with these figures."""
    gpu = replace(
        designs.A100_80GB_SXM,
        id=f"gpu.{title}",
        title=title,
        memory_bytes=designs.fact(memory_gib * designs.GIB),
        bandwidth_bytes_per_s=designs.fact(bandwidth),
        flop_per_s={"fp16": designs.fact(fp16), "bf16": designs.fact(fp16)},
    )
    return replace(gpu, **more)  # type: ignore[arg-type]  # fields of the dataclass


H100_SXM = accelerator(
    "H100 SXM",
    80,
    3350e9,
    989e12,
    architecture="Hopper",
    link=designs.link("nvlink_4", "NVLink 4", 450e9, 2e-6),
    flop_per_s={
        "fp16": designs.fact(989e12),
        "bf16": designs.fact(989e12),
        "fp8": designs.fact(1979e12),
        "int8": designs.fact(1979e12),
    },
)
RTX_4090 = accelerator(
    "RTX 4090", 24, 1008e9, 165e12, architecture="Ada Lovelace", link=None, link_domain=1
)
