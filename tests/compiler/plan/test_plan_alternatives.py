"""What lost is tried again by itself: it fails, or is no better, for the reason that was stated."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from support import designs
from support.machines import H100_SXM, LLAMA_3_8B, MIXTRAL_8X7B
from support.problems import pin, problem

from inferc.compiler.model import Decision, Engine, LanguageModel
from inferc.compiler.plan.choices import Explainer
from inferc.compiler.plan.decisions import Alternative
from inferc.compiler.plan.search import Candidate, Load, Search, load_of
from inferc.compiler.problem import Case, Problem

LATENT = replace(
    MIXTRAL_8X7B,
    kv_lora_rank=512,
    q_lora_rank=1536,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    prediction_layers=1,
)
"""A mixture of experts with latent attention, small enough for one node."""

WIDENED = (
    (),
    (pin("kv_precision", "fp16", "fp8", operator="in"),),
    (
        pin("speculation", "none", "eagle", "ngram", operator="in"),
        pin("speculative_tokens", 2.0, 5.0, operator="in"),
    ),
    (pin("serving", "aggregated", "disaggregated", operator="in"),),
)
"""Lines that allow more than what is tried by default."""

QUICKLY = (Phase.explicit, Phase.generate)
"""Each problem takes a second: what fails is shown as it was found."""

OUTCOME = 8
"""What of a candidate's key says how good it is, room included; what follows ends ties."""

NOT_TRIED = ("only where", "fewer bits only", "excluded", "needs a", "has none", "the model has no")
"""What stands in the reason of values that no line allows: as decisions they may well be better."""


def able(engine: Engine) -> Engine:
    """Return the engine of the examples with all that the catalog says it can do."""
    return replace(
        engine,
        expert_parallel=True,
        attention_data_parallel=True,
        kv_precisions=("fp16", "bf16", "fp8"),
        speculation=("ngram", "eagle", "mtp"),
        disaggregation=True,
    )


def asked(
    model: LanguageModel, rate: float, limits: tuple[float, float], decisions: tuple[Decision, ...]
) -> Problem:
    """Return a problem on one node of four H100 whose engine can do everything."""
    place = replace(designs.a100_node(per_node=4), accelerator=H100_SXM)
    named = {"ttft": limits[0], "itl": limits[1]}
    given_ = problem(model, place, rate_per_s=rate, limits_s=named, decisions=decisions)
    engines = tuple(able(engine) for engine in given_.case.engines)
    return replace(given_, case=replace(given_.case, engines=engines))


def best_of(case: Case, planned: Load, hardest: Load) -> tuple[Search, Candidate | None]:
    search = Search(case)
    found = search.candidates(planned, hardest)
    return search, found[0] if found else None


def pinned(case: Case, field: str, value: str) -> Case:
    number: str | float = float(value) if value.replace(".", "").isdigit() else value
    kept = tuple(item for item in case.decisions if item.field != field)
    own = f"engine.{value}" if field == "engine" else number
    return replace(case, decisions=(*kept, pin(field, own)))


def forbidden(case: Case, field: str, value: str) -> Case:
    number: str | float = float(value) if value.isdigit() else value
    own = f"engine.{value}" if field == "engine" else number
    return replace(case, decisions=(*case.decisions, pin(field, own, operator="not in")))


PROBLEMS = st.builds(
    asked,
    model=st.sampled_from([LLAMA_3_8B, MIXTRAL_8X7B, LATENT, designs.LLAMA_3_70B]),
    rate=st.floats(0.5, 25),
    limits=st.tuples(st.floats(0.3, 3), st.floats(0.03, 0.2)),
    decisions=st.sampled_from(WIDENED),
)


def explained(given_: Problem) -> tuple[Explainer, Load, Load]:
    planned, hardest = load_of(given_.case), load_of(given_.hardest())
    search = Search(given_.case)
    candidates = search.candidates(planned, hardest)
    return Explainer(given_.case, search, (planned, hardest), candidates), planned, hardest


def losers(explainer: Explainer) -> Iterator[tuple[str, str, Alternative]]:
    for choice in explainer.choices():
        field = choice.path.rpartition(".")[2]
        if field in {"precision", "max_num_seqs", "routing", "speculative_tokens"}:
            # fixed here; chosen last, by what suffices; advice; means nothing without guesses
            continue
        for loser in choice.alternatives:
            yield field, choice.value, loser


@settings(max_examples=5, deadline=None, phases=QUICKLY)
@given(given_=PROBLEMS)
def test_what_lost_is_no_better_when_it_is_pinned(given_: Problem) -> None:
    explainer, planned, hardest = explained(given_)
    assume(explainer.winner.holds)
    for field, _, loser in losers(explainer):
        if any(word in loser.reason for word in NOT_TRIED):
            continue
        case = pinned(given_.case, field, loser.value)
        search, best = best_of(case, planned, hardest)
        if "leaves no layout" in loser.reason or "does not divide" in loser.reason:
            assert best is None or not best.holds, (field, loser)
            continue
        assert best is not None, (field, loser)
        best_key, won = (search.key(each, planned) for each in (best, explainer.winner))
        assert best_key[:OUTCOME] >= won[:OUTCOME], (field, loser)
        takes = re.match(r"takes (\d+) accelerators", loser.reason)
        if takes:
            assert best.configuration.accelerators == int(takes[1]), (field, loser)
        if " of " in loser.reason and loser.reason.startswith(("ttft", "itl", "carries")):
            assert not best.holds, (field, loser)


@settings(max_examples=4, deadline=None, phases=QUICKLY)
@given(given_=PROBLEMS)
def test_to_forbid_what_was_chosen_never_helps(given_: Problem) -> None:
    explainer, planned, hardest = explained(given_)
    winner = explainer.winner
    assume(winner.holds)
    for choice in explainer.choices():
        field = choice.path.rpartition(".")[2]
        if field in {"precision", "routing"}:
            continue
        search, best = best_of(forbidden(given_.case, field, choice.value), planned, hardest)
        if best is not None:
            assert search.key(best, planned) >= search.key(winner, planned), (field, choice)


@settings(max_examples=5, deadline=None, phases=QUICKLY)
@given(
    model=st.sampled_from([LLAMA_3_8B, LATENT]),
    rate=st.floats(0.5, 60),
    limits=st.tuples(st.floats(0.1, 3), st.floats(0.01, 0.12)),
    extra=st.sampled_from(WIDENED[1:]),
)
def test_to_allow_more_never_hurts(
    model: LanguageModel, rate: float, limits: tuple[float, float], extra: tuple[Decision, ...]
) -> None:
    narrow, wide = asked(model, rate, limits, ()), asked(model, rate, limits, extra)
    planned, hardest = load_of(narrow.case), load_of(narrow.hardest())
    search, first = best_of(narrow.case, planned, hardest)
    other, second = best_of(wide.case, planned, hardest)
    assert first is not None
    assert second is not None
    assert other.key(second, planned) <= search.key(first, planned)
    assert Search(wide.case).holds(planned) >= Search(narrow.case).holds(planned)
