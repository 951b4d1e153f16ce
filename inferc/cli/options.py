"""The arguments that several commands share."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

import typer

File: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="FILE", show_default=False, help="An .infer file; - is standard input."),
]
Env: TypeAlias = Annotated[
    str,
    typer.Option("--env", metavar="NAME", show_default=False, help="Apply the overlay env NAME."),
]
Params: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-p", "--param", metavar="K=V", show_default=False, help="Set a param; may be repeated."
    ),
]
Format: TypeAlias = Annotated[
    Literal["human", "json"],
    typer.Option("--format", help="Of the result and of the diagnostics."),
]
Color: TypeAlias = Annotated[
    Literal["auto", "always", "never"],
    typer.Option("--color", help="auto: on a terminal, unless NO_COLOR is set."),
]
Renderer: TypeAlias = Annotated[
    Literal["auto", "system", "pure"],
    typer.Option(
        "--renderer", help="What draws the SVG: the dot that is installed, or the one of pip."
    ),
]


def read_params(texts: Sequence[str] | None) -> Mapping[str, str]:
    """Return the values of ``-p k=v`` by name.

    Raises:
        BadParameter: A text has no name or no equals sign.
    """
    values: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise typer.BadParameter(
                f"{text!r} is not NAME=VALUE, as in -p region=eu-west-1", param_hint="-p"
            )
        values[name.strip()] = value.strip()
    return values
