"""Scores against figures worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.measurements import measured, prediction

from inferc.compiler.calibration import SLICES, Measurement, Prediction, score, slices
from inferc.compiler.calibration.values import METRICS, Figure

FIELDS = {"ttft": "ttft_s", "tpot": "tpot_s", "output_tok": "output_tok_per_s"}


def pairs(
    *figures: tuple[float, float], name: str = "tpot", width: float = 1.1, **said: object
) -> tuple[list[Measurement], list[Prediction]]:
    """Return rows of (predicted, measured) figures, with intervals of ``width`` to both sides."""
    rows = [
        measured({FIELDS[name]: found}, id=str(n), **said)
        for n, (_, found) in list(enumerate(figures))
    ]
    told = [
        prediction(str(n), **{name: (value, value / width, value * width)})
        for n, (value, _) in enumerate(figures)
    ]
    return rows, told


FIGURES = [
    # (predicted, measured), what comes out
    ([(1.0, 1.0)], Figure(n=1, median_ape=0.0, mean_ape=0.0, bias=0.0, coverage80=1.0)),
    ([(1.5, 1.0)], Figure(n=1, median_ape=0.5, mean_ape=0.5, bias=0.5, coverage80=0.0)),
    ([(0.5, 1.0)], Figure(n=1, median_ape=0.5, mean_ape=0.5, bias=-0.5, coverage80=0.0)),
    # Errors are shares of what was measured: 2 for 1 is 100 % off, 1 for 2 only 50 %.
    (
        [(2.0, 1.0), (1.0, 2.0)],
        Figure(n=2, median_ape=0.75, mean_ape=0.75, bias=0.25, coverage80=0.0),
    ),
    # 10, 20 and 60 %, one too low.
    (
        [(1.1, 1.0), (0.8, 1.0), (1.6, 1.0)],
        Figure(n=3, median_ape=0.2, mean_ape=0.3, bias=0.1, coverage80=1 / 3),
    ),
    # Of an even number the mean of the two in the middle: (0.1 + 0.3) / 2, (-0.1 + 0.3) / 2.
    (
        [(0.9, 1.0), (1.0, 1.0), (1.3, 1.0), (3.0, 1.0)],
        Figure(n=4, median_ape=0.2, mean_ape=0.6, bias=0.15, coverage80=0.25),
    ),
]


@pytest.mark.parametrize(("figures", "expected"), FIGURES, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("name", ["ttft", "tpot", "output_tok"])
def test_figures_are_those_of_the_hand(
    figures: list[tuple[float, float]], expected: Figure, name: str
) -> None:
    metric = "throughput" if name == "output_tok" else name
    found = score(*pairs(*figures, name=name)).figures[metric]
    assert found.n == expected.n
    assert found.median_ape == pytest.approx(expected.median_ape)
    assert found.mean_ape == pytest.approx(expected.mean_ape)
    assert found.bias == pytest.approx(expected.bias)
    assert found.coverage80 == pytest.approx(expected.coverage80)
    assert found.width80 == pytest.approx(1.21)


def test_the_ends_of_an_interval_belong_to_it() -> None:
    ends = [(1.0, 1.25), (1.0, 0.8), (1.0, 1.2501), (1.0, 0.7999)]
    assert score(*pairs(*ends, width=1.25)).figures["tpot"].coverage80 == 0.5


def test_nothing_measured_has_no_figures() -> None:
    found = score([measured({})], [prediction(tpot=1.0)])
    assert found.figures["tpot"] == Figure(
        n=0, median_ape=None, mean_ape=None, bias=None, coverage80=None
    )
    assert (found.sla_meet_rate, found.delivered_ratio) == (None, None)
    assert found.skipped == {"nothing was measured that is predicted": 1}


THROUGHPUT = [
    # what was measured, what is predicted, the error that counts
    ({"output_tok_per_s": 100.0}, {"output_tok": 110.0, "total_tok": 900.0}, 0.1),
    ({"total_tok_per_s": 1000.0}, {"output_tok": 110.0, "total_tok": 900.0}, 0.1),
    (
        {"output_tok_per_s": 100.0, "total_tok_per_s": 1000.0},
        {"output_tok": 130.0, "total_tok": 1000.0},
        0.3,
    ),
    ({"output_tok_per_s": 100.0}, {"total_tok": 900.0}, None),
    ({"req_per_s": 5.0}, {"output_tok": 110.0, "total_tok": 900.0}, None),
]


@pytest.mark.parametrize(("found", "told", "error"), THROUGHPUT, ids=str)
def test_throughput_is_that_of_answers_else_of_all_tokens(
    found: dict[str, float], told: dict[str, float], error: float | None
) -> None:
    scored = score([measured(found)], [prediction(**told)])
    assert scored.figures["throughput"].median_ape == (error and pytest.approx(error))


@pytest.mark.parametrize(
    ("load", "scored"),
    [
        ("closed_loop", 1),
        ("burst", 1),
        ("offline", 1),
        ("static_batch", 1),
        ("mlperf_offline", 1),
        ("open_loop", 0),
        ("mlperf_server", 0),
    ],
)
def test_a_rate_that_was_given_is_no_prediction(load: str, scored: int) -> None:
    row = measured({"output_tok_per_s": 100.0, "ttft_s": 1.0}, load=load, rate_per_s=2.0)
    found = score([row], [prediction(output_tok=100.0, ttft=1.0)])
    assert found.figures["throughput"].n == scored
    assert found.figures["ttft"].n == 1
    assert found.skipped == {}


SKIPPED = [
    # what is said of the row, why it counts in no figure
    ({}, {}),
    ({"speculation": "eagle"}, {"speculative-decoding": 1}),
    ({"model": "deepseek-r1"}, {"deepseek": 1}),
    ({"gpu": "unknown"}, {"accelerator-unknown": 1}),
    ({"doubt": "kv_starved"}, {"kv-starved": 1}),
    ({"doubt": "something else"}, {"doubted": 1}),
]


@pytest.mark.parametrize(("said", "skipped"), SKIPPED, ids=str)
def test_rows_that_are_not_scored_are_counted_by_reason(
    said: dict[str, str], skipped: dict[str, int]
) -> None:
    rows = [measured({"tpot_s": 1.0}, id="A", **said), measured({"tpot_s": 1.0}, id="B")]
    found = score(rows, [prediction("A", tpot=1.0), prediction("B", tpot=1.0)])
    assert found.rows == 2
    assert found.skipped == skipped
    assert found.figures["tpot"].n == 2 - len(skipped)


def test_what_cannot_be_predicted_is_counted_by_its_reason() -> None:
    lost = Prediction(id="B", skipped="no model `x` in the catalog")
    rows = [measured({"tpot_s": 1.0}, id=name) for name in "ABC"]
    found = score(rows, [prediction("A", tpot=1.0), lost, lost])
    assert found.skipped == {"no model `x` in the catalog": 2}
    assert found.figures["tpot"].n == 1


def test_a_rule_for_one_figure_leaves_the_others() -> None:
    row = measured({"ttft_s": 1.0, "tpot_s": 1.0}, source="lambdalabs vllm-benchmark json", gpus=1)
    found = score([row], [prediction(ttft=5.0, tpot=1.0)])
    assert (found.figures["ttft"].n, found.figures["tpot"].n) == (0, 1)
    assert found.skipped == {}


def test_rows_and_predictions_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score([measured({"tpot_s": 1.0})], [])


# ---- slices ------------------------------------------------------------------------------------


def test_a_slice_has_the_score_of_its_rows() -> None:
    one, told_one = pairs((1.1, 1.0), (1.3, 1.0), gpu="h100_sxm")
    two, told_two = pairs((2.0, 1.0), gpu="l40s")
    found = slices([*one, *two], [*told_one, *told_two], "gpu")
    assert list(found) == ["h100_sxm", "l40s"]
    assert found["h100_sxm"].figures["tpot"].median_ape == pytest.approx(0.2)
    assert found["l40s"].figures["tpot"].median_ape == pytest.approx(1.0)
    assert found["l40s"] == score(two, told_two)


@pytest.mark.parametrize("by", SLICES)
def test_every_row_is_in_one_slice(by: str) -> None:
    rows = [measured({"tpot_s": 1.0}, id="A"), measured({"tpot_s": 1.0}, id="B", **{by: ""})]
    found = slices(rows, [prediction("A", tpot=1.0), prediction("B", tpot=1.0)], by)
    assert sum(item.rows for item in found.values()) == 2
    assert "unknown" in found


FIGURE = st.floats(1e-4, 1e4)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(FIGURE, FIGURE), min_size=1, max_size=12), st.randoms())
def test_the_order_of_rows_does_not_matter(figures: list[tuple[float, float]], chance) -> None:
    shuffled = figures.copy()
    chance.shuffle(shuffled)
    first, second = score(*pairs(*figures)), score(*pairs(*shuffled))
    for metric in METRICS:
        one, other = first.figures[metric], second.figures[metric]
        assert one.n == other.n
        assert one.median_ape == other.median_ape
        assert one.bias == other.bias
        assert one.mean_ape == (other.mean_ape and pytest.approx(other.mean_ape))
    assert first.figures["tpot"].n == len(figures)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(FIGURE, FIGURE), min_size=1, max_size=12), st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(figures: list[tuple[float, float]], factor: float) -> None:
    scaled = [(one * factor, other * factor) for one, other in figures]
    plain = score(*pairs(*figures)).figures["tpot"]
    other = score(*pairs(*scaled)).figures["tpot"]
    assert other.median_ape == pytest.approx(plain.median_ape, rel=1e-6, abs=1e-9)
    assert other.bias == pytest.approx(plain.bias, rel=1e-6, abs=1e-9)
