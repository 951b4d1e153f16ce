"""Plans that cost the same at the peak: the one whose week costs less is chosen."""

from dataclasses import replace

import pytest
from support.money import Desk, planned

from inferc.compiler.pipeline import Compilation, Settings
from inferc.compiler.plan import ServicePlan
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.search import Candidate, Load, Search, load_of
from inferc.compiler.plan.weekly_search import WeeklySearch
from inferc.compiler.problem import Case
from inferc.dsl import SourceFile
from inferc.files.reader import DiskReader

OFFICE = Desk(
    cloud="gcp",
    pool="nodes in 1..12; instances = gcp.g2_standard_4; market = on_demand",
    load='shape = diurnal(peak = 3x, window = "14:00-18:00 UTC")',
    sla="p95 ttft <= 1500ms",
)
STAGES = (1, 2, 4, 8)


def pinned(stages: int) -> Desk:
    """Return the office with so many stages of a pipeline."""
    return replace(OFFICE, more=f"pin {{ chat.pipeline_parallel = {stages} }}")


def only(desk: Desk) -> ServicePlan | None:
    """Return the plan of the one service of a desk, where it has one."""
    plans = planned(desk).plans
    return plans[0].services[0] if plans and plans[0].services else None


def test_no_pin_of_a_layout_that_costs_as_much_at_the_peak_makes_a_week_cheaper() -> None:
    free = only(OFFICE)
    others = [found for stages in STAGES if (found := only(pinned(stages))) is not None]
    assert free is not None
    assert free.cost is not None
    same = [
        item.cost
        for item in others
        if item.cost is not None and item.price_usd_per_s == free.price_usd_per_s
    ]
    assert len({round(cost.usd_per_s, 9) for cost in same}) > 1
    assert free.cost.usd_per_s == pytest.approx(min(cost.usd_per_s for cost in same))
    reasons = [item.reason for choice in free.choices for item in choice.alternatives]
    assert any("with the load of a week" in reason for reason in reasons)


class Counting(WeeklySearch):
    """Keeps which weeks were asked for."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.asked: list[Candidate] = []

    def weekly(self, item: Candidate, planned: Load, hardest: Load) -> float:
        self.asked.append(item)
        return super().weekly(item, planned, hardest)


def test_weeks_are_worked_out_for_ties_among_the_cheapest_only() -> None:
    compilation = Compilation(SourceFile("desk.infer", OFFICE.text), DiskReader(), Settings())
    assert compilation.problems.value is not None
    ((problem,),) = compilation.problems.value
    load = load_of(problem.case)
    assert isinstance(search_for(problem.case), WeeklySearch)
    search = Counting(problem.case)
    best, *others = search.candidates(load, load)
    holding = [item for item in others if item.holds]
    assert len(search.asked) < len(holding)
    assert {search.spent(item) for item in search.asked} == {search.spent(best)}
    for item in holding:
        if search.spent(item) == search.spent(best) and item.robust == best.robust:
            assert search.usd_per_s(best, load, load) <= search.usd_per_s(item, load, load)
    assert search.candidates(load, load)[0].configuration == best.configuration
    plain = Search(problem.case).candidates(load, load)
    assert search.spent(plain[0]) == search.spent(best)
    assert search.usd_per_s(plain[0], load, load) > search.usd_per_s(best, load, load)
