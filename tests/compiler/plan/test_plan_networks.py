"""Plans of networks: verdicts, the best way against trying them all, what neighbours leave."""

from dataclasses import replace
from itertools import product
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.network_plans import (
    A100,
    device,
    engine,
    found,
    only,
    outcome,
    plan,
    problems,
    program,
    service,
)

from inferc.compiler.model.catalog import item_model_at, paths
from inferc.compiler.perf.items import estimate_items, sized
from inferc.compiler.plan import Verdict
from inferc.compiler.plan.networks.bounds import all_bounds
from inferc.compiler.plan.networks.packing import accelerators_for
from inferc.compiler.plan.networks.portion import portions_of
from inferc.compiler.plan.networks.search import NetworkSearch, asked_per_s
from inferc.compiler.plan.networks.server import MOST_BUSY, Server, Work
from inferc.compiler.problem.network_case import NetworkCase

CUT = f"nodes = 1; gpu = {A100}; partition = mig"
LLM = "cat.models.meta.llama_3_1_8b_instruct"


def case(pool: str = f"nodes = 1; gpu = {A100}") -> NetworkCase:
    block = service(more="engine = triton")
    (problem,) = problems(program(block, pool=pool))
    return problem.case


CASE = case()
CUT_CASE = case(pool=CUT)


# ---- what a plan says ----------------------------------------------------------------------------


def test_a_plan_holds_what_it_promises() -> None:
    found_plan = only(program(service()))
    assert found_plan.verdict is Verdict.FEASIBLE
    assert [margin.ratio <= 1.0 for margin in found_plan.margins] == [True]
    estimate = found_plan.estimate
    assert estimate.capacity_per_s >= 800
    assert estimate.utilisation <= MOST_BUSY
    for name, value in estimate.latency_s.items():
        assert value <= estimate.upper_latency_s[name]
    assert estimate.latency_s["p50"] <= estimate.latency_s["p95"] <= estimate.latency_s["p99"]


@pytest.mark.parametrize(
    "path", ["microsoft.resnet_50", "google.bert_large_uncased", "ultralytics.yolov8n"]
)
def test_throughput_is_that_of_the_model_held_against_published_figures(path: str) -> None:
    """Held against MLPerf and others in tests/physics/test_physics_items.py."""
    model = item_model_at(f"networks.{path}")
    assert model is not None
    load = "rate = 200 req/s"
    if model.tokens is not None:
        load += "; input_tokens = dist(mean = 384 tok, p95 = 384 tok)"
        model = sized(model, tokens=384)
    shape = only(program(service("s", f"cat.networks.{path}", load=load, more="engine = triton")))
    batch = shape.configuration.max_batch_size
    alone = estimate_items(
        model, device(), engine(), precision=shape.configuration.precision, batch=batch
    )
    expected = shape.configuration.replicas * alone.items_per_s
    assert shape.estimate.items_per_s == pytest.approx(expected, rel=1e-6)


def test_every_decision_says_why_and_what_lost() -> None:
    item = only(program(service(), pool=CUT))
    choices = {choice.path: choice for choice in item.choices}
    assert set(choices) == {
        f"embed.{name}"
        for name in (
            "engine",
            "precision",
            "share",
            "replicas",
            "max_batch_size",
            "max_queue_delay",
        )
    }
    assert all(choice.reason for choice in item.choices)
    lost = choices["embed.share"].alternatives
    assert {loser.value for loser in lost} | {choices["embed.share"].value} <= {
        "1g.10gb",
        "1g.20gb",
        "2g.20gb",
        "3g.40gb",
        "4g.40gb",
        "7g.80gb",
    }
    assert all(loser.ratio is None or loser.ratio >= 1.0 for loser in lost)


def test_pins_are_kept() -> None:
    fixed = only(
        program(
            service(
                more="engine = torchserve; replicas = 7; max_batch_size = 2; max_queue_delay = 5ms"
            )
        )
    ).configuration
    assert (fixed.engine, fixed.replicas, fixed.max_batch_size) == ("torchserve", 7, 2)
    assert fixed.max_queue_delay_s == 0.005


# ---- verdicts ------------------------------------------------------------------------------------

