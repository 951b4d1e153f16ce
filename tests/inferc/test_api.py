"""The Python API: what programs get without the command line."""

from pathlib import Path

import pytest
from support.repository import ROOT

from inferc import api
from inferc.compiler.pipeline import Compilation, Settings, Step, step
from inferc.compiler.schema import TARGETS
from inferc.dsl import Diagnostic, Severity, SourceFile
from inferc.files.reader import DiskReader

CHAT = ROOT / "examples" / "support-chat" / "topology.infer"
PI = ROOT / "examples" / "impossible-pi" / "topology.infer"
CHAT_TEXT = CHAT.read_text(encoding="utf-8")

FILES = [
    # file, what is wrong
    (CHAT, []),
    (str(CHAT), []),
    (SourceFile(str(CHAT), CHAT_TEXT), []),
    (PI, []),
    (CHAT.with_name("nowhere.infer"), ["INF720"]),
    (CHAT.parent, ["INF721"]),
    (SourceFile("t.infer", 'infer 1\nimport "./no.infer" as no\ntopology t { }\n'), ["INF701"]),
]


@pytest.mark.parametrize(("file", "codes"), FILES, ids=range(len(FILES)))
def test_check_says_what_is_wrong(file: api.File, codes: list[str]) -> None:
    checked = api.check(file)
    assert [item.code for item in checked.diagnostics][: len(codes) or 1] == codes
    assert checked.ok is (codes == [])


def test_plan_answers_for_each_topology() -> None:
    planned = api.plan(CHAT)
    assert planned.ok
    assert [plan.topology for plan in planned.plans] == ["support_chat"]
    assert [design.name for design in planned.designs] == ["support_chat"]
    assert planned.refused == ()
    assert planned.topologies == ()
    assert list(planned.inputs.values()) == [CHAT_TEXT]


def test_plan_of_what_cannot_work_is_an_answer_too() -> None:
    planned = api.plan(PI)
    assert planned.ok
    assert planned.refused == planned.plans
    assert {item.code for item in planned.diagnostics} == {
        bound.code for plan in planned.plans for item in plan.refusals for bound in item.bounds
    }


def test_draw_adds_the_topology() -> None:
    drawn = api.draw(CHAT)
    assert [topology.name for topology in drawn.topologies] == ["support_chat"]
    assert api.draw(PI).topologies == ()


def test_compile_without_a_folder_returns_the_files() -> None:
    compiled = api.compile(CHAT, order=api.Order(targets=["kubernetes"]))
    assert compiled.ok
    assert compiled.written is None
    (output,) = compiled.outputs
    assert (output.topology, output.target) == ("support_chat", "kubernetes")
    assert any(item.path.endswith(".yaml") for item in output.artifacts)


def test_compile_into_a_folder_writes_them(tmp_path: Path) -> None:
    compiled = api.compile(CHAT, tmp_path / "out", api.Order(targets=["kubernetes"]))
    assert compiled.ok
    assert compiled.written is not None
    for path in compiled.written.written:
        assert path.is_file()


def test_compile_refuses_without_outputs(tmp_path: Path) -> None:
    compiled = api.compile(PI, tmp_path / "out")
    assert not compiled.ok
    assert compiled.outputs == ()
    assert not (tmp_path / "out").exists()


def test_an_unknown_target_is_a_diagnostic() -> None:
    compiled = api.compile(CHAT, order=api.Order(targets=["kubernets"]))
    assert not compiled.ok
    assert [item.code for item in compiled.diagnostics] == ["INF600"]


def test_an_unknown_option_is_a_diagnostic() -> None:
    order = api.Order(targets=["kubernetes"], options={"kubernetes": {"namespaze": "x"}})
    compiled = api.compile(CHAT, order=order)
    assert not compiled.ok
    assert "INF602" in {item.code for item in compiled.diagnostics}


def test_options_come_from_the_file_and_then_from_the_order() -> None:
    text = CHAT_TEXT.rstrip().removesuffix("}")
    source = SourceFile("t.infer", f'{text}\n  emit kubernetes {{ namespace = "one" }}\n}}\n')
    given = api.compile(source)
    ordered = api.compile(source, order=api.Order(options={"kubernetes": {"namespace": "two"}}))
    assert [output.target for output in given.outputs] == ["kubernetes"]
    texts = [
        b"".join(item.content for output in compiled.outputs for item in output.artifacts)
        for compiled in (given, ordered)
    ]
    assert b"namespace: one" in texts[0]
    assert b"namespace: two" in texts[1]
    assert b"namespace: one" not in texts[1]


def test_the_target_names_are_those_of_the_language() -> None:
    assert {name.replace("_", "-") for name in TARGETS} == set(api.target_names())
    assert set(api.DEFAULT_TARGETS) < set(api.target_names())


# ---- the pipeline ----------------------------------------------------------------------------


def problem(severity: Severity) -> Diagnostic:
    return Diagnostic(code="INF101", slug="x", message="x", span=None, severity=severity)


def test_a_step_behind_an_error_is_not_taken() -> None:
    taken: list[int] = []

    def phase(value: int) -> tuple[int, tuple[Diagnostic, ...]]:
        taken.append(value)
        return value + 1, (problem(Severity.WARNING),)

    good = step(1, (problem(Severity.NOTE),)).then(phase)
    bad = step(1, (problem(Severity.ERROR),)).then(phase)
    assert good == Step(2, (problem(Severity.NOTE), problem(Severity.WARNING)))
    assert bad == Step(None, (problem(Severity.ERROR),))
    assert taken == [1]


def test_each_phase_runs_once() -> None:
    compilation = Compilation(SourceFile("t.infer", CHAT_TEXT), DiskReader(), Settings())
    assert compilation.topologies.value is not None
    for phase in ("loaded", "resolved", "designs", "problems", "plans", "topologies"):
        assert getattr(compilation, phase) is getattr(compilation, phase)
        assert getattr(compilation, phase).value is not None


def test_phases_behind_an_error_are_empty() -> None:
    source = SourceFile("t.infer", CHAT_TEXT.replace("model = llama", "model = lama"))
    compilation = Compilation(source, DiskReader(), Settings())
    assert compilation.loaded.value is not None
    found = compilation.resolved.diagnostics
    assert found
    for step_ in (compilation.designs, compilation.problems, compilation.plans):
        assert step_.value is None
        assert step_.diagnostics == found
    assert compilation.topologies == Step(None, found)
