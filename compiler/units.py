"""Dimensions, units and exact quantities: the only scale factors in the code base."""

import math
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from inferc.compiler import units_table as table
from inferc.compiler.units_table import ShowKind

MAX_EXPONENT = 60
"""Numbers beyond ten to this power are refused: nothing in serving is that large or small."""
MAX_BITS = 2048
"""How long a numerator or denominator may grow before arithmetic is refused."""


# ---- dimensions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dimension:
    """A product of powers of base dimensions, sorted by name, without zero powers.

    The base dimensions are ``time`` (s), ``byte``, ``req``, ``tok``, ``img``, ``gpu`` (a counted
    thing), ``flop``, ``energy`` (J), ``usd`` and other currencies by their lower-case code. The
    empty product is a plain number.
    """

    powers: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: "Dimension") -> "Dimension":
        """Return the dimension of a product."""
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, 0) + power
        return Dimension(tuple(sorted((n, p) for n, p in powers.items() if p)))

    def __pow__(self, exponent: int) -> "Dimension":
        """Return the dimension of a power."""
        return Dimension(tuple((n, p * exponent) for n, p in self.powers) if exponent else ())

    def __truediv__(self, other: "Dimension") -> "Dimension":
        """Return the dimension of a quotient."""
        return self * other**-1

    def __str__(self) -> str:
        """Return the product as people write it: ``req / time``."""
        over = [_power(name, power) for name, power in self.powers if power > 0]
        under = [_power(name, -power) for name, power in self.powers if power < 0]
        if not over and not under:
            return "1"
        return " / ".join([" * ".join(over) or "1", *under])

    @property
    def noun(self) -> str:
        """What people call it: ``a duration``, ``a request rate``; else the product."""
        known = table.NOUNS.get(self.powers)
        return known or f"an amount in {self}"


def _power(name: str, power: int) -> str:
    word = name.upper() if name.upper() in table.CURRENCIES else name
    return word if power == 1 else f"{word}^{power}"


NUMBER = Dimension()
TIME = Dimension((("time", 1),))
BYTE = Dimension((("byte", 1),))
REQ = Dimension((("req", 1),))
TOK = Dimension((("tok", 1),))
IMG = Dimension((("img", 1),))
GPU = Dimension((("gpu", 1),))
FLOP = Dimension((("flop", 1),))
ENERGY = Dimension((("energy", 1),))
USD = Dimension((("usd", 1),))
PER_TIME = TIME**-1
RATE = REQ / TIME
TOK_RATE = TOK / TIME
BANDWIDTH = BYTE / TIME
COMPUTE = FLOP / TIME
POWER = ENERGY / TIME
COST_RATE = USD / TIME
GPU_PRICE = USD / GPU / TIME

_COUNTED = ("gpu", "img", "req", "tok")


def accepts(expected: Dimension, given: Dimension) -> bool:
    """Return whether a field of dimension ``expected`` may be written as ``given``.

    The noun of a count may be left out: ``1000/min`` for requests in time, ``2048`` for tokens.
    A noun that divides may not, for ``$2/h`` may be the price of one GPU or of the whole node.
    """
    if expected == given:
        return True
    bare = tuple((n, p) for n, p in expected.powers if not (n in _COUNTED and p == 1))
    return bare == given.powers


# ---- quantities ------------------------------------------------------------------------------


