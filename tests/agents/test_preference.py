"""Preference: a wish in notes or a form is proposed with the sentence it came from, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals.models import ApprovalItem
from integrations.events import AppointmentSoon
from integrations.models import Appointment, FormResponse
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import event_for, happen, pending

pytestmark = pytest.mark.django_db


def soon(row: Appointment) -> AppointmentSoon:
    found: AppointmentSoon = event_for(AppointmentSoon, row, offset="preference-24h")
    return found


def test_wishes_are_proposed_with_their_sentences_and_not_twice(salon: Salon) -> None:
    salon.switch_on("preference")
    client = salon.client(
        "Dana", notes="Came late. Likes firm pressure, no chat. Has a sensitive scalp!"
    )
    FormResponse.objects.create(
        connection=salon.connection, external_id="f1", client=client, name="Intake", complete=True,
        answers={"Room": "A quiet room, please"},
    )  # fmt: skip
    row = salon.book(client, MORNING + timedelta(days=1))
    happen(soon(row))
    (item,) = pending("preference")
    assert item.revision is not None
    payload = bytes(item.revision.actions.get().payload or b"").decode()
    for said in ('"preference_pressure":"firm"', '"preference_room":"quiet"', "sensitive"):
        assert said in payload
    shown = {fact.label: fact.value for fact in item.revision.evidence.all()}
    assert shown["pressure: firm"] == "“Likes firm pressure, no chat”"
    assert shown["room: quiet"] == "“Room: A quiet room, please”"
    ApprovalItem.objects.filter(pk=item.pk).update(state="rejected")
    happen(event_for(AppointmentSoon, row, offset="preference-24h", at=MORNING + timedelta(1)))
    assert pending("preference") == []


def test_what_is_on_record_already_is_not_proposed(salon: Salon) -> None:
    salon.switch_on("preference")
    client = salon.client("Dana", notes="firm pressure", preferences={"pressure": "firm"})
    happen(soon(salon.book(client, MORNING + timedelta(days=1))))
    assert pending("preference") == []
