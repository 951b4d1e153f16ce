"""``inferc simulate``: what it prints, writes and ends with."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from support.commands import call, run
from support.repository import ROOT
from support.trials import text_of

PI = ROOT / "examples" / "impossible-pi" / "topology.infer"
QUICK = ("--requests", "150", "--seeds", "2")
AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,480,10
2023-11-16 18:17:04.0319600,318,8
2023-11-16 18:17:05.9799600,110,27
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a design and a trace."""
    monkeypatch.chdir(tmp_path)
    Path("desk.infer").write_text(text_of(), encoding="utf-8")
    Path("azure.csv").write_text(AZURE, encoding="utf-8")
    return tmp_path


def test_it_prints_latencies_and_the_sla() -> None:
    done = call("simulate", "desk.infer", *QUICK)
    assert (done.code, done.err) == (0, "")
    for said in (
        "chat   Llama 3.1 8B Instruct on dc.gpu",
        "the traffic as stated",
        "spikes at 2x that for 16 s on average, 5% of the time",
        "2 runs of 150 requests",
        "at the peak, all the time",
        "the plan",
        "p95 ttft",
        "<= 2 s  ok",
    ):
        assert said in done.out


def test_the_same_command_prints_the_same() -> None:
    assert call("simulate", "desk.infer", *QUICK) == call("simulate", "desk.infer", *QUICK)


def test_json_has_all_of_it() -> None:
    done = call("simulate", "desk.infer", *QUICK, "--format", "json")
    (service,) = json.loads(done.out)["services"]
    assert service["name"] == "chat"
    assert service["trace"] is None
    stated, peak = service["scenes"]
    assert (stated["kind"], stated["rate_per_s"]) == ("stated", 4.0)
    assert stated["arrivals"]["peak"] == 2.0
    assert stated["closed_form_s"] == {}
    assert set(peak["closed_form_s"]) == {"ttft", "tpot", "itl", "e2e"}
    (line,) = stated["sla"]
    assert (line["metric"], line["percentile"], line["limit_s"], line["met"]) == (
        "ttft",
        0.95,
        2.0,
        True,
    )
    assert line["simulated_s"] == stated["latency_s"]["ttft"]["p95"]["value"]
    assert {len(item) for item in stated["queue"]} == {3}


def test_a_trace_is_replayed() -> None:
    done = call("simulate", "desk.infer", "--trace", "azure.csv", "--requests", "30")
    assert done.code == 0
    assert "azure.csv: 3 requests" in done.out
    assert "one run of 30 requests" in done.out
    assert "±" not in done.out
    assert done.err == ""
    seeded = call("simulate", "desk.infer", "--trace", "azure.csv", "--seeds", "3")
    assert seeded.err == "note: a trace with times is one run, in which --seeds changes nothing\n"
    quick = call("simulate", "desk.infer", "--trace", "azure.csv", "--speedup", "2")
    assert "2x as fast" in quick.out


def test_a_trace_that_nobody_answers_is_told() -> None:
    Path("long.csv").write_text("at_s,prompt,output\n0,900000,1\n1,900000,1\n", encoding="utf-8")
    done = call("simulate", "desk.infer", "--trace", "long.csv", "--picture", "long.svg")
    assert done.code == 0
    assert "no request was answered" in done.out
    assert "2 requests refused" in done.out


def test_lengths_alone_are_a_trace_too() -> None:
    Path("lengths.csv").write_text("isl,osl\n300,20\n100,40\n", encoding="utf-8")
    done = call("simulate", "desk.infer", "--trace", "lengths.csv", *QUICK)
    assert done.code == 0
    assert "lengths of lengths.csv" in done.out


@pytest.mark.parametrize(
    ("rate", "shown"), [("2", "2 req/s"), ("120/min", "2 req/s"), ("7200 req/h", "2 req/s")]
)
def test_a_rate_is_read_with_its_unit(rate: str, shown: str) -> None:
    done = call("simulate", "desk.infer", *QUICK, "--rate", rate)
    assert f"    {shown} on average" in done.out


