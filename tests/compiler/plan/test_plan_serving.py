"""Caches, experts, groups, guesses and kinds of replicas: the search against looking at each."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import all_settled, pin, problem

from inferc.compiler.model import Decision, Engine, LanguageModel
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.disaggregation import answers_only, joined, prompts_only, transfer_of
from inferc.compiler.perf.estimate import predicted_s
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.perf.speculation import ACCEPTANCE, Drafter
from inferc.compiler.plan import Verdict, build
from inferc.compiler.plan.routing import routing_of
from inferc.compiler.plan.search import Load, Search, load_of
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Case, Problem, Quantity
from inferc.compiler.simulation import ReplicaSetup
from inferc.compiler.simulation.arrivals import Renewal
from inferc.compiler.simulation.fleet import FleetSetup, fleet_open_loop
from inferc.compiler.simulation.lengths import Apart, Gamma
from inferc.compiler.simulation.routing import Routing
from inferc.compiler.simulation.traffic import Traffic

QUICKLY = (Phase.explicit, Phase.generate)

LATENT = replace(
    MIXTRAL_8X7B,
    kv_lora_rank=512,
    q_lora_rank=1536,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    prediction_layers=1,
)

BITS = {"fp16": 2.0, "fp8": 1.0}


def able(engine: Engine) -> Engine:
    return replace(
        engine,
        pipeline_parallel=False,
        expert_parallel=True,
        attention_data_parallel=True,
        kv_precisions=("fp16", "bf16", "fp8"),
        speculation=("ngram", "eagle", "mtp"),
        disaggregation=True,
    )


def asked(
    model: LanguageModel,
    rate: float,
    limits_s: dict[str, float],
    *decisions: Decision,
    per_node: int = 4,
) -> Problem:
    """Return a problem with every number stated, on one node of H100."""
    place = replace(designs.a100_node(per_node=per_node), accelerator=H100_SXM)
    found = problem(model, place, rate_per_s=rate, limits_s=limits_s, decisions=decisions)
    engines = tuple(able(engine) for engine in found.case.engines)
    return all_settled(replace(found, case=replace(found.case, engines=engines)), peak=1.0)


def layouts(
    case: Case, kv: tuple[str, ...], drafters: tuple[Drafter | None, ...]
) -> Iterator[Shape]:
    """Yield layouts, from their definition and not from the planner's space."""
    model, tensors = case.model, [t for t in (1, 2, 4) if t <= case.place.per_node]
    for tensor, precision, drafter in product(tensors, kv, drafters):
        experts = {1, tensor} if model.experts else {1}
        groups = {1, tensor} if model.kv_lora_rank else {1}
        for expert, group in product(sorted(experts), sorted(groups)):
            yield Shape(
                engine=case.engines[0],
                model=model,
                place=case.place,
                precision="fp16",
                tensor=tensor,
                pipeline=1,
                memory_share=0.9,
                kv_precision=precision,
                expert=expert,
                groups=group,
                drafter=drafter,
            )


def limit_of(shape: Shape, budget: int, found: Operation, load: Load) -> int | None:
    """Return the smallest limit of sequences that is enough, by trying each."""
    for sequences in (2**exponent for exponent in range(11)):
        if sequences * (1 + shape.guesses) > budget:
            return None
        memory = shape.memory(sequences, budget, load.demand.context_tok)
        if memory.kv_cache_bytes <= 0.0:
            continue
        if shape.sequences_needed(found) <= sequences:
            enough = shape.kv_needed_tok(found, load.demand) <= memory.kv_cache_tok
            return sequences if enough else None
    return None


def ratio(case: Case, found: Operation, load: Load) -> float:
    """Return the tightest share of a limit."""
    shares = [
        (predicted_s(found, load.demand, line.metric, line.percentile) or 0.0) / line.limit.value
        for line in case.objectives
    ]
    return max(shares)


