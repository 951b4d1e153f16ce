"""Whether an engine's coefficients can be right.

None has to be stated: what is typical holds in its place. But a name that the model does not know
would be ignored in silence, and a value beyond physics would be cut off in silence.
"""

from collections.abc import Iterable, Iterator

from inferc.compiler.model import Engine
from inferc.compiler.perf import coefficients, item_coefficients
from inferc.compiler.perf.coefficients import Coefficient


def faulty_coefficients(engine: Engine) -> tuple[str, ...]:
    """Return what is wrong with the coefficients that ``engine`` states.

    Those that a calibration gave it were checked with its block.
    """
    return tuple(_faults(engine))


def _faults(engine: Engine) -> Iterator[str]:
    known = {**item_coefficients.ALL, **coefficients.ALL}
    for name, number in engine.coefficients.items():
        if name in engine.fitted:
            continue
        if name not in known:
            yield f"{name} is unknown: {_meant(name, known)}"
        elif not known[name].low <= number.value <= known[name].high:
            yield f"{name} is {_amount(number.value, known[name])}, and {_range(known[name])}"


def _meant(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else "the performance model knows no such number"


def _range(item: Coefficient) -> str:
    low, high = _amount(item.low, item), _amount(item.high, item)
    return f"lies between {low} and {high}: {item.doc}"


def _amount(value: float, item: Coefficient) -> str:
    return f"{value:g}" if item.unit == "1" else f"{value:g} {item.unit}"
