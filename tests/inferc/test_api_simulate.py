"""``api.simulate``: what programs get."""

import pytest
from support.repository import ROOT
from support.trials import text_of

from inferc import api
from inferc.dsl import SourceFile

PI = ROOT / "examples" / "impossible-pi" / "topology.infer"
REQUESTS = ROOT / "examples" / "support-chat" / "requests.csv"
DESK = SourceFile("desk.infer", text_of())
QUICK = api.Experiment(requests=80, seeds=2)

FAILURES = [
    # file, experiment, codes
    (DESK, QUICK._replace(trace="nowhere.csv"), ["INF720"]),
    (DESK, QUICK._replace(trace=ROOT), ["INF721"]),
    (DESK, QUICK._replace(trace="\0"), ["INF723"]),
    (DESK, QUICK._replace(trace=PI), ["INF742"]),
    (DESK, QUICK._replace(service="desk"), ["INF745"]),
    (SourceFile("t.infer", "infer 1\ntopologie t { }\n"), QUICK, ["INF"]),
    ("nowhere.infer", QUICK, ["INF720"]),
]


@pytest.mark.parametrize(("file", "experiment", "codes"), FAILURES, ids=range(len(FAILURES)))
def test_what_is_wrong_is_in_the_diagnostics(
    file: api.File, experiment: api.Experiment, codes: list[str]
) -> None:
    simulated = api.simulate(file, experiment)
    assert not simulated.ok
    assert simulated.trials == ()
    found = [item.code for item in simulated.diagnostics]
    assert all(code.startswith(start) for code, start in zip(found, codes, strict=False))
    assert found


def test_a_refusal_is_not_simulated() -> None:
    simulated = api.simulate(PI, QUICK)
    assert not simulated.ok
    assert simulated.planned.refused


def test_figures_are_typed() -> None:
    simulated = api.simulate(DESK, QUICK)
    assert simulated.ok
    (trial,) = simulated.trials
    assert trial.plan is simulated.planned.plans[0].services[0]
    p95 = trial.scenes[0].latency_s["ttft"]["p95"]
    assert p95.value > 0.0
    assert p95.plus_minus is not None
    assert api.chart(simulated.trials, "png").startswith(b"\x89PNG")


def test_progress_covers_all_services() -> None:
    text = text_of(pin="chat.replicas = 1")
    start, end = text.index("  service chat"), text.index("  pin")
    twice = text[:end] + text[start:end].replace("service chat", "service other") + text[end:]
    told: list[float] = []
    simulated = api.simulate(SourceFile("desk.infer", twice), QUICK, progress=told.append)
    names = [trial.plan.service.name for trial in simulated.trials]
    assert names == ["chat", "other"]
    assert told == sorted(told)
    assert told[-1] == 1.0
    only = api.simulate(SourceFile("desk.infer", twice), QUICK._replace(service="other"))
    assert [trial.plan.service.name for trial in only.trials] == ["other"]


def test_a_trace_is_a_path_or_its_name() -> None:
    for trace in (REQUESTS, str(REQUESTS)):
        simulated = api.simulate(DESK, api.Experiment(trace=trace))
        assert simulated.trials[0].scenes[0].requests == 8
