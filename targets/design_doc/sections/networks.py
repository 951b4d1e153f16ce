"""Services of networks: models that answer items, alone on accelerators or on parts of them."""

from collections.abc import Iterator

from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, plural
from inferc.targets.design_doc.facts import boundary, hardware, losers, scales
from inferc.targets.design_doc.markdown import bold, bullets, section, table, text
from inferc.targets.design_doc.sections.overview import margin_row, rates


def network(plan: NetworkPlan) -> list[str]:
    """Return everything about one service of a network."""
    return [
        *_decision(plan),
        *section(3, "Dynamic batching and scheduling", bullets(_batching(plan))),
        *section(3, "Memory management", bullets(_memory(plan))),
        *section(3, "Autoscaling triggers", bullets(_scaling(plan))),
    ]


def _decision(plan: NetworkPlan) -> list[str]:
    service, chosen = plan.service, plan.configuration
    engine = plan.engine.title if plan.engine else chosen.engine
    sentence = (
        f"{bold(service.model.title)} in {bold(chosen.precision)} is served by {bold(engine)} in "
        f"**{plural(chosen.replicas, 'replica')}** on {_part(plan)} of {hardware(plan.place)} "
        f"({text(plan.place.path)}), for {rates(service.load)}."
    )
    heads = ("SLA", "limit", "predicted at the peak", "margin")
    lost = losers(plan, "share")
    why = [f"Rejected shares: {text(lost)}."] if lost else []
    return section(3, "Decision", [sentence], table(heads, map(margin_row, plan.margins)), why)


def _part(plan: NetworkPlan) -> str:
    """Return what of an accelerator each replica has."""
    match plan.configuration.share:
        case "mig":
            return f"a MIG part {bold(plan.configuration.profile)} each"
        case "time_slice":
            return f"**turns of {plan.configuration.sharers}** each"
        case _:
            return "an accelerator each"


def _batching(plan: NetworkPlan) -> Iterator[str]:
    chosen, found = plan.configuration, plan.estimate
    yield (
        f"**Dynamic batching** of up to **{chosen.max_batch_size} items**, held back for "
        f"{amount(chosen.max_queue_delay_s, 's')} at most; {amount(found.mean_batch, '')} are "
        "answered together on average at the peak."
    )
    yield (
        f"A full batch takes {amount(found.batch_s, 's')}; a replica is busy "
        f"{percent(found.utilisation)} of the time."
    )


def _memory(plan: NetworkPlan) -> Iterator[str]:
    used = plan.estimate.memory
    yield (
        f"Weights take {amount(used.weights_bytes, 'B')}; at most "
        f"**{used.largest_batch} items** fit beside them."
    )


def _scaling(plan: NetworkPlan) -> Iterator[str]:
    yield scales(plan)
    yield boundary(plan)