def one_kind(case: Case, shape: Shape, load: Load) -> Iterator[tuple[tuple[float, ...], int]]:
    """Yield what every number of replicas and every budget come to, where the SLA holds."""
    for exponent, replicas in product(range(9, 14), range(1, case.place.per_node + 1)):
        budget = 2**exponent
        if replicas * shape.size > case.place.per_node:
            continue
        frontend_s = shape.frontend_s(load.demand.prompt_tok)
        rate = load.rate_per_s / replicas
        found = operate(shape.stage, load.demand, rate, budget, frontend_s)
        if not found.stable or ratio(case, found, load) > 1.0:
            continue
        sequences = limit_of(shape, budget, found, load)
        if sequences is not None:
            key = (
                float(replicas * shape.size),
                -BITS[shape.kv_precision],
                round(ratio(case, found, load), 3),
                float(shape.tensor),
                float(shape.groups),
                float(shape.expert),
                float(shape.guesses),
                float(budget),
                float(sequences),
            )
            yield key, replicas


SPACES = [
    ("kv", ("fp16", "fp8"), (pin("kv_precision", "fp16", "fp8", operator="in"),)),
    (
        "guesses",
        ("fp16",),
        (
            pin("speculation", "none", "mtp", operator="in"),
            pin("speculative_tokens", 1.0, 2.0, operator="in"),
        ),
    ),
    ("plain", ("fp16",), ()),
]


@settings(max_examples=10, deadline=None, phases=QUICKLY)
@given(
    model=st.sampled_from([LLAMA_3_8B, MIXTRAL_8X7B, LATENT]),
    rate=st.floats(1, 120),
    ttft=st.floats(0.05, 2),
    itl=st.floats(0.01, 0.1),
    space=st.sampled_from(SPACES),
)
def test_the_search_finds_what_looking_at_each_finds(
    model: LanguageModel,
    rate: float,
    ttft: float,
    itl: float,
    space: tuple[str, tuple[str, ...], tuple[Decision, ...]],
) -> None:
    name, kv, decisions = space
    given_ = asked(model, rate, {"ttft": ttft, "itl": itl}, *decisions)
    case, load = given_.case, load_of(given_.case)
    drafters: tuple[Drafter | None, ...] = (None,)
    if name == "guesses" and model.prediction_layers:
        lowest = ACCEPTANCE["mtp"].low
        drafters = (None, Drafter("mtp", 1, lowest), Drafter("mtp", 2, lowest))
    best = min(
        (
            (*entry, shape)
            for shape in layouts(case, kv, drafters)
            for entry in one_kind(case, shape, load)
        ),
        key=lambda entry: entry[0],
        default=None,
    )
    search = Search(case)
    assert search.holds(load) is (best is not None)
    if best is None:
        return
    _, replicas, shape = best
    first = search.candidates(load, load)[0].configuration
    assert (first.tensor_parallel, first.replicas) == (shape.tensor, replicas)
    assert (first.expert_parallel, first.attention_data_parallel) == (shape.expert, shape.groups)
    assert first.kv_precision == shape.kv_precision
    assert (first.speculation.tokens if first.speculation else 0) == shape.guesses


@settings(max_examples=8, deadline=None, phases=QUICKLY)
@given(
    model=st.sampled_from([LLAMA_3_8B, LATENT]),
    rate=st.floats(2, 150),
    ttft=st.floats(0.05, 2),
    itl=st.floats(0.008, 0.06),
    e2e=st.sampled_from([None, 1.0, 4.0]),
)
def test_the_ratio_of_both_kinds_is_what_looking_at_each_finds(
    model: LanguageModel, rate: float, ttft: float, itl: float, e2e: float | None
) -> None:
    """Every number of replicas for prompts beside every number for answers."""
    limits = {"ttft": ttft, "itl": itl, **({"e2e": e2e} if e2e else {})}
    given_ = asked(model, rate, limits, pin("serving", "disaggregated"))
    case, load = given_.case, load_of(given_.case)
    shapes = [s for s in layouts(case, ("fp16",), (None,)) if s.memory(1, 1).kv_cache_bytes > 0.0]
    least = None
    for first, then in product(shapes, shapes):
        sends = transfer_of(first.stage, coefficients_of(first.engine, case.place.accelerator))
        frontend_s = first.frontend_s(load.demand.prompt_tok)
        for prompts, answers in product(range(1, 4), range(1, 4)):
            taken = prompts * first.size + answers * then.size
            if taken > case.place.per_node or (least is not None and taken >= least):
                continue
            each = load.rate_per_s / prompts
            one = prompts_only(first.stage, load.demand, each, 8192, frontend_s)
            other = answers_only(then.stage, load.demand, load.rate_per_s / answers, 8192)
            found = joined(one, other, sends, load.demand, each)
            if not found.stable or ratio(case, found, load) > 1.0:
                continue
            if any(limit_of(then, 2**e, found, load) for e in range(9, 14)):
                least = taken
    search = Search(case)
    assert search.holds(load) is (least is not None)
    if least is not None:
        first_one = search.candidates(load, load)[0]
        assert first_one.holds
        assert first_one.configuration.accelerators == least
        assert first_one.configuration.prefill is not None


