"""The same tables for the same grammar: numbers by content, not by the order of a hash.

lark numbers states, rules and tokens as it comes across them, which differs from run to run.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Tables = tuple[dict[str, Any], dict[int, Any]]


def settle(data: dict[str, Any], memo: Mapping[int, Any]) -> Tables:
    """Return what lark serialised with its numbers put in order."""
    ordered = sorted(memo, key=lambda number: _content(memo[number]))
    numbers = {old: new for new, old in enumerate(ordered)}
    settled: dict[str, Any] = _renumber(data, numbers)
    parser = settled["parser"]
    parser["parser"] = _settle_states(parser["parser"])
    terminals = parser["lexer_conf"]["terminals"]
    parser["lexer_conf"]["terminals"] = sorted(terminals, key=_content)
    return settled, {new: memo[old] for new, old in enumerate(ordered)}


def _content(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _renumber(value: Any, numbers: Mapping[int, int]) -> Any:  # noqa: ANN401 - any plain value
    """Return ``value`` with its references to remembered rules and terminals renumbered."""
    if isinstance(value, dict):
        fields: dict[str, Any] = value
        if "@" in fields:
            return {"@": numbers[fields["@"]]}
        return {key: _renumber(inner, numbers) for key, inner in fields.items()}
    if isinstance(value, list | tuple):
        items: Sequence[Any] = value
        return [_renumber(inner, numbers) for inner in items]
    return value


def _settle_states(table: dict[str, Any]) -> dict[str, Any]:
    """Return the parse table with states numbered in the order in which they are reached."""
    names: dict[int, str] = table["tokens"]
    tokens = {name: number for number, name in enumerate(sorted(names.values()))}
    states: dict[int, dict[int, Any]] = table["states"]
    reached = [table["start_states"][start] for start in sorted(table["start_states"])]
    numbers = {state: number for number, state in enumerate(reached)}
    settled: dict[int, dict[int, Any]] = {}
    for state in reached:  # grows while it is walked over
        actions = {names[token]: action for token, action in states[state].items()}
        row: dict[int, Any] = {}
        for name in sorted(actions):
            kind, argument = actions[name]
            if kind == 0:  # go to a state; the other kind applies a rule
                if argument not in numbers:
                    numbers[argument] = len(numbers)
                    reached.append(argument)
                argument = numbers[argument]
            row[tokens[name]] = [kind, argument]
        settled[numbers[state]] = row
    ends = {start: numbers[state] for start, state in table["end_states"].items()}
    starts = {start: numbers[state] for start, state in table["start_states"].items()}
    return {
        **table,
        "tokens": {number: name for name, number in tokens.items()},
        "states": settled,
        "start_states": starts,
        "end_states": ends,
    }
