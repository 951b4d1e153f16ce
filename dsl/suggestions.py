"""The known word nearest to a misspelt one."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the one of ``known`` that ``word`` is probably meant to be, or nothing.

    One slip in three letters is forgiven: a letter too many, missing, wrong, or two swapped.
    """
    limit = max(1, min(3, len(word) // 3)) if len(word) > 2 else 0  # noqa: PLR2004
    scored = ((distance(word.lower(), item.lower(), limit), item) for item in known)
    close = [pair for pair in scored if pair[0] <= limit and pair[1] != word]
    return min(close)[1] if close else ""


def distance(one: str, other: str, limit: int) -> int:
    """Return the number of slips between two words, or more than ``limit`` if it is more.

    Source: the restricted edit distance of Damerau 1964 (insert, delete, replace, swap neighbours).
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, start=1):
            cost = before[j - 1] + (left != right)
            cost = min(cost, before[j] + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
