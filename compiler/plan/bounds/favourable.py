"""The most favourable choices that a file leaves: formats of weights and of the KV cache."""

from dataclasses import dataclass
from functools import cached_property

from inferc.compiler.perf.architecture import read_once_bytes, weights_bytes
from inferc.compiler.perf.formats import KV_BYTES, compute_dtype, peak_flop_per_s
from inferc.compiler.plan.bounds.amounts import Amount, defined, let
from inferc.compiler.plan.bounds.claim import Spans
from inferc.compiler.plan.bounds.counts import Counts
from inferc.compiler.plan.bounds.facts import Facts
from inferc.compiler.plan.dimensions import drafters_of, kv_precisions_of
from inferc.compiler.plan.narrowing import allowed
from inferc.compiler.plan.space import formats_of
from inferc.compiler.problem import Case

SPECULATION = "Leviathan, Kalman, Matias, Fast inference via speculative decoding (2023)"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """All that bounds of a service on one place rest on."""

    facts: Facts
    counts: Counts
    formats: tuple[str, ...]
    """Of weights, that some engine can run here and the file allows."""

    @property
    def case(self) -> Case:
        """The service with every unknown at its most favourable end."""
        return self.facts.case

    @cached_property
    def weights(self) -> Amount:
        """Return the weights in the format that takes least memory."""
        model = self.case.model
        return self.counts.weights(min(self.formats, key=lambda name: weights_bytes(model, name)))

    @cached_property
    def read(self) -> Amount:
        """Return what one token reads of the weights, in the format where that is least."""
        model = self.case.model
        return self.counts.read_once(
            min(self.formats, key=lambda name: read_once_bytes(model, name))
        )

    @cached_property
    def kv_format(self) -> str:
        """Return the narrowest format of the KV cache that the file allows."""
        case = self.case
        names = {
            name
            for engine in case.engines
            if allowed(case.decisions, "engine", engine.id)
            for precision in self.formats
            for name in kv_precisions_of(engine, precision, case.decisions)
        }
        return min(sorted(names) or ["fp16"], key=lambda name: KV_BYTES[name])

    @cached_property
    def guesses(self) -> int:
        """Return how many tokens may be guessed in a step at most; 0 without speculation."""
        case = self.case
        known = (
            drafter.tokens
            for engine in case.engines
            if engine.speculation and allowed(case.decisions, "engine", engine.id)
            for drafter in drafters_of(case, engine, 1)
            if drafter is not None
        )
        return max(known, default=0)

    def per_step(self, amount: Amount) -> Amount:
        """Return ``amount`` for one token of an answer, where it is that of a step.

        A step yields one token of each answer, and with speculation every guess that is accepted.
        """
        if not self.guesses:
            return amount
        words = "tokens guessed in a step, each of them right"
        guessed = defined("guessed_tok", float(self.guesses), "tok", words, SPECULATION)
        words = "tokens of an answer in a step"
        return amount / let("tok_per_step", guessed + 1.0, "tok", words, SPECULATION)

    @cached_property
    def request_kv(self) -> Amount:
        """Return the KV cache of a request of mean length at its end."""
        facts = self.facts
        total = facts.prompt_mean + facts.output_mean
        length = let("request_tok", total, "tok", "of a mean request")
        words = "KV cache of a request of mean length at its end"
        return self.counts.kv("request_kv_bytes", length, self.kv_format, words)

    @cached_property
    def device_flop_per_s(self) -> Amount:
        """Return the peak of an accelerator in the fastest format."""
        gpu = self.facts.place.accelerator
        fastest = max(self.formats, key=lambda name: peak_flop_per_s(gpu, name))
        return self.facts.peak_flop(compute_dtype(gpu, fastest) or fastest)

    @cached_property
    def flop_per_s(self) -> Amount:
        """Return the peak of all accelerators together, in the fastest format."""
        words = "peak of all accelerators together"
        total = self.facts.devices * self.device_flop_per_s
        return let("all_flop_per_s", total, "FLOP/s", words)

    @cached_property
    def bytes_per_s(self) -> Amount:
        """Return the memory bandwidth of all accelerators together."""
        words = "memory bandwidth of all accelerators together"
        each = self.facts.bandwidth
        return let("all_bytes_per_s", self.facts.devices * each, "B/s", words)

    @cached_property
    def memory_bytes(self) -> Amount:
        """Return the memory of all accelerators together."""
        words = "memory of all accelerators together"
        return let("all_memory_bytes", self.facts.devices * self.facts.memory, "B", words)

    # ---- lines of the user's file ----------------------------------------------------------------

    @property
    def on(self) -> Spans:
        """Return where the hardware stands."""
        span = self.facts.place.span
        return ((span, "the hardware"),) if span else ()

    @property
    def demand(self) -> Spans:
        """Return where the rate stands, if the user's file says it."""
        span = self.facts.problem.service.load.rate_per_s.span
        return ((span, "the demand"),) if span else ()


def ground(facts: Facts, counts: Counts) -> Ground:
    """Return what bounds on the place of ``facts`` rest on."""
    return Ground(facts=facts, counts=counts, formats=formats_of(facts.case))
