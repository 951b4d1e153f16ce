"""Standard output for results, standard error for everything else."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO


def prepare() -> None:
    """Make both streams UTF-8 whatever the locale is, so that results are the same everywhere.

    A stream that the caller closed leads nowhere.
    """
    if sys.__stdout__ is None:
        sys.stdout = _nowhere()
    if sys.__stderr__ is None:
        sys.stderr = _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def say(text: str) -> None:
    """Print ``text`` as a result, with one line end behind it."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def say_bytes(content: bytes) -> None:
    """Print ``content`` as a result, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def to_json(value: object) -> str:
    """Return ``value`` as indented JSON, in the order of its keys."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def complain(text: str) -> None:
    """Print ``text`` to standard error, with one line end behind it.

    Where that cannot be written, a full disk, nobody can be told: the exit code still says it.
    """
    try:
        sys.stderr.write(text if text.endswith("\n") else text + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError:
        sys.stderr = _nowhere()


def wants_color(choice: str, stream: TextIO) -> bool:
    """Return whether to colour what goes to ``stream``: ``auto``, ``always`` or ``never``.

    ``auto`` is a terminal without ``NO_COLOR`` (no-color.org).
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def silence_closed_pipes() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
