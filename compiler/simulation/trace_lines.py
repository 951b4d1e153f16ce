"""Lines of a trace to rows: which columns there are, and what each cell must be."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Final, NamedTuple, TypeGuard

TIME: Final = "time"
PROMPT: Final = "prompt"
OUTPUT: Final = "answer"
BLOCKS: Final = "hash_ids"

NAMES: Final[Mapping[str, frozenset[str]]] = {
    field: frozenset(names.split())
    for field, names in {
        TIME: """
            timestamp timestamps timestampms time times timems at ats atms arrival arrivals
            arrivalms arrivaltime arrivaltimes arrivaltimems arrivaltimestamp arrivedat starttime
            requesttime
        """,
        PROMPT: """
            prompt prompttok prompttokens promptlen promptlength promptsize contexttokens
            input inputtok inputtokens inputlen inputlength isl
            requesttokens numprefilltokens prefilltokens
        """,
        OUTPUT: """
            output outputtok outputtokens outputlen outputlength osl answer answertok answertokens
            generated generatedtokens responsetokens completion completiontokens
            numdecodetokens decodetokens tokensize
        """,
        BLOCKS: "hashids blocks",
    }.items()
}
"""How each field may be called, without capitals, blanks, dashes and underscores."""

MS: Final = 1e-3
"""Seconds in a millisecond, the unit of columns that end in ``ms`` and of Mooncake's JSON."""

MOST_TOK: Final = 10**9
"""Nothing longer is a request."""

MOST: Final = 1e19
"""No clock shows more, in whatever unit."""

LATEST_S: Final = 1e11
"""Seconds from 1970 into the sixth millennium: a larger number counts milliseconds or less."""

MARK: Final = "\ufeff"
"""What some editors write before the first line."""

MOST_NAMES: Final = 8
"""So many columns a diagnostic lists."""

SHOWN: Final = 40
"""So many characters of what was found a diagnostic shows."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

FIELDS: Final = {PROMPT: "the length of the prompt", OUTPUT: "the length of the answer"}

A_TIME: Final = "seconds, or a date and time like 2023-11-16 18:17:03.9799600"
A_LENGTH: Final = "a whole number of tokens"
A_LIST: Final = "a list of whole numbers, one for each block of the prompt"


class Row(NamedTuple):
    """One request as it was recorded."""

    at_s: float | None
    """On the clock of the trace; None where it says no times."""
    prompt_tok: int
    output_tok: int
    blocks: tuple[int, ...] = ()


class Wrong(NamedTuple):
    """A line that is no request."""

    line: int
    field: str
    """Empty where the whole line is wrong."""
    found: str
    expected: str


class Columns(NamedTuple):
    """A first line that does not name what is needed. Nothing can be read behind it."""

    found: tuple[str, ...]
    missing: tuple[str, ...]


class Layout(NamedTuple):
    """What each field is called, or which column of CSV it is; None for what is not there."""

    time: str | int | None
    prompt: str | int
    output: str | int
    blocks: str | int | None
    unit_s: float
    """Of a time that is a number."""


class NotThisError(ValueError):
    """A cell that is not what its field holds."""

    def __init__(self, found: object, expected: str) -> None:
        """Keep what was found, and what was expected."""
        super().__init__(expected)
        self.found = _shown(found)
        self.expected = expected


def rows(lines: Iterable[str]) -> Iterator[Row | Wrong | Columns]:
    """Yield the requests in ``lines``, and what is wrong with the lines that are none.

    Lines of JSON begin with a brace; anything else is CSV, with commas, semicolons or tabs.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    first = next(numbered, None)
    if first is None:
        return
    number, text = first[0], first[1].lstrip(MARK)
    if text.lstrip().startswith("{"):
        yield from _of_json(chain([(number, text)], numbered))
    else:
        yield from _of_csv(text, numbered)


# ---- CSV -----------------------------------------------------------------------------------------


