"""What comes out: costs with what they are made of. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """A part of a cost or a price, with the arithmetic that leads to it."""

    name: str
    usd_per_s: float
    arithmetic: str
    """As a person with a calculator follows it."""
    source: str
    """Where its numbers come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Another way to have the same service, at the same traffic."""

    kind: str
    """``managed_api``, ``serverless_gpu``, ``reserved_base``, or another market of the same
    hardware: ``spot``."""
    title: str
    usd_per_s: float
    """At the stated traffic, on average."""
    arithmetic: str
    source: str
    as_of: str
    breaks_even: bool
    """Whether there is a load from which on the plan is cheaper."""
    break_even_per_s: float
    """The mean rate of requests above which the plan is cheaper; 0 where it always is, infinite
    where it never is. Of a market: the plan's own rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCost:
    """What one service costs. Dollars a second, at the load as it varies unless said otherwise."""

    usd_per_s: float
    """The mean over the week."""
    peak_usd_per_s: float
    """While every planned replica runs."""
    place_usd_per_s: float
    """The whole place, used or not, where its hardware stands there anyway."""
    replicas: float
    """Mean number of replicas that are paid for."""
    follows: bool
    """Whether hardware comes and goes with the replicas."""
    usd_per_request: float
    usd_per_input_tok: float
    usd_per_output_tok: float
    usd_per_tok: float
    """Blended: over all tokens, of prompts and of answers."""
    input_share: float
    """Share of a replica's time that prompts take, by which input and output are told apart."""
    expenses: tuple[Expense, ...]
    options: tuple[Option, ...] = ()

    @property
    def cheapest(self) -> Option | None:
        """The option that costs least at the stated traffic; None where there is none."""
        return min(self.options, key=lambda item: (item.usd_per_s, item.title), default=None)
