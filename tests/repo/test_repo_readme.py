"""The two commands of the README, in a fresh copy with a fresh environment."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.repository import ROOT
from support.wheels import copy_checkout

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Return the lines of the first ``bash`` block."""
    block = re.search(r"^```bash\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1].strip().splitlines()


def test_there_are_two_commands_and_the_second_runs_the_tests() -> None:
    assert len(commands()) == 2
    assert commands()[1].endswith("python -m pytest")


@pytest.mark.slow
def test_the_first_command_compiles_the_example(tmp_path: Path) -> None:
    source = copy_checkout(tmp_path / "inferc")
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(
        ["bash", "-c", commands()[0]],  # noqa: S607
        cwd=source,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(item.name for item in (source / "build" / "support_chat").iterdir()) == [
        "diagram",
        "inferc.manifest.json",
        "kubernetes",
        "pulumi",
    ]
