"""The counter, from the chair to the till: a sentence appears, is said, and the sale is joined."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Visitor

from agents.models import CheckoutCard, CheckoutIdea, RetailRule
from agents.retail.reading import seen_of, settings_of, visit_of
from core import clock
from core.models import AuditEvent
from integrations.models import Appointment, LocationRole, Product, User
from tests.support.played import Played
from tests.support.scan import findings, too_wide

pytestmark = pytest.mark.browser
BECAUSE = "a bath tonight keeps the muscles soft."


def receptionist(visit: Appointment) -> User:
    user = User.objects.create_user("maria.counter@example.com", name="Maria Ruiz")
    user.groups.add(LocationRole.objects.get(location=visit.location, role="front_desk").group)
    return user


def at_the_counter(browser: Any, salon: Played, user: User) -> Any:
    visitor = Visitor()
    visitor.force_login(user)
    value = visitor.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(viewport={"width": 1280, "height": 820}, reduced_motion="reduce")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": salon.desk}])
    page = context.new_page()
    page.goto(salon.desk + "/checkout/")
    return page


def test_a_checkout_brings_a_suggestion_said_it_is_learned_from_and_a_sale_is_joined(
    played_stack: Played, browser: Any
) -> None:
    salon = played_stack
    booked = salon.book(salon.client("Dana", "Counter", "+12135550187"))
    rows = Appointment.objects.select_related("location").filter(external_id=booked["id"])
    visit: Appointment = salon.until(rows.first, "the booking never came")  # type: ignore[assignment]
    salts = Product.objects.filter(name__endswith="bath salts").order_by("pk")[0]
    salon.remote.act("set_stock", id=salts.external_id, stock=5)
    RetailRule.objects.create(
        connection=visit.connection, product=salts, strength="first", because=BECAUSE
    )
    page = at_the_counter(browser, salon, receptionist(visit))
    assert page.get_by_text("Nobody is at the counter").is_visible()

    salon.remote.act("check_in", id=booked["id"])
    salon.remote.act("complete", id=booked["id"])
    cards = CheckoutCard.objects.filter(client=visit.client, finished=True, state="done")
    card: CheckoutCard = salon.until(cards.first, "no card was put together")  # type: ignore[assignment]
    shown = page.get_by_role("article", name="Dana C.")
    shown.get_by_text(f"I would take {salts.name} home: {BECAUSE}").wait_for()
    assert shown.get_by_text("On the shelf: 5.").first.is_visible()
    assert findings(page) == []
    assert too_wide(page, "narrow", "tablet", "phone") == []

    page.set_viewport_size({"width": 1280, "height": 820})
    shown.get_by_role("button", name=f"Said it: {salts.name}").click()
    shown.get_by_role("button", name=f"Take back the answer about {salts.name}").wait_for()
    idea = CheckoutIdea.objects.get(card=card, product=salts)
    assert (idea.answer, idea.answered_by_name, idea.sold_at) == ("said", "Maria Ruiz", None)
    assert AuditEvent.objects.filter(action="checkout.answered").count() == 1

    wish = {"productId": salts.external_id, "quantity": 1}
    salon.remote.act("check_out", id=booked["id"], products=[wish])
    sold = CheckoutIdea.objects.filter(pk=idea.pk, sold_at__isnull=False)
    salon.until(sold.exists, "the sale was never joined")
    shown.wait_for(state="detached")
    page.reload()
    assert page.get_by_text("Bought or booked after it").is_visible()
    # The page follows its parts, and takes nothing else for one.
    page.wait_for_load_state("networkidle")
    assert page.locator("#signed-out").is_hidden()
    # What was said and bought weighs with the next card.
    here = visit_of(visit.pk)
    assert here is not None
    tally = seen_of(here, settings_of(here.location), clock.now()).tallies[salts.pk]
    assert (tally.said, tally.sold) == (1, 1) and tally.worth > 0
    page.context.close()
