"""The lines of a text that may be larger than memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import file_not_found, file_unreadable, not_a_file
from inferc.files.reader import near, reason

LIMIT: Final = 1 << 20
"""Characters of a line that are read at once; a longer one is read as several."""

HELP: Final = "name a CSV file, or one with lines of JSON; it is read twice, so a pipe will not do"


def open_lines(path: str) -> Callable[[], Iterable[str]] | Diagnostic:
    """Return what reads the lines of the file at ``path``, each time anew, or why it cannot be.

    What is not UTF-8 is read as the character for that, and found where the line is looked at.
    """
    place = Path(path)
    try:
        if place.exists() and not place.is_file():
            return replace(not_a_file(None, path=path, inside=()), help=HELP)
        with place.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        missing = file_not_found(None, path=path, close=near(place))
        return missing if near(place) else replace(missing, help=HELP)
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        return file_unreadable(None, path=path, reason=reason(error))
    return lambda: _lines(place)


def _lines(place: Path) -> Iterator[str]:
    with place.open(encoding="utf-8", errors="replace", newline="\n") as file:
        yield from iter(lambda: file.readline(LIMIT), "")
