"""``inferc pareto``: what it prints, writes and ends with."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from support.commands import call
from support.repository import ROOT
from support.trials import text_of

PI = ROOT / "examples" / "impossible-pi" / "topology.infer"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a design."""
    monkeypatch.chdir(tmp_path)
    Path("desk.infer").write_text(text_of(pin="chat.engine = vllm"), encoding="utf-8")


def test_it_prints_a_table_with_the_plan_in_it() -> None:
    done = call("pareto", "desk.infer")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("the plan") == 1
    for said in ("  chat", "that hold the SLA at 8 req/s", "p95 ttft", "accelerators", "TP 1"):
        assert said in done.out


def test_json_has_all_of_it() -> None:
    done = call("pareto", "desk.infer", "--format", "json")
    (service,) = json.loads(done.out)["services"]
    assert (service["service"], service["latency"]) == ("chat", "p95 ttft")
    assert [point["chosen"] for point in service["points"]].count(True) == 1
    assert all(point["price_usd_per_s"] is None for point in service["points"])


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture_is_written_and_the_same_each_time(form: str) -> None:
    first, second = Path(f"one.{form}"), Path(f"two.{form}")
    for path in (first, second):
        done = call("pareto", "desk.infer", "--picture", path)
        assert (done.code, done.err) == (0, f"wrote {path}\n")
    assert first.read_bytes() == second.read_bytes()
    if form == "svg":
        assert ET.fromstring(first.read_text(encoding="utf-8")).tag.endswith("svg")  # noqa: S314


def test_a_refusal_says_why() -> None:
    done = call("pareto", PI)
    assert done.code == 3
    assert json.loads(done.out)["error"] == "Hardware constraints insufficient for SLA"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("desk.infer", "--picture", "front.gif"), "does not end in .svg or .png"),
        (("desk.infer", "--service", "chatt"), "did you mean `chat`?"),
        (("nowhere.infer",), "nowhere.infer"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], says: str) -> None:
    done = call("pareto", *arguments)
    assert done.code in {1, 2}
    assert says in done.err
