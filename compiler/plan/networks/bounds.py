"""Bounds of networks: what no software can beat, each with its certificate.

They hold for every engine, at data sheet speed, without overhead or waiting, and with every unknown
at its most favourable end. A network runs on one accelerator, or on a part of one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from inferc.compiler.model import Objective
from inferc.compiler.model.items import ItemModel
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, compute_dtype, peak_flop_per_s
from inferc.compiler.perf.item_work import flop_per_item, passes_of, sized, work
from inferc.compiler.plan.bounds.amounts import Amount, Whence, defined, let, most, stated
from inferc.compiler.plan.bounds.claim import Claim, Rule, Spans, worst
from inferc.compiler.plan.bounds.facts import asked_by, capacity, one_line
from inferc.compiler.plan.decisions import Bound
from inferc.compiler.plan.narrowing import allowed
from inferc.compiler.plan.networks.portion import Portion, portions_of
from inferc.compiler.plan.networks.search import LOWER, THROUGHPUT, lines_of
from inferc.compiler.problem import Quantity
from inferc.compiler.problem.network_case import NetworkCase, NetworkProblem
from inferc.compiler.provenance import Sourced

ROOFLINE = "Williams, Waterman, Patterson, Roofline (2009)"
COUNTS = "counts of the network's operators, see the catalog entry"

FITS = Rule(
    "INF440",
    "network-does-not-fit",
    "the weights must fit into the memory of one accelerator, or of the part of it",
    "definition",
)
ONE_ITEM = Rule(
    "INF441",
    "latency-below-one-item",
    "one request must be computed, and the weights be read for it, in time",
    ROOFLINE,
)
ALL_ITEMS = Rule(
    "INF442",
    "items-exceed-compute",
    "all accelerators together must compute what all items ask for",
    ROOFLINE,
)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A portion with the numbers that bounds on it start from, all at their easiest."""

    problem: NetworkProblem
    case: NetworkCase
    portion: Portion
    model: ItemModel
    narrow: str
    """The format of the fewest bytes that is left."""
    quick: str
    """The format that is computed quickest."""

    def demanded(
        self, symbol: str, quantity: Quantity, number: Sourced[float], unit: str, words: str
    ) -> Amount:
        """Return a number of the load, at the favourable end of its range where it has one."""
        unknown = next((u for u in self.problem.unknowns if u.quantity is quantity), None)
        whence = Whence(number.origin, number.source, number.span)
        if unknown is not None:
            words = f"{words}, at the favourable end of what it may be"
            whence = Whence(unknown.origin, unknown.source or unknown.because, number.span)
        return stated(symbol, float(getattr(self.case, quantity.value)), unit, words, whence)

    @property
    def title(self) -> str:
        """The accelerator, or the part of it."""
        return self.portion.accelerator.title

    def peak(self) -> Amount:
        """Return the dense peak in the quickest format."""
        gpu = self.portion.accelerator
        dtype = compute_dtype(gpu, self.quick) or self.quick
        words = f"dense {dtype} peak of one {self.title}"
        return capacity("peak_flop_per_s", gpu.flop_per_s[dtype], "FLOP/s", words)

    def per_item(self) -> Amount:
        """Return the FLOP of one item."""
        span = self.model.span
        return stated(
            "item_flop",
            flop_per_item(self.model),
            "FLOP",
            f"computing of one {self.model.item}",
            Whence(self.model.parameters.origin, COUNTS, span),
        )

    def place_spans(self) -> Spans:
        """Return where the hardware stands."""
        span = self.portion.place.span
        return ((span, "the hardware"),) if span else ()


def violated(problem: NetworkProblem) -> tuple[Bound, ...]:
    """Return the bounds that fail on what fails least; none where all hold on some portion."""
    failing: list[tuple[Bound, ...]] = []
    for ground in grounds(problem):
        bad = [claim for claim in claims(ground) if claim.fails]
        if not bad:
            return ()
        bounds = tuple(claim.bound(problem.case.service, ground.portion.place) for claim in bad)
        failing.append(bounds)
    return min(failing, key=worst, default=())


def all_bounds(problem: NetworkProblem) -> tuple[Bound, ...]:
    """Return every bound on every portion, whether it fails or with how much room it holds."""
    return tuple(
        claim.bound(problem.case.service, ground.portion.place)
        for ground in grounds(problem)
        for claim in claims(ground)
    )


def grounds(problem: NetworkProblem) -> Iterator[Ground]:
    """Yield every portion on which some format of weights can be computed."""
    case = problem.easiest()
    model = sized(case.model, tokens=case.item_tok or None, steps=case.steps or None)
    for portion in portions_of(case):
        formats = [name for name in _formats(case) if peak_flop_per_s(portion.accelerator, name)]
        if formats and portion.place.accelerators >= 1:
            yield Ground(
                problem=problem,
                case=case,
                portion=portion,
                model=model,
                narrow=min(formats, key=lambda name: (BYTES_PER_PARAMETER[name], name)),
                quick=max(formats, key=lambda name: peak_flop_per_s(portion.accelerator, name)),
            )


