"""What a pool may consist of: types of machines, markets and how many nodes there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import facts, values
from inferc.compiler.model.design import Accelerator, Link, Place
from inferc.compiler.model.lookup import Blocks, pins_of
from inferc.compiler.provenance import Origin, Sourced
from inferc.compiler.resolve import (
    FieldValue,
    ListValue,
    RangeValue,
    ResolvedBlock,
    Restriction,
    Value,
)
from inferc.compiler.schema import CLOUDS
from inferc.compiler.units import Quantity
from inferc.dsl import Diagnostic, Span

MOST_NODES = 64
"""How many nodes a pool has at most where nobody says: beyond that somebody should."""

OWNED = "owned"
"""The market of machines of one's own."""

ON_DEMAND = "on_demand"
"""The market of a cloud's machines where nobody says."""

ALL_MARKETS = (ON_DEMAND, "spot", "reserved")

Runs = tuple[tuple[int, int], ...]
"""Numbers that are allowed, as runs from low to high, both included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a node of a pool may be."""

    accelerator: Accelerator
    per_node: int
    instance: ResolvedBlock | None = None
    """None for nodes of one's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a file says of one of the planner's fields of a pool."""

    field: FieldValue | None
    lines: tuple[Restriction, ...]

    @property
    def span(self) -> Span | None:
        """Where it says so last."""
        if self.lines:
            return self.lines[-1].span
        return self.field.span if self.field else None


def asked(pool: ResolvedBlock, name: str, topology: ResolvedBlock) -> Asked:
    """Return what ``pool``, and the pins of ``topology``, say of the field ``name``."""
    own = (line for line in pool.restrictions if line.target == name)
    about = (line for line in pins_of(topology) if line.target == f"{pool.path}.{name}")
    return Asked(field=pool.fields.get(name), lines=(*own, *about))


# ---- types of machines -------------------------------------------------------------------------


def machines(
    pool: ResolvedBlock,
    topology: ResolvedBlock,
    blocks: Blocks,
    found: list[Diagnostic],
    *,
    field: str = "instances",
) -> tuple[Machine, ...]:
    """Return what the nodes of ``pool`` may be, in the order of the file; none is reported.

    ``field`` is where it names types of machines.

    Raises:
        MissingFieldError: The pool has neither accelerators nor types of machines.
    """
    instances = asked(pool, field, topology)
    stated = instances.field is not None or bool(instances.lines)
    gpu = pool.fields.get("gpu")
    if gpu is not None and stated:
        both = report.two_kinds_of_nodes(
            gpu.span, pool=pool.path, other=instances.span, field=field
        )
        _add(found, both)
    if gpu is not None:
        return (_machine(pool, "gpu", None, blocks),)
    if not stated:
        raise values.MissingFieldError(pool, f"gpu` or `{field}")
    cloud = cloud_of(pool, blocks)
    kept: list[Machine] = []
    for path in _words(instances):
        entry = blocks.entry("instance", path.removeprefix("instance."))
        if entry is None:
            raise values.MissingFieldError(pool, field)
        whose, own = values.text_or(entry, "cloud"), provider(cloud)
        if whose and own and whose != own:
            span = instances.span or pool.span
            of_other = report.instance_of_another_cloud(
                span, instance=values.text_or(entry, "type"), cloud=own, other=whose
            )
            _add(found, of_other)
            continue
        kept.append(_machine(entry, "gpu", entry, blocks))
    return tuple(kept)


def _machine(
    block: ResolvedBlock, field: str, instance: ResolvedBlock | None, blocks: Blocks
) -> Machine:
    per_node, path = values.multiple(values.required(block, field).value)
    hardware = facts.accelerator(blocks.named(block, field, path), blocks, per_node=per_node)
    return Machine(accelerator=hardware, per_node=per_node, instance=instance)


def cloud_of(pool: ResolvedBlock, blocks: Blocks) -> ResolvedBlock | None:
    """Return the cloud that the cluster of ``pool`` runs in; None for machines of one's own."""
    owner = blocks.at(pool.path.rpartition(".")[0])
    if owner is None or "on" not in owner.fields:
        return None
    return blocks.target(owner, "on")


