"""Quiet hours, opening hours and time zones, clock changes included."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.hours import (
    MARKETING,
    client_zone,
    first_moment,
    is_open,
    next_opening,
    openings,
    zone_hints,
)
from integrations.zones import zone_of_zip
from tests.support.searches import searched

ZONES = [
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "Europe/London",
    "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
]  # fmt: skip


@dataclass
class Place:
    timezone: str = "America/Los_Angeles"
    opening_hours: dict[str, list[list[str]]] = field(default_factory=dict)
    quiet_from: time = time(20)
    quiet_until: time = time(9)


@dataclass
class Person:
    postal_code: str = ""
    timezone: str = ""
    phone: str = ""


def near_change(zone: str) -> datetime:
    """A moment on the day of a clock change of 2026 (any day where there is none)."""
    tz, day = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    for offset in range(365):
        at = day + timedelta(days=offset)
        if at.astimezone(tz).utcoffset() != (at + timedelta(days=1)).astimezone(tz).utcoffset():
            return at
    return day


def is_allowed(place: Place, zone: str, purpose: str, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    clock, since, until = local.time(), place.quiet_from, place.quiet_until
    ok = until <= clock < since if since > until else not since <= clock < until
    if purpose == "marketing":
        opens, closes = MARKETING[local.weekday()]
        ok = ok and opens <= clock < closes
    return ok


QUIET = st.sampled_from(
    [(time(20), time(9)), (time(21), time(8)), (time(0), time(7)), (time(2, 30), time(3))]
)


@searched(400, sample=40)
@given(
    zone=st.sampled_from(ZONES),
    near=st.booleans(),
    minutes=st.integers(0, 4 * 24 * 60),
    quiet=QUIET,
    purpose=st.sampled_from(["transactional", "care", "marketing"]),
)
def test_nothing_goes_out_in_quiet_hours_and_nothing_waits_longer_than_it_must(
    zone: str, near: bool, minutes: int, quiet: tuple[time, time], purpose: str
) -> None:
    start = near_change(zone) if near else datetime(2026, 6, 1, tzinfo=UTC)
    at = start - timedelta(days=1) + timedelta(minutes=minutes)
    place = Place(timezone=zone, quiet_from=quiet[0], quiet_until=quiet[1])
    windows = MARKETING if purpose == "marketing" else None
    found = first_moment(location=place, client=Person(), at=at, windows=windows)
    assert found >= at
    assert is_allowed(place, zone, purpose, found)
    steps = int((found - at).total_seconds() // 600)
    assert not any(
        is_allowed(place, zone, purpose, at + timedelta(minutes=10 * step)) for step in range(steps)
    )


@searched(100)
@given(
    zip_code=st.sampled_from(["10001", "97205", "60601", "80202", "99501", "96813", ""]),
    phone=st.sampled_from(["+12125550142", "+15035550142", "+13125550142", ""]),
    hours=st.integers(0, 72),
)
def test_where_hints_disagree_the_hour_is_allowed_in_all_of_them(
    zip_code: str, phone: str, hours: int
) -> None:
    place, person = Place(), Person(postal_code=zip_code, phone=phone)
    at = datetime(2026, 3, 7, tzinfo=UTC) + timedelta(hours=hours)
    found = first_moment(location=place, client=person, at=at, windows=None)
    for zone, _ in zone_hints(person, place):
        assert is_allowed(place, zone, "care", found)


def test_quiet_hours_that_are_equal_mean_none() -> None:
    place = Place(quiet_from=time(0), quiet_until=time(0))
    at = datetime(2026, 6, 1, 3, tzinfo=UTC)
    assert first_moment(location=place, client=None, at=at, windows=None) == at


def test_the_postal_code_comes_before_the_zone_field_and_the_number() -> None:
    person = Person(postal_code="10001", timezone="America/Chicago", phone="+15035550142")
    zone, why = client_zone(person, Place())
    assert str(zone) == "America/New_York"
    assert why.startswith("the postal code") and "disagree" in why


def test_without_any_hint_it_is_the_locations_zone() -> None:
    zone, why = client_zone(Person(timezone="Mars/Olympus"), Place())
    assert (str(zone), why) == ("America/Los_Angeles", "the location's time zone")


def test_a_number_from_elsewhere_does_not_override_the_salon_alone() -> None:
    hints = dict(zone_hints(Person(phone="+12125550142"), Place()))
    assert set(hints) == {"America/New_York", "America/Los_Angeles"}


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("02110", "America/New_York"), ("97205", "America/Los_Angeles"),
        ("00901", "America/Puerto_Rico"),
        ("32501", "America/Chicago"), ("33101", "America/New_York"), ("79901", "America/Denver"),
        ("85001", "America/Phoenix"), ("99501", "America/Anchorage"), ("96813", "Pacific/Honolulu"),
        ("97205-1234", "America/Los_Angeles"), ("SW1A 1AA", ""), ("", ""), ("٠٢١١٠", ""),
    ],
)  # fmt: skip
def test_postal_codes_lead_to_zones(code: str, zone: str) -> None:
    assert zone_of_zip(code) == zone


WEEK = {
    day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("tue", "wed", "thu", "fri", "sat")
}


def test_the_next_opening_skips_closed_days() -> None:
    place = Place(opening_hours=WEEK)
    zone = ZoneInfo(place.timezone)
    saturday = datetime(2026, 6, 13, 17, tzinfo=zone)
    assert next_opening(place, saturday).astimezone(zone) == datetime(2026, 6, 16, 9, tzinfo=zone)
    noon = datetime(2026, 6, 16, 12, 30, tzinfo=zone)
    assert next_opening(place, noon).astimezone(zone).hour == 13
    assert not is_open(place, noon)
    assert is_open(place, noon - timedelta(minutes=31))


def test_opening_past_midnight_belongs_to_the_evening_before() -> None:
    place = Place(opening_hours={"fri": [["18:00", "02:00"]]})
    zone = ZoneInfo(place.timezone)
    assert is_open(place, datetime(2026, 6, 13, 1, tzinfo=zone))
    assert not is_open(place, datetime(2026, 6, 13, 3, tzinfo=zone))


def test_odd_hours_are_left_out_and_unknown_ones_are_a_working_day() -> None:
    assert openings(Place(opening_hours={"mon": [["later", "18:00"]]}), date(2026, 6, 15)) == []
    assert openings(Place(), date(2026, 6, 14))
    never = Place(opening_hours={"mon": []})
    assert next_opening(never, datetime(2026, 6, 14, tzinfo=UTC)) > datetime(
        2026, 6, 14, tzinfo=UTC
    )
