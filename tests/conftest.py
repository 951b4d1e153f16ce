"""Puts the shared helpers of the tests, ``support``, on the import path."""

import os
import sys
from pathlib import Path

import pytest

import inferc  # before the path grows: the folder tests/inferc would pass for the package

assert inferc.__file__ is not None
# The matrices of fits are small: threads for them only wait for each other, most of all where
# several tests run side by side.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.append(str(Path(__file__).resolve().parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``--update-golden`` write what the golden tests would compare with."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")
