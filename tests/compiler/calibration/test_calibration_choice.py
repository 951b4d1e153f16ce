"""Configurations that predictions choose, and what they turn out to be."""

import pytest
from support.measurements import measured, prediction

from inferc.compiler.calibration import Measurement, Prediction, score
from inferc.compiler.calibration.choice import LIMITS_S, Choice, choices
from inferc.compiler.units import from_unit

GROUP = {"model": "llama-3.1-8b", "isl_tok": 100.0, "osl_tok": 100.0}


def ms(value: float) -> float:
    return from_unit(value, "ms")


def configuration(
    clients: int, told_ms: float, found_ms: float, *, width: float = 1.0, **said: object
) -> tuple[Measurement, Prediction]:
    """Return a configuration with its predicted and its measured TPOT; the first token is free."""
    row = measured({"tpot_s": ms(found_ms)}, concurrency=clients, **GROUP | said)
    told = ms(told_ms)
    return row, prediction(tpot=(told, told / width, told * width))


def chosen(*configurations: tuple[Measurement, Prediction]) -> list[Choice]:
    return choices(configurations)


def kept(delivered: float = 1.0) -> Choice:
    return Choice(kept=True, delivered=pytest.approx(delivered))


BROKEN = Choice(kept=False, delivered=1.0)

LOST = Choice(kept=False, delivered=0.0)
"""Nothing keeps the limit in truth."""

CASES = [
    # configurations as (clients, predicted, measured), a choice for each limit of
    # 10, 15, 20, 30, 50 and 100 ms that leaves anything to choose
    ("right", [(1, 8, 8), (8, 18, 18)], [kept(), kept(), kept(), kept(), kept(), kept()]),
    # At 20 ms and more 8 clients at 18 ms give 8/18, one at 8 ms 1/8.
    ("too low", [(1, 8, 8), (8, 9, 18)], [BROKEN, BROKEN, *[kept()] * 4]),
    (
        "too high",
        [(1, 8, 8), (8, 45, 18)],
        [kept(), kept(), kept((1 / 8) / (8 / 18)), kept((1 / 8) / (8 / 18)), kept(), kept()],
    ),
    # The order of promise decides, not the size of TPOT: 2 at 12 ms promise less than 4 at 20 ms.
    ("more at once", [(2, 12, 12), (4, 20, 20)], [kept()] * 5),
    ("none keeps a limit", [(1, 200, 200), (8, 300, 300)], []),
    ("none is thought to keep one", [(1, 200, 8), (8, 300, 18)], []),
    ("none keeps what is promised", [(1, 8, 200), (8, 18, 300)], [LOST] * 6),
    ("nothing to choose from", [(1, 8, 8)], []),
]


@pytest.mark.parametrize(
    ("configurations", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_best_that_is_thought_to_keep_the_limit_is_chosen(
    configurations: list[tuple[int, float, float]], expected: list[Choice]
) -> None:
    assert chosen(*(configuration(*item) for item in configurations)) == expected


def test_the_upper_end_of_the_interval_decides() -> None:
    sure = [configuration(1, 8, 8), configuration(8, 18, 18)]
    unsure = [configuration(1, 8, 8), configuration(8, 18, 18, width=1.2)]
    at_20 = LIMITS_S.index(ms(20))
    assert chosen(*sure)[at_20].delivered == 1.0
    assert chosen(*unsure)[at_20].delivered == pytest.approx((1 / 8) / (8 / 18))
    assert chosen(*unsure)[at_20 + 1].delivered == 1.0  # 21.6 ms keep 30


def test_throughput_is_that_of_one_accelerator() -> None:
    """Eight clients on four accelerators are two on one: less than four."""
    found = chosen(configuration(8, 10, 10, gpus=4), configuration(4, 10, 10, gpus=1))
    assert {item.delivered for item in found} == {1.0}
    worse = chosen(configuration(8, 10, 10, gpus=4), configuration(4, 12, 10, gpus=1))
    assert worse[0].delivered == pytest.approx(0.5)  # at 10 ms only the first is promised


@pytest.mark.parametrize(
    "other",
    [
        {"model": "llama-3.1-70b"},
        {"gpu": "l40s"},
        {"engine": "sglang"},
        {"weights": "fp8"},
        {"isl_tok": 200.0},
        {"osl_tok": 200.0},
        {"source": "another bench"},
    ],
    ids=str,
)
def test_groups_are_apart(other: dict[str, object]) -> None:
    assert chosen(configuration(1, 8, 8), configuration(8, 18, 18, **other)) == []


@pytest.mark.parametrize(
    "other",
    [{"load": "open_loop"}, {"load": "burst"}, {"doubt": "kv_starved"}, {"speculation": "eagle"}],
    ids=str,
)
def test_only_scored_closed_loops_are_chosen_from(other: dict[str, object]) -> None:
    assert chosen(configuration(1, 8, 8), configuration(8, 18, 18, **other)) == []


def test_the_time_of_the_first_token_counts() -> None:
    """A second for the first of 100 tokens is 10 ms for each."""
    slow = measured({"tpot_s": ms(8), "ttft_s": 1.0}, concurrency=2, **GROUP)
    told = prediction(tpot=(ms(8), ms(8), ms(8)), ttft=1.0)
    quick = configuration(1, 8.5, 8.5)
    found = chosen((slow, told), quick)
    assert found == [kept()] * 6  # 1/8.5 is more than 2/18
    blind = chosen((slow, prediction(tpot=(ms(8), ms(8), ms(8)))), quick)
    assert blind[0].delivered == pytest.approx((2 / 18) / (1 / 8.5))


def test_the_score_counts_and_averages_choices() -> None:
    rows, told = zip(configuration(1, 8, 8), configuration(8, 9, 18), strict=True)
    found = score(rows, told)
    assert found.sla_meet_rate == pytest.approx(4 / 6)
    assert found.delivered_ratio == 1.0
