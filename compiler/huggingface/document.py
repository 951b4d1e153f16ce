"""JSON with places: every member of an object knows where it is written."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from inferc.dsl import SourceFile, Span

Value: TypeAlias = "Members | tuple[Value, ...] | str | int | float | bool | None"

MAX_DEPTH: Final = 100
"""Configurations are a handful deep; a deeper one is an attack or a mistake."""

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_TEXT: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORD: Final = re.compile(r"-?Infinity|NaN|[a-z]+")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST: Final = 40
"""Digits of a number; Python itself refuses to read thousands."""
_WORDS: Final[Mapping[str, Value]] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
"""Python writes the last three into JSON, and so do the configurations of some models."""


class NotJsonError(ValueError):
    """The text is no JSON from ``place`` on."""

    def __init__(self, place: int, expected: str) -> None:
        super().__init__(expected)
        self.place = place
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Members:
    """An object of JSON: its members, and the span of each from its name to its value's end."""

    values: Mapping[str, Value]
    spans: Mapping[str, Span]


def parse(source: SourceFile) -> Value:
    """Return what ``source`` holds.

    Raises:
        NotJsonError: It is not JSON.
    """
    reader = _Reader(source)
    value = reader.value(0)
    reader.skip()
    if reader.at != len(source.text):
        raise NotJsonError(reader.at, "the end of the file")
    return value


class _Reader:
    """A place in a text that moves forward."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.text = source.text
        self.at = 0

    def skip(self) -> None:
        """Move over blanks."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def value(self, depth: int) -> Value:
        """Read one value."""
        if depth > MAX_DEPTH:
            raise NotJsonError(self.at, f"at most {MAX_DEPTH} levels")
        self.skip()
        match self.text[self.at : self.at + 1]:
            case "{":
                return self._object(depth)
            case "[":
                return self._array(depth)
            case '"':
                return self._string()
            case _:
                return self._plain()

    def _object(self, depth: int) -> Members:
        values: dict[str, Value] = {}
        spans: dict[str, Span] = {}
        self._expect("{")
        while not self._ends("}", first=not values):
            self.skip()
            start = self.at
            name = self._string()
            self.skip()
            self._expect(":")
            values[name] = self.value(depth + 1)
            spans[name] = Span(self.source, start, self.at)
        return Members(values, spans)

    def _array(self, depth: int) -> tuple[Value, ...]:
        items: list[Value] = []
        self._expect("[")
        while not self._ends("]", first=not items):
            items.append(self.value(depth + 1))
        return tuple(items)

    def _ends(self, bracket: str, *, first: bool) -> bool:
        """Move over the bracket or the comma; return whether it was the bracket."""
        self.skip()
        if self.text.startswith(bracket, self.at):
            self.at += 1
            return True
        if not first:
            self._expect(",")
        return False

    def _expect(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            raise NotJsonError(self.at, f"`{sign}`")
        self.at += 1

    def _string(self) -> str:
        found = _TEXT.match(self.text, self.at)
        if found is None:
            raise NotJsonError(self.at, "a text in double quotes")
        try:
            text = str(json.loads(found.group()))
        except ValueError as error:
            raise NotJsonError(self.at, "a text without wrong escapes") from error
        self.at = found.end()
        return text

    def _plain(self) -> Value:
        found = _WORD.match(self.text, self.at)
        if found and found.group() in _WORDS:
            self.at = found.end()
            return _WORDS[found.group()]
        found = _NUMBER.match(self.text, self.at)
        if found is None or len(found.group()) > _LONGEST:
            raise NotJsonError(self.at, "a value")
        self.at = found.end()
        digits = found.group()
        return int(digits) if digits.lstrip("-").isdigit() else float(digits)
