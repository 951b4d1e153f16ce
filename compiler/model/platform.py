"""What a managed platform allows. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.provenance import Sourced
from inferc.dsl.source import Span

UNVERIFIED = ("Assumed", "Estimate")
"""How sources of numbers begin that nobody looked up: no reason to refuse a design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform that runs containers for others."""

    id: str
    """The catalog path: ``platform.cloud_run``."""
    title: str
    accelerators: tuple[str, ...]
    """Catalog paths of those that it has; empty for any."""
    scale_to_zero: bool
    start_s: Sourced[float] | None
    """Until an accelerator is there, before weights are loaded."""
    limits: Mapping[str, Sourced[float]]
    """In base units, by the names of the schema: ``longest_response``, ``largest_request``, …"""
    region: str = ""
    cloud: str = ""
    """Whose types of machines its instances may be named by; empty where they have no types."""
    span: Span | None


def is_verified(limit: Sourced[float]) -> bool:
    """Return whether somebody looked a limit up, so that a design may be refused for it."""
    return not limit.source.startswith(UNVERIFIED)
