"""What the user's pins, narrowings and forbids leave to choose from."""

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt

from inferc.compiler.model import Decision

Choosable = str | int | float


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": le,
    "<": lt,
    ">=": ge,
    ">": gt,
}


def allows(decision: Decision, value: Choosable) -> bool:
    """Return whether one decision lets its field be ``value``."""
    compare = COMPARISONS.get(decision.operator)
    if compare is not None:
        return compare(_number(value), _number(decision.values[0]))
    if decision.operator in {"!=", "not in"}:
        return not _listed(decision, value)
    return _listed(decision, value)


def allowed(decisions: Iterable[Decision], field: str, value: Choosable) -> bool:
    """Return whether all decisions let ``field`` be ``value``."""
    return all(allows(item, value) for item in decisions if item.field == field)


def at_any_load(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that hold whatever the load is; numbers that are named are the peak's.

    ``nodes = 3`` says how many there are at the peak, of which fewer run when less comes;
    ``nodes >= 3`` and ``nodes in 3..5`` say how few there may ever be.
    """
    return tuple(item for item in decisions if item.is_range or item.operator not in {"=", "in"})


def blocking(decisions: Iterable[Decision], field: str, value: Choosable) -> Decision | None:
    """Return the first decision that does not let ``field`` be ``value``."""
    of_field = (item for item in decisions if item.field == field)
    return next((item for item in of_field if not allows(item, value)), None)


def stated_numbers(decisions: Iterable[Decision], field: str) -> tuple[float, ...]:
    """Return the allowed numbers that decisions on ``field`` name, smallest first."""
    own = tuple(item for item in decisions if item.field == field)
    numbers = {value for item in own for value in item.values if isinstance(value, (int, float))}
    return tuple(sorted(value for value in numbers if allowed(own, field, value)))


def stated_counts(decisions: Iterable[Decision], field: str) -> tuple[int, ...]:
    """Return the whole numbers that decisions on ``field`` name, so that a search tries them."""
    numbers = (
        value
        for item in decisions
        if item.field == field
        for value in item.values
        if isinstance(value, (int, float)) and value >= 1 and value == int(value)
    )
    return tuple(sorted({int(value) for value in numbers}))


def written(decision: Decision) -> str:
    """Return a decision as a file has it: ``tensor_parallel in 2..4``."""
    values = [_value(decision.field, value) for value in decision.values]
    if decision.is_range:
        text = "..".join(values)
    elif decision.operator in {"in", "not in"}:
        text = f"[{', '.join(values)}]"
    else:
        text = ", ".join(values)
    return f"{decision.field} {decision.operator} {text}"


def _value(field: str, value: str | float) -> str:
    if isinstance(value, str):
        return value.removeprefix(f"{field}.")
    return str(int(value)) if value == int(value) else f"{value:g}"


def same_engine(name: str | float, engine_id: str) -> bool:
    """Return whether ``name``, as a user may write it, is the engine of that catalog path."""
    return isinstance(name, str) and name.rpartition(".")[2] == engine_id.rpartition(".")[2]


def _listed(decision: Decision, value: Choosable) -> bool:
    if decision.is_range:
        low, high = (_number(end) for end in decision.values)
        return low <= _number(value) <= high
    if decision.field == "engine" and isinstance(value, str):
        return any(same_engine(item, value) for item in decision.values)
    return value in decision.values


def _number(value: str | float) -> float:
    return value if isinstance(value, (int, float)) else float("nan")
