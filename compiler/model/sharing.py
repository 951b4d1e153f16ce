"""How services share accelerators: as they ask for it, and whether the place can do it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inferc.compiler.model import sharing_diagnostics as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Decision, Objective, Place, Service
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.partitions import (
    MIG,
    TIME_SLICE,
    Partitioning,
    Profile,
    Share,
    part_place,
    partitioning_of,
)
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import CallValue, ResolvedBlock
from inferc.dsl import Diagnostic, Span

if TYPE_CHECKING:
    from inferc.compiler.model.network_service import NetworkService


def share_of(service: ResolvedBlock, places: Sequence[Place], blocks: Blocks) -> Share:
    """Return what a replica gets of an accelerator: as stated, else as the pool is cut."""
    field = service.fields.get("share")
    if field is not None and isinstance(field.value, CallValue):
        arguments = field.value.arguments
        if field.value.name == MIG:
            return Share(mode=MIG, profile=values.word(arguments["profile"]), span=field.span)
        sharers = int(values.amount(arguments["sharers"]))
        return Share(mode=TIME_SLICE, sharers=sharers, span=field.span)
    return Share(mode=MIG) if any(is_cut(place, blocks) for place in places) else Share()


def is_cut(place: Place, blocks: Blocks) -> bool:
    """Return whether the accelerators of ``place`` are to be cut into parts."""
    pool = blocks.at(place.path)
    return pool is not None and values.text_or(pool, "partition") == MIG


def tables_of(
    service: ResolvedBlock,
    places: Sequence[Place],
    share: Share,
    blocks: Blocks,
    found: list[Diagnostic],
) -> tuple[Partitioning | None, ...]:
    """Return how the accelerators of each place are cut; what cannot be done is reported."""
    span = share.span or service.span
    tables: list[Partitioning | None] = []
    for place in places:
        table = partitioning_of(place.accelerator, blocks) if share.mode == MIG else None
        tables.append(table)
        why = _why_not(place, table, share, blocks)
        if why is not None:
            problem, instead = why
            found.append(
                report.cannot_share(span, service=service.name, why=problem, instead=instead)
            )
    return tuple(tables)


def _why_not(
    place: Place, table: Partitioning | None, share: Share, blocks: Blocks
) -> tuple[str, str] | None:
    """Return why ``place`` cannot be shared so, and what to do instead; None where it can."""
    if share.mode == TIME_SLICE:
        return _no_turns(place, blocks)
    return _no_parts(place, table, share, blocks) if share.mode == MIG else None


def _no_turns(place: Place, blocks: Blocks) -> tuple[str, str] | None:
    """Return why replicas cannot take turns."""
    if is_cut(place, blocks):
        return (
            f"the accelerators of `{place.path}` are cut into parts, which do not take turns",
            f"leave `share` out, or ask for a part: {a_part((place,), blocks)}",
        )
    if place.accelerator.kind != "gpu":
        title = place.accelerator.title
        return f"replicas take turns on GPUs only, not on {title}", "leave `share` out"
    return None


def _no_parts(
    place: Place, table: Partitioning | None, share: Share, blocks: Blocks
) -> tuple[str, str] | None:
    """Return why replicas cannot have parts."""
    title = place.accelerator.title
    if table is None:
        return (
            f"{title} cannot be cut into parts",
            "leave `partition` and `share` out, or run on an A100, H100, H200 or B200",
        )
    if not is_cut(place, blocks):
        path = place.path
        return f"the accelerators of `{path}` are whole", "add `partition = mig` to the pool"
    if share.profile and table.profile(share.profile) is None:
        known = ", ".join(f"`{item.name}`" for item in table.profiles)
        return f"{title} has no part `{share.profile}`", f"ask for one of {known}"
    return None


def check_time_slices(
    service: ResolvedBlock,
    share: Share,
    objectives: Sequence[Objective],
    part: str,
    found: list[Diagnostic],
) -> None:
    """Report replicas of a network that take turns and are to keep a limit of latency."""
    lines = [line for line in objectives if line.hard and line.metric == "latency"]
    if share.mode == TIME_SLICE and share.sharers > 1 and lines:
        line = lines[0].span
        found.append(_turns_under_sla(service, share, line, part, language_model=False))


def _turns_under_sla(
    service: ResolvedBlock, share: Share, line: Span, part: str, *, language_model: bool
) -> Diagnostic:
    return report.time_sliced_under_sla(
        share.span or service.span,
        service=service.name,
        sharers=share.sharers,
        line=line,
        language_model=language_model,
        part=part,
    )


def on_parts(
    service: ResolvedBlock,
    places: tuple[Place, ...],
    decided: tuple[Decision, ...],
    blocks: Blocks,
    found: list[Diagnostic],
) -> tuple[tuple[Place, ...], tuple[Decision, ...]]:
    """Return the places of a language model as parts of accelerators, where it has such a part.

    A part has no link to others, so a replica has exactly one.
    """
    share = share_of(service, places, blocks)
    before = len(found)
    tables = tables_of(service, places, share, blocks, found)
    sla = service.child("sla")
    hard = [line for line in (sla.restrictions if sla else ()) if line.modifier != "prefer"]
    if share.mode == TIME_SLICE and share.sharers > 1 and hard:
        line, part = hard[0].span, a_part(places, blocks)
        found.append(_turns_under_sla(service, share, line, part, language_model=True))
    elif share.mode == TIME_SLICE:
        part = a_part(places, blocks)
        found.append(
            report.cannot_share(
                share.span or service.span,
                service=service.name,
                why="nothing is planned yet for language models that take turns",
                instead="leave `share` out" + (f", or ask for a part: {part}" if part else ""),
            )
        )
    if share.mode != MIG or len(found) > before:
        return places, decided
    if not share.profile:
        known = ", ".join(f'`share = mig("{item.name}")`' for item in _profiles(tables))
        found.append(
            report.cannot_share(
                service.span,
                service=service.name,
                why="its pool is cut into parts, and it does not say which it gets",
                instead=f"add one of {known}",
            )
        )
        return places, decided
    cut = tuple(
        part_place(place, table, profile)
        for place, table in zip(places, tables, strict=True)
        if table is not None and (profile := table.profile(share.profile)) is not None
    )
    alone = tuple(
        Decision(
            field=field,
            operator="=",
            values=(1.0,),
            is_range=False,
            because="parts of accelerators are not joined",
            span=share.span or service.span,
            origin=Origin.CATALOG,
        )
        for field in ("tensor_parallel", "pipeline_parallel")
    )
    return cut, (*decided, *alone)


def crowded(
    services: Sequence[Service], networks: "Sequence[NetworkService]"
) -> Iterator[Diagnostic]:
    """Yield language models on parts of a pool that others use in another way.

    Parts of several sizes are packed together for networks alone so far.
    """
    others: dict[str, str] = {}
    for network in networks:
        others.update((place.path, network.name) for place in network.places)
    for service in services:
        place = service.place
        unlike = [
            item.name
            for item in services
            if item.place.path == place.path
            and item.place.accelerator.title != place.accelerator.title
        ]
        other = others.get(place.path) or next(iter(unlike), "")
        if place.slices > 1 and other:
            yield report.cannot_share(
                service.span,
                service=service.name,
                why=f"`{other}` has other parts of the accelerators of `{place.path}`",
                instead="give language models on parts a pool of their own, and parts of one size",
            )


def a_part(places: Sequence[Place], blocks: Blocks) -> str:
    """Return how to ask for a part of middle size; empty where accelerators cannot be cut."""
    tables = tuple(partitioning_of(place.accelerator, blocks) for place in places)
    known = _profiles(tables)
    return f'`share = mig("{known[len(known) // 2].name}")`' if known else ""


def _profiles(tables: Sequence[Partitioning | None]) -> tuple[Profile, ...]:
    return next((table.profiles for table in tables if table is not None), ())
