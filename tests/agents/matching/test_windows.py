"""Hours that clients gave, against slots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.matching.windows import fits, in_words

ZONE = ZoneInfo("America/Los_Angeles")
# A Tuesday, ten in the morning there.
TUESDAY = datetime(2026, 6, 16, 17, tzinfo=UTC)


def window(days: Any = "-T-T", **more: Any) -> dict[str, Any]:
    return {"days": days, "from": "09:00", "to": "12:00", **more}


def fit(*windows: dict[str, Any], at: datetime = TUESDAY, minutes: int = 60) -> str:
    return fits(windows, at, at + timedelta(minutes=minutes), ZONE)


@pytest.mark.parametrize("days", ["-T-T", "-T", "MTWTFSS", "-T-TF", ["tue"], ["Tuesday"], "", None])
def test_days_go_by_position_from_monday(days: Any) -> None:
    assert fit(window(days)) == "whole"


@pytest.mark.parametrize("days", ["T", "M-W", "--WTFSS", "-----SS", ["mon", "thu"]])
def test_a_day_that_was_not_given_does_not_fit(days: Any) -> None:
    assert fit(window(days)) == "no"


def test_the_second_t_is_thursday() -> None:
    thursday = TUESDAY + timedelta(days=2)
    assert fit(window("---T"), at=thursday) == "whole"
    assert fit(window("---T"), at=TUESDAY) == "no"


@pytest.mark.parametrize(
    ("hours", "minutes", "found"),
    [(0, 60, "whole"), (0, 120, "whole"), (0, 150, "part"), (0, 151, "no"), (-2, 60, "no"),
     (2, 30, "no"), (1, 60, "whole"), (1, 90, "part")],
)  # fmt: skip
def test_the_whole_visit_should_lie_inside(hours: int, minutes: int, found: str) -> None:
    assert fit(window(), at=TUESDAY + timedelta(hours=hours), minutes=minutes) == found


def test_the_best_of_several_windows_counts() -> None:
    assert fit(window("M"), window("-T", to="10:45"), window("-T")) == "whole"
    assert fit(window("M"), window("-T", to="10:45")) == "part"


def test_no_windows_and_odd_values_do_not_restrict() -> None:
    assert fit() == "whole"
    assert fit({}) == "whole"
    assert fit({"from": "soon", "to": 7, "earliest": "whenever"}) == "whole"


def test_dates_restrict_on_the_salons_calendar() -> None:
    assert fit(window(earliest="2026-06-16", latest="2026-06-16")) == "whole"
    assert fit(window(earliest="2026-06-17")) == "no"
    assert fit(window(latest="2026-06-15")) == "no"
    late = datetime(2026, 6, 17, 2, tzinfo=UTC)  # Tuesday, seven in the evening there.
    assert fit({"days": "-T", "latest": "2026-06-16"}, at=late) == "whole"


def test_a_window_of_two_moments_is_taken_as_it_stands() -> None:
    span = {"from": "2026-06-16T16:00:00Z", "until": "2026-06-16T18:00:00+00:00"}
    assert fit(span) == "whole"
    assert fit(span, at=TUESDAY + timedelta(days=1)) == "no"
    assert fit(span, at=TUESDAY - timedelta(hours=2)) == "no"


def test_windows_are_said_in_words() -> None:
    assert in_words([window()]) == "Tue, Thu 9 am to 12 pm"
    assert in_words([{"from": "16:00"}]) == "from 4 pm"
    assert in_words([]) == ""
