"""Predictions: from conditions alone, of the statistic that a source publishes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.measurements import TRUTH, conditions, grid, lived, measured

from inferc.compiler.calibration import Calibration, Measured, Measurement, predict
from inferc.compiler.calibration.intervals import interval
from inferc.compiler.calibration.prediction import basis_of, cell_of, predict_one, values_of
from inferc.compiler.calibration.replay import replay
from inferc.compiler.calibration.subject import subject_of
from inferc.compiler.calibration.values import Basis
from inferc.compiler.model.calibration import MeasuredCell

METRICS = ("ttft", "tpot", "output_tok", "total_tok")
NOTHING = Calibration()

FIGURES = st.none() | st.floats(1e-6, 1e6)
MEASURED = st.builds(
    Measured,
    ttft_s=FIGURES,
    tpot_s=FIGURES,
    e2e_s=FIGURES,
    output_tok_per_s=FIGURES,
    total_tok_per_s=FIGURES,
)


@settings(deadline=None, max_examples=25)
@given(st.lists(MEASURED, min_size=4, max_size=4))
def test_what_was_measured_is_not_looked_at(figures: list[Measured]) -> None:
    runs = [run for run in grid() if run.concurrency == 1][:4]
    blank = [Measurement(conditions=run, measured=Measured()) for run in runs]
    filled = [Measurement(conditions=run, measured=found, peer=found)
              for run, found in zip(runs, figures, strict=True)]  # fmt: skip
    assert predict(blank, TRUTH) == predict(filled, TRUTH)


def test_every_row_has_a_prediction_in_its_order() -> None:
    rows = [
        *lived(grid()[:3]),
        measured({}, id="x", model="nobody/knows-this"),
        measured({}, id="y"),
    ]
    told = predict(rows, NOTHING)
    assert [item.id for item in told] == [row.id for row in rows]
    assert [bool(item.skipped) for item in told] == [False, False, False, True, False]
    assert told[3].values == {}


@pytest.mark.parametrize("run", grid()[::5], ids=lambda run: run.id)
def test_figures_fit_each_other(run) -> None:
    values = {name: span.value for name, span in predict_one(run, NOTHING).values.items()}
    assert set(values) == set(METRICS)
    assert values["total_tok"] / values["output_tok"] == pytest.approx(
        (run.isl_tok + run.osl_tok) / run.osl_tok, rel=0.01
    )
    # Little's law: clients are always waiting for an answer, until the last have none.
    request_s = values["ttft"] + (run.osl_tok - 1) * values["tpot"]
    most = run.concurrency * run.osl_tok / request_s
    assert 0.7 * most < values["output_tok"] <= 1.01 * most


@pytest.mark.parametrize("name", METRICS)
def test_an_interval_is_that_of_such_cases(name: str) -> None:
    run = conditions()
    factors = {
        "spec_sheet_closed_ttft": {"low": 0.7, "high": 1.9},
        "tpot": {"low": 0.9, "high": 1.2},
        "throughput": {"low": 0.8, "high": 1.1},
    }
    span = predict_one(run, Calibration(intervals=factors)).values[name]
    metric = name if name in {"ttft", "tpot"} else "throughput"
    low, high = interval(factors, metric, run.load, Basis.SPEC_SHEET)
    assert span.low == pytest.approx(span.value * low)
    assert span.high == pytest.approx(span.value * high)


BASES = [
    # what the calibration knows: engines, architectures, cells; what an estimate rests on
    ((), (), False, Basis.SPEC_SHEET),
    (("vllm",), (), False, Basis.SPEC_SHEET),
    ((), ("Hopper",), False, Basis.SPEC_SHEET),
    (("sglang",), ("Hopper",), False, Basis.SPEC_SHEET),
    (("vllm",), ("Hopper",), False, Basis.CALIBRATED),
    (("vllm",), ("Hopper",), True, Basis.MEASURED),
]


@pytest.mark.parametrize(("engines", "architectures", "cell", "expected"), BASES, ids=str)
def test_what_an_estimate_rests_on(
    engines: tuple[str, ...], architectures: tuple[str, ...], cell: bool, expected: Basis
) -> None:
    subject = subject_of(conditions())
    known = Calibration(
        engines={name: {} for name in engines},
        architectures={name: {} for name in architectures},
        measured=frozenset({cell_of(subject)} if cell else ()),
    )
    assert basis_of(subject, known) is expected
    assert predict_one(conditions(), known).basis is expected


def test_a_cell_is_named_as_in_the_catalog() -> None:
    assert cell_of(subject_of(conditions())) == MeasuredCell(
        engine="vllm",
        architecture="Hopper",
        accelerator="h100_80gb_sxm",
        model="llama_3_1_8b_instruct",
        precision="bf16",
    )


SKEWED = {"length_note": "isl sd=400 osl sd=60", "num_prompts": 200, "concurrency": 32}


@pytest.mark.parametrize("stat", ["mean", "p50", "median", "mean (assumed)", ""])
def test_the_statistic_is_the_one_that_the_row_names(stat: str) -> None:
    run = conditions(stat=stat, **SKEWED)
    outcome = replay(subject_of(run), NOTHING).outcome
    values = predict_one(run, NOTHING).values
    medians = stat in {"p50", "median"}
    assert outcome.ttft.p50_s != pytest.approx(outcome.ttft.mean_s, rel=0.01)
    assert values["ttft"].value == (outcome.ttft.p50_s if medians else outcome.ttft.mean_s)
    assert values["tpot"].value == (outcome.tpot.p50_s if medians else outcome.tpot.mean_s)


def test_of_a_batch_the_first_token_may_be_that_of_the_last_prompt() -> None:
    subject = subject_of(conditions(load="static_batch", concurrency=32, num_prompts=None))
    played = replay(subject, NOTHING)
    last = replace(subject, protocol=replace(subject.protocol, ttft_of="last"))
    each = replace(subject, protocol=replace(subject.protocol, ttft_of="request"))
    assert values_of(last, played)["ttft"] == played.outcome.ttft.largest_s
    assert values_of(each, played)["ttft"] == played.outcome.ttft.mean_s


@pytest.mark.parametrize("copies", [2, 4])
def test_replicas_share_a_load(copies: int) -> None:
    """So many replicas with as many times the clients do as many times the work."""
    one = predict_one(conditions(concurrency=8, num_prompts=64), NOTHING).values
    all_of_them = predict_one(
        conditions(gpus=copies, concurrency=8 * copies, num_prompts=64 * copies), NOTHING
    ).values
    assert all_of_them["ttft"].value == pytest.approx(one["ttft"].value)
    assert all_of_them["tpot"].value == pytest.approx(one["tpot"].value)
    for name in ("output_tok", "total_tok"):
        assert all_of_them[name].value == pytest.approx(copies * one[name].value)


MORE = [
    # what changes, and which figures grow with it (True) or shrink (False)
    ({"concurrency": 32, "num_prompts": 128}, {"ttft": True, "tpot": True, "output_tok": True}),
    ({"isl_tok": 2048.0}, {"ttft": True, "output_tok": False, "total_tok": True}),
    ({"gpu": "a100_80gb_sxm"}, {"ttft": True, "tpot": True, "output_tok": False}),
    ({"gpu": "h200_sxm"}, {"tpot": False, "output_tok": True}),
    ({"model": "llama-3.1-70b", "weights": "fp8"}, {"ttft": True, "tpot": True}),
    ({"weights": "fp8"}, {"tpot": False, "output_tok": True}),
    ({"gpus": 2, "tensor_parallel": 2}, {"tpot": False, "output_tok": True}),
]


@pytest.mark.parametrize(("said", "grows"), MORE, ids=str)
def test_more_or_less(said: dict[str, object], grows: dict[str, bool]) -> None:
    before = predict_one(conditions(), NOTHING).values
    after = predict_one(conditions(**said), NOTHING).values
    for name, larger in grows.items():
        assert (after[name].value > before[name].value) is larger, name


def test_progress_counts_rows() -> None:
    seen: list[float] = []
    predict(lived(grid()[:4]), NOTHING, progress=seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]
