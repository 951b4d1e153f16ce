"""Services that differ in nothing but their names have the same plan."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support import designs
from support.pools import nodes_of, tenant
from support.problems import pin

from inferc.compiler.model import Objective
from inferc.compiler.plan import Plan, build
from inferc.compiler.plan.alike import likeness, renamed
from inferc.compiler.problem import Problem
from inferc.dsl.source import SourceFile, Span

ELSEWHERE = SourceFile("elsewhere.infer", "p95 ttft <= 500ms\n" * 9)


def plan_of(*problems: Problem) -> Plan:
    plan = build("x", problems).plan
    assert plan is not None
    return plan


def moved(line: Objective, at: int) -> Objective:
    return replace(line, span=Span(ELSEWHERE, at, at + 3))


def on(name: str, path: str, **more: float) -> Problem:
    """Return a service on a pool of its own, its lines elsewhere in the file."""
    asked = tenant(name, replace(nodes_of(2, 4), path=path), known=False, **more)
    lines = tuple(moved(line, 20) for line in asked.case.objectives)
    service = replace(asked.service, name=name, objectives=lines, place=asked.case.place)
    return replace(asked, service=service, case=replace(asked.case, objectives=lines))


def test_the_plan_of_another_is_the_plan_it_would_have_had() -> None:
    first, second = tenant("a", nodes_of(2, 4), known=False), on("b", "dc1.b")
    told = plan_of(first, second).services[1]
    assert told.same_as == "a"
    assert told.service.name == "b"
    assert told.service.place.path == "dc1.b"
    assert replace(told, same_as="") == plan_of(second).services[0]
    assert told.margins[0].objective.span.source is ELSEWHERE
    assert told.choices[0].path == "b.engine"
    assert told.assumptions[0].flips[0].path == told.assumptions[0].unknown.path == "b.load.peak"


def test_places_with_the_same_services_are_planned_once() -> None:
    first = nodes_of(2, 4)
    second = replace(first, path="dc1.b")
    problems = [
        tenant(f"{name}{at}", place, rate_per_s=rate)
        for at, place in enumerate((first, second))
        for name, rate in (("a", 5.0), ("b", 60.0))
    ]
    services = plan_of(*problems).services
    assert [item.same_as for item in services] == ["", "", "a0", "b0"]
    alone = plan_of(*problems[2:]).services
    assert tuple(replace(item, same_as="") for item in services[2:]) == alone


CHANGES: list[Callable[[Problem], Problem]] = [
    lambda p: replace(p, case=replace(p.case, rate_per_s=p.case.rate_per_s * 1.01)),
    lambda p: replace(p, case=replace(p.case, model=replace(p.case.model, layers=31))),
    lambda p: replace(p, case=replace(p.case, place=replace(p.case.place, per_node=2))),
    lambda p: replace(p, case=replace(p.case, decisions=(*p.case.decisions, pin("replicas", 2)))),
    lambda p: replace(p, case=replace(p.case, engines=(designs.vllm({"step_overhead_s": 0.002}),))),
    lambda p: replace(p, unknowns=(replace(p.unknowns[0], high=9.0),)),
    lambda p: replace(p, unknowns=(replace(p.unknowns[0], because="somebody else"),)),
    lambda p: replace(p, service=replace(p.service, api="other")),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_differs_is_planned_by_itself(change: Callable[[Problem], Problem]) -> None:
    first, second = tenant("a", nodes_of(2, 4), known=False), on("b", "dc1.b")
    assert likeness((first,), (second,)) is not None
    assert likeness((first,), (change(second),)) is None


def test_refusals_are_said_of_each_service() -> None:
    first, second = tenant("a", nodes_of(1, 4), rate_per_s=1e6), on("b", "dc1.b", rate_per_s=1e6)
    second = replace(second, case=replace(second.case, peak=1.0), unknowns=())
    outcome = build("x", (first, second))
    assert outcome.plan is not None
    assert [item.service for item in outcome.plan.refusals] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chat", "talk"),
        ("chat.load.peak", "talk.load.peak"),
        ("the file, `dc1.gpu`", "the file, `dc2.gpu`"),
        ("chatter", "chatter"),
        ("a chat", "a chat"),
        ("`chatter` and `chat`", "`chatter` and `talk`"),
        ("", ""),
    ],
)
def test_only_names_are_changed(text: str, expected: str) -> None:
    assert renamed(text, {"chat": "talk", "dc1.gpu": "dc2.gpu"}) == expected
