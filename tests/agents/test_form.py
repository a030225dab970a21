"""Form: the link two days before, once, and never for what is filled in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from agents.definitions.form import form_wanted
from integrations.events import AppointmentSoon
from integrations.models import Appointment, FormResponse
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import event_for, happen, pending, settle, why_nothing

pytestmark = pytest.mark.django_db
LINK = "https://maple.example/f/7Kq2"


def soon(row: Appointment, days: int = 0) -> AppointmentSoon:
    at = MORNING + timedelta(days=days)
    found: AppointmentSoon = event_for(AppointmentSoon, row, offset="form-48h", at=at)
    return found


def visit(salon: Salon, **form: Any) -> Appointment:
    row = salon.book(salon.client("Dana"), MORNING + timedelta(days=2))
    fields = {"name": "Intake", "link": LINK, "complete": False} | form
    FormResponse.objects.create(
        connection=salon.connection, external_id="f1", client=row.client, **fields
    )
    return row


def test_a_missing_form_is_asked_for_with_its_link_once(salon: Salon) -> None:
    salon.switch_on("form")
    row = visit(salon)
    happen(soon(row))
    (item,) = pending("form")
    assert item.revision is not None and LINK in item.revision.body
    assert "form_still_open" in {fact.check_kind for fact in item.revision.evidence.all()}
    settle(item)
    happen(soon(row, days=1))
    assert pending("form") == [] and "a few days ago" in why_nothing("form")


def test_one_that_runs_out_before_the_visit_is_asked_for_again(salon: Salon) -> None:
    row = visit(salon, complete=True, expires_on=date(2026, 6, 13))
    found = form_wanted(row)
    assert found is not None and found.link == LINK


def test_a_form_that_is_filled_in_or_has_no_link_is_left_alone(salon: Salon) -> None:
    salon.switch_on("form")
    row = visit(salon, complete=True)
    happen(soon(row))
    FormResponse.objects.update(complete=False, link="")
    happen(soon(row, days=1))
    assert pending("form") == []
