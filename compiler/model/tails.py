"""What is said of lengths whose p95 nobody states."""

from collections.abc import Mapping

from inferc.compiler.model.design import Lengths, Load
from inferc.compiler.provenance import Origin
from inferc.compiler.units import show

TYPICAL_TAIL = "typical of published traces"


def is_stated(lengths: Lengths) -> bool:
    """Return whether the file says how far lengths reach beyond their mean."""
    return lengths.p95_over_mean.origin is not Origin.DEFAULTED


def unstated_tails(load: Load) -> str:
    """Return with which p95 lengths are planned where nobody states it; empty where it is."""
    return unstated_of({"prompts": load.prompt, "answers": load.output})


def unstated_of(named: Mapping[str, Lengths]) -> str:
    """Return the same for lengths by what has them."""
    left = [
        (what, show(lengths.p95_over_mean.value, "factor"))
        for what, lengths in named.items()
        if not is_stated(lengths)
    ]
    if not left:
        return ""
    names = " and ".join(what for what, _ in left)
    reach = " and ".join(factor for _, factor in left)
    return f"nobody stated the p95 of {names}: planned is {reach} their mean, {TYPICAL_TAIL}"
