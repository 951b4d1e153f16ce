"""Loads over a week: windows as people write them, and rates that keep the stated mean."""

from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc import api
from inferc.compiler.model.profile import (
    Window,
    batch,
    cron,
    diurnal,
    office_hours,
    read_days,
    read_window,
    weekly,
)
from inferc.dsl import SourceFile

WEEK_H = 168.0
WORKING = frozenset(range(5))
LONG = frozenset({4, 5, 6, 0})


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("14:00-18:00 UTC", "", Window(840, 1080, "UTC")),
        ("14:00 - 18:00", "", Window(840, 1080, "UTC")),
        ("08:30-19:00 Europe/Berlin", "Mon-Fri", Window(510, 1140, "Europe/Berlin", WORKING)),
        ("20:00-06:00 UTC", "", Window(1200, 1800, "UTC")),
        ("00:00-24:00 UTC+2", "Sat, Sun", Window(0, 1440, "UTC+2", frozenset({5, 6}))),
        ("9:00-17:00 America/New_York", "Fri-Mon", Window(540, 1020, "America/New_York", LONG)),
    ],
)
def test_windows_as_people_write_them(text: str, days: str, expected: Window) -> None:
    assert read_window(text, days) == expected


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("8pm to 6am", ""),
        ("14:00", ""),
        ("25:00-26:00 UTC", ""),
        ("14:60-18:00 UTC", ""),
        ("14:00-14:00 UTC", ""),
        ("24:00-06:00 UTC", ""),
        ("14:00-18:00 berlin", ""),
        ("14:00-18:00 UTC", "weekdays"),
        ("14:00-18:00 UTC", "Mon-Fry"),
    ],
)
def test_what_is_no_window(text: str, days: str) -> None:
    assert read_window(text, days) is None


def test_a_busy_window_keeps_the_mean() -> None:
    # Four of 24 hours at three times the mean leave (1 - 3/6) / (5/6) = 0.6 for the others.
    profile = diurnal(Window(840, 1080, "UTC"), 3.0)
    assert len(profile.factors) == WEEK_H
    assert profile.factors[:24] == pytest.approx([0.6] * 14 + [3.0] * 4 + [0.6] * 6)


def test_a_window_that_would_hold_more_than_all_holds_all() -> None:
    # Twelve of 24 hours cannot be above twice the mean: the peak is then one of bursts.
    profile = diurnal(Window(480, 1200, "UTC"), 5.0)
    assert profile.highest == 2.0
    assert profile.lowest == 0.0


def test_office_hours_are_empty_outside() -> None:
    window = read_window("08:00-19:00 UTC", "Mon-Fri")
    assert window is not None
    profile = office_hours(window)
    assert profile.highest == pytest.approx(168 / 55)
    assert profile.lowest == 0.0
    assert profile.share_above(0.0) == pytest.approx(55 / 168)
    some = office_hours(window, outside=0.1)
    assert some.highest == pytest.approx(0.9 * 168 / 55)
    assert some.lowest == pytest.approx(0.1 * 168 / 113)


def test_a_night_job_does_the_work_of_a_day() -> None:
    profile = batch(Window(1200, 1800, "UTC"))
    assert profile.highest == pytest.approx(2.4)
    assert profile.factors[:8] == pytest.approx([2.4] * 6 + [0.0] * 2)
    assert [round(seconds) for seconds, _ in profile.stretches][:3] == [21600, 50400, 36000]


def test_a_history_becomes_a_week() -> None:
    profile = weekly([1.0, 3.0])
    assert profile.factors == (0.5, 1.5)
    assert profile.each_s == 84 * 3600.0


