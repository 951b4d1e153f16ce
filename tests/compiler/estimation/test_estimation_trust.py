"""What an estimate rests on, by what a calibration was fitted to."""

import pytest
from support.calibrations import SMALL, read_calibration

from inferc.compiler.calibration.values import Basis
from inferc.compiler.estimation import Estimator
from inferc.estimation import Kind, Load, Wanted, estimate, subject_of

OURS = read_calibration(SMALL)


@pytest.mark.parametrize(
    ("model", "gpu", "engine", "precision", "basis"),
    [
        ("llama-3.1-8b-instruct", "h100_80gb_sxm", "vllm", "fp8", Basis.MEASURED),
        ("llama-3.1-8b-instruct", "h100_80gb_sxm", "vllm", "int8", Basis.CALIBRATED),
        ("llama-3.1-8b-instruct", "h200_141gb_sxm", "vllm", "fp8", Basis.CALIBRATED),
        ("qwen3-8b", "h100_80gb_sxm", "vllm", "fp8", Basis.CALIBRATED),
        ("llama-3.1-8b-instruct", "a100_80gb_sxm", "vllm", "fp16", Basis.SPEC_SHEET),
        ("llama-3.1-8b-instruct", "h100_80gb_sxm", "sglang", "fp8", Basis.SPEC_SHEET),
        ("llama-3-70b-instruct", "mi300x", "vllm", "fp16", Basis.MEASURED),
    ],
)
def test_how_much_of_a_configuration_was_measured(
    model: str, gpu: str, engine: str, precision: str, basis: Basis
) -> None:
    wanted = Wanted(precision=precision, tensor_parallel=1)
    found = subject_of(model, gpu, engine, wanted, OURS)
    assert isinstance(found, Estimator)
    assert found.basis is basis


def test_a_calibration_of_ones_own_moves_the_figures() -> None:
    load = Load(Kind.BATCH, 1.0, 2000.0, 50.0)
    asked = ("llama-3.1-8b-instruct", "h100_80gb_sxm", load, Wanted(precision="fp16"))
    slow, fast = (
        estimate(*asked, engine="vllm", calibration=read_calibration(text)).figures
        for text in (SMALL, SMALL.replace("compute_efficiency = 0.8", "compute_efficiency = 1.6"))
    )
    assert slow is not None
    assert fast is not None
    assert fast.ttft_s["mean"] < slow.ttft_s["mean"]
    assert fast.tpot_s["mean"] <= slow.tpot_s["mean"]