# sla, code of the refusal
REFUSED = [
    ("p95 latency <= 100us", "INF441"),
    ("p95 latency <= 4ms", "INF444"),
    ("throughput >= 10M req/s", "INF442"),
]


@pytest.mark.parametrize(("sla", "code"), REFUSED)
def test_what_cannot_be_is_refused(sla: str, code: str) -> None:
    source = program(service(sla=sla))
    assert plan(source).verdict is Verdict.INFEASIBLE
    assert code in {item.code for item in found(source)}


def test_a_refusal_names_a_change_that_holds() -> None:
    tight = program(service(load="rate = 6000 req/s; input_tokens = 300 tok"))
    (refusal,) = plan(tight).refusals
    factors = [item.factor for item in refusal.nearest]
    assert len(factors) > 1
    assert factors == sorted(factors)
    assert min(factors) > 1.0
    change = next(item for item in refusal.nearest if item.field == "nodes")
    pool = f"nodes = {change.proposed}; gpu = {A100}"
    more = program(service(load="rate = 6000 req/s; input_tokens = 300 tok"), pool=pool)
    assert plan(more).verdict is not Verdict.INFEASIBLE


def test_flips_are_where_the_verdict_changes() -> None:
    def verdict(tokens: float) -> Verdict:
        load = f"rate = 800 req/s; input_tokens = {tokens:g} tok"
        return outcome(program(service(load=load))).plans[0].verdict

    item = only(program(service(load="rate = 800 req/s; input_tokens = 100 tok..4000 tok")))
    assert item.verdict is Verdict.CONDITIONAL
    (assumption,) = item.assumptions
    assert assumption.holds_up_to is not None
    assert verdict(assumption.holds_up_to * 0.97) is Verdict.FEASIBLE


def test_a_certificate_adds_up() -> None:
    (problem,) = problems(program(service(sla="p95 latency <= 100us")))
    for bound in all_bounds(problem):
        named = {step.symbol: step.value for step in bound.steps}
        for step in bound.steps:
            if step.expression:
                scope = {"__builtins__": {}, "max": max, "min": min, **named}
                assert eval(step.expression, scope) == pytest.approx(step.value)  # noqa: S307
        need, _, have = bound.formula.partition(" <= ")
        scope = {"__builtins__": {}, "max": max, "min": min, **named}
        assert eval(need, scope) == pytest.approx(bound.need)  # noqa: S307
        assert eval(have, scope) == pytest.approx(bound.have)  # noqa: S307


# ---- against trying everything -------------------------------------------------------------------


def everything(of: NetworkCase) -> dict[tuple[str, str], int]:
    """Return the fewest replicas by portion and engine, one count after the other."""
    least: dict[tuple[str, str], int] = {}
    work = Work(of.items, of.item_tok, of.item_p95_over_mean, of.steps)
    lines = of.objectives
    for portion, item in product(portions_of(of), of.engines):
        server = Server(of.model, portion, item, "fp16", work)
        asked = asked_per_s(of)
        best = [
            count
            for batch in server.batches(())
            for count in range(1, portion.replicas_that_fit + 1)
            if asked / count <= MOST_BUSY * server.largest_per_s(batch)
            and server.can_meet(batch, 0.0, lines)
            and server.meets(asked / count, batch, 0.0, lines)
        ]
        if best:
            least[portion.name, item.name] = min(best)
    return least


@settings(deadline=None, max_examples=5)
@given(
    rate=st.floats(min_value=20.0, max_value=1500.0),
    limit=st.floats(min_value=0.01, max_value=0.2),
    cut=st.booleans(),
)
def test_the_search_equals_trying_everything(rate: float, limit: float, cut: bool) -> None:
    base = CUT_CASE if cut else CASE
    line = replace(base.objectives[0], limit=replace(base.objectives[0].limit, value=limit))
    of = replace(base, rate_per_s=rate, objectives=(line,))
    brute = everything(of)
    quick = {portion.name: count for portion, count in NetworkSearch(of).least(of)}
    by_portion: dict[str, int] = {}
    for (name, _), count in brute.items():
        by_portion[name] = min(count, by_portion.get(name, count))
    for name, count in quick.items():
        # Loads are looked for in steps of 1.3 %, so that one replica in 64 may be one more.
        assert by_portion[name] <= count <= ceil(by_portion[name] * (1 + 1 / 32)) + 1
    assert {name for name, count in by_portion.items() if count < 8} <= set(quick)


