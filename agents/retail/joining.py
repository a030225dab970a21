"""Sales joined to what was suggested: at once where the visit's own sale holds it, later where a
product that was said is bought within two weeks."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from agents.models import CheckoutCard, CheckoutIdea
from agents.retail.cards import BY
from core import clock
from core.audit import audit_record
from core.hints import hint_on_commit
from integrations.events import AppointmentEvent
from integrations.models import Appointment, Sale

Closed, Kind = CheckoutCard.Closed, CheckoutIdea.Kind
# A bottle that was spoken of and is bought within two weeks was bought because of it, we say.
WINDOW = timedelta(days=14)
# The same counter on the same day: a sale that names no visit still ends the card.
SAME_DAY = timedelta(hours=12)
CLOCKS_DIFFER = timedelta(minutes=10)


def sale_join(sale_id: int) -> list[CheckoutIdea]:
    """Close the client's card and join what was bought to what was suggested; returns the ideas
    joined. Called in the transaction that stored the sale, which happens once."""
    sale = Sale.objects.filter(pk=sale_id, client__isnull=False).first()
    if sale is None:
        return []
    products, services = _sold(sale)
    cards = _cards_of(sale)
    joined = _joined(sale, cards, products, services)
    for card in cards:
        if card.closed == Closed.OPEN:
            CheckoutCard.objects.filter(pk=card.pk).update(
                closed=Closed.SALE, closed_at=clock.now()
            )
            hint_on_commit(card.location_id, "checkout")
    return joined


def _sold(sale: Sale) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """(product → money, service → money); what was given back is not sold."""
    products: dict[int, Decimal] = defaultdict(Decimal)
    services: dict[int, Decimal] = defaultdict(Decimal)
    for line in sale.lines.filter(quantity__gt=0).order_by("pk"):
        if line.product_id is not None:
            products[line.product_id] += line.amount
        elif line.service_id is not None:
            services[line.service_id] += line.amount
    return products, services


def _cards_of(sale: Sale) -> list[CheckoutCard]:
    """The cards of the visit that was paid, open ones of the same client and day included."""
    rows = CheckoutCard.objects.select_for_update(of=("self",)).filter(
        client=sale.client_id, connection=sale.connection_id, location=sale.location_id
    )
    near = rows.filter(
        moment=CheckoutCard.Moment.VISIT,
        opened_at__gt=sale.closed_at - SAME_DAY,
        opened_at__lt=sale.closed_at + SAME_DAY,
    ).select_related("appointment")
    visit = sale.visit_id
    return [
        card
        for card in near.order_by("pk")
        if not visit or card.appointment.visit_id in {visit, ""}
    ]


def _joined(
    sale: Sale,
    cards: Iterable[CheckoutCard],
    products: dict[int, Decimal],
    services: dict[int, Decimal],
) -> list[CheckoutIdea]:
    own = {card.pk for card in cards}
    rows = CheckoutIdea.objects.select_for_update(of=("self",)).filter(
        client=sale.client_id,
        location__connection=sale.connection_id,
        sold_at=None,
        made_at__gt=sale.closed_at - WINDOW,
        made_at__lte=sale.closed_at + CLOCKS_DIFFER,
    )
    found = []
    for idea in rows.order_by("-made_at", "-pk"):
        here = idea.card_id in own
        if idea.kind == Kind.PRODUCT and idea.product_id in products:
            said = idea.answer == CheckoutIdea.Answer.SAID
            if here or said:
                found.append(_sell(idea, sale, products.pop(idea.product_id), later=not here))
        elif idea.kind == Kind.ADD_ON and here and idea.service_id in services:
            found.append(_sell(idea, sale, services.pop(idea.service_id), later=False))
    return found


def _sell(
    idea: CheckoutIdea, sale: Sale | None, amount: Decimal | None, *, later: bool
) -> CheckoutIdea:
    idea.sold_at = sale.closed_at if sale else clock.now()
    idea.sold_later, idea.sold_amount, idea.sale = later, amount, sale
    idea.save(update_fields=["sold_at", "sold_later", "sold_amount", "sale"])
    audit_record(
        action="checkout.sold",
        actor=BY,
        connection=idea.card.connection_id,
        location=idea.location_id,
        client=idea.client_id,
        subject=f"checkout:{idea.card_id}",
        facts={"idea": idea.pk, "sale": sale.external_id if sale else "", "later": later},
    )
    hint_on_commit(idea.location_id, "checkout")
    return idea


def booking_join(event: AppointmentEvent) -> CheckoutIdea | None:
    """A treatment that was suggested is booked: the next visit within two weeks, an add-on on the
    day of the visit it was suggested for."""
    # Nearly every booking is of somebody to whom nothing was suggested: that is one statement.
    found = CheckoutIdea.objects.filter(
        client=event.client_id,
        kind__in=[Kind.ADD_ON, Kind.NEXT],
        sold_at=None,
        made_at__gt=event.at - WINDOW,
    ).exclude(card__appointment=event.appointment_id)
    if not found.exists():
        return None
    row = Appointment.objects.filter(pk=event.appointment_id).first()
    if row is None or row.service_id is None:
        return None
    ideas = found.select_related("card__appointment").order_by("-made_at", "-pk")
    for idea in ideas:
        if idea.service_id != row.service_id:
            continue
        begins = idea.card.appointment.starts_at
        same_day = abs(row.starts_at - begins) < SAME_DAY
        if same_day == (idea.kind == Kind.ADD_ON) and row.starts_at > begins:
            return _sell(idea, None, row.price, later=idea.kind == Kind.NEXT)
    return None
