"""Why a value is what it is: ``inferc explain FILE chat.tensor_parallel``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.model import (
    TYPICAL_TAIL,
    Decision,
    Design,
    Lengths,
    Objective,
    Service,
    is_stated,
)
from inferc.compiler.plan import Assumption, Choice, Margin, Plan, ServicePlan
from inferc.compiler.provenance import Origin, Sourced
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import (
    amount,
    line_amount,
    line_name,
    times,
)
from inferc.compiler.wording.verdicts import effect, settled, span_of
from inferc.dsl import Span
from inferc.report.layout import table, wrap

if TYPE_CHECKING:
    from inferc.compiler.model.network_service import NetworkService
    from inferc.compiler.plan.networks import NetworkPlan

Lines: TypeAlias = Iterator[str]
Explanation: TypeAlias = Callable[[], Lines]


def explain_path(plan: Plan, path: str, design: Design | None = None) -> str | None:
    """Return why the field at ``path`` has its value, or None where there is no such field.

    With ``design`` the demand of services is explained too that the plan refuses.
    """
    explanation = _fields(plan, design).get(path.strip())
    return None if explanation is None else "\n".join(explanation()) + "\n"


def known_paths(plan: Plan, design: Design | None = None) -> tuple[str, ...]:
    """Return every path that can be explained, in the order of the design."""
    return tuple(_fields(plan, design))


def suggest(plan: Plan, path: str, design: Design | None = None) -> tuple[str, ...]:
    """Return the paths that were probably meant by ``path``, the likeliest first."""
    paths = known_paths(plan, design)
    last = path.strip().rpartition(".")[2]
    same_end = [known for known in paths if known.rpartition(".")[2] == last]
    close = get_close_matches(path.strip(), paths, n=3, cutoff=0.6)
    by_end = {known.rpartition(".")[2]: known for known in reversed(paths)}
    alike = [by_end[end] for end in get_close_matches(last, by_end, n=2, cutoff=0.75)]
    return tuple(dict.fromkeys((*close, *same_end, *alike)))[:3]


def _fields(plan: Plan, design: Design | None) -> Mapping[str, Explanation]:
    """Return what explains each path."""
    planned = {item.service.name: item for item in plan.services}
    services = design.services if design else tuple(item.service for item in plan.services)
    fields: dict[str, Explanation] = {}
    for service in services:
        item = planned.get(service.name)
        fields |= _service_fields(_carrying(service, item), item)
        if item:
            for choice in item.choices:
                fields[choice.path] = partial(_choice, choice, service)
    networks = {item.service.name: item for item in plan.networks}
    for network in design.networks if design else ():
        own = networks.get(network.name)
        fields |= _stated(network, own, _network_numbers(network))
        for choice in own.choices if own else ():
            fields[choice.path] = partial(_choice, choice, network)
    return fields


Numbers: TypeAlias = tuple[tuple[str, Sourced[float], str, str], ...]


def _network_numbers(service: "NetworkService") -> Numbers:
    """Return the user's own numbers of a service of a network."""
    load = service.load
    item = service.model.item
    numbers: Numbers = (
        ("load.rate", load.rate_per_s, "req/s", "mean arrivals"),
        ("load.peak", load.peak, "x", "the rate of the busiest stretch over the mean"),
        ("load.items", load.items, "", f"{item}s of a request"),
    )
    if load.lengths is not None:
        lengths = _lengths(f"one {item}", load.lengths)
        numbers = (*numbers, ("load.input_tokens", load.lengths.mean_tok, "tok", lengths))
    if load.steps is not None:
        numbers = (*numbers, ("load.steps", load.steps, "", f"steps of one {item}"))
    return numbers


def _carrying(service: Service, item: ServicePlan | None) -> Service:
    """Return a service with the rate that its plan carries, where that is its goal."""
    return item.service if item and _carries_all(service.load.rate_per_s) else service


def _carries_all(rate: Sourced[float]) -> bool:
    """Return whether nobody states a rate: no other is 0, or comes from no catalog."""
    return not rate.value or (rate.origin is Origin.DEFAULTED and not rate.source)


