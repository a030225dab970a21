"""The hand-over is read from what is open, accepted once, and by somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Visitor

from approvals import handover
from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.handover import Handed, Line, handover_of, handover_section
from approvals.models import ApprovalItem, HandOver
from approvals.permissions import rights_of
from approvals.selectors.handovers import time_to_hand_over
from approvals.services.handovers import handover_accept, handover_offer
from approvals.services.parking import Spot, spot_park
from approvals.services.typing import typed_save
from core import clock
from core.models import AuditEvent
from integrations.models import Location, Message, Shift, User
from tests.support.desks import Desk, desk_make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


@pytest.fixture
def ben(desk: Desk) -> User:
    return desk.person("Ben Okafor", "front_desk", desk.location)


def said(user: User, place: Location) -> dict[str, list[str]]:
    parts = handover_of(location=place, rights=rights_of(user))
    return {part.key: [line.who for line in part.lines] for part in parts}


def test_it_lists_what_is_parked_half_written_promised_and_paused(
    desk: Desk, maria: User, ben: User
) -> None:
    parked, written, later, by_hand, far = (
        desk.draft(desk.client(name)) for name in ("Dana", "Elena", "Priya", "Marcus", "Kim")
    )
    spot_park(user=maria, spot=Spot(f"/drafts/{parked.pk}/"))
    typed_save(user=maria, item=written, body="Hi El", subject="", base_revision=1, caret=5)
    typed_save(user=maria, item=parked, body="Hi Da", subject="", base_revision=1, caret=5)
    rows = ApprovalItem.objects
    rows.filter(pk=later.pk).update(snoozed_until=clock.now() + timedelta(hours=2))
    rows.filter(pk=far.pk).update(snoozed_until=clock.now() + timedelta(days=9))
    rows.filter(pk=by_hand.pk).update(state="manual")
    Location.objects.filter(pk=desk.location.pk).update(sending_paused_at=clock.now())
    place = Location.objects.get(pk=desk.location.pk)
    assert said(ben, place) == {
        "parked": ["Dana K.", "Elena K."],
        "promises": ["Priya K.", "Marcus K."],
        "paused": ["Maple Street"],
    }
    assert said(ben, desk.locations[1]) == {}, "another location's, and none of Ben's"


def test_it_lists_who_wrote_twice_and_nobody_who_was_answered(desk: Desk, maria: User) -> None:
    twice, once, answered = (desk.client(name) for name in ("Dana", "Elena", "Priya"))
    for client in (twice, twice, once, answered, answered):
        desk.message(client, "Hello?")
    desk.message(answered, "Yes, come at nine.", incoming=False)
    Message.objects.filter(client=answered, incoming=False).update(
        sent_at=clock.now(), source="staff"
    )
    assert said(maria, desk.location)["twice"] == ["Dana K."]


def test_what_one_may_not_see_is_not_handed_to_one(desk: Desk, maria: User) -> None:
    item = desk.draft()
    spot_park(user=maria, spot=Spot(f"/drafts/{item.pk}/"))
    therapist = desk.person("Sarah Lind", "provider", desk.location)
    assert said(therapist, desk.location) == {}


def test_the_next_person_accepts_it_once(desk: Desk, maria: User, ben: User) -> None:
    row = handover_offer(user=maria, location_id=desk.location.pk)
    with pytest.raises(NotPossible):
        handover_accept(user=maria, handover_id=row.pk)
    done = handover_accept(user=ben, handover_id=row.pk)
    assert done.accepted_by == ben
    kim = desk.person("Kim Sato")
    with pytest.raises(AlreadyDecided, match="Ben Okafor"):
        handover_accept(user=kim, handover_id=row.pk)
    names = AuditEvent.objects.filter(action__startswith="handover.").order_by("id")
    assert [(one.action, one.actor_name) for one in names] == [
        ("handover.offered", "Maria Ruiz"),
        ("handover.accepted", "Ben Okafor"),
    ]


def test_nobody_of_another_location_gives_or_takes_it(desk: Desk, maria: User, ben: User) -> None:
    row = handover_offer(user=maria, location_id=desk.locations[1].pk)
    with pytest.raises(NoRight):
        handover_accept(user=ben, handover_id=row.pk)
    with pytest.raises(NoRight):
        handover_offer(user=ben, location_id=desk.locations[1].pk)


def test_somebody_elses_open_one_is_accepted_before_ones_own(
    desk: Desk, maria: User, ben: User
) -> None:
    handover_offer(user=maria, location_id=desk.location.pk)
    handover_offer(user=maria, location_id=desk.location.pk)
    assert HandOver.objects.count() == 1
    with pytest.raises(NotPossible, match="Maria Ruiz handed over already"):
        handover_offer(user=ben, location_id=desk.location.pk)


def test_the_card_shows_to_the_next_person_and_goes_with_one_press(
    desk: Desk, maria: User, ben: User
) -> None:
    row = handover_offer(user=maria, location_id=desk.location.pk)
    giver, taker = Visitor(), Visitor()
    giver.force_login(maria)
    taker.force_login(ben)
    assert "handed over" not in giver.get("/handover/card/").content.decode()
    assert "Maria Ruiz handed over Maple Street" in taker.get("/handover/card/").content.decode()
    answer = taker.post(f"/handover/{row.pk}/accept/", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and not answer.content
    assert "handed over" not in taker.get("/handover/card/").content.decode()
    assert "Maple Street" in taker.get("/handover/").content.decode()
    assert taker.post("/handover/999999/accept/").status_code == 404


def test_it_is_offered_when_ones_shift_ends(desk: Desk, maria: User) -> None:
    place = desk.location
    hours = {day: [["00:00", "00:01"]] for day in place.opening_hours}
    Location.objects.update(opening_hours=hours)
    places = list(Location.objects.order_by("pk"))
    staff = desk.staff("Maria Ruiz", maria)
    rights = rights_of(maria)
    now = clock.now().replace(hour=20, minute=0)
    assert time_to_hand_over(rights, places, now) is None
    Shift.objects.create(
        connection=desk.connection,
        external_id="shift_1",
        staff=staff,
        location=place,
        starts_at=now - timedelta(hours=8),
        ends_at=now + timedelta(minutes=20),
    )
    assert time_to_hand_over(rights, places, now) == place
    HandOver.objects.create(location=place, given_by_name="Maria", given_at=now)
    assert time_to_hand_over(rights, places, now) is None


def test_another_part_adds_a_section_of_its_own(
    desk: Desk, maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "_sections", dict(handover._sections))

    @handover_section("towels", "Towels", 5)
    def towels(handed: Handed) -> list[Line]:
        return [Line(handed.location.name, "has eleven")]

    assert said(maria, desk.location)["towels"] == ["Maple Street"]
    with pytest.raises(ValueError, match="already"):
        handover_section("towels", "Towels again", 6)(towels)
