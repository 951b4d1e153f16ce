"""The script that fits the shipped calibration and writes the accuracy page."""

import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.measurements import TRUTH, as_csv, cells, conditions, grid, lived, prediction, times
from support.repository import ROOT

from inferc.compiler.calibration import Measured, Measurement, Prediction, write_calibration

FOLDER = ROOT / "benchmarks"
HEADINGS = (
    "# Accuracy",
    "## Reached, and to reach",
    "## What was compared",
    "### Not scored",
    "### Scored, and not fitted to",
    "### Not compared",
    "## Each load and statistic apart",
    "## Beside another tool",
    "## Choosing under a limit",
    "## Worse than 30 %",
    "## Intervals",
    "## Slice by slice",
    "## What was fitted",
    "## Method",
    "## Run it again",
)


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """Let the script find its package, as it does where it is run."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of tables in which all is as the model says, but for one slow bench."""
    folder = tmp_path_factory.mktemp("tables")
    runs = grid()[::3]
    usual = lived(runs)
    slow = [replace(run, id=f"slow/{run.id}", source="slow bench") for run in runs[::2]]
    far = times(lived(slow), 2.0)
    serving = lived(replace(run, id=f"serving/{run.id}", source="our page") for run in runs[::4])
    (folder / "llm_calibration.csv").write_text(as_csv(map(cells, (*usual, *far))))
    (folder / "llm_serving.csv").write_text(as_csv(map(cells, serving)))
    doubted, peers = usual[0].id, usual[1:4]
    (folder / "llm_calibration_details.csv").write_text(
        "id,aic_ttft_ms,aic_tpot_ms,doubt\n"
        + "".join(f"{row.id},1.0,{1.2 * 1e3 * (row.measured.tpot_s or 0.0)},\n" for row in peers)
        + f"{doubted},,,kv_starved: no room\n"
    )
    return folder


@pytest.fixture(scope="module")
def run(tables: Path) -> Callable[..., Path]:
    """Return what runs the script on the tables, and returns the page."""

    def call(folder: Path, *arguments: str) -> Path:
        page, before = folder / "accuracy.md", sys.argv
        sys.argv = ["accuracy.py", "--data", str(tables), "--keep", str(folder), "--out", str(page)]
        sys.argv += ["--calibration", str(folder / "published.infer"), *arguments]
        try:
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(str(FOLDER / "accuracy.py"), run_name="__main__")
        finally:
            sys.argv = before
        assert ended.value.code == 0, ended.value.code
        return page

    return call


