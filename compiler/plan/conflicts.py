"""Why a search space is empty: which fixed fields contradict each other or the hardware."""

from dataclasses import replace
from itertools import combinations

from inferc.compiler.model import Decision
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.plan import diagnostics as report
from inferc.compiler.plan.search import Search
from inferc.compiler.plan.verdict import Judge
from inferc.compiler.problem import Case
from inferc.compiler.units import show
from inferc.dsl.diagnostics import Diagnostic


def explain_empty(judge: Judge) -> Diagnostic | None:
    """Return the error for a space without a single configuration, or None where there is one."""
    case = judge.problem.case
    if has_configuration(case):
        return None
    free = replace(case, decisions=())
    span = judge.problem.service.span
    if not has_configuration(free):
        return report.no_layout(case, _why(case), span)
    return report.pins_conflict(case, smallest_conflict(case), _why(case))


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


def _why(case: Case) -> str:
    place = case.place
    weights = weights_bytes(case.model, "fp16")
    memory = place.accelerator.memory_bytes.value
    return (
        f"{show(weights, 'bytes')} of weights in fp16, {case.model.heads} attention heads, "
        f"{place.accelerators} accelerators of {show(memory, 'bytes')}, {place.per_node} in a node"
    )