def _service_fields(service: Service, item: ServicePlan | None) -> Mapping[str, Explanation]:
    """Return what explains the user's own fields of a service."""
    load = service.load
    if _carries_all(load.rate_per_s):
        rate, peak = "mean arrivals: as many as can be carried", "at that rate all the time"
    else:
        rate, peak = "mean arrivals", "the rate of the busiest stretch over the mean"
    numbers: Numbers = (
        ("load.rate", load.rate_per_s, "req/s", rate),
        ("load.peak", load.peak, "x", peak),
        ("load.prompt_tokens", load.prompt.mean_tok, "tok", _lengths("a prompt", load.prompt)),
        ("load.output_tokens", load.output.mean_tok, "tok", _lengths("an answer", load.output)),
    )
    return _stated(service, item, numbers)


def _stated(
    service: "Service | NetworkService", item: "ServicePlan | NetworkPlan | None", numbers: Numbers
) -> Mapping[str, Explanation]:
    """Return what explains the numbers of a load, and the lines of an SLA."""
    name = service.name
    effects = {a.unknown.path: a for a in item.assumptions} if item else {}
    fields: dict[str, Explanation] = {
        f"{name}.{field}": partial(
            _demand, f"{name}.{field}", value, unit, meaning, effects.get(f"{name}.{field}")
        )
        for field, value, unit, meaning in numbers
    }
    fields[f"{name}.sla"] = partial(_sla, service, item)
    lines: dict[str, list[Objective]] = {}
    for line in service.objectives:
        lines.setdefault(line_name(line), []).append(line)
    for said, alike in lines.items():
        fields[f"{name}.sla.{said.replace(' ', '.')}"] = partial(_objectives, alike, item)
    return fields


def _lengths(what: str, lengths: Lengths) -> str:
    tail = amount(lengths.p95_over_mean.value, "x")
    if is_stated(lengths):
        return f"tokens of {what} on average; the p95 is {tail} that"
    return (
        f"tokens of {what} on average; nobody stated the p95: planned is {tail} that, "
        f"{TYPICAL_TAIL}, and what no software can is shown for lengths that are all alike"
    )


# ---- decisions of the planner ------------------------------------------------------------------


REPLACED = "replaced by the next"

OWNERS = {
    "planner": "chosen by the planner",
    "pin": "pinned in the file",
    "given": "written in the file",
}


def _choice(choice: Choice, service: "Service | NetworkService") -> Lines:
    """Yield why a value was chosen, what lost and who else wrote the field."""
    yield f"{choice.path} = {choice.value}   {OWNERS.get(choice.owner, choice.owner)}"
    yield from wrap(choice.reason, indent=2)
    if choice.alternatives:
        yield ""
        yield "  looked at, and not taken"
        rows = [
            (loser.value, "" if loser.ratio is None else times(loser.ratio), loser.reason)
            for loser in choice.alternatives
        ]
        yield from table(rows, indent=4, right=(0, 1))
    field = choice.path.rpartition(".")[2]
    writers = [item for item in service.decisions if item.field == field]
    yield ""
    if writers:
        yield "  written by"
        yield from table([row for item in writers for row in _writer_rows(item)], indent=4)
        return
    if field == "survives":
        yield f"  follows from `survives` of {service.name}, or from a spot market"
        return
    if choice.owner != "planner":
        return
    start = "to fix it" if writers else "nobody wrote it; to take the decision back"
    yield f"  {start}:"
    if field == "share":
        yield f'    share = mig("{choice.value}")   in `service {service.name}`'
    else:
        yield f'    pin {{ {choice.path} = {choice.value} because "…" }}'


def _writer_rows(decision: Decision) -> Iterator[tuple[str, str, str]]:
    """Yield the statements of a decision in their order; the last one holds."""
    for span in decision.writers[:-1]:
        yield where(span), span.text, REPLACED
    yield _writer(decision)


