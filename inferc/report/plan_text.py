"""A plan for people: verdict, decisions, what they rest on, and where to look further."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING

from inferc.compiler.model import Design, unstated_of, unstated_tails
from inferc.compiler.perf import Estimate
from inferc.compiler.plan import Assumption, Choice, Memory, Plan, ServicePlan, Verdict
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import amount, plural
from inferc.compiler.wording.verdicts import decides, effect, headline, place_of, settled, span_of
from inferc.report.cost_text import budget_lines, cost_lines
from inferc.report.fitted import fitted_number
from inferc.report.fleet_text import MANY, fleet_blocks
from inferc.report.hardware import hardware
from inferc.report.layout import BAR, Cell, Paint, heading, table, wrap
from inferc.report.margins import scaling_line, sla_table
from inferc.report.refusal import refusal_lines
from inferc.report.serving_choices import prompts_line, unusual

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan
    from inferc.compiler.trial import Verification

VERDICT_STYLES = {
    Verdict.FEASIBLE: ("green", "bold"),
    Verdict.CONDITIONAL: ("yellow", "bold"),
    Verdict.INFEASIBLE: ("red", "bold"),
}

BASES = {
    "measured": "measured: this model on this engine, accelerator and format",
    "calibrated": "calibrated: engine and architecture were measured, on something else",
    "spec sheet": "spec sheet: nothing like it was measured",
}
"""What a plan's latencies rest on, in words."""

MOST_LOSERS = 3
"""Values that lost and are named; ``inferc explain`` has them all."""

NOT_AT_ALL = "-"
"""Stands for a peak factor where the SLA is missed at the mean rate already."""


def render_plan(
    plan: Plan,
    design: Design,
    *,
    file: str = "topology.infer",
    color: bool = False,
    verifications: "Iterable[Verification]" = (),
    service: str = "",
) -> str:
    """Return ``plan`` as text; ``file`` is what the hints at its end call the compiled file.

    Many services are listed, one line each, unless one is asked for by its name.
    """
    paint = Paint(color)
    blocks = [[*_head(plan, paint), *budget_lines(plan, design)]]
    shown = [item for item in plan.services if service in {"", item.service.name}]
    many = len(shown) > MANY
    if many:
        blocks += fleet_blocks(plan, paint)
    for service_plan in shown:
        found = [_verified(item, paint) for item in verifications if item.plan is service_plan]
        if many:
            name = paint(service_plan.service.name, "bold", "cyan")
            blocks += [[f"  {name}", *lines] for lines in found]
        else:
            blocks += [*_service_blocks(service_plan, paint), *found]
    if plan.networks:
        blocks += _network_blocks(plan, paint, service)
    if plan.refusals:
        blocks.append(refusal_lines(plan, paint))
    blocks.append(_learn_more(plan, service or _first(design), file, paint, many=many))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(plan: Plan, paint: Paint) -> list[str]:
    word, colon, reason = headline(plan).partition(":")
    verdict = paint(word, *VERDICT_STYLES[plan.verdict]) + colon + reason
    return [f"topology {paint(plan.topology, 'bold')}   {verdict}"]


def _service_blocks(plan: ServicePlan, paint: Paint) -> list[list[str]]:
    return [
        _configuration(plan, paint),
        _assumptions(plan.assumptions, paint, unstated_tails(plan.service.load)),
        _envelope(plan, paint),
        _choices(plan.choices, paint),
        _memory(plan.estimate.memory, paint),
    ]


def _network_blocks(plan: Plan, paint: Paint, service: str) -> list[list[str]]:
    """Return the plans of networks; their words are read only where there are some."""
    from inferc.report.network_plan import memory_lines, network_lines

    return [
        block
        for item in plan.networks
        if service in {"", item.service.name}
        for block in (
            network_lines(item, paint),
            _assumptions(item.assumptions, paint, _unstated(item)),
            _choices(item.choices, paint),
            memory_lines(item, paint),
        )
    ]


def _unstated(plan: "NetworkPlan") -> str:
    """Return how lengths of items are planned where nobody states their p95."""
    lengths = plan.service.load.lengths
    return "" if lengths is None else unstated_of({f"one {plan.service.model.item}": lengths})


def _verified(found: "Verification", paint: Paint) -> list[str]:
    from inferc.report.verification import verification_lines

    return verification_lines(found, paint)


# ---- what is deployed --------------------------------------------------------------------------


