"""Calibrations as text: what is written reads back as the same numbers."""

from string import ascii_lowercase

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.calibrations import CELLS, SMALL, read_calibration

from inferc.compiler.calibration import write_calibration
from inferc.compiler.model.calibration import Calibration, MeasuredCell
from inferc.compiler.schema import FITTED
from inferc.dsl import SourceFile, parse
from inferc.dsl.format import format_module

NAMES = tuple(item.name for item in FITTED)


def test_reading_gives_what_is_written() -> None:
    found = read_calibration(SMALL)
    assert (found.name, found.title, found.fitted, found.rows) == (
        "ours",
        "Our runs",
        "2026-11-21",
        4312,
    )
    assert found.source == "Runs of our own, https://example.com/runs"
    assert found.typical == {
        "compute_efficiency": 0.5,
        "half_tok": 100.0,
        "step_overhead_s": 600e-6,
        "frontend_tok_s": 2e-6,
    }
    assert found.engines == {
        "llama_cpp": {"step_overhead_s": 4.0},
        "vllm": {"compute_efficiency": 1.1},
        "vllm_v0_served": {"step_overhead_s": 3.0},
    }
    assert found.architectures == {"Hopper": {"compute_efficiency": 0.8}}
    assert found.intervals == {
        "measured_closed_ttft": {"low": 0.82, "high": 1.2, "rows": 431.0},
        "ttft": {"low": 0.5, "high": 2.0},
    }
    assert found.residuals == {"all": {"ttft": {"rows": 431.0, "median_ape": 0.12, "bias": -0.03}}}
    assert found.measured == CELLS


def test_writing_what_was_read_gives_the_same_text() -> None:
    assert write_calibration(read_calibration(SMALL)) == SMALL


def test_nothing_but_a_name_is_a_calibration() -> None:
    text = write_calibration(Calibration())
    assert text == "infer 1\n\ncalibration fitted {}\n"
    assert read_calibration(text, "fitted") == Calibration(name="fitted")


@pytest.mark.parametrize(
    ("value", "unit_text"),
    [
        (0.0, "0us"),
        (7.4e-7, "0.74us"),
        (15e-6, "15us"),
        (0.99997e-3, "1ms"),
        (0.0023456, "2.346ms"),
        (1.5, "1.5s"),
    ],
)
def test_times_are_in_the_largest_unit_of_which_there_is_one(value: float, unit_text: str) -> None:
    text = write_calibration(Calibration(name="ours", typical={"frontend_s": value}))
    assert f"frontend_s = {unit_text}\n" in text


@pytest.mark.parametrize("name", ["two words", "1st", "let", "", "ä"])
@pytest.mark.parametrize("where", ["intervals", "residuals"])
def test_a_name_that_is_none_is_refused(name: str, where: str) -> None:
    figures = {"low": 0.5, "high": 2.0}
    wrong = (
        Calibration(intervals={name: figures})
        if where == "intervals"
        else Calibration(residuals={name: {"ttft": figures}})
    )
    with pytest.raises(ValueError, match=r"."):
        write_calibration(wrong)


# ---- any calibration --------------------------------------------------------------------------

names = st.text(ascii_lowercase, min_size=1, max_size=8).map(lambda text: f"x_{text}")
factors = st.dictionaries(st.sampled_from(NAMES), st.floats(1e-3, 99.0), min_size=1)
typical = st.fixed_dictionaries(
    {}, optional={item.name: st.floats(item.low, item.high) for item in FITTED}
)
architectures = st.sampled_from(("Hopper", "CDNA 3", "Ada Lovelace", "v5e", "Xe 2"))
accelerators = st.sampled_from((("Hopper", "h200"), ("CDNA 3", "mi300x"), ("Hopper", "h100")))
formats = st.sampled_from(("fp16", "fp8", "nvfp4"))
cells = st.tuples(names, accelerators, names, formats).map(
    lambda cell: MeasuredCell(cell[0], *cell[1], cell[2], cell[3])
)
figures = st.dictionaries(
    st.sampled_from(("rows", "median_ape", "bias")), st.floats(-1e6, 1e6), min_size=1
)
intervals = st.fixed_dictionaries(
    {"low": st.floats(0.01, 1.0), "high": st.floats(1.0, 90.0)},
    optional={"rows": st.integers(1, 10**7).map(float)},
)
calibrations = st.builds(
    Calibration,
    name=names,
    title=st.text(max_size=20),
    fitted=st.dates().map(str),
    rows=st.integers(0, 10**6),
    typical=typical,
    engines=st.dictionaries(names, factors, max_size=3),
    architectures=st.dictionaries(architectures, factors, max_size=3),
    intervals=st.dictionaries(names, intervals, max_size=3),
    residuals=st.dictionaries(names, st.dictionaries(names, figures, min_size=1), max_size=2),
    measured=st.frozensets(cells, max_size=6),
    source=st.text(max_size=20),
)


@given(calibrations)
@settings(deadline=None, max_examples=20, phases=[Phase.generate])
def test_what_is_written_reads_back_to_four_digits(calibration: Calibration) -> None:
    text = write_calibration(calibration)
    found = read_calibration(text, calibration.name)
    assert (found.title, found.fitted, found.rows, found.measured) == (
        calibration.title,
        calibration.fitted,
        calibration.rows,
        calibration.measured,
    )
    assert found.source == calibration.source
    assert found.typical == pytest.approx(calibration.typical, rel=5.1e-4, abs=1e-12)
    for mine, theirs in (
        (found.engines, calibration.engines),
        (found.architectures, calibration.architectures),
        (found.intervals, calibration.intervals),
    ):
        assert {name: pytest.approx(mine[name], rel=5.1e-4) for name in mine} == theirs
    for name, metrics in calibration.residuals.items():
        for metric, wanted in metrics.items():
            assert found.residuals[name][metric] == pytest.approx(wanted, rel=5.1e-4, abs=1e-12)
    assert write_calibration(found) == text


@given(calibrations)
@settings(deadline=None, max_examples=20, phases=[Phase.generate])
def test_what_is_written_is_in_the_one_style(calibration: Calibration) -> None:
    text = write_calibration(calibration)
    parsed = parse(SourceFile("ours.infer", text))
    assert not parsed.diagnostics
    assert format_module(parsed.module) == text
