"""Where outputs are made before they are moved: one compile at a time, and nothing left behind."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

HIDDEN: Final = ".inferc-making-"
"""What the name of a folder begins with in which files are made; a compile that was killed leaves
its own, and the next one removes it."""


@contextlib.contextmanager
def folder_for(parent: Path) -> Generator[None]:
    """Make ``parent`` and the folders above it; those that nothing came to stand in go again."""
    made = [place for place in (parent, *parent.parents) if not place.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for place in made:
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()


@contextlib.contextmanager
def alone(parent: Path) -> Generator[None]:
    """Wait until no other compile writes below ``parent``, and keep others out meanwhile.

    The lock is on the folder itself, so that no file lies about, and ends with the process however
    that ends. Where a system or a file system has no such locks, compiles are not kept apart.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    opened = os.open(parent, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_EX)
            _sweep(parent)
        yield
    finally:
        os.close(opened)


@contextlib.contextmanager
def hidden_folder(parent: Path) -> Generator[Path]:
    """Make a folder inside ``parent``, and remove it after use."""
    import shutil
    import tempfile

    hidden = Path(tempfile.mkdtemp(prefix=HIDDEN, dir=parent))
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what a killed compile was making: nobody else can be at it while the lock is held."""
    import shutil

    for left in parent.glob(f"{HIDDEN}*"):
        shutil.rmtree(left, ignore_errors=True)
