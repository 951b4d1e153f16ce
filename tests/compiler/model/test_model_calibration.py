"""Calibrations reach engines and accelerators: what wins, and what falls back to what."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support import designs
from support.calibrations import SMALL, read_calibration

from inferc import api
from inferc.compiler.model import Accelerator, Engine
from inferc.compiler.model.calibrated import calibrated_accelerator, calibrated_engine, published
from inferc.compiler.model.calibration import NOTHING, Calibration, factors_of, fitted_name
from inferc.compiler.model.calibration_block import shipped
from inferc.compiler.model.catalog import accelerator_at, engine_at
from inferc.compiler.perf.coefficients import ALL, FITTED, coefficients_of
from inferc.compiler.pipeline import Compilation, Settings
from inferc.compiler.plan.engines import faulty_coefficients
from inferc.compiler.provenance import Origin, exactly
from inferc.dsl import SourceFile
from inferc.files.reader import DiskReader
from inferc.report.plan_json import to_data
from inferc.report.plan_text import render_plan

DESK = """
import std.catalog as cat

topology desk {
  calibration = ours
  cluster dc {
    platform = kubernetes
    pool gpu { nodes = 1; gpu = 8 * cat.gpu.nvidia.h100_80gb_sxm }
  }
  service chat {
    model  = cat.models.meta.llama_3_1_8b_instruct
    on     = dc.gpu
    engine = vllm
    load { rate = 20 req/s }
    sla { p95 ttft <= 1s }
  }
}
"""


@pytest.fixture(scope="module")
def ours() -> Calibration:
    return read_calibration(SMALL)


def engine(name: str) -> Engine:
    found = engine_at(f"engine.{name}")
    assert found is not None
    return found


def gpu(name: str) -> Accelerator:
    found = accelerator_at(f"gpu.{name}")
    assert found is not None
    return found


def values(found: Engine) -> dict[str, float]:
    return {name: number.value for name, number in found.coefficients.items()}


# ---- engines ----------------------------------------------------------------------------------


def test_an_engine_has_the_typical_value_times_its_own_factor(ours: Calibration) -> None:
    bare = replace(engine("vllm"), coefficients={})
    found = calibrated_engine(bare, ours)
    assert values(found) == {
        "compute_efficiency": pytest.approx(0.5 * 1.1),
        "half_tok": 100.0,
        "step_overhead_s": 600e-6,
        "frontend_tok_s": 2e-6,
    }
    number = found.coefficients["compute_efficiency"]
    assert number.source == "Our runs, 4,312 rows"
    assert number.as_of == "2026-11-21"
    assert found.fitted == frozenset(ours.typical)


def test_a_generation_has_factors_of_its_own(ours: Calibration) -> None:
    bare = replace(engine("vllm"), coefficients={})
    found = calibrated_engine(bare, ours, "vllm_v0_served")
    assert values(found)["step_overhead_s"] == pytest.approx(3 * 600e-6)
    assert values(found)["compute_efficiency"] == 0.5


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("vllm", "vllm"),
        ("vllm_rocm", "vllm"),
        ("vllm_v0", "vllm"),
        ("vllm_v0_served", "vllm_v0_served"),
        ("llama_cpp", "llama_cpp"),
        ("llama", None),
        ("sglang", None),
    ],
)
def test_a_build_without_factors_has_those_of_its_engine(
    name: str, of: str | None, ours: Calibration
) -> None:
    assert factors_of(ours, name) == (ours.engines[of] if of else {})
    assert fitted_name(ours, name) == (of or name)


def test_a_block_of_the_user_wins_over_anything(ours: Calibration) -> None:
    own = replace(engine("vllm"), coefficients={"compute_efficiency": exactly(0.33, Origin.GIVEN)})
    found = calibrated_engine(own, ours)
    assert values(found)["compute_efficiency"] == 0.33
    assert "compute_efficiency" not in found.fitted


def test_an_entry_wins_over_a_typical_value_and_not_over_a_factor(ours: Calibration) -> None:
    entry = engine("llama_cpp")
    assert {"compute_efficiency", "step_overhead_s"} <= set(entry.coefficients)
    found = values(calibrated_engine(entry, ours))
    assert found["compute_efficiency"] == values(entry)["compute_efficiency"]
    assert found["step_overhead_s"] == pytest.approx(4 * 600e-6)


def test_what_is_stated_and_never_fitted_stays(ours: Calibration) -> None:
    entry = engine("vllm")
    stated = set(entry.coefficients) - {item.name for item in FITTED}
    assert "memory_share" in stated
    found = values(calibrated_engine(entry, ours))
    assert {name: found[name] for name in stated} == {name: values(entry)[name] for name in stated}


def test_no_calibration_changes_nothing() -> None:
    entry = engine("vllm")
    assert calibrated_engine(entry, NOTHING) == entry
    assert coefficients_of(entry, gpu("nvidia.l4")) == coefficients_of(
        calibrated_engine(entry, NOTHING), calibrated_accelerator(gpu("nvidia.l4"), NOTHING)
    )


# ---- accelerators -----------------------------------------------------------------------------


def test_accelerators_have_the_factors_of_their_architecture(ours: Calibration) -> None:
    bare = replace(engine("vllm"), coefficients={})
    fitted = calibrated_engine(bare, ours)
    hopper = calibrated_accelerator(gpu("nvidia.h200_141gb_sxm"), ours)
    ampere = calibrated_accelerator(gpu("nvidia.a100_80gb_sxm"), ours)
    assert coefficients_of(fitted, hopper)["compute_efficiency"] == pytest.approx(0.55 * 0.8)
    assert coefficients_of(fitted, ampere)["compute_efficiency"] == pytest.approx(0.55)


def test_physics_bounds_what_comes_out_and_no_plan_is_refused_for_it(ours: Calibration) -> None:
    wild = replace(ours, engines={"vllm": {"compute_efficiency": 50.0}})
    found = calibrated_engine(replace(engine("vllm"), coefficients={}), wild)
    assert coefficients_of(found, gpu("nvidia.l4"))["compute_efficiency"] == 0.95
    assert faulty_coefficients(found) == ()


# ---- the one that is shipped ------------------------------------------------------------------


def test_the_published_calibration_is_read_once() -> None:
    assert published() is published()
    assert {*published().typical} <= {*ALL}


def test_checking_a_file_does_not_read_it() -> None:
    text = "infer 1\n" + DESK.replace("  calibration = ours\n", "")
    compilation = Compilation(SourceFile("desk.infer", text), DiskReader(), Settings())
    before = shipped.cache_info()
    assert compilation.designs.value
    assert shipped.cache_info() == before
    assert compilation.problems.value
    assert shipped.cache_info() != before


# ---- topologies -------------------------------------------------------------------------------


def of_vllm(compilation: Compilation) -> float:
    assert compilation.problems.value, compilation.problems.diagnostics
    ((problem,),) = compilation.problems.value
    (found,) = [item for item in problem.case.engines if item.id == "engine.vllm"]
    assert found in problem.service.engines
    place = problem.case.place
    assert place == problem.service.place
    return coefficients_of(found, place.accelerator)["compute_efficiency"]


def test_a_topology_is_planned_with_the_calibration_that_it_names() -> None:
    compilation = Compilation(SourceFile("desk.infer", SMALL + DESK), DiskReader(), Settings())
    assert compilation.designs.value
    (design,) = compilation.designs.value
    assert design.calibration == read_calibration(SMALL)
    assert of_vllm(compilation) == pytest.approx(0.5 * 1.1 * 0.8)


def test_a_calibration_is_imported_from_the_file_that_a_fit_wrote(tmp_path: Path) -> None:
    (tmp_path / "ours.infer").write_text(SMALL, encoding="utf-8")
    text = 'infer 1\n\nimport "./ours.infer" { ours }\n' + DESK
    path = str(tmp_path / "desk.infer")
    compilation = Compilation(SourceFile(path, text), DiskReader(), Settings())
    assert of_vllm(compilation) == pytest.approx(0.5 * 1.1 * 0.8)


def test_a_plan_says_what_its_coefficients_were_fitted_to() -> None:
    planned = api.plan(SourceFile("desk.infer", SMALL + DESK))
    (plan,), (design,) = planned.plans, planned.designs
    (service,) = json.loads(json.dumps(to_data(plan)))["services"]
    assert service["calibration"] == {
        "source": "Our runs, 4,312 rows",
        "as_of": "2026-11-21",
    }
    text = " ".join(render_plan(plan, design).split())
    said = "coefficients of vllm: Our runs, 4,312 rows (2026-11-21)"
    assert said in text


def test_a_file_of_facts_is_right_and_has_nothing_to_plan() -> None:
    source = SourceFile("ours.infer", SMALL)
    assert api.check(source).diagnostics == ()
    wrong = SourceFile("ours.infer", SMALL.replace("of_engine vllm {", "of_engine vlm {"))
    assert [item.code for item in api.check(wrong).diagnostics] == ["INF162"]
    planned = api.plan(source)
    assert [item.code for item in planned.diagnostics] == ["INF138"]
    assert not planned.ok


def test_a_design_by_hand_has_the_shipped_one() -> None:
    assert designs.support_chat().calibration is None


def test_one_calibration_extends_another(ours: Calibration) -> None:
    more = """
