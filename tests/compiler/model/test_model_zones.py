"""The names of time zones: those that schedulers know, and nothing else."""

import zoneinfo

import pytest
from support.models import complaints

from inferc.compiler.model.zones import ZONES, why_not

LOADS = 'shape = diurnal(peak = 3x, window = "08:00-19:00 {}")'
POOLS = 'scale {{ warm_pool {{ instances = 1; window = "08:00-19:00 {}" }} }}'


@pytest.mark.parametrize(
    ("zone", "meant"),
    [("Europe/Atlantis", ""), ("Europe/Berln", "Europe/Berlin"), ("europe/berlin", None)],
)
def test_an_unknown_zone_of_a_load_is_an_error(zone: str, meant: str | None) -> None:
    (item,) = complaints(load=LOADS.format(zone))
    assert item.code == "INF147"
    if meant is not None:
        assert zone in item.notes[0]
        assert meant in item.notes[0]


def test_an_unknown_zone_of_a_warm_pool_is_an_error() -> None:
    (item,) = complaints(service=POOLS.format("Europe/Atlantis"))
    assert item.code == "INF176"
    assert "`Europe/Atlantis` is no time zone" in item.notes[0]


@pytest.mark.parametrize("zone", ["", "UTC", "UTC+5:30", "Z", "Europe/Berlin", "Etc/GMT+5"])
def test_known_zones_and_offsets_are_taken(zone: str) -> None:
    assert not complaints(load=LOADS.format(zone).replace(' ")', '")'))
    assert not complaints(service=POOLS.format(zone).replace(' " }', '" }'))


def test_the_list_is_that_of_the_database() -> None:
    """Another release has a few more or fewer, and none has a name that was made up."""
    there = {name for name in zoneinfo.available_timezones() if "/" in name}
    if not there:
        pytest.skip("this system has no database of time zones")
    assert len(ZONES ^ there) <= 15
    assert not any(why_not(name) for name in there & ZONES)
    assert len(ZONES) > 500