NETWORKS = [path for path in paths("networks") if "dlrm" not in path]


@pytest.mark.parametrize("path", NETWORKS[::8])
@pytest.mark.parametrize("slack", [1.5, 4.0])
def test_holding_batches_back_carries_no_more(path: str, slack: float) -> None:
    """Why the planner tries no delays that nobody asks for."""
    model = item_model_at(path)
    assert model is not None
    tokens = 200.0 if model.tokens else 0.0
    work = Work(1.0, tokens, 1.5 if tokens else 1.0, model.steps.value if model.steps else 0.0)
    (portion,) = portions_of(CASE)
    server = Server(model, portion, engine(), "fp16", work)
    for batch in [size for size in server.batches(()) if size <= 8][:2]:
        limit = slack * server.requests_s(batch, batch) + server.fixed_s(0.95)
        line = replace(CASE.objectives[0], limit=replace(CASE.objectives[0].limit, value=limit))
        at_once = server.carried_per_s(batch, 0.0, (line,))
        for delay in (0.1, 0.5):
            held = server.carried_per_s(batch, delay * server.requests_s(batch, 1), (line,))
            assert held <= at_once * 1.02


# ---- monotonicity --------------------------------------------------------------------------------


@settings(deadline=None, max_examples=12)
@given(
    rate=st.floats(min_value=10.0, max_value=3000.0),
    limit=st.floats(min_value=0.005, max_value=0.3),
    less=st.floats(min_value=0.2, max_value=1.0),
    longer=st.floats(min_value=1.0, max_value=3.0),
    fewer=st.floats(min_value=0.3, max_value=1.0),
)
def test_easier_is_never_worse(
    rate: float, limit: float, less: float, longer: float, fewer: float
) -> None:
    line = CASE.objectives[0]
    tight = replace(line, limit=replace(line.limit, value=limit))
    loose = replace(line, limit=replace(line.limit, value=limit * longer))
    base = replace(CASE, rate_per_s=rate, objectives=(tight,))
    search = NetworkSearch(base)
    if not search.holds(base):
        return
    assert search.holds(replace(base, rate_per_s=rate * less))
    easier = replace(base, objectives=(loose,))
    assert NetworkSearch(easier).holds(easier)
    assert search.holds(replace(base, item_tok=base.item_tok * fewer))
    (now,) = [count for _, count in search.least(base)]
    (then,) = [count for _, count in search.least(replace(base, rate_per_s=rate * less))]
    assert then <= now


def test_more_nodes_never_cost_more() -> None:
    used = []
    for nodes in (1, 2, 4):
        pool = f"nodes = {nodes}; gpu = {A100}"
        used.append(only(program(service(), pool=pool)).accelerators)
    assert used == sorted(used, reverse=True)


# ---- sharing -------------------------------------------------------------------------------------

VISION = service(
    "vision",
    "cat.networks.ultralytics.yolo11x",
    load="rate = 100 req/s",
    sla="p95 latency <= 200ms",
)


def test_services_share_a_pool_that_is_cut() -> None:
    small = "nodes = 1; gpu = 3 * cat.gpu.nvidia.a100_80gb_sxm; partition = mig"
    made = outcome(program(service(), VISION, pool=small))
    assert len(made.plans) == 2
    assert made.taken["dc.gpu"][1] <= 3
    for item in made.plans:
        assert item.configuration.share == "mig"
        assert item.configuration.profile


def test_what_does_not_fit_beside_a_neighbour_is_refused() -> None:
    one = "nodes = 1; gpu = 3 * cat.gpu.nvidia.a100_80gb_sxm"
    alone = outcome(program(service(), pool=one))
    assert len(alone.plans) == 1
    both = outcome(program(service(), service("again"), pool=one))
    assert both.refusals
    assert {item.code for item in both.diagnostics} == {"INF444"}


