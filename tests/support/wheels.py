"""Clean copies of the checkout, and wheels and environments made from them."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from support.repository import ROOT


def copy_checkout(target: Path, *, links: bool = True) -> Path:
    """Copy the files that git has, or would add, to ``target`` and return it.

    Without ``links`` the symbolic links become text files with the path in them, as git writes
    them on a system that has none.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, place = ROOT / name, target / name
        if not source.exists() and not source.is_symlink():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if not source.is_symlink():
            shutil.copy2(source, place)
        elif links:
            place.symlink_to(source.readlink())
        else:
            place.write_text(str(source.readlink()), encoding="utf-8")
    return target


def build_wheel(source: Path, target: Path) -> Path:
    """Build a wheel of ``source`` into ``target`` and return its path."""
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", target, source)
    (wheel,) = target.glob("*.whl")
    return wheel


def names_in(wheel: Path) -> set[str]:
    """Return the paths inside a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def make_environment(folder: Path) -> Path:
    """Make a virtual environment in ``folder`` and return its interpreter."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def pip(python: str | Path, *arguments: str | Path) -> None:
    """Run pip, and fail with what it says."""
    command = [python, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run(python: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run inferc in an environment, away from the checkout."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [python, "-m", "inferc", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
