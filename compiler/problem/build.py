"""From the typed design to serving problems: plain floats, and what is not known."""

from collections.abc import Iterator
from dataclasses import replace

from inferc.compiler.model import Design, Engine, Service
from inferc.compiler.model.calibrated import calibrated_engine, calibrated_place, published
from inferc.compiler.model.calibration import Calibration
from inferc.compiler.problem.case import Case, Problem, Quantity, Unknown, asked_per_s, spike_s
from inferc.compiler.problem.week import stretches_of
from inferc.compiler.provenance import Sourced


def build(design: Design) -> tuple[Problem, ...]:
    """Return one serving problem for each service of ``design``, in its order.

    The figures of the model are those of the calibration that the design names, or is shipped.
    """
    calibration = design.calibration or published()
    engines: dict[int, Engine] = {}
    return tuple(
        _problem(_calibrated(service, calibration, engines), design.calibration)
        for service in design.services
    )


def _calibrated(service: Service, calibration: Calibration, known: dict[int, Engine]) -> Service:
    """Return ``service`` with the coefficients of its hardware and engines.

    Services share the engines of the catalog; those are calibrated once, and ``known`` by identity.
    """
    for engine in service.engines:
        if id(engine) not in known:
            known[id(engine)] = calibrated_engine(engine, calibration)
    return replace(
        service,
        place=calibrated_place(service.place, calibration),
        places=tuple(calibrated_place(place, calibration) for place in service.places),
        engines=tuple(known[id(engine)] for engine in service.engines),
    )


def _problem(service: Service, calibration: Calibration | None) -> Problem:
    load = service.load
    case = Case(
        service=service.name,
        model=service.model,
        place=service.place,
        places=service.places,
        engines=service.engines,
        rate_per_s=load.rate_per_s.value,
        peak=load.peak.value,
        prompt_mean_tok=load.prompt.mean_tok.value,
        prompt_p95_over_mean=load.prompt.p95_over_mean.value,
        output_mean_tok=load.output.mean_tok.value,
        output_p95_over_mean=load.output.p95_over_mean.value,
        objectives=service.objectives,
        decisions=service.decisions,
        goal=service.goal,
        stretches=stretches_of(load),
        week=load.profile,
        survives=service.survives,
        draft=service.draft,
        acceptance=service.acceptance.value if service.acceptance else None,
        spike_s=spike_s(load),
        scaling=service.scaling,
        cold_start_s=service.place.cold_start_s.value if service.place.cold_start_s else 0.0,
        confidence=service.confidence,
        calibration=calibration,
        least_rate_per_s=max(
            (
                asked_per_s(line, load.output.mean_tok.value)
                for line in service.objectives
                if line.hard
            ),
            default=0.0,
        ),
    )
    return Problem(service=service, case=case, unknowns=tuple(_unknowns(service)))


def _unknowns(service: Service) -> Iterator[Unknown]:
    """Return the numbers that may lie elsewhere than where the plan is made for them.

    More of each is never easier to serve, so the low end is the favourable one.
    """
    load = service.load
    numbers = (
        ("rate", Quantity.RATE, load.rate_per_s, "req/s"),
        ("peak", Quantity.PEAK, load.peak, "x"),
        ("prompt_tokens", Quantity.PROMPT, load.prompt.mean_tok, "tok"),
        ("output_tokens", Quantity.OUTPUT, load.output.mean_tok, "tok"),
    )
    for name, quantity, number, unit in numbers:
        if number.low < number.high:
            yield unknown_of(f"{service.name}.load.{name}", quantity, number, unit)
    start_s = service.place.cold_start_s
    if start_s is not None and start_s.low < start_s.high:
        yield unknown_of(f"{service.place.path}.cold_start", Quantity.COLD_START, start_s, "s")


def unknown_of(path: str, quantity: Quantity, number: Sourced[float], unit: str) -> Unknown:
    """Return a number that is not sure as an unknown."""
    return Unknown(
        path=path,
        quantity=quantity,
        typical=number.value,
        low=number.low,
        high=number.high,
        unit=unit,
        origin=number.origin,
        confidence=number.confidence,
        because=number.because,
        source=number.source,
        span=number.span,
    )