def test_a_plan_of_two_kinds_names_both() -> None:
    given_ = asked(LLAMA_3_8B, 20.0, {"ttft": 1.0, "itl": 0.02}, pin("serving", "disaggregated"))
    outcome = build("x", (given_,))
    assert outcome.plan is not None
    (plan,) = outcome.plan.services
    chosen = plan.configuration
    assert plan.verdict is Verdict.FEASIBLE
    assert chosen.prefill is not None
    assert chosen.accelerators == (
        chosen.replicas * chosen.tensor_parallel
        + chosen.prefill.replicas * chosen.prefill.tensor_parallel
    )
    assert (plan.autoscale.min_replicas, plan.autoscale.max_replicas) == (chosen.replicas,) * 2
    paths = {choice.path: choice for choice in plan.choices}
    assert paths["chat.serving"].value == "disaggregated"
    assert paths["chat.prefill_replicas"].value == str(chosen.prefill.replicas)


def test_where_no_ratio_holds_as_planned_the_nearest_is_shown() -> None:
    """Conditional on the peak, so that there is a plan, and nothing holds at the planned one."""
    limits = {"ttft": 0.2, "itl": 0.02}
    given_ = asked(LLAMA_3_8B, 100.0, limits, pin("serving", "disaggregated"))
    unsure = problem(LLAMA_3_8B).unknowns
    peak = next(item for item in unsure if item.quantity is Quantity.PEAK)
    high = replace(peak, low=1.0, typical=4.0, high=8.0)
    outcome = build("x", (replace(given_, case=replace(given_.case, peak=4.0), unknowns=(high,)),))
    assert outcome.plan is not None
    (plan,) = outcome.plan.services
    assert plan.verdict is Verdict.CONDITIONAL
    assert plan.configuration.prefill is not None
    assert max(margin.ratio for margin in plan.margins) > 1.0


@pytest.mark.parametrize("words", ["prefer throughput >= 3 req/s", "goal = throughput"])
def test_other_ratios_are_compared_by_what_they_carry(words: str) -> None:
    given_ = asked(LLAMA_3_8B, 20.0, {"ttft": 1.0, "itl": 0.05}, pin("serving", "disaggregated"))
    case = given_.case
    if words.startswith("goal"):
        case = replace(case, goal="throughput")
    else:
        wish = designs.objective("itl", 3.0, "prefer p95 itl <= 60ms", hard=False)
        wish = replace(wish, metric="throughput", operator=">=", counts="req", percentile=None)
        case = replace(case, objectives=(*case.objectives, wish))
    outcome = build("x", (replace(given_, case=case),))
    assert outcome.plan is not None
    (plan,) = outcome.plan.services
    losers = next(item for item in plan.choices if item.path == "chat.replicas").alternatives
    assert plan.verdict is Verdict.FEASIBLE
    assert losers


def test_what_it_costs_to_survive_a_loss_is_said_of_two_kinds_too() -> None:
    """One of each would do on a good day; with one of either lost two of each are needed."""
    given_ = asked(LLAMA_3_8B, 2.0, {"ttft": 1.0, "itl": 0.05}, pin("serving", "disaggregated"))
    outcome = build("x", (replace(given_, case=replace(given_.case, survives="replica")),))
    assert outcome.plan is not None
    (plan,) = outcome.plan.services
    chosen = plan.configuration
    assert chosen.prefill is not None
    assert (chosen.replicas, chosen.prefill.replicas) == (2, 2)
    (loser,) = next(item for item in plan.choices if item.path == "chat.survives").alternatives
    assert loser.ratio == 0.5


