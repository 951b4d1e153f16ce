"""Rules about an SLA: what they count, when they warn, and that Prometheus agrees."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.watching import line, promtool_says, watched, watched_network

from inferc.compiler.model.catalog import engine_at
from inferc.targets.base import Artifact
from inferc.targets.monitoring.alerts import alerts, literal
from inferc.targets.monitoring.burn import MOST, burns
from inferc.targets.monitoring.engine_metrics import RELEASES
from inferc.targets.monitoring.files import files, unwatched
from inferc.targets.monitoring.lines import Latency, Unwatched
from inferc.targets.monitoring.promql import bound, number, quoted
from inferc.targets.monitoring.recorded import MISSES
from inferc.targets.monitoring.rules import rules
from inferc.targets.monitoring.watched import Watched

MONTH_S = 30 * 86400.0

SERVICES = {
    "the example": watched(),
    "a bucket below the limit": watched(line("ttft", 0.6), line("e2e", 7.0)),
    "a plan between bucket and limit": watched(line("ttft", 0.6), expected=0.9),
    "another engine": watched(
        line("ttft", 0.5), line("tpot", 0.05), line("itl", 0.05, None), engine="sglang"
    ),
    "medians, tails and means": watched(
        line("ttft", 0.5, 0.5), line("ttft", 2.0, 0.999), line("e2e", 10.0, None)
    ),
    "the same line twice": watched(line("ttft", 0.5), line("ttft", 0.25, hard=False)),
    "throughput and money": watched(
        line("throughput", 500.0, counts="tok"),
        line("throughput", 3.0, counts="req"),
        line("cost", 0.01),
        line("cost", 4e-7, counts="tok"),
        priced=True,
    ),
    "a cold start": watched(line("ttft", 120.0, condition="cold")),
    "a network": watched_network(line("latency", 0.08), line("throughput", 100.0, counts="req")),
    "one machine": watched(line("ttft", 0.5), devices=(0, 1, 2, 3), priced=True),
}


def emitted(one: Watched) -> list[Artifact]:
    return list(files([one], delivered=""))


def texts(one: Watched) -> str:
    """Return every expression of the rules."""
    found = [rule for group in rules(one)["groups"] for rule in group["rules"]]  # type: ignore[union-attr,index,call-overload]
    return "\n".join(str(rule["expr"]) for rule in found)  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "the example" else pytest.mark.slow)
        for name in SERVICES
    ],
)
def test_promtool_takes_the_rules_and_their_tests_pass(name: str, tmp_path: Path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on PATH; the tests of tests/e2e have one of their own")
    assert promtool_says(Path(promtool), tmp_path, emitted(SERVICES[name])) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('le="0.5"', 'le="0.6"'),
        ("> 0.3", "> 1.3"),
        ("> 0.05", "> 0.5"),
        ("> 0.95", "> 0.99"),
        (" == 1)", " == 2)"),
        ("InfercServiceDown", "InfercServiceUp"),
        ('job="support-chat/chat"', 'job="support-chat/other"'),
        ('"exported_pod"', '"pod"'),
    ],
)
def test_the_tests_of_the_rules_can_fail(right: str, wrong: str, tmp_path: Path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on PATH; the tests of tests/e2e have one of their own")
    found = emitted(SERVICES["the example"])
    broken = [
        Artifact(path=one.path, content=one.content.replace(right.encode(), wrong.encode()))
        if one.path.endswith(".rules.yaml")
        else one
        for one in found
    ]
    assert broken != found
    assert promtool_says(Path(promtool), tmp_path, broken)


@pytest.mark.parametrize(
    ("limit", "expected", "lower", "upper"),
    [
        (0.5, 0.5, 0.5, None),  # the bound of a bucket
        (0.6, 0.5, 0.5, None),  # the next lower one, which the plan keeps
        (0.6, 0.95, 0.5, 0.75),  # which the plan does not keep: both ends count
        (0.6, 1.5, 0.5, None),  # missed as planned
        (3000.0, 0.5, 2560.0, None),  # above all
        (0.001, 1.0, 0.001, None),  # the lowest
    ],
)
def test_the_bucket_of_a_limit(limit: float, expected: float, lower: float, upper: float | None):
    (found,) = watched(line("ttft", limit), expected=expected).latencies
    assert (found.lower, found.upper) == (lower, upper)
    assert found.exact is (limit == lower)


def test_requests_between_two_buckets_count_by_where_the_limit_lies():
    (found,) = watched(line("ttft", 0.6), expected=0.9).latencies
    assert found.weight == pytest.approx(0.4)


def test_an_alert_says_which_bucket_decides():
    (line_,) = watched(line("ttft", 0.6)).latencies
    (first, *_) = alerts(watched(line("ttft", 0.6)))
    assert line_.title == "p95 ttft <= 600 ms"
    assert "has no bucket of 600 ms: the next lower one decides, 500 ms" in first.description


@pytest.mark.parametrize("limit", [0.0005, 1e-9])
def test_a_limit_below_every_bucket_is_warned_of(limit: float):
    one = watched(line("ttft", limit))
    (found,) = one.lines
    assert isinstance(found, Unwatched)
    (warning,) = unwatched(one)
    assert warning.code == "INF625"
    assert "1 ms" in warning.notes[0]
    assert MISSES not in texts(one)


def test_a_metric_that_the_engine_does_not_show_is_warned_of():
    (warning,) = unwatched(watched(line("completion", 60.0)))
    assert "no histogram of completion" in warning.notes[0]


def test_an_engine_without_tpot_is_watched_by_the_time_between_tokens():
    (found,) = watched(line("tpot", 0.06), engine="sglang").latencies
    assert found.histogram.series == "sglang:inter_token_latency_seconds"
    assert (
        "(the nearest to tpot)"
        in alerts(watched(line("tpot", 0.06), engine="sglang"))[0].description
    )


def test_a_network_is_watched_by_the_percentiles_that_triton_works_out():
    one = watched_network(line("latency", 0.08))
    (found,) = one.quantiles
    assert (found.quantile, found.limit) == (0.95, 0.08)
    assert "1e-06 * max(nv_inference_request_summary_us{" in texts(one)
    names = [alert.name for alert in alerts(one)]
    assert "InfercSlaQuantileMissed" in names
    assert "InfercMetricsLost" not in names


def test_a_percentile_that_triton_does_not_work_out_is_warned_of():
    (warning,) = unwatched(watched_network(line("latency", 0.08, 0.97)))
    assert warning.code == "INF625"


def test_burn_rates_of_a_month_are_those_of_the_book():
    steps = [(step.long, step.short, step.threshold / 0.01) for step in burns(0.01, MONTH_S)]
    assert [(long, short, round(rate, 6)) for long, short, rate in steps] == [
        ("1h", "5m", 14.4),
        ("6h", "30m", 6.0),
        ("1d", "2h", 3.0),
        ("3d", "6h", 1.0),
    ]


@given(
    budget=st.floats(1e-4, 0.9, allow_nan=False),
    period_s=st.floats(3600.0, 400 * 86400.0, allow_nan=False),
)
@settings(deadline=None)
def test_an_alert_can_fire_and_not_while_the_line_holds(budget: float, period_s: float):
    for step in burns(budget, period_s):
        assert step.threshold < 1.0
        assert step.threshold >= min(round(budget, 9), MOST)


def test_nobody_is_woken_for_a_wish():
    found = alerts(watched(line("ttft", 0.5, hard=False)))
    about = [alert for alert in found if "sla" in alert.labels]
    assert [(alert.name, alert.severity) for alert in about] == [("InfercSlaSlowBurn", "info")]


@pytest.mark.parametrize("name", SERVICES)
def test_every_query_selects_one_service_and_none_makes_zero_of_nothing(name: str):
    one = SERVICES[name]
    expressions = texts(one)
    assert "vector(" not in expressions
    for labels in re.findall(r"\{([^{}]*)\}", expressions):
        assert 'namespace="support-chat"' in labels
    for series in ("vllm:", "sglang:", "nv_", "up"):
        for labels in re.findall(rf"\b{series}\w*{{([^{{}}]*)}}", expressions):
            assert f'job="support-chat/{one.name}"' in labels
    for labels in re.findall(r"inferc:[\w:]+\{([^{}]*)\}", expressions):
        assert f'service="{one.name}"' in labels


@pytest.mark.parametrize("name", SERVICES)
def test_the_rules_ask_for_buckets_that_the_engine_has(name: str):
    one = SERVICES[name]
    known = {
        histogram.series: {bound(limit) for limit in histogram.bounds}
        for histogram in one.metrics.histograms.values()
    }
    asked = re.findall(r'([\w:]+)_bucket\{[^{}]*le="([^"]+)"', texts(one))
    assert all(limit in known[series] for series, limit in asked)


@pytest.mark.parametrize(("engine", "version"), RELEASES)
def test_bounds_rise_and_names_are_those_of_the_catalog(engine: str, version: str):
    found = RELEASES[engine, version]
    for histogram in found.histograms.values():
        assert list(histogram.bounds) == sorted(set(histogram.bounds))
    listed = engine_at(f"engine.{engine}")
    assert listed is not None
    gauges = {"waiting": found.waiting, "running": found.running, "kv_usage": found.kv_usage}
    shown = {name: histogram.series for name, histogram in found.histograms.items()}
    for meaning, series in {**gauges, **shown}.items():
        assert listed.metrics.get(meaning, series) == series


def test_the_catalog_s_releases_are_known():
    for name in ("vllm", "sglang"):
        listed = engine_at(f"engine.{name}")
        assert listed is not None
        assert (name, listed.version) in RELEASES


def test_every_line_has_a_name_of_its_own():
    one = SERVICES["the same line twice"]
    found = [line_ for line_ in one.lines if isinstance(line_, Latency)]
    assert [line_.id for line_ in found] == ["p95-ttft", "p95-ttft-2"]


@given(st.text())
@settings(deadline=None)
def test_a_name_stays_inside_its_quotes(text: str):
    inside = quoted(text)[1:-1]
    assert not re.search(r'(?<!\\)(?:\\\\)*"', inside)
    assert "\n" not in inside


@given(st.text(alphabet='{}$"` \n.Values', max_size=30))
@settings(deadline=None)
def test_no_text_is_taken_for_a_template(text: str):
    shown = literal(text).replace('{{ "{{" }}', "")
    assert "{{" not in shown


@given(st.floats(1e-12, 1e12, allow_nan=False))
@settings(deadline=None)
def test_numbers_lose_nothing(value: float):
    assert float(number(value)) == value


def test_the_object_and_the_file_hold_the_same_rules():
    one = SERVICES["the example"]
    (file,) = (item for item in emitted(one) if item.path.endswith(".rules.yaml"))
    assert yaml.safe_load(file.content) == rules(one)