@pytest.mark.parametrize(
    ("window", "days", "lead", "expected"),
    [
        ("14:00-18:00 UTC", "", 2, ("58 13 * * *", "0 18 * * *", "UTC")),
        ("08:00-19:00 UTC", "Mon-Fri", 10, ("50 7 * * 1-5", "0 19 * * 1-5", "UTC")),
        ("00:05-06:00 UTC", "Mon-Fri", 10, ("55 23 * * 0-4", "0 6 * * 1-5", "UTC")),
        ("20:00-06:00 UTC", "Fri", 0, ("0 20 * * 5", "0 6 * * 6", "UTC")),
        ("08:00-12:00 UTC", "Sat, Sun", 0, ("0 8 * * 0,6", "0 12 * * 0,6", "UTC")),
        (
            "08:00-18:00 Europe/Berlin",
            "Mon-Fri",
            0,
            ("0 8 * * 1-5", "0 18 * * 1-5", "Europe/Berlin"),
        ),
        ("08:00-18:00 UTC+5:30", "Mon-Fri", 0, ("30 2 * * 1-5", "30 12 * * 1-5", "UTC")),
        ("02:00-05:00 UTC+5:30", "Mon-Fri", 0, ("30 20 * * 0-4", "30 23 * * 0-4", "UTC")),
        ("18:00-23:00 UTC-8", "Mon-Fri", 0, ("0 2 * * 2-6", "0 7 * * 2-6", "UTC")),
    ],
)
def test_hours_of_a_week_as_cron(
    window: str, days: str, lead: int, expected: tuple[str, str, str]
) -> None:
    read = read_window(window, days)
    assert read is not None
    assert cron(read, lead) == expected


@settings(deadline=None, max_examples=50)
@given(
    st.integers(0, 1439),
    st.integers(1, 1439),
    st.sets(st.integers(0, 6), min_size=1),
    st.floats(1.0, 30.0),
)
def test_the_mean_of_a_week_is_one(start: int, length: int, days: set[int], peak: float) -> None:
    window = Window(start, start + length, "UTC", frozenset(days))
    for profile in (diurnal(window, peak), office_hours(window), batch(window)):
        mean = fsum(s * f for s, f in profile.stretches) / fsum(s for s, _ in profile.stretches)
        assert mean == pytest.approx(1.0)
        assert min(profile.factors) >= 0.0
        assert profile.highest <= max(peak, 1.0 / window.share) * (1.0 + 1e-9)


@pytest.mark.parametrize("text", ["Mon-Fri", "mon-FRI", "Monday-Friday"])
def test_days_by_their_first_letters(text: str) -> None:
    assert read_days(text) == frozenset(range(5))


# ---- in a file ---------------------------------------------------------------------------------

DESIGN = """infer 1
import std.catalog as cat
topology t {{
  device box {{ hardware = cat.gpu.nvidia.l4 }}
  service s {{
    model = cat.models.meta.llama_3_8b_instruct
    on = box
    load {{ rate = 1 req/s; shape = {shape} }}
    sla {{ p95 ttft <= 5s }}
  }}
}}
"""


@pytest.mark.parametrize(
    ("shape", "codes"),
    [
        ('diurnal(peak = 3x, window = "14:00-18:00 UTC")', []),
        ('office_hours(peak = 4x, window = "08:00-19:00 Europe/Berlin")', []),
        ('office_hours(peak = 2x, window = "08:00-19:00 Europe/Berlin")', ["INF148"]),
        ('batch(window = "20:00-06:00 UTC")', []),
        ('batch(window = "at night")', ["INF147"]),
        ('diurnal(peak = 3x, window = "14:00-18:00 UTC", days = "weekends")', ["INF147"]),
    ],
)
def test_shapes_in_a_file(shape: str, codes: list[str]) -> None:
    source = SourceFile("week.infer", DESIGN.format(shape=shape))
    assert [item.code for item in api.check(source).diagnostics] == codes


@pytest.mark.parametrize(
    ("window", "days"), [("07:45-19:00 UTC", "Mon-Fri"), ("22:30-06:10 UTC", "Fri, Sun")]
)
def test_minutes_of_a_window_are_those_it_covers(window: str, days: str) -> None:
    """Counted one by one, also where the window of Sunday reaches into Monday."""
    read = read_window(window, days)
    assert read is not None
    week = 7 * 24 * 60
    assert read.minutes_between(0, week) == pytest.approx(read.share * week)
    for first in range(0, week, 1000):
        last = min(week, first + 1000)
        counted = sum(read.covers(minute) for minute in range(first, last))
        assert read.minutes_between(first, last) == pytest.approx(counted)
