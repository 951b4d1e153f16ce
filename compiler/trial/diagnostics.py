"""What may be wrong with what is to be simulated."""

from collections.abc import Sequence

from inferc.compiler.trial.verified import Judgement, Played, Rejected
from inferc.compiler.units import show, to_unit
from inferc.dsl.diagnostics import Diagnostic, Severity


def unknown_service(
    *, name: str, known: Sequence[str], near: str, network: bool = False
) -> Diagnostic:
    """INF745: no topology of the file has the service, or not one of a language model."""
    of_network = f"`{name}` serves a network, of which only the plan is known"
    return Diagnostic(
        code="INF745",
        slug="unknown-service",
        message=f"there is no service `{name}`{' of a language model' if network else ''}",
        span=None,
        notes=(
            *((of_network,) if network else ()),
            f"the file has {', '.join(f'`{item}`' for item in known)}",
        ),
        help=f"did you mean `{near}`?" if near else "name a service of the file",
    )


def contradicted(*, service: str, tested: Played, judgement: Judgement, where: str) -> Diagnostic:
    """INF525: the closed form says that a hard line holds, the simulation that it does not."""
    line, figure = judgement.objective, judgement.line.figure
    width = "" if figure.plus_minus is None else f" ± {show(figure.plus_minus, 'time')}"
    found, predicted = show(figure.value, "time"), show(judgement.predicted or 0.0, "time")
    runs = f"in {tested.scene.runs} runs of about {tested.scene.requests:,} requests"
    return Diagnostic(
        code="INF525",
        slug="simulation-misses-line",
        severity=Severity.WARNING,
        message=f"`{line_text(judgement)}` of `{service}` holds in the closed form, not {where}",
        span=line.span,
        notes=(f"simulated {found}{width}, {runs}", f"closed form {predicted} at the peak"),
        help="give the plan room: `confidence = high`, a shorter limit than the one you need, or "
        "`autoscale { replicas >= ... }`",
    )


def passed_over(*, service: str, rejected: Rejected, replicas: int) -> Diagnostic:
    """INF526: what the closed form would have chosen was not borne out."""
    judgement, shape = rejected.judgement, rejected.configuration
    found = show(judgement.line.figure.value, "time")
    return Diagnostic(
        code="INF526",
        slug="passed-over",
        severity=Severity.NOTE,
        message=f"the simulation passed over {shape.replicas} replicas of tensor_parallel "
        f"{shape.tensor_parallel} for `{service}`",
        span=judgement.objective.span,
        notes=(
            f"at the peak `{line_text(judgement)}` comes to {found} in simulation",
            f"what is planned instead has {replicas} replicas",
        ),
    )


def not_found(*, service: str, rejected: Sequence[Rejected]) -> Diagnostic:
    """INF527: no plan that holds by the closed form stands the peak in simulation."""
    last = rejected[-1].judgement
    return Diagnostic(
        code="INF527",
        slug="no-plan-stands",
        severity=Severity.WARNING,
        message=f"no plan for `{service}` that holds in the closed form stands the peak",
        span=last.objective.span,
        notes=tuple(
            f"{item.configuration.replicas} replicas of tensor_parallel "
            f"{item.configuration.tensor_parallel}: `{line_text(item.judgement)}` comes to "
            f"{show(item.judgement.line.figure.value, 'time')}"
            for item in rejected
        ),
        help="add hardware, or ask for less: what is planned is the best by the closed form",
    )


def line_text(judgement: Judgement) -> str:
    """Return a line of the SLA as people write it: ``p95 ttft <= 500 ms``."""
    line = judgement.objective
    share = "" if line.percentile is None else f"p{to_unit(line.percentile, '%'):g} "
    return f"{share}{line.metric} {line.operator} {line.limit.text}"
