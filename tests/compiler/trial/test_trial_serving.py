"""What a plan decides beyond its layout is what is simulated."""

from dataclasses import replace

import pytest
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B
from support.problems import all_settled, pin, problem

from inferc.compiler.model import Decision
from inferc.compiler.perf.speculation import SpeculatingStage
from inferc.compiler.perf.steps import Stage
from inferc.compiler.plan import ServicePlan, build
from inferc.compiler.trial.setup import fleet_of, setup_of
from inferc.compiler.trial.values import Order


def planned(*decisions: Decision) -> ServicePlan:
    place = replace(designs.a100_node(), accelerator=H100_SXM)
    limits = {"ttft": 1.0, "itl": 0.03}
    asked = problem(LLAMA_3_8B, place, rate_per_s=40, limits_s=limits, decisions=decisions)
    engines = tuple(
        replace(
            engine,
            kv_precisions=("fp16", "bf16", "fp8"),
            speculation=("ngram", "eagle"),
            disaggregation=True,
        )
        for engine in asked.case.engines
    )
    asked = all_settled(replace(asked, case=replace(asked.case, engines=engines)), peak=1.0)
    asked = replace(asked, service=replace(asked.service, engines=engines))
    outcome = build("x", (asked,))
    assert outcome.plan is not None
    return outcome.plan.services[0]


def test_both_kinds_of_replicas_are_simulated_with_the_link_between_them() -> None:
    plan = planned(pin("serving", "disaggregated"))
    before = plan.configuration.prefill
    assert before is not None
    fleet = fleet_of(plan, Order(), lasts_s=60.0, seed=1)
    assert (len(fleet.replicas), len(fleet.decode)) == (
        before.replicas,
        plan.configuration.replicas,
    )
    assert fleet.transfer is not None
    assert fleet.transfer.bytes_per_s > 0.0
    assert fleet.decode[0].kv_cache_tok == plan.estimate.memory.kv_cache_tok
    assert fleet.replicas[0].max_num_batched_tokens == before.max_num_batched_tokens


def test_guesses_are_simulated() -> None:
    plan = planned(pin("speculation", "eagle"), pin("speculative_tokens", 3.0))
    setup = setup_of(plan)
    chosen = plan.configuration.speculation
    assert chosen is not None
    assert isinstance(setup.clock, SpeculatingStage)
    assert setup.speculation is not None
    assert (setup.speculation.draft_tok, setup.speculation.acceptance) == (3, chosen.acceptance)
    assert setup.speculation.tok_per_step == pytest.approx(1.0 + chosen.accepted)
    assert setup.speculation.draft_s == setup.clock.draft_s > 0.0


def test_a_narrow_cache_is_simulated() -> None:
    wide, narrow = planned(), planned(pin("kv_precision", "fp8"))
    clocks = [setup_of(plan).clock for plan in (wide, narrow)]
    assert all(isinstance(clock, Stage) for clock in clocks)
    assert clocks[1].kv_tok_s < clocks[0].kv_tok_s
    assert narrow.estimate.memory.kv_cache_tok > wide.estimate.memory.kv_cache_tok
