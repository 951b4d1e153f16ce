"""The command line, run in this process or as one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

from inferc.cli import main


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str


def call(*arguments: str | Path, stdin: str = "") -> Done:
    """Run the command line in this process."""
    out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="\n") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err), _stdin(stdin):
        code = main([str(argument) for argument in arguments])
    return Done(code, _text(out), _text(err))


def run(
    *arguments: str | Path, cwd: Path | None = None, world: Mapping[str, str] | None = None
) -> Done:
    """Run the command line as a process of its own, with the environment of ``world`` on top."""
    done = subprocess.run(
        [sys.executable, "-m", "inferc", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        env={**os.environ, **(world or {})},
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@contextmanager
def _stdin(text: str) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = TextIOWrapper(BytesIO(text.encode()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before


def _text(stream: TextIOWrapper) -> str:
    stream.flush()
    content = stream.buffer
    assert isinstance(content, BytesIO)
    return content.getvalue().decode()
