"""Plans told to people."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support import designs, plans

from inferc.compiler.cost import Expense, ServiceCost
from inferc.compiler.plan import (
    Alternative,
    Assumption,
    Choice,
    EnvelopeRow,
    FlipPoint,
    Margin,
    Plan,
    ServicePlan,
    Verdict,
)
from inferc.compiler.problem import Quantity, Unknown
from inferc.compiler.provenance import Confidence, Origin
from inferc.compiler.wording.verdicts import decides, effect, headline, settled
from inferc.report.plan_text import render_plan

GOLDEN = Path(__file__).parent / "golden" / "report"

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def chat(**changes: object) -> ServicePlan:
    """Return the plan of the first example with ``changes``."""
    return replace(plans.support_chat_plan().services[0], **changes)  # type: ignore[arg-type]


def text(plan: Plan, *, color: bool = False) -> str:
    return render_plan(plan, designs.support_chat(), color=color)


def told(**changes: object) -> str:
    """Return the report on the first example with ``changes``."""
    return text(plans.plan_of("support_chat", chat(**changes)))


def two_services() -> Plan:
    """Return a plan of two services, the second of which keeps its SLA by a hair."""
    first = chat()
    other = replace(first.service, name="tagger")
    return plans.plan_of("support_chat", first, replace(first, service=other, assumptions=()))


REPORTS: dict[str, Callable[[], str]] = {
    "support_chat": lambda: text(plans.support_chat_plan()),
    "two_services": lambda: text(two_services()),
    "impossible_pi": lambda: render_plan(plans.impossible_pi_plan(), designs.impossible_pi()),
}


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_the_report_is_as_it_was(name: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / f"{name}.txt"
    if request.config.getoption("--update-golden", default=False):
        path.write_text(REPORTS[name](), encoding="utf-8")
    assert REPORTS[name]() == path.read_text(encoding="utf-8")


def test_colour_changes_nothing_but_colour() -> None:
    for plan in (plans.support_chat_plan(), two_services(), plans.impossible_pi_plan()):
        assert "\x1b" in text(plan, color=True)
        assert ANSI.sub("", text(plan, color=True)) == text(plan)


def test_no_line_ends_in_blanks() -> None:
    for make in REPORTS.values():
        assert not re.search(r"[ \t]\n", make())


# ---- the verdict ---------------------------------------------------------------------------------


def unknown(
    quantity: Quantity = Quantity.PEAK,
    *,
    typical: float = 3.0,
    high: float = 4.2,
    origin: Origin = Origin.DEFAULTED,
    confidence: Confidence = Confidence.LOW,
) -> Unknown:
    units = {
        Quantity.PEAK: ("chat.load.peak", "x"),
        Quantity.PROMPT: ("chat.load.prompt_tokens", "tok"),
        Quantity.OUTPUT: ("chat.load.output_tokens", "tok"),
        Quantity.RATE: ("chat.load.rate", "req/s"),
    }
    path, unit = units[quantity]
    return Unknown(
        path=path,
        quantity=quantity,
        typical=typical,
        low=typical / 2,
        high=high,
        unit=unit,
        origin=origin,
        confidence=confidence,
        because="",
        source="test data",
        span=None,
    )


def resting(number: Unknown, holds_up_to: float | None, *flips: FlipPoint) -> Assumption:
    return Assumption(unknown=number, holds_up_to=holds_up_to, searched_up_to=50.0, flips=flips)


PEAK = unknown()
PROMPT = unknown(Quantity.PROMPT, typical=200.0, high=2048.0)
RATE = unknown(Quantity.RATE, typical=10.0, high=20.0)
ASSUMED = unknown(origin=Origin.ASSUMED)

# what the plan rests on, the first line of the report after "it holds"
CONDITIONS = [
    ([resting(PEAK, 2.4)], "up to a peak of 2.4x, and 3x is planned"),
    ([resting(ASSUMED, 2.4)], "up to a peak of 2.4x, and 3x is assumed"),
    ([resting(PEAK, 3.5)], "up to a peak of 3.5x, and it may be 4.2x"),
    ([resting(PEAK, 0.0)], "for no value of chat.load.peak, with the other numbers as planned"),
    ([resting(PROMPT, 290.0)], "up to prompts of 290 tok on average, and it may be 2,048 tok"),
    ([resting(RATE, 12.0)], "up to a mean rate of 12 req/s, and it may be 20 req/s"),
    (
        [resting(PROMPT, 290.0), resting(PEAK, 3.5)],
        "up to a peak of 3.5x, and it may be 4.2x",
    ),
    (
        [resting(PROMPT, 150.0), resting(PEAK, 3.5)],
        "up to prompts of 150 tok on average, and 200 tok is planned",
    ),
]


@pytest.mark.parametrize(("rests_on", "expected"), CONDITIONS)
def test_the_condition_in_words(rests_on: Sequence[Assumption], expected: str) -> None:
    plan = plans.plan_of("support_chat", chat(assumptions=tuple(rests_on)))
    assert headline(plan) == f"conditional: it holds {expected}"
    assert text(plan).splitlines()[0] == f"topology support_chat   conditional: it holds {expected}"


def test_with_several_services_the_headline_names_one() -> None:
    first, second = chat(assumptions=(resting(PEAK, 3.5),)), chat(assumptions=(resting(PEAK, 3.1),))
    second = replace(second, service=replace(second.service, name="tagger"))
    plan = plans.plan_of("support_chat", first, second)
    expected = "conditional: `tagger` holds up to a peak of 3.1x, and it may be 4.2x"
    assert headline(plan) == expected


def test_a_feasible_plan_says_so() -> None:
    planned = chat(assumptions=())
    plan = replace(plans.plan_of("t", planned), verdict=Verdict.FEASIBLE)
    assert headline(plan).startswith("feasible: ")
    assert "nothing but what the file and the catalog state" not in text(plan)
    load = planned.service.load
    prompt, output = (
        replace(item, p95_over_mean=designs.given(2.0)) for item in (load.prompt, load.output)
    )
    stated = replace(planned.service, load=replace(load, prompt=prompt, output=output))
    certain = replace(plan, services=(replace(planned, service=stated),))
    assert "nothing but what the file and the catalog state" in text(certain)


def test_a_refusal_counts_the_bounds() -> None:
    plan = plans.impossible_pi_plan()
    assert headline(plan).startswith("infeasible: a bound that no software can beat fails")
    (refusal,) = plan.refusals
    three = replace(refusal, bounds=refusal.bounds * 3)
    assert headline(replace(plan, refusals=(three,))).startswith("infeasible: 3 bounds that")
    none = replace(refusal, bounds=())
    assert "no configuration meets the SLA" in headline(replace(plan, refusals=(none,)))


# unknown, holds up to, whether it decides, what is said
HIGH = unknown(origin=Origin.ASSUMED, confidence=Confidence.HIGH)
MEDIUM = unknown(origin=Origin.ASSUMED, confidence=Confidence.MEDIUM)

EFFECTS = [
    (PEAK, None, False, "does not decide alone: holds up to 50x and more"),
    (PEAK, 5.0, False, "does not decide alone: holds up to 5x"),
    (PEAK, 4.2, False, "does not decide alone: holds up to 4.2x"),
    (PEAK, 3.5, True, "decides: holds up to 3.5x"),
    (PEAK, 2.0, True, "decides: holds up to 2x"),
    (PEAK, 0.0, True, "does not help: the SLA is missed at any value"),
    (HIGH, 3.5, False, "does not decide alone: holds up to 3.5x"),
    (MEDIUM, 3.5, True, "decides: holds up to 3.5x"),
]


@pytest.mark.parametrize(("number", "most", "decisive", "said"), EFFECTS)
def test_what_a_number_does(number: Unknown, most: float | None, decisive: bool, said: str) -> None:
    item = resting(number, most)
    assert decides(item) is decisive
    assert effect(item) == said
    assert said in told(assumptions=(item,))


def test_flip_points_are_told_in_order() -> None:
    late = FlipPoint(
        path="p", at=9.0, unit="x", below=Verdict.CONDITIONAL, above=Verdict.INFEASIBLE
    )
    early = FlipPoint(path="p", at=2.0, unit="x", below=Verdict.FEASIBLE, above=Verdict.CONDITIONAL)
    item = resting(PEAK, 2.0, late, early)
    said = "once stated: feasible up to 2x, conditional up to 9x, infeasible above"
    assert settled(item) == said
    assert said in told(assumptions=(item,))


def test_an_assumption_of_the_file_shows_reason_and_line() -> None:
    span = designs.span_of("shape = spiky")
    number = replace(ASSUMED, span=span, because="no trace yet")
    report = told(assumptions=(resting(number, 2.4),))
    assert "assumed, low" in report
    assert "designs.infer:2" in report
    assert 'because "no trace yet"' in report


# ---- the rest ------------------------------------------------------------------------------------


def late(ratio: float) -> Margin:
    (first, _) = plans.support_chat_plan().services[0].margins
    return replace(first, ratio=ratio, predicted=first.objective.limit.value * ratio)


# predicted over limit, what is said
MARGINS = [
    (0.82, "margin 18%"),
    (0.9999, "margin 0%"),
    (1.0, "margin 0%"),
    (1.0001, "missed"),
    (float("inf"), "missed"),
]


@pytest.mark.parametrize(("ratio", "said"), MARGINS)
def test_margins_are_never_rounded_up(ratio: float, said: str) -> None:
    line = next(line for line in told(margins=(late(ratio),)).splitlines() if "p95 ttft" in line)
    assert line.endswith(said)


def test_a_queue_that_grows_is_not_called_infinite_milliseconds() -> None:
    assert "without end" in told(margins=(late(float("inf")),))


def test_the_envelope_is_a_grid_where_it_can_be() -> None:
    grid = tuple(
        EnvelopeRow(prompt_mean_tok=p, output_mean_tok=o, holds_up_to_peak=peak)
        for p, o, peak in ((200, 100, 2.0), (100, 50, 4.0), (100, 100, 3.0), (200, 50, 0.0))
    )
    assert (
        "                     answers 50 tok  answers 100 tok\n"
        "    prompts 100 tok              4x               3x\n"
        "    prompts 200 tok               -               2x\n"
        "    -: not even at the mean rate\n"
    ) in told(envelope=grid)
    assert "    prompts 100 tok, answers 50 tok   4x\n" in told(envelope=grid[:3])


def test_what_the_file_fixed_is_not_compared() -> None:
    loser = Alternative(value="fp8", reason="excluded by the file", ratio=2.0)
    given = Choice(
        path="chat.precision", value="fp16", owner="given", reason="as asked", alternatives=(loser,)
    )
    assert "excluded by the file" not in told(choices=(given,))
    planned = replace(given, owner="planner")
    assert "not fp8: excluded by the file" in told(choices=(planned,))
    untried = replace(planned, alternatives=(replace(loser, ratio=None),))
    assert "excluded by the file" not in told(choices=(untried,)), "inferc explain has it"


def test_a_cost_is_shown_where_a_price_is_known() -> None:
    cost = ServiceCost(
        usd_per_s=20.0 / 3600,
        peak_usd_per_s=20.0 / 3600,
        place_usd_per_s=40.0 / 3600,
        replicas=2.0,
        follows=False,
        usd_per_request=0.002,
        usd_per_input_tok=1e-6,
        usd_per_output_tok=4e-6,
        usd_per_tok=2e-6,
        input_share=0.25,
        expenses=(
            Expense(
                name="owned",
                usd_per_s=20.0 / 3600,
                arithmetic="8 accelerators on average at $2.50/h",
                source="the file",
            ),
        ),
    )
    assert "    cost  $14,600/mo   $20.00/h   $2.00/Mtok ($1.00 in, $4.00 out)" in told(cost=cost)
    words = " ".join(told(cost=cost).split())
    assert "8 accelerators on average at $2.50/h; the whole place $40.00/h" in words
    assert "    cost  " not in told()


def test_running_text_keeps_to_the_width() -> None:
    long = " ".join(["word"] * 80)
    choice = Choice(path="chat.engine", value="vllm", owner="planner", reason=long, alternatives=())
    assert max(map(len, told(choices=(choice,), assumptions=()).splitlines())) <= 100


def test_the_hints_name_the_file() -> None:
    plan = plans.support_chat_plan()
    report = render_plan(plan, designs.support_chat(), file="here/chat.infer")
    assert "inferc explain here/chat.infer chat.tensor_parallel" in report
