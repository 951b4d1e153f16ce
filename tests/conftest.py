"""Puts the shared helpers of the tests, ``support``, on the import path."""

import sys
from pathlib import Path

import pytest

import inferc  # before the path grows: the folder tests/inferc would pass for the package

assert inferc.__file__ is not None
sys.path.append(str(Path(__file__).resolve().parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``--update-golden`` write what the golden tests would compare with."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")
