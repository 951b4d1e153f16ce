"""Names as people write them."""

import pytest

from inferc.compiler.estimation.names import find

MEANT = [
    ("hardware", "gpu.nvidia.h100_80gb_sxm", "gpu.nvidia.h100_80gb_sxm"),
    ("hardware", "std.catalog.gpu.nvidia.l4", "gpu.nvidia.l4"),
    ("hardware", "cat.gpu.nvidia.l4", "gpu.nvidia.l4"),
    ("hardware", "h100_80gb_sxm", "gpu.nvidia.h100_80gb_sxm"),
    ("hardware", "H100 SXM", "gpu.nvidia.h100_80gb_sxm"),
    ("hardware", "a100-80gb-pcie", "gpu.nvidia.a100_80gb_pcie"),
    ("hardware", "MI300X", "gpu.amd.mi300x"),
    ("hardware", "Raspberry Pi 5 8GB", "board.raspberry_pi_5_8gb"),
    ("engine", "vLLM", "engine.vllm"),
    ("engine", "llama.cpp", "engine.llama_cpp"),
    ("engine", "trtllm", "engine.tensorrt_llm"),
    ("engine", "TensorRT-LLM", "engine.tensorrt_llm"),
    ("model", "llama-3-70b-instruct", "models.meta.llama_3_70b_instruct"),
    ("model", "meta-llama/Meta-Llama-3-70B-Instruct", "models.meta.llama_3_70b_instruct"),
    ("model", "meta-llama/Llama-3.1-8B-Instruct", "models.meta.llama_3_1_8b_instruct"),
    ("model", "tinyllama", "models.tinyllama_1_1b_chat"),
]


@pytest.mark.parametrize(("what", "name", "path"), MEANT, ids=str)
def test_a_name_means_one_entry(what: str, name: str, path: str) -> None:
    assert find(what, name).path == path


def test_a_name_that_fits_several_names_them() -> None:
    found = find("hardware", "a100 40gb")
    assert found.path == ""
    assert found.several
    assert {"a100_40gb_sxm", "a100_40gb_pcie"} <= set(found.close)


@pytest.mark.parametrize(
    ("what", "name", "near"),
    [
        ("hardware", "h10o_80gb_sxm", "h100_80gb_sxm"),
        ("engine", "vlm", "vllm"),
        ("model", "lama-3-70b-instruct", "llama_3_70b_instruct"),
    ],
)
def test_a_slip_is_seen(what: str, name: str, near: str) -> None:
    found = find(what, name)
    assert found.path == ""
    assert near in found.close


@pytest.mark.parametrize("name", ["", "   ", "xyzzy", "../../../etc/passwd", "a" * 500])
def test_nonsense_means_nothing(name: str) -> None:
    assert find("model", name).path == ""
