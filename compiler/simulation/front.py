"""The front end of a server, before the engine: API server, tokenizer."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from inferc.compiler.simulation.values import ReplicaSetup, Request


class FrontEnd:
    """What a request passes before the engine sees it: API server, tokenizer."""

    __slots__ = ("_fixed_s", "_free_s", "_serial_s", "_tok_s")

    def __init__(self, setup: ReplicaSetup) -> None:
        self._fixed_s = setup.frontend_s
        self._tok_s = setup.frontend_tok_s
        self._serial_s = setup.frontend_serial_s
        self._free_s = 0.0

    def pass_s(self, request: Request) -> float:
        """Return when a request is through; requests must be asked for in the order they come."""
        self._free_s = max(self._free_s, request[0]) + self._serial_s
        return self._free_s + self._fixed_s + self._tok_s * request[1]

    def passed(self, requests: Iterable[Request]) -> Iterator[tuple[float, Request]]:
        """Yield when each request is through, in that order."""
        if not self._tok_s and not self._serial_s:
            fixed_s = self._fixed_s
            for request in requests:
                yield request[0] + fixed_s, request
            return
        late: list[tuple[float, int, Request]] = []
        for order, request in enumerate(requests):
            while late and late[0][0] <= request[0]:
                ready_s, _, ready = heappop(late)
                yield ready_s, ready
            heappush(late, (self.pass_s(request), order, request))
        while late:
            ready_s, _, ready = heappop(late)
            yield ready_s, ready
