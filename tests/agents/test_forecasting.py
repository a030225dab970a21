"""What days and weeks should bring, and which were unusual."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from agents.forecasting.days import days_forecast, unusual_days
from agents.forecasting.weeks import Weeks, push_effect, weeks_forecast

MONDAY = date(2026, 3, 2)


def a_past(weeks: int) -> dict[date, float]:
    """Tuesdays take 200, Saturdays 900, the rest 500; Sunday and Monday are closed."""
    days = [MONDAY + timedelta(days=n) for n in range(weeks * 7)]
    takes = {1: 200.0, 2: 500.0, 3: 500.0, 4: 500.0, 5: 900.0}
    return {day: takes[day.weekday()] for day in days if day.weekday() in takes}


def test_each_weekday_is_foretold_from_its_own() -> None:
    past = a_past(12)
    tuesday, saturday = MONDAY + timedelta(days=85), MONDAY + timedelta(days=89)
    found = days_forecast(past, [tuesday, saturday])
    assert found is not None
    assert found[0] == pytest.approx(200, rel=0.45)
    assert found[1] == pytest.approx(900, rel=0.12)
    assert found[0] < found[1]


def test_newer_days_count_more() -> None:
    past = a_past(12)
    doubled = {day: took * (2 if day >= MONDAY + timedelta(weeks=8) else 1)
               for day, took in past.items()}  # fmt: skip
    halved = {day: took * (1 if day >= MONDAY + timedelta(weeks=8) else 2)
              for day, took in past.items()}  # fmt: skip
    saturday = MONDAY + timedelta(days=89)
    rising, falling = days_forecast(doubled, [saturday]), days_forecast(halved, [saturday])
    assert rising is not None and falling is not None
    # Plain means would say 1200 and 1500.
    assert rising[0] > 1210 and falling[0] < 1400


def test_a_month_with_no_data_foretells_nothing() -> None:
    assert days_forecast({}, [MONDAY]) is None
    assert days_forecast({MONDAY: 500.0}, [MONDAY]) is None
    assert unusual_days({}, MONDAY) == []
    empty = Weeks([], [5.0] * 4, [0.0] * 4)
    assert weeks_forecast(empty, 4, push_effect([empty])) == [0.0] * 4
    shut = Weeks([0.0] * 60, [0.0] * 60 + [5.0], [0.0] * 61)
    assert weeks_forecast(shut, 1, 0.0) == [0.0]


def test_an_unusual_day_is_told_with_what_was_expected_without_it() -> None:
    past = a_past(10)
    odd = MONDAY + timedelta(weeks=9, days=5)
    past |= {day: took + day.day for day, took in past.items()}
    past[odd] = 90.0
    (found,) = unusual_days(past, MONDAY + timedelta(weeks=9))
    assert found.day == odd
    assert found.expected > 800
    assert found.ratio < 0.15


def test_a_week_is_last_years_per_open_day_with_half_the_growth() -> None:
    takings = [1000.0] * 52 + [1210.0] * 13
    weeks = Weeks(takings, [5.0] * 67, [0.0] * 67)
    found = weeks_forecast(weeks, 2, 0.0)
    assert found == pytest.approx([1100.0, 1100.0])
    short = Weeks(takings, [5.0] * 65 + [5.0, 4.0], [0.0] * 67)
    assert weeks_forecast(short, 2, 0.0)[1] == pytest.approx(880.0)


def test_what_a_push_does_is_learned_and_a_planned_one_counted() -> None:
    pushes = [float(week % 2) for week in range(70)]
    takings = [1000.0 * (1.4 if push else 1.0) for push in pushes[:66]]
    weeks = Weeks(takings, [5.0] * 70, pushes)
    effect = push_effect([weeks])
    assert effect == pytest.approx(0.336, abs=0.02)
    found = weeks_forecast(weeks, 2, effect)
    assert found[1] / found[0] == pytest.approx(1.4, rel=0.02)
    flipped = Weeks(takings, [5.0] * 70, pushes[:66] + [1.0 - push for push in pushes[66:]])
    assert weeks_forecast(flipped, 2, effect)[0] > 1300


def test_a_location_of_less_than_a_year_keeps_its_last_weeks() -> None:
    weeks = Weeks([900.0, 1000.0, 1100.0, 1000.0], [5.0] * 6, [0.0] * 6)
    assert weeks_forecast(weeks, 2, 0.0)[0] == pytest.approx(997.5, rel=0.01)
