"""Who works when: of the platform's shifts, without those the desk marked as out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from approvals.models import Absence
from copilot.ask.answering import answers_drain, question_ask
from core import clock
from integrations.models import Shift, StaffMember, User
from tests.copilot.ask.conftest import MORNING, Salon

pytestmark = pytest.mark.django_db


def rows(salon: Salon, user: User, **said: str) -> list[dict[str, Any]]:
    (block,) = salon.use(user, "working", **said).blocks
    found: list[dict[str, Any]] = block["rows"]
    return found


def who(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["told"]) for one in row["people"]]


def test_who_works_today_and_from_when_to_when(salon: Salon, maria: User) -> None:
    late = Shift.objects.get(staff=salon.kim, starts_at=MORNING)
    Shift.objects.filter(pk=late.pk).update(starts_at=MORNING + timedelta(hours=2))
    (row,) = rows(salon, maria)
    assert row["day"] == "2026-06-12"
    assert who(row) == [("Sarah Lind", "09:00-17:00"), ("Kim Sato", "11:00-17:00")]


def test_one_persons_week_and_the_days_they_are_not_there(salon: Salon, maria: User) -> None:
    tuesday = MORNING + timedelta(days=4)
    Shift.objects.filter(staff=salon.kim, starts_at=tuesday).delete()
    found = rows(salon, maria, staff="kim", when="is kim working")
    assert len(found) == 7
    assert [row["day"] for row in found if not row["people"]] == ["2026-06-16"]
    (row,) = rows(salon, maria, staff="kim", when="tuesday")
    assert row == {"day": "2026-06-16", "people": []}


def test_of_everybody_at_most_a_week_is_read(salon: Salon, maria: User) -> None:
    assert len(rows(salon, maria, when="next month")) == 7


def test_who_is_marked_as_out_stands_last_and_says_so(salon: Salon, maria: User) -> None:
    Absence.objects.create(
        connection=salon.desk.connection, location=salon.place, staff=salon.sarah,
        starts_at=MORNING - timedelta(hours=1), ends_at=MORNING + timedelta(hours=9),
    )  # fmt: skip
    (row,) = rows(salon, maria)
    assert who(row) == [("Kim Sato", "09:00-17:00"), ("Sarah Lind", "09:00-17:00, marked as out")]
    Absence.objects.update(ends_at=MORNING + timedelta(hours=2))
    assert who(rows(salon, maria)[0]) == [
        ("Kim Sato", "09:00-17:00"),
        ("Sarah Lind", "11:00-17:00"),
    ]
    Absence.objects.update(
        starts_at=MORNING + timedelta(hours=3), ends_at=MORNING + timedelta(hours=4)
    )
    assert ("Sarah Lind", "09:00-12:00 and 13:00-17:00") in who(rows(salon, maria)[0])


def test_two_halves_of_a_day_out_are_a_day_out(salon: Salon, maria: User) -> None:
    for begins, ends in ((-1, 3), (3, 9)):
        Absence.objects.create(
            connection=salon.desk.connection, location=salon.place, staff=salon.sarah,
            starts_at=MORNING + timedelta(hours=begins), ends_at=MORNING + timedelta(hours=ends),
        )  # fmt: skip
    assert [one["out"] for one in rows(salon, maria)[0]["people"]] == [False, True]


def test_a_provider_is_not_told_who_is_out(salon: Salon, tess: User) -> None:
    Absence.objects.create(
        connection=salon.desk.connection, location=salon.place, staff=salon.kim,
        starts_at=MORNING - timedelta(hours=1), ends_at=MORNING + timedelta(hours=9),
    )  # fmt: skip
    assert who(rows(salon, tess)[0]) == [("Sarah Lind", "09:00-17:00")]


def test_a_whole_name_is_one_person(salon: Salon, maria: User) -> None:
    StaffMember.objects.filter(pk=salon.kim.pk).update(name="Sarah Sato")
    (row,) = rows(salon, maria, when="today", staff="Sarah Lind")
    assert [one["name"] for one in row["people"]] == ["Sarah Lind"]
    (row,) = rows(salon, maria, when="today", staff="Sarah")
    assert len(row["people"]) == 2


def test_another_places_shifts_are_not_told(salon: Salon, maria: User) -> None:
    Shift.objects.update(location=salon.desk.locations[1])
    assert rows(salon, maria) == [{"day": "2026-06-12", "people": []}]


def test_a_model_reads_placeholders_and_an_unknown_name_is_said(salon: Salon, maria: User) -> None:
    told = salon.use(maria, "working").told
    assert "STAFF_1" in told and "Sarah" not in told
    found = salon.use(maria, "working", staff="Zelda")
    assert found.told == "Nobody of that name works here." and not found.blocks[0]["known"]


def test_the_page_draws_the_hours_of_the_place(salon: Salon, maria: User, client: Browser) -> None:
    turn = question_ask(
        user=maria, location=salon.place, question="is Kim working on Tuesday or Sunday?"
    )
    answers_drain()
    Shift.objects.filter(starts_at__gte=clock.now()).delete()
    client.force_login(maria, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/ask/?talk={turn.talk_id}").content.decode()
    assert "Tuesday, June 16" in page and "Sunday, June 14" in page
    assert "9 am to 5 pm" in " ".join(page.split())
