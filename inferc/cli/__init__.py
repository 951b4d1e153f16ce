"""The command line. Nothing is imported here that a command does not need."""

from inferc.cli.app import main

__all__ = ["main"]
