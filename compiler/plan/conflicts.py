"""Why a search space is empty: which fixed fields contradict each other or the hardware."""

from dataclasses import replace
from itertools import combinations

from inferc.compiler.model import Decision
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.plan import diagnostics as report
from inferc.compiler.plan.search import Search
from inferc.compiler.plan.space import formats_of
from inferc.compiler.problem import Case
from inferc.compiler.units import show
from inferc.dsl.diagnostics import Diagnostic

MODEL_FIELDS = frozenset({"precision"})
"""Fields that say what is served; the others say how, and are pins."""


def conflict_of(case: Case) -> Diagnostic | None:
    """Return the error for pins that leave no configuration, or None where none is to blame."""
    if has_configuration(case) or not has_layout(case):
        return None
    return report.pins_conflict(case, smallest_conflict(case), why_empty(case))


def has_layout(case: Case) -> bool:
    """Return whether the model, in a format it may have, can be laid out on the place at all."""
    kept = tuple(item for item in case.decisions if item.field in MODEL_FIELDS)
    return has_configuration(replace(case, decisions=kept))


def has_configuration(case: Case) -> bool:
    """Return whether the space of ``case`` has a configuration, whatever its latency."""
    return Search(case).fits_somewhere()


def smallest_conflict(case: Case) -> tuple[Decision, ...]:
    """Return the fewest decisions that leave nothing to choose from, in the order of the file."""
    for count in range(1, len(case.decisions) + 1):
        for some in combinations(case.decisions, count):
            if not has_configuration(replace(case, decisions=some)):
                return some
    return case.decisions


def why_empty(case: Case) -> str:
    """Return the sizes that decide whether a model can be laid out."""
    place = case.place
    formats = formats_of(case) or ("fp16",)
    widest = max(formats, key=lambda name: (BYTES_PER_PARAMETER[name], name))
    weights = weights_bytes(case.model, widest)
    memory = place.accelerator.memory_bytes.value
    return (
        f"{show(weights, 'bytes')} of weights in {widest}, {case.model.heads} attention heads, "
        f"{place.accelerators} accelerators of {show(memory, 'bytes')}, {place.per_node} in a node"
    )
