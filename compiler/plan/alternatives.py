"""Changes of hardware and of the model: what else the catalog has that would hold."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from inferc.compiler.model import Accelerator, Engine, LanguageModel, Place
from inferc.compiler.model.calibrated import calibrated_place, published
from inferc.compiler.perf.formats import peak_flop_per_s
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.dimensions import SIXTEEN_BIT
from inferc.compiler.plan.hardware import with_nodes
from inferc.compiler.plan.relax import ALONE, TOGETHER, Relax, Tried, alone, fewest_from
from inferc.compiler.plan.space import formats_of
from inferc.compiler.problem import Case
from inferc.compiler.provenance import Origin

SHOWN = 2
"""So many alternatives of a kind are listed, the nearest ones."""


def other_hardware(case: Case) -> Iterator[Tried]:
    """Yield what else the service could run on, with as many of it as hold.

    In a cloud its other machines; else other accelerators of the vendor in the same nodes, at the
    price at which a cloud rents them out.
    """
    place = case.place
    if place.cloud and place.platform is None:
        yield from _machines(case)
    elif place.platform is None or not place.platform.accelerators:
        yield from _accelerators(case)
    else:
        yield from _accelerators(case, among=place.platform.accelerators)


def _accelerators(case: Case, among: tuple[str, ...] = ()) -> Iterator[Tried]:
    """Yield other accelerators in as many nodes as there are, the nearest first."""
    from inferc.compiler.model.market import accelerators, cheapest_with

    place = case.place
    folder = place.accelerator.id.rpartition(".")[0]
    if not folder:
        return
    swaps = [
        _on(case, replace(place, accelerator=item, price_usd_per_s=None))
        for item in accelerators(folder, place.per_node)
        if item.id != place.accelerator.id and (not among or item.id in among)
    ]
    ordered = sorted(
        ((_strength(case, item), item) for item in swaps),
        key=lambda pair: (pair[0], pair[1].place.accelerator.id),
    )
    holding = (pair for pair in ordered if Relax(pair[1]).holds(pair[1]))
    for factor, swapped in islice(holding, SHOWN):
        gpu = swapped.place.accelerator
        offer = cheapest_with(gpu.id)
        price = None if offer is None else offer.price_usd_per_s
        rented = "" if offer is None else f"; the price is that of {offer.path}"
        found = replace(swapped.place, price_usd_per_s=price)
        item = alone(
            "gpu" if place.cluster or place.platform else "hardware",
            place.accelerator.title,
            gpu.title,
            factor,
            replace(swapped, place=found, places=()),
        )
        effect = f"{ALONE}{rented}"
        yield item._replace(change=replace(item.change, effect=effect))


def _machines(case: Case) -> Iterator[Tried]:
    """Yield other machines of the cloud, as many as hold: the cheapest of each accelerator."""
    from inferc.compiler.model.market import offers_in

    known = {place.instance for place in case.choices_of_place}
    others = [item for item in offers_in(case.place.cloud) if item.instance not in known]
    found: list[Tried] = []
    for machine in sorted(others, key=lambda item: item.accelerator.id):
        placed = replace(machine, path=case.place.path, cluster=case.place.cluster)
        count = _fewest(_on(case, placed))
        if count is None:
            continue
        held = _on(case, with_nodes(placed, count))
        price = machine.price_usd_per_s
        total = None if price is None else price.value * count * machine.per_node
        change = Change(
            field="instances",
            current=case.place.instance_type or case.place.accelerator.title,
            proposed=f"{count} x {machine.path}",
            effect=ALONE,
            factor=_strength(case, held),
            price_usd_per_s=total,
        )
        found.append(Tried(change, held))
    found.sort(key=lambda item: (item.change.price_usd_per_s or 0.0, item.change.proposed))
    cheapest: dict[str, Tried] = {}
    for item in found:
        cheapest.setdefault(item.case.place.accelerator.id, item)
    yield from islice(cheapest.values(), SHOWN)


def _fewest(case: Case) -> int | None:
    """Return the fewest machines on which a plan holds."""
    relax = Relax(case)
    return fewest_from(1, lambda count: relax.holds(_on(case, with_nodes(case.place, count))))


def _on(case: Case, place: Place) -> Case:
    """Return ``case`` on another place alone, with the engines that run there."""
    placed = calibrated_place(place, published())
    return replace(
        case,
        place=placed,
        places=(),
        engines=_engines(case, placed.accelerator),
        decisions=tuple(item for item in case.decisions if item.field not in _OF_A_PLACE),
    )


_OF_A_PLACE = ("on", "instance", "market", "nodes")
"""Decisions about the place that is left."""


def _engines(case: Case, accelerator: Accelerator) -> tuple[Engine, ...]:
    """Return the engines of a case that run on an accelerator."""
    from inferc.compiler.model.market import able

    return able(case.engines, accelerator)


def _strength(case: Case, other: Case) -> float:
    """Return how far other hardware is from that of ``case``, by what differs most.

    Memory, bandwidth and peak of all accelerators together, whichever way.
    """
    own, new = _capacities(case), _capacities(other)
    return max(
        max(a / b, b / a) if a > 0.0 and b > 0.0 else 1.0 for a, b in zip(own, new, strict=True)
    )


def _capacities(case: Case) -> tuple[float, float, float]:
    place = case.place
    gpu, count = place.accelerator, float(place.accelerators)
    fastest = max((peak_flop_per_s(gpu, name) for name in formats_of(case)), default=0.0)
    memory, bandwidth = gpu.memory_bytes.value, gpu.bandwidth_bytes_per_s.value
    return count * memory, count * bandwidth, count * fastest


# ---- models ------------------------------------------------------------------------------------


def smaller_models(case: Case) -> Iterator[Tried]:
    """Yield the largest smaller models of the same maker with which a plan holds."""
    count = 0
    for model in _smaller(case):
        changed = replace(case, model=model)
        if count < SHOWN and Relax(changed).holds(changed):
            count += 1
            yield alone("model", case.model.title, model.title, _times(case, model), changed)


def smallest_model(case: Case) -> Tried | None:
    """Return the largest smaller model of the maker whose weights fit where those of now do not."""
    for model in _smaller(case):
        changed = replace(case, model=model)
        if any(True for _ in Relax(changed).together()):
            factor = _times(case, model)
            change = Change(
                field="model",
                current=case.model.title,
                proposed=model.title,
                effect=TOGETHER,
                factor=factor,
            )
            return Tried(change, changed)
    return None


def _times(case: Case, model: LanguageModel) -> float:
    return case.model.parameters.value / model.parameters.value


def _smaller(case: Case) -> list[LanguageModel]:
    """Return the smaller models of the maker, the largest first."""
    from inferc.compiler.model.market import siblings

    published = any(
        item.field == "precision" and item.origin is Origin.CATALOG for item in case.decisions
    )
    fits = [
        model
        for model in siblings(case.model.id)
        if model.parameters.value < case.model.parameters.value
        and (not published or model.published in SIXTEEN_BIT)
        and model.context >= case.prompt_mean_tok + case.output_mean_tok
    ]
    return sorted(fits, key=lambda model: (-model.parameters.value, model.id))
