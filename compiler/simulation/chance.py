"""Chance with a seed: the only file of the phases that names :mod:`random`.

A phase answers the same input with the same bytes, so what it draws follows from its input: there
is no generator without a seed, and none that two callers share.
"""

from random import Random


class Chance(Random):
    """Draws that the same seed repeats, on every machine.

    The Mersenne Twister and the methods of :class:`random.Random` on it.
    """

    def __init__(self, seed: str | int) -> None:
        super().__init__(seed)
