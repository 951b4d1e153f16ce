"""What was decided, in one paragraph and one table a service."""

from inferc.compiler.model import Load
from inferc.compiler.model.network_service import ItemLoad
from inferc.compiler.plan import Margin, ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, line_amount, line_name, times
from inferc.compiler.wording.verdicts import reason
from inferc.targets.design_doc.facts import engine_title, hardware
from inferc.targets.design_doc.markdown import bold, code, said, section, table, text

DIGEST_DIGITS = 12


def verdict(topology: Topology) -> list[str]:
    """Return the verdict and which plan this is."""
    word = topology.verdict.value.capitalize()
    why = said(reason(topology.verdict, topology.planned))
    return [f"**{word}**: {why}. Plan {code(topology.digest[:DIGEST_DIGITS])}."]


def decisions(plan: ServicePlan) -> list[str]:
    """Return what is deployed for a service, and how far the SLA is from being missed."""
    service, chosen = plan.service, plan.configuration
    load = service.load
    sentence = (
        f"{bold(service.model.title)} in {bold(chosen.precision)} is served by "
        f"{bold(engine_title(plan))} in **{_replicas(plan)}** on {hardware(service.place)} "
        f"({text(service.place.path)}), for {rates(load)}, with prompts of "
        f"{amount(load.prompt.mean_tok.value, 'tok')} and answers of "
        f"{amount(load.output.mean_tok.value, 'tok')} on average."
    )
    heads = ("SLA", "limit", "predicted at the peak", "margin")
    return section(3, "Decision", [sentence], table(heads, map(margin_row, plan.margins)))


def _replicas(plan: ServicePlan) -> str:
    chosen = plan.configuration
    word = "replica" if chosen.replicas == 1 else "replicas"
    decode = " for answers" if chosen.prefill else ""
    return f"{chosen.replicas} {word}{decode} of {chosen.accelerators_per_replica}"


def rates(load: Load | ItemLoad) -> str:
    """Return the mean and the highest rate of requests."""
    mean, peak = load.rate_per_s.value, load.rate_per_s.value * load.peak.value
    return f"{amount(mean, 'req/s')} on average and {amount(peak, 'req/s')} at the peak"


def margin_row(margin: Margin) -> tuple[str, ...]:
    """Return a line of an SLA with what is predicted for it."""
    line = margin.objective
    name = line_name(line)
    left = percent(1 - margin.ratio) if margin.ratio <= 1 else f"**missed**, {times(margin.ratio)}"
    return (
        name if line.hard else f"{name} (wanted)",
        text(f"{line.operator} {line_amount(line.limit.value, line)}"),
        line_amount(margin.predicted, line),
        left,
    )
