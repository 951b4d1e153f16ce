"""What several sections say about a service."""

from inferc.compiler.model import Engine, Place
from inferc.compiler.plan import Autoscale, Choice, ServicePlan
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, plural
from inferc.targets.design_doc.markdown import bold, text


def engine_title(plan: ServicePlan) -> str:
    """Return what the maker calls the engine."""
    return plan.engine.title if plan.engine else plan.configuration.engine


def batches_continuously(engine: Engine | None) -> bool:
    """Return whether requests join and leave the batch at every step."""
    return engine is not None and engine.batching == "continuous"


def hardware(place: Place) -> str:
    """Return what a place consists of, in bold."""
    what = bold(f"{place.per_node} x {place.accelerator.title}")
    nodes = int(place.nodes.value)
    return what if nodes == 1 else f"{plural(nodes, 'node')} of {what}"


def fabric(place: Place) -> str:
    """Return what joins the accelerators of a node."""
    link = place.accelerator.link or place.accelerator.host_link
    if link is None:
        return "no link between accelerators"
    speed = amount(link.bandwidth_bytes_per_s.value, "B/s")
    return f"{text(link.title)}, {speed} per accelerator and direction"


def is_pcie(place: Place) -> bool:
    """Return whether accelerators of a node reach each other over PCIe alone."""
    return place.accelerator.link is None and place.accelerator.host_link is not None


def adds_replica(scale: Autoscale) -> str:
    """Return from where on of its signal an autoscaler adds a replica: ``waiting > 23``."""
    is_share = scale.signal == "kv_usage"
    beyond = percent(scale.threshold) if is_share else f"{scale.threshold:g}"
    return f"{scale.signal} > {beyond}"


def scales(plan: ServicePlan | NetworkPlan) -> str:
    """Return between which numbers of replicas a service is kept, and by what."""
    scale, why = plan.autoscale, text(plan.autoscale.reason)
    if scale.min_replicas == scale.max_replicas:
        return f"**Fixed at {plural(scale.max_replicas, 'replica')}**: {why}."
    replicas = f"**{scale.min_replicas} to {scale.max_replicas} replicas**"
    return f"{replicas} on {bold(adds_replica(scale))} a replica: {why}."


def boundary(plan: ServicePlan | NetworkPlan) -> str:
    """Return how much a service carries as planned."""
    return (
        f"**Scaling boundary**: {amount(plan.estimate.capacity_per_s, 'req/s')} within the SLA, "
        f"with {plural(plan.configuration.replicas, 'replica')}."
    )


def choice(plan: ServicePlan | NetworkPlan, field: str) -> Choice | None:
    """Return the decision on ``field``; None where the plan lists none."""
    path = f"{plan.service.name}.{field}"
    return next((item for item in plan.choices if item.path == path), None)


def losers(plan: ServicePlan | NetworkPlan, field: str, most: int = 3) -> str:
    """Return the values of ``field`` that lost, each with its reason, as text without marks."""
    found = choice(plan, field)
    if found is None:
        return ""
    return "; ".join(f"{loser.value}: {loser.reason}" for loser in found.alternatives[:most])