def test_language_models_have_what_networks_leave() -> None:
    chat = service("chat", LLM, load="rate = 5 req/s", sla="p95 ttft <= 2s")
    made = plan(program(service(), chat))
    network, model = made.networks[0], made.services[0]
    used = model.configuration.accelerators + network.accelerators
    assert used <= model.service.place.accelerators == 8
    full = f"nodes = 1; gpu = {ceil(network.accelerators)} * cat.gpu.nvidia.a100_80gb_sxm"
    assert plan(program(service(), chat, pool=full)).verdict is Verdict.INFEASIBLE


def test_turns_share_accelerators_at_their_worst() -> None:
    turns = service(
        more="share = time_slice(4)", load="rate = 20 req/s", sla="prefer p95 latency <= 1s"
    )
    whole = service(load="rate = 20 req/s", sla="prefer p95 latency <= 1s")
    shared, alone = only(program(turns)), only(program(whole))
    assert shared.configuration.part == "a turn of 4"
    assert shared.accelerators == shared.configuration.replicas / 4
    assert shared.estimate.batch_s / shared.configuration.max_batch_size > (
        2.0 * alone.estimate.batch_s / alone.configuration.max_batch_size
    )


def test_nodes_of_turns_are_their_own() -> None:
    (problem,) = problems(
        program(service(more="share = time_slice(4)", sla="prefer p95 latency <= 1s"))
    )
    (turns,) = portions_of(problem.case)
    (whole,) = portions_of(CASE)
    place = problem.case.places[0]
    assert accelerators_for(place, [(turns, 5)]) == 2
    assert accelerators_for(place, [(turns, 5), (whole, 1)]) == 8 + 1


def test_confidence_holds_the_upper_end() -> None:
    usual, sure = only(program(service())), only(program(service(more="confidence = high")))
    assert sure.configuration.replicas >= usual.configuration.replicas
    assert all(margin.sure for margin in sure.margins)
    assert sure.estimate.interval == usual.estimate.interval
    assert sure.margins[0].predicted == sure.margins[0].high
    low, high = usual.margins[0].low, usual.margins[0].high
    assert low is not None
    assert high is not None
    assert low < usual.margins[0].predicted < high


def test_a_budget_is_for_networks_too() -> None:
    pool = f"nodes = 1; gpu = {A100}; price = $2/gpu/h"
    chat = service("chat", LLM, load="rate = 2 req/s", sla="p95 ttft <= 2s")
    free = plan(program(service(), chat, pool=pool))
    (cost,) = (item.cost for item in free.services)
    assert cost is not None
    network = free.networks[0].price_usd_per_s
    assert network is not None
    month = 730 * 3600
    for usd_per_s, holds in ((cost.usd_per_s + network, True), (cost.usd_per_s, False)):
        budget = f"  budget all {{ cost <= ${usd_per_s * month * 1.01:.0f}/mo }}"
        verdict = plan(program(service(), chat, budget, pool=pool)).verdict
        assert (verdict is not Verdict.INFEASIBLE) is holds


def test_services_of_one_pool_have_one_kind_of_machine() -> None:
    cloud = """  cloud aws { region = "us-east-1" }
  cluster eks {
    platform = kubernetes
    on       = aws
    pool any { instances in [aws.g6_12xlarge, aws.g6e_12xlarge]; nodes in 1..8 }
  }"""
    many = service(load="rate = 2000 req/s; input_tokens = dist(mean = 300 tok, p95 = 512 tok)")
    few = service("tag", "cat.networks.google.vit_base_patch16_224", load="rate = 50 req/s")
    made = plan(program(cloud, many.replace("dc.gpu", "eks.any"), few.replace("dc.gpu", "eks.any")))
    places = {(item.place.instance, int(item.place.nodes.value)) for item in made.networks}
    assert len(places) == 1
    ((_, nodes),) = places
    assert sum(item.accelerators for item in made.networks) <= 4 * nodes


def test_what_scaling_says_of_one_replica_and_of_no_limit() -> None:
    one = only(program(service(load="rate = 5 req/s; input_tokens = 300 tok"))).autoscale
    assert one.min_replicas == 1
    assert one.reason.startswith(("1 is kept warm", "1 carries"))
    wish = "prefer p95 latency <= 80ms"
    free = only(program(service(load="rate = 5 req/s; input_tokens = 300 tok", sla=wish))).autoscale
    assert "the limit leaves" not in free.reason
    assert "no line limits a request" in free.reason
