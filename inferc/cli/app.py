"""From ``sys.argv`` to one command.

Only the command that was asked for is imported, and of the libraries only those it needs: the
help page, the list of commands and a mistyped name cost no more than the interpreter.
"""

import gc
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from inferc.cli.exit_codes import BROKEN_PIPE, INTERRUPTED, OK, TERMINATED, USAGE
from inferc.cli.table import COMMANDS, EXIT_CODES
from inferc.cli.terminal import complain, prepare, say, silence_closed_pipes, to_json

USAGE_LINE: Final = "usage: inferc COMMAND [ARGUMENTS]"
HELP_FLAGS: Final = frozenset({"-h", "--help"})
VERSION_FLAGS: Final = frozenset({"-V", "--version"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command named by ``arguments`` (default: the process's own), return its exit code."""
    prepare()
    if arguments is None:
        signal.signal(signal.SIGTERM, terminate)
    # A command makes trees that live until it ends, and next to no garbage: the collector would
    # walk them again and again, for a tenth of the time that a check takes.
    collecting = gc.isenabled()
    gc.disable()
    try:
        code = _dispatch(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        silence_closed_pipes()
        return BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:  # a stream, not a file
            complain(f"error: the output cannot be written: {error.strerror or error}")
            silence_closed_pipes()
            return USAGE
        from inferc.cli.internal_error import report

        return report(error)
    finally:
        if arguments is None:  # the process ends here: its last collection would free nothing
            gc.freeze()
        if collecting:
            gc.enable()
    return code


def terminate(*_: object) -> NoReturn:
    """End as an interrupt would: what is half written is taken back first."""
    raise SystemExit(TERMINATED)


def overview() -> str:
    """Return the page that ``inferc --help`` prints."""
    width = max(map(len, COMMANDS)) + 2
    commands = "\n".join(f"  {name:{width}}{text}" for name, text in COMMANDS.items())
    codes = "\n".join(f"  {code:<{width}}{text}" for code, text in EXIT_CODES.items())
    return f"""\
inferc: from one file about models, traffic, SLA and hardware to what is deployed.

{USAGE_LINE}

Commands:
{commands}

Exit codes:
{codes}

First steps:
  inferc init chat                     write chat/topology.infer
  inferc plan chat/topology.infer      can it hold the SLA, and with what
  inferc compile chat/topology.infer   write build/<topology>/<target>/

`inferc COMMAND --help` has examples of each. Every error has a page: `inferc explain INF402`.
Results go to standard output, errors and warnings to standard error."""


def _dispatch(arguments: list[str]) -> int:
    match arguments:
        case [] | ["help"]:
            say(overview())
            return OK
        case [flag, *_] if flag in HELP_FLAGS:
            say(overview())
            return OK
        case [flag, *rest] if flag in VERSION_FLAGS:
            return _run("version", rest)
        case ["help", name, *_] if name in COMMANDS:
            return _run(name, ["--help"])
        case [name, *rest] if name in COMMANDS:
            return _run(name, rest)
        case [name, *_]:
            return _unknown(name)
        case _:
            raise AssertionError(arguments)


def _run(name: str, arguments: list[str]) -> int:
    if name == "version" and (not arguments or arguments == ["--json"]):
        # Asked by scripts and editors at every start, so it is answered without the parser.
        from inferc.versions import as_json, as_line

        say(to_json(as_json()) if arguments else as_line())
        return OK
    from inferc.cli.runner import run

    return run(name, arguments)


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    what = "option" if name.startswith("-") else "command"
    complain(f"error: there is no {what} `{name}`")
    close = get_close_matches(name, COMMANDS, n=1)
    if close:
        complain(f"  help: did you mean `inferc {close[0]}`?")
    elif name.endswith(".infer"):
        complain(f"  help: say what to do with the file: `inferc plan {name}`")
    else:
        complain(f"  help: `inferc --help` lists what there is: {', '.join(COMMANDS)}")
    return USAGE