class UnitMismatchError(ValueError):
    """Two quantities of different dimensions were added or compared."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount in base units, with the text people wrote for it.

    Two quantities are equal if they are the same amount, however they were written.
    """

    value: Fraction
    dimension: Dimension = NUMBER
    text: str = field(default="", compare=False)
    unit: str = field(default="", compare=False)
    """The unit to print it in, ``req/min``; empty for a plain number or the base units."""

    def _same(self, other: "Quantity") -> None:
        if self.dimension != other.dimension:
            raise UnitMismatchError

    def __add__(self, other: "Quantity") -> "Quantity":
        """Return the sum, to be printed in the unit of the left side."""
        self._same(other)
        return Quantity(self.value + other.value, self.dimension, "", self.unit or other.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Return the difference, to be printed in the unit of the left side."""
        self._same(other)
        return Quantity(self.value - other.value, self.dimension, "", self.unit or other.unit)

    def __neg__(self) -> "Quantity":
        """Return the same amount with the other sign."""
        return Quantity(-self.value, self.dimension, "", self.unit)

    def __mul__(self, other: "Quantity") -> "Quantity":
        """Return the product; a factor without dimension leaves the unit as it was."""
        dimension = self.dimension * other.dimension
        unit = self.unit if dimension == self.dimension else ""
        if not unit and dimension == other.dimension:
            unit = other.unit
        return Quantity(self.value * other.value, dimension, "", unit)

    def __truediv__(self, other: "Quantity") -> "Quantity":
        """Return the quotient. Raises ZeroDivisionError."""
        dimension = self.dimension / other.dimension
        unit = self.unit if self.dimension == dimension else ""
        return Quantity(self.value / other.value, dimension, "", unit)

    def __lt__(self, other: "Quantity") -> bool:
        """Return whether this is the smaller amount."""
        self._same(other)
        return self.value < other.value

    def __le__(self, other: "Quantity") -> bool:
        """Return whether this is not the larger amount."""
        self._same(other)
        return self.value <= other.value

    def __str__(self) -> str:
        """Return the text that was written, or the amount in its unit."""
        return self.text or self.shown

    @property
    def shown(self) -> str:
        """The amount in the unit it was written in, whatever the text was."""
        if not self.unit:
            return _join(decimal_text(self.value), base_unit(self.dimension))
        return _join(decimal_text(self.value / _known(self.unit)), self.unit)

    @property
    def too_long(self) -> bool:
        """Whether the exact number grew beyond what is worth keeping."""
        bits = max(self.value.numerator.bit_length(), self.value.denominator.bit_length())
        return bits > MAX_BITS or abs(self.value) > Fraction(10) ** MAX_EXPONENT


def number(value: int | Fraction, text: str = "") -> Quantity:
    """Return a plain number."""
    return Quantity(Fraction(value), NUMBER, text)


def _join(amount: str, unit: str) -> str:
    """Return number and unit as people write them: ``$5/h``, ``5%``, ``3x``, ``5 req/s``."""
    head, slash, rest = unit.partition("/")
    if head in {"USD", "$"}:
        sign, digits = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
        return f"{sign}${digits}{slash}{rest}"
    glued = head in {"", "%", "x", "k", "M", "G", "T"}
    return f"{amount}{unit}" if glued else f"{amount} {unit}"


def base_unit(dimension: Dimension) -> str:
    """Return the chain of base unit words of ``dimension``: ``tok/s/gpu``."""
    over = [_base_word(n) for n, p in dimension.powers for _ in range(p) if p > 0]
    under = [_base_word(n) for n, p in dimension.powers for _ in range(-p) if p < 0]
    return "/".join(["*".join(over), *under]) if over or under else ""


def _base_word(name: str) -> str:
    return table.BASE_WORDS.get(name) or name.upper()


def decimal_text(value: Fraction) -> str:
    """Return ``value`` exactly where its decimals end soon, else to six significant digits."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = value * 10**9
    if scaled.denominator == 1:
        sign = "-" if scaled < 0 else ""
        whole, rest = divmod(abs(scaled.numerator), 10**9)
        return f"{sign}{whole}.{rest:09d}".rstrip("0")
    return f"{float(value):.6g}"


# ---- unit words ------------------------------------------------------------------------------

_UNITS = {word: (s, Dimension(p)) for word, (s, p) in table.build_units().items()}
_REFUSED = table.build_refused()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProblem:
    """Why a number with a unit could not be read.

    ``kind`` is ``unknown``, ``ambiguous`` or ``too-large``; ``suggestions`` are whole units that
    may stand in the place of the one that was written, the likeliest first.
    """

    kind: str
    word: str
    """The one word of the chain that is wrong."""
    reason: str
    suggestions: tuple[str, ...] = ()


LONGEST_CHAIN = 4
"""Words of a chain that is worth mending: ``$/gpu/h`` has three."""


def unit_words() -> tuple[str, ...]:
    """Return every unit word, sorted."""
    return tuple(sorted(_UNITS))


def unit_of(chain: str) -> tuple[Fraction, Dimension] | UnitProblem:
    """Return size and dimension of ``req/min``, ``/min``, ``GB/s`` or ``$/gpu/h``."""
    words = chain.split("/")
    scale, dimension = Fraction(1), NUMBER
    for place, word in enumerate(words):
        if not word and place == 0 and len(words) > 1:
            continue
        found = _UNITS.get("USD" if word == "$" and place == 0 else word)
        if found is None:
            return _unknown(words, place)
        if place == 0:
            scale, dimension = found
        else:
            scale, dimension = scale / found[0], dimension / found[1]
    return scale, dimension


def _unknown(words: list[str], place: int) -> UnitProblem:
    """Return the problem with ``words[place]``, and what to write for the whole chain."""
    word = words[place]
    refused = _REFUSED.get(word)
    if refused:
        reason, choices = refused
        if word == "m" and place:
            reason, choices = "could be minutes or months", ("min", "mo")
    else:
        reason, choices = "is not a unit", _nearest(word)
    head, tail = words[:place], words[place + 1 :]
    known = choices if len(words) <= LONGEST_CHAIN else ()
    chains = ("/".join([*head, choice, *tail]) for choice in known)
    whole = tuple(mended for chain in chains for mended in _mended(chain))
    return UnitProblem(
        kind="ambiguous" if refused else "unknown", word=word, reason=reason, suggestions=whole
    )


def _mended(chain: str) -> tuple[str, ...]:
    """Return ``chain``, with what was probably meant by words behind the mended one."""
    found = unit_of(chain)
    return found.suggestions[:1] if isinstance(found, UnitProblem) else (chain,)


def _nearest(word: str) -> tuple[str, ...]:
    """Return the unit words that were probably meant."""
    same_letters = [unit for unit in _UNITS if unit.casefold() == word.casefold()]
    if same_letters:
        return tuple(same_letters[:1])
    from difflib import get_close_matches

    return tuple(get_close_matches(word, _UNITS, n=1, cutoff=0.6))


def parse_quantity(
    value: Decimal,
    scale: str = "",
    unit: str = "",
    *,
    expected: tuple[Dimension, ...] = (),
    text: str = "",
) -> Quantity | UnitProblem:
    """Return the exact quantity for a literal, or why there is none.

    ``expected`` are the dimensions that the field accepts; they decide what a bare ``B`` is:
    billions where the field counts, bytes where it measures memory or nobody knows.
    """
    if unit == "B" and expected and BYTE not in expected:
        factor, dimension = Fraction(table.BILLION), NUMBER
    elif unit:
        found = unit_of(unit)
        if isinstance(found, UnitProblem):
            return found
        factor, dimension = found
    else:
        factor, dimension = Fraction(1), NUMBER
    if scale not in table.SCALES:
        return UnitProblem(kind="unknown", word=scale, reason="is not k, M, G or T")
    exact = exact_number(value)
    if exact is None:
        return UnitProblem(kind="too-large", word=unit, reason="is beyond any quantity in serving")
    return Quantity(exact * table.SCALES[scale] * factor, dimension, text, unit)


def parse_money(value: Decimal, scale: str, per: str, *, text: str = "") -> Quantity | UnitProblem:
    """Return the quantity for an amount of dollars: ``$2.49/gpu/h`` has ``per = "/gpu/h"``."""
    return parse_quantity(value, scale, f"USD{per}", text=text)


def exact_number(value: Decimal) -> Fraction | None:
    """Return ``value`` exactly, or None where it is too large, too small or not finite."""
    if not value.is_finite():
        return None
    if value and not -MAX_EXPONENT <= value.adjusted() <= MAX_EXPONENT:
        return None
    return Fraction(value)


# ---- floats at the edges ---------------------------------------------------------------------


def from_unit(value: float, unit: str) -> float:
    """Return ``value`` of ``unit`` in base units: ``from_unit(5, "min")`` is 300.0."""
    return value * float(_known(unit))


def to_unit(value: float, unit: str) -> float:
    """Return ``value``, in base units, counted in ``unit``: ``to_unit(0.5, "ms")`` is 500.0."""
    return value / float(_known(unit))


def _known(unit: str) -> Fraction:
    found = unit_of(unit)
    if not isinstance(found, UnitProblem):
        return found[0]
    message = f"`{unit}` {found.reason}"
    raise ValueError(message)


_WHOLE_PERCENT = 1e-6
"""What binary fractions may lack of a whole percent."""


def percent(share: float) -> str:
    """Return a share in whole percent, rounded down: a margin never looks larger than it is."""
    if not math.isfinite(share):
        return "unknown"
    return f"{math.floor(to_unit(share, '%') + _WHOLE_PERCENT)}%"


def show(value: float, kind: ShowKind) -> str:
    """Return ``value``, in base units, as a report prints it: ``410 ms``, ``131 GiB``, ``$5.50/h``.

    Three significant digits; the unit is the largest of which there is at least one.
    """
    if not math.isfinite(value):
        return "unlimited" if value > 0 else "unknown"
    if kind in table.SHOWN:
        return _in_best_unit(value, table.SHOWN[kind])
    if kind.startswith("usd"):
        return _money(value, kind)
    if kind == "parameters":
        return _parameters(value)
    if kind == "ratio":
        value = to_unit(value, "%")
    return f"{_digits(value)}{table.SHOWN_AFTER[kind]}"


def _in_best_unit(value: float, units: tuple[str, ...]) -> str:
    """Return ``value`` in the largest of ``units`` of which there is enough."""
    best = units[0] if value else units[min(3, len(units) - 1)] if "s" in units else units[0]
    for unit in units:
        least = float(table.SHOW_AT_LEAST.get(unit, 1))
        if to_unit(abs(value), unit) >= least * (1 - 5e-4):
            best = unit
    return f"{_digits(to_unit(value, best))} {best}"


def _parameters(value: float) -> str:
    """Return a number of weights as model names spell it: ``70.6B``."""
    scales = (("k", table.SCALES["k"]), ("M", table.SCALES["M"]), ("B", table.BILLION))
    suffix, scale = next(((s, n) for s, n in reversed(scales) if abs(value) >= n), ("", 1))
    return f"{_digits(value / scale)}{suffix}"


def _money(value: float, kind: ShowKind) -> str:
    """Return an amount of dollars, with what it is for."""
    match kind:
        case "usd_per_s":
            return f"${_cents(value / to_unit(1.0, 'h'))}/h"
        case "usd_per_mo":
            return f"${_cents(from_unit(value, 'mo'))}/mo"
        case "usd_per_tok":
            return f"${_small(from_unit(value, 'Mtok'))}/Mtok"
        case "usd_per_kreq":
            return f"${_small(from_unit(value, 'kreq'))}/1,000 req"
        case _:
            return f"${_cents(value)}"


def _cents(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= table.SCALES["k"] else f"{value:,.2f}"


_DIME = 0.1
"""Dollars below which two decimals say too little."""


def _small(value: float) -> str:
    """Return an amount of dollars that may be a fraction of a cent: three digits below one."""
    return _digits(value) if 0.0 < abs(value) < _DIME else _cents(value)


def _digits(value: float) -> str:
    """Return three significant digits, whole above a hundred, without trailing zeros."""
    if not value:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    if places <= 0:
        return f"{value:,.0f}"
    text = f"{value:,.{min(places, 9)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
