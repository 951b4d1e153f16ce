"""Scores and predictions as they are printed: for people, as JSON, as CSV."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO

from inferc.report.accuracy_json import predictions_as_csv, slices_to_data, to_data
from inferc.report.accuracy_text import render_score


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Stands in for the score of one metric."""

    n: int
    median_ape: float | None = None
    mean_ape: float | None = None
    bias: float | None = None
    coverage80: float | None = None
    width80: float | None = None


@dataclass(frozen=True, kw_only=True)
class Score:
    """Stands in for a score."""

    rows: int
    figures: Mapping[str, Figure]
    sla_meet_rate: float | None = None
    delivered_ratio: float | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Value:
    """Stands in for a predicted value with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Stands in for the prediction of one row."""

    id: str
    values: Mapping[str, Value]


def score(ttft: float = 0.2, tpot: float = 0.06) -> Score:
    return Score(
        rows=120,
        figures={
            "ttft": Figure(n=80, median_ape=ttft, mean_ape=0.3, bias=-0.05, coverage80=0.79),
            "tpot": Figure(n=90, median_ape=tpot, mean_ape=0.1, bias=0.02, coverage80=0.6),
            "throughput": Figure(n=0),
        },
        sla_meet_rate=0.95,
        delivered_ratio=0.92,
        skipped={"unknown model": 7, "doubted by its collector": 12},
    )


def test_json_is_exactly_what_was_promised() -> None:
    found = to_data(score())  # type: ignore[arg-type]
    assert list(found) == ["rows", "figures", "sla_meet_rate", "delivered_ratio", "skipped"]
    figures = found["figures"]
    assert isinstance(figures, dict)
    assert list(figures) == ["ttft", "tpot", "throughput"]
    for figure in figures.values():
        assert list(figure) == ["n", "median_ape", "mean_ape", "bias", "coverage80"]
    assert figures["tpot"]["median_ape"] == 0.06
    assert figures["throughput"] == {
        "n": 0,
        "median_ape": None,
        "mean_ape": None,
        "bias": None,
        "coverage80": None,
    }
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_groups_hold_scores_of_their_own() -> None:
    groups = {"gpu": {"h100": score(), "b200": score(0.5)}}
    found = slices_to_data(groups)  # type: ignore[arg-type]
    by_gpu = found["gpu"]
    assert isinstance(by_gpu, dict)
    assert by_gpu["b200"]["figures"]["ttft"]["median_ape"] == 0.5


def test_people_see_the_worst_first_and_marked() -> None:
    groups = {"gpu": {"good": score(0.1, 0.05), "bad": score(0.2, 0.45), "fair": score(0.25, 0.06)}}
    text = render_score(score(), groups, title="rows.csv")  # type: ignore[arg-type]
    assert text.startswith("rows.csv: 120 rows")
    by_gpu = text[text.index("by gpu") :]
    assert by_gpu.index("bad") < by_gpu.index("fair") < by_gpu.index("good")
    assert "45.0% !" in by_gpu
    assert "25.0% !" not in by_gpu
    assert "60.0% !" in text  # a coverage that is not honest
    assert "79.0% !" not in text
    assert "95%" in text
    assert text.index("doubted by its collector") < text.index("unknown model")


def test_nothing_measured_is_a_dash() -> None:
    empty = Score(rows=0, figures={"ttft": Figure(n=0)})
    text = render_score(empty, {})  # type: ignore[arg-type]
    assert "0 rows" in text
    assert " -" in text
    assert "nan" not in text


def test_predictions_have_a_row_for_every_id() -> None:
    rows = [
        Prediction(
            id="a",
            values={
                "ttft": Value(value=0.2, low=0.15, high=0.3),
                "tpot": Value(value=0.0125, low=0.01, high=0.015),
                "output_tok": Value(value=800.0, low=700.0, high=900.0),
                "total_tok": Value(value=2400.0, low=2100.0, high=2700.0),
            },
        ),
        Prediction(id="no, idea", values={}),
    ]
    text = predictions_as_csv(rows)  # type: ignore[arg-type]
    found = list(csv.DictReader(StringIO(text)))
    assert list(found[0]) == [
        "id",
        "pred_ttft_ms",
        "pred_ttft_ms_lo80",
        "pred_ttft_ms_hi80",
        "pred_tpot_ms",
        "pred_tpot_ms_lo80",
        "pred_tpot_ms_hi80",
        "pred_output_tok_s",
        "pred_output_tok_s_lo80",
        "pred_output_tok_s_hi80",
        "pred_total_tok_s",
        "pred_total_tok_s_lo80",
        "pred_total_tok_s_hi80",
    ]
    assert found[0]["pred_ttft_ms"] == "200"
    assert found[0]["pred_ttft_ms_lo80"] == "150"
    assert found[0]["pred_tpot_ms_hi80"] == "15"
    assert found[0]["pred_output_tok_s"] == "800"
    assert found[1]["id"] == "no, idea"
    assert set(found[1].values()) == {"no, idea", ""}
    assert predictions_as_csv(rows) == text  # type: ignore[arg-type]
