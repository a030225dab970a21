"""News travels up through one door, and one deaf listener stops nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import announce
from core.models import Heartbeat


@pytest.fixture
def listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "_listeners", {})


@pytest.fixture
def failed() -> Any:
    kept: list[tuple] = []
    kept_append = kept.append

    def keep(listener: Any, event: str, error: Any) -> None:
        kept_append((listener, event, error))

    keep.rows = kept
    return keep


pytestmark = pytest.mark.django_db


def test_every_listener_hears_every_event(listeners: Any, failed: Any) -> None:
    heard: list[tuple[str, str]] = []
    announce.listen("one")(lambda event: heard.append(("one", event)))
    announce.listen("two")(lambda event: heard.append(("two", event)))
    announce.announce("booked", failed)
    assert heard == [("one", "booked"), ("two", "booked")]
    assert failed.rows == []


def test_a_listener_that_raises_leaves_nothing_behind_and_stops_nobody(
    listeners: Any, failed: Any, db: Any
) -> None:
    @announce.listen("first")
    def first(event: str) -> None:
        Heartbeat.objects.create(name="first", at="2026-06-15T12:00Z")

    @announce.listen("raising")
    def raising(event: str) -> None:
        Heartbeat.objects.create(name="half", at="2026-06-15T12:00Z")
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    @announce.listen("last")
    def last(event: str) -> None:
        Heartbeat.objects.create(name="last", at="2026-06-15T12:00Z")

    announce.announce("booked", failed)
    assert set(Heartbeat.objects.values_list("name", flat=True)) >= {"first", "last"}
    assert not Heartbeat.objects.filter(name="half").exists()
    ((name, event, error),) = failed.rows
    assert (name, event) == ("raising", "booked")
    assert error.startswith("DataError")


def test_listeners_share_one_savepoint(listeners: Any, failed: Any, db: Any) -> None:
    for name in ("one", "two", "three"):
        announce.listen(name)(lambda event: None)
    with CaptureQueriesContext(connection) as asked:
        announce.announce("booked", failed)
    assert len(asked) == 2


def test_what_is_rung_for_after_a_listener_raised_is_rung_once(
    listeners: Any, failed: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[str] = []
    announce.listen("sound")(lambda event: transaction.on_commit(lambda: rung.append(event)))

    @announce.listen("raising")
    def raising(event: str) -> None:
        transaction.on_commit(lambda: rung.append("never"))
        raise RuntimeError(event)

    with django_capture_on_commit_callbacks(execute=True):
        announce.announce("booked", failed)
    assert rung == ["booked"]


def test_one_listener_can_hear_an_event_again(listeners: Any) -> None:
    heard: list[str] = []
    announce.listen("one")(lambda event: heard.append("one"))
    announce.listen("two")(lambda event: heard.append("two"))
    announce.announce_to("two", "booked")
    assert heard == ["two"]


def test_two_listeners_of_one_name_are_refused(listeners: Any) -> None:
    announce.listen("one")(print)
    with pytest.raises(ValueError, match="two listeners are named 'one'"):
        announce.listen("one")(print)
