"""What every target is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, Span

Data: TypeAlias = "str | int | float | bool | Sequence[Data] | Mapping[str, Data] | None"
"""What a YAML or JSON document can hold."""

Options: TypeAlias = Mapping[str, str | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One file to write; ``path`` is relative, with forward slashes, inside the target's folder."""

    path: str
    content: bytes
    executable: bool = False
    starter: bool = False
    """Whether it is the user's own once it is there: made where it is missing, then left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """What a target made of a topology: all files, or errors and none."""

    artifacts: tuple[Artifact, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


class Target(Protocol):
    """A way to deploy or draw a topology. ``emit`` is pure: same input, same bytes."""

    @property
    def name(self) -> str:
        """What ``-t`` and ``emit`` blocks call it."""
        ...

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        ...


def spelled(name: str) -> str:
    """Return the name of a target as an ``emit`` block says it, where names have no hyphens."""
    return name.replace("_", "-")


def asked_at(topology: Topology, target: str) -> Span | None:
    """Return where the file asks for ``target``; None where only the command line does."""
    found = (one.span for one in topology.emissions if spelled(one.target) == target)
    return next(found, None)


def fits_one_machine(topology: Topology) -> bool:
    """Return whether no service needs machines that are joined to a cluster."""
    places = {plan.service.place.path: plan.service.place for plan in topology.planned}
    joined = [place for place in places.values() if place.cluster is not None]
    return sum(int(place.nodes.value) for place in joined) <= 1
