"""The digest: what stands in it, for whom, and what a press on a row does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from approvals.errors import NoRight
from approvals.models import ApprovalItem, Decision, Effect, Mishap, Opening, SendingPause
from approvals.permissions import rights_of
from copilot.digest.building import Made, digest_make
from copilot.digest.models import Digest, DigestMark
from copilot.digest.rows import MOST_ROWS
from copilot.digest.services import row_fine
from core import clock
from core.models import AuditEvent
from integrations.models import Consent, Feedback, Location, User
from tests.support.digests import HALF_PAST, Morning, morning_make
from tests.support.drafted import made

pytestmark = pytest.mark.django_db
TODAY = HALF_PAST.date()
YESTERDAY = HALF_PAST - timedelta(days=1)


@pytest.fixture
def at() -> Iterator[clock.Frozen]:
    with clock.frozen(HALF_PAST) as frozen:
        yield frozen


@pytest.fixture
def morning(at: clock.Frozen) -> Morning:
    return morning_make("Maple Street", "Harbor")


def made_for(user: User, **more: Any) -> Made:
    return digest_make(user, rights_of(user), TODAY, **more)


def lines(made: Made, name: str = "Maple Street") -> list[str]:
    return [
        line.text
        for section in made.sections
        if section.location.name == name
        for line in section.lines
    ]


def was_sent(item: ApprovalItem, moment: datetime) -> None:
    for state in ("approved", "sending", "sent"):
        ApprovalItem.objects.filter(pk=item.pk).update(state=state, closed_at=moment)


def browser(user: User) -> Visitor:
    visitor = Visitor()
    visitor.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return visitor


def form_of(visit: Any, **more: Any) -> dict[str, Any]:
    base = {"location": visit.location_id, "day": TODAY.isoformat(), "key": f"visit:{visit.pk}"}
    return base | more


def test_today_s_likely_no_shows_stand_first_and_riskiest_first(morning: Morning) -> None:
    low = morning.visit(morning.desk.client("Lou"), risk="low", chance=0.05)
    some = morning.visit(morning.desk.client("Sam"), chance=0.3)
    most = morning.visit(morning.desk.client("Ada"), chance=0.6)
    keys = [row.key for row in made_for(morning.manager).rows]
    assert keys == [f"visit:{most.pk}", f"visit:{some.pk}"]
    assert f"visit:{low.pk}" not in keys


def test_the_worst_location_comes_first(morning: Morning) -> None:
    harbor = morning.desk.locations[1]
    morning.visit(chance=0.3)
    morning.visit(chance=0.7, location=harbor)
    assert [one.location.name for one in made_for(morning.manager).sections] == [
        "Harbor",
        "Maple Street",
    ]


def test_ten_rows_in_all_and_the_others_are_counted(morning: Morning) -> None:
    for number in range(MOST_ROWS + 3):
        morning.visit(chance=0.3 + number / 100, hours=2 + number / 4)
    made = made_for(morning.manager)
    assert len(made.rows) == MOST_ROWS
    assert [section.more for section in made.sections if section.more] == [3]


def test_several_services_of_one_visit_are_one_row(morning: Morning) -> None:
    client = morning.desk.client()
    morning.visit(client, visit_id="v1")
    morning.visit(client, hours=6, visit_id="v1")
    assert len(made_for(morning.manager).rows) == 1


def test_a_row_says_what_is_planned(morning: Morning) -> None:
    waiting, alone, confirmed = morning.visit(), morning.visit(), morning.visit(status="confirmed")
    morning.rescue(waiting)
    said = {row.key: row.planned for row in made_for(morning.manager).rows}
    assert said == {
        f"visit:{waiting.pk}": "A message waits for a yes.",
        f"visit:{alone.pk}": "Nothing is planned yet.",
        f"visit:{confirmed.pk}": "Has confirmed.",
    }


def test_what_came_of_yesterday_s_is_one_sentence_and_who_did_not_come_a_row(
    morning: Morning,
) -> None:
    morning.visit(hours=-20, status="completed")
    morning.visit(hours=-21, status="cancelled")
    lost = morning.visit(hours=-22, status="no_show")
    made = made_for(morning.manager)
    assert lines(made) == ["3 likely no-shows: 1 came, 1 called off, 1 did not come ($120)."]
    assert [(row.key, row.kind) for row in made.rows] == [(f"visit:{lost.pk}", "lost")]


def test_after_days_off_it_tells_of_everything_since_the_last_one(morning: Morning) -> None:
    morning.visit(hours=-24 * 3, status="completed")
    assert lines(made_for(morning.manager)) == []
    since = TODAY - timedelta(days=4)
    assert lines(made_for(morning.manager, since=since)) == ["1 likely no-show: 1 came."]


def test_who_lost_visits_again_and_again_is_named_before_the_next(morning: Morning) -> None:
    client = morning.desk.client("Rae")
    for days in (10, 30, 50):
        morning.desk.appointment(
            client, starts_at=HALF_PAST - timedelta(days=days), status="no_show"
        )
    ahead = morning.visit(client, hours=70, risk="medium", chance=0.2)
    (row,) = made_for(morning.manager).rows
    assert (row.key, row.kind) == (f"visit:{ahead.pk}", "repeat")
    assert row.reasons == ["Lost 3 visits in ninety days."]


def test_a_visit_called_off_in_good_time_is_not_held_against_a_client(morning: Morning) -> None:
    client = morning.desk.client("Rae")
    for days in (10, 30):
        at = HALF_PAST - timedelta(days=days)
        morning.desk.appointment(
            client, starts_at=at, status="cancelled", cancelled_at=at - timedelta(days=3)
        )
    morning.visit(client, hours=70, risk="medium")
    assert made_for(morning.manager).rows == []


def test_the_sentences_count_drafts_offers_and_trouble(morning: Morning) -> None:
    desk, place = morning.desk, morning.place
    missed, sent = desk.draft(value=Decimal(90)), desk.draft()
    ApprovalItem.objects.filter(pk=missed.pk).update(state="missed", closed_at=YESTERDAY)
    was_sent(sent, YESTERDAY)
    Decision.objects.create(item=sent, kind="undo", actor_name="Tom", at=YESTERDAY)
    Opening.objects.create(
        connection=desk.connection, location=place, starts_at=HALF_PAST, ends_at=HALF_PAST,
        cause="cancelled", state="filled", filled_at=YESTERDAY, value=Decimal(80),
    )  # fmt: skip
    Consent.objects.create(
        client=sent.client, channel="sms", purpose="transactional", origin="here", granted=False,
        recorded_at=YESTERDAY + timedelta(minutes=5),
    )  # fmt: skip
    Mishap.objects.create(
        location=place, client=sent.client, at=YESTERDAY, until=HALF_PAST, user_name="Tom"
    )
    Feedback.objects.create(
        connection=desk.connection, external_id="f1", location=place, client=sent.client,
        rating=1, text="awful", given_at=YESTERDAY,
    )  # fmt: skip
    SendingPause.objects.create(
        location=place, reason="flood", paused_by_name="Tom", paused_at=YESTERDAY,
        resumed_at=YESTERDAY + timedelta(minutes=40),
    )  # fmt: skip
    assert lines(made_for(morning.manager)) == [
        "1 message sent, worth $120.",
        "1 opening filled, worth $80.",
        "1 draft passed its moment undecided, worth $90.",
        "1 approval taken back.",
        "1 client wants no more messages after one of ours.",
        "1 visit went wrong.",
        "1 review of one or two stars.",
        "Sending was paused for 40 minutes.",
    ]
    assert lines(made_for(morning.manager), "Harbor") == []


def test_an_opt_out_long_after_our_last_message_is_not_put_down_to_it(morning: Morning) -> None:
    sent = morning.desk.draft()
    was_sent(sent, YESTERDAY - timedelta(days=9))
    Consent.objects.create(
        client=sent.client, channel="sms", purpose="transactional", origin="here", granted=False,
        recorded_at=YESTERDAY,
    )  # fmt: skip
    assert lines(made_for(morning.manager)) == []


def test_a_quiet_morning_is_one_line(morning: Morning) -> None:
    assert made_for(morning.manager).clear
    page = browser(morning.manager).get("/digest/").content.decode()
    assert "All clear." in page
    assert "digest-row" not in page


def test_rows_of_another_location_never_appear(morning: Morning) -> None:
    harbor = morning.desk.locations[1]
    ours = morning.visit()
    theirs = morning.visit(morning.desk.client("Zelda"), location=harbor, chance=0.9)
    morning.rescue(theirs)
    only_maple = morning.desk.person("Owen Vale", "manager", morning.place)
    made = made_for(only_maple)
    assert [row.key for row in made.rows] == [f"visit:{ours.pk}"]
    page = browser(only_maple).get(f"/digest/?location={harbor.pk}").content.decode()
    assert "Zelda" not in page
    assert "Harbor" not in page


def test_the_front_desk_finds_no_digest_anywhere(morning: Morning) -> None:
    visit = morning.visit()
    draft = morning.rescue(visit)
    visitor = browser(morning.desk.person("Dov Arden", "front_desk"))
    assert visitor.get("/digest/").status_code == 404
    assert visitor.get("/digest/settings/").status_code == 404
    for name in ("fine/", f"approve/{draft.pk}/", f"undo/{draft.pk}/"):
        assert visitor.post(f"/digest/{name}", form_of(visit)).status_code == 404
    assert "/digest/" not in visitor.get("/").content.decode()
    assert DigestMark.objects.count() == 0


def test_a_press_at_a_location_that_is_not_theirs_is_not_found(morning: Morning) -> None:
    visit = morning.visit()
    harbor = morning.desk.locations[1]
    only_harbor = morning.desk.person("Owen Vale", "manager", harbor)
    assert browser(only_harbor).post("/digest/fine/", form_of(visit)).status_code == 404
    with pytest.raises(NoRight):
        row_fine(
            user=only_harbor, location_id=visit.location_id, day=TODAY, key=f"visit:{visit.pk}"
        )
    # Nor may a row be named that stands elsewhere.
    borrowed = form_of(visit, location=harbor.pk)
    browser(only_harbor).post("/digest/fine/", borrowed)
    assert DigestMark.objects.count() == 0


def test_fine_puts_a_row_aside_for_everybody_and_back(morning: Morning) -> None:
    visit = morning.visit()
    visitor = browser(morning.manager)
    answer = visitor.post("/digest/fine/", form_of(visit), headers={"HX-Request": "true"})
    assert "Fine, said Ines Marlow" in answer.content.decode()
    colleague = morning.desk.person("Owen Vale", "manager")
    made = made_for(colleague)
    assert made.rows == []
    assert [row.key for section in made.sections for row in section.fine] == [f"visit:{visit.pk}"]
    assert AuditEvent.objects.filter(action="digest.fine").count() == 1
    visitor.post("/digest/fine/", form_of(visit, back_again="1"))
    assert len(made_for(colleague).rows) == 1
    assert AuditEvent.objects.filter(action="digest.not_fine").count() == 1


def test_marking_twice_is_one_mark(morning: Morning) -> None:
    visit = morning.visit()
    for _ in range(2):
        browser(morning.manager).post("/digest/fine/", form_of(visit))
    assert DigestMark.objects.count() == 1
    assert AuditEvent.objects.filter(action="digest.fine").count() == 1


def test_a_rescue_draft_is_approved_from_its_row_and_taken_back(morning: Morning) -> None:
    visit = morning.visit()
    draft = morning.rescue(visit)
    visitor = browser(morning.manager)
    page = visitor.get("/digest/").content.decode()
    assert draft.revision is not None
    assert draft.revision.body in page
    assert f'href="tel:{visit.client.phone}"' in page  # type: ignore[union-attr]
    seen = {"revision": draft.revision.pk, "evidence": draft.revision.evidence_sha256}
    answer = visitor.post(
        f"/digest/approve/{draft.pk}/", form_of(visit, **seen), headers={"HX-Request": "true"}
    )
    assert "A message is on its way." in answer.content.decode()
    assert Effect.objects.filter(item=draft, outcome="").count() == 1
    assert Decision.objects.get(item=draft).actor == morning.manager
    visitor.post(f"/digest/undo/{draft.pk}/", form_of(visit))
    draft.refresh_from_db()
    assert draft.state == "pending"


def test_only_the_text_that_was_seen_can_be_approved_from_a_row(morning: Morning) -> None:
    visit = morning.visit()
    draft = morning.rescue(visit)
    stale = form_of(visit, revision=draft.revision_id, evidence="0" * 64)
    answer = browser(morning.manager).post(
        f"/digest/approve/{draft.pk}/", stale, headers={"HX-Request": "true"}
    )
    assert "The draft has changed" in answer.headers["HX-Trigger-After-Settle"]
    assert Effect.objects.count() == 0


def test_a_draft_that_asks_for_more_care_is_only_opened_from_its_row(morning: Morning) -> None:
    visit = morning.visit()
    morning.rescue(visit, writer="model", first_message=True)
    (row,) = made_for(morning.manager).rows
    assert not row.may_approve
    page = browser(morning.manager).get("/digest/").content.decode()
    assert "Open the draft" in page
    assert "digest/approve" not in page


def test_opening_the_page_is_kept(morning: Morning) -> None:
    row = Digest.objects.create(
        user=morning.manager, day=TODAY, since=TODAY, due_at=HALF_PAST, outcome="mailed",
        state="done",
    )  # fmt: skip
    browser(morning.manager).get("/digest/")
    row.refresh_from_db()
    assert row.opened_at == HALF_PAST


def test_hostile_names_and_notes_stay_text(morning: Morning) -> None:
    client = morning.desk.client("<img src=x onerror=alert(1)>", "\u202eevil")
    morning.visit(client, service_name="<script>alert(2)</script>", staff_name="{{ 7*7 }}")
    page = browser(morning.manager).get("/digest/").content.decode()
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_counter_mode_covers_the_whole_page(morning: Morning) -> None:
    visit = morning.visit()
    morning.manager.preferences = {"counter": "on"}
    morning.manager.save()
    visitor = browser(morning.manager)
    assert f"row-visit-{visit.pk}" not in visitor.get("/digest/").content.decode()
    assert f"row-visit-{visit.pk}" in visitor.get("/digest/?uncover=1").content.decode()


def test_it_asks_the_database_the_same_few_things_whatever_there_is(morning: Morning) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            digest_make(morning.manager, rights_of(morning.manager), TODAY)
        return len(captured)

    counts = []
    for number in range(6):
        place = morning.desk.locations[number % 2]
        morning.rescue(morning.visit(chance=0.3 + number / 100, location=place))
        morning.visit(hours=-20, status="no_show", location=place)
        counts.append(asked())
    assert counts[-1] == counts[0] <= 12


def test_each_location_has_its_own_day(morning: Morning, at: clock.Frozen) -> None:
    tokyo = morning.desk.locations[1]
    Location.objects.filter(pk=tokyo.pk).update(timezone="Asia/Tokyo")
    # Tuesday afternoon here is Wednesday there: no part of Tuesday's digest of that location.
    morning.visit(hours=2, location=tokyo)
    assert made_for(morning.manager).rows == []


def test_the_own_pace_is_shown_to_oneself_and_the_team_s_from_three_people_on(
    morning: Morning,
) -> None:
    desk, manager = morning.desk, morning.manager
    for number in range(10):
        made(desk, "sent", manager, said=["approve"], seconds=8 + number / 10)

    def shown(user: User) -> str:
        return browser(user).get("/digest/").content.decode()

    alone = shown(manager)
    assert "which only you see: 8.4 s" in alone and "The team" not in alone
    people = [desk.person(f"P{number} Desk") for number in range(2)]
    for number in range(20):
        made(desk, "sent", people[number % 2], said=["approve"], seconds=20)
    together = shown(manager)
    assert "which only you see: 8.4 s" in together and "team's: 20 s" in together
    other = shown(desk.person("Olga Owner", "owner"))
    assert "only you see" not in other and "team's: 20 s" in other


def test_an_unhappy_review_that_nobody_answered_is_a_row(morning: Morning) -> None:
    item = morning.desk.draft(agent="feedback", title="1 star from Dana K.")
    (row,) = made_for(morning.manager).rows
    assert (row.key, row.kind, row.may_approve) == (f"item:{item.pk}", "manager", False)
    assert list(row.reasons) == ["1 star from Dana K."]
    was_sent(item, clock.now())
    assert made_for(morning.manager).rows == []
