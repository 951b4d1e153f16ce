"""The numbers that bounds start from: of the user's file at their easiest, and of the catalog."""

from functools import cached_property

from inferc.compiler.model import Objective, Place
from inferc.compiler.perf.queueing import length_quantile
from inferc.compiler.plan.bounds.amounts import (
    Amount,
    Whence,
    defined,
    let,
    looked_up,
    most,
    stated,
)
from inferc.compiler.problem import Case, Problem, Quantity
from inferc.compiler.provenance import Origin, Sourced
from inferc.compiler.units import show, to_unit
from inferc.compiler.units_table import ShowKind

GAMMA = "gamma distribution of that mean and p95 (Johnson, Kotz, Balakrishnan 1994, chapter 17)"

ALIKE = "definition: of lengths that are all alike each percentile is the mean"

SHOWN: dict[Quantity, ShowKind] = {
    Quantity.RATE: "req_per_s",
    Quantity.PEAK: "factor",
    Quantity.PROMPT: "tok",
    Quantity.OUTPUT: "tok",
}


class Facts:
    """The stated numbers of a service on one place, each with where it comes from.

    ``case`` has every unknown at its most favourable end, and ``place`` as its only place.
    """

    def __init__(self, problem: Problem, case: Case, place: Place) -> None:
        self.problem = problem
        self.case = case
        self.place = place

    # ---- demand --------------------------------------------------------------------------------

    @cached_property
    def rate(self) -> Amount:
        """Return the mean arrivals."""
        value = self.problem.service.load.rate_per_s
        return self._demanded("rate", Quantity.RATE, value, "req/s", "mean rate of requests")

    @cached_property
    def peak(self) -> Amount:
        """Return the rate of the busiest stretch over the mean."""
        value = self.problem.service.load.peak
        words = "rate of the busiest stretch over the mean"
        return self._demanded("peak_factor", Quantity.PEAK, value, "x", words)

    @cached_property
    def prompt_mean(self) -> Amount:
        """Return the mean prompt."""
        value = self.problem.service.load.prompt.mean_tok
        return self._demanded("prompt_mean_tok", Quantity.PROMPT, value, "tok", "mean prompt")

    @cached_property
    def output_mean(self) -> Amount:
        """Return the mean answer."""
        value = self.problem.service.load.output.mean_tok
        return self._demanded("output_mean_tok", Quantity.OUTPUT, value, "tok", "mean answer")

    @cached_property
    def later_tok(self) -> Amount:
        """Return the tokens of a mean answer behind the first, which the prompt itself yields."""
        words = "tokens of a mean answer behind the first"
        return let("later_tok", most(0.0, self.output_mean - 1.0), "tok", words)

    @cached_property
    def context_mean(self) -> Amount:
        """Return what a token of an answer looks back at, on average."""
        words = "prompt and half of the answer: what a token of an answer looks back at on average"
        return let("context_mean_tok", self.prompt_mean + self.later_tok / 2.0, "tok", words)

    def prompt_at(self, line: Objective) -> Amount:
        """Return the prompt that must still be served in time.

        At best the longest prompts are those that miss: what is left is the percentile of lengths.
        A mean over requests is at least the time of the mean prompt, since longer ones cost ever
        more.
        """
        return self.prompt_of(line.percentile)

    def output_at(self, line: Objective) -> Amount:
        """Return the answer that must still be served in time."""
        return self.output_of(line.percentile)

    def prompt_of(self, percentile: float | None) -> Amount:
        """Return a percentile of prompts; the mean without one."""
        tail = self.problem.service.load.prompt.p95_over_mean
        return self._at(percentile, "prompt", self.prompt_mean, tail)

    def output_of(self, percentile: float | None) -> Amount:
        """Return a percentile of answers; the mean without one."""
        tail = self.problem.service.load.output.p95_over_mean
        return self._at(percentile, "output", self.output_mean, tail)

    def limit(self, line: Objective) -> Amount:
        """Return what a line of the SLA allows."""
        name = f"{_percentile(line.percentile)}_{line.metric}_limit_s"
        words = f"limit of `{one_line(line)}`"
        return stated(name, line.limit.value, "s", words, asked_by(line))

    def throughput(self, line: Objective, planned_tok: float) -> Amount:
        """Return the requests a second that a line about throughput comes to."""
        whence = asked_by(line)
        words = f"asked for by `{one_line(line)}`"
        if line.counts != "tok":
            return stated("throughput_req_per_s", line.limit.value, "req/s", words, whence)
        wanted = stated("throughput_tok_per_s", line.limit.value, "tok/s", words, whence)
        load = self.problem.service.load.output.mean_tok
        words = "mean answer that the plan is made for"
        whence = Whence(load.origin, load.source, load.span)
        answer = stated("planned_output_tok", planned_tok, "tok", words, whence)
        return let("asked_rate", wanted / answer, "req/s", "requests that it comes to")

    def _at(
        self, percentile: float | None, what: str, mean: Amount, tail: Sourced[float]
    ) -> Amount:
        """Return a length at a percentile, with the tail that favours it; the mean without one.

        Where nobody states a tail, lengths that are all alike may be meant: each is then the mean.
        """
        if percentile is None:
            return mean
        name = _percentile(percentile)
        shortest, reach = min(
            (length_quantile(1.0, over_mean, percentile), over_mean)
            for over_mean in (tail.low, tail.high)
        )
        factor = defined(
            f"{what}_{name}_over_mean",
            shortest,
            "x",
            f"{name} of {what} lengths over their mean, with a p95 of "
            f"{show(reach, 'factor')} the mean{_favoured(tail)}",
            ALIKE if reach == 1.0 else GAMMA,
        )
        return let(f"{what}_{name}_tok", mean * factor, "tok", f"{what} at {name}")

    def _demanded(
        self, symbol: str, quantity: Quantity, value: Sourced[float], unit: str, words: str
    ) -> Amount:
        """Return a number of the load; the favourable end of its range where it has one."""
        unknown = next((u for u in self.problem.unknowns if u.quantity is quantity), None)
        source, origin = value.source, value.origin
        if unknown is not None:
            kind = SHOWN[quantity]
            ends = f"{show(unknown.low, kind)} .. {show(unknown.high, kind)}"
            words = f"{words}, at the favourable end of {ends}"
            source, origin = unknown.source or unknown.because, unknown.origin
        number = float(getattr(self.case, quantity.value))
        return stated(symbol, number, unit, words, Whence(origin, source, value.span))

    # ---- hardware ------------------------------------------------------------------------------

    @cached_property
    def nodes(self) -> Amount:
        """Return the nodes of the place: the most there may be, where the planner chooses."""
        nodes = self.place.nodes
        words = "nodes" if self.place.least_nodes is None else "nodes, the most that may be taken"
        return capacity("nodes", nodes, "", words)

    @cached_property
    def per_node(self) -> Amount:
        """Return the accelerators of a node."""
        words = f"accelerators of a node of `{self.place.path}`"
        whence = Whence(Origin.GIVEN, "", self.place.span)
        return stated("accelerators_per_node", float(self.place.per_node), "", words, whence)

    @cached_property
    def devices(self) -> Amount:
        """Return all accelerators of the place."""
        words = "all accelerators of the place"
        return let("accelerators", self.nodes * self.per_node, "", words)

    @cached_property
    def memory(self) -> Amount:
        """Return the memory of an accelerator."""
        gpu = self.place.accelerator
        return capacity("memory_bytes", gpu.memory_bytes, "B", f"memory of one {gpu.title}")

    @cached_property
    def bandwidth(self) -> Amount:
        """Return the speed of an accelerator's memory."""
        gpu = self.place.accelerator
        words = f"memory bandwidth of one {gpu.title}"
        return capacity("bandwidth_bytes_per_s", gpu.bandwidth_bytes_per_s, "B/s", words)

    def peak_flop(self, dtype: str) -> Amount:
        """Return the dense peak of an accelerator in a format that it computes in."""
        gpu = self.place.accelerator
        words = f"dense {dtype} peak of one {gpu.title}"
        return capacity("peak_flop_per_s", gpu.flop_per_s[dtype], "FLOP/s", words)

    @cached_property
    def link(self) -> Amount:
        """Return the bandwidth of the network for each accelerator, in one direction."""
        link = self.place.network
        words = f"bandwidth of {link.title} for each accelerator, one direction"
        return capacity("link_bytes_per_s", link.bandwidth_bytes_per_s, "B/s", words)


def capacity(symbol: str, fact: Sourced[float], unit: str, words: str) -> Amount:
    """Return a fact; the favourable end where its sources differ, all of these being capacities."""
    return stated(symbol, fact.high, unit, words, looked_up(fact))


def asked_by(line: Objective) -> Whence:
    """Return where the limit of an SLA line is from."""
    return Whence(line.limit.origin, "", line.limit.span or line.span)


def _favoured(tail: Sourced[float]) -> str:
    """Return what is said of a tail that may lie elsewhere than where it is planned."""
    if tail.low == tail.high:
        return ""
    ends = f"{show(tail.low, 'factor')} .. {show(tail.high, 'factor')}"
    stated = "" if tail.origin is not Origin.DEFAULTED else "; nobody stated it"
    return f", the favourable end of {ends}{stated}"


def _percentile(percentile: float | None) -> str:
    """Return a percentile as part of a symbol: ``p95``, ``p99_9``, ``mean``."""
    return "mean" if percentile is None else f"p{to_unit(percentile, '%'):g}".replace(".", "_")


def one_line(line: Objective) -> str:
    """Return an SLA line as the file has it."""
    return " ".join(line.span.text.split())
