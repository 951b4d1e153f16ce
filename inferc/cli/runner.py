"""One command: arguments in, exit code out, never a traceback."""

import functools
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import Parameter, signature
from typing import ParamSpec, Protocol, cast

from inferc.cli.arguments import Argument, UsageError
from inferc.cli.exit_codes import BROKEN_PIPE, USAGE
from inferc.cli.terminal import complain, silence_closed_pipes

P = ParamSpec("P")


class CommandModule(Protocol):
    """What a file below ``commands`` has: ``EPILOG``, and a function of the command's name."""

    EPILOG: str
    """Examples, exit codes, next steps: what stands below the options in the help."""


def run(name: str, arguments: Sequence[str]) -> int:
    """Run the command ``name`` and return its exit code."""
    module, function = load(name)
    command = guarded(name, function)
    plain = plain_arguments(function, arguments)
    if plain is not None:
        return command(*plain)
    from inferc.cli.parser import parse_and_run

    return parse_and_run(name, command, module.EPILOG, arguments)


def load(name: str) -> tuple[CommandModule, Callable[..., int]]:
    """Return the module of a command, and its function."""
    module = import_module(f"inferc.cli.commands.{name}")
    return cast("CommandModule", module), cast("Callable[..., int]", getattr(module, name))


def plain_arguments(
    function: Callable[..., int], arguments: Sequence[str]
) -> tuple[str | list[str], ...] | None:
    """Return the values for ``function`` where no flag is given, so that nothing needs parsing.

    That is how commands are mostly called, and it is quicker by the time that loading a parser
    takes. Anything else, mistakes included, is None: the parser has the better words for it.
    """
    if any(item.startswith("-") and item != "-" for item in arguments):
        return None
    places = [item for item in signature(function).parameters.values() if _is_place(item)]
    required = [item for item in places if item.default is Parameter.empty]
    if len(places) == 1 and places[0].annotation.__origin__ == list[str]:
        return (list(arguments),) if arguments else None
    if not len(required) <= len(arguments) <= len(places):
        return None
    return tuple(arguments)


def _is_place(parameter: Parameter) -> bool:
    metadata: tuple[object, ...] = getattr(parameter.annotation, "__metadata__", ())
    return any(isinstance(item, Argument) for item in metadata)


def guarded(name: str, function: Callable[P, int]) -> Callable[P, int]:
    """Wrap a command so that a mistake of its caller, or a closed pipe, ends in an exit code."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            code = function(*args, **kwargs)
            sys.stdout.flush()
        except BrokenPipeError:
            silence_closed_pipes()
            return BROKEN_PIPE
        except UsageError as mistake:
            complain(f"error: {mistake.where}: {mistake.message}")
            complain(f"  help: `inferc {name} --help` has examples")
            return USAGE
        return code

    return command
