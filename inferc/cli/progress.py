"""A bar on standard error for what takes longer than a moment: the one door to rich."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_S: Final = 1.0
"""Nothing is shown for what is over before."""


@contextmanager
def progress_bar(title: str) -> Generator[Callable[[float], None], None, None]:
    """Give a function that takes the share that is done, and shows it where people look on.

    That is on a terminal, and after :data:`PATIENCE_S`; only then is rich loaded.
    """
    bar = _Bar(title)
    try:
        yield bar.show if sys.stderr.isatty() else _nothing
    finally:
        bar.close()


class _Bar:
    """A bar that comes up late."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began_s = monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def show(self, done: float) -> None:
        """Show the share that is done."""
        if self._shown is None:
            if monotonic() - self._began_s < PATIENCE_S:
                return
            self._shown = self._start()
        progress, task = self._shown
        progress.update(task, completed=done)

    def close(self) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown[0].stop()

    def _start(self) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import Progress

        progress = Progress(console=Console(stderr=True), transient=True)
        progress.start()
        return progress, progress.add_task(self._title, total=1.0)


def _nothing(_: float) -> None:
    """Show nothing."""
