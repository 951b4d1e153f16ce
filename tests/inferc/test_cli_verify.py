"""``inferc plan --verify``: what it prints, as text and JSON, and which options go together."""

import json
from pathlib import Path

import pytest
from support.commands import call
from support.trials import text_of

FEW = ("--verify", "--seeds", "6", "--requests", "300")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a design and a trace."""
    monkeypatch.chdir(tmp_path)
    text = text_of("rate = 4 req/s; peak = 2x", "p95 ttft <= 2s; prefer p95 tpot <= 60ms")
    Path("desk.infer").write_text(text, encoding="utf-8")
    rows = "".join(f"{place * 0.25},300,120\n" for place in range(80))
    Path("log.csv").write_text(f"at_s,prompt,output\n{rows}", encoding="utf-8")


def test_it_prints_every_scene_and_the_tightest_line() -> None:
    done = call("plan", "desk.infer", *FEW)
    assert (done.code, done.err) == (0, "")
    for said in (
        "verified by simulation: the SLA is met wherever the plan promises it",
        "as stated",
        "at the peak",
        "1 of 2 replicas lost for",
        "not promised",
        "tightest:",
        "closed form",
        "6 runs of each",
    ):
        assert said in done.out


def test_json_has_both_numbers_of_each_line() -> None:
    done = call("plan", "desk.infer", *FEW, "--format", "json")
    (service,) = json.loads(done.out)["services"]
    verification = service["verification"]
    assert [scene["kind"] for scene in verification["scenes"]] == ["stated", "peak", "lost"]
    assert verification["passed_over"] == []
    (margin, _) = service["margins"]
    for scene in verification["scenes"]:
        first = scene["sla"][0]
        assert first["closed_form_s"] == margin["predicted_s"]
        assert first["ratio"] == pytest.approx(first["simulated_s"] / first["limit_s"])
        assert first["held"] in {"met", "missed", "unsure"}
    assert verification["tightest"]["scene"] in {"stated", "peak"}
    assert margin["low_s"] < margin["predicted_s"] < margin["high_s"]


def test_nothing_is_verified_unless_asked_for() -> None:
    done = call("plan", "desk.infer", "--format", "json")
    assert "verification" not in json.loads(done.out)["services"][0]


def test_a_trace_is_a_scene_of_its_own() -> None:
    done = call("plan", "desk.infer", *FEW, "--trace", "log.csv")
    assert done.code == 0
    assert "the trace" in done.out


def test_a_trace_that_breaks_the_plan_is_a_warning_with_both_numbers() -> None:
    rows = "".join(f"{place * 0.001},900,10\n" for place in range(400))
    Path("burst.csv").write_text(f"at_s,prompt,output\n{rows}", encoding="utf-8")
    done = call("plan", "desk.infer", *FEW, "--trace", "burst.csv")
    assert done.code == 0
    assert "INF525" in done.err
    assert "not in the trace" in done.err
    assert "simulated" in done.err
    assert "closed form" in done.err


@pytest.mark.parametrize(
    "arguments", [("--trace", "log.csv"), ("--seeds", "4"), ("--verify", "--seeds", "-1")]
)
def test_options_that_mean_nothing_are_refused(arguments: tuple[str, ...]) -> None:
    done = call("plan", "desk.infer", *arguments)
    assert done.code == 2
    assert done.out == ""


def test_a_trace_that_is_none_is_an_error() -> None:
    done = call("plan", "desk.infer", "--verify", "--trace", "no.csv")
    assert (done.code, done.out) == (2, "")
    assert "INF720" in done.err


def test_a_refusal_has_nothing_to_verify() -> None:
    text = text_of("rate = 4 req/s; peak = 2x", "p95 ttft <= 1ms", "")
    Path("desk.infer").write_text(text, encoding="utf-8")
    assert call("plan", "desk.infer", "--verify").code == 3
