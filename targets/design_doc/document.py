"""The whole document, section by section."""

from collections.abc import Iterable

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.targets.design_doc.markdown import text
from inferc.targets.design_doc.sections.avoid import avoid
from inferc.targets.design_doc.sections.capacity import capacity, costs, rests_on
from inferc.targets.design_doc.sections.diagram import diagram
from inferc.targets.design_doc.sections.networks import network
from inferc.targets.design_doc.sections.orchestration import orchestration
from inferc.targets.design_doc.sections.overview import decisions, verdict
from inferc.targets.design_doc.sections.parallelism import parallelism
from inferc.targets.design_doc.sections.serving import batching, memory, routing, scaling
from inferc.targets.design_doc.sections.watch import watch


def render(topology: Topology) -> str:
    """Return the design document of ``topology`` as Markdown."""
    lines = [f"# {text(topology.name)}", "", *verdict(topology), "", *diagram(topology)]
    for plan in topology.services:
        lines += [f"## Service {text(plan.service.name)}", "", *_service(plan, topology)]
    for item in topology.networks:
        lines += [f"## Service {text(item.service.name)}", "", *network(item)]
    lines += orchestration(topology)
    lines += avoid(topology)
    lines += capacity(topology)
    lines += costs(topology)
    lines += watch(topology)
    lines += rests_on(topology)
    return "\n".join(_squeezed(lines)) + "\n"


def _service(plan: ServicePlan, topology: Topology) -> list[str]:
    return [
        *decisions(plan),
        *parallelism(plan),
        *routing(plan, topology),
        *batching(plan),
        *memory(plan),
        *scaling(plan),
    ]


def _squeezed(lines: Iterable[str]) -> list[str]:
    """Return ``lines`` without empty ones at the end."""
    found = list(lines)
    while found and not found[-1]:
        found.pop()
    return found
