"""From resolved blocks to the typed design."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from inferc.compiler.model import agreement, choices, demand, facts, hardware, models, soundness
from inferc.compiler.model import diagnostics as report
from inferc.compiler.model.budgets import budgets
from inferc.compiler.model.design import Decision, Engine, LanguageModel, Place, Service
from inferc.compiler.model.drafts import acceptance, draft_model, draft_problems
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.offers import offers
from inferc.compiler.model.topology import Design
from inferc.compiler.model.values import MissingFieldError, text_or
from inferc.compiler.model.without_effect import idle_decisions, images_of
from inferc.compiler.resolve import Resolved, ResolvedBlock
from inferc.dsl import Diagnostic, Span

if TYPE_CHECKING:
    from inferc.compiler.model.calibration import Calibration
    from inferc.compiler.model.design import Scaling
    from inferc.compiler.model.gateway import Gateway
    from inferc.compiler.model.network_service import NetworkService

T = TypeVar("T")

NOT_ALONE = frozenset(
    {"share", "items", "images", "input_tokens", "steps", "max_batch_size", "max_queue_delay"}
    | {"latency"}
)
"""Words of a service, its load and its SLA that are of networks, or of sharing accelerators."""

DEFAULT_API = "openai_chat"
"""What every engine of the catalog speaks, and most clients."""

GENERATES = "continuous"
"""The batching of engines that serve language models; the others batch whole items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The designs of a file, and what is wrong with them."""

    designs: tuple[Design, ...]
    """One for each topology; it lacks the services that are reported."""
    diagnostics: tuple[Diagnostic, ...]


def build(resolved: Resolved) -> Outcome:
    """Return what the topologies of a file mean, with catalog facts filled in."""
    found: list[Diagnostic] = []
    designs = tuple(_design(topology, resolved, found) for topology in resolved.topologies)
    found.extend(_problems_of_calibrations(resolved))
    return Outcome(designs=designs, diagnostics=tuple(found))


def _design(topology: ResolvedBlock, resolved: Resolved, found: list[Diagnostic]) -> Design:
    blocks = Blocks(topology, resolved.catalog)
    holders = [block for block in topology.children if block.kind == "service"]
    if not holders:
        found.append(report.no_services(topology.span, topology=topology.name))
    networks = [block for block in holders if _is_network(block, blocks)]
    services = [
        _built(_complete_service, block, topology, blocks, found)
        for block in holders
        if not _is_network(block, blocks)
    ]
    built = _networks(networks, topology, blocks, found)
    if any(service is not None and service.place.slices > 1 for service in services):
        from inferc.compiler.model.sharing import crowded

        found.extend(crowded([item for item in services if item is not None], built))
    return Design(
        name=topology.name,
        doc=": ".join(part for part in (text_or(topology, "title"), topology.doc) if part),
        services=tuple(service for service in services if service is not None),
        networks=built,
        gateways=_gateways(topology, (*services, *built), found),
        emissions=choices.emissions(topology),
        budgets=budgets(topology, found),
        calibration=_calibration(topology, blocks),
        span=topology.span,
    )


def _gateways(
    topology: ResolvedBlock,
    services: "Sequence[Service | NetworkService | None]",
    found: list[Diagnostic],
) -> "tuple[Gateway, ...]":
    """Return where callers come in; the code for it is read only where a file says so."""
    if not any(block.kind == "gateway" for block in topology.children):
        return ()
    from inferc.compiler.model.gateways import Served, gateways

    return gateways(topology, [Served.of(one) for one in services if one is not None], found)


def _calibration(topology: ResolvedBlock, blocks: Blocks) -> "Calibration | None":
    """Return the calibration that a topology names; None for the one that is shipped."""
    if "calibration" not in topology.fields:
        return None
    from inferc.compiler.model.calibration_block import calibration

    return calibration(blocks.target(topology, "calibration"))


def _problems_of_calibrations(resolved: Resolved) -> Iterator[Diagnostic]:
    """Yield what is wrong with the calibrations of a file, whether or not a topology names them."""
    catalog = resolved.catalog.values()
    calibrations = [item for item in catalog if item.kind == "calibration"]
    if not calibrations:
        return
    from inferc.compiler.model.calibration_block import problems

    inside = (child for topology in resolved.topologies for child in topology.children)
    known = (*catalog, *inside)
    for block in calibrations:
        yield from problems(block, known)


Builder: TypeAlias = Callable[[ResolvedBlock, ResolvedBlock, Blocks, list[Diagnostic]], T | None]


def _built(
    build_one: "Builder[T]",
    block: ResolvedBlock,
    topology: ResolvedBlock,
    blocks: Blocks,
    found: list[Diagnostic],
) -> T | None:
    """Return a service, or None where it lacks something that is reported."""
    try:
        return build_one(block, topology, blocks, found)
    except MissingFieldError as missing:
        where = missing.block
        if missing.name == demand.RATE:
            found.append(report.rate_missing(where.span))
            return None
        title = f"{where.kind} `{where.name}`" if where.name else f"`{where.kind}`"
        found.append(report.field_missing(where.span, block=title, name=missing.name))
        return None


def _is_network(block: ResolvedBlock, blocks: Blocks) -> bool:
    """Return whether a service serves a network."""
    try:
        used = blocks.target(block, "model")
        source = blocks.target(used, "source") if used.kind == "model" else used
    except MissingFieldError:
        return False  # which is reported where the service is built
    return source.kind == "network"


def _networks(
    holders: Sequence[ResolvedBlock],
    topology: ResolvedBlock,
    blocks: Blocks,
    found: list[Diagnostic],
) -> "tuple[NetworkService, ...]":
    """Return the services of networks; their code is read only where there are some."""
    if not holders:
        return ()
    from inferc.compiler.model.served_networks import service

    built = (_built(service, block, topology, blocks, found) for block in holders)
    return tuple(item for item in built if item is not None)


def _complete_service(
    block: ResolvedBlock, topology: ResolvedBlock, blocks: Blocks, found: list[Diagnostic]
) -> Service | None:
    used = blocks.target(block, "model")
    source = used if used.kind == "llm" else blocks.target(used, "source")
    model = blocks.once(models.language_model, source)
    found.extend(soundness.problems(model, source))
    places = hardware.places(block, topology, blocks, found)
    if not places:
        return None
    demanded = block.child("load")
    if demanded is None:
        raise MissingFieldError(block, "load")
    goal = text_or(block, "goal", "cost")
    decided = choices.as_published(choices.decisions(block, used, topology, found), source, block)
    places, decided = _on_parts(block, model, places, decided, blocks, found)
    draft = draft_model(block, blocks)
    found.extend(draft_problems(block.name, decided, model, draft))
    found.extend(idle_decisions(block.name, decided))
    found.extend(images_of(block, model.title))
    return Service(
        name=block.name,
        model=model,
        model_name=used.name,
        deployed_name=text_or(block, "name"),
        place=places[0],
        places=places if len(places) > 1 else (),
        api=text_or(block, "api", DEFAULT_API),
        load=demand.load(demanded, blocks, found, goal=goal),
        objectives=agreement.objectives(block, found, goal=goal),
        goal=goal,
        decisions=decided,
        survives=text_or(block, "survives"),
        draft=draft,
        acceptance=acceptance(block),
        scaling=_scaling(block, found),
        confidence=text_or(block, "confidence"),
        offers=offers(source, used, places, blocks),
        engines=_engines(block, places, decided, blocks, found),
        span=block.span,
    )


def _on_parts(
    block: ResolvedBlock,
    model: LanguageModel,
    places: tuple[Place, ...],
    decided: tuple[Decision, ...],
    blocks: Blocks,
    found: list[Diagnostic],
) -> tuple[tuple[Place, ...], tuple[Decision, ...]]:
    """Return places and decisions of a language model on parts of accelerators, else as given.

    What only networks have is reported. The code is read only where a file has any of it.
    """
    load, sla = block.child("load"), block.child("sla")
    written = {*block.fields, *(load.fields if load else ())}
    written |= {line.target for line in (sla.restrictions if sla else ())}
    pools = (blocks.at(place.path) for place in places)
    if not written & NOT_ALONE and not any(
        pool is not None and "partition" in pool.fields for pool in pools
    ):
        return places, decided
    from inferc.compiler.model.sharing import on_parts
    from inferc.compiler.model.sharing_fields import other_fields

    found.extend(other_fields(block, model.title))
    return on_parts(block, places, decided, blocks, found)


def _scaling(block: ResolvedBlock, found: list[Diagnostic]) -> "Scaling | None":
    """Return what a service says about scaling, None where it says nothing."""
    if block.child("autoscale") is None and block.child("scale") is None:
        return None
    from inferc.compiler.model.scaling import scaling

    return scaling(block, found)


def _engines(
    block: ResolvedBlock,
    places: tuple[Place, ...],
    decided: tuple[Decision, ...],
    blocks: Blocks,
    found: list[Diagnostic],
) -> tuple[Engine, ...]:
    """Return the engines that could serve on one of ``places``; that there is none is reported."""
    precisions, named = choices.precisions(decided), choices.engines(decided)
    entries = [blocks.once(facts.engine, entry) for entry in blocks.of_kind("engine")]
    known = [item for item in entries if not item.only_if_named or _asked(item, named)]
    others = [item for item in known if item.batching != GENERATES and item.id in named]
    if others:
        line = next(decision for decision in decided if others[0].id in decision.values)
        titles = " and ".join(item.title for item in others)
        found.append(report.engine_for_networks(line.span, service=block.name, engines=titles))
        return ()
    able = tuple(
        item
        for item in known
        if item.batching == GENERATES
        and any(facts.runs_on(item, place.accelerator, precisions) for place in places)
    )
    if not able:
        accelerator = places[0].accelerator
        wanted = f" with weights in {' or '.join(precisions)}" if precisions else ""
        found.append(
            report.no_engine(
                _where(block),
                hardware=accelerator.title,
                kind=accelerator.kind,
                vendor=accelerator.vendor,
                wanted=wanted,
                known=[_ability(item) for item in known],
            )
        )
    return able


def _where(service: ResolvedBlock) -> Span:
    """Return the line that says where a service runs."""
    if "on" in service.fields:
        return service.fields["on"].span
    lines = (line.span for line in service.restrictions if line.target == "on")
    return next(lines, service.span)


def _asked(engine: Engine, named: frozenset[str]) -> bool:
    """Return whether an engine is the file's own, or one that a line of the service names."""
    return not engine.id.startswith("engine.") or engine.id in named


def _ability(engine: Engine) -> str:
    """Return where an engine runs, as a note."""
    vendors = " or ".join(engine.vendors) or "any vendor"
    return (
        f"{engine.title} runs on {' or '.join(engine.devices)} of {vendors}, "
        f"weights in {', '.join(engine.precisions)}"
    )