def _writer(decision: Decision) -> tuple[str, str, str]:
    values = [_word(value) for value in decision.values]
    joined = "..".join(values) if decision.is_range else ", ".join(values)
    if decision.operator in {"in", "not in"} and not decision.is_range:
        joined = f"[{joined}]"
    return (
        where(decision.span),
        f"{decision.field} {decision.operator} {joined}",
        decision.because,
    )


def _word(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


# ---- demand ------------------------------------------------------------------------------------


def _demand(
    path: str, value: Sourced[float], unit: str, meaning: str, effects: Assumption | None
) -> Lines:
    """Yield who said a number, how sure it is and what it decides."""
    yield f"{path} = {amount(value.value, unit)}   {value.origin.value}"
    yield from wrap(meaning, indent=2)
    yield ""
    yield from _origin(value)
    if effects is None:
        if value.low == value.high and value.span is not None:
            yield "  it is taken as stated: nothing was varied"
        return
    yield ""
    yield f"  {effect(effects)}"
    for line in (span_of(effects), settled(effects)):
        if line:
            yield f"  {line}"
    if value.origin is Origin.DEFAULTED:
        shown = amount(value.value, unit)
        yield ""
        yield "  once you know better:"
        yield f'    assume {{ {path} = {shown} because "…" confidence medium }}'


def _origin(value: Sourced[float]) -> Lines:
    """Yield who wrote a number."""
    if value.span is not None and value.origin in {Origin.GIVEN, Origin.ASSUMED}:
        because = f'   because "{value.because}"' if value.because else ""
        yield from _earlier(value.writers)
        yield f"  written in {where(value.span)}: {value.span.text}{because}"
        if value.origin is Origin.ASSUMED:
            yield f"  confidence {value.confidence.value}"
        return
    source = " ".join(part for part in (value.source, value.as_of) if part)
    if not source and value.because:
        yield from wrap(value.because, indent=2)
        return
    text = f"nobody said; the catalog's typical value{f', {source}' if source else ''}"
    yield from wrap(text, indent=2)


# ---- the SLA -----------------------------------------------------------------------------------


def _sla(service: "Service | NetworkService", item: "ServicePlan | NetworkPlan | None") -> Lines:
    """Yield every line of the SLA of a service with what is predicted."""
    yield f"{service.name}.sla"
    if not service.objectives:
        yield "  nothing is asked for: the goal is throughput, and there is no limit to latency"
    rows = [
        (
            line_name(line),
            f"{line.operator} {line_amount(line.limit.value, line)}",
            "" if line.hard else "prefer",
            _predicted(line, item),
            where(line.span),
        )
        for line in service.objectives
    ]
    yield from table(rows, indent=2)


def _objectives(lines: Sequence[Objective], item: "ServicePlan | NetworkPlan | None") -> Lines:
    """Yield the lines of an SLA on the same figure: what must hold, and what is preferred."""
    for line in lines:
        limit = line_amount(line.limit.value, line)
        much = "must hold" if line.hard else "is preferred"
        yield f"{line_name(line)} {line.operator} {limit}   {much}"
        yield from _earlier(line.writers)
        yield f"  written in {where(line.span)}: {line.span.text}"
        predicted = _predicted(line, item)
        if predicted:
            yield f"  {predicted}"


def _predicted(line: Objective, item: "ServicePlan | NetworkPlan | None") -> str:
    margin = next((m for m in item.margins if m.objective == line), None) if item else None
    return "" if margin is None else _margin(margin)


def _margin(margin: Margin) -> str:
    value = line_amount(margin.predicted, margin.objective)
    if margin.ratio > 1:
        return f"predicted {value}: missed, {times(margin.ratio)} the limit"
    return f"predicted {value}: margin {percent(1 - margin.ratio)}"


def _earlier(writers: tuple[Span, ...]) -> Lines:
    """Yield the statements that the last one took the place of."""
    for span in writers[:-1]:
        yield f"  {where(span)}: {span.text}   {REPLACED}"


def where(span: Span) -> str:
    """Return ``file:line``."""
    return f"{span.source.path}:{span.line}"
