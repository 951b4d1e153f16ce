"""The one door to typer: a command's annotations to a parser and its help."""

import functools
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Annotated, Final

import typer

from inferc.cli.arguments import Argument, Option
from inferc.cli.exit_codes import OK
from inferc.cli.table import COMMANDS

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def parse_and_run(
    name: str, command: Callable[..., int], epilog: str, arguments: Sequence[str]
) -> int:
    """Run ``command`` with ``arguments`` parsed, or print its help; return the exit code."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
    )
    text = f"{COMMANDS[name]}\n\n{_body(command.__doc__ or '')}"
    app.command(name, help=text, epilog=_verbatim(epilog))(_for_typer(command))
    try:
        app(args=list(arguments), prog_name=f"inferc {name}")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else OK
    return OK


def _for_typer(command: Callable[..., int]) -> Callable[..., None]:
    """Return ``command`` as typer wants it: its own markers as annotations, the code as an exit."""

    @functools.wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        raise typer.Exit(command(*args, **kwargs))

    said = signature(command)
    parameters = [_translated(item) for item in said.parameters.values()]
    run.__annotations__ = {item.name: item.annotation for item in parameters}
    setattr(run, "__signature__", said.replace(parameters=parameters, return_annotation=None))  # noqa: B010 - no attribute of a function that checkers know
    return run


def _translated(parameter: Parameter) -> Parameter:
    kind = parameter.annotation.__origin__
    marker = next(
        _marker(item, shown=bool(parameter.default) and isinstance(parameter.default, str))
        for item in parameter.annotation.__metadata__
        if isinstance(item, Argument | Option)
    )
    return parameter.replace(annotation=Annotated[kind, marker])


def _marker(item: Argument | Option, *, shown: bool) -> object:
    """Return typer's own form; a default is shown where it is a text."""
    match item:
        case Argument(metavar=metavar, help=text):
            return typer.Argument(metavar=metavar, show_default=False, help=text)
        case Option(flags=flags, help=text, metavar=metavar):
            return typer.Option(*flags, metavar=metavar or None, show_default=shown, help=text)


def _body(docstring: str) -> str:
    """Return what follows the first line of ``docstring``."""
    _, _, rest = docstring.partition("\n")
    return "\n".join(line.strip() for line in rest.strip().splitlines())


def _verbatim(text: str) -> str:
    """Mark each paragraph of ``text`` so that its lines are printed as they are."""
    return "\n\n".join(f"\b\n{paragraph}" for paragraph in text.strip("\n").split("\n\n"))
