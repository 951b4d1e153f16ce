"""The files about watching a topology, in a folder of their own beside what is deployed."""

from collections.abc import Iterator, Sequence

from inferc.compiler.wording.amounts import line_amount
from inferc.dsl import Diagnostic
from inferc.targets.base import Artifact
from inferc.targets.monitoring.alerts import alerts, bucket_words
from inferc.targets.monitoring.diagnostics import line_not_watched
from inferc.targets.monitoring.lines import Latency, Line, Quantile, Unwatched
from inferc.targets.monitoring.rule_tests import rule_tests
from inferc.targets.monitoring.rules import rules
from inferc.targets.monitoring.watched import Watched

FOLDER = "monitoring"
RULES_END = ".rules.yaml"
TESTS = "_test.yaml"


def files(found: Sequence[Watched], *, delivered: str) -> Iterator[Artifact]:
    """Yield rules, their tests and a README; ``delivered`` says how the rules get to Prometheus."""
    # Whoever builds objects alone needs neither of the libraries behind these.
    from inferc.targets import to_yaml
    from inferc.targets.heading import heading
    from inferc.targets.render import render

    if not found:
        return
    for one in found:
        name = f"{one.name}{RULES_END}"
        head = heading(one.topology, f"What Prometheus records of {one.name} and warns of")
        yield _file(name, head + to_yaml.dump(rules(one)))
        head = heading(one.topology, f"Unit tests of {name}: promtool test rules {one.name}{TESTS}")
        yield _file(f"{one.name}{TESTS}", head + to_yaml.dump(rule_tests(one, name)))
    values = {
        "topology": found[0].topology.name,
        "digest": found[0].topology.digest,
        "services": [{"name": one.name} for one in found],
        "lines": [_row(one, line) for one in found for line in one.lines],
        "delivered": delivered,
    }
    yield _file("README.md", render("monitoring/README.md", values))


def unwatched(one: Watched) -> Iterator[Diagnostic]:
    """Yield a warning for each line of the SLA that no alert is made of."""
    for line in one.unwatched:
        yield line_not_watched(
            service=one.plan.service.name,
            line=line.title,
            engine=one.engine.title,
            reason=line.reason,
            span=line.objective.span,
        )


def _file(name: str, text: str) -> Artifact:
    return Artifact(path=f"{FOLDER}/{name}", content=text.encode())


def _row(one: Watched, line: Latency | Quantile | Line | Unwatched) -> dict[str, str]:
    planned, counted, names = "", "", []
    match line:
        case Unwatched():
            counted = line.reason
        case Latency() | Quantile() | Line():
            planned = line_amount(line.expected, line.objective)
            names = [alert.name for alert in alerts(one) if alert.labels.get("sla") == line.id]
            if isinstance(line, Latency):
                counted = bucket_words(line)
            if isinstance(line, Quantile):
                counted = f"{line.summary.series}, of the slowest replica"
    return {
        "service": one.name,
        "title": line.title,
        "planned": planned,
        "alert": ", ".join(f"`{name}`" for name in names) or "none",
        "counted": counted,
    }
