"""The dashboard, held against Grafana's own model of one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.watching import line, watched, watched_network

from inferc.targets.monitoring.dashboard import COLUMNS, as_json, dashboard, plain, uid

KINDS = {
    "the example": watched(),
    "another engine": watched(engine="sglang"),
    "priced": watched(line("ttft", 0.5), line("throughput", 500.0, counts="tok"), priced=True),
    "one machine": watched(devices=(0, 1)),
    "a network": watched_network(),
}


def lost(mine: Any, theirs: Any, path: str = "") -> list[str]:
    """Return what of ``mine`` did not survive in ``theirs``."""
    match mine:
        case dict():
            gone = [f"{path}/{key}" for key in mine if key not in theirs]
            kept = [key for key in mine if key in theirs]
            return gone + [x for key in kept for x in lost(mine[key], theirs[key], f"{path}/{key}")]
        case list():
            pairs = enumerate(zip(mine, theirs, strict=True))
            return [x for place, (a, b) in pairs for x in lost(a, b, f"{path}/{place}")]
        case _:
            return [] if mine == theirs else [path]


@pytest.mark.parametrize("name", KINDS)
def test_grafana_s_model_has_every_field(name: str):
    model = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    series = pytest.importorskip("grafana_foundation_sdk.models.timeseries")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder").JSONEncoder
    mine = json.loads(as_json(KINDS[name]))
    read = json.loads(encoder().encode(model.Dashboard.from_json(mine)))
    assert lost(mine, read) == []
    for panel in mine["panels"]:
        custom = panel["fieldConfig"]["defaults"]["custom"]
        assert (
            lost(custom, json.loads(encoder().encode(series.FieldConfig.from_json(custom)))) == []
        )
        options = panel["options"]
        assert lost(options, json.loads(encoder().encode(series.Options.from_json(options)))) == []


def test_the_model_notices_a_field_that_it_does_not_have():
    model = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder").JSONEncoder
    mine = {**json.loads(as_json(KINDS["the example"])), "titel": "typo"}
    read = json.loads(encoder().encode(model.Dashboard.from_json(mine)))
    assert lost(mine, read) == ["/titel"]


@pytest.mark.parametrize("name", KINDS)
def test_panels_lie_beside_each_other(name: str):
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(as_json(KINDS[name]))["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_a_panel_shows_the_limit_and_what_is_planned():
    panels = {
        panel["title"]: panel for panel in json.loads(as_json(KINDS["the example"]))["panels"]
    }
    ttft = panels["ttft"]
    steps = ttft["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"color": "green", "value": None}, {"color": "red", "value": 0.5}]
    assert [item["expr"] for item in ttft["targets"]][-1] == "vector(0.41)"


def test_what_must_not_fall_below_a_limit_is_red_below_it():
    panels = {panel["title"]: panel for panel in json.loads(as_json(KINDS["priced"]))["panels"]}
    steps = panels["tokens a second"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"color": "red", "value": None}, {"color": "green", "value": 500.0}]
    assert "cost an hour" in panels


def test_a_service_keeps_its_dashboard():
    one = KINDS["the example"]
    later = replace(one, topology=replace(one.topology, digest="another"))
    assert uid(one) == uid(later) != uid(replace(one, name="other"))
    assert len(uid(one)) <= 40


@given(st.text())
@settings(deadline=None)
def test_no_title_names_a_variable(text: str):
    shown = plain(text)
    assert "$" not in shown
    assert "[[" not in shown
    assert shown.isprintable()


def test_queries_use_the_chosen_source():
    found = json.dumps(dashboard(KINDS["the example"]))
    assert found.count("${datasource}") == found.count('"uid": "${datasource}"') > 10
