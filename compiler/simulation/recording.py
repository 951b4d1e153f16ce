"""What a recorder is told: the composition of steps, and how much each weighs in mean latencies.

With the schedule held fixed, mean TTFT and mean TPOT are sums of step times with these weights, so
that whoever changes what steps take knows what becomes of them without simulating again.
"""

from itertools import islice
from typing import NamedTuple

from inferc.compiler.simulation.intake import Intake
from inferc.compiler.simulation.values import Recorder, ReplicaSetup, Request, Resumed, Run


class Chosen(NamedTuple):
    """The steps that an engine has just taken."""

    steps: int
    decoding: int
    wide: int
    """Tokens of each decoding sequence."""
    context_tok: float
    """Of the first step."""
    gain: float
    """By how much the context of each grows in a step."""
    prompt_tok: int
    queued: int
    """Requests that waited in the queue when the steps began."""
    kv_tok: int


class Weigher:
    """Turns steps into runs with weights, and hands them to a recorder."""

    def __init__(self, setup: ReplicaSetup, intake: Intake, record: Recorder) -> None:
        self._setup = setup
        self._shares = setup.pipeline > 1
        self._intake = intake
        self._record = record
        self._inverse = 0.0
        """Sum of one over the gaps of each answer that is coming, over all answers."""

    def begin(self, request: Request) -> None:
        """Count an answer from its first token on."""
        if request.output_tok > 1:
            self._inverse += 1.0 / (request.output_tok - 1)

    def end(self, request: Request) -> None:
        """Count an answer no longer."""
        if request.output_tok > 1:
            self._inverse -= 1.0 / (request.output_tok - 1)

    def lose(self, request: Request) -> None:
        """Note that an answer is interrupted; it may go on in an engine beside this one."""
        if self._shares:
            self.end(request)

    def regain(self, request: Request) -> None:
        """Note that an interrupted answer goes on."""
        if self._shares:
            self.begin(request)

    def weigh(self, chosen: Chosen, start_s: float, end_s: float) -> None:
        """Tell the recorder about steps that took from ``start_s`` to ``end_s``."""
        steps, decoding, wide, context_tok, gain, prompt_tok, _, kv_tok = chosen
        step_s = (end_s - start_s) / steps
        mean_tok = context_tok + gain * decoding * (steps - 1) / 2.0 if decoding else 0.0
        intake = self._intake
        pairs = window_pairs = 0.0
        tpot_weight = steps * self._inverse
        if prompt_tok:
            if self._shares:
                # Several engines share what was interrupted: the one that goes on counts the gap.
                for item in intake.joined:
                    if isinstance(item, Resumed):
                        gaps = max(1, item.request.output_tok - 1)
                        tpot_weight += (end_s - item.since_s) / gaps / step_s
            pairs = intake.pairs + prompt_tok * prompt_tok * (steps - 1) / 2.0
            window_pairs = intake.window_pairs
        self._record(
            Run(
                steps=steps,
                tokens=decoding * wide + prompt_tok,
                decoding=decoding,
                context_tok=mean_tok,
                window_context_tok=min(mean_tok, decoding * self._setup.clock.window_tok),
                prompt_tok=prompt_tok,
                pairs=pairs,
                window_pairs=window_pairs,
                ended_prompts=len(intake.joined) if prompt_tok else 0,
                step_s=step_s,
                tpot_weight=tpot_weight,
                ttft_weight=self._first_token_weight(chosen, step_s, end_s),
                kv_tok=kv_tok,
            )
        )

    def _first_token_weight(self, chosen: Chosen, step_s: float, end_s: float) -> float:
        """Return steps times requests that wait for their first token; the last ones in part."""
        intake = self._intake
        if self._shares:
            # Several engines share the queue: each counts what it has taken, and all at once.
            ended = intake.joined if chosen.prompt_tok else ()
            first = (item for item in ended if isinstance(item, Request))
            return sum((end_s - self._ready_s(item)) / step_s for item in first)
        wait = chosen.queued + isinstance(intake.begun, Request)
        if chosen.prompt_tok:
            wait += sum(isinstance(item, Request) for item in intake.joined)
        weight = float(chosen.steps * wait)
        for request in islice(intake.waiting, chosen.queued, None):
            weight += max(0.0, end_s - self._ready_s(request)) / step_s
        return weight

    def _ready_s(self, request: Request) -> float:
        """Return when a request has passed the front end."""
        setup = self._setup
        return request.at_s + setup.frontend_s + setup.frontend_tok_s * request.prompt_tok