calibration better extends ours {
  rows = 5000
  typical { compute_efficiency = 0.6 }
  of_engine vllm { compute_efficiency = 1.05; frontend_s = 2 }
  of_engine sglang { frontend_s = 0.5 }
}
"""
    found = read_calibration(SMALL + more, "better")
    assert found.rows == 5000
    assert found.typical == {**ours.typical, "compute_efficiency": 0.6}
    assert found.engines == {
        **ours.engines,
        "vllm": {"compute_efficiency": 1.05, "frontend_s": 2.0},
        "sglang": {"frontend_s": 0.5},
    }
    assert found.measured == ours.measured
    assert found.intervals == ours.intervals


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("of_engine vllm {", "of_engine vlm {", "INF162", "did you mean `vllm`?"),
        ("of_engine vllm_v0_served", "of_engine vllm_v7_served", "INF162", "did you mean"),
        ("of_architecture Hopper", "of_architecture Hoper", "INF162", "did you mean `Hopper`?"),
        ('"CDNA 3"', '"CDNA3"', "INF162", "did you mean `CDNA 3`?"),
        ('["mi300x"]', '["mi325x"]', "INF163", 'of_architecture "..."'),
        ('accelerators = ["mi300x"]', "memory_efficiency = 1", "INF163", '["mi300x"]'),
        ("compute_efficiency = 0.5", "compute_efficiency = 1.5", "INF114", "0.2 and 0.95"),
        ("600us", "60ms", "INF114", "between 0 s and 0.02 s"),
        ("600us", "0.6", "INF112", "ms"),
        ("compute_efficiency = 1.1", "compute_efficiency = 0", "INF114", "above 0"),
        ("compute_efficiency = 1.1", "compute_efficiency = 101", "INF114", "up to 100"),
        ("step_overhead_s = 3", "step_overhead = 3", "INF104", "did you mean `step_overhead_s`?"),
        ("step_overhead_s = 3", "memory_share = 3", "INF104", "memory_share"),
        ("low = 0.82", "low = 1.82", "INF114", "below `low`"),
        ("low = 0.82, ", "", "INF", "low"),
        ('of_architecture "CDNA 3"', "of_architecture", "INF", "needs a text"),
        ("calibration = ours", "calibration = cat.gpu.nvidia.l4", "INF", "calibration"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, code: str, says: str) -> None:
    text = (SMALL + DESK).replace(old, new)
    assert text != SMALL + DESK
    compilation = Compilation(SourceFile("desk.infer", text), DiskReader(), Settings())
    assert compilation.designs.value is None
    (found,) = compilation.designs.diagnostics
    assert found.code.startswith(code)
    assert says in " ".join((found.message, found.help, found.label, *found.notes))
    assert found.span is not None
