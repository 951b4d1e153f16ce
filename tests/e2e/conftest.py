"""Fixtures of the tests against a real API server; see README.md beside this file."""

import json
import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from support import cluster_programs
from support import cluster_start as clusters
from support.cluster import Cluster, Tally
from support.cluster_missing import Missing

REQUIRED = "INFERC_E2E_REQUIRED"
"""Set by CI: whatever would be skipped there fails."""
OUTPUT = "inferc-e2e"
SUMMARY = "INFERC_E2E_SUMMARY"
"""Names a JSON file to write the numbers of a run to."""

Numbers: TypeAlias = dict[str, str | int | list[str]]

tallies = pytest.StashKey[Numbers]()


def lacking(reason: str) -> None:
    """Skip the test for ``reason``; fail it where everything must be there."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, and {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: ``-m e2e`` runs them, and the default command none."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    """Skip a test whose fixtures find something missing."""
    return (yield from _skipping())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Skip a test that finds something missing."""
    return (yield from _skipping())


def _skipping() -> Generator[None, object, object]:
    try:
        return (yield)
    except Missing as missing:
        lacking(str(missing))
        raise


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Return a running cluster that all tests of the session share."""
    # Sockets have short names only, and pytest's folders have long ones.
    folder = Path(tempfile.mkdtemp(prefix="inferc-e2e-"))
    try:
        with clusters.started(folder) as running:
            yield running
            _report(request.config, _numbers(running.version(), running.tally))
    finally:
        clusters.remove(folder)


@pytest.fixture
def helm() -> Path:
    """Return Helm, which is built where PATH has none."""
    return cluster_programs.helm()


@pytest.fixture
def promtool() -> Path:
    """Return promtool of Prometheus 3, which is built where PATH has none."""
    return cluster_programs.promtool()


@pytest.fixture
def quadlet() -> Path:
    """Return Podman's generator of units, which is built where PATH has none."""
    return cluster_programs.quadlet()


def _report(config: pytest.Config, numbers: Numbers) -> None:
    """Keep the numbers of a cluster for the end; a worker of xdist hands them over."""
    output = getattr(config, "workeroutput", None)
    if output is None:
        config.stash[tallies] = numbers
    else:
        output[OUTPUT] = numbers


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the numbers of a worker's cluster to those of the others."""
    found = getattr(node, "workeroutput", {}).get(OUTPUT)
    if found is None:
        return
    total = node.config.stash.get(tallies, None)
    if total is not None:
        counts = ("objects_applied", "objects_in_dry_runs", "pods_running", "jobs_done", "deployed")
        found = {**found, **{name: total[name] + found[name] for name in counts}}
    node.config.stash[tallies] = found


def _numbers(version: str, tally: Tally) -> Numbers:
    return {
        "server": version,
        "deployed": tally.names,
        "objects_applied": tally.objects_applied,
        "objects_in_dry_runs": tally.dry_runs,
        "pods_running": tally.pods_running,
        "jobs_done": tally.jobs_done,
    }


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Put what the cluster's programs have written beside a failure."""
    if call.excinfo is None or call.excinfo.errisinstance(pytest.skip.Exception):
        return
    running = getattr(item, "funcargs", {}).get("cluster")
    if not isinstance(running, Cluster):
        return
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"):
        lines = clusters.log_tail(running, name)
        wrong = [line for line in lines.splitlines() if line.startswith(("E", "F"))]
        if wrong:
            item.add_report_section(call.when, name, "\n".join(wrong))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the numbers of the run, and write them where the environment says."""
    numbers = config.stash.get(tallies, None)
    if numbers is None:
        return
    terminalreporter.section("on a real API server")
    for name, value in numbers.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        terminalreporter.write_line(f"{name.replace('_', ' ')}: {shown}")
    path = os.environ.get(SUMMARY)
    if path:
        Path(path).write_text(json.dumps(numbers, indent=2) + "\n", "utf-8")
