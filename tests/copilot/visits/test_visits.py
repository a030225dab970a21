"""Before they come: briefs that were not read, a welcome, missing forms, and who may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from approvals.actions import UpdateClient
from approvals.models import ApprovalItem, Notice
from approvals.proposals import Proposal, Reason
from approvals.services.items import item_fill, item_open
from approvals.services.notice_sending import path_of, words_of
from copilot.visits.models import BriefRead
from copilot.visits.reading import before_visits
from copilot.visits.telling import briefs_look
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Appointment, Feedback, FormResponse, User
from tests.copilot.ask.conftest import MORNING, Booked, Salon

pytestmark = pytest.mark.django_db
BY = Actor.agent("brief")


def brief_for(visit: Appointment, state: str = "sent") -> ApprovalItem:
    item = item_open(
        actor=BY, connection_id=visit.connection_id, location_id=visit.location_id, agent="brief",
        subject=f"visit:{visit.pk}", occasion=f"brief:{visit.starts_at.isoformat()}",
        stage="review", title="Brief", tag="", group="changes", right="review_changes",
        due_at=visit.starts_at, client_id=visit.client_id, appointment_id=visit.pk,
    )  # fmt: skip
    client = visit.client
    assert client is not None
    fields = {"custom_fields": {"ai_prep_summary": "Health (notes): allergic to <b>nuts</b>"}}
    item_fill(actor=BY, item_id=item.pk, proposal=Proposal(
        subject=item.subject, occasion=item.occasion, title="Brief", origin="Brief", tag="",
        group="changes", right="review_changes",
        actions=(UpdateClient(client=client.external_id, fields=fields),),
        evidence=(), reasons=(Reason("why", "record"),), known_facts=(), writer="template",
        due_at=visit.starts_at, moment="it starts", client_id=client.pk, appointment_id=visit.pk,
    ))  # fmt: skip
    for step in ("approved", "sending", "sent"):
        if state != "pending":
            ApprovalItem.objects.filter(pk=item.pk).update(state=step)
    return item


def visit_of(client: Any) -> Appointment:
    rows = Appointment.objects.select_related("client", "location", "service", "staff")
    return rows.get(client=client, starts_at__gte=MORNING - timedelta(hours=1))


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_the_therapist_reads_and_ticks_and_the_desk_no_longer_waits(
    salon: Salon, booked: Booked, maria: User, tess: User
) -> None:
    client = booked("Dana", salon.sarah, hours=1)
    client.notes = "Allergic to nuts"
    client.save()
    visit = visit_of(client)
    brief_for(visit)
    desk, therapist = browser_of(maria), browser_of(tess)
    assert "brief not read" in desk.get("/today/").content.decode()
    page = f"/visits/{visit.pk}/brief/"
    assert "allergic to &lt;b&gt;nuts" in therapist.get(page).content.decode()
    assert therapist.post(page).status_code == 302
    assert "Read by Tess Sarah" in therapist.get(page).content.decode()
    shown = desk.get("/today/").content.decode()
    assert "brief not read" not in shown and "brief read" in shown
    therapist.post(page)
    assert BriefRead.objects.count() == 1
    assert AuditEvent.objects.filter(action="brief.read").count() == 1


def test_nobody_reads_the_brief_of_a_colleagues_client_or_one_not_approved(
    salon: Salon, booked: Booked, tess: User
) -> None:
    other = visit_of(booked("Dora", salon.kim, hours=1))
    brief_for(other)
    therapist = browser_of(tess)
    assert therapist.get(f"/visits/{other.pk}/brief/").status_code == 404
    own = visit_of(booked("Dana", salon.sarah, hours=2))
    brief_for(own, state="pending")
    page = f"/visits/{own.pk}/brief/"
    assert "No brief yet" in therapist.get(page).content.decode()
    assert therapist.post(page).status_code == 404


def test_who_has_come_is_welcomed_with_what_went_wrong_first(salon: Salon, booked: Booked) -> None:
    client = booked("Dana", salon.sarah, hours=0, status="checked_in")
    client.preferences = {"drink": "herbal tea"}
    client.save()
    booked("Dana", salon.sarah, hours=-24 * 30, client=client, status="completed")
    last = Appointment.objects.filter(client=client).order_by("starts_at")[0]
    Feedback.objects.create(
        connection=salon.desk.connection, external_id="f1", client=client, appointment=last,
        rating=2, text="Too cold.", given_at=clock.now(),
    )  # fmt: skip
    (one,) = before_visits([visit_of(client)], clock.now())
    assert list(one.welcome) == [
        "Last time: 2 stars: Too cold.",
        "Last here May 13: Hot stone massage, Sarah Lind",
        "Drink: herbal tea",
    ]


def test_missing_forms_are_marked_and_what_says_nothing_is_not_shown(
    salon: Salon, booked: Booked
) -> None:
    quiet, loud = booked("Dana", salon.sarah, hours=3), booked("Dora", salon.kim, hours=4)
    FormResponse.objects.create(
        connection=salon.desk.connection, external_id="f1", client=loud, name="Intake"
    )
    found = before_visits([visit_of(quiet), visit_of(loud)], clock.now())
    assert [(one.visit.client_id, list(one.forms)) for one in found] == [(loud.pk, ["Intake"])]


def test_the_therapist_is_told_once_a_brief_is_approved_and_once_more_before_the_visit(
    salon: Salon, booked: Booked, tess: User
) -> None:
    client = booked("Dana", salon.sarah, hours=20)
    visit = visit_of(client)
    waits = brief_for(visit, state="pending")
    assert briefs_look(clock.now()) == 0
    for step in ("approved", "sending", "sent"):
        ApprovalItem.objects.filter(pk=waits.pk).update(state=step)
    assert [briefs_look(clock.now()) for _again in range(2)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (tess, Notice.Kind.BRIEF)
    assert words_of(notice, tess)[0].endswith("is to be read.") and "Dana" not in str(notice.key)
    assert path_of(notice) == f"/visits/{visit.pk}/brief/"
    before = visit.starts_at - timedelta(hours=1)
    assert [briefs_look(before), briefs_look(before)] == [1, 0]
    assert browser_of(tess).post(f"/visits/{visit.pk}/brief/").status_code == 302
    assert Notice.objects.filter(seen_at=None).count() == 0
    assert briefs_look(before) == 0


def test_a_therapist_finds_every_brief_of_their_own_visits_on_today(
    salon: Salon, booked: Booked, maria: User, tess: User
) -> None:
    visit = visit_of(booked("Dana", salon.sarah, hours=3))
    brief_for(visit)
    brief_for(visit_of(booked("Dora", salon.kim, hours=4)))
    link = f"/visits/{visit.pk}/brief/"
    shown = browser_of(tess).get("/today/").content.decode()
    assert link in shown and "brief not read" in shown and shown.count("/brief/") == 1
    assert link not in browser_of(maria).get("/today/").content.decode()
    browser_of(tess).post(link)
    assert link not in browser_of(tess).get("/today/").content.decode()
