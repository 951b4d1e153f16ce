"""Charts that commands write beside what they print."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from inferc.cli.arguments import UsageError
from inferc.cli.exit_codes import OK
from inferc.cli.show import exit_code, show
from inferc.cli.terminal import complain
from inferc.files.create import replace_file

FORMS: Final = (".svg", ".png")
"""Endings of a picture's name."""


def check_picture(picture: str) -> None:
    """Raise UsageError where the name of a picture, if there is one, says no known form."""
    if picture and not picture.endswith(FORMS):
        raise UsageError(f"{picture!r} does not end in {' or '.join(FORMS)}", "--picture")


def write_picture(picture: str, draw: Callable[[str], bytes], *, form: str, color: str) -> int:
    """Write what ``draw`` returns for ``svg`` or ``png``, and say so; return the exit code.

    Without a name there is nothing to draw.
    """
    if not picture:
        return OK
    path = Path(picture)
    problem = replace_file(path, draw(path.suffix[1:]))
    if problem:
        show([problem], form=form, color=color)
        return exit_code([problem])
    complain(f"wrote {picture}")
    return OK