def test_an_engine_that_cannot_hand_over_is_not_split() -> None:
    given_ = asked(LLAMA_3_8B, 5.0, {"ttft": 1.0}, pin("serving", "disaggregated"))
    engines = tuple(replace(item, disaggregation=False) for item in given_.case.engines)
    outcome = build("x", (replace(given_, case=replace(given_.case, engines=engines)),))
    assert [item.code for item in outcome.diagnostics] == ["INF501"]


WORDS: list[tuple[tuple[Decision, ...], str, object]] = [
    ((), "kv_precision", "fp16"),
    ((pin("kv_precision", "fp16", operator="not in"),), "kv_precision", "bf16"),
    ((pin("kv_precision", "fp8"),), "kv_precision", "fp8"),
    ((pin("expert_parallel", 2.0), pin("tensor_parallel", 4.0)), "expert_parallel", 2),
    (
        (pin("attention_data_parallel", 4.0), pin("tensor_parallel", 4.0)),
        "attention_data_parallel",
        4,
    ),
]


@pytest.mark.parametrize(("decisions", "field", "value"), WORDS, ids=lambda v: str(v)[:24])
def test_lines_are_kept(decisions: tuple[Decision, ...], field: str, value: object) -> None:
    found = build("x", (asked(LATENT, 2.0, {"ttft": 3.0}, *decisions),)).plan
    assert found is not None
    assert getattr(found.services[0].configuration, field) == value


def test_guesses_are_nobodys_business_unless_a_line_says_so() -> None:
    tight = {"itl": 0.0055, "ttft": 2.0}
    plain = build("x", (asked(LLAMA_3_8B, 1.0, tight),)).plan
    named = pin("speculation", "none", "eagle", operator="in")
    assert plain is not None
    assert plain.services[0].configuration.speculation is None
    stated = asked(LLAMA_3_8B, 1.0, {"tpot": 0.004, "ttft": 2.0}, named)
    better = replace(stated, case=replace(stated.case, acceptance=0.85))
    found = build("x", (better,)).plan
    assert found is not None
    speculation = found.services[0].configuration.speculation
    assert speculation is not None
    assert speculation.acceptance == 0.85


@pytest.mark.parametrize("rate", [30.0, 60.0])
def test_in_turn_is_never_later_than_at_random(rate: float) -> None:
    given_ = asked(LLAMA_3_8B, rate, {"ttft": 1.0, "itl": 0.05}, per_node=4)
    load = load_of(given_.case)
    best = Search(given_.case).candidates(load, load)[0]
    assert routing_of(given_.case) == "round_robin"
    lengths = Apart(
        prompt=Gamma(mean_tok=800.0, p95_over_mean=3.0),
        output=Gamma(mean_tok=150.0, p95_over_mean=2.5),
    )
    setup = ReplicaSetup(clock=best.shape.stage, max_num_seqs=512)

    def p95_s(routing: Routing) -> float:
        requests = Traffic(arrivals=Renewal(rate_per_s=rate), lengths=lengths).requests(3)
        fleet = FleetSetup(replicas=(setup,) * 4, routing=routing, seed=3)
        return fleet_open_loop(fleet, (next(requests) for _ in range(4000))).whole.ttft.p95_s

    in_turn = p95_s("round_robin")
    assert in_turn <= p95_s("random")
    assert in_turn <= p95_s("least_outstanding")
    assert p95_s("least_outstanding") <= p95_s("random") * 1.02


def test_kinds_of_replicas_need_a_place_of_their_own() -> None:
    first = asked(LLAMA_3_8B, 1.0, {"ttft": 2.0}, pin("serving", "disaggregated"))
    other = asked(LLAMA_3_8B, 1.0, {"ttft": 2.0})
    renamed = replace(
        other,
        service=replace(other.service, name="other"),
        case=replace(other.case, service="other"),
    )
    outcome = build("x", (first, renamed))
    assert outcome.plan is None
    assert [item.code for item in outcome.diagnostics] == ["INF515"]