def _configuration(plan: ServicePlan, paint: Paint) -> list[str]:
    service, shape, estimate = plan.service, plan.configuration, plan.estimate
    used = f"{shape.accelerators} of {plural(service.place.accelerators, 'accelerator')}"
    place = f"{service.place.path} ({hardware(service.place)})"
    fields = (
        ("engine", shape.engine),
        ("", shape.precision),
        ("tensor_parallel", str(shape.tensor_parallel)),
        ("pipeline_parallel", "" if shape.pipeline_parallel == 1 else str(shape.pipeline_parallel)),
        ("replicas", str(shape.replicas)),
        ("", f"({used})"),
    )
    limits = (
        ("max_num_seqs", str(shape.max_num_seqs)),
        ("max_num_batched_tokens", str(shape.max_num_batched_tokens)),
        ("max_model_len", str(plan.max_model_len)),
    )
    return [
        f"  {paint(service.name, 'bold', 'cyan')}   {service.model.title} on {place}",
        *(_run(line) for line in (fields, limits, unusual(shape), prompts_line(shape)) if line),
        *_scaling(plan, paint),
        "",
        *sla_table(plan.margins, paint),
        *(paint(text, "dim") for text in _trust(plan)),
        *([""] if plan.margins else []),
        *wrap(_work(estimate), indent=4),
        *cost_lines(plan, paint),
        *(paint(text, "dim") for text in _coefficients(plan)),
    ]


def _run(fields: Iterable[tuple[str, str]]) -> str:
    """Return names and values in one line; a field without a value is left out."""
    return "    " + "   ".join(f"{name} {value}".strip() for name, value in fields if value)


def _work(estimate: Estimate) -> str:
    """Return how much there is to do, and how much is carried."""
    carried = f"sustained within the SLA: {amount(estimate.capacity_per_s, 'req/s')}"
    mean = f"at the mean rate {percent(estimate.compute_share)} of the peak FLOP/s"
    if not isfinite(estimate.concurrency):
        return f"{mean}; at the peak more comes than can be done; {carried}"
    return (
        f"{mean}; at the peak each replica is busy {percent(estimate.utilisation)} of the time, "
        f"with {amount(estimate.concurrency, '')} requests at once; {carried}"
    )


def _scaling(plan: ServicePlan, paint: Paint) -> list[str]:
    scale = plan.autoscale
    why = "; ".join(part for part in (scale.reason, scale.rollout_reason) if part)
    lines = [f"    {scaling_line(scale, plan.load_time_s)}"]
    if scale.schedule is not None:
        hours = scale.schedule
        text = f"and {hours.replicas} from `{hours.start}` to `{hours.end}` {hours.zone}"
        lines.append(f"    {text}")
    return [*lines, *(paint(text, "dim") for text in wrap(why, indent=8))]


def _coefficients(plan: ServicePlan) -> list[str]:
    """Return what the figures of the engine were fitted to."""
    number = fitted_number(plan)
    if number is None:
        return []
    day = f" ({number.as_of})" if number.as_of else ""
    return [*wrap(f"coefficients of {plan.configuration.engine}: {number.source}{day}", indent=4)]


def _trust(plan: ServicePlan) -> list[str]:
    """Return what the intervals are."""
    if not any(margin.high is not None for margin in plan.margins):
        return []
    told = f"(in brackets) 80% of such estimates; {BASES[plan.basis]}"
    if plan.service.confidence:
        told += "; the plan is made from the upper ends"
    return wrap(told, indent=4)


# ---- what it rests on --------------------------------------------------------------------------


def _assumptions(items: Sequence[Assumption], paint: Paint, unvaried: str = "") -> list[str]:
    """Return the numbers that nobody is sure of; ``unvaried`` tells of those not varied."""
    told = wrap(unvaried, indent=4) if unvaried else []
    if not items:
        nothing = "    nothing but what the file and the catalog state"
        return [heading("rests on", paint), *(told or [nothing])]
    rows = [
        (
            (f"A{number}", "cyan"),
            f"{item.unknown.path} = {amount(item.unknown.typical, item.unknown.unit)}",
            f"{item.unknown.origin.value}, {item.unknown.confidence.value}",
            (effect(item), "yellow" if decides(item) else ""),
            (place_of(item.unknown), "dim"),
        )
        for number, item in enumerate(items, 1)
    ]
    lines = [heading("rests on", paint)]
    for row, item in zip(table(rows, paint, indent=4), items, strict=True):
        lines.append(row)
        because = f'because "{item.unknown.because}"' if item.unknown.because else ""
        about = "; ".join(part for part in (because, span_of(item), settled(item)) if part)
        lines += [paint(line, "dim") for line in wrap(about, indent=8)]
    return [*lines, *told]


