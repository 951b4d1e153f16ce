"""Making one file: a starter, or a result that ``-o`` asks for."""

import os
from pathlib import Path
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import output_not_writable
from inferc.files.reader import SUFFIX, reason

WHO_MAY: Final = "check who may write there, and that the disk has room"


def create_file(path: Path, content: bytes) -> str | None:
    """Write a new file at ``path``; return why not where that fails. Nothing is overwritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if path.parent.is_dir():
            return f"error: `{path}` exists already\n  help: it is as it was; name another folder"
        return f"error: `{path.parent}` is a file\n  help: name a folder, or a name that is free"
    except (OSError, ValueError) as error:
        return f"error: `{path}` cannot be written: {reason(error)}\n  help: name another folder"
    return None


def replace_file(path: Path, content: bytes, *, design: bool = False) -> Diagnostic | None:
    """Put ``content`` at ``path``, whole or not at all; return why not where that fails.

    A link stays a link and a device is written to; permissions stay as they are. Unless it is a
    ``design`` itself, it takes no design's place: `inferc plan FILE -o FILE` would be the end of
    what somebody wrote.
    """
    if not design and path.suffix == SUFFIX and os.path.lexists(path):
        return output_not_writable(
            path=str(path), reason="it is a design", todo="name another file: `-o plan.json`"
        )
    try:
        place = path.resolve()
        if place.exists() and not place.is_file():
            place.write_bytes(content)
            return None
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.inferc")
        try:
            beside.write_bytes(content)
            if place.exists():
                beside.chmod(place.stat().st_mode)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        return output_not_writable(path=str(path), reason=reason(error), todo=WHO_MAY)
    return None
