"""The same tables for the same grammar: numbers by content, not by the order of a hash.

lark numbers states, rules and tokens as it comes across them, which differs from run to run.
"""

import json
from collections.abc import Mapping
from typing import Any

Tables = tuple[dict[str, Any], dict[int, Any]]


def settle(data: dict[str, Any], memo: Mapping[int, Any]) -> Tables:
    """Return what lark serialised with its numbers put in order."""
    ordered = sorted(memo, key=lambda number: _content(memo[number]))
    numbers = {old: new for new, old in enumerate(ordered)}
    settled = _renumber(data, numbers)
    parser = settled["parser"]
    parser["parser"] = _settle_states(parser["parser"])
    terminals = parser["lexer_conf"]["terminals"]
    parser["lexer_conf"]["terminals"] = sorted(terminals, key=_content)
    return settled, {new: memo[old] for new, old in enumerate(ordered)}


def _content(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _renumber(value: dict[str, Any], numbers: Mapping[int, int]) -> dict[str, Any]:
    """Return ``value`` with its references to remembered rules and terminals renumbered."""

    def reference(fields: dict[str, Any]) -> dict[str, Any]:
        return {"@": numbers[fields["@"]]} if "@" in fields else fields

    renumbered: dict[str, Any] = json.loads(json.dumps(value), object_hook=reference)
    return renumbered


def _settle_states(table: dict[str, Any]) -> dict[str, Any]:
    """Return the parse table with states numbered in the order in which they are reached."""
    names: dict[str, str] = table["tokens"]
    tokens = {name: number for number, name in enumerate(sorted(names.values()))}
    states: dict[str, dict[str, Any]] = table["states"]
    reached: list[int] = [table["start_states"][start] for start in sorted(table["start_states"])]
    numbers = {state: number for number, state in enumerate(reached)}
    settled: dict[int, dict[int, Any]] = {}
    for state in reached:  # grows while it is walked over
        actions = {names[token]: action for token, action in states[str(state)].items()}
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
