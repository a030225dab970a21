"""PINs: no obvious rows, charged before they are compared, locked in the database."""

from __future__ import annotations

import pytest

from core import redis
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Pin, Station, User
from integrations.pins import (
    LOCK_AFTER,
    SLOW_AFTER,
    PinError,
    pin_reset,
    pin_set,
    pin_try,
    pin_weakness,
)
from tests.support.desks import desk_make
from tests.support.stations import PIN, pin_give, station_make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def station() -> Station:
    return station_make(desk_make().location)[0]


@pytest.fixture
def maria(station: Station) -> User:
    user = User.objects.create_user("maria@example.com", name="Maria Ruiz")
    pin_give(user)
    return user


@pytest.mark.parametrize(
    "pin",
    ["1234", "0000", "4321", "9876", "2468", "1212", "123123", "1122", "2580", "111111", "8901"],
)
def test_an_obvious_row_is_refused(pin: str, maria: User) -> None:
    assert pin_weakness(pin)
    with pytest.raises(PinError):
        pin_set(actor=maria.as_actor(), user=maria, pin=pin)


@pytest.mark.parametrize("pin", ["", "12", "1a34", "12345678", "１２３５", "47 29"])
def test_anything_but_four_to_six_digits_is_refused(pin: str) -> None:
    assert pin_weakness(pin) == "A PIN has four to six digits."


@pytest.mark.parametrize("pin", ["4729", "80641", "519304"])
def test_digits_without_a_pattern_are_a_pin(pin: str) -> None:
    assert pin_weakness(pin) == ""


def test_only_the_hash_is_kept(maria: User) -> None:
    assert PIN not in Pin.objects.get().digest


def wrong(maria: User, station: Station, times: int) -> str:
    why = ""
    for _ in range(times):
        redis.client().delete(f"copilot:pin:{maria.pk}")
        tried = pin_try(user=maria, station=station, pin="0001")
        assert not tried.ok
        why = tried.why
    return why


def test_wrong_ones_lock_and_the_right_one_does_not_open_what_is_locked(
    maria: User, station: Station
) -> None:
    assert wrong(maria, station, LOCK_AFTER - 1) == "That is not your PIN."
    assert "manager" in wrong(maria, station, 1)
    redis.client().flushdb()
    assert not pin_try(user=maria, station=station, pin=PIN).ok
    assert Pin.objects.get().locked_at is not None
    row = AuditEvent.objects.get(action="pin.locked")
    assert row.facts["station"] == f"{station.pk}: {station.name}"
    assert AuditEvent.objects.filter(action="pin.refused").count() == LOCK_AFTER


def test_a_right_one_forgives_the_wrong_ones_before_it(maria: User, station: Station) -> None:
    wrong(maria, station, LOCK_AFTER - 1)
    redis.client().flushdb()
    assert pin_try(user=maria, station=station, pin=PIN).ok
    assert Pin.objects.get().failures == 0


def test_guessing_is_slowed_before_it_is_locked(maria: User, station: Station) -> None:
    for _ in range(SLOW_AFTER):
        pin_try(user=maria, station=station, pin="0001")
    assert pin_try(user=maria, station=station, pin=PIN).why.startswith("Too many wrong tries.")
    assert Pin.objects.get().failures == SLOW_AFTER, "a slowed try is not counted"


def test_without_redis_the_database_still_locks(
    maria: User, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "attempt", lambda what, call: None)
    for _ in range(LOCK_AFTER):
        assert not pin_try(user=maria, station=station, pin="0001").ok
    assert not pin_try(user=maria, station=station, pin=PIN).ok


def test_a_guess_is_charged_before_it_is_compared(
    maria: User, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many guesses at once, each must find the count of the one before it."""
    seen: list[int] = []

    def compare(pin: str, digest: str) -> bool:
        seen.append(Pin.objects.get(user=maria).failures)
        return False

    monkeypatch.setattr("integrations.pins.check_password", compare)
    pin_try(user=maria, station=station, pin="0001")
    assert seen == [1]


def test_a_manager_lets_somebody_in_again_by_a_pin_for_once(
    maria: User, station: Station, django_capture_on_commit_callbacks: object
) -> None:
    wrong(maria, station, LOCK_AFTER)
    pin = pin_reset(actor=Actor("person", "1", "Olga Owner"), user=maria)
    redis.client().flushdb()
    tried = pin_try(user=maria, station=station, pin=pin)
    assert tried.ok and tried.temporary
    with pytest.raises(PinError, match="Choose your own"):
        pin_set(actor=maria.as_actor(), user=maria, pin=pin)
    row = AuditEvent.objects.get(action="pin.reset", facts__locked=True)
    assert row.actor_name == "Olga Owner"


def test_nobody_without_a_pin_gets_in(station: Station) -> None:
    user = User.objects.create_user("nobody@example.com", name="Nobody")
    assert not pin_try(user=user, station=station, pin="").ok