def _of_csv(header: str, numbered: Iterable[tuple[int, str]]) -> Iterator[Row | Wrong | Columns]:
    separator = max(",;\t", key=header.count)
    names = [cell.strip() for cell in _cells(header, separator)]
    layout = _layout(names, list(range(len(names))), number_s=1.0)
    if isinstance(layout, Columns):
        yield layout
        return
    for number, line in numbered:
        cells = _cells(line, separator)
        if len(cells) == len(names):
            yield _row(number, cells, layout, names)
        else:
            expected = f"{len(names)} cells, as the header has"
            yield Wrong(number, "", f"{len(cells)} cells", expected)


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of one line; quotes are only looked at where there are some."""
    if '"' not in line:
        return line.strip("\r\n").split(separator)
    try:
        return list(next(csv.reader([line], delimiter=separator)))
    except (csv.Error, StopIteration):
        return []


# ---- lines of JSON -------------------------------------------------------------------------------


def _of_json(numbered: Iterable[tuple[int, str]]) -> Iterator[Row | Wrong | Columns]:
    layout: Layout | None = None
    for number, line in numbered:
        members = _read_json(line)
        if not _is_object(members):
            yield Wrong(number, "", _shown(line.strip()), "a JSON object in one line")
            continue
        if layout is None:
            names = list(members)
            found = _layout(names, names, number_s=MS)
            if isinstance(found, Columns):
                yield found
                return
            layout = found
        yield _row(number, members, layout, None)


# ---- one line ------------------------------------------------------------------------------------


def _layout(
    names: Sequence[str], places: Sequence[str | int], *, number_s: float
) -> Layout | Columns:
    """Return where the fields stand; ``number_s`` is the unit of a plain ``timestamp``."""
    at: dict[str, str | int] = {}
    unit_s = number_s
    for name, place in zip(names, places, strict=True):
        plain = "".join(char for char in name.lower() if char.isalnum())
        for field, known in NAMES.items():
            if plain in known and field not in at:
                at[field] = place
                if field == TIME and plain != "timestamp":
                    unit_s = MS if plain.endswith("ms") else 1.0
    missing = tuple(FIELDS[field] for field in (PROMPT, OUTPUT) if field not in at)
    if missing:
        return Columns(tuple(_shown(name) for name in names[:MOST_NAMES]), missing)
    return Layout(at.get(TIME), at[PROMPT], at[OUTPUT], at.get(BLOCKS), unit_s)


def _row(
    line: int,
    cells: Mapping[str, object] | Sequence[str],
    layout: Layout,
    names: Sequence[str] | None,
) -> Row | Wrong:
    """Return the request of a line, or the first of its cells that is wrong."""
    place: str | int = layout.prompt
    try:
        prompt = _length(_cell(cells, place))
        place = layout.output
        output = _length(_cell(cells, place))
        at_s = None
        if layout.time is not None:
            place = layout.time
            at_s = _time_s(_cell(cells, place), layout.unit_s)
        blocks: tuple[int, ...] = ()
        if layout.blocks is not None:
            place = layout.blocks
            blocks = _blocks(_cell(cells, place))
    except NotThisError as wrong:
        name = names[place] if names is not None and isinstance(place, int) else str(place)
        return Wrong(line, name, wrong.found, wrong.expected)
    return Row(at_s, prompt, output, blocks)


def _cell(cells: Mapping[str, object] | Sequence[str], place: str | int) -> object:
    """Return the cell of one field; nothing where a line of JSON lacks it."""
    if isinstance(cells, Mapping):
        return cells.get(str(place))
    return cells[int(place)]


def _length(cell: object) -> int:
    """Return a number of tokens.

    Raises:
        NotThisError: It is not a whole number, or none that a request can have.
    """
    try:
        value = float(cell) if isinstance(cell, str | int | float) else -1.0
    except (ValueError, OverflowError):
        value = -1.0
    if isinstance(cell, bool) or not 0.0 <= value <= MOST_TOK or value != int(value):
        raise NotThisError(cell, A_LENGTH)
    return int(value)


def _time_s(cell: object, unit_s: float) -> float:
    """Return a time in seconds; a date without a time zone is taken as UTC.

    Raises:
        NotThisError: It is neither a finite number nor a date and time.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _seconds(cell, unit_s, cell)
    if not isinstance(cell, str):
        raise NotThisError(cell, A_TIME)
    text = cell.strip()
    try:
        return _seconds(float(text), unit_s, cell)
    except ValueError as error:
        if isinstance(error, NotThisError):
            raise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotThisError(cell, A_TIME) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH).total_seconds()


def _seconds(value: float, unit_s: float, cell: object) -> float:
    """Return a time that is a number; one that no clock of seconds shows counts finer units."""
    if not -MOST <= value <= MOST:
        raise NotThisError(cell, A_TIME)
    value_s = value * unit_s
    while value_s >= LATEST_S:
        value_s *= MS
    return value_s


def _blocks(cell: object) -> tuple[int, ...]:
    """Return the numbers of the blocks that a prompt consists of.

    Raises:
        NotThisError: They are no list of whole numbers.
    """
    listed = _read_json(cell) if isinstance(cell, str) else cell
    if cell is None:
        return ()
    if not _is_list(listed):
        raise NotThisError(cell, A_LIST)
    numbers: list[int] = []
    for item in listed:
        if not isinstance(item, int) or item < 0:
            raise NotThisError(item, A_LIST)
        numbers.append(item)
    return tuple(numbers)


def _read_json(text: str) -> object:
    """Return the value of a JSON text, None where it is none."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _shown(found: object) -> str:
    """Return what was found as a diagnostic shows it: short, and in one line."""
    if found is None or found == "":
        return "missing"
    text = found if isinstance(found, str) else json.dumps(found, default=str)
    text = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return f"`{text if len(text) <= SHOWN else text[:SHOWN] + '…'}`"
