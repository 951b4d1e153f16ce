"""What is counted while a simulation runs, in memory that does not grow with it."""

from math import inf
from typing import NamedTuple

from inferc.compiler.simulation.series import Series
from inferc.compiler.simulation.values import Moment, Outcome, Request

MOMENTS = 1024
"""Samples of the queue that are kept; where more come, every second one goes."""


class Counted(NamedTuple):
    """What an engine counts for itself while it runs."""

    runs: int
    completed: int
    prompt_tok: int
    output_tok: int
    busy_s: float
    running_s: float
    used_s: float


class Tally:
    """Counts, latencies and the queue over time of one or several engines."""

    def __init__(self) -> None:
        self.ttft = Series()
        self.tpot = Series()
        self.itl = Series()
        self.e2e = Series()
        self.ended: list[Request] = []
        """Requests that ended in the step that an engine pauses at."""
        self.listened = False
        """Whether somebody takes them."""
        self.interrupted: list[Request] = []
        """What engines were serving when they were shut down."""
        self.completed = self.rejected = self.preempted = 0
        self.prompt_tok = self.output_tok = 0
        self.makespan_s = 0.0
        self.runs = 0
        self.busy_s = self.running_s = self.used_s = 0.0
        self.waited_s = 0.0
        """Until the first token, of requests whose latencies were forgotten."""
        self.begun_before = self.done_before = 0
        """First tokens, and answers in full, that are no longer among the values of their series;
        requests that were turned away count as both."""
        self.moments: list[Moment] = []
        self.every_s = 0.0

    def settle(self) -> None:
        """Bound the memory: move what was collected into sketches."""
        self._count()
        for series in (self.ttft, self.tpot, self.itl, self.e2e):
            series.settle()

    def _count(self) -> None:
        self.begun_before += len(self.ttft.values)
        self.done_before += len(self.e2e.values)

    def forget(self) -> None:
        """Begin to measure latencies anew: what came before was a warm-up."""
        self._count()
        self.waited_s += self.ttft.forget()
        for series in (self.tpot, self.itl, self.e2e):
            series.forget()

    def sample(self, at_s: float, waiting: int, running: int) -> float:
        """Note how things stand, and return when to do so next."""
        moments = self.moments
        moments.append(Moment(at_s, waiting, running))
        if len(moments) == 1:
            return at_s
        if self.every_s == 0.0:
            self.every_s = at_s / MOMENTS
        if len(moments) >= MOMENTS:
            del moments[1::2]
            self.every_s = 2.0 * at_s / MOMENTS
        return at_s + self.every_s

    def reject(self, request: Request) -> None:
        """Count a request that is longer than the KV cache; it ends with no answer."""
        self.rejected += 1
        self.begun_before += 1
        self.done_before += 1
        if self.listened:
            self.ended.append(request._replace(output_tok=0))

    def close(self, at_s: float, counted: Counted) -> None:
        """Add what an engine counted until it was shut down."""
        self.makespan_s = max(self.makespan_s, at_s)
        self.runs += counted.runs
        self.completed += counted.completed
        self.prompt_tok += counted.prompt_tok
        self.output_tok += counted.output_tok
        self.busy_s += counted.busy_s
        self.running_s += counted.running_s
        self.used_s += counted.used_s

    def merge(self, other: "Tally") -> None:
        """Add what another one counted, but for the queue over time."""
        self.ttft.merge(other.ttft)
        self.tpot.merge(other.tpot)
        self.itl.merge(other.itl)
        self.e2e.merge(other.e2e)
        self.rejected += other.rejected
        self.preempted += other.preempted
        self.waited_s += other.waited_s
        self.close(
            other.makespan_s,
            Counted(
                runs=other.runs,
                completed=other.completed,
                prompt_tok=other.prompt_tok,
                output_tok=other.output_tok,
                busy_s=other.busy_s,
                running_s=other.running_s,
                used_s=other.used_s,
            ),
        )

    def outcome(self, engines: float, kv_cache_tok: float) -> Outcome:
        """Return what all of it came to, for so many engines with so much KV cache together."""
        ttft = self.ttft.latency()
        span_s = self.makespan_s or inf
        bounded = 0.0 < kv_cache_tok < inf
        return Outcome(
            completed=self.completed,
            rejected=self.rejected,
            preempted=self.preempted,
            prompt_tok=self.prompt_tok,
            output_tok=self.output_tok,
            makespan_s=self.makespan_s,
            ttft=ttft,
            tpot=self.tpot.latency(),
            itl=self.itl.latency(),
            e2e=self.e2e.latency(),
            moments=tuple(self.moments),
            utilisation=self.busy_s / span_s / engines,
            mean_running=self.running_s / span_s,
            mean_waiting=(self.waited_s + ttft.mean_s * ttft.count) / span_s,
            kv_use=self.used_s / span_s / kv_cache_tok if bounded else 0.0,
            runs=self.runs,
        )
