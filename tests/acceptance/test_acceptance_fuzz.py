"""Whatever a file holds, the compiler ends in diagnostics or in a plan."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.mutations import mutants
from support.repository import ROOT

from inferc import api
from inferc.dsl import SourceFile

EXAMPLES = sorted((ROOT / "examples").glob("*/*.infer"))
PATIENCE_S = 60


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Raise TimeoutError inside the block after ``seconds``."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def survive(seed: int, count: int) -> None:
    for example in EXAMPLES:
        for text in mutants(example.read_text(encoding="utf-8"), seed, count):
            with patience(PATIENCE_S):
                planned = api.plan(SourceFile("mutant.infer", text))
            answered = bool(planned.plans) or not planned.ok
            assert answered or "topology" not in text, text
            for item in planned.diagnostics:
                assert not item.code.startswith("INF9"), (item, text)


def test_mutants_end_in_diagnostics_or_a_plan():
    survive(seed=0, count=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 150))
def test_ten_thousand_mutants_end_in_diagnostics_or_a_plan(seed):
    survive(seed, 10_000 // 50 // len(EXAMPLES) + 1)
