"""Puts the shared helpers of the tests, ``support``, on the import path."""

import sys
from pathlib import Path

import inferc  # before the path grows: the folder tests/inferc would pass for the package

assert inferc.__file__ is not None
sys.path.append(str(Path(__file__).resolve().parent))
