"""The options of an ``emit sagemaker`` block."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from inferc.dsl import Diagnostic, Span
from inferc.targets import diagnostics
from inferc.targets.base import Options
from inferc.targets.sagemaker.limits import CANARY_PERCENT, WAIT_S

TARGET: Final = "sagemaker"

OPTIONS: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "bake": (
        (int, float),
        "seconds, 0 to 3600, for which each step of a deployment is watched; `600`",
    ),
    "canary": (
        (int, float),
        "percent of the instances, 0 to 50, that an update begins with; `25`; 0: all at once",
    ),
    "region": (str, "where endpoints are whose place does not say, such as `us-east-1`; none"),
    "registry": (bool, "`true` to register each model that is deployed; `false`"),
    "shadow": (
        (int, float),
        "percent of the requests, 0 to 100, that a candidate gets a copy of; `0`",
    ),
    "vpc": (bool, "`false` for containers outside any network of your own; `true`"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an ``emit sagemaker`` block chooses."""

    bake_s: int = 600
    canary_percent: int = 25
    region: str = ""
    registry: bool = False
    shadow_percent: int = 0
    vpc: bool = True


NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "bake": WAIT_S,
    "canary": (0, CANARY_PERCENT[1]),
    "shadow": (0, 100),
}


def read_options(
    options: Options, span: Span | None = None
) -> tuple[Choices, tuple[Diagnostic, ...]]:
    """Return the choices that ``options``, written at ``span``, make, and what is wrong there."""
    problems = dict(_problems(options, span))
    default = Choices()

    def number(name: str, fallback: int) -> int:
        value = options.get(name)
        return int(value) if isinstance(value, int | float) and name not in problems else fallback

    region = options.get("region")
    return Choices(
        bake_s=number("bake", default.bake_s),
        canary_percent=number("canary", default.canary_percent),
        region=region if isinstance(region, str) and "region" not in problems else "",
        registry=options.get("registry") is True,
        shadow_percent=number("shadow", default.shadow_percent),
        vpc=options.get("vpc") is not False,
    ), tuple(problems.values())


def _problems(options: Options, span: Span | None) -> Iterator[tuple[str, Diagnostic]]:
    """Yield the name of each option that is wrong, with what is wrong with it."""
    for name, value in sorted(options.items()):
        if name not in OPTIONS:
            known = tuple(OPTIONS)
            wrong = diagnostics.unknown_option(target=TARGET, option=name, known=known, span=span)
            yield name, wrong
        elif not _allowed(name, value):
            wrong = diagnostics.bad_option(
                target=TARGET,
                option=name,
                value=str(value),
                expected=OPTIONS[name][1],
                span=span,
            )
            yield name, wrong


def _allowed(name: str, value: object) -> bool:
    """Return whether an option has a value that it can have."""
    kind, _ = OPTIONS[name]
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, kind):
        return False
    if name not in NUMBERS:
        return True
    if not isinstance(value, int | float):
        return False
    low, high = NUMBERS[name]
    return low <= float(value) <= high and float(value).is_integer()