def test_hours_are_told() -> None:
    done = call("simulate", "desk.infer", *QUICK, "--hours", "1,2,1", "--format", "json")
    (scene,) = json.loads(done.out)["services"][0]["scenes"]
    assert scene["arrivals"]["rates_per_s"] == pytest.approx([3.0, 6.0, 3.0])
    assert scene["closed_form_s"] == {}
    said = call("simulate", "desk.infer", *QUICK, "--hours", "1,2,1").out
    assert "by the hour 0.75x to 1.5x that" in said


@pytest.mark.parametrize("name", ["latency.svg", "latency.png"])
def test_a_picture_is_written(name: str) -> None:
    done = call("simulate", "desk.infer", *QUICK, "--picture", name)
    assert (done.code, done.err) == (0, f"wrote {name}\n")
    content = Path(name).read_bytes()
    if name.endswith(".svg"):
        assert ET.fromstring(content).tag.endswith("svg")  # noqa: S314 - our own
    else:
        assert content.startswith(b"\x89PNG")


WRONG = [
    # options, exit code, what is said
    (("--rate", "fast"), 2, "error: --rate: 'fast' is no rate above zero"),
    (("--rate", "3 GB/s"), 2, "error: --rate: '3 GB/s' is no rate above zero"),
    (("--rate", "0"), 2, "error: --rate: '0' is no rate above zero"),
    (("--requests", "-1"), 2, "error: --requests: -1 is not a number of at least 1"),
    (("--seeds", "-1"), 2, "error: --seeds: -1 is not a number of at least 1"),
    (("--hours", "1,x"), 2, "error: --hours: '1,x' is no list of rates"),
    (("--hours", "0,0"), 2, "error: --hours: '0,0' is no list of rates"),
    (("--hours", "3,-1"), 2, "error: --hours: '3,-1' is no list of rates"),
    (("--hours", "1,nan"), 2, "error: --hours: '1,nan' is no list of rates"),
    (("--hours", "1,2", "--trace", "azure.csv"), 2, "error: --hours: a trace has its own times"),
    (("--cv", "99"), 2, "error: --cv: 99 is not between 0 (even) and 20"),
    (("--cv", "nan"), 2, "error: --cv: nan is not between 0 (even) and 20"),
    (("--speedup", "2"), 2, "error: --speedup: only a trace can be replayed faster"),
    (("--speedup", "0", "--trace", "azure.csv"), 2, "error: --speedup: 0 is no factor above zero"),
    (
        ("--speedup", "2", "--rate", "3", "--trace", "azure.csv"),
        2,
        "error: --speedup: --rate says already how fast the trace is replayed",
    ),
    (("--picture", "x.jpg"), 2, "error: --picture: 'x.jpg' does not end in .svg or .png"),
    (("--service", "chta"), 2, "there is no service `chta`"),
    (("--trace", "azur.csv"), 2, "did you mean `azure.csv`?"),
    (("--trace", "."), 2, "`.` is not a file"),
    (("--trace", "desk.infer"), 2, "`desk.infer` has no column for the length of the prompt"),
    ((*QUICK, "--picture", "azure.csv/x.svg"), 2, "cannot be written"),
]


@pytest.mark.parametrize(("options", "code", "said"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_said(options: tuple[str, ...], code: int, said: str) -> None:
    done = call("simulate", "desk.infer", *options)
    assert done.code == code
    assert said in done.err


def test_a_wrong_file_is_the_files_fault() -> None:
    Path("wrong.infer").write_text(text_of().replace("service chat", "servise chat"))
    done = call("simulate", "wrong.infer")
    assert (done.code, done.out) == (1, "")


def test_what_cannot_be_planned_is_not_simulated() -> None:
    done = call("simulate", PI)
    assert done.code == 3
    assert json.loads(done.out)["verdict"] == "infeasible"


def test_it_runs_as_a_process_without_a_terminal() -> None:
    """No bar, no colours, nothing on standard error."""
    done = run("simulate", "desk.infer", "--requests", "300", "--seeds", "2")
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
