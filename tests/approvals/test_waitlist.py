"""The Waitlist page and the counter: who sees what, what was offered, what it brought."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.ladders import claims
from approvals.ladders.counter import openings_seen
from approvals.ladders.openings import opening_lapse
from approvals.ladders.policy import OfferPolicy, Skipped
from approvals.ladders.selectors import openings_today
from approvals.models import ApprovalItem, Effect, Opening
from approvals.permissions import rights_of
from approvals.selectors.waitlist import (
    WaitlistFilters,
    entries_page,
    figures_of,
    openings_page,
    waitlist_closed,
)
from core import clock
from integrations.cancelling import cancellations_of, cancels_often
from integrations.models import Appointment, RoleRight, User, WaitlistEntry
from tests.approvals import desk as desks
from tests.approvals.desk import Desk, client_make, location_make, person_make, staff_make
from tests.approvals.ladders.slot import (
    AGENT,
    approved,
    drafted,
    opening_make,
    passed,
    running,
    service_make,
    texts_to,
    waiting_make,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PAGES = ("waitlist", "waitlist-rows", "openings-live", "waitlist-add")


def visitor(user: User | None) -> Visitor:
    browser = Visitor()
    if user is not None:
        browser.force_login(user)
    return browser


def live(desk: Desk, user: User | None = None) -> list[Any]:
    return openings_today(openings_seen(rights_of(user or desk.maria)), clock.now())


def stories(desk: Desk, **filters: Any) -> Any:
    return openings_page(rights=rights_of(desk.maria), filters=WaitlistFilters(**filters))


def entries(desk: Desk, **filters: Any) -> Any:
    return entries_page(rights=rights_of(desk.maria), filters=WaitlistFilters(**filters))


def figures(desk: Desk, **filters: Any) -> Any:
    return figures_of(rights=rights_of(desk.maria), filters=WaitlistFilters(**filters))


def people(desk: Desk) -> dict[str, User | None]:
    far = location_make(desk.connection, "loc_far")
    return {
        "front desk": desk.maria,
        "elsewhere": person_make("Eva", far, "front_desk"),
        "provider": person_make("Kim", desk.location, "provider"),
        "nobody": None,
    }


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_for_those_who_decide_on_offers(desk: Desk, name: str) -> None:
    got = {who: visitor(user).get(reverse(name)).status_code for who, user in people(desk).items()}
    assert got == {"front desk": 200, "elsewhere": 200, "provider": 403, "nobody": 302}


@pytest.mark.parametrize("name", ["opening-give", "opening-stop"])
def test_presses_at_the_counter_for_every_role(desk: Desk, held: Any, name: str) -> None:
    slot = running(desk, held, 1)
    url = reverse(name, args=[slot.opening.pk])
    everybody = people(desk)
    got = {
        who: visitor(everybody[who]).post(url).status_code
        for who in ("elsewhere", "provider", "nobody", "front desk")
    }
    assert got == {"elsewhere": 404, "provider": 403, "nobody": 302, "front desk": 302}
    assert visitor(desk.maria).get(url).status_code == 405
    assert visitor(desk.maria).post(reverse(name, args=[10**9])).status_code == 404


def test_ladder_presses_for_every_role(desk: Desk) -> None:
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 2))
    everybody = people(desk)
    for url in (
        reverse("item-ladder", args=[slot.item.pk]),
        reverse("item-rung", args=[slot.item.pk, slot.offer(1).pk]),
    ):
        got = {who: visitor(user).post(url).status_code for who, user in everybody.items()}
        assert got == {"front desk": 422, "elsewhere": 404, "provider": 404, "nobody": 302}


def test_nobody_sees_entries_or_openings_of_a_location_that_is_not_theirs(
    desk: Desk, held: Any
) -> None:
    slot = running(desk, held, 2)
    eva = person_make("Eva", location_make(desk.connection, "loc_far"), "front_desk")
    page = visitor(eva).get(reverse("waitlist")).content.decode()
    assert "Grace" not in page and "Hot stone" not in page
    assert live(desk, eva) == []
    entry = WaitlistEntry.objects.filter(client=slot.clients[0]).get()
    assert visitor(eva).get(reverse("waitlist-entry", args=[entry.pk])).status_code == 404
    narrowed = visitor(eva).get(f"{reverse('waitlist')}?location={desk.location.pk}")
    assert "Grace" not in narrowed.content.decode()


def test_a_provider_with_the_right_sees_and_stops_their_own_slots_only(
    desk: Desk, held: Any
) -> None:
    desks.RIGHTS["provider"] = ("review_messages", "review_offers")
    try:
        kim = person_make("Kim", desk.location, "provider")
    finally:
        desks.RIGHTS["provider"] = ("review_messages",)
    member = staff_make(desk, kim)
    other = running(desk, held, 1)
    mine = opening_make(desk, 7, staff_id=member.pk)
    assert [row.opening.pk for row in live(desk, kim)] == [mine.pk]
    assert visitor(kim).post(reverse("opening-stop", args=[other.opening.pk])).status_code == 404
    assert visitor(kim).post(reverse("opening-stop", args=[mine.pk])).status_code == 302
    assert "Grace" not in visitor(kim).get(reverse("waitlist")).content.decode()


def test_a_live_opening_says_to_whom_it_is_offered_until_when(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    (row,) = live(desk)
    assert row.words == "offered to Grace W. until 10:30 am"
    assert row.can_stop and [name for name, _ in row.told] == ["Grace W."]
    assert "gone now" in row.told[0][1]
    for page in ("waitlist", "today"):
        shown = visitor(desk.maria).get(reverse(page)).content.decode()
        assert "Offered to Grace W. until 10:30 am" in shown
        assert "Give it to someone here" in shown and "is told kindly" in shown
    assert claims.claim(offer=slot.offer(0), by="text").outcome == "won"
    assert not live(desk)[0].can_stop
    passed(held, 1)
    assert live(desk)[0].words == "Grace W. has it, after 1 offer."
    held.move(timedelta(hours=3))
    assert live(desk) == []


@pytest.mark.parametrize(("name", "state"), [("give", "given"), ("stop", "withdrawn")])
def test_one_press_ends_it_and_who_holds_the_offer_gets_the_approved_note(
    desk: Desk, held: Any, world: Any, name: str, state: str
) -> None:
    slot = running(desk, held, 3)
    note = live(desk)[0].told[0][1]
    answer = visitor(desk.maria).post(
        reverse(f"opening-{name}", args=[slot.opening.pk]), headers=HTMX
    )
    assert answer.status_code == 200 and "toast" in answer.headers["HX-Trigger-After-Settle"]
    passed(held, 0)
    assert slot.state() == state
    assert texts_to(world, slot.clients[0])[-1] == note
    assert [texts_to(world, one) for one in slot.clients[1:]] == [[], []]
    again = visitor(desk.tom).post(reverse("opening-give", args=[slot.opening.pk]), headers=HTMX)
    assert again.status_code == 409
    assert "Maria was faster" in again.headers["HX-Trigger-After-Settle"]


def test_a_press_without_a_script_goes_back_to_the_page_it_came_from(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 1)
    url = reverse("opening-give", args=[slot.opening.pk])
    answer = visitor(desk.maria).post(url, {"back": "/today/?location=1"})
    assert answer.headers["Location"] == "/today/?location=1"
    away = visitor(desk.maria).post(url, {"back": "https://elsewhere.example/"})
    assert away.headers["Location"] == reverse("waitlist")


def test_an_unchanged_look_is_empty(desk: Desk, held: Any) -> None:
    running(desk, held, 2)
    browser = visitor(desk.maria)
    for name in ("openings-live", "waitlist-rows"):
        page = browser.get(reverse(name))
        mark = page.context["live_mark" if name == "openings-live" else "mark"]
        assert browser.get(reverse(name), {"mark": mark}).status_code == 204
        held.move(timedelta(hours=1))
        assert browser.get(reverse(name), {"mark": mark}).status_code == 200
        held.move(-timedelta(hours=1))


def test_who_waits_for_what_and_what_came_of_offers(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    WaitlistEntry.objects.filter(client=slot.clients[1]).update(
        windows=[{"days": "-T-T---", "from": "09:00", "to": "12:00", "latest": "2026-07-01"}],
        staff_ids=["sta_9"],
        waiting_since=clock.now() - timedelta(days=12),
    )
    rows = {row.entry.client_id: row for row in entries(desk).rows}
    grace, ana = rows[slot.clients[0].pk], rows[slot.clients[1].pk]
    assert grace.asked is not None and grace.offers == [] and ana.asked is None
    assert ana.hours == "Tue, Thu 9 am to 12 pm, to Jul 1" and ana.therapists == "Sarah Lind"
    claims.decline(offer=slot.offer(0), by="text")
    rows = {row.entry.client_id: row for row in entries(desk).rows}
    assert [offer.state for offer in rows[slot.clients[0].pk].offers] == ["declined"]
    page = visitor(desk.maria).get(reverse("waitlist")).content.decode()
    assert "said no" in page and "(12 days)" in page and "Tue, Thu 9 am to 12 pm" in page


def test_search_location_and_done_narrow_the_list(desk: Desk) -> None:
    clients = waiting_make(desk, 3)
    for client in clients:
        client.search_key = client.name.lower()
        client.save()
    WaitlistEntry.objects.filter(client=clients[2]).update(status="removed")
    assert [row.entry.client_id for row in entries(desk, text="GRÁCE").rows] == [clients[0].pk]
    assert entries(desk).total == 2 and entries(desk, done=True).total == 3
    assert entries(desk, location_id=desk.location.pk).total == 2
    assert entries(desk, location_id=desk.location.pk + 999).total == 0
    page = visitor(desk.maria).get(reverse("waitlist"), {"q": "zzz\x00<b>"}).content.decode()
    assert "Nobody on the list fits" in page and "<b>”" not in page
    assert "Nobody waits" in visitor(desk.tom).get("/waitlist/?location=99").content.decode()


def test_an_opening_tells_its_whole_story(desk: Desk, held: Any) -> None:
    clients = waiting_make(desk, 3)
    slot = drafted(
        desk,
        opening_make(desk),
        clients[:2],
        skipped=[Skipped(clients[2].pk, "Waits for another therapist.")],
    )
    approved(slot)
    passed(held, 11)
    passed(held, minutes=slot.offer(0).answer_minutes)
    claims.claim(offer=slot.offer(1), by="link")
    passed(held, 1)
    (story,) = stories(desk).rows
    said = [step.what for step in story.steps]
    assert said == [
        "Dana K. cancelled.",
        "Maria approved the list.",
        "Offered to Grace W. until 10:30 am.",
        "Grace W. did not answer.",
        "Offered to Ana W. until 11 am.",
        "Ana W. said yes with the link.",
        "Booked for Ana W.",
    ]
    assert story.not_asked == [("Bea W.", "Waits for another therapist.")]
    page = visitor(desk.maria).get(reverse("waitlist"), {"show": "openings"}).content.decode()
    assert "Ana W. said yes with the link." in page and "Not asked, and why" in page


def test_what_ended_otherwise_is_told_too(desk: Desk, held: Any) -> None:
    lapsed = opening_make(desk, 3)
    opening_lapse(actor=AGENT, opening_id=lapsed.pk)
    taken = running(desk, held, 1, hours=8, prefix="t")
    visitor(desk.maria).post(reverse("opening-give", args=[taken.opening.pk]))
    told = {story.opening.pk: [step.what for step in story.steps] for story in stories(desk).rows}
    assert told[lapsed.pk][-1] == "The time to fill it is over."
    assert told[taken.opening.pk][-1] == "Given to somebody at the desk by Maria."
    assert any("is told kindly" in what for what in told[taken.opening.pk])


def closed(desk: Desk, count: int, state: str = "booked", **fields: Any) -> list[Opening]:
    """Openings that ended, each with one client who was asked, without playing them."""
    made = []
    people = waiting_make(desk, count, prefix=fields.pop("prefix", "c"))
    for client in people:
        slot = drafted(desk, opening_make(desk, 30 + 2 * Opening.objects.count()), [client])
        offer = slot.offer(0)
        asked = clock.now() - timedelta(minutes=20)
        won = "accepted" if state == "booked" else "silent"
        offer.sent_at, offer.state, offer.released_at = asked, won, asked
        offer.gives_up = fields.get("gives_up", False)
        offer.save()
        Opening.objects.filter(pk=slot.opening.pk).update(
            state=state,
            held_by=offer if state == "booked" else None,
            filled_by=client if state == "booked" else None,
            filled_appointment_id=f"apt_filled_{slot.opening.pk}" if state == "booked" else "",
            filled_at=clock.now() if state == "booked" else None,
            opened_at=clock.now() - timedelta(minutes=30),
            closed_at=clock.now(),
            value=fields.get("value", Decimal(120)),
        )
        ApprovalItem.objects.filter(pk=slot.item.pk).update(state="withdrawn")
        made.append(Opening.objects.get(pk=slot.opening.pk))
    return made


def test_figures_say_how_many_and_stay_silent_below_enough(desk: Desk) -> None:
    assert figures(desk) == figures_of(
        rights=rights_of(desk.maria), filters=WaitlistFilters(days=7)
    )
    empty = visitor(desk.maria).get(reverse("waitlist")).content.decode()
    assert empty.count("Not enough data yet") == 3
    closed(desk, 2)
    closed(desk, 1, "lapsed", prefix="l")
    few = figures(desk)
    assert (few.offered, few.filled, few.enough) == (3, 2, False)
    assert (
        "not enough data yet for a share" in visitor(desk.maria).get("/waitlist/").content.decode()
    )
    closed(desk, 3, "lapsed", prefix="m")
    known = figures(desk)
    assert (known.offered, known.filled, known.percent, known.enough) == (6, 2, 33, True)
    assert known.saved == [("USD", Decimal(240))] and known.minutes == 30
    page = visitor(desk.maria).get(reverse("waitlist")).content.decode()
    assert "33 %" in page and "$240" in page and "n = 2" in page


def test_saved_counts_nothing_twice_and_nothing_that_was_lost_again(desk: Desk) -> None:
    kept, undone = closed(desk, 2)
    closed(desk, 1, prefix="u", gives_up=True)
    closed(desk, 1, prefix="p", value=None)
    Appointment.objects.create(
        connection=desk.connection,
        external_id=undone.filled_appointment_id,
        location=desk.location,
        starts_at=undone.starts_at,
        status="cancelled",
    )
    told = figures(desk)
    assert (told.filled, told.moved_up, told.lost_again, told.without_price) == (3, 1, 1, 1)
    assert told.saved == [("USD", kept.value)] and told.earning == 1


def test_figures_keep_to_their_period(desk: Desk) -> None:
    old, _ = closed(desk, 2)
    Opening.objects.filter(pk=old.pk).update(closed_at=clock.now() - timedelta(days=20))
    assert figures(desk, days=7).filled == 1 and figures(desk, days=30).filled == 2


@pytest.mark.parametrize("count", [3, 21, pytest.param(60, marks=pytest.mark.soak)])
def test_every_page_asks_the_same_few_questions_at_any_length(
    desk: Desk, held: Any, count: int
) -> None:
    manager = person_make("Olga", desk.location, "manager")
    for days in (1, 2, 3):
        cancelled(desk, days)
    running(desk, held, 3)
    for number in range(count // 3):
        drafted(
            desk,
            opening_make(desk, 20 + 2 * number),
            waiting_make(desk, 3, prefix=f"{chr(97 + number % 20)}{number}"),
            OfferPolicy(mode="all"),
        )
    browser = visitor(manager)
    pages = ["/waitlist/", "/waitlist/?show=openings", "/waitlist/live/", "/waitlist/rows/"]
    for url in pages:
        browser.get(url)
        with CaptureQueriesContext(database) as asked:
            assert browser.get(url).status_code == 200
        whole = url in pages[:2]
        # Six are the sign-in's and the frame's: session, person, rights, locations, two counts.
        assert len(asked) <= (18 if whole else 12), [q["sql"][:120] for q in asked]
    for read in (
        lambda: entries(desk),
        lambda: stories(desk),
        lambda: live(desk),
        lambda: figures(desk),
    ):
        with CaptureQueriesContext(database) as asked:
            read()
        assert len(asked) <= 6


# ---- adding and changing ----


def waits(desk: Desk, **fields: Any) -> dict[str, Any]:
    return {
        "location": desk.location.pk,
        "client": desk.client.pk,
        "service": service_make(desk).pk,
        "key": "k1",
        **fields,
    }


def test_somebody_is_added_once_and_it_goes_out_as_a_decision_of_that_person(
    desk: Desk, held: Any, world: Any
) -> None:
    said = waits(desk, days=[1, 3], opens="09:00", closes="12:00", latest="2026-07-01", note="VIP")
    browser = visitor(desk.maria)
    for _ in range(2):
        assert browser.post(reverse("waitlist-add"), said).status_code == 302
    effect = Effect.objects.get(type="add_to_waitlist")
    assert effect.decision.actor == desk.maria
    assert [item.client_id for item in entries(desk).adding] == [desk.client.pk]
    passed(held, 11)
    (payload,) = [payload for name, _, payload in world.done if name == "add_to_waitlist"]
    assert payload["windows"] == [
        {"days": "-T-T---", "from": "09:00", "to": "12:00", "latest": "2026-07-01"}
    ]
    assert payload["note"] == "VIP" and payload["client"] == desk.client.external_id


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"service": ""}, "Choose what they wait for."),
        ({"opens": "14:00", "closes": "12:00"}, "The end is not after the beginning."),
        ({"earliest": "2026-07-02", "latest": "2026-07-01"}, "The last day is before the first."),
        ({"note": "x" * 501}, "below 500 characters"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    desk: Desk, wrong: dict[str, Any], said: str
) -> None:
    answer = visitor(desk.maria).post(
        reverse("waitlist-add"), waits(desk, **{"note": "Keep me", **wrong})
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    assert "Keep me" in page or "note" in wrong
    assert not Effect.objects.exists()


def test_who_waits_for_it_already_is_not_added_again(desk: Desk) -> None:
    client = waiting_make(desk, 1)[0]
    answer = visitor(desk.maria).post(reverse("waitlist-add"), waits(desk, client=client.pk))
    assert answer.status_code == 422
    assert "waits for Hot stone massage already" in answer.content.decode()


def test_clients_are_found_at_this_location_only(desk: Desk) -> None:
    far = location_make(desk.connection, "loc_far")
    stranger = client_make(desk.connection, "cli_far", first_name="Dora", search_key="dora far")
    Appointment.objects.create(
        connection=desk.connection,
        external_id="apt_far",
        client=stranger,
        location=far,
        starts_at=clock.now(),
    )
    browser = visitor(desk.maria)
    assert "Dana Kay" in browser.get("/waitlist/add/?q=dana").content.decode()
    assert "Nobody found" in browser.get("/waitlist/add/?q=dora").content.decode()
    assert browser.get(f"/waitlist/add/?client={stranger.pk}").status_code == 404
    assert browser.get(f"/waitlist/add/?location={far.pk}").status_code == 404


def entry_of(desk: Desk) -> WaitlistEntry:
    waiting_make(desk, 1)
    return WaitlistEntry.objects.get()


def changed(browser: Visitor, entry: WaitlistEntry, **fields: Any) -> Any:
    url = reverse("waitlist-entry", args=[entry.pk])
    shown = browser.get(url)
    said = {
        "seen": shown.context["seen"],
        "key": shown.context["key"],
        "service": entry.service_id,
        **fields,
    }
    return browser.post(url, said)


def test_an_entry_is_changed_by_what_is_different_only(desk: Desk, held: Any, world: Any) -> None:
    entry = entry_of(desk)
    browser = visitor(desk.maria)
    assert changed(browser, entry).status_code == 302
    assert not Effect.objects.exists(), "nothing was different"
    assert changed(browser, entry, note="After 2 pm").status_code == 302
    assert "a change is on its way" in browser.get("/waitlist/").content.decode()
    busy = changed(browser, entry, note="Other")
    assert busy.status_code == 422 and "on its way" in busy.content.decode()
    passed(held, 11)
    (payload,) = [payload for name, _, payload in world.done if name == "update_waitlist"]
    assert payload == {"entry": entry.external_id, "fields": {"note": "After 2 pm"}}


def test_an_entry_that_changed_meanwhile_is_shown_anew(desk: Desk) -> None:
    entry = entry_of(desk)
    answer = changed(visitor(desk.maria), entry, seen="waiting:then", note="Mine")
    assert answer.status_code == 422
    assert "changed in the meantime" in answer.content.decode()
    assert not Effect.objects.exists()


def test_an_entry_is_taken_off_the_list(desk: Desk, held: Any, world: Any) -> None:
    entry = entry_of(desk)
    assert changed(visitor(desk.maria), entry, act="remove").status_code == 302
    passed(held, 11)
    (payload,) = [payload for name, _, payload in world.done if name == "update_waitlist"]
    assert payload["fields"] == {"status": "removed"}


def test_several_given_times_stay_when_something_else_is_changed(
    desk: Desk, held: Any, world: Any
) -> None:
    entry = entry_of(desk)
    entry.windows = [{"days": "M------", "from": "09:00", "to": "12:00"}, {"days": "-----S-"}]
    entry.save()
    kept = {"days": [0], "opens": "09:00", "closes": "12:00", "note": "Hello"}
    assert changed(visitor(desk.maria), entry, **kept).status_code == 302
    passed(held, 11)
    (payload,) = [payload for name, _, payload in world.done if name == "update_waitlist"]
    assert payload["fields"] == {"note": "Hello"}


def test_a_platform_that_lets_nobody_change_its_waitlist_says_what_to_do(
    desk: Desk, world: Any
) -> None:
    entry = entry_of(desk)
    world.able = frozenset({"webhooks"})
    assert "then load the waitlist file again" in waitlist_closed(desk.connection)
    browser = visitor(desk.maria)
    for url in ("/waitlist/", "/waitlist/add/", reverse("waitlist-entry", args=[entry.pk])):
        page = browser.get(url).content.decode()
        assert "does not let us change its waitlist" in page
    assert (
        'name="service"' not in page
        and ">Change<" not in browser.get("/waitlist/").content.decode()
    )
    assert browser.post(reverse("waitlist-add"), waits(desk)).status_code == 422


# ---- who cancels often ----


def cancelled(desk: Desk, days_ago: float, visit: str = "", **fields: Any) -> Appointment:
    number = Appointment.objects.count()
    at = clock.now() - timedelta(days=days_ago)
    return Appointment.objects.create(
        **{
            "connection": desk.connection,
            "external_id": f"apt_off_{number}",
            "client": desk.client,
            "location": desk.location,
            "service_name": "Hot stone massage",
            "starts_at": at + timedelta(hours=5),
            "status": "cancelled",
            "cancelled_at": at,
            "visit_id": visit,
        }
        | fields
    )


def test_three_cancelled_visits_in_sixty_days_are_flagged_for_the_manager_with_the_facts(
    desk: Desk,
) -> None:
    manager = person_make("Olga", desk.location, "manager")
    cancelled(desk, 3, cancel_reason="sick")
    cancelled(desk, 20)
    assert "cancelled three times" not in visitor(manager).get("/waitlist/").content.decode()
    cancelled(desk, 59)
    page = visitor(manager).get("/waitlist/").content.decode()
    assert "1 client cancelled three times or more in sixty days" in page
    assert "Dana Kay" in page and "cancelled 5 hours before" in page and "“sick”" in page
    assert "cancelled three times" not in visitor(desk.maria).get("/waitlist/").content.decode()


def test_the_flag_stands_on_the_client_card_for_managers_only(desk: Desk) -> None:
    manager = person_make("Olga", desk.location, "manager")
    item = desks.drafted(desk)
    for days in (1, 2, 3):
        cancelled(desk, days)
    url = reverse("item", args=[item.pk])
    assert "Cancels often" in visitor(manager).get(url).content.decode()
    assert "Cancels often" not in visitor(desk.maria).get(url).content.decode()


def test_services_of_one_visit_and_old_cancellations_count_once_or_not(desk: Desk) -> None:
    for _ in range(3):
        cancelled(desk, 2, visit="vis_1")
    cancelled(desk, 30)
    cancelled(desk, 61)
    assert cancels_often([desk.location.pk], clock.now()) == []
    assert cancellations_of(desk.client, clock.now()) == []
    cancelled(desk, 10)
    (one,) = cancels_often([desk.location.pk], clock.now())
    assert len(one.visits) == 3 and one.client == desk.client
    assert cancels_often([desk.location.pk + 1], clock.now()) == []
    assert len(cancellations_of(desk.client, clock.now())) == 3


def test_the_seeded_rights_let_the_front_desk_decide_on_offers() -> None:
    held = set(RoleRight.objects.filter(role="front_desk").values_list("right", flat=True))
    assert "review_offers" in held
