"""One command behind typer: arguments in, exit code out, never a traceback."""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, ParamSpec, Protocol, cast

import typer

from inferc.cli.exit_codes import BROKEN_PIPE, OK, USAGE
from inferc.cli.table import COMMANDS
from inferc.cli.terminal import silence_closed_pipes

P = ParamSpec("P")

DEBUG: Final = "INFERC_DEBUG"
"""Set to let an internal error through with its traceback."""


class CommandModule(Protocol):
    """What a file below ``commands`` has: ``EPILOG``, and a function of the command's name."""

    EPILOG: str
    """Examples, exit codes, next steps: what stands below the options in the help."""


def run(name: str, arguments: Sequence[str]) -> int:
    """Run the command ``name`` and return its exit code."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    register(app, name)
    try:
        app(args=list(arguments), prog_name=f"inferc {name}")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else OK
    return OK


def register(app: typer.Typer, name: str) -> None:
    """Add the command ``name`` to ``app``."""
    module = cast("CommandModule", import_module(f"inferc.cli.commands.{name}"))
    function = cast("Callable[..., int]", getattr(module, name))
    help_text = f"{COMMANDS[name]}\n\n{_body(function.__doc__ or '')}"
    app.command(name, help=help_text, epilog=_verbatim(module.EPILOG))(guarded_command(function))


def _body(docstring: str) -> str:
    """Return what follows the first line of ``docstring``."""
    _, _, rest = docstring.partition("\n")
    return "\n".join(line.strip() for line in rest.strip().splitlines())


def _verbatim(text: str) -> str:
    """Mark each paragraph of ``text`` so that its lines are printed as they are."""
    return "\n\n".join(f"\b\n{paragraph}" for paragraph in text.strip("\n").split("\n\n"))


def guarded_command(function: Callable[P, int]) -> Callable[P, None]:
    """Wrap ``function`` so that what it returns is the exit code and a fault is reported as one."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            silence_closed_pipes()
            code = BROKEN_PIPE
        except (typer.Exit, typer.Abort, typer.BadParameter, OSError):
            raise
        except Exception as error:
            if os.environ.get(DEBUG):
                raise
            from inferc.cli.internal_error import report

            report(error)
            code = USAGE
        raise typer.Exit(code)

    return guarded