def _envelope(plan: ServicePlan, paint: Paint) -> list[str]:
    """Return up to which peak the SLA holds: a grid of lengths where there is one, else a list."""
    held = {
        (row.prompt_mean_tok, row.output_mean_tok): row.holds_up_to_peak for row in plan.envelope
    }
    if not held:
        return []
    prompts = sorted({prompt for prompt, _ in held})
    outputs = sorted({output for _, output in held})
    title = heading("holds up to a peak of, by mean lengths", paint)
    rows: list[list[Cell]]
    if len(held) == len(prompts) * len(outputs):
        rows = [["", *(f"answers {amount(output, 'tok')}" for output in outputs)]]
        rows += [
            [f"prompts {amount(prompt, 'tok')}", *(_peak(held[prompt, o]) for o in outputs)]
            for prompt in prompts
        ]
    else:
        rows = [
            [f"prompts {amount(prompt, 'tok')}, answers {amount(output, 'tok')}", _peak(peak)]
            for (prompt, output), peak in sorted(held.items())
        ]
    columns = range(1, len(rows[0]))
    lines = [title, *table(rows, paint, indent=4, right=columns)]
    if not all(held.values()):
        lines.append(f"    {NOT_AT_ALL}: not even at the mean rate")
    return lines


def _peak(peak: float) -> Cell:
    return amount(peak, "x") if peak else (NOT_AT_ALL, "dim")


# ---- how it was decided ------------------------------------------------------------------------


def _choices(choices: Sequence[Choice], paint: Paint) -> list[str]:
    """Return each decision with what made others lose; the reason that most have stands once."""
    if not choices:
        return []
    planned = Counter(choice.reason for choice in choices if choice.owner == "planner")
    usual = planned.most_common(1)[0][0] if planned else ""
    names = [choice.path.rpartition(".")[2] for choice in choices]
    left = max(map(len, names))
    right = max(len(choice.value) for choice in choices)
    lines = [heading("decided", paint)]
    lines += [paint(line, "dim") for line in wrap(f"unless said: {usual}", indent=4) if usual]
    for name, choice in zip(names, choices, strict=True):
        first = f"    {name.ljust(left)}  {choice.value.rjust(right)}  "
        said = "; ".join(_said(choice, usual))
        lines += wrap(said, indent=len(first), first=first) if said else [first.rstrip()]
    return lines


def _said(choice: Choice, usual: str) -> Iterator[str]:
    """Yield what is worth saying of a decision: who took it, why, and what came near it."""
    if choice.owner != "planner":
        yield f"({choice.owner}) {choice.reason}"
        return
    if choice.reason != usual:
        yield choice.reason
    near = [loser for loser in choice.alternatives if loser.ratio is not None][:MOST_LOSERS]
    for place, loser in enumerate(near):
        yield f"{'' if place else 'not '}{loser.value}: {loser.reason}"


def _memory(memory: Memory, paint: Paint) -> list[str]:
    parts = (
        ("weights", memory.weights_bytes),
        ("activations", memory.activation_bytes),
        ("runtime", memory.runtime_bytes),
        ("kv cache", memory.kv_cache_bytes),
        ("not used", memory.total_bytes - memory.usable_bytes),
    )
    rows = [
        (
            name,
            amount(size, "B"),
            show(size / memory.total_bytes, "ratio"),
            ("#" * round(BAR * size / memory.total_bytes), "cyan"),
            (
                f"{amount(memory.kv_cache_tok, 'tok')} a replica" if name == "kv cache" else "",
                "dim",
            ),
        )
        for name, size in parts
    ]
    title = f"memory of one accelerator, {amount(memory.total_bytes, 'B')}"
    return [heading(title, paint), *table(rows, paint, indent=4, right=(1, 2))]


def _first(design: Design) -> str:
    return design.services[0].name if design.services else "service"


def _learn_more(plan: Plan, name: str, file: str, paint: Paint, *, many: bool) -> list[str]:
    """Return where to look further: what there is to say of the service called ``name``."""
    looked_at = sum(item.candidates for item in plan.services if not item.same_as)
    looked_at += sum(item.candidates for item in plan.networks)
    lines = [f"  {plural(looked_at, 'configuration')} looked at"] if looked_at else []
    same = sum(1 for item in plan.services if item.same_as)
    if same:
        lines.append(f"  {plural(same, 'service')} planned as others that differ only by name")
    hints: list[tuple[Cell, ...]]
    if plan.services:
        hints = [
            ((f"inferc explain {file} {name}.tensor_parallel", "cyan"), "why, and what lost"),
            ((f"inferc explain {file} {name}.load.peak", "cyan"), "what the peak decides"),
            ((f"inferc plan {file} --format json", "cyan"), "all of it for programs"),
        ]
        if many:
            one = f"inferc plan {file} --service {name}"
            hints.insert(0, ((one, "cyan"), "all about one of them"))
    elif plan.networks and not plan.refusals:
        first = plan.networks[0].service.name
        hints = [
            ((f"inferc explain {file} {first}.max_batch_size", "cyan"), "why, and what lost"),
            ((f"inferc plan {file} --format json", "cyan"), "all of it for programs"),
        ]
    else:
        codes = sorted({bound.code for item in plan.refusals for bound in item.bounds})
        hints = [((f"inferc explain {code}", "cyan"), "what this bound says") for code in codes]
    return [*lines, *table(hints, paint, indent=2)]
