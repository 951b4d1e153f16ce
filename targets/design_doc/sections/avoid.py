"""What must not be done, each derived from a number of the plan."""

from collections.abc import Iterator

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.wording.amounts import amount, line_name, plural
from inferc.targets.design_doc.facts import batches_continuously, fabric, is_pcie, losers
from inferc.targets.design_doc.markdown import bold, section, table, text

LATENCIES = ("ttft", "itl", "tpot", "e2e")

Rule = tuple[str, str, str]
"""Where, what to avoid, and why."""


def avoid(topology: Topology) -> list[str]:
    """Return the table of what must be avoided."""
    rules = [rule for plan in topology.services for rule in rules_of(plan)]
    rows = [(text(where), bold(what), text(why)) for where, what, why in rules]
    return section(2, "To be avoided", table(("service", "avoid", "because"), rows))


def rules_of(plan: ServicePlan) -> Iterator[Rule]:
    """Yield what must be avoided for one service."""
    name = plan.service.name
    for rules in (
        _wide_groups,
        _crossing_nodes,
        _other_widths,
        _sleeping,
        _sharing,
        _static_batches,
        _surging,
        _long_requests,
        _spot,
    ):
        for what, why in rules(plan):
            yield name, what, why


def _wide_groups(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    """Tensor parallelism over what is slower than the link it was planned for."""
    place, degree = plan.service.place, plan.configuration.tensor_parallel
    if is_pcie(place):
        yield (
            f"tensor parallelism wider than {degree} across PCIe",
            f"two exchanges a layer would run over {fabric(place)}",
        )
    elif place.accelerator.link and place.per_node > place.accelerator.link_domain:
        yield (
            f"tensor parallelism beyond {place.accelerator.link_domain} accelerators",
            f"outside the domain of {place.accelerator.link.title} they meet over the host's links",
        )


def _other_widths(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    """Other degrees of tensor parallelism, with what made each lose."""
    lost = losers(plan, "tensor_parallel")
    if lost:
        yield f"tensor parallelism other than {plan.configuration.tensor_parallel}", lost


def _crossing_nodes(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    place = plan.service.place
    if place.nodes.value > 1 and plan.configuration.tensor_parallel > 1:
        network = amount(place.network.bandwidth_bytes_per_s.value, "B/s")
        yield (
            "tensor parallelism across nodes",
            f"{place.network.title} carries {network}, the links inside a node {fabric(place)}",
        )


def _sleeping(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    """Scale to zero, where a start takes longer than a request may wait."""
    limits = [
        line
        for line in plan.service.objectives
        if line.hard and line.metric in {"ttft", "e2e"} and line.limit.value < plan.load_time_s
    ]
    if limits:
        line = min(limits, key=lambda item: item.limit.value)
        said = line_name(line)
        start, limit = amount(plan.load_time_s, "s"), amount(line.limit.value, "s")
        yield "scale to zero", f"a start takes {start}, and {said} may take {limit}"


def _sharing(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    if any(line.hard and line.metric in LATENCIES for line in plan.service.objectives):
        why = "another process would hold the device for whole slices, between any two tokens"
        yield "time-slicing of its accelerators", why


def _static_batches(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    if batches_continuously(plan.engine):
        why = "every answer would last as long as the longest of its batch"
        yield "static batches, or a batcher before the engine", why


def _surging(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    place, chosen = plan.service.place, plan.configuration
    free = place.accelerators - chosen.accelerators
    if free < chosen.accelerators_per_replica:
        size = chosen.accelerators_per_replica
        why = f"a replica takes {plural(size, 'accelerator')}, and {place.path} has {free} free"
        yield "rollouts that surge", why


def _long_requests(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    longest = float(plan.max_model_len)
    room = amount(plan.estimate.memory.kv_cache_tok, "tok")
    yield (
        f"requests beyond {amount(longest, 'tok')}",
        f"they are refused: {room} in all fit into a replica's cache",
    )


def _spot(plan: ServicePlan) -> Iterator[tuple[str, str]]:
    if plan.service.place.market != "spot" and any(
        line.hard and line.metric in LATENCIES for line in plan.service.objectives
    ):
        why = f"what is interrupted is missed for {amount(plan.load_time_s, 's')}, a start"
        yield "spot capacity for all of it", why
