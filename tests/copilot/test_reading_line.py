"""A draft in a language the reviewer does not read: a line about it, and its card is opened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.errors import NotPossible
from approvals.models import ApprovalItem
from approvals.services.decisions import item_approve, items_approve_bulk
from core import clock
from integrations.models import User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 17, tzinfo=UTC)
FRIDAY = datetime(2026, 6, 19, 21, 30, tzinfo=UTC)
SPANISH = "Hola Dana, ¿nos confirma su cita del viernes?"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with clock.frozen(NOW):
        yield desk_make()


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


@pytest.fixture
def spanish(desk: Desk) -> ApprovalItem:
    dana = desk.client("Dana", "King")
    visit = desk.appointment(dana, starts_at=FRIDAY)
    item = desk.draft(dana, body=SPANISH, language="es", appointment_id=visit.pk, due_at=FRIDAY)
    # Of all that can raise the care, the language alone is under test here.
    ApprovalItem.objects.filter(pk=item.pk).update(care="one_key", care_reasons=[], facts_ok=True)
    return ApprovalItem.objects.get(pk=item.pk)


def card(user: User, item: ApprovalItem) -> str:
    browser = Visitor()
    browser.force_login(user)
    return browser.get(f"/drafts/{item.pk}/", headers={"HX-Request": "true"}).content.decode()


def approve(user: User, item: ApprovalItem, seconds: float | None) -> Any:
    assert item.revision is not None
    return item_approve(
        user=user,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
        seconds=seconds,
    )


def test_the_line_says_in_short_what_the_text_asks(maria: User, spanish: ApprovalItem) -> None:
    html = card(maria, spanish)
    assert "Spanish text. In short: asks Dana to confirm Friday at 2:30 pm." in html
    assert 'data-care="open_card"' in html


def test_who_reads_the_language_sees_no_line_and_needs_one_key(
    maria: User, spanish: ApprovalItem
) -> None:
    maria.preferences = {"languages": ["en", "es"]}
    maria.save(update_fields=["preferences"])
    html = card(maria, spanish)
    assert 'id="reading"' not in html
    assert 'data-care="one_key"' in html
    assert approve(maria, spanish, 0.7).pk


def test_a_press_before_the_card_was_open_long_enough_is_refused(
    maria: User, spanish: ApprovalItem
) -> None:
    with pytest.raises(NotPossible, match="read it first"):
        approve(maria, spanish, 0.7)
    assert approve(maria, spanish, 1.6).pk


def test_it_never_goes_with_several_at_once(maria: User, spanish: ApprovalItem) -> None:
    assert spanish.revision is not None
    wanted = [(spanish.pk, spanish.revision.pk, spanish.revision.evidence_sha256)]
    report = items_approve_bulk(user=maria, wanted=wanted)
    assert report.approved == []
    assert "a language that you do not read" in report.left_out[0][1]


def test_an_interface_in_spanish_means_that_its_person_reads_spanish(desk: Desk) -> None:
    assert desk.person("Ana Lopez", preferences={"language": "es"}).languages == ["en", "es"]
    assert desk.person("Bea Lopez", preferences={"language": "xx"}).languages == ["en"]
    assert desk.person("Cleo Lopez", preferences={"languages": ["es"]}).languages == ["es"]
