"""The commands on real files: what they print, what they end with, what they write."""

import json
import shutil
from pathlib import Path

import pytest
from support.commands import call, run
from support.repository import ROOT

from inferc.targets.diagram.target import RENDERERS

EXAMPLES = ROOT / "examples"
CHAT = EXAMPLES / "support-chat" / "topology.infer"
PI = EXAMPLES / "impossible-pi" / "topology.infer"

WRONG = """infer 1
import std.catalog as cat

topology t {
  modell llama { source = cat.models.meta.llama_3_70b_instruct }
  cluster dc1 {
    platform = kubernetes
    pool gpu { nodes = 1; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm }
  }
  service chat {
    model = llama
    on    = dc1.gpu
    load { rate = 10 req/min }
    sla { p95 ttft <= 60 req/s }
  }
}
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, name: str = "topology.infer") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


# ---- init ------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [(), ("chat",), ("deep/chat",)])
def test_init_writes_a_file_that_compiles_at_once(folder: tuple[str, ...], place: Path) -> None:
    done = call("init", *folder)
    file = Path(*folder, "topology.infer")
    assert done.code == 0
    assert f"inferc plan {file}" in done.out
    assert call("fmt", "--check", file).code == 0
    assert call("check", file).code == 0
    planned = json.loads(call("plan", file, "--format", "json").out)
    assert planned["verdict"] in {"feasible", "conditional"}
    assert call("compile", file, "-t", "kubernetes").code == 0
    assert sorted(item.name for item in place.iterdir() if item.name != "build") == [
        Path(*folder, "topology.infer").parts[0]
    ]


def test_init_never_overwrites(place: Path) -> None:
    written("# mine\n")
    done = call("init")
    assert done.code == 2
    assert "exists already" in done.err
    assert (place / "topology.infer").read_text() == "# mine\n"


def test_init_in_a_place_that_is_a_file(place: Path) -> None:
    (place / "chat").write_text("")
    done = call("init", "chat")
    assert done.code == 2
    assert "`chat` is a file" in done.err


# ---- check -----------------------------------------------------------------------------------


def test_check_of_a_correct_file() -> None:
    done = call("check", CHAT)
    assert (done.code, done.out, done.err) == (0, "1 file checked: 0 errors\n", "")


def test_check_reports_several_mistakes_with_their_lines() -> None:
    done = call("check", written(WRONG))
    assert done.code == 1
    assert "topology.infer:5:3" in done.err
    assert "topology.infer:14:" in done.err
    assert "did you mean" in done.err
    assert "checked: 2 errors" in done.out


def test_check_as_json() -> None:
    done = call("check", written(WRONG), "--format", "json")
    found = json.loads(done.err)["diagnostics"]
    assert done.code == 1
    assert {item["start"]["line"] for item in found} == {5, 14}
    assert all(item["file"] == "topology.infer" for item in found)
    assert json.loads(call("check", CHAT, "--format", "json").err)["diagnostics"] == []


def test_check_takes_folders_and_standard_input(place: Path) -> None:
    shutil.copytree(EXAMPLES, place / "examples")
    files = len(list(EXAMPLES.rglob("*.infer")))
    assert call("check", "examples").out == f"{files} files checked: 0 errors\n"
    assert call("check", "-", stdin=CHAT.read_text()).code == 0
    done = call("check", "-", stdin=WRONG)
    assert done.code == 1
    assert "<stdin>:5:3" in done.err


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(WRONG)
    assert "\x1b[" not in call("check", file).err
    assert "\x1b[" in call("check", file, "--color", "always").err
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in call("check", file, "--color", "auto").err


# ---- plan ------------------------------------------------------------------------------------


def test_plan_says_the_verdict_and_what_it_rests_on() -> None:
    done = call("plan", CHAT)
    assert done.code == 0
    assert done.out.startswith("topology support_chat   conditional")
    for word in ("tensor_parallel", "p95 ttft", "rests on", "chat.load.peak"):
        assert word in done.out
    assert done.err == ""


def test_plan_as_json_can_be_piped() -> None:
    planned = json.loads(call("plan", CHAT, "--format", "json").out)
    assert planned["verdict"] == "conditional"
    assert planned["topology"] == "support_chat"


def test_plan_into_a_file(place: Path) -> None:
    done = call("plan", CHAT, "--format", "json", "-o", "out/plan.json")
    assert (done.code, done.out) == (0, "")
    assert json.loads((place / "out/plan.json").read_text())["topology"] == "support_chat"
    (place / "file").write_text("")
    refused = call("plan", CHAT, "-o", "file/plan.json")
    assert refused.code == 2
    assert "INF730" in refused.err


def test_plan_refuses_what_cannot_work() -> None:
    done = call("plan", PI)
    answer = json.loads(done.out)
    assert done.code == 3
    assert answer["error"] == "Hardware constraints insufficient for SLA"
    assert len(answer["bounds"]) >= 3
    for bound in answer["bounds"]:
        assert bound["need"] > bound["have"]
        assert bound["ratio"] > 1
        assert bound["code"] in done.err
    assert "infeasible" in done.err


def test_plan_denies_guesses() -> None:
    done = call("plan", CHAT, "--deny", "assumption:low")
    assert done.code == 4
    assert "denied: support_chat rests on chat.load.peak" in done.err
    assert done.out.startswith("topology support_chat")


@pytest.mark.parametrize(("confidence", "code"), [("low", 4), ("medium", 0), ("high", 0)])
def test_deny_goes_by_confidence(confidence: str, code: int) -> None:
    stated = "".join(
        f'    chat.load.{name} = {value} because "measured" confidence {confidence}\n'
        for name, value in (("peak", "1.5x"), ("prompt_tokens", "150"), ("output_tokens", "80"))
    )
    text = CHAT.read_text(encoding="utf-8").rstrip().removesuffix("}")
    file = written(f"{text}  assume {{\n{stated}  }}\n}}\n")
    done = call("plan", file, "--deny", "assumption:low")
    assert done.code == code, done.err


def test_several_topologies_in_one_file(place: Path) -> None:
    text = CHAT.read_text(encoding="utf-8")
    head, _, topology = text.partition("/// Support chat")
    second = topology.replace("topology support_chat", "topology second")
    file = written(f"{head}/// Support chat{topology}\n/// Support chat{second}")
    found = json.loads(call("plan", file, "--format", "json").out)
    assert [item["topology"] for item in found["topologies"]] == ["support_chat", "second"]
    done = call("compile", file, "-t", "kubernetes")
    assert done.code == 0
    assert sorted(item.name for item in (place / "build").iterdir()) == ["second", "support_chat"]


def test_one_refusal_stops_the_whole_file(place: Path) -> None:
    text = CHAT.read_text(encoding="utf-8")
    _, _, other = PI.read_text(encoding="utf-8").partition("import std.catalog as cat")
    done = call("compile", written(text + other))
    assert done.code == 3
    assert json.loads(done.out)["topology"] == "wishful"
    assert not (place / "build").exists()


def test_parameters_and_overlays_reach_the_plan() -> None:
    text = (
        CHAT.read_text(encoding="utf-8")
        .replace("rate  = 1000 req/min", "rate  = rate")
        .replace(
            "import std.catalog as cat", "import std.catalog as cat\nparam rate = 1000 req/min"
        )
    )
    file = written(f"{text}\nenv dev {{\n  chat.load.rate = 1 req/min\n}}\n")

    def planned(*arguments: str) -> str:
        done = (
            call("explain", file, "chat.load.rate")
            if not arguments
            else call("plan", file, "--format", "json", *arguments)
        )
        assert done.code == 0, done.err
        return done.out

    rates = {
        arguments: json.loads(planned(*arguments))["services"]
        for arguments in (("-p", "rate=2 req/min"), ("--env", "dev"))
    }
    assert rates["-p", "rate=2 req/min"] != rates["--env", "dev"]
    missing = call("plan", file, "--env", "prod")
    assert missing.code == 2
    assert "dev" in missing.err
    assert call("plan", file, "-p", "rat=1 req/s").code == 2
    assert call("plan", file, "-p", "rate=fast").code == 2


# ---- compile ---------------------------------------------------------------------------------


def test_compile_writes_targets_below_the_topology(place: Path) -> None:
    done = call("compile", CHAT, "-t", "kubernetes,pulumi", "-o", "out")
    assert done.code == 0, done.err
    assert sorted(item.name for item in (place / "out/support_chat").iterdir()) == [
        "inferc.manifest.json",
        "kubernetes",
        "pulumi",
    ]
    assert "out/support_chat/kubernetes/" in done.out
    assert done.out.startswith("support_chat: conditional")


def test_compile_without_flags_writes_every_target(place: Path) -> None:
    assert call("compile", CHAT).code == 0
    assert sorted(item.name for item in (place / "build/support_chat").iterdir()) == [
        "design-doc",
        "diagram",
        "inferc.manifest.json",
        "kubernetes",
        "pulumi",
    ]


def test_compile_writes_what_the_emit_blocks_name(place: Path) -> None:
    text = CHAT.read_text(encoding="utf-8").rstrip().removesuffix("}")
    file = written(f"{text}\n  emit kubernetes {{ }}\n}}\n")
    assert call("compile", file).code == 0
    assert [item.name for item in sorted((place / "build/support_chat").iterdir())] == [
        "inferc.manifest.json",
        "kubernetes",
    ]


@pytest.mark.parametrize(
    "arguments", [("plan", "-o"), ("diff", "plan.json", "-o"), ("graph", "-o")], ids=str
)
def test_a_report_takes_no_design_s_place(place: Path, arguments: tuple[str, ...]) -> None:
    design = place / "topology.infer"
    design.write_bytes(CHAT.read_bytes())
    assert call("plan", design, "--format", "json", "-o", place / "plan.json").code == 0
    command, *words = arguments
    done = call(command, design, *words, design)
    assert done.code == 2
    assert "INF730" in done.err
    assert "it is a design" in done.err
    assert design.read_bytes() == CHAT.read_bytes()


def test_compile_lists_its_files(place: Path) -> None:
    done = call("compile", CHAT, "-t", "kubernetes", "--list-files")
    listed = done.out.splitlines()
    there = [
        item.relative_to(place).as_posix()
        for item in sorted((place / "build").rglob("*"))
        if item.is_file()
    ]
    assert sorted(listed) == sorted(there)
    report = call("compile", CHAT, "-t", "kubernetes", "--list-files", "--format", "sarif")
    assert json.loads(report.out)["version"] == "2.1.0"


def test_a_dry_run_writes_nothing(place: Path) -> None:
    done = call("compile", CHAT, "-t", "kubernetes", "--dry-run")
    assert done.code == 0
    assert "would write build/support_chat/kubernetes/" in done.out
    assert list(place.iterdir()) == []


def test_compile_denies_guesses_and_writes_nothing(place: Path) -> None:
    done = call("compile", CHAT, "--deny", "assumption:low")
    assert (done.code, done.out) == (4, "")
    assert "denied: support_chat rests on" in done.err
    assert list(place.iterdir()) == []
    assert call("compile", PI, "--deny", "assumption:low").code == 3
    assert call("compile", "-", "--deny", "assumption:low", stdin=CHAT.read_text()).code == 4


def test_a_second_compile_has_nothing_to_do() -> None:
    call("compile", CHAT, "-t", "kubernetes")
    done = call("compile", CHAT, "-t", "kubernetes")
    assert "nothing to do" in done.out
    found = json.loads(call("compile", CHAT, "-t", "kubernetes", "--format", "json").out)
    assert found["written"] == []
    assert found["unchanged"]


def test_a_target_of_an_earlier_plan_is_named() -> None:
    text = CHAT.read_text(encoding="utf-8")
    file = written(text)
    call("compile", file, "-t", "kubernetes,pulumi")
    assert "earlier plan" not in call("compile", file, "-t", "kubernetes").out
    written(text.replace("1000 req/min", "100 req/min"))
    done = call("compile", file, "-t", "kubernetes")
    assert "pulumi is of an earlier plan" in done.out
    assert "earlier plan" not in call("compile", file, "-t", "kubernetes,pulumi").out


def test_an_edited_file_stops_the_compile(place: Path) -> None:
    call("compile", CHAT, "-t", "kubernetes")
    edited = next((place / "build/support_chat/kubernetes").rglob("*.yaml"))
    edited.write_text("by hand\n")
    done = call("compile", CHAT, "-t", "kubernetes")
    assert done.code == 2
    assert "INF733" in done.err
    assert edited.name in done.err
    assert edited.read_text() == "by hand\n"
    forced = call("compile", CHAT, "-t", "kubernetes", "--force")
    assert forced.code == 0
    assert "kept your edited file as" in forced.out
    assert edited.with_name(f"{edited.name}.orig").read_text() == "by hand\n"


def test_compile_refuses_what_cannot_work_and_writes_nothing(place: Path) -> None:
    done = call("compile", PI, "-t", "kubernetes,pulumi,diagram", "-o", "build/")
    assert done.code == 3
    assert json.loads(done.out)["error"] == "Hardware constraints insufficient for SLA"
    assert list(place.iterdir()) == []


def test_compile_of_a_wrong_file_writes_nothing(place: Path) -> None:
    done = call("compile", written(WRONG))
    assert (done.code, done.out) == (1, "")
    assert [item.name for item in place.iterdir()] == ["topology.infer"]


def test_an_output_that_is_a_file_names_the_next_step(place: Path) -> None:
    (place / "build").write_text("")
    done = call("compile", CHAT, "-t", "kubernetes")
    assert done.code == 2
    assert "INF731" in done.err
    assert "-o DIR" in done.err


def test_a_renderer_is_one_that_the_target_has() -> None:
    done = call("compile", CHAT, "-t", "diagram", "--renderer", "crayon")
    assert done.code == 2
    assert all(name in done.err for name in RENDERERS)
    for name in ("auto", "pure"):
        assert call("graph", CHAT, "-f", "svg", "--renderer", name).code == 0


# ---- explain ---------------------------------------------------------------------------------


def test_explain_a_value() -> None:
    done = call("explain", CHAT, "chat.tensor_parallel")
    assert done.code == 0
    assert done.out.startswith("chat.tensor_parallel = ")


def test_explain_lists_what_it_can_explain() -> None:
    done = call("explain", CHAT)
    assert done.code == 0
    assert "chat.load.peak" in done.out.splitlines()
    paths = done.out.splitlines()
    for path in paths[:: len(paths) // 8]:
        assert call("explain", CHAT, path).code == 0


@pytest.mark.slow
def test_explain_explains_all_that_it_lists() -> None:
    for path in call("explain", CHAT).out.splitlines():
        assert call("explain", CHAT, path).code == 0


def test_explain_a_path_that_is_not_there() -> None:
    done = call("explain", CHAT, "chat.tensor_paralel")
    assert done.code == 2
    assert "did you mean `chat.tensor_parallel`" in done.err


# ---- fmt -------------------------------------------------------------------------------------


def test_fmt_brings_a_file_into_form() -> None:
    text = CHAT.read_text(encoding="utf-8")
    file = written(text.replace("    model = llama", "  model=llama"))
    checked = call("fmt", "--check", file)
    assert (checked.code, checked.out) == (10, "would format topology.infer\n")
    shown = call("fmt", "--diff", file)
    assert shown.code == 10
    assert "-  model=llama" in shown.out
    assert "+    model = llama" in shown.out
    assert call("fmt", file).code == 0
    assert Path(file).read_text(encoding="utf-8") == text
    assert call("fmt", "--check", file).code == 0


def test_fmt_as_a_filter() -> None:
    text = CHAT.read_text(encoding="utf-8")
    done = call("fmt", "-", stdin=text.replace("    model = llama", "  model=llama"))
    assert (done.code, done.out) == (0, text)


def test_fmt_leaves_a_file_with_errors_alone() -> None:
    file = written("infer 1\ntopology t {\n")
    done = call("fmt", file)
    assert done.code == 1
    assert "error[" in done.err
    assert Path(file).read_text() == "infer 1\ntopology t {\n"


# ---- graph -----------------------------------------------------------------------------------

FORMS = [
    ("mermaid", "flowchart"),
    ("dot", "digraph"),
    ("svg", "<svg"),
    ("json", '"nodes"'),
    ("text", "support_chat"),
]


@pytest.mark.parametrize(("form", "mark"), FORMS)
def test_graph_prints_each_form(form: str, mark: str, place: Path) -> None:
    done = call("graph", CHAT, "-f", form)
    assert done.code == 0, done.err
    assert mark in done.out
    assert call("graph", CHAT, "-f", form, "-o", "out.txt").out == ""
    assert (place / "out.txt").read_text(encoding="utf-8") == done.out


def test_graph_of_a_refusal_has_nothing_to_draw() -> None:
    done = call("graph", PI)
    assert done.code == 3
    assert json.loads(done.out)["verdict"] == "infeasible"


# ---- the same bytes everywhere ---------------------------------------------------------------

WORLDS = [
    {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0"},
    {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4711"},
]


def test_two_compiles_are_identical_in_another_world(tmp_path: Path) -> None:
    trees = []
    for number, world in enumerate(WORLDS):
        folder = tmp_path / f"world-{number}" / ("deeper" * number)
        shutil.copytree(EXAMPLES / "support-chat", folder / "chat")
        arguments = ("compile", "chat/topology.infer") if number else (
            "compile", str(folder / "chat" / "topology.infer")
        )  # fmt: skip
        done = run(*arguments, cwd=folder, world=world)
        assert done.code == 0, done.err
        root = folder / "build"
        trees.append(
            {
                item.relative_to(root).as_posix(): item.read_bytes()
                for item in sorted(root.rglob("*"))
                if item.is_file()
            }
        )
    assert trees[0].keys() == trees[1].keys()
    different = [name for name in trees[0] if trees[0][name] != trees[1][name]]
    assert different == []
