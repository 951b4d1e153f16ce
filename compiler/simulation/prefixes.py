"""The prefix cache of a replica: blocks of prompts, the least recently used goes first."""

from inferc.compiler.simulation.values import ReplicaSetup


class PrefixCache:
    """Blocks of prompts that were computed and are still there.

    A block's hash stands for all before it too, so that a prefix is as long as its blocks are found
    one after the other. It shares the room of the KV cache with the sequences that run; what those
    hold of it are mostly the same blocks.
    Source: vLLM, design document on automatic prefix caching.
    """

    __slots__ = ("_block_tok", "_most", "_places", "asked_tok", "found_tok")

    def __init__(self, block_tok: int, room_tok: float) -> None:
        self._block_tok = block_tok
        self._most = room_tok / block_tok
        self._places: dict[int, None] = {}
        self.asked_tok = 0
        """Tokens in blocks that were looked for."""
        self.found_tok = 0

    def known_tok(self, blocks: tuple[int, ...], /) -> int:
        """Return how many leading tokens are in the cache, and count them as used just now."""
        places = self._places
        found = 0
        for block in blocks:
            if block not in places:
                break
            found += 1
        self.asked_tok += len(blocks) * self._block_tok
        self.found_tok += found * self._block_tok
        return found * self._block_tok

    def peek_tok(self, blocks: tuple[int, ...], /) -> int:
        """Return how many leading tokens are in the cache, leaving it as it is."""
        found = 0
        for block in blocks:
            if block not in self._places:
                break
            found += 1
        return found * self._block_tok

    def remember(self, blocks: tuple[int, ...], /) -> None:
        """Put a prompt into the cache, in place of what was not used for longest.

        The end of a prompt goes before its beginning, without which it is of no use.
        """
        places = self._places
        for block in reversed(blocks):
            if block in places:
                del places[block]
            places[block] = None
        while len(places) > self._most:
            del places[next(iter(places))]

    def __len__(self) -> int:
        """Return how many blocks are in the cache."""
        return len(self._places)


def prefixes(setup: ReplicaSetup) -> PrefixCache | None:
    """Return the prefix cache of a replica, where it has one."""
    if not setup.prefix_caching:
        return None
    room_tok = setup.kv_cache_tok if setup.prefix_cache_tok is None else setup.prefix_cache_tok
    return PrefixCache(setup.prefix_block_tok, room_tok)
