"""From two snapshots to what differs. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from inferc.comparison.snapshot import Line, Scalar, Service, Snapshot, Topology, per_month
from inferc.compiler.units import show
from inferc.compiler.wording.amounts import amount

Kind: TypeAlias = Literal["added", "removed", "changed"]

TOLERANCE: Final = 1e-6
"""Relative: predictions closer than that differ by the machine they were computed on."""

RANKS: Final = {"feasible": 0, "conditional": 1, "infeasible": 2}
NOTHING: Final = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs, as people read it."""

    name: str
    before: str
    after: str
    reason: str = ""
    """Why the earlier value was not taken again, where the planner said so."""
    breaking: bool = False
    """Whether somebody who relied on the earlier plan is worse off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanges:
    """What differs about one service; of one that came or went, what it has or had."""

    name: str
    kind: Kind
    verdict: Change | None = None
    decisions: tuple[Change, ...] = ()
    sla: tuple[Change, ...] = ()
    resources: tuple[Change, ...] = ()
    cost: tuple[Change, ...] = ()

    @property
    def all(self) -> tuple[Change, ...]:
        """Every change, in the order of a report."""
        verdict = (self.verdict,) if self.verdict else ()
        return (*verdict, *self.decisions, *self.sla, *self.resources, *self.cost)

    @property
    def breaking(self) -> bool:
        """Whether one of them is."""
        return self.kind == "removed" or any(change.breaking for change in self.all)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyChanges:
    """What differs about one topology."""

    name: str
    kind: Kind
    verdict: Change | None = None
    services: tuple[ServiceChanges, ...] = ()
    totals: tuple[Change, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether somebody who relied on the earlier plan is worse off."""
        worse = self.verdict is not None and self.verdict.breaking
        return self.kind == "removed" or worse or any(one.breaking for one in self.services)


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two files; nothing where they come to the same plan."""

    topologies: tuple[TopologyChanges, ...] = field(default=())

    @property
    def breaking(self) -> bool:
        """Whether somebody who relied on the earlier plan is worse off."""
        return any(one.breaking for one in self.topologies)

    @property
    def decided(self) -> bool:
        """Whether more differs than predictions: a decision, a verdict, a service."""
        return any(
            one.kind != "changed"
            or one.verdict
            or any(
                item.kind != "changed" or item.verdict or item.decisions for item in one.services
            )
            for one in self.topologies
        )

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.topologies)


def compare(before: Snapshot, after: Snapshot) -> Changes:
    """Return what differs in ``after``, topology by topology."""
    old, new = before.topologies, after.topologies
    if len(old) == len(new) == 1 and set(old) != set(new):  # renamed, and still the only one
        (name,) = new
        old = {name: next(iter(old.values()))}
    found = (_topology(name, old.get(name), new.get(name)) for name in dict.fromkeys((*new, *old)))
    return Changes(tuple(one for one in found if one is not None))


def _topology(name: str, old: Topology | None, new: Topology | None) -> TopologyChanges | None:
    services = tuple(_services(old, new))
    if old is None or new is None:
        kind: Kind = "added" if old is None else "removed"
        return TopologyChanges(name=name, kind=kind, services=services)
    verdict = _verdict(old.verdict, new.verdict)
    if verdict is None and not services:
        return None
    totals = (
        *_amounts("accelerators", old.accelerators, new.accelerators),
        *_money("cost", old.usd_per_s, new.usd_per_s),
    )
    return TopologyChanges(
        name=name, kind="changed", verdict=verdict, services=services, totals=totals
    )


def _services(old: Topology | None, new: Topology | None) -> Iterator[ServiceChanges]:
    before: Mapping[str, Service] = {} if old is None else old.services
    after: Mapping[str, Service] = {} if new is None else new.services
    for name in dict.fromkeys((*after, *before)):
        found = _service(name, before.get(name), after.get(name))
        if found.kind != "changed" or found.all:
            yield found


def _service(name: str, old: Service | None, new: Service | None) -> ServiceChanges:
    """Return what differs; a service that is only on one side differs in all that it is."""
    kind: Kind = "added" if old is None else "removed" if new is None else "changed"
    nothing = Service(verdict="", decisions={})
    one, two = old or nothing, new or nothing
    return ServiceChanges(
        name=name,
        kind=kind,
        verdict=_verdict(one.verdict, two.verdict),
        decisions=tuple(_decisions(one, two)),
        sla=tuple(_lines(one, two)),
        resources=tuple(_resources(one, two)),
        cost=(
            *_money("cost", one.usd_per_s, two.usd_per_s),
            *_money("cost at the peak", one.peak_usd_per_s, two.peak_usd_per_s),
        ),
    )


def _verdict(old: str, new: str) -> Change | None:
    if old == new:
        return None
    worse = RANKS.get(new, 0) > RANKS.get(old, 0) and bool(old)
    return Change(name="verdict", before=old or NOTHING, after=new or NOTHING, breaking=worse)


def _decisions(old: Service, new: Service) -> Iterator[Change]:
    for name in dict.fromkeys((*new.decisions, *old.decisions)):
        before, after = old.decisions.get(name), new.decisions.get(name)
        if _same(before, after):
            continue
        reason = new.reasons.get(name, {}).get(_text(before), "")
        renamed = name == "model" and before is not None and after is not None
        yield Change(
            name=name, before=_text(before), after=_text(after), reason=reason, breaking=renamed
        )


def _lines(old: Service, new: Service) -> Iterator[Change]:
    before = {line.name: line for line in old.lines}
    after = {line.name: line for line in new.lines}
    for name in dict.fromkeys((*after, *before)):
        one, two = before.get(name), after.get(name)
        if one is None or two is None or not _same_line(one, two):
            lost = one is not None and one.hard and one.holds and (two is None or not two.holds)
            yield Change(name=name, before=_shown(one), after=_shown(two), breaking=lost)


def _same_line(one: Line, two: Line) -> bool:
    return (
        _same(one.limit, two.limit)
        and _same(one.predicted, two.predicted)
        and (one.operator, one.hard) == (two.operator, two.hard)
    )


def _resources(old: Service, new: Service) -> Iterator[Change]:
    if _same(old.accelerators, new.accelerators) and old.hardware == new.hardware:
        return
    yield Change(name="accelerators", before=_hardware(old), after=_hardware(new))


def _hardware(service: Service) -> str:
    if not service.accelerators:
        return NOTHING
    return f"{service.accelerators:.4g} of {service.hardware}"


def _amounts(name: str, old: float, new: float) -> Iterator[Change]:
    if not _same(old, new):
        yield Change(name=name, before=f"{old:.4g}", after=f"{new:.4g}")


def _money(name: str, old: float | None, new: float | None) -> Iterator[Change]:
    if _same(old, new):
        return
    before, after = (NOTHING if one is None else show(one, "usd_per_mo") for one in (old, new))
    if old is not None and new is not None:
        sign = "+" if new > old else "-"
        after += f" ({sign}${abs(per_month(new - old)):,.0f}/mo)"
    yield Change(name=name, before=before, after=after)


def _shown(line: Line | None) -> str:
    """Return the prediction beside its limit: ``420 ms <= 500 ms``, ``610 ms misses <= 500 ms``."""
    if line is None:
        return NOTHING
    limit = _amount(line.limit, line.unit)
    predicted = _amount(line.predicted, line.unit)
    wish = "" if line.hard else ", a wish"
    missed = "" if line.holds else "misses "
    return f"{predicted} {missed}{line.operator} {limit}{wish}"


def _amount(value: float | None, suffix: str) -> str:
    unit = suffix.replace("_per_", "/").replace("usd", "USD")
    if value is None:
        return amount(math.inf, unit)
    if unit == "USD/s":
        return show(value, "usd_per_mo")
    return amount(value, unit) if unit else show(value, "ratio")


def _same(one: Scalar, two: Scalar) -> bool:
    if isinstance(one, str | bool) or isinstance(two, str | bool) or one is None or two is None:
        return one == two
    return math.isclose(one, two, rel_tol=TOLERANCE)


def _text(value: Scalar) -> str:
    """Return a decision as the planner's own words have it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
