"""``inferc diff``, ``lock`` and ``--locked``: what changed, why, and what that costs."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.commands import call
from support.repository import ROOT

from inferc.comparison.files import compare_files, files_as_markdown

BASE = """
infer 1
import std.catalog as cat

topology desk {
  model small { source = cat.models.meta.llama_3_1_8b_instruct; precision = fp16 }
  cluster dc1 {
    platform = kubernetes
    pool gpu { nodes = 2; gpu = 2 * cat.gpu.nvidia.l40s; price = $1/gpu/h }
  }
  service chat {
    model = small
    on = dc1.gpu
    load { rate = 2 req/s; peak = 1.5x; prompt_tokens = dist(mean = 400, p95 = 900)
           output_tokens = dist(mean = 150, p95 = 400) }
    sla { p95 ttft <= 800ms }
  }
}
env busy { chat.load.rate = 14 req/s }
env quiet { chat.load.rate = 1 req/s }
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return the path of a design."""
    path = tmp_path / "desk.infer"
    path.write_text(BASE, encoding="utf-8")
    return path


def changed(path: Path, old: str, new: str) -> Path:
    """Return the path of a second design, with other words in it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    other = path.with_name("other.infer")
    other.write_text(text.replace(old, new), encoding="utf-8")
    return other


def diff(*arguments: str | Path) -> dict[str, Any]:
    """Return the differences as JSON."""
    done = call("diff", *arguments, "--format", "json")
    assert done.code in {0, 10}, done.err
    found: dict[str, Any] = json.loads(done.out)
    assert found["differs"] is (done.code == 10)
    return found


def test_the_same_file_is_no_difference(desk: Path) -> None:
    done = call("diff", desk, desk)
    assert done.code == 0
    assert "no changes" in done.out


def test_an_overlay_is_compared_with_the_file_without_it(desk: Path) -> None:
    done = call("diff", desk, "--env", "busy")
    assert done.code == 10
    assert "replicas" in done.out
    (service,) = diff(desk, "--env", "busy")["topologies"][0]["services"]
    replicas = next(one for one in service["decisions"] if one["name"] == "replicas")
    assert (replicas["before"], replicas["after"]) == ("1", "2")
    assert replicas["reason"]  # why the old value is not taken again
    assert "+$" in done.out


def test_two_overlays_are_compared_with_each_other(desk: Path) -> None:
    there = call("diff", desk, "--env", "quiet", "--env", "busy").out
    back = call("diff", desk, "--env", "busy", "--env", "quiet").out
    assert "+$" in there
    assert "(-$" in back


def test_a_lost_line_is_breaking_and_a_gained_one_is_not(desk: Path) -> None:
    harder = changed(desk, "800ms", "60ms")
    worse = call("diff", desk, harder, "--breaking")
    better = call("diff", harder, desk, "--breaking")
    assert (worse.code, better.code) == (10, 0), worse.out + better.out


def test_a_service_that_goes_is_breaking(desk: Path) -> None:
    text = desk.read_text(encoding="utf-8")
    start, end = text.index("  service chat"), text.index("env busy")
    service = text[start:end].rstrip().removesuffix("}")
    both = desk.with_name("both.infer")
    both.write_text(text.replace(service, service + service.replace("chat", "search")), "utf-8")
    assert call("diff", both, desk, "--breaking").code == 10
    assert "- search   gone" in call("diff", both, desk).out
    assert "+ search   new" in call("diff", desk, both).out


def test_a_kept_plan_is_a_side(desk: Path) -> None:
    kept = desk.with_name("plan.json")
    assert call("plan", desk, "--format", "json", "-o", kept).code == 0
    assert call("diff", kept, desk).code == 0
    assert diff(kept, changed(desk, "2 req/s", "14 req/s"))["differs"] is True


