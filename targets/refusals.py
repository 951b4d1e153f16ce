"""What several targets refuse alike, and in whose name."""

from collections.abc import Sequence
from dataclasses import replace

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic
from inferc.targets import diagnostics as report

NETWORK = "nothing is emitted yet for networks"
PART = "nothing is emitted yet for parts of accelerators"


def refusals(
    topology: Topology, target: str, *, networks: bool = True, parts: bool = True
) -> tuple[Diagnostic, ...]:
    """Return what of a topology ``target`` cannot deploy yet: networks, and parts of GPUs.

    Without ``networks``, or ``parts``, it can deploy those.
    """
    found = {
        plan.service.name: (NETWORK, plan.service.span) for plan in topology.networks if networks
    }
    found |= {
        plan.service.name: (PART, plan.service.span)
        for plan in topology.services
        if parts and plan.service.place.slices > 1
    }
    return tuple(
        report.cannot_serve(
            target=target,
            service=name,
            reason=reason,
            notes=("it is planned, and the target `diagram` draws it",),
            step="compile for `diagram` alone, `-t diagram`, or leave the service out",
            span=span,
        )
        for name, (reason, span) in found.items()
    )


def said_by(target: str, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what the shared Kubernetes objects refuse as said by ``target``, which was asked."""
    theirs, ours = "`kubernetes`", f"`{target}`"
    return tuple(
        replace(item, message=item.message.replace(theirs, ours)) if item.code == "INF601" else item
        for item in found
    )
