"""Leaving out: what is said of rows whose group the fit did not see."""

from functools import cache
from statistics import median

import pytest
from support.measurements import TRUTH, conditions, grid, lived, measured, times

from inferc.compiler.calibration import (
    Calibration,
    Measurement,
    Prediction,
    leave_out,
    predict,
    score,
)
from inferc.compiler.calibration.values import Basis

RUNS = tuple(run for run in grid() if run.concurrency != 8)
"""Thirty-two: two of each, engines, accelerators, models, lengths and loads."""

KINDS = ("cell", "model", "family", "gpu", "engine")


def group_of(row: Measurement, by: str) -> object:
    run = row.conditions
    match by:
        case "cell":
            return run.engine, run.gpu, run.model
        case "family":
            return "llama" if "llama" in run.model else "qwen"
        case _:
            return getattr(run, by)


@cache
def rows() -> tuple[Measurement, ...]:
    return lived(RUNS, noise=0.03, seed=5)


@cache
def left_out(by: str) -> dict[str, Prediction]:
    return {told.id: told for told in leave_out(rows(), by)}


@pytest.mark.parametrize("by", KINDS)
def test_every_row_is_predicted_once(by: str) -> None:
    told = leave_out(rows(), by) if by == "engine" else tuple(left_out(by).values())
    assert [item.id for item in told] == [row.id for row in rows()]


@pytest.mark.parametrize(
    ("by", "factor"),
    [("cell", 3.0), ("model", 3.0), ("family", 3.0), ("gpu", 3.0), ("engine", 3.0)],
)
def test_a_group_is_never_used_for_itself(by: str, factor: float) -> None:
    """Slower or not: what is said of a group comes from the others."""
    of_one = group_of(rows()[0], by)
    group = {row.id for row in rows() if group_of(row, by) == of_one}
    assert 0 < len(group) < len(rows())
    shaken = tuple(times([row], factor)[0] if row.id in group else row for row in rows())
    again = {told.id: told for told in leave_out(shaken, by)}

    def moved(name: str) -> float:
        return max(
            abs(again[name].values[metric].value / span.value - 1.0)
            for metric, span in left_out(by)[name].values.items()
        )

    assert max(moved(name) for name in group) < 1e-9
    assert max(moved(row.id) for row in rows() if row.id not in group) > 0.03


@pytest.mark.parametrize("by", KINDS)
def test_what_is_left_out_rests_on_less(by: str) -> None:
    expected = {
        "cell": {Basis.CALIBRATED},
        "model": {Basis.CALIBRATED},
        "family": {Basis.CALIBRATED},
        "gpu": {Basis.SPEC_SHEET},  # of each architecture there is one
        "engine": {Basis.SPEC_SHEET},
    }[by]
    assert {told.basis for told in left_out(by).values()} == expected


@pytest.mark.parametrize(("by", "near"), [("cell", 0.08), ("model", 0.1), ("engine", 0.25)])
def test_others_teach_what_a_group_does(by: str, near: float) -> None:
    truth = {told.id: told for told in predict(rows(), TRUTH)}
    blind = {told.id: told for told in predict(rows(), Calibration())}

    def off(told: dict[str, Prediction]) -> float:
        return median(
            abs(told[name].values["tpot"].value / truth[name].values["tpot"].value - 1.0)
            for name in truth
        )

    assert off(left_out(by)) < near
    assert off(left_out(by)) < off(blind)


def test_intervals_of_a_group_come_from_the_others() -> None:
    told = tuple(left_out("cell")[row.id] for row in rows())
    found = score(rows(), told).figures
    for metric in ("ttft", "tpot"):
        assert 0.6 <= found[metric].coverage80 <= 1.0
        assert found[metric].width80 < 1.6


def test_what_the_catalog_lacks_has_no_prediction_and_changes_nothing() -> None:
    strange = measured({"tpot_s": 9.0}, id="Z", model="nobody/knows-this")
    some = rows()[:8]
    told = leave_out((strange, *some), "engine")
    assert told[0].skipped
    assert told[1:] == leave_out(some, "engine")


def test_rows_without_figures_are_predicted_all_the_same() -> None:
    blank = measured({}, id="blank", concurrency=16)
    told = leave_out((*rows()[:8], blank), "model")
    assert told[-1].values["tpot"].value > 0.0


def test_progress_goes_from_nothing_to_all() -> None:
    seen: list[float] = []
    leave_out((*rows()[:4], *rows()[-4:]), "engine", progress=seen.append)
    assert seen == sorted(seen)
    assert 0.0 <= seen[0] < 0.5
    assert seen[-1] == pytest.approx(1.0)


def test_a_row_alone_is_left_to_physics() -> None:
    """A row of one engine alone has nothing to learn from: physics and data sheets are left."""
    alone = lived([conditions(id="only")])
    told = leave_out(alone, "engine")[0]
    plain = predict(alone, Calibration())[0]
    assert told.basis is Basis.SPEC_SHEET
    assert told.values["tpot"].value == pytest.approx(plain.values["tpot"].value, rel=0.15)
