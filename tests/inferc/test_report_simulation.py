"""What simulated traffic comes to, told to people and to programs."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import plans

from inferc.compiler.simulation.arrivals import OnOff
from inferc.compiler.simulation.fleet import Ready
from inferc.compiler.simulation.traces import Trace
from inferc.compiler.simulation.traffic import held
from inferc.compiler.simulation.values import SHARES, Moment
from inferc.compiler.trial import Figure, Line, Recording, Scene, SceneKind, Trial, WhatIf
from inferc.report.simulation_json import to_data
from inferc.report.simulation_text import render_trials, with_interval

GOLDEN = Path(__file__).parent / "golden" / "report"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
PLAN = plans.support_chat_plan().services[0]

TRACE = Trace(
    path="log.csv",
    requests=8_819,
    skipped=12,
    timed=True,
    in_order=True,
    first_s=0.0,
    lasts_s=3_436.0,
    prompt_mean_tok=2_048.0,
    output_mean_tok=28.0,
    blocks=0,
)


def figures(mean: float, plus_minus: float | None) -> Mapping[str, Figure]:
    names = {"mean": 1.0, "p50": 0.8, "p90": 1.6, "p95": 2.0, "p99": 3.0}
    half = None if plus_minus is None else plus_minus * mean
    return {name: Figure(mean * times, half) for name, times in names.items()}


def scene(kind: SceneKind, **changes: object) -> Scene:
    half = None if kind is SceneKind.TRACE else 0.05
    latency = {
        metric: figures(mean, half)
        for metric, mean in (("ttft", 0.21), ("tpot", 0.04), ("itl", 0.039), ("e2e", 9.0))
    }
    values: dict[str, object] = {
        "kind": kind,
        "arrivals": held(PLAN.service.load),
        "rate_per_s": 33.3,
        "requests": 6_000,
        "runs": 8,
        "lasts_s": 180.0,
        "latency_s": latency,
        "curve_s": {metric: tuple((share, 0.1 + share) for share in SHARES) for metric in latency},
        "lines": tuple(
            Line(
                objective=line,
                figure=latency[line.metric]["p95"],
            )
            for line in PLAN.service.objectives
        ),
        "output_tok_per_s": 3_663.0,
        "total_tok_per_s": 10_323.0,
        "running": 180.0,
        "waiting": 4.2,
        "kv_use": 0.42,
        "prefix_share": 0.0,
        "preempted": 0,
        "refused": 0,
        "resent": 0,
        "ready": (Ready(0.0, 1), Ready(0.0, 2)),
        "replica_s": 360.0,
        "growing": False,
        "queue": (Moment(0.0, 0, 0), Moment(180.0, 1, 4)),
    }
    return Scene(**{**values, **changes})  # type: ignore[arg-type]  # fields by name


STATED = OnOff(rate_per_s=16.7, peak=2.0, spike_s=16.0, spike_share=0.05)

TRIALS: dict[str, Trial] = {
    "simulated": Trial(
        topology="support_chat",
        plan=PLAN,
        replicas=2,
        what_if=None,
        scenes=(
            scene(SceneKind.STATED, arrivals=STATED, rate_per_s=16.7),
            scene(SceneKind.PEAK, preempted=17),
        ),
        recording=None,
    ),
    "simulated_loss": Trial(
        topology="support_chat",
        plan=PLAN,
        replicas=2,
        what_if=WhatIf.LOSE_REPLICA,
        scenes=(
            scene(
                SceneKind.PEAK,
                resent=31,
                ready=(Ready(0.0, 1), Ready(0.0, 2), Ready(60.0, 1), Ready(214.1, 2)),
            ),
        ),
        recording=None,
    ),
    "simulated_trace": Trial(
        topology="support_chat",
        plan=PLAN,
        replicas=2,
        what_if=None,
        scenes=(
            scene(
                SceneKind.TRACE,
                arrivals=None,
                rate_per_s=5.13,
                requests=8_819,
                runs=1,
                prefix_share=0.38,
                refused=1,
                growing=True,
            ),
        ),
        recording=Recording(trace=TRACE, lines=list, speedup=2.0),
    ),
}


def text(trial: Trial, *, color: bool = False) -> str:
    return render_trials([trial], file="topology.infer", color=color)


@pytest.mark.parametrize("name", sorted(TRIALS))
def test_the_report_is_as_it_was(name: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--update-golden", default=False):
        path.write_text(text(TRIALS[name]), encoding="utf-8")
    assert text(TRIALS[name]) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(TRIALS))
def test_colour_changes_nothing_but_colour(name: str) -> None:
    painted = text(TRIALS[name], color=True)
    assert "\x1b" in painted
    assert ANSI.sub("", painted) == text(TRIALS[name])
    assert not re.search(r"[ \t]\n", text(TRIALS[name]))


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure(0.41, 0.0246), "410 ms ±6%"),
        (Figure(0.41, 0.0001), "410 ms ±1%"),
        (Figure(0.41, None), "410 ms"),
        (Figure(0.0, 0.0), "0 s"),
    ],
)
def test_an_interval_is_a_share_of_its_figure(figure: Figure, shown: str) -> None:
    assert with_interval(figure) == shown


LINES = [
    # simulated, half of its interval, what is said of a limit of 500 ms
    (0.4, 0.05, "ok"),
    (0.48, 0.05, "ok, not sure"),
    (0.52, 0.05, "missed, not sure"),
    (0.6, 0.05, "missed"),
    (0.6, None, "missed"),
]


@pytest.mark.parametrize(("value", "half", "said"), LINES)
def test_a_line_within_the_interval_is_not_sure(
    value: float, half: float | None, said: str
) -> None:
    (hard, *_) = PLAN.service.objectives
    line = Line(objective=hard, figure=Figure(value, half))
    trial = Trial(
        topology="support_chat",
        plan=PLAN,
        replicas=2,
        what_if=None,
        scenes=(scene(SceneKind.PEAK, lines=(line,)),),
        recording=None,
    )
    (row,) = (row for row in text(trial).splitlines() if row.startswith("    p95 ttft"))
    assert re.split(r" {2,}", row.strip())[3].partition(":")[0] == said


@pytest.mark.parametrize("name", sorted(TRIALS))
def test_json_is_json(name: str) -> None:
    data = json.loads(json.dumps(to_data([TRIALS[name]]), allow_nan=False))
    (service,) = data["services"]
    assert service["name"] == PLAN.service.name
    for found, made in zip(service["scenes"], TRIALS[name].scenes, strict=True):
        assert found["kind"] == made.kind.value
        assert found["refused"] == made.refused
        assert found["latency_s"]["ttft"]["p95"]["value"] == made.latency_s["ttft"]["p95"].value
        assert len(found["curves_s"]["tpot"]) == len(SHARES)
    assert (service["trace"] is None) is (TRIALS[name].recording is None)
