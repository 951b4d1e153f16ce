"""What hardware of one's own costs in time, from what it cost to buy."""

from collections.abc import Mapping
from dataclasses import replace

from inferc.compiler.model import diagnostics_cost as report
from inferc.compiler.model import values
from inferc.compiler.model.design import Accelerator
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.money import Ownership
from inferc.compiler.provenance import Confidence, Origin, Sourced
from inferc.compiler.resolve import ResolvedBlock
from inferc.compiler.units import show
from inferc.dsl import Diagnostic

ENTRY = "prices.ownership.unstated"
"""What is reckoned with where nobody says."""

PARTS = ("power", "lifetime", "pue", "electricity", "upkeep")
"""What a pool may say of its hardware beside what a node cost."""


def ownership(
    block: ResolvedBlock,
    accelerator: Accelerator,
    per_node: int,
    blocks: Blocks,
    found: list[Diagnostic],
) -> Ownership | None:
    """Return what the hardware of a pool or device costs to own; None where it was not bought.

    What does not go together is reported, once for each block.
    """
    capital = block.fields.get("capital")
    price = block.fields.get("price")
    if capital is None:
        lost = next((name for name in PARTS if name in block.fields), None)
        if lost is not None:
            _report(
                found,
                report.ownership_without_capital(
                    block.fields[lost].span, place=block.path, name=lost
                ),
            )
        return None
    if price is not None:
        _report(found, report.price_and_capital(price.span, place=block.path, capital=capital.span))
        return None
    usual = blocks.at(ENTRY)
    if usual is None:
        raise values.MissingFieldError(block, "lifetime")
    stated = {name: _known(block, name, usual) for name in PARTS if name != "power"}
    return Ownership(
        capital_usd=values.sourced(capital),
        lifetime_s=stated["lifetime"],
        power_w=_power(block, accelerator, per_node, usual),
        pue=stated["pue"],
        electricity_usd_per_j=stated["electricity"],
        upkeep_a_year=stated["upkeep"],
    )


def accelerator_price(owned: Ownership, per_node: int) -> Sourced[float]:
    """Return the price of one accelerator of a node, with the arithmetic as its reason."""
    each = owned.node_usd_per_s / per_node
    parts = (
        ("depreciation", owned.depreciation_usd_per_s),
        ("energy", owned.energy_usd_per_s),
        ("upkeep", owned.upkeep_usd_per_s),
    )
    arithmetic = " + ".join(f"{name} {show(value, 'usd_per_s')}" for name, value in parts)
    defaulted = any(item.origin is Origin.DEFAULTED for item in numbers(owned).values())
    return replace(
        owned.capital_usd,
        value=each,
        low=each,
        high=each,
        origin=Origin.DEFAULTED if defaulted else owned.capital_usd.origin,
        text=show(each, "usd_per_s"),
        because=f"({arithmetic}) / {per_node} accelerators of a node",
    )


def numbers(owned: Ownership) -> Mapping[str, Sourced[float]]:
    """Return what an ownership follows from, by the names of the fields."""
    return {
        "capital": owned.capital_usd,
        "lifetime": owned.lifetime_s,
        "power": owned.power_w,
        "pue": owned.pue,
        "electricity": owned.electricity_usd_per_j,
        "upkeep": owned.upkeep_a_year,
    }


def _known(block: ResolvedBlock, name: str, usual: ResolvedBlock) -> Sourced[float]:
    """Return a number as stated, or as the catalog has it."""
    stated = block.fields.get(name)
    if stated is not None:
        return values.sourced(stated)
    return _default(values.number(usual, name))


def _power(
    block: ResolvedBlock, accelerator: Accelerator, per_node: int, usual: ResolvedBlock
) -> Sourced[float]:
    """Return the power of a node: as stated, or its accelerators' with a share for the host.

    Raises:
        MissingFieldError: Neither the file nor the catalog says.
    """
    stated = block.fields.get("power")
    if stated is not None:
        return values.sourced(stated)
    if accelerator.power_w is None:
        raise values.MissingFieldError(block, "power")
    host = values.number(usual, "host_power")
    whole_w = accelerator.power_w.value * per_node * host.value
    return replace(
        _default(host),
        value=whole_w,
        low=whole_w,
        high=whole_w,
        text=show(whole_w, "power"),
        because=f"{per_node} x {show(accelerator.power_w.value, 'power')} x {host.text}",
    )


def _default(known: Sourced[float]) -> Sourced[float]:
    return replace(known, origin=Origin.DEFAULTED, confidence=Confidence.LOW)


def _report(found: list[Diagnostic], item: Diagnostic) -> None:
    if item not in found:
        found.append(item)
