"""A batch that starts together, against every step of it played out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.estimates import setup, stage

from inferc.compiler.perf.architecture import window_pairs
from inferc.compiler.perf.static_batch import static_batch
from inferc.compiler.perf.steps import Stage

UNIT = stage()


def played_out(
    unit: Stage, requests: int, prompt_tok: int, output_tok: int, budget_tok: int
) -> tuple[list[float], list[float]]:
    """Return first and last token of each request, one step after the other."""
    now = 0.0
    done = [0] * requests
    given_tok = [0] * requests
    first = [0.0] * requests
    last = [0.0] * requests
    while any(tokens < output_tok for tokens in given_tok):
        decoding = [i for i in range(requests) if 0 < given_tok[i] < output_tok]
        room = max(1, budget_tok - len(decoding))
        chunks: dict[int, int] = {}
        for i in range(requests):
            chunk = min(room, prompt_tok - done[i])
            if chunk > 0:
                chunks[i] = chunk
                room -= chunk
        if not any(done[i] < prompt_tok for i in range(requests)):
            chunks = {}
        ends = [i for i, chunk in chunks.items() if done[i] + chunk == prompt_tok]
        now += step_s(unit, prompt_tok, done, chunks, [prompt_tok + given_tok[i] for i in decoding])
        for i, chunk in chunks.items():
            done[i] += chunk
        for i in [*decoding, *ends]:
            given_tok[i] += 1
            first[i] = first[i] or now
            last[i] = now
    return first, last


def step_s(
    unit: Stage, prompt_tok: int, done: list[int], chunks: dict[int, int], contexts: list[int]
) -> float:
    tokens = sum(chunks.values())
    ends = sum(done[i] + chunk == prompt_tok for i, chunk in chunks.items())
    of_tokens = unit.prompt_tokens_s if chunks else unit.tokens_s
    time = of_tokens(tokens + len(contexts)) + unit.sampled_s(len(contexts) + ends)
    for context in contexts:
        seen = min(context, unit.window_tok) * unit.window_kv_tok_s
        time += unit.sequence_s + unit.kv_tok_s * context + seen
    for i, chunk in chunks.items():
        time += unit.pair_s * chunk * (done[i] + chunk / 2)
        time += unit.window_pair_s * window_pairs(done[i], chunk, unit.window_tok)
    return time + (unit.prompt_step_s if chunks else 0.0)


def windowed() -> Stage:
    """A clock with every other layer windowed, whatever the model."""
    unit = stage()
    unit.window_tok = 100
    unit.window_kv_tok_s = unit.kv_tok_s
    unit.window_pair_s = unit.pair_s
    return unit


CASES = [
    # requests, prompt, output, budget
    (1, 1000, 200, 8192),
    (1, 10, 1, 8192),
    (8, 1000, 200, 8192),
    (8, 1000, 200, 8000),
    (8, 1000, 5, 512),
    (3, 700, 50, 512),
    (16, 90, 120, 64),
    (5, 333, 1, 512),
]


@pytest.mark.parametrize("unit", [UNIT, windowed()], ids=["full", "windowed"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_batch_takes_as_long_as_its_steps(unit: Stage, case: tuple[int, int, int, int]) -> None:
    found = static_batch(unit, *case)
    first, last = played_out(unit, *case)
    assert sorted(found.first_s) == pytest.approx(sorted(first), rel=1e-9)
    assert sorted(found.last_s) == pytest.approx(sorted(last), rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(
    requests=st.integers(1, 12),
    prompt_tok=st.integers(1, 300),
    output_tok=st.integers(1, 60),
    budget_tok=st.integers(16, 700),
)
def test_any_batch_takes_as_long_as_its_steps(
    requests: int, prompt_tok: int, output_tok: int, budget_tok: int
) -> None:
    found = static_batch(UNIT, requests, prompt_tok, output_tok, budget_tok)
    first, last = played_out(UNIT, requests, prompt_tok, output_tok, budget_tok)
    assert len(found.first_s) == requests
    assert sorted(found.first_s) == pytest.approx(sorted(first), rel=1e-9)
    assert sorted(found.last_s) == pytest.approx(sorted(last), rel=1e-9)


def test_stages_of_a_pipeline_share_the_requests() -> None:
    unit = stage(setup(tensor_parallel=1, pipeline_parallel=4))
    alone = static_batch(unit, 1, 500, 50, 8192)
    four = static_batch(unit, 4, 500, 50, 8192)
    assert four.last_s == pytest.approx(alone.last_s * 4)
    assert len(static_batch(unit, 6, 500, 50, 8192).first_s) == 6
