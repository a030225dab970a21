"""Sarah is not in: who is affected, what they are offered, and what their answers bring about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.absences.answering import lines_expire
from approvals.absences.approving import Report, lines_approve
from approvals.absences.calling import lines_seen, standings, to_call
from approvals.absences.editing import line_choose, line_edit, line_settle
from approvals.absences.opening import absence_end, absence_look, absence_open
from approvals.absences.texts import health_word
from approvals.errors import Changed, NoRight, NotPossible
from approvals.models import (
    Absence,
    AbsenceLine,
    Answer,
    ApprovalItem,
    CallWish,
    Decision,
    Effect,
)
from approvals.permissions import rights_of
from approvals.services.decisions import item_approve, item_undo
from core import clock
from core.models import AuditEvent
from integrations.models import Appointment, Client, Connection, Consent, User
from tests.approvals.answers.conversation import hear, wrote
from tests.approvals.desk import sent_after
from tests.approvals.rescheduling.salon import Salon, salon_make
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)
Kind, State = AbsenceLine.Kind, AbsenceLine.State


@pytest.fixture
def salon(held: Any, world: World) -> Salon:
    """Monday, ten in the morning. Sarah does everything, Jonas massages until two, Ana facials."""
    made = salon_make()
    Connection.objects.filter(pk=made.desk.connection.pk).update(platform="stub")
    made.desk.connection.refresh_from_db()
    made.desk.location.refresh_from_db()
    made.worker("Sarah Lind", "massage", "facial", days=3)
    made.worker("Jonas Weber", "massage", hours=(9, 14), days=1)
    made.worker("Ana Silva", "facial")
    world.after_apply = lambda action: _applied(world)
    return made


def _applied(world: World) -> None:
    """The working copy hears what the platform did."""
    action, _, payload = world.done[-1]
    if action != "update_appointment":
        return
    row = Appointment.objects.select_related("connection").get(external_id=payload["appointment"])
    fields = payload["fields"]
    if "starts_at" in fields:
        from datetime import datetime

        length = (row.ends_at or row.starts_at) - row.starts_at
        row.starts_at = datetime.fromisoformat(fields["starts_at"])
        row.ends_at = row.starts_at + length
    if "staff" in fields:
        from integrations.models import StaffMember

        row.staff = StaffMember.objects.get(external_id=fields["staff"])
        row.staff_name = row.staff.name
    row.save()


@pytest.fixture
def maria(salon: Salon) -> User:
    return salon.desk.person("Maria Ruiz")


def out(salon: Salon, user: User, *hours: float) -> Absence:
    start, end = hours or (10, 24)
    return absence_open(
        user=user,
        location=salon.place,
        staff=salon.staff["Sarah"],
        starts_at=salon.at(start),
        ends_at=salon.at(end),
    )


def lines(absence: Absence) -> dict[str, AbsenceLine]:
    return {line.client.first_name: line for line in lines_seen(absence) if line.client}


def approve(user: User, absence: Absence, *names: str) -> Report:
    found = lines(absence)
    wanted = {found[name].pk: found[name].version for name in names or found}
    return lines_approve(user=user, absence_id=absence.pk, wanted=wanted)


def words(absence: Absence) -> dict[str, str]:
    return {
        one.line.client.first_name: one.words
        for one in standings(lines_seen(absence), clock.now())
        if one.line.client
    }


def answered(salon: Salon, client: Client | None, body: str) -> Answer:
    message = wrote(salon.desk, body, client)  # type: ignore[arg-type]
    hear(salon.desk, message)  # type: ignore[arg-type]
    return Answer.objects.get(message=message)


def test_each_affected_client_gets_the_best_there_is(salon: Salon, maria: User) -> None:
    salon.book("Dana King", "Sarah", 11)
    salon.book("Grace Hale", "Sarah", 14)
    salon.book("Uma Gray", "Sarah", 15, "Facial")
    salon.book("Past Client", "Sarah", 9)
    salon.book("Other Client", "Jonas", 12)
    found = lines(out(salon, maria))
    assert {name: line.kind for name, line in found.items()} == {
        "Dana": Kind.SAME_TIME,
        "Grace": Kind.OTHER_TIME,
        "Uma": Kind.SAME_TIME,
    }
    assert found["Dana"].body == (
        "Maple Street: Sarah is not in today. Jonas takes over your Deep massage at 11 am, as "
        "planned. If that does not suit you, reply 2 and we call you."
    )
    assert "We could do today at 1 pm with Jonas. Reply 1 to take it, or 2" in found["Grace"].body
    assert "is now today at 1 pm with Jonas." in found["Grace"].done_body


def test_one_draft_lists_them_all_and_approving_it_cares_for_all(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    salon.book("Dana King", "Sarah", 11)
    salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    (item,) = ApprovalItem.objects.all()
    assert item.title == "Sarah Lind is not in: 2 clients to care for"
    assert item.revision is not None and item.care == "open_card"
    assert item.revision.body.startswith("Dana K., 11 am: same time with Jonas Weber\nGrace H.")
    item_approve(
        user=maria,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
        seconds=3,
    )
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("sent", "2 approved.")
    assert Decision.objects.filter(kind="approve", actor=maria).count() == 4
    sent_after(held)
    sent_after(held, 1)
    dana, grace = Appointment.objects.order_by("starts_at")
    assert sorted(name for name, _, _ in world.done) == [
        "send_message",
        "send_message",
        "update_appointment",
    ]
    assert (dana.staff, grace.staff) == (salon.staff["Jonas"], salon.staff["Sarah"])
    assert words(absence) == {"Dana": "told", "Grace": "asked, no answer yet"}


def test_the_calendar_is_changed_before_the_client_is_told(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    salon.book("Dana King", "Sarah", 11)
    approve(maria, out(salon, maria))
    sent_after(held)
    assert [name for name, _, _ in world.done] == ["update_appointment"]
    sent_after(held, 1)
    assert [name for name, _, _ in world.done] == ["update_appointment", "send_message"]


def test_nothing_is_moved_until_they_say_yes_and_then_it_is_and_they_read_so(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    visit = salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    approve(maria, absence)
    sent_after(held)
    sent_after(held, 60)
    assert [name for name, _, _ in world.done] == ["send_message"]
    came = answered(salon, visit.client, "1")
    assert came.outcome == Answer.Outcome.AGREED
    sent_after(held, 1)
    sent_after(held, 1)
    (_, _, moved), (_, _, told) = world.done[1:]
    assert moved["fields"] == {
        "staff": salon.staff["Jonas"].external_id,
        "starts_at": "2026-06-15T20:00:00+00:00",
        "resource_id": "res_1",
    }
    assert told["body"].endswith("Your Deep massage is now today at 1 pm with Jonas.")
    assert words(absence) == {"Grace": "said yes and is moved"}
    assert to_call(rights_of(maria), clock.now()) == []


# "No thanks" and its kin are read as a no: tests/integrations/test_phrases.py.
@pytest.mark.parametrize("said", ["2", "no"])
def test_a_no_moves_nothing_and_asks_for_a_call(
    salon: Salon, maria: User, world: World, held: Any, said: str
) -> None:
    visit = salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    approve(maria, absence)
    sent_after(held)
    assert answered(salon, visit.client, said).outcome == Answer.Outcome.OTHERWISE
    sent_after(held, 60)
    assert [name for name, _, _ in world.done] == ["send_message"]
    line = lines(absence)["Grace"]
    assert line.on_yes is not None and line.on_yes.state == "withdrawn"
    (row,) = to_call(rights_of(maria), clock.now())
    assert row.words == "would rather have something else"
    # A yes after the no is read by a person; nothing moves any more.
    assert answered(salon, visit.client, "1").outcome == Answer.Outcome.PERSON
    sent_after(held, 60)
    assert [name for name, _, _ in world.done] == ["send_message"]


def test_a_no_to_somebody_else_asks_for_a_call(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    visit = salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    approve(maria, absence)
    sent_after(held)
    sent_after(held, 1)
    assert answered(salon, visit.client, "2").outcome == Answer.Outcome.OTHERWISE
    assert words(absence) == {"Dana": "would rather have something else"}
    assert len(to_call(rights_of(maria), clock.now())) == 1


def test_who_does_not_answer_is_to_be_called_and_a_late_yes_still_counts(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    visit = salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    approve(maria, absence)
    sent_after(held)
    held.move(timedelta(minutes=31))
    (row,) = to_call(rights_of(maria), clock.now())
    assert row.words == "asked, and has not answered"
    assert answered(salon, visit.client, "1").outcome == Answer.Outcome.AGREED
    sent_after(held, 1)
    assert "update_appointment" in [name for name, _, _ in world.done]
    assert to_call(rights_of(maria), clock.now()) == []
    assert words(absence)["Grace"] in {"on its way", "said yes and is moved"}


def test_a_yes_after_its_moment_moves_nothing(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    visit = salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    approve(maria, absence)
    sent_after(held)
    held.move(timedelta(hours=3, minutes=10))
    assert lines_expire() == 1
    assert lines_expire() == 0
    assert answered(salon, visit.client, "1").outcome == Answer.Outcome.PERSON
    sent_after(held, 1)
    assert [name for name, _, _ in world.done] == ["send_message"]
    assert words(absence) == {"Grace": "asked, and has not answered"}


def test_a_time_that_went_meanwhile_is_not_offered(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    approve(maria, absence)
    world.free = False
    sent_after(held)
    assert world.done == []
    (row,) = to_call(rights_of(maria), clock.now())
    assert row.words == "not done: The time is taken."
    assert words(absence) == {"Grace": "not done: The time is taken."}


def test_moved_by_somebody_else_meanwhile_nothing_is_sent(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    visit = salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    approve(maria, absence)
    Appointment.objects.filter(pk=visit.pk).update(starts_at=salon.at(16))
    sent_after(held)
    assert world.done == []
    assert "The appointment was moved." in words(absence)["Dana"]


def test_a_text_that_may_not_follow_the_change_is_told_to_a_person(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    visit = salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    approve(maria, absence)
    sent_after(held)
    assert visit.client is not None
    Consent.objects.filter(client=visit.client, channel="sms").update(granted=False)
    sent_after(held, 1)
    assert [name for name, _, _ in world.done] == ["update_appointment"]
    item = lines(absence)["Dana"].item
    assert item is not None and item.state == "failed"
    assert item.state_reason.startswith("The first part is done; the rest did not go out.")
    assert not Effect.objects.filter(item=item, outcome="").exists()
    assert len(to_call(rights_of(maria), clock.now())) == 1


def test_one_by_one_an_edited_text_and_what_is_left_stays_to_call(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    salon.book("Dana King", "Sarah", 11)
    salon.book("Grace Hale", "Sarah", 14)
    salon.book("Uma Gray", "Sarah", 15, "Facial")
    absence = out(salon, maria)
    uma = lines(absence)["Uma"]
    body = (
        "Maple Street: Sarah is not in today. Ana is glad to see you at 3 pm. Reply 2 for a call."
    )
    line_edit(user=maria, line_id=uma.pk, version=uma.version, body=body)
    assert approve(maria, absence, "Uma").words == "1 approved."
    approve(maria, absence, "Dana")
    sent_after(held)
    sent_after(held, 1)
    assert body in world.bodies()
    assert [one.line.client.first_name for one in to_call(rights_of(maria), clock.now())] == [
        "Grace"
    ]
    line_settle(user=maria, line_id=lines(absence)["Grace"].pk, words="Called, comes on Friday")
    assert to_call(rights_of(maria), clock.now()) == []
    (item,) = ApprovalItem.objects.filter(subject=f"absence:{absence.pk}")
    assert (item.state, item.state_reason) == (
        "withdrawn",
        "Everybody was cared for one by one.",
    )


def test_an_older_page_approves_nothing(salon: Salon, maria: User, world: World) -> None:
    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    dana = lines(absence)["Dana"]
    item = ApprovalItem.objects.get()
    seen = item.revision
    body = "Maple Street: Sarah is not in today. Jonas is here for you at 11 am."
    line_edit(user=maria, line_id=dana.pk, version=dana.version, body=body)
    report = lines_approve(user=maria, absence_id=absence.pk, wanted={dana.pk: dana.version})
    assert report.approved == [] and "changed this line" in report.left_out[0][1]
    assert seen is not None
    with pytest.raises(Changed):
        item_approve(
            user=maria,
            item_id=item.pk,
            revision_id=seen.pk,
            evidence_sha256=seen.evidence_sha256,
        )
    assert not Effect.objects.exists()


def test_two_presses_write_once(salon: Salon, maria: User, world: World, held: Any) -> None:
    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    dana = lines(absence)["Dana"]
    wanted = {dana.pk: dana.version}
    assert len(lines_approve(user=maria, absence_id=absence.pk, wanted=wanted).approved) == 1
    assert lines_approve(user=maria, absence_id=absence.pk, wanted=wanted).approved == []
    sent_after(held)
    sent_after(held, 1)
    assert len(world.bodies()) == 1


def test_it_can_be_taken_back_before_it_leaves(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    approve(maria, absence)
    item = lines(absence)["Dana"].item
    assert item is not None
    item_undo(user=maria, item_id=item.pk)
    sent_after(held, 30)
    assert world.done == []
    assert len(to_call(rights_of(maria), clock.now())) == 1


def test_another_proposal_brings_its_own_text_and_never_somebody_elses_place(
    salon: Salon, maria: User
) -> None:
    salon.book("Dana King", "Sarah", 11)
    salon.book("Grace Hale", "Sarah", 12)
    absence = out(salon, maria)
    dana = lines(absence)["Dana"]
    later = next(n for n, one in enumerate(dana.others) if one["kind"] == Kind.OTHER_TIME)
    line_choose(user=maria, line_id=dana.pk, version=dana.version, which=str(later))
    dana = lines(absence)["Dana"]
    assert dana.kind == Kind.OTHER_TIME and "Reply 1 to take it" in dana.body
    mine = dana.choice["parts"]
    grace = lines(absence)["Grace"]
    AbsenceLine.objects.filter(pk=grace.pk).update(
        others=[{**dana.choice, "parts": [[grace.appointment_id, *mine[0][1:]]]}]
    )
    with pytest.raises(NotPossible, match="is proposed that already"):
        line_choose(user=maria, line_id=grace.pk, version=grace.version, which="0")
    line_choose(user=maria, line_id=dana.pk, version=dana.version, which="call")
    dana = lines(absence)["Dana"]
    assert (dana.kind, dana.body) == (Kind.CALL, "")
    line_choose(user=maria, line_id=grace.pk, version=grace.version, which="0")


ILL = pytest.mark.parametrize(
    "body",
    [
        "Sarah is sick today, Jonas takes over.",
        "Sarah is at the doctor's.",
        "Sarah has the f l u today",
        "Sarah tested positive",
        "Sarah is S.I.C.K",
        "si\u200bck today",
        "Sarah está enferma hoy",
        "Sarah had an accident",
        "Sarah is not feeling well",
    ],
)


@ILL
def test_a_reason_of_health_is_recognised(body: str) -> None:
    assert health_word(body)


@pytest.mark.parametrize("body", ["Sarah has the f l u today", "Sarah está enferma hoy"])
def test_a_reason_of_health_never_gets_to_a_client(salon: Salon, maria: User, body: str) -> None:
    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    dana = lines(absence)["Dana"]
    with pytest.raises(NotPossible, match="is not in"):
        line_edit(user=maria, line_id=dana.pk, version=dana.version, body=body)
    # Even a text that got onto the line by another way is stopped where it is approved.
    AbsenceLine.objects.filter(pk=dana.pk).update(body=body)
    report = approve(maria, absence)
    assert report.approved == [] and not Effect.objects.exists()


def test_names_of_the_salon_are_no_reason() -> None:
    assert health_word("Your Mental Health Massage at 3 pm", ("Mental Health Massage",)) == ""
    assert health_word("Sarah is not in today. Jonas takes over your Facial at 11 am.") == ""
    assert health_word("Cold stone massage with Bill at 4 pm") == ""


def test_a_wrong_hour_in_an_edited_text_needs_its_own_press(salon: Salon, maria: User) -> None:
    salon.book("Dana King", "Sarah", 11)
    salon.book("Grace Hale", "Sarah", 14)
    absence = out(salon, maria)
    dana = lines(absence)["Dana"]
    body = "Maple Street: Sarah is not in today. Jonas sees you at 5 pm."
    line_edit(user=maria, line_id=dana.pk, version=dana.version, body=body)
    report = approve(maria, absence)
    assert [line.client.first_name for line in report.approved if line.client] == ["Grace"]
    assert "5 pm" in report.left_out[0][1]
    assert len(approve(maria, absence, "Dana").approved) == 1


def test_who_cannot_be_written_to_is_moved_to_the_same_hour_and_called(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    quiet = salon.desk.client("Nora", "Quiet")
    Consent.objects.filter(client=quiet).update(granted=False)
    salon.book(quiet, "Sarah", 11)
    absence = out(salon, maria)
    assert lines(absence)["Nora"].kind == Kind.SAME_TIME
    approve(maria, absence)
    sent_after(held)
    assert [name for name, _, _ in world.done] == ["update_appointment"]
    (row,) = to_call(rights_of(maria), clock.now())
    assert row.words == "moved; tell them"


def test_a_family_on_one_phone_is_asked_with_digits_of_their_own(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    dana = salon.desk.client("Dana", "King")
    kid = salon.desk.client("Kim", "King")
    Client.objects.filter(pk=kid.pk).update(phone=dana.phone)
    kid.refresh_from_db()
    salon.book(dana, "Sarah", 15)
    salon.book(kid, "Sarah", 16)
    absence = out(salon, maria)
    found = lines(absence)
    digits = [found[name].yes_digit + found[name].no_digit for name in ("Dana", "Kim")]
    assert digits == ["12", "34"]
    assert len(approve(maria, absence).approved) == 2
    sent_after(held)
    assert answered(salon, None, "x").outcome == Answer.Outcome.STRANGER
    came = answered(salon, dana, "4")
    assert came.outcome == Answer.Outcome.OTHERWISE
    assert lines(absence)["Kim"].state == State.REFUSED
    assert lines(absence)["Dana"].state == State.APPROVED


def test_nobody_affected_makes_no_draft(salon: Salon, maria: User) -> None:
    absence = out(salon, maria)
    assert not absence.lines.exists() and not ApprovalItem.objects.exists()


def test_told_twice_is_one_absence_and_what_was_decided_stays(salon: Salon, maria: User) -> None:
    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    approve(maria, absence)
    salon.book("Grace Hale", "Sarah", 12)
    again = out(salon, maria)
    assert again.pk == absence.pk
    assert {name: line.state for name, line in lines(absence).items()} == {
        "Dana": State.APPROVED,
        "Grace": State.OPEN,
    }
    absence_look(user=maria, absence_id=absence.pk)
    assert len(lines(absence)) == 2
    assert ApprovalItem.objects.filter(agent="out_today", state="pending").count() == 1


def test_only_who_may_change_the_calendar_there_may_press(salon: Salon, maria: User) -> None:
    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    dana = lines(absence)["Dana"]
    stranger = salon_make().desk.person("Nora Elsewhere", "manager")
    for act in (
        lambda: out(salon, stranger),
        lambda: absence_look(user=stranger, absence_id=absence.pk),
        lambda: lines_approve(user=stranger, absence_id=absence.pk, wanted={dana.pk: 1}),
        lambda: line_edit(user=stranger, line_id=dana.pk, version=1, body="x"),
        lambda: line_settle(user=stranger, line_id=dana.pk),
    ):
        with pytest.raises(NoRight):
            act()
    browser = Visitor()
    browser.force_login(stranger)
    assert browser.get(f"/out-today/{absence.pk}/").status_code == 404
    assert browser.post(f"/out-today/line/{dana.pk}/", {"press": "settle"}).status_code == 404
    assert browser.post(f"/out-today/{absence.pk}/approve/").status_code == 404


@pytest.mark.parametrize("hours", [(12, 11), (1, 2), (10, 24 * 20)])
def test_a_span_that_makes_no_sense_is_said_so(
    salon: Salon, maria: User, hours: tuple[float, float]
) -> None:
    with pytest.raises(NotPossible):
        out(salon, maria, *hours)


def test_the_page_without_a_script_from_choosing_to_approving(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    salon.book("Dana King", "Sarah", 11)
    salon.book("<b>Grace</b> Hale", "Sarah", 14)
    browser = Visitor()
    browser.force_login(maria)
    said = browser.get("/out-today/").content.decode()
    assert "Sarah Lind · 2 today" in said and "Everybody is in" in said
    wrong = browser.post("/out-today/", {"staff": "", "day": "2026-06-15"})
    assert wrong.status_code == 422 and "Please choose who is not in." in wrong.content.decode()
    wrong = browser.post("/out-today/", {"staff": salon.staff["Sarah"].pk, "from_time": "25:99"})
    assert wrong.status_code == 422
    sheet = browser.post(
        "/out-today/",
        {"staff": salon.staff["Sarah"].pk, "day": "2026-06-15", "from_time": "10:00"},
        follow=True,
    )
    page = sheet.content.decode()
    assert "2 clients affected" in page and "<b>Grace</b> Hale" not in page
    absence = Absence.objects.get()
    dana = next(line for line in lines_seen(absence) if line.appointment.starts_at.hour == 18)
    address = f"/out-today/line/{dana.pk}/"
    refused = browser.post(
        address, {"press": "edit", "version": dana.version, "body": "Sarah is ill, sorry"}
    )
    assert refused.status_code == 422
    assert "Sarah is ill, sorry</textarea>" in refused.content.decode()
    seen = [f"{line.pk}:{line.version}" for line in lines_seen(absence)]
    done = browser.post(f"/out-today/{absence.pk}/approve/", {"seen": seen}, follow=True)
    assert "2 approved." in done.content.decode()
    sent_after(held)
    sent_after(held, 1)
    assert len(world.bodies()) == 2
    assert AuditEvent.objects.filter(action="absence.opened").count() == 1


def test_a_platform_that_takes_no_changes_makes_steps_by_hand(
    salon: Salon, maria: User, world: World, held: Any
) -> None:
    from approvals.manual import manual_steps

    salon.book("Dana King", "Sarah", 11)
    absence = out(salon, maria)
    world.able = world.able - {"book"}
    approve(maria, absence)
    item = lines(absence)["Dana"].item
    assert item is not None and item.state == "manual"
    steps = manual_steps(item)
    assert steps[0].what == "Give the appointment of Dana K. to Jonas Weber."
    assert "Jonas takes over" in steps[1].text
    assert len(to_call(rights_of(maria), clock.now())) == 1
    sent_after(held, 60)
    assert world.done == []


def test_on_a_screen_that_faces_clients_the_sheet_is_covered_until_a_hand_asks(
    salon: Salon, maria: User
) -> None:
    salon.book("Dana King", "Sarah", 14, "Facial")
    absence = out(salon, maria)
    maria.preferences = {"counter": "on"}
    maria.save()
    browser = Visitor()
    browser.force_login(maria)
    address = f"/out-today/{absence.pk}/"
    covered = browser.get(address).content.decode()
    assert "Somebody is not in" in covered
    assert all(words not in covered for words in ("Dana", "Facial", "Sarah"))
    assert "Dana K." in browser.get(f"{address}?uncover=1").content.decode()
    listed = browser.get("/out-today/").content.decode()
    assert "Dana" not in listed
    # A press uncovers what it was about.
    said = browser.post(f"{address}look/", follow=True)
    assert said.redirect_chain[-1][0] == f"{address}?uncover=1"
    assert "Dana K." in said.content.decode()


def test_nobody_who_is_out_takes_over_and_who_is_back_does_again(salon: Salon, maria: User) -> None:
    salon.book("Dana King", "Jonas", 13)
    salon.worker("Nils Berg", "massage", hours=(9, 14))
    out(salon, maria)
    spans = {"starts_at": salon.at(10), "ends_at": salon.at(24)}
    nils = absence_open(user=maria, location=salon.place, staff=salon.staff["Nils"], **spans)
    jonas = absence_open(user=maria, location=salon.place, staff=salon.staff["Jonas"], **spans)
    # Nobody is left today: Sarah, on another day.
    assert jonas.lines.get().choice["staff"] == salon.staff["Sarah"].pk
    absence_end(user=maria, absence_id=nils.pk)
    absence_look(user=maria, absence_id=jonas.pk)
    assert jonas.lines.get().choice["staff"] == salon.staff["Nils"].pk


def test_who_is_in_after_all_leaves_no_draft_and_nobody_to_call(salon: Salon, maria: User) -> None:
    salon.book("Dana King", "Sarah", 14, "Facial")
    absence = out(salon, maria)
    assert len(to_call(rights_of(maria), clock.now())) == 1
    browser = Visitor()
    browser.force_login(maria)
    said = browser.post(f"/out-today/{absence.pk}/end/", follow=True).content.decode()
    assert "Sarah Lind is in. What was approved stays as it is." in said
    absence.refresh_from_db()
    assert (absence.lines.count(), absence.ends_at <= clock.now()) == (0, True)
    assert ApprovalItem.objects.get(pk=absence.item_id).state == "withdrawn"
    assert to_call(rights_of(maria), clock.now()) == []
    assert not CallWish.objects.filter(settled_at=None).exists()
    assert AuditEvent.objects.filter(action="absence.ended").count() == 1
    with pytest.raises(NotPossible, match="over already"):
        absence_end(user=maria, absence_id=absence.pk)
    # Out again: everybody is listed anew.
    assert out(salon, maria).lines.count() == 1
    nora = salon_make().desk.person("Nora Elsewhere", "manager")
    browser.force_login(nora)
    assert browser.post(f"/out-today/{absence.pk}/end/").status_code == 404
