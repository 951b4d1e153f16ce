"""A calibration as the text of an ``.infer`` file, which reads back as the same calibration."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from inferc.compiler.model.calibration import Calibration, MeasuredCell, Residuals
from inferc.compiler.schema import COEFFICIENTS, FITTED
from inferc.compiler.units import to_unit
from inferc.dsl import SourceFile, format_module, parse

DIGITS = 4
"""Significant ones of what was fitted; no measurement is reproduced more closely."""

LEAST = 1e-12
"""Below it a number of any unit here is none."""

UNNAMED = "fitted"
"""What a calibration is called that has no name."""

UNITS: Mapping[str, tuple[str, ...]] = {
    "s": ("us", "ms", "s"),
    "s/tok": ("us/tok", "ms/tok"),
    "tok": ("tok",),
}
"""What people write for each unit of a coefficient, the smallest first."""

_ORDER = {item.name: place for place, item in enumerate(FITTED)}
_ESCAPES = str.maketrans(
    {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t", "$": r"\$"}
)


def write_calibration(calibration: Calibration) -> str:
    """Return ``calibration`` as the text of a file, in the one style.

    Raises:
        ValueError: One of its names cannot be a name of the language.
    """
    parsed = parse(SourceFile("calibration.infer", "\n".join(_lines(calibration))))
    if parsed.diagnostics:
        where = parsed.diagnostics[0].span
        text = where.text if where else ""
        raise ValueError(f"{parsed.diagnostics[0].message}: `{text}`")
    return format_module(parsed.module)


Lines = Iterator[str]


def _lines(calibration: Calibration) -> Lines:
    yield "infer 1"
    yield ""
    if calibration.source:
        day = f", as_of = {calibration.fitted}" if calibration.fitted else ""
        yield f"@source({_text(calibration.source)}{day})"
    yield f"calibration {calibration.name or UNNAMED} {{"
    if calibration.title:
        yield f"title = {_text(calibration.title)}"
    if calibration.fitted:
        yield f"fitted = {calibration.fitted}"
    if calibration.rows:
        yield f"rows = {calibration.rows}"
    for head, body in _blocks(calibration):
        if body:
            yield from ("", f"{head} {{", *body, "}")
    yield "}"


def _blocks(calibration: Calibration) -> Iterator[tuple[str, list[str]]]:
    """Yield the head of each block, and its lines."""
    yield "typical", list(_typical(calibration.typical))
    cells = sorted(calibration.measured)
    for name in sorted({*calibration.engines, *(cell.engine for cell in cells)}):
        yield f"of_engine {name}", list(_engine(calibration.engines.get(name, {}), cells, name))
    for name in sorted({*calibration.architectures, *(cell.architecture for cell in cells)}):
        listed = sorted({cell.accelerator for cell in cells if cell.architecture == name})
        last = [f"accelerators = {_texts(listed)}"] if listed else []
        label = name if name.isidentifier() and name.isascii() else _text(name)
        factors = _factors(calibration.architectures.get(name, {}))
        yield f"of_architecture {label}", [*factors, *last]
    yield "intervals", list(_intervals(calibration.intervals))
    yield "residuals", list(_residuals(calibration.residuals))


def _engine(factors: Mapping[str, float], cells: Iterable[MeasuredCell], name: str) -> Lines:
    """Yield the factors of an engine, and what was measured with it."""
    yield from _factors(factors)
    measured = list(_measured(cell for cell in cells if cell.engine == name))
    if measured:
        yield from ([""] if factors else [])
        yield from ("measured {", *measured, "}")


def _typical(values: Mapping[str, float]) -> Lines:
    for name in _ordered(values):
        yield f"{name} = {_amount(values[name], COEFFICIENTS[name].unit)}"


def _factors(values: Mapping[str, float]) -> Lines:
    for name in _ordered(values):
        yield f"{name} = {_number(values[name])}"


def _ordered(values: Mapping[str, float]) -> list[str]:
    """Return the names of coefficients in the order of their table."""
    return sorted(values, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))


def _measured(cells: Iterable[MeasuredCell]) -> Lines:
    """Yield a line for each accelerator, with the models in each format."""
    found: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        models = found.setdefault(cell.accelerator, {}).setdefault(cell.precision, [])
        if cell.model not in models:
            models.append(cell.model)
    for accelerator, formats in sorted(found.items()):
        listed = (f"{name} = {_texts(models)}" for name, models in sorted(formats.items()))
        yield f"{accelerator} = {{ {', '.join(listed)} }}"


def _intervals(intervals: Mapping[str, Mapping[str, float]]) -> Lines:
    for name, factors in sorted(intervals.items()):
        given = (
            f"{key} = {_number(factors[key])}" for key in ("low", "high", "rows") if key in factors
        )
        yield f"{name} = interval({', '.join(given)})"


def _residuals(residuals: Residuals) -> Lines:
    for name, metrics in sorted(residuals.items()):
        written = (f"{metric} = {_record(metrics[metric])}" for metric in sorted(metrics))
        yield f"{name} = {{ {', '.join(written)} }}"


def _record(figures: Mapping[str, float]) -> str:
    return f"{{ {', '.join(f'{name} = {_number(value)}' for name, value in figures.items())} }}"


# ---- numbers and texts -----------------------------------------------------------------------


def _amount(value: float, unit: str) -> str:
    """Return a value with the largest unit of which there is one."""
    known = UNITS.get(unit)
    if known is None:
        return _number(value)
    value = _rounded(value)
    best = next((word for word in reversed(known) if to_unit(value, word) >= 1.0), known[0])
    space = " " if best == "tok" else ""
    return f"{_number(to_unit(value, best))}{space}{best}"


def _number(value: float) -> str:
    """Return a number without an exponent: whole numbers in full."""
    if abs(value) < LEAST:
        return "0"
    if float(value).is_integer():
        return str(int(value))
    return f"{Decimal(f'{value:.{DIGITS}g}'):f}"


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _texts(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    printed = text.translate(_ESCAPES)
    whole = (letter if letter.isprintable() else f"\\u{{{ord(letter):x}}}" for letter in printed)
    return f'"{"".join(whole)}"'