def provider(cloud: ResolvedBlock | None) -> str:
    """Return whose cloud it is: as stated, or the one of its name; empty where nobody knows."""
    if cloud is None:
        return ""
    named = cloud.name if cloud.name in CLOUDS else ""
    return values.text_or(cloud, "provider", named)


# ---- markets -----------------------------------------------------------------------------------


def markets(
    pool: ResolvedBlock, topology: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]
) -> tuple[str, ...]:
    """Return how the nodes of ``pool`` may be had, in the order of the file."""
    said = asked(pool, "market", topology)
    of_cloud = "gpu" not in pool.fields or cloud_of(pool, blocks) is not None
    if said.span is None:
        return (ON_DEMAND,) if "gpu" not in pool.fields else (OWNED,)
    if not of_cloud:
        _add(found, report.market_without_cloud(said.span, pool=pool.path))
        return (OWNED,)
    return _words(said, among=ALL_MARKETS)


def _words(said: Asked, among: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the words that are left, in the order in which they stand; ``among`` are all."""
    left = list(among) or None
    if said.field is not None:
        left = [values.word(said.field.value)]
    for line in said.lines:
        items = line.value.items if isinstance(line.value, ListValue) else (line.value,)
        names = [values.word(item) for item in items if item is not None]
        if line.operator in {"not in", "!="}:
            left = [name for name in left or () if name not in names]
        elif left is None:
            left = names
        else:
            left = [name for name in names if name in left]
    return tuple(dict.fromkeys(left or ()))


# ---- how many nodes ----------------------------------------------------------------------------


def fixed_nodes(said: Asked) -> Sourced[float] | None:
    """Return how many nodes there are, where the file says one number and nothing else."""
    return values.sourced(said.field) if said.field is not None and not said.lines else None


def runs_of(said: Asked) -> Runs:
    """Return how many nodes the planner may choose.

    From 1, or 0 where a line says so, to :data:`MOST_NODES` unless a line says more.
    """
    lines = said.lines
    stated = [number for line in lines for number in _numbers(line)]
    least = 1 if not any(number == 0 for number in stated) else 0
    runs: Runs = ((least, max([MOST_NODES, *stated])),)
    if said.field is not None:
        count = int(values.amount(said.field.value))
        runs = ((count, count),)
    for line in lines:
        runs = _narrowed(runs, line)
    return _joined(runs)


def _narrowed(runs: Runs, line: Restriction) -> Runs:
    """Return what a line leaves of ``runs``."""
    numbers = _numbers(line)
    spans = [(n, n) for n in numbers]
    if isinstance(line.value, RangeValue):
        spans = [(numbers[0], numbers[-1])]
    low, high = min(numbers), max(numbers)
    top = max(end for _, end in runs) if runs else 0
    match line.operator:
        case "not in" | "!=":
            left = runs
            for first, last in spans:
                left = (*_within(left, 0, first - 1), *_within(left, last + 1, top))
            return left
        case "<=":
            return _within(runs, 0, high)
        case "<":
            return _within(runs, 0, high - 1)
        case ">=":
            return _within(runs, low, top)
        case ">":
            return _within(runs, low + 1, top)
        case _:
            return tuple(run for first, last in spans for run in _within(runs, first, last))


def _numbers(line: Restriction) -> list[int]:
    """Return the numbers that a line names, smallest first."""
    items: tuple[Value, ...] = ()
    match line.value:
        case RangeValue(low=low, high=high):
            items = (low, high)
        case ListValue(items=several):
            items = several
        case Quantity() as one:
            items = (one,)
        case _:
            pass
    return sorted(int(values.amount(item)) for item in items)


def _within(runs: Runs, low: int, high: int) -> Runs:
    """Return the part of ``runs`` from ``low`` to ``high``."""
    cut = ((max(first, low), min(last, high)) for first, last in runs)
    return tuple((first, last) for first, last in cut if first <= last)


def _joined(runs: Runs) -> Runs:
    """Return ``runs`` in order, those that touch each other as one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def chosen(place: Place, said: Asked) -> Iterator[Place]:
    """Yield ``place`` once for each run of numbers of nodes to choose from."""
    for least, most in runs_of(said):
        if most < 1:
            continue
        text = f"{least}..{most}" if least < most else str(most)
        origin = Origin.GIVEN if said.span else Origin.DEFAULTED
        count = Sourced(
            value=float(most),
            low=float(most),
            high=float(most),
            origin=origin,
            text=text,
            span=said.span or place.span,
        )
        yield replace(place, nodes=count, least_nodes=least)


# ---- what joins the nodes, and what they cost --------------------------------------------------


def network(
    instance: ResolvedBlock, per_node: int, usual: Link | None, blocks: Blocks
) -> Link | None:
    """Return what joins machines of a type, for one accelerator; None where nobody says.

    A link is what each accelerator has; a bandwidth is that of the machine.
    """
    stated = instance.fields.get("network")
    if stated is None:
        return None
    if not isinstance(stated.value, Quantity):
        return facts.link(blocks.target(instance, "network"))
    whole = values.sourced(stated)
    share = replace(
        whole,
        value=whole.value / per_node,
        low=whole.low / per_node,
        high=whole.high / per_node,
        text=f"{whole.text} / {per_node}" if per_node > 1 else whole.text,
    )
    return Link(
        id="",
        title=f"network of {values.text_or(instance, 'type')}, {whole.text}",
        bandwidth_bytes_per_s=share,
        latency_s=facts.NO_LATENCY if usual is None else usual.latency_s,
    )


def price(
    machine: Machine,
    market: str,
    cloud: ResolvedBlock | None,
    blocks: Blocks,
    found: list[Diagnostic],
) -> Sourced[float] | None:
    """Return the catalog's price of one accelerator; one of another region is reported."""
    instance = machine.instance
    if instance is None or "prices" not in instance.fields:
        return None
    region = None if cloud is None else cloud.fields.get("region")
    return price_in(machine, market, blocks.target(instance, "prices"), region, found)


def price_in(
    machine: Machine,
    market: str,
    listed: ResolvedBlock,
    region: FieldValue | None,
    found: list[Diagnostic],
) -> Sourced[float] | None:
    """Return the price of one accelerator in a ``prices`` block; of another region it is reported.

    ``region`` is what the file says, None where it says nothing.
    """
    offers = [
        offer for offer in listed.children if offer.kind == "offer" and market in offer.fields
    ]
    wanted = "" if region is None else values.word(region.value)
    offer = _offer(offers, wanted, market)
    if region is not None:
        known = sorted({values.text_or(item, "region") for item in offers} - {""})
        elsewhere = values.text_or(offer, "region") if offer is not None else ""
        if offer is None or (elsewhere and elsewhere != wanted):
            unlisted = report.price_not_listed(
                region.span,
                machine=(_type_of(machine), market),
                region=wanted,
                taken=elsewhere,
                known=known,
            )
            _add(found, unlisted)
    if offer is None:
        return None
    whole = values.number(offer, market)
    count = machine.per_node
    return replace(
        whole,
        value=whole.value / count,
        low=whole.low / count,
        high=whole.high / count,
        text=f"{whole.text} / {count}" if count > 1 else whole.text,
    )


def _type_of(machine: Machine) -> str:
    return "" if machine.instance is None else values.text_or(machine.instance, "type")


def other_prices(
    machine: Machine, market: str, cloud: ResolvedBlock | None, blocks: Blocks
) -> Mapping[str, Sourced[float]]:
    """Return the catalog's prices of one accelerator in the markets that were not chosen."""
    known = {
        name: price(machine, name, cloud, blocks, []) for name in ALL_MARKETS if name != market
    }
    return {name: item for name, item in known.items() if item is not None}


def _offer(offers: Sequence[ResolvedBlock], region: str, market: str) -> ResolvedBlock | None:
    """Return the offer of ``region``, or that for all regions.

    Else the dearest, so that no plan is cheaper than it turns out to be; where no region is stated
    the cheapest, which is what clouds advertise.
    """
    for wanted in (region, ""):
        for offer in offers:
            if values.text_or(offer, "region") == wanted:
                return offer
    ordered = sorted(offers, key=lambda offer: values.number(offer, market).value)
    if not ordered:
        return None
    return ordered[-1] if region else ordered[0]


def _add(found: list[Diagnostic], item: Diagnostic) -> None:
    """Report ``item`` unless another service on the same pool was told."""
    if item not in found:
        found.append(item)
