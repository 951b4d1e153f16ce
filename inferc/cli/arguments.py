"""What a command takes, as data: stands in the annotations of its parameters.

The parser is made from it when there is something to parse. Nothing here loads it.
"""

from typing import NamedTuple


class Argument(NamedTuple):
    """A parameter that is given by its place."""

    metavar: str
    help: str


class Option(NamedTuple):
    """A parameter that is given by a flag, the short form first.

    Where the type lists its values, ``metavar`` is empty and those are shown.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str = ""


class UsageError(Exception):
    """A value of the command line that the command does not take: what is wrong, and where."""

    def __init__(self, message: str, where: str) -> None:
        """Keep the message, and the flag or argument it is about."""
        super().__init__(message)
        self.message = message
        self.where = where
