"""The arguments that several commands share."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple, TypeAlias

from inferc.cli.arguments import Argument, Option, UsageError

File: TypeAlias = Annotated[
    str,
    Argument("FILE", "An .infer file; - is standard input."),
]
Env: TypeAlias = Annotated[
    str,
    Option(("--env",), "Apply the overlay env NAME.", metavar="NAME"),
]
Params: TypeAlias = Annotated[
    list[str] | None,
    Option(("-p", "--param"), "Set a param; may be repeated.", metavar="K=V"),
]
Targets: TypeAlias = Annotated[
    list[str] | None,
    Option(("-t", "--target"), "What to emit.", metavar="NAME,..."),
]
Deny: TypeAlias = Annotated[
    list[str] | None,
    Option(
        ("--deny",),
        "End with 4 if the verdict rests on one of that confidence or less.",
        metavar="assumption:low|medium",
    ),
]
Format: TypeAlias = Annotated[
    Literal["human", "json"],
    Option(("--format",), "Of the result and of the diagnostics."),
]
Report: TypeAlias = Annotated[
    Literal["human", "json", "sarif", "github", "junit"],
    Option(("--format",), "Of the result; the last three are the diagnostics, for a CI job."),
]
Locked: TypeAlias = Annotated[
    bool, Option(("--locked",), "End with 10 if a decision is not that of the lock beside FILE.")
]
Color: TypeAlias = Annotated[
    Literal["auto", "always", "never"],
    Option(("--color",), "auto: on a terminal, unless NO_COLOR is set."),
]
Renderer: TypeAlias = Annotated[
    Literal["auto", "system", "pure"],
    Option(("--renderer",), "What draws the SVG: the dot that is installed, or the one of pip."),
]


class Overlay(NamedTuple):
    """Which variant of a file is meant."""

    env: str = ""
    params: Mapping[str, str] = MappingProxyType({})


def read_params(texts: Sequence[str] | None) -> Mapping[str, str]:
    """Return the values of ``-p k=v`` by name.

    Raises:
        UsageError: A text has no name or no equals sign.
    """
    values: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"{text!r} is not NAME=VALUE, as in -p region=eu-west-1", "-p")
        values[name.strip()] = value.strip()
    return values


def read_targets(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the targets that ``-t`` names: lists with commas, and repeated ones.

    Raises:
        UsageError: There is no such target.
    """
    if not texts:
        return ()
    from inferc import api

    known = api.target_names()
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"name one of {', '.join(known)}", "-t")
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, n=1)
            meant = f"; did you mean {close[0]}?" if close else ""
            raise UsageError(
                f"there is no target {name!r}: there are {', '.join(known)}{meant}", "-t"
            )
    return tuple(dict.fromkeys(names))