def test_a_refused_plan_is_a_side_too(desk: Path) -> None:
    hopeless = changed(desk, "800ms", "1ms")
    done = call("diff", desk, hopeless, "--format", "json")
    (topology,) = json.loads(done.out)["topologies"]
    assert topology["verdict"]["after"] == "infeasible"
    assert topology["verdict"]["breaking"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "it is not what"),
        ("[1]", "it is not what"),
        ("{", "Expecting"),
        ('{"format_version": "2.0", "topology": "x", "verdict": "feasible"}', "format 2.0"),
        ('{"format_version": "1.0", "topology": 1}', "it is not what"),
        ('{"format_version": "1.0", "plan": 3}', "inferc"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_what_is_no_plan_says_so(desk: Path, text: str, said: str) -> None:
    path = desk.with_name("plan.json")
    path.write_text(text, encoding="utf-8")
    done = call("diff", path, desk)
    assert done.code == 2, done.err
    assert "INF747" in done.err
    assert said in done.err


@pytest.mark.parametrize(
    "arguments", [("A",), ("A", "A", "--env", "a", "--env", "b", "--env", "c")]
)
def test_nothing_to_compare_with_is_a_usage_error(desk: Path, arguments: tuple[str, ...]) -> None:
    words = [str(desk) if word == "A" else word for word in arguments]
    assert call("diff", *words).code == 2


# ---- git -----------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a design that imports another file, in a folder of it."""
    folder = tmp_path / "repo" / "designs"
    folder.mkdir(parents=True)
    (folder / "facts.infer").write_text(
        "infer 1\nimport std.catalog as cat\n"
        "model small { source = cat.models.meta.llama_3_1_8b_instruct; precision = fp16 }\n"
    )
    text = BASE.replace("import std", 'import "./facts.infer" as facts\nimport std')
    old = "model small { source = cat.models.meta.llama_3_1_8b_instruct; precision = fp16 }"
    assert old in text
    (folder / "desk.infer").write_text(text.replace(old, "model small extends facts.small { }"))
    monkeypatch.chdir(folder)
    for words in (
        "init -q -b main",
        "add -A",
        "-c user.name=x -c user.email=x@example.com commit -qm one",
    ):
        subprocess.run(["git", *words.split()], check=True, capture_output=True)  # noqa: S607
    return folder


def test_a_branch_is_compared_with_what_git_has(repository: Path) -> None:
    assert call("diff", "main:desk.infer").code == 0
    # The imported file counts as well: git's is read for git's side.
    path = repository / "facts.infer"
    path.write_text(path.read_text().replace("precision = fp16", "precision = fp8"))
    done = call("diff", "main:desk.infer")
    assert done.code == 10
    assert "precision" in done.out


@pytest.mark.parametrize(
    ("side", "said"),
    [
        ("nope:desk.infer", "nope"),
        ("main:other.infer", "other.infer"),
        ("--output=x:desk.infer", ""),
        ("main:../../../etc/passwd", "outside"),
    ],
)
def test_what_git_does_not_have_says_so(repository: Path, side: str, said: str) -> None:
    done = call("diff", side, repository / "desk.infer")
    assert done.code == 2
    assert said in done.err
    assert not (repository / "x:desk.infer").exists()


def test_a_shallow_clone_and_no_git_have_help_of_their_own(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for words in (
        "-c user.name=x -c user.email=x@example.com commit -qm two --allow-empty",
        f"clone -q --depth 1 file://{repository} {tmp_path / 'shallow'}",
    ):
        subprocess.run(["git", *words.split()], check=True, capture_output=True)  # noqa: S607
    monkeypatch.chdir(tmp_path / "shallow")
    assert "git fetch --unshallow" in call("diff", "HEAD~1:desk.infer").err
    monkeypatch.chdir(repository)
    assert "git log" in call("diff", "HEAD~9:desk.infer").err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "install git" in call("diff", "HEAD:desk.infer").err


def test_outside_a_repository_git_says_so(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.parent)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(desk.parent.parent))
    done = call("diff", "main:desk.infer")
    assert done.code == 2
    assert "INF746" in done.err


# ---- locks ---------------------------------------------------------------------------------------


def test_a_lock_holds_a_plan_to_its_decisions(desk: Path) -> None:
    assert call("plan", desk, "--locked").code == 2  # no lock yet
    assert call("lock", desk).code == 0
    first = desk.with_name("desk.lock.json").read_bytes()
    assert call("plan", desk, "--locked").code == 0
    desk.write_text(BASE.replace("2 req/s", "14 req/s"), encoding="utf-8")
    done = call("plan", desk, "--locked")
    assert done.code == 10
    assert "replicas" in done.out
    assert "the design: desk.infer changed" in done.out
    assert "cost" in done.out
    assert call("lock", desk, "--check").code == 10
    assert desk.with_name("desk.lock.json").read_bytes() == first
    assert call("lock", desk).code == 0
    assert call("lock", desk, "--check").code == 0


def test_a_changed_comment_changes_no_decision(desk: Path) -> None:
    call("lock", desk)
    desk.write_text(BASE + "\n// later\n", encoding="utf-8")
    assert call("plan", desk, "--locked").code == 0


def test_a_compile_that_is_not_as_locked_writes_nothing(desk: Path) -> None:
    call("lock", desk)
    out = desk.parent / "out"
    desk.write_text(BASE.replace("2 req/s", "14 req/s"), encoding="utf-8")
    assert call("compile", desk, "--locked", "-o", out).code == 10
    assert not out.exists()


@pytest.mark.parametrize("command", ["plan", "compile"])
def test_a_report_beside_a_changed_decision_is_whole(desk: Path, command: str) -> None:
    call("lock", desk)
    desk.write_text(BASE.replace("2 req/s", "14 req/s"), encoding="utf-8")
    done = call(command, desk, "--locked", "--format", "sarif")
    assert done.code == 10
    assert json.loads(done.out)["version"] == "2.1.0"
    assert "replicas" in done.err
    assert "the design: desk.infer changed" in done.err


def test_what_is_denied_or_not_as_locked_still_has_its_warnings(desk: Path) -> None:
    keyless = 'gateway edge { host = "a.example.com"; tls = secret("a") }\n  edge -> chat\n'
    text = BASE.replace("  service chat", f"  {keyless}  service chat")
    desk.write_text(text, encoding="utf-8")
    call("lock", desk)
    for rate in ("2 req/s", "14 req/s"):
        desk.write_text(text.replace("2 req/s", rate), encoding="utf-8")
        done = call("compile", desk, "--locked", "-o", desk.parent / "out")
        assert done.err.count("warning[INF209]") == 1
    example = (ROOT / "examples/support-chat/topology.infer").read_text(encoding="utf-8")
    desk.write_text(example.replace("  service chat", f"  {keyless}  service chat"), "utf-8")
    done = call("compile", desk, "--deny", "assumption:low", "-o", desk.parent / "denied")
    assert (done.code, done.out) == (4, "")
    assert "denied: support_chat rests on chat.load.peak" in done.err
    assert done.err.count("warning[INF209]") == 1
    assert not (desk.parent / "denied").exists()


def test_a_refusal_is_not_a_denial(desk: Path) -> None:
    desk.write_text(BASE.replace("800ms", "1ms"), encoding="utf-8")
    for command in ("plan", "compile"):
        assert call(command, desk, "--deny", "assumption:medium").code == 3


def test_a_parameter_is_named_as_the_cause(desk: Path) -> None:
    text = BASE.replace("topology desk", "param rate: rate = 2 req/s\ntopology desk")
    desk.write_text(text.replace("rate = 2 req/s; peak", "rate = rate; peak"), encoding="utf-8")
    assert call("lock", desk, "-p", "rate=14 req/s").code == 0
    assert call("plan", desk, "--locked", "-p", "rate=14 req/s").code == 0
    done = call("plan", desk, "--locked")
    assert done.code == 10
    assert "the parameters: -p rate=14 req/s -> none" in done.out


def test_an_overlay_has_a_lock_of_its_own(desk: Path) -> None:
    assert call("lock", desk, "--env", "busy").code == 0
    assert desk.with_name("desk.busy.lock.json").exists()
    assert call("plan", desk, "--env", "busy", "--locked").code == 0
    assert call("plan", desk, "--locked").code == 2


def test_an_upgrade_is_named_as_the_cause(desk: Path) -> None:
    """A lock of another compiler with another catalog and other decisions, as after an upgrade."""
    call("lock", desk)
    path = desk.with_name("desk.lock.json")
    lock = json.loads(path.read_text())
    lock["inferc"] = "0.0.9"
    entry = next(iter(lock["catalog"]))
    lock["catalog"][entry] = "sha256:0"
    lock["plan"]["topologies"]["desk"]["services"]["chat"]["decisions"]["max_num_seqs"] = 3
    path.write_text(json.dumps(lock))
    done = call("plan", desk, "--locked", "--format", "json")
    assert done.code == 10
    found = json.loads(done.out)
    assert any("0.0.9" in cause for cause in found["causes"])
    assert any(entry in cause for cause in found["causes"])
    (change,) = found["topologies"][0]["services"][0]["decisions"]
    assert (change["name"], change["before"]) == ("max_num_seqs", "3")


def test_predictions_alone_may_move(desk: Path) -> None:
    call("lock", desk)
    path = desk.with_name("desk.lock.json")
    lock = json.loads(path.read_text())
    (line,) = lock["plan"]["topologies"]["desk"]["services"]["chat"]["lines"]
    line["predicted"] *= 1.01
    path.write_text(json.dumps(lock))
    assert call("plan", desk, "--locked").code == 0
    assert call("diff", path, desk).code == 10


def test_a_lock_is_the_same_whoever_writes_it(desk: Path) -> None:
    call("lock", desk)
    first = desk.with_name("desk.lock.json").read_bytes()
    call("lock", desk)
    assert desk.with_name("desk.lock.json").read_bytes() == first
    assert str(desk.parent).encode() not in first


def test_a_broken_lock_says_so(desk: Path) -> None:
    desk.with_name("desk.lock.json").write_text('{"format_version": "9.0"}')
    done = call("plan", desk, "--locked")
    assert done.code == 2
    assert "INF747" in done.err
    assert f"inferc lock {desk}" in done.err


# ---- emitted files -------------------------------------------------------------------------------


def test_the_files_that_change_are_listed(desk: Path) -> None:
    found = diff(desk, "--env", "busy", "-t", "kubernetes")
    paths = {item["path"]: item for item in found["files"]}
    workload = paths["desk/kubernetes/40-workload.yaml"]
    assert workload["kind"] == "changed"
    assert workload["patch"].startswith("--- a/desk/kubernetes/40-workload.yaml\n+++ b/")
    assert "~" in call("diff", desk, "--env", "busy", "-t", "kubernetes").out
    shown = call("diff", desk, "--env", "busy", "-t", "kubernetes", "--patch").out
    assert "+++ b/desk/kubernetes/40-workload.yaml" in shown


def test_the_same_design_emits_the_same_files(desk: Path) -> None:
    assert diff(desk, desk, "-t", "kubernetes,diagram")["files"] == []


def test_a_refused_side_has_no_files(desk: Path) -> None:
    hopeless = changed(desk, "800ms", "1ms")
    found = diff(desk, hopeless, "-t", "kubernetes")
    assert {item["kind"] for item in found["files"]} == {"removed"}


def test_files_of_a_kept_plan_are_not_known(desk: Path) -> None:
    kept = desk.with_name("plan.json")
    call("plan", desk, "--format", "json", "-o", kept)
    done = call("diff", kept, desk, "-t", "kubernetes")
    assert done.code == 2
    assert "kept" in done.err
    assert call("diff", desk, desk, "--patch").code == 2


# ---- what a comment on a pull request may hold ---------------------------------------------------

HOSTILE = "@octocat <img src=x> https://evil.example #1 `|\n| x |"
ACTIVE = re.compile(r"@octocat|<img|https://|#1")


def hostile_plan(desk: Path) -> Path:
    """Return a kept plan whose every text is somebody's attempt to be read as Markdown."""
    call("plan", desk, "--format", "json", "-o", desk.with_name("plan.json"))
    plan = json.loads(desk.with_name("plan.json").read_text())
    (service,) = plan["services"]
    plan["verdict"] = service["verdict"] = service["place"] = service["accelerator"] = HOSTILE
    service["configuration"]["max_num_seqs"] = HOSTILE
    service["margins"][0]["metric"] = HOSTILE
    plan["services"].append({**service, "name": HOSTILE})
    path = desk.with_name("hostile.json")
    path.write_text(json.dumps(plan))
    return path


def test_whatever_a_plan_holds_is_data_in_a_comment(desk: Path) -> None:
    path = hostile_plan(desk)
    for sides in ((desk, path), (path, desk)):
        text = call("diff", *sides, "--format", "markdown").out
        assert text.count("octocat") >= 5
        assert ACTIVE.search(re.sub(r"`[^`\n]*`", "", text)) is None
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


@pytest.mark.parametrize(
    "change",
    [
        lambda service: service["choices"][0].pop("path"),
        lambda service: service["margins"][0].pop("metric"),
        lambda service: service["margins"][0].pop("limit_s"),
        lambda service: service.pop("name"),
        lambda service: service["configuration"].update(max_num_seqs=10**400),
        lambda service: service.update(price_usd_per_s=10**400),
    ],
)
def test_a_damaged_plan_is_no_fault_of_ours(desk: Path, change: Callable[[Any], Any]) -> None:
    kept = desk.with_name("plan.json")
    call("plan", desk, "--format", "json", "-o", kept)
    plan = json.loads(kept.read_text())
    change(plan["services"][0])
    kept.write_text(json.dumps(plan))
    done = call("diff", kept, desk)
    assert done.code in {2, 10}
    assert ("INF747" in done.err) == (done.code == 2), done.err


def test_a_comment_is_no_longer_than_what_takes_it() -> None:
    """GitHub takes 65,536 characters; what is left out is said."""
    long = b"".join(b"line %d\n" % number for number in range(2_000))
    before = {f"desk/kubernetes/{name}.yaml": long for name in "abcd"}
    after = {path: text.replace(b"line", b"other") for path, text in before.items()}
    changes = compare_files(before, after)
    text = files_as_markdown(changes, patch=True)
    assert 20_000 < len(text) < 65_536
    assert all(path in text for path in before)
    lines = sum(len(change.patch) for change in changes)
    shown = text.partition("```diff\n")[2].partition("\n```")[0].count("\n") + 1
    assert f"{lines - shown} more lines are too many for a comment." in text
    assert "too many" not in files_as_markdown(changes, patch=False)
