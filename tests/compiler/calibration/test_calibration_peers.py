"""Predictions beside another tool's."""

import pytest

from inferc.compiler.calibration import Conditions, Measured, Measurement, Prediction, beside_peer
from inferc.compiler.calibration.values import Span


def row(number: int, measured_s: float, theirs_s: float | None, doubt: str = "") -> Measurement:
    conditions = Conditions(
        id=str(number), model="m", gpu="h100", engine="vllm", load="closed_loop", doubt=doubt
    )
    return Measurement(
        conditions=conditions, measured=Measured(tpot_s=measured_s), peer=Measured(tpot_s=theirs_s)
    )


def said(number: int, value: float) -> Prediction:
    return Prediction(
        id=str(number), values={"tpot": Span(value=value, low=value / 2, high=value * 2)}
    )


def test_both_are_held_against_the_same_rows() -> None:
    rows = [row(1, 0.010, 0.012), row(2, 0.020, 0.019), row(3, 0.010, None), row(4, 0.01, 9.0, "x")]
    ours = [said(1, 0.011), said(2, 0.022), said(3, 9.0), said(4, 0.01)]
    found = beside_peer(rows, ours)
    assert list(found) == ["tpot"]
    tpot = found["tpot"]
    assert tpot.n == 2  # one row has no other prediction, one is doubted
    assert tpot.ours == pytest.approx(0.1)
    assert tpot.theirs == pytest.approx((0.2 + 0.05) / 2)
    assert tpot.nearer == 0.5


def test_without_another_prediction_there_is_nothing_to_say() -> None:
    assert beside_peer([row(1, 0.01, None)], [said(1, 0.01)]) == {}
    assert beside_peer([row(1, 0.01, 0.02)], [Prediction(id="1", skipped="unknown")]) == {}
