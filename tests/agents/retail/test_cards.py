"""A card from check-in to the sale: opened by events, put together once, answered, joined."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents.models import CheckoutCard, CheckoutIdea, CheckoutSettings, RetailRule
from agents.retail.answering import idea_answer
from agents.retail.cards import cards_drain, cards_expire
from agents.retail.selectors import came_of_it, cards_open
from approvals.errors import NoRight, NotPossible
from approvals.models import Mishap
from approvals.news import ClientErased
from approvals.permissions import rights_of
from core import clock
from core.models import AuditEvent
from integrations.events import (
    AppointmentBooked,
    AppointmentCancelled,
    ClientCheckedIn,
    SaleCompleted,
    ServiceCompleted,
)
from integrations.inbox import events_announce
from integrations.models import Appointment, Client, Product, Sale, SaleLine, Service, Shift, User
from tests.support.desks import Desk

pytestmark = pytest.mark.django_db


def visit(desk: Desk, client: Client | None = None, **more: Any) -> Appointment:
    return desk.appointment(
        client or desk.client(), service=desk.services["color"], service_name="Full color",
        starts_at=clock.now() - timedelta(minutes=50), ends_at=clock.now() + timedelta(minutes=10),
        visit_id=f"v{desk.made}", **more,
    )  # fmt: skip


def heard(kind: Any, row: Appointment, **more: Any) -> None:
    events_announce(
        [
            kind(
                key=f"{kind.__name__}:{row.pk}:{clock.now().isoformat()}",
                connection_id=str(row.connection_id), at=more.pop("at", clock.now()),
                location_id=row.location_id, client_id=row.client_id, appointment_id=row.pk, **more,
            )
        ]
    )  # fmt: skip


def sold(row: Appointment, *products: Product, at: Any = None, visit: str | None = None) -> Sale:
    made = Sale.objects.create(
        connection=row.connection, external_id=f"sale{Sale.objects.count()}", client=row.client,
        location=row.location, visit_id=row.visit_id if visit is None else visit,
        closed_at=at or clock.now(),
    )  # fmt: skip
    SaleLine.objects.bulk_create(
        SaleLine(sale=made, kind="product", product=one, name=one.name, amount=one.price or 0)
        for one in products
    )
    event = SaleCompleted(
        key=f"sale:{made.pk}", connection_id=str(row.connection_id), at=made.closed_at,
        location_id=row.location_id, client_id=row.client_id, sale_id=made.pk,
    )  # fmt: skip
    events_announce([event])
    return made


def suggested(row: Appointment, kind: Any = ClientCheckedIn) -> list[CheckoutIdea]:
    heard(kind, row)
    cards_drain()
    return list(CheckoutIdea.objects.filter(client=row.client_id).order_by("kind", "place", "pk"))


def test_a_check_in_brings_one_or_two_products_for_this_client_and_says_why(desk: Desk) -> None:
    row = visit(desk)
    first, second = suggested(row)
    assert (first.name, second.name) == ("Tamarack shampoo", "Tamarack hair oil")
    assert [one["kind"] for one in first.reasons] == ["field", "stock"]
    card = CheckoutCard.objects.get()
    assert card.until == row.ends_at + timedelta(minutes=30)  # type: ignore[operator]
    assert AuditEvent.objects.get(action="checkout.suggested").facts["products"] == [
        first.product_id, second.product_id,
    ]  # fmt: skip
    heard(ClientCheckedIn, row)
    cards_drain()
    again = list(CheckoutIdea.objects.order_by("kind", "place", "pk"))
    assert again == [first, second], "the same again is the same"


def test_notes_mishaps_consent_and_minors_keep_things_unsaid(desk: Desk) -> None:
    noted = visit(desk, desk.client("Ada", notes="Allergic to lavender."))
    assert [one.name for one in suggested(noted)] == ["Tamarack shampoo"]
    formed = visit(desk, desk.client("Bo", custom_fields={"Allergies": "yes, ask"}))
    assert suggested(formed) == []
    hurt = visit(desk, desk.client("Cy"))
    Mishap.objects.create(
        location=desk.location, client=hurt.client, appointment=hurt, at=clock.now(),
        until=clock.now() + timedelta(days=7), user=desk.person(), user_name="Maria Ruiz",
    )  # fmt: skip
    assert suggested(hurt) == []
    young = visit(desk, desk.client("Di", birthday=clock.now().date() - timedelta(days=15 * 365)))
    assert suggested(young) == []
    nobody = visit(desk, desk.client("Ed", no_drafts=True))
    assert suggested(nobody) == []
    CheckoutSettings.objects.create(location=desk.location, only_with_consent=True)
    asked = visit(desk, desk.client("Flo"))
    asked.client.consents.filter(purpose="marketing").update(granted=False)  # type: ignore[union-attr]
    assert suggested(asked) == []
    assert suggested(visit(desk, desk.client("Gus"))) != []


def test_an_emptied_product_table_leaves_nothing_to_mention_and_breaks_no_open_card(
    desk: Desk,
) -> None:
    row = visit(desk)
    assert len(suggested(row)) == 2
    Product.objects.update(deleted_at=clock.now())
    assert suggested(visit(desk, desk.client("Ada"))) == []
    maria = desk.person()
    assert row.client_id in {one.client_id for one in cards_open(rights_of(maria))}
    heard(ServiceCompleted, row)
    cards_drain()


def test_old_news_history_and_a_visit_without_a_client_open_no_card(desk: Desk) -> None:
    row = visit(desk)
    heard(ClientCheckedIn, row, at=clock.now() - timedelta(hours=3))
    heard(ClientCheckedIn, row, history=True)
    Appointment.objects.filter(pk=row.pk).update(client=None)
    heard(ClientCheckedIn, row)
    assert not CheckoutCard.objects.exists()


def test_it_lives_until_the_sale_or_half_an_hour_after_the_service(desk: Desk) -> None:
    maria = desk.person()
    row = visit(desk)
    suggested(row)
    Appointment.objects.filter(pk=row.pk).update(status="completed")
    heard(ServiceCompleted, row)
    cards_drain()
    rights = rights_of(maria)
    now = clock.now()
    assert len(cards_open(rights, now=now + timedelta(minutes=29))) == 1
    assert cards_open(rights, now=now + timedelta(minutes=31)) == []
    sold(row)
    assert cards_open(rights) == []
    heard(ServiceCompleted, row)
    cards_drain()
    assert cards_open(rights) == [], "what comes late does not open it again"


def test_a_sale_that_arrives_before_the_card_is_put_together_closes_it(desk: Desk) -> None:
    row = visit(desk)
    sold(row)
    assert suggested(row, ServiceCompleted) == []
    assert CheckoutCard.objects.get().closed == "sale"


def test_a_visit_that_is_off_takes_its_card_away(desk: Desk) -> None:
    row = visit(desk)
    suggested(row)
    heard(AppointmentCancelled, row)
    assert CheckoutCard.objects.get().closed == "off"


def test_said_it_is_kept_joined_to_the_sale_and_learned_from(desk: Desk) -> None:
    maria = desk.person()
    row = visit(desk)
    first, second = suggested(row)
    idea_answer(user=maria, idea_id=first.pk, answer="said")
    sale = sold(row, first.product)  # type: ignore[arg-type]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.sold_later, first.sold_amount, first.sale) == (False, Decimal(24), sale)
    assert second.sold_at is None and second.answer == ""
    facts = AuditEvent.objects.get(action="checkout.answered").facts
    assert (facts["answer"], facts["before"]) == ("said", "")
    assert AuditEvent.objects.filter(action="checkout.sold").count() == 1
    figures = came_of_it(rights_of(maria), [desk.location.pk])
    assert figures is not None and (figures.said, figures.sold) == (1, 1)
    for _ in range(3):
        found = suggested(visit(desk, desk.client()))
        (shampoo,) = [one for one in found if one.name == "Tamarack shampoo"]
        idea_answer(user=maria, idea_id=shampoo.pk, answer="wrong")
    assert suggested(visit(desk, desk.client()))[0].name == "Tamarack hair oil"


def test_bought_within_two_weeks_after_it_was_said_counts_and_later_does_not(desk: Desk) -> None:
    maria = desk.person()
    rows = [visit(desk, desk.client()) for _ in range(3)]
    ideas = [suggested(row)[0] for row in rows]
    for idea in ideas[:2]:
        idea_answer(user=maria, idea_id=idea.pk, answer="said")
    days = (13, 15, 13)
    for row, idea, after in zip(rows, ideas, days, strict=True):
        sold(row, idea.product, at=clock.now() + timedelta(days=after), visit="")  # type: ignore[arg-type]
    kept = [CheckoutIdea.objects.get(pk=idea.pk) for idea in ideas]
    assert [one.sold_at is not None for one in kept] == [True, False, False]
    assert kept[0].sold_later


def test_not_now_rests_and_wrong_brings_another_at_once(desk: Desk) -> None:
    maria, client = desk.person(), desk.client()
    CheckoutSettings.objects.create(location=desk.location, most=1)
    (first,) = suggested(visit(desk, client))
    idea_answer(user=maria, idea_id=first.pk, answer="wrong")
    cards_drain()
    names = {one.name: one.answer for one in CheckoutIdea.objects.filter(client=client)}
    assert names == {"Tamarack shampoo": "wrong", "Tamarack hair oil": ""}
    oil = CheckoutIdea.objects.get(client=client, answer="")
    idea_answer(user=maria, idea_id=oil.pk, answer="not_now")
    later = visit(desk, client)
    heard(ClientCheckedIn, later)
    cards_drain()
    assert not CheckoutIdea.objects.filter(card__appointment=later).exists()
    assert CheckoutCard.objects.get(appointment=later).left_out == {"answered": 2}


def test_a_second_tap_changes_the_first_and_the_next_day_it_is_too_late(desk: Desk) -> None:
    maria = desk.person()
    idea = suggested(visit(desk))[0]
    idea_answer(user=maria, idea_id=idea.pk, answer="said")
    idea_answer(user=maria, idea_id=idea.pk, answer="")
    assert idea_answer(user=maria, idea_id=idea.pk, answer="not_now").answer == "not_now"
    assert AuditEvent.objects.filter(action="checkout.answered").count() == 3
    with pytest.raises(NotPossible):
        idea_answer(user=maria, idea_id=idea.pk, answer="maybe")
    CheckoutIdea.objects.update(made_at=clock.now() - timedelta(days=2))
    with pytest.raises(NotPossible):
        idea_answer(user=maria, idea_id=idea.pk, answer="said")


def test_only_the_desk_of_that_location_sees_and_answers(desk: Desk) -> None:
    row = visit(desk)
    idea = suggested(row)[0]
    nina = desk.person("Nina Vogel", "front_desk", desk.locations[1])
    tess = desk.person("Tess Lind", "provider", desk.location)
    for stranger in (nina, tess):
        assert cards_open(rights_of(stranger)) == []
        with pytest.raises(NoRight):
            idea_answer(user=stranger, idea_id=idea.pk, answer="said")
    assert came_of_it(rights_of(nina), [desk.location.pk]) is None


def test_a_provider_with_the_right_sees_only_their_own_visits(desk: Desk) -> None:
    user: User = desk.person("Tess Lind", "stylist", desk.location)
    staff = desk.staff("Tess Lind", user)
    from tests.support.roles import group_make

    user.groups.add(group_make("own", desk.location, "provider", ("review_retail",)))
    mine, other = visit(desk, desk.client("Ada"), staff=staff), visit(desk, desk.client("Bo"))
    suggested(mine)
    suggested(other)
    assert [card.client for card in cards_open(rights_of(user))] == [mine.client]


def test_a_salons_rule_comes_first_and_never_means_never(desk: Desk) -> None:
    RetailRule.objects.create(
        connection=desk.connection, service_category="Hair", product_words="hair oil",
        strength="first", because="it seals the color",
    )  # fmt: skip
    RetailRule.objects.create(
        connection=desk.connection, location=desk.location, product_words="shampoo",
        strength="never",
    )  # fmt: skip
    (only,) = suggested(visit(desk))
    assert only.name == "Tamarack hair oil"
    assert only.reasons[0] == {
        "kind": "rule", "service": "Full color", "because": "it seals the color",
    }  # fmt: skip


def test_forgetting_a_client_takes_the_facts_off_their_cards(desk: Desk) -> None:
    row = visit(desk)
    suggested(row)
    erased = ClientErased(
        key="erased", connection_id=str(desk.connection.pk), at=clock.now(), client_id=row.client_id
    )
    events_announce([erased])
    assert CheckoutCard.objects.get().closed == "erased"
    assert {(one.name, tuple(one.reasons)) for one in CheckoutIdea.objects.all()} == {("", ())}


def test_after_its_days_what_was_bought_leaves_and_what_came_of_it_stays(desk: Desk) -> None:
    idea = suggested(visit(desk))[0]
    idea_answer(user=desk.person(), idea_id=idea.pk, answer="said")
    assert cards_expire(clock.now() + timedelta(days=179)) == 0
    assert cards_expire(clock.now() + timedelta(days=181)) == 2
    idea.refresh_from_db()
    assert (idea.reasons, idea.answer) == ([], "said")


def past_visits(desk: Desk, service: Service, days: list[int], client: Client) -> None:
    for day in days:
        desk.appointment(
            client, service=service, service_name=service.name, status="completed",
            starts_at=clock.now() - timedelta(days=day), ends_at=None,
        )  # fmt: skip


def test_when_the_visit_is_over_their_own_rhythm_says_when_to_come_next(desk: Desk) -> None:
    client = desk.client()
    row = visit(desk, client)
    past_visits(desk, desk.services["color"], [42, 84, 126], client)
    Appointment.objects.filter(pk=row.pk).update(status="completed")
    ideas = {one.kind: one for one in suggested(row, ServiceCompleted)}
    following = ideas["next"]
    assert following.name == "Full color"
    assert (following.reasons[0]["weeks"], following.reasons[0]["times"]) == (6, 4)
    booked = desk.appointment(
        client, service=desk.services["color"], starts_at=clock.now() + timedelta(weeks=6)
    )
    heard(AppointmentBooked, booked)
    following.refresh_from_db()
    assert following.sold_at is not None and following.sold_later
    again = visit(desk, client)
    assert "next" not in {
        one.kind for one in suggested(again, ServiceCompleted) if one.card.appointment == again
    }


def test_an_add_on_is_offered_at_booking_only_where_its_therapist_has_the_time(desk: Desk) -> None:
    from agents.retail.shelves import shelves_refit

    gloss = Service.objects.create(
        connection=desk.connection, external_id="s2", name="Gloss", category="Hair", minutes=30,
        price=35,
    )  # fmt: skip
    color, sarah = desk.services["color"], desk.staff()
    for number in range(40):
        someone = desk.client(f"C{number}")
        past_visits(desk, color, [number + 2], someone)
        if number % 2:
            past_visits(desk, gloss, [number + 2], someone)
    shelves_refit(desk.connection)
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)

    def booked(**more: Any) -> list[CheckoutIdea]:
        row = desk.appointment(
            desk.client(), service=color, service_name=color.name, staff=sarah, source="phone",
            starts_at=start, ends_at=start + timedelta(hours=1), **more,
        )  # fmt: skip
        found = suggested(row, AppointmentBooked)
        row.delete()
        return found

    assert booked() == [], "nobody is known to work then"
    Shift.objects.create(
        connection=desk.connection, external_id="sh", staff=sarah, location=desk.location,
        starts_at=start - timedelta(hours=2), ends_at=start + timedelta(hours=2),
    )  # fmt: skip
    (idea,) = booked()
    assert (idea.kind, idea.name, idea.price) == ("add_on", "Gloss", Decimal(35))
    assert idea.reasons[0]["share"] > 20
    desk.appointment(desk.client(), staff=sarah, starts_at=start + timedelta(hours=1),
                     ends_at=start + timedelta(hours=2))  # fmt: skip
    assert booked() == [], "somebody else comes right after"
