"""One topology of the user's file: its services, and what is asked for beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inferc.compiler.model.design import Objective, Service
from inferc.dsl.source import Span

if TYPE_CHECKING:
    from inferc.compiler.model.calibration import Calibration
    from inferc.compiler.model.gateway import Gateway
    from inferc.compiler.model.network_service import NetworkService


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """An ``emit`` block: a target and its options."""

    target: str
    options: Mapping[str, str | float | bool]
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One topology of the user's file."""

    name: str
    doc: str
    services: tuple[Service, ...]
    networks: "tuple[NetworkService, ...]" = ()
    """Its services of networks."""
    gateways: "tuple[Gateway, ...]" = ()
    """Where callers come in."""
    emissions: tuple[Emission, ...]
    budgets: tuple[Objective, ...] = ()
    """What all services together may cost."""
    calibration: "Calibration | None" = None
    """What its plan rests on, where the file names one; None for the calibration that is shipped.
    Nothing of the design is changed by it yet."""
    span: Span
