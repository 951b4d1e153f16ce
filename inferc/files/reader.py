"""Reading: a path to a text, or a diagnostic that says why not."""

import sys
from pathlib import Path
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.source import SourceFile, Span
from inferc.files.diagnostics import (
    file_not_found,
    file_too_large,
    file_unreadable,
    not_a_file,
    not_utf8,
)

STDIN: Final = "-"
SUFFIX: Final = ".infer"
LIMIT_BYTES: Final = 1 << 24
"""Sixteen mebibytes: a thousand times the longest design, and no trouble to hold in memory."""


def read_source(path: str, span: Span | None = None) -> SourceFile | Diagnostic:
    """Return the text at ``path``; ``-`` is standard input.

    ``span`` is the place in the user's file that asked for it, None for the command line.
    """
    try:
        if path == STDIN:
            content = _standard_input()
        else:
            with Path(path).open("rb") as file:
                content = file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        return file_not_found(span, path=path, close=near(Path(path)))
    except IsADirectoryError:
        return not_a_file(span, path=path, inside=_inside(Path(path)))
    except (OSError, ValueError) as error:  # a NUL in a path is a ValueError
        return file_unreadable(span, path=path, reason=reason(error))
    if len(content) > LIMIT_BYTES:
        return file_too_large(span, path=path, limit_bytes=LIMIT_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return not_utf8(span, path=path, line=line, byte=content[error.start])
    return SourceFile("<stdin>" if path == STDIN else path, text)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(0, "standard input is closed")
    return sys.stdin.buffer.read(LIMIT_BYTES + 1)


class DiskReader:
    """Reads imported files for the compiler; paths are as the load phase joins them."""

    def read(self, path: str) -> str:
        """Return the text at ``path``.

        Raises:
            OSError: It cannot be read, or nothing is there.
            UnicodeError: It is not UTF-8.
            ValueError: It is too large, or no path.
        """
        with Path(path).open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
        if len(content) > LIMIT_BYTES:
            raise ValueError(f"it is larger than {LIMIT_BYTES} bytes")
        return content.decode("utf-8-sig")

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in ``folder``, sorted; nothing where it cannot be read."""
        try:
            return tuple(sorted(item.name for item in Path(folder or ".").iterdir()))
        except (OSError, ValueError):
            return ()


def find_files(path: str) -> tuple[str, ...] | Diagnostic:
    """Return ``path``, or the ``.infer`` files below it where it is a folder, sorted.

    Folders whose names begin with a dot are left out.
    """
    folder = Path(path)
    try:
        if path == STDIN or not folder.is_dir():
            return (path,)
        found = sorted(
            item
            for item in folder.rglob(f"*{SUFFIX}")
            if item.is_file() and not any(part[0] == "." for part in item.relative_to(folder).parts)
        )
    except OSError as error:  # a name too long, a folder that goes while it is searched
        return file_unreadable(None, path=path, reason=reason(error))
    if not found:
        return file_not_found(None, path=str(folder / f"*{SUFFIX}"), close=())
    return tuple(map(str, found))


def reason(error: OSError | ValueError) -> str:
    """Return why the system refused, in words."""
    text = error.strerror if isinstance(error, OSError) else None
    return (text or str(error)).lower()


def near(path: Path) -> tuple[str, ...]:
    """Return the names beside ``path`` that look like it."""
    from difflib import get_close_matches

    try:
        names = sorted(item.name for item in path.parent.iterdir() if item.is_file())
    except (OSError, ValueError):
        return ()
    close = get_close_matches(path.name, names, n=2, cutoff=0.6)
    return tuple(str(path.with_name(name)) for name in close)


def _inside(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(str(item) for item in folder.glob(f"*{SUFFIX}")))[:3]
    except OSError:
        return ()
