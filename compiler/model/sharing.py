"""How services share accelerators: as they ask for it, and whether the place can do it."""

from collections.abc import Sequence

from inferc.compiler.model import sharing_diagnostics as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Objective, Place
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.partitions import (
    MIG,
    TIME_SLICE,
    Partitioning,
    Share,
    partitioning_of,
)
from inferc.compiler.resolve import CallValue, ResolvedBlock
from inferc.dsl import Diagnostic


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
    title = place.accelerator.title
    cut = is_cut(place, blocks)
    if share.mode == TIME_SLICE and cut:
        return (
            f"the accelerators of `{place.path}` are cut into parts, which do not take turns",
            'leave `share` out, or ask for a part: `share = mig("1g.10gb")`',
        )
    if share.mode == TIME_SLICE and place.accelerator.kind != "gpu":
        return f"replicas take turns on GPUs only, not on {title}", "leave `share` out"
    if share.mode != MIG:
        return None
    if table is None:
        return (
            f"{title} cannot be cut into parts",
            "leave `partition` and `share` out, or run on an A100, H100, H200 or B200",
        )
    if not cut:
        return (
            f"the accelerators of `{place.path}` are whole",
            "add `partition = mig` to the pool",
        )
    if share.profile and table.profile(share.profile) is None:
        known = ", ".join(f"`{item.name}`" for item in table.profiles)
        return f"{title} has no part `{share.profile}`", f"ask for one of {known}"
    return None


def check_time_slices(
    service: ResolvedBlock,
    share: Share,
    objectives: Sequence[Objective],
    *,
    language_model: bool,
    found: list[Diagnostic],
) -> None:
    """Report replicas that take turns and are to keep a limit of latency.

    Any limit of a language model is one: what it writes comes token by token.
    """
    lines = [line for line in objectives if line.hard]
    if not language_model:
        lines = [line for line in lines if line.metric == "latency"]
    if share.mode == TIME_SLICE and share.sharers > 1 and lines:
        found.append(
            report.time_sliced_under_sla(
                share.span or service.span,
                service=service.name,
                sharers=share.sharers,
                line=lines[0].span,
                language_model=language_model,
            )
        )
