"""From two amounts to a bound: what is needed against what there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from inferc.compiler.model import Place
from inferc.compiler.plan.bounds.amounts import Amount, steps_of
from inferc.compiler.plan.decisions import Bound
from inferc.dsl.source import Span

Spans = tuple[tuple[Span, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a bound says, whatever the numbers."""

    code: str
    slug: str
    statement: str
    source: str
    """The paper or document the formula comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A rule with its numbers. Its steps are written down only where somebody reads them."""

    rule: Rule
    need: Amount
    have: Amount
    unit: str
    short: tuple[Amount, ...]
    """Named numbers that are worth telling where there is little room."""
    spans: Spans
    certain: bool = True
    """Whether every number is given, assumed or looked up, so that a design may be refused."""

    @property
    def fails(self) -> bool:
        """Whether more is needed than there is."""
        return self.need.value > self.have.value

    @property
    def ratio(self) -> float:
        """Return need over have, without end where there is nothing to have."""
        have = self.have.value
        return self.need.value / have if have > 0.0 else inf

    def bound(self, service: str, place: Place | None = None) -> Bound:
        """Return the bound with its certificate."""
        rule = self.rule
        return Bound(
            code=rule.code,
            slug=rule.slug,
            service=service,
            statement=rule.statement,
            formula=f"{self.need.text} <= {self.have.text}",
            need=self.need.value,
            have=self.have.value,
            unit=self.unit,
            ratio=self.ratio,
            steps=steps_of(self.need, self.have),
            short=tuple(dict.fromkeys(item.text for item in self.short)),
            spans=self.spans,
            source=rule.source,
            place="" if place is None else place_name(place),
        )


def place_name(place: Place) -> str:
    """Return what tells a place from the others of its pool: ``aws.gpu (p5_48xlarge, spot)``."""
    if place.platform is not None:
        return f"{place.path} ({place.platform.title})"
    kind = place.instance.rpartition(".")[2]
    market = "" if place.market == "owned" else place.market.replace("_", " ")
    inside = ", ".join(part for part in (kind, market) if part)
    return f"{place.path} ({inside})" if inside else place.path


def worst(bounds: Iterable[Bound]) -> float:
    """Return by how much the worst of ``bounds`` fails."""
    return max((bound.ratio for bound in bounds), default=0.0)