def _formats(case: NetworkCase) -> list[str]:
    """Return the formats that some engine has and the decisions leave, sorted."""
    return sorted(
        {
            name
            for engine in case.engines
            for name in engine.precisions
            if name in BYTES_PER_PARAMETER and allowed(case.decisions, "precision", name)
        }
    )


def claims(ground: Ground) -> Iterator[Claim]:
    """Yield everything that must hold on a portion."""
    rules: tuple[Callable[[Ground], Iterator[Claim]], ...] = (_fits, _one_item, _all_items)
    for rule in rules:
        yield from rule(ground)


def _fits(ground: Ground) -> Iterator[Claim]:
    parameters = capacity(
        "parameters", ground.model.parameters, "", f"parameters of {ground.model.title}"
    )
    per_parameter = defined(
        "bytes_per_parameter",
        BYTES_PER_PARAMETER[ground.narrow],
        "B",
        f"of {ground.narrow}, the narrowest format that is left",
        "definition",
    )
    weights = let("weights_bytes", parameters * per_parameter, "B", "weights")
    memory = capacity(
        "memory_bytes", ground.portion.accelerator.memory_bytes, "B", f"memory of {ground.title}"
    )
    yield Claim(
        rule=FITS,
        need=weights,
        have=memory,
        unit="B",
        short=(parameters, weights, memory),
        spans=ground.place_spans(),
    )


def _one_item(ground: Ground) -> Iterator[Claim]:
    """Yield: the items of one request, and the weights, go through one accelerator in time.

    A request may be spread over replicas at best, but an item is not: one of them is the least.
    """
    peak = ground.peak()
    flop = ground.per_item()
    read = _weights_read(ground)
    gpu = ground.portion.accelerator
    words = f"memory bandwidth of one {ground.title}"
    bandwidth = capacity("bandwidth_bytes_per_s", gpu.bandwidth_bytes_per_s, "B/s", words)
    floor = let("item_s", most(flop / peak, read / bandwidth), "s", "one item alone", ROOFLINE)
    for line in lines_of(ground.case, hard=True):
        yield Claim(
            rule=ONE_ITEM,
            need=floor,
            have=_limit(line),
            unit="s",
            short=(flop, peak, read, bandwidth),
            spans=((line.span, "cannot hold, even for one item"),),
        )


def _weights_read(ground: Ground) -> Amount:
    """Return the weights that the passes of one item read."""
    model = ground.model
    read = sum(
        passes_of(model, module) * work(model, module, ground.narrow).weights_bytes
        for module in model.modules
    )
    words = f"weights that all passes of one {model.item} read, in {ground.narrow}"
    whence = Whence(model.parameters.origin, COUNTS, model.span)
    return stated("weights_read_bytes", read, "B", words, whence)


def _limit(line: Objective) -> Amount:
    words = f"limit of `{one_line(line)}`"
    return stated(f"{line.metric}_limit_s", line.limit.value, "s", words, asked_by(line))


def _all_items(ground: Ground) -> Iterator[Claim]:
    load = ground.problem.service.load
    rate = ground.demanded(
        "rate", Quantity.RATE, load.arrivals.rate_per_s, "req/s", "mean rate of requests"
    )
    words = "rate of the busiest stretch over the mean"
    factor = ground.demanded("peak_factor", Quantity.PEAK, load.arrivals.peak, "x", words)
    items = ground.demanded("items", Quantity.ITEMS, load.items, "", "items of a request")
    wanted = rate * factor
    floors = [
        line
        for line in ground.case.objectives
        if line.metric == THROUGHPUT and line.hard and line.operator in LOWER
    ]
    for line in floors:
        words = f"asked for by `{one_line(line)}`"
        floor = stated("throughput_per_s", line.limit.value, "req/s", words, asked_by(line))
        wanted = most(wanted, floor)
    flop, peak = ground.per_item(), ground.peak()
    place = ground.portion.place
    count = stated(
        "accelerators",
        float(_available(ground)),
        "",
        f"of them on `{place.path}`",
        Whence(place.nodes.origin, "", place.span),
    )
    need = let(
        "asked_flop_per_s", wanted * items * flop, "FLOP/s", "computing that all items ask for"
    )
    have = let("all_flop_per_s", count * peak, "FLOP/s", "peak of all of them together")
    spans: Spans = (
        ((load.arrivals.rate_per_s.span, "the demand"),) if (load.arrivals.rate_per_s.span) else ()
    )
    yield Claim(
        rule=ALL_ITEMS,
        need=need,
        have=have,
        unit="FLOP/s",
        short=(rate, factor, items, flop, count, peak),
        spans=(*spans, *ground.place_spans()),
    )


def _available(ground: Ground) -> int:
    """Return how many of the portion compute at once at best: those that take turns count once."""
    portion = ground.portion
    most_parts = portion.most if portion.table is not None else 1
    return ceil(portion.place.accelerators * most_parts)
