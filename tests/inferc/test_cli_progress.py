"""The bar of long runs: on terminals only, and only where there is time to read it."""

import io
import sys

import pytest

from inferc.cli import progress
from inferc.cli.progress import progress_bar


class Terminal(io.StringIO):
    """Somebody looks on."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_bar("simulating") as show:
        for step in range(5):
            show(step / 4)
    return stream.getvalue()


def test_a_long_run_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    said = shown(Terminal(), monkeypatch)
    assert "simulating" in said
    assert "100%" in said


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), monkeypatch) == ""


def test_nobody_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    assert shown(io.StringIO(), monkeypatch) == ""


def broken_off() -> None:
    with progress_bar("simulating") as show:
        show(0.5)
        raise KeyboardInterrupt


def test_the_bar_is_taken_away_where_a_run_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert terminal.getvalue().rstrip().endswith("\x1b[2K")  # the line is empty again
