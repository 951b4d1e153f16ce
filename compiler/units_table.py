"""The table of unit words, as data: what people write, and how much of which base unit it is."""

from fractions import Fraction
from typing import Literal, TypeAlias

Powers: TypeAlias = tuple[tuple[str, int], ...]

_KILO, _MEGA, _GIGA, _TERA, _PETA, _EXA = 10**3, 10**6, 10**9, 10**12, 10**15, 10**18
_PREFIXES = (("k", _KILO), ("M", _MEGA), ("G", _GIGA), ("T", _TERA), ("P", _PETA), ("E", _EXA))
_BINARY = (("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30), ("Ti", 2**40), ("Pi", 2**50))

_TIME: Powers = (("time", 1),)
_BYTE: Powers = (("byte", 1),)
_BIT_RATE: Powers = (("byte", 1), ("time", -1))
_FLOP: Powers = (("flop", 1),)
_FLOP_RATE: Powers = (("flop", 1), ("time", -1))
_ENERGY: Powers = (("energy", 1),)
_POWER: Powers = (("energy", 1), ("time", -1))
_NONE: Powers = ()

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
MONTH_S = 730 * HOUR_S
"""A month is 730 hours by convention, as cloud price lists count it."""
YEAR_S = 8760 * HOUR_S
"""A year is 8760 hours by convention: 365 days, and twelve months of 730 hours."""

CURRENCIES = ("USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "CAD", "AUD", "SEK", "NOK", "DKK")
"""Codes of ISO 4217. Amounts of different currencies have different dimensions."""

SCALES = {"": 1, "k": _KILO, "M": _MEGA, "G": _GIGA, "T": _TERA}
"""The letters that may stand between a number and a blank: ``16k req/s``."""

BILLION = _GIGA
"""What a bare ``B`` means where the field counts things."""

_WORDS: tuple[tuple[str, int | Fraction, Powers], ...] = (
    ("ns nanosecond nanoseconds", Fraction(1, _GIGA), _TIME),
    ("us microsecond microseconds", Fraction(1, _MEGA), _TIME),
    ("ms msec msecs millisecond milliseconds", Fraction(1, _KILO), _TIME),
    ("s sec secs second seconds", 1, _TIME),
    ("min mins minute minutes", MINUTE_S, _TIME),
    ("h hr hrs hour hours", HOUR_S, _TIME),
    ("d day days", DAY_S, _TIME),
    ("w wk week weeks", 7 * DAY_S, _TIME),
    ("mo month months", MONTH_S, _TIME),
    ("y yr year years", YEAR_S, _TIME),
    ("B byte bytes", 1, _BYTE),
    ("kB KB", _KILO, _BYTE),
    ("bit bits", Fraction(1, 8), _BYTE),
    ("bps", Fraction(1, 8), _BIT_RATE),
    ("req reqs request requests", 1, (("req", 1),)),
    ("kreq", _KILO, (("req", 1),)),
    ("Mreq", _MEGA, (("req", 1),)),
    ("tok toks token tokens", 1, (("tok", 1),)),
    ("ktok", _KILO, (("tok", 1),)),
    ("Mtok", _MEGA, (("tok", 1),)),
    ("Gtok", _GIGA, (("tok", 1),)),
    ("Ttok", _TERA, (("tok", 1),)),
    ("img imgs image images", 1, (("img", 1),)),
    ("gpu gpus GPU GPUs", 1, (("gpu", 1),)),
    ("FLOP flop", 1, _FLOP),
    ("OP", 1, _FLOP),
    ("FLOPS", 1, _FLOP_RATE),
    ("OPS", 1, _FLOP_RATE),
    ("J joule joules", 1, _ENERGY),
    ("kJ", _KILO, _ENERGY),
    ("MJ", _MEGA, _ENERGY),
    ("Wh", HOUR_S, _ENERGY),
    ("kWh", _KILO * HOUR_S, _ENERGY),
    ("MWh", _MEGA * HOUR_S, _ENERGY),
    ("mW", Fraction(1, _KILO), _POWER),
    ("W watt watts", 1, _POWER),
    ("kW", _KILO, _POWER),
    ("MW", _MEGA, _POWER),
    ("% percent", Fraction(1, 100), _NONE),
    ("x", 1, _NONE),
    ("k", _KILO, _NONE),
    ("M", _MEGA, _NONE),
    ("G", _GIGA, _NONE),
    ("T", _TERA, _NONE),
)


def build_units() -> dict[str, tuple[Fraction, Powers]]:
    """Return every unit word with its size in base units and its dimension."""
    units: dict[str, tuple[Fraction, Powers]] = {}
    for words, scale, powers in _WORDS:
        for word in words.split():
            units[word] = (Fraction(scale), powers)
    for prefix, scale in _PREFIXES:
        units.setdefault(f"{prefix}B", (Fraction(scale), _BYTE))
        units[f"{prefix}bit"] = (Fraction(scale, 8), _BYTE)
        units[f"{prefix}bps"] = (Fraction(scale, 8), _BIT_RATE)
        for noun in ("FLOP", "OP"):
            units[f"{prefix}{noun}"] = (Fraction(scale), _FLOP)
            units[f"{prefix}{noun}S"] = (Fraction(scale), _FLOP_RATE)
    for prefix, scale in _BINARY:
        units[f"{prefix}B"] = (Fraction(scale), _BYTE)
        units[f"{prefix}bit"] = (Fraction(scale, 8), _BYTE)
    for code in CURRENCIES:
        units[code] = (Fraction(1), ((code.lower(), 1),))
    return units


def build_refused() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return words that are units to somebody but mean several things: why, and what to write."""
    refused: dict[str, tuple[str, tuple[str, ...]]] = {
        "m": ("could be minutes, milliseconds or mega", ("min", "ms", "M")),
        "b": ("could be bytes or bits", ("B", "bit")),
        "K": ("could be 1000 or 1024", ("k",)),
        "rps": ("is written with its noun", ("req/s",)),
        "qps": ("is written with its noun", ("req/s",)),
        "rpm": ("is written with its noun", ("req/min",)),
        "tps": ("is written with its noun", ("tok/s",)),
        "FLOPs": ("could be an amount or a speed", ("FLOP", "FLOP/s")),
    }
    for prefix, _ in _PREFIXES:
        refused[f"{prefix}b"] = ("could be bytes or bits", (f"{prefix}B", f"{prefix}bit"))
        refused[f"{prefix}Bps"] = ("is written with a slash", (f"{prefix}B/s",))
        refused[f"{prefix}FLOPs"] = (
            "could be an amount or a speed",
            (f"{prefix}FLOP", f"{prefix}FLOP/s"),
        )
    return refused


BASE_WORDS = {
    "time": "s",
    "byte": "B",
    "req": "req",
    "tok": "tok",
    "img": "img",
    "gpu": "gpu",
    "flop": "FLOP",
    "energy": "J",
}
"""How one of each base unit is written. Currencies are their upper-case code."""

NOUNS: dict[Powers, str] = {
    _NONE: "a plain number",
    _TIME: "a duration",
    (("time", -1),): "a rate without a noun",
    _BYTE: "an amount of memory",
    _BIT_RATE: "a bandwidth",
    (("req", 1),): "a number of requests",
    (("req", 1), ("time", -1)): "a request rate",
    (("tok", 1),): "a number of tokens",
    (("time", -1), ("tok", 1)): "a token rate",
    (("img", 1),): "a number of images",
    (("img", 1), ("time", -1)): "an image rate",
    (("gpu", 1),): "a number of GPUs",
    _FLOP: "an amount of computation",
    _FLOP_RATE: "a computing speed",
    _ENERGY: "an energy",
    _POWER: "a power",
    (("usd", 1),): "an amount of money",
    (("time", -1), ("usd", 1)): "a cost per time",
    (("gpu", -1), ("time", -1), ("usd", 1)): "a price per GPU and time",
    (("tok", -1), ("usd", 1)): "a price per token",
    (("energy", -1), ("usd", 1)): "a price of energy",
}
"""What people call the dimensions they meet."""

ShowKind: TypeAlias = Literal[
    "time",
    "bytes",
    "bytes_decimal",
    "bytes_per_s",
    "flop",
    "flop_per_s",
    "req",
    "req_per_s",
    "tok",
    "tok_per_s",
    "ratio",
    "factor",
    "count",
    "parameters",
    "power",
    "usd",
    "usd_per_s",
    "usd_per_mo",
    "usd_per_tok",
    "usd_per_kreq",
]

SHOWN: dict[str, tuple[str, ...]] = {
    "time": ("ns", "us", "ms", "s", "min", "h", "d"),
    "bytes": ("B", "KiB", "MiB", "GiB", "TiB", "PiB"),
    "bytes_decimal": ("B", "kB", "MB", "GB", "TB", "PB"),
    "bytes_per_s": ("B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s"),
    "flop": ("FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"),
    "flop_per_s": (
        "FLOP/s",
        "kFLOP/s",
        "MFLOP/s",
        "GFLOP/s",
        "TFLOP/s",
        "PFLOP/s",
        "EFLOP/s",
    ),
    "req_per_s": ("req/d", "req/h", "req/min", "req/s"),
    "power": ("W", "kW", "MW"),
}
"""The units that reports choose from, small to large."""

SHOWN_AFTER: dict[str, str] = {
    "ratio": "%",
    "factor": "x",
    "count": "",
    "req": " req",
    "tok": " tok",
    "tok_per_s": " tok/s",
}
"""What stands behind numbers that are always printed in the same unit."""

SHOW_AT_LEAST: dict[str, Fraction] = {"min": Fraction(3), "h": Fraction(2), "d": Fraction(2)}
"""How many of a unit there must be before a report switches to it; 1 where absent: 90 s stays."""
