"""Rescue: scored again when facts change, asked a second time when silent, and then called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from agents.base import Skip
from agents.models import VisitRisk
from agents.rescuing import CALL, NOT_ASKED_TWICE, SILENT, rescue_hear
from agents.scoring.rescoring import (
    Together,
    rescore_queue,
    rescoring_hear,
    risks_look,
    visits_rescore,
)
from approvals.errors import NoRight
from approvals.models import ApprovalItem, CallOutcome, CallWish, Opening
from approvals.services.decisions import item_approve
from core import clock
from integrations.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentSoon,
    MessageReceived,
)
from integrations.models import Appointment, Client, Message, User, WaitlistEntry
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import (
    booked,
    event_for,
    gather,
    happen,
    message,
    pending,
    settle,
    why_nothing,
)

FAR = MORNING + timedelta(days=6)


def two_days(row: Appointment, **more: Any) -> AppointmentSoon:
    found: AppointmentSoon = event_for(AppointmentSoon, row, offset="rescue-48h", **more)
    return found


def call_hour(row: Appointment) -> AppointmentSoon:
    found: AppointmentSoon = event_for(AppointmentSoon, row, offset=CALL.name)
    return found


def risky(salon: Salon, name: str = "Dana") -> Client:
    client = salon.client(name)
    for days in (20, 40, 60):
        salon.past(client, days, status="no_show")
    salon.past(client, 80)
    return client


def silent(salon: Salon, at: clock.Frozen, **fields: Any) -> Appointment:
    """A likely no-show who was asked to confirm at MORNING and said nothing for four days."""
    for agent in ("confirmation", "rescue"):
        salon.switch_on(agent)
    row = salon.book(risky(salon), FAR, **fields)
    happen(booked(row))
    settle(pending()[0])
    at.move(timedelta(days=4))
    return row


def asked_twice(salon: Salon, at: clock.Frozen) -> Appointment:
    row = silent(salon, at)
    visit_scored(row)
    happen(two_days(row))
    settle(pending("rescue")[0])
    at.move(timedelta(hours=18))
    return row


def visit_scored(row: Appointment) -> VisitRisk:
    rescoring_hear(booked(row))
    visits_rescore()
    return VisitRisk.objects.get(appointment=row)


def test_a_likely_no_show_who_stays_silent_is_asked_again(salon: Salon, at: clock.Frozen) -> None:
    happen(two_days(silent(salon, at)))
    (item,) = pending("rescue")
    assert item.revision.body == (
        "Maple Street Spa: Hi Dana, we are holding Hot stone massage with Sarah for you on "
        "Thursday, June 18 at 10 am and would like to know if you can make it. Reply 1 to confirm, "
        "or call (503) 555-0100 to change it. If not, a short call gives the time to somebody who "
        "waits for it."
    )
    assert (item.loss_risk, item.tag, item.group) == ("high", "likely no-show", "confirmations")
    assert item.revision.reasons[0]["text"] == "Asked once, and has not answered."


def test_the_same_visit_is_asked_about_a_second_time_once(salon: Salon, at: clock.Frozen) -> None:
    row = silent(salon, at)
    happen(two_days(row))
    happen(two_days(row, at=clock.now() + timedelta(minutes=1)))
    assert len(pending("rescue")) == 1
    assert why_nothing("rescue") == "The client was asked a second time already."


def test_nobody_is_asked_again_who_was_never_asked(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("rescue")
    row = salon.book(risky(salon), FAR)
    at.move(timedelta(days=4))
    happen(two_days(row))
    assert why_nothing("rescue") == "Nobody asked the client about this visit yet."


def test_what_the_platform_sent_by_itself_counts_as_asked(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("rescue")
    salon.connection.platform_sends = ["confirmation"]
    salon.connection.save()
    client = risky(salon)
    row = salon.book(client, FAR)
    message(client, "You are booked.", incoming=False, source="platform")
    at.move(timedelta(days=4))
    happen(two_days(row))
    assert len(pending("rescue")) == 1


def test_a_word_from_the_client_is_no_silence(salon: Salon, at: clock.Frozen) -> None:
    row = silent(salon, at)
    message(row.client, "is there parking?", incoming=True)
    assert gather("rescue", two_days(row)) == Skip("The client has written since.")
    Message.objects.filter(incoming=True).delete()
    CallOutcome.objects.create(
        location=salon.location, client=row.client, appointment=row, kind="confirmed", key="k",
        user_name="Maria", at=clock.now(), starts_at=row.starts_at,
    )  # fmt: skip
    assert gather("rescue", two_days(row)) == Skip("Somebody spoke with them by phone.")
    CallOutcome.objects.update(undone_at=clock.now())
    assert not isinstance(gather("rescue", two_days(row)), Skip)
    row.status = "confirmed"
    row.save()
    assert gather("rescue", two_days(row)) == Skip("The client already confirmed.")


def test_who_was_asked_this_morning_may_answer_yet(salon: Salon, at: clock.Frozen) -> None:
    row = silent(salon, at)
    ApprovalItem.objects.update(closed_at=clock.now() - timedelta(hours=3))
    found = gather("rescue", two_days(row))
    assert found == Skip("The client was asked less than a day ago and may answer yet.")
    assert not isinstance(gather("rescue", two_days(row), silent_hours=2), Skip)


def test_a_reliable_client_is_left_alone(salon: Salon, at: clock.Frozen) -> None:
    row = silent(salon, at)
    Appointment.objects.filter(status="no_show").update(status="completed")
    assert visit_scored(row).level == "low"
    happen(two_days(row))
    assert why_nothing("rescue") == "It is no likely no-show."


def test_the_second_question_rests_on_facts_that_are_read_again(
    salon: Salon, at: clock.Frozen
) -> None:
    happen(two_days(silent(salon, at)))
    (item,) = pending("rescue")
    assert item.purpose == "transactional"
    assert {"appointment_as_was", "no_newer_message", "no_staff_reply", "consent"} <= set(
        item.revision.evidence.values_list("check_kind", flat=True)
    )


def test_silence_after_two_messages_puts_the_client_on_to_call(
    salon: Salon, at: clock.Frozen
) -> None:
    row = asked_twice(salon, at)
    rescue_hear(call_hour(row))
    rescue_hear(call_hour(row))
    (wish,) = CallWish.objects.all()
    assert (wish.reason, wish.due_at, wish.client_id) == (SILENT, row.starts_at, row.client_id)


def test_a_second_message_that_nobody_sent_is_called_about_too(
    salon: Salon, at: clock.Frozen
) -> None:
    row = silent(salon, at)
    visit_scored(row)
    happen(two_days(row))
    at.move(timedelta(hours=18))
    rescue_hear(call_hour(row))
    assert CallWish.objects.get().reason == NOT_ASKED_TWICE


def test_an_answer_or_a_yes_takes_them_off_again(salon: Salon, at: clock.Frozen) -> None:
    row = asked_twice(salon, at)
    rescue_hear(call_hour(row))
    said = message(row.client, "see you", incoming=True)
    rescue_hear(message_heard(row, said))
    assert CallWish.objects.get().settled_at is not None
    CallWish.objects.update(settled_at=None)
    other = salon.book(row.client, FAR + timedelta(days=1))
    rescue_hear(event_for(AppointmentConfirmed, other))
    assert CallWish.objects.get().settled_at is None
    rescue_hear(event_for(AppointmentConfirmed, row))
    assert CallWish.objects.get().settled_at is not None


def message_heard(row: Appointment, said: Message) -> MessageReceived:
    return MessageReceived(
        key=f"message:{said.pk}",
        connection_id=str(row.connection_id),
        at=clock.now(),
        location_id=row.location_id,
        client_id=row.client_id,
        message_id=said.pk,
    )


def test_nobody_is_called_who_answered_the_second_message(salon: Salon, at: clock.Frozen) -> None:
    row = asked_twice(salon, at)
    message(row.client, "1", incoming=True)
    rescue_hear(call_hour(row))
    assert CallWish.objects.count() == 0


def test_a_fact_that_changes_scores_every_visit_ahead_anew(salon: Salon) -> None:
    client = salon.client()
    salon.past(client, 30)
    row, later = salon.book(client, FAR), salon.book(client, FAR + timedelta(days=2))
    assert visit_scored(row).level == "low"
    lost = [salon.past(client, days, status="no_show") for days in (3, 10, 17)]
    rescoring_hear(event_for(AppointmentCancelled, lost[0]))
    assert rescore_queue.look()[1]
    visits_rescore()
    assert [one.level for one in VisitRisk.objects.filter(
        appointment__in=[row, later]).order_by("pk")] == ["high", "high"]  # fmt: skip
    row.status = "confirmed"
    row.save()
    rescoring_hear(event_for(AppointmentConfirmed, row))
    visits_rescore()
    found = VisitRisk.objects.get(appointment=row)
    assert "Already confirmed." in found.reasons
    assert found.chance < VisitRisk.objects.get(appointment=later).chance
    assert found.was_high


def test_hearing_of_a_change_writes_one_statement_and_scores_nothing(
    salon: Salon, django_assert_num_queries: Any
) -> None:
    row = salon.book(risky(salon), FAR)
    event = booked(row)
    with django_assert_num_queries(1):
        rescoring_hear(event)
    assert VisitRisk.objects.get(appointment=row).scored_at is None


def test_a_row_asked_for_again_while_it_is_scored_keeps_nothing_of_the_older_answer(
    salon: Salon,
) -> None:
    row = salon.book(risky(salon), FAR)
    rescoring_hear(booked(row))
    (work,) = rescore_queue.claim(1)
    together = Together()
    together.read([work])
    rescoring_hear(event_for(AppointmentConfirmed, row))
    together.visit_rescore(work)
    found = VisitRisk.objects.get(appointment=row)
    assert (found.state, found.level) == ("waiting", "")


def test_a_calendar_costs_a_statement_for_each_visit_and_its_reads_once(salon: Salon) -> None:
    def statements(visits: int) -> int:
        for day in range(visits):
            client = risky(salon)
            salon.book(client, FAR + timedelta(days=day % 3))
        assert risks_look(clock.now()) == visits
        with CaptureQueriesContext(database) as captured:
            assert visits_rescore() == visits
        return len(captured)

    few, many = statements(2), statements(8)
    assert many - few == 6


def test_a_batch_that_cannot_be_read_waits_and_takes_nobody_elses_turn(
    salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = salon.book(risky(salon), FAR)
    rescoring_hear(booked(row))
    with monkeypatch.context() as broken:
        broken.setattr(Together, "read", lambda self, works: 1 / 0)
        assert visits_rescore() == 1
    found = VisitRisk.objects.get(appointment=row)
    assert (found.state, found.attempts, found.scored_at) == ("waiting", 1, None)
    assert found.not_before > clock.now() and "ZeroDivisionError" in found.last_error


def test_a_draft_that_waits_shows_the_risk_as_it_is_now(salon: Salon, at: clock.Frozen) -> None:
    salon.switch_on("confirmation")
    client = salon.client()
    row = salon.book(client, FAR)
    happen(booked(row))
    (item,) = pending()
    assert item.loss_risk != "high"
    for days in (3, 10, 17):
        salon.past(client, days, status="no_show")
    visit_scored(row)
    item.refresh_from_db()
    assert item.loss_risk == "high"


def test_an_imported_calendar_is_scored_without_any_news_of_it(salon: Salon) -> None:
    row = salon.book(risky(salon), FAR)
    salon.book(salon.client("Zoe"), MORNING + timedelta(days=30))
    assert risks_look(clock.now()) == 1
    assert risks_look(clock.now()) == 0
    visits_rescore()
    assert VisitRisk.objects.get().appointment_id == row.pk


def test_who_could_stand_in_is_ranked_and_neither_shown_nor_held(salon: Salon) -> None:
    row = salon.book(risky(salon), MORNING + timedelta(hours=40))
    waits = WaitlistEntry.objects.create(
        connection=salon.connection,
        external_id="wl_1",
        client=salon.client("Zoe"),
        location=salon.location,
        service=salon.service,
        waiting_since=MORNING - timedelta(days=3),
    )
    assert visit_scored(row).stand_ins == [waits.pk]
    assert Opening.objects.count() == 0
    assert ApprovalItem.objects.count() == 0


def test_the_second_question_is_decided_like_every_draft(salon: Salon, at: clock.Frozen) -> None:
    happen(two_days(silent(salon, at)))
    (item,) = pending("rescue")
    stranger = User.objects.create_user("no@maple.example", name="No")
    with pytest.raises(NoRight):
        item_approve(
            user=stranger,
            item_id=item.pk,
            revision_id=item.revision_id,
            evidence_sha256=item.revision.evidence_sha256,
        )