@pytest.fixture(scope="module")
def page(run: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the page of predictions by the truth, which no fit is needed for."""
    folder = tmp_path_factory.mktemp("truth")
    text = write_calibration(replace(TRUTH, name="published"))
    (folder / "published.infer").write_text(text)
    return run(folder, "--only", "plain").read_text()


def part(page: str, heading: str) -> str:
    """Return what stands below a heading."""
    return page.partition(f"\n{heading}\n")[2].partition("\n## ")[0]


def lines(text: str, start: str) -> list[list[str]]:
    """Return the cells of the lines of tables that begin with ``start``."""
    found = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found]


def test_the_page_has_all_of_its_parts(page: str) -> None:
    places = [f"\n{page}".find(f"\n{heading}\n") for heading in HEADINGS]
    assert -1 not in places
    assert places == sorted(places)


def test_a_slice_that_is_far_off_is_listed_with_its_error(page: str) -> None:
    worse = part(page, "## Worse than 30 %")
    found = lines(worse, "source slow bench")
    assert [cell[1] for cell in found] == ["throughput", "TTFT", "TPOT"]
    # Half of the measured time is 50 % low; twice the measured throughput is 100 % high.
    assert [cell[3:5] for cell in found] == [
        ["100.0 %", "+100.0 %"],
        ["50.0 %", "-50.0 %"],
        ["50.0 %", "-50.0 %"],
    ]
    assert {cell[6] for cell in found} == {"not explained"}


def test_a_slice_that_is_right_is_not(page: str) -> None:
    assert "our bench" not in part(page, "## Worse than 30 %")
    right = lines(part(page, "## Slice by slice"), "our bench")
    assert [cell[3] for cell in right] == ["0.0 %", "0.0 %", "0.0 %"]


def test_rows_that_are_not_scored_are_counted_with_their_reason(page: str) -> None:
    ((name, why, rows, *_),) = lines(part(page, "## What was compared"), "kv-starved")
    assert (name, rows) == ("kv-starved", "1")
    assert "KV memory" in why


def test_the_other_tool_stands_beside_it_on_the_same_rows(page: str) -> None:
    (ttft, *_), (tpot, *_) = (
        lines(part(page, "## Beside another tool"), name) for name in ("TTFT", "TPOT")
    )
    assert tpot[2:6] == ["3", "nothing: in sample", "0.0 % (0.0 %)", "20.0 % (20.0 %)"]
    assert ttft[2] == "3"


def test_no_goal_is_called_reached_without_rows(page: str) -> None:
    goals = part(page, "## Reached, and to reach")
    assert goals.count("| no rows |") == len(module("goals").GOALS)  # nothing was left out here
    assert "**missed**" not in goals


def test_a_fit_and_what_it_says_of_families_it_did_not_see(
    run: Callable[..., Path], tmp_path: Path
) -> None:
    first = run(tmp_path, "--only", "fit,family", "--date", "2026-01-02").read_text()
    assert "2026-01-02" in (tmp_path / "published.infer").read_text()
    assert "residuals {" in (tmp_path / "published.infer").read_text()
    goal = next(line for line in first.splitlines() if "TPOT, closed loop | family" in line)
    assert goal.endswith(("| reached |", "| **missed** |"))
    again = run(tmp_path, "--render").read_text()
    assert again == first


def test_what_is_kept_for_other_rows_is_refused(
    run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "published.infer").write_text(write_calibration(replace(TRUTH, name="p")))
    run(tmp_path, "--only", "plain", "--quick", "6")
    with pytest.raises(AssertionError, match="is of other rows"):
        run(tmp_path, "--render")
    assert "Traceback" not in capsys.readouterr().err


# ---- the parts ----------------------------------------------------------------------------------


def module(name: str) -> ModuleType:
    return __import__(f"accuracy_page.{name}", fromlist=[name])


def case(measured_s: float, **said: Any) -> tuple[Measurement, Prediction]:
    row = Measurement(conditions=conditions(**said), measured=Measured(tpot_s=measured_s))
    return row, prediction(said.get("id", "A"), tpot=(0.010, 0.008, 0.0125))


def test_errors_are_those_worked_out_by_hand() -> None:
    cases = module("cases")
    pairs = [
        case(0.010, id="a"),  # 0 %
        case(0.008, id="b"),  # 25 % too high
        case(0.016, id="c"),  # 37.5 % too low, outside
        case(0.020, id="d", gpu="a100_80gb_sxm"),  # 50 % too low, outside, another server
    ]
    found = cases.errors_of(cases.cases_of([a for a, _ in pairs], [b for _, b in pairs], {}))
    assert (found.n, found.configurations) == (4, 2)
    assert found.median == pytest.approx((0.25 + 0.375) / 2)
    assert found.by_configuration == pytest.approx((0.25 + 0.5) / 2)
    assert found.mean == pytest.approx((0.25 + 0.375 + 0.5) / 4)
    assert found.bias == pytest.approx((0.0 - 0.375) / 2)
    assert found.covered == 0.5
    assert found.width == pytest.approx(0.0125 / 0.008)
    assert cases.errors_of([]) is None


def test_predictions_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    kept = module("kept")
    some = (
        prediction("a", ttft=1.0 / 3.0, output_tok=(1e5 / 7.0, 1.0, 2e5)),
        Prediction(id="b", skipped="the catalog has no model `x, y`", unknown=("tp", "kv")),
    )
    kept.write(tmp_path / "some.csv", some)
    assert kept.read(tmp_path / "some.csv") == some


def test_the_closest_reason_is_given() -> None:
    known, cases = module("reasons"), module("cases")
    pairs = [case(0.01, id=str(number), source="AccelMark") for number in range(3)]
    pairs.append(case(0.01, id="x", source="elsewhere"))
    some = cases.cases_of([a for a, _ in pairs], [b for _, b in pairs], {})
    assert known.reasons("load", "burst", "ttft", some) == {known.QUEUE: 4}
    assert known.reasons("gpu", "x", "ttft", some) == {known.PYTHON_PROCESS: 3}
    assert known.reasons("gpu", "x", "ttft", some[3:]) == {}
    assert known.reasons("source", "elsewhere", "ttft", some) == {}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", "a \\| b"),
        ("plain", "plain"),
    ],
)
def test_cells_cannot_break_a_table(text: str, shown: str) -> None:
    assert module("markdown").table(("x",), [(text,)]).endswith(f"| {shown} |")


def test_paragraphs_and_lists_are_broken_into_lines() -> None:
    prose = module("markdown").prose
    assert max(map(len, prose("word " * 60).splitlines())) <= 100
    broken = prose("- one item\n  goes on " + "and on " * 30 + "\n- two").splitlines()
    assert broken[0].startswith("- one item goes on")
    assert broken[1].startswith("  ")
    assert broken[-1] == "- two"
