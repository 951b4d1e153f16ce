"""Single mistakes made on purpose: the error is where the mistake is, and nothing cascades."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from support.dsl import EXAMPLES, SAMPLES, Mutation, mutations

REQUIRED = 0.95


def _some(text: str, wanted: int) -> Iterator[Mutation]:
    """Return about ``wanted`` of the mutations of ``text``, the same in every run."""
    step = (len(text) * 8 // wanted) | 1
    return islice(mutations(text), 0, None, step)


def _check(chosen: Iterable[Mutation]) -> None:
    right: Counter[bool] = Counter()
    total: Counter[bool] = Counter()
    missed: list[tuple[str, int]] = []
    for mutation in chosen:
        lines = mutation.lines()
        if not lines:
            continue  # still a correct text
        total[mutation.is_delimiter] += 1
        if mutation.is_right(lines):
            right[mutation.is_delimiter] += 1
        else:
            missed.append((mutation.name, mutation.line))
    assert min(total[True], total[False]) > 10
    for kind, number in total.items():
        assert right[kind] / number >= REQUIRED, missed


@pytest.mark.parametrize(
    "path",
    [path for path in EXAMPLES if path.parent.name != "fleet"],
    ids=lambda path: path.parent.name,
)
def test_a_mistake_in_an_example_is_reported_where_it_is(path: Path) -> None:
    _check(_some(path.read_text(encoding="utf-8"), 100))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_mistake_in_a_sample_is_reported_where_it_is(path: Path) -> None:
    _check(_some(path.read_text(encoding="utf-8"), 80))


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [*EXAMPLES, *SAMPLES], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_every_mistake_is_reported_where_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    _check(_some(text, min(2500, 12_000_000 // len(text))))  # a long file takes longer for each
