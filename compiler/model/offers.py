"""Other ways to have a model: a provider's prices by the token, accelerators by the second."""

from collections.abc import Iterator
from dataclasses import replace

from inferc.compiler.model import values
from inferc.compiler.model.design import Place, short_name
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.money import Offer
from inferc.compiler.provenance import Sourced
from inferc.compiler.resolve import ResolvedBlock

APIS = "prices.api."
SERVERLESS = "prices.serverless."
MANAGED = "prices.managed."
INSTANCES = "instance."
MODELS = "models."


def offers(
    model: ResolvedBlock, used: ResolvedBlock, places: tuple[Place, ...], blocks: Blocks
) -> tuple[Offer, ...]:
    """Return the offers for a model and for the accelerators of its places, by kind and title."""
    names = {model.path, used.path}
    accelerators = {place.accelerator.id for place in places}
    found = (*_apis(names, blocks), *_serverless(accelerators, blocks))
    return tuple(sorted(found, key=lambda offer: (offer.kind, offer.title, offer.id)))


def platform_offer(accelerator: str, platform: str, blocks: Blocks) -> ResolvedBlock | None:
    """Return what the catalog says a platform asks for an accelerator by the second, if it does."""
    return blocks.at(f"{SERVERLESS}{accelerator}.{short_name(platform)}")


def managed_prices(instance: str, blocks: Blocks) -> ResolvedBlock | None:
    """Return what a type of machine costs where a platform of its cloud runs it, if known."""
    return blocks.at(f"{MANAGED}{instance.removeprefix(INSTANCES)}")


def _apis(names: set[str], blocks: Blocks) -> Iterator[Offer]:
    for block in blocks.of_kind("managed_api"):
        if _subject(block, "model", APIS, MODELS) in names:
            yield Offer(
                kind=block.kind,
                id=block.path,
                title=values.text_or(block, "title", block.name),
                input_usd_per_tok=values.number(block, "input"),
                output_usd_per_tok=values.number(block, "output"),
            )


def _serverless(accelerators: set[str], blocks: Blocks) -> Iterator[Offer]:
    for block in blocks.of_kind("serverless_gpu"):
        subject = _subject(block, "gpu", SERVERLESS, "")
        if subject in accelerators:
            idle = block.fields.get("idle")
            yield Offer(
                kind=block.kind,
                id=block.path,
                title=values.text_or(block, "title", block.name),
                accelerator=subject,
                usd_per_s=with_host(block),
                idle_s=values.amount(idle.value) if idle else 0.0,
            )


def _subject(block: ResolvedBlock, field: str, folder: str, kind: str) -> str:
    """Return what an offer is for: as it says, or the folder that it lies in."""
    stated = block.fields.get(field)
    if stated is not None:
        return values.word(stated.value)
    if not block.path.startswith(folder):
        raise values.MissingFieldError(block, field)
    return kind + block.path.removeprefix(folder).rpartition(".")[0]


def with_host(block: ResolvedBlock) -> Sourced[float]:
    """Return the price of an accelerator with the least processors and memory beside it."""
    price = values.number(block, "price")
    extra = 0.0
    for rate, least in (("cpu", "min_cpus"), ("memory", "min_memory")):
        if rate in block.fields and least in block.fields:
            extra += values.amount(block.fields[rate].value) * values.amount(
                block.fields[least].value
            )
    whole = price.value + extra
    return replace(price, value=whole, low=whole, high=whole)
