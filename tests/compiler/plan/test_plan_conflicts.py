"""The fewest pins and SLA lines that cannot hold together."""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from support import designs
from support.machines import LLAMA_3_8B
from support.problems import all_settled, line, pin, problem

from inferc.compiler.model import Decision, Objective
from inferc.compiler.plan import build
from inferc.compiler.plan.conflicts import clash_of, smallest, smallest_conflict
from inferc.compiler.plan.search import Search, load_of
from inferc.compiler.problem import Problem
from inferc.dsl import Diagnostic


def test_the_smallest_conflict_is_the_smallest() -> None:
    """Against all sets in order of their size, on conflicts drawn at random."""
    chance = random.Random(11)
    for _ in range(200):
        count = chance.randint(1, 9)
        conflicts = [
            frozenset(chance.sample(range(count), chance.randint(1, min(4, count))))
            for _ in range(chance.randint(1, 4))
        ]

        def possible(some: tuple[int, ...], conflicts: list[frozenset[int]] = conflicts) -> bool:
            return not any(conflict <= set(some) for conflict in conflicts)

        found = smallest(tuple(range(count)), possible)
        expected = next(
            some
            for size in range(count + 1)
            for some in combinations(range(count), size)
            if not possible(some)
        )
        assert found == expected


def test_few_questions_are_asked_among_many_decisions() -> None:
    """All pairs and triples of sixty would be 36,050 questions."""
    asked = 0

    def possible(some: tuple[int, ...]) -> bool:
        nonlocal asked
        asked += 1
        return not {7, 23, 51} <= set(some)

    assert smallest(tuple(range(60)), possible) == (7, 23, 51)
    assert asked < 300


def pinned(asked: Problem, *pins: Decision) -> Problem:
    decisions = (*asked.case.decisions, *pins)
    return replace(
        asked,
        case=replace(asked.case, decisions=decisions),
        service=replace(asked.service, decisions=decisions),
    )


def eight(ttft_s: float = 0.5, rate_per_s: float = 5.0) -> Problem:
    asked = problem(LLAMA_3_8B, rate_per_s=rate_per_s, limits_s={"ttft": ttft_s, "e2e": 60.0})
    return all_settled(asked, peak=1, prompt=200, output=100)


def only(asked: Problem) -> Diagnostic:
    (found,) = build("x", (asked,)).diagnostics
    return found


MANY = (
    pin("engine", "vllm", "trtllm", operator="in"),
    pin("replicas", 1, 8, operator="in", is_range=True),
    pin("max_num_batched_tokens", 512, 8192, operator="in", is_range=True),
    pin("max_num_seqs", 1, 1024, operator="in", is_range=True),
    pin("tensor_parallel", 8),
    pin("tensor_parallel", 3, operator="!="),
    pin("max_num_seqs", 3, operator="!="),
    pin("pipeline_parallel", 8),
    pin("max_model_len", 1024),
    pin("replicas", 7, operator="!="),
)


def test_of_many_pins_the_two_that_leave_nothing_are_named() -> None:
    found = smallest_conflict(pinned(eight(), *MANY).case)
    assert [item.field for item in found] == ["tensor_parallel", "pipeline_parallel"]
    assert only(pinned(eight(), *MANY)).code == "INF501"


def test_a_pin_and_a_line_that_cannot_hold_together() -> None:
    """One accelerator alone takes longer for a prompt; two together would do."""
    fast = 0.045
    asked = pinned(eight(fast), pin("tensor_parallel", 1), pin("replicas", 1, operator=">="))
    found = only(asked)
    assert found.code == "INF522"
    assert "`tensor_parallel = 1` and `p95 ttft <= 45 ms` cannot hold together" in found.message
    assert found.notes[0].startswith("the nearest is vllm, tensor_parallel 1,")
    assert "ttft " in found.notes[0]
    assert found.notes[0].endswith("not 45 ms")
    assert found.notes[1].startswith("without `tensor_parallel = 1` it holds, with vllm, tensor_p")
    assert found.notes[2].startswith("without `p95 ttft <= 45 ms` it holds")
    assert "change p95 ttft from 45 ms to" in found.help


def test_pins_that_cannot_carry_the_load_are_named_without_a_line() -> None:
    small = (pin("tensor_parallel", 2, operator="<="), pin("pipeline_parallel", 1))
    found = only(pinned(eight(rate_per_s=85.0), pin("replicas", 1), *small))
    assert found.code == "INF522"
    assert found.message.startswith(
        "`replicas = 1` and `tensor_parallel <= 2` and `pipeline_parallel = 1` cannot hold"
    )
    (alone,) = build("x", (pinned(eight(rate_per_s=200.0), pin("replicas", 1)),)).diagnostics
    assert "cannot carry its load with `replicas = 1`" in alone.message


def test_without_pins_the_refusal_is_about_the_hardware() -> None:
    assert only(eight(0.005)).code == "INF410"
    assert only(pinned(eight(0.005), pin("tensor_parallel", 1))).code == "INF410"
    assert clash_of(eight(0.005)) is None


PINS = (
    pin("tensor_parallel", 1),
    pin("tensor_parallel", 2, operator="<="),
    pin("pipeline_parallel", 1),
    pin("replicas", 1),
    pin("replicas", 2, operator="<="),
    pin("max_num_batched_tokens", 512),
    pin("max_num_batched_tokens", 8192),
    pin("max_num_seqs", 16, operator="<="),
)


def holds(asked: Problem, some: tuple[Decision | Objective, ...]) -> bool:
    """Return whether the problem can be served under these pins and lines only."""
    case = replace(
        asked.easiest(),
        decisions=(
            designs.fixed_precision("fp16"),
            *(item for item in some if isinstance(item, Decision)),
        ),
        objectives=tuple(item for item in some if isinstance(item, Objective)),
    )
    search = Search(case)
    return search.fits_somewhere() and search.holds(load_of(case))


@pytest.mark.parametrize("seed", range(12))
def test_a_clash_is_the_smallest_and_nothing_of_it_can_stay(seed: int) -> None:
    """Each set in order of its size, without the algorithm's questions."""
    chance = random.Random(seed)
    pins = tuple(chance.sample(PINS, 3))
    limits = (
        line("ttft", chance.choice([0.03, 0.05, 0.1])),
        line("tpot", chance.choice([0.01, 1])),
    )
    base = eight(rate_per_s=chance.choice([5.0, 60.0, 150.0]))
    asked = pinned(base, *pins)
    asked = replace(asked, case=replace(asked.case, objectives=limits))
    every: tuple[Decision | Objective, ...] = (*pins, *limits)
    if holds(asked, every) or not holds(asked, limits):
        return
    clash = clash_of(asked)
    assert clash is not None
    found = (*clash.pins, *clash.lines)
    sizes = [
        size
        for size in range(len(every) + 1)
        for some in combinations(every, size)
        if not holds(asked, some)
    ]
    assert len(found) == min(sizes)
    assert not holds(asked, found)
    for at, best in enumerate(clash.without):
        assert holds(asked, (*found[:at], *found[at + 1 :]))
        assert best.holds
