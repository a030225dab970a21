"""Checkout cards: opened by what the platform tells, put together outside that transaction.

Hearing of a check-in, a finished service or a booking at the desk costs a row; choosing what to
mention is work of the routine queue. A card is looked at again when the service is over: the shelf
may have changed meanwhile, what was answered stays.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from agents.models import CheckoutCard, CheckoutIdea, CheckoutSettings
from agents.retail.choosing import Pick, choose
from agents.retail.reading import AtCounter, seen_of, settings_of, visit_of
from agents.retail.treatments import Treat, add_on_of, next_of
from approvals.brakes import stepping_back
from core import clock
from core.audit import Actor, audit_record
from core.doorbell import ring_on_commit
from core.hints import hint_on_commit
from core.work import Queue
from integrations.consent import allowed
from integrations.events import AppointmentEvent
from integrations.models import Appointment, Client, Sale

DRAIN = "agents.checkout_cards"
cards_queue: Queue[CheckoutCard] = Queue(
    CheckoutCard, task=DRAIN, lease=timedelta(seconds=60), most_attempts=5
)
BY = Actor.system("checkout")
# A card lives until the sale or so long after the service.
AFTER = timedelta(minutes=30)
# Add-ons are spoken of while somebody is still on the phone.
BOOKING_FOR = timedelta(minutes=30)
# News that comes later than this is of a client who has left.
TOO_LATE = timedelta(hours=2)
AT_THE_DESK = frozenset({"phone", "front_desk", "walk_in"})
ADULT = 18
Kind, Moment, Closed = CheckoutIdea.Kind, CheckoutCard.Moment, CheckoutCard.Closed


def card_open(event: AppointmentEvent, *, finished: bool) -> CheckoutCard | None:
    """The visit's card, to be put together (again). None for old news and for nobody's visit."""
    row = _row_of(event)
    if row is None or event.at < clock.now() - TOO_LATE:
        return None
    day = f"{row.starts_at:%Y-%m-%d}"
    until = clock.now() if finished else max(row.ends_at or row.starts_at, clock.now())
    return _ask(row, f"visit:{row.visit_id or row.external_id}:{day}", Moment.VISIT, until + AFTER,
                finished=finished)  # fmt: skip


def booking_open(event: AppointmentEvent) -> None:
    """Somebody books at the desk or by phone: what would go with it is said now or never.

    Told again it changes nothing, so one INSERT does: this is on the path of every booking.
    """
    now = clock.now()
    rows = Appointment.objects.filter(pk=event.appointment_id, source__in=AT_THE_DESK)
    row = rows.filter(client__isnull=False, deleted_at=None).first()
    if row is None:
        return
    if event.at < now - BOOKING_FOR or row.starts_at <= now:
        return
    key = f"booking:{row.external_id}:{row.starts_at:%Y-%m-%dT%H:%MZ}"
    card = CheckoutCard(
        connection_id=row.connection_id,
        key=key[:200],
        location_id=row.location_id,
        client_id=row.client_id or 0,
        appointment=row,
        staff_id=row.staff_id,
        moment=Moment.BOOKING,
        until=now + BOOKING_FOR,
    )
    CheckoutCard.objects.bulk_create([card], ignore_conflicts=True)
    ring_on_commit(DRAIN)


def _row_of(event: AppointmentEvent) -> Appointment | None:
    rows = Appointment.objects.select_related("client")
    return rows.filter(pk=event.appointment_id, deleted_at=None).first()


def _ask(
    row: Appointment, key: str, moment: str, until: datetime, *, finished: bool
) -> CheckoutCard | None:
    if row.client is None:
        return None
    with transaction.atomic():
        card, made = CheckoutCard.objects.select_for_update(of=("self",)).get_or_create(
            connection_id=row.connection_id,
            key=key[:200],
            defaults={
                "location_id": row.location_id,
                "client": row.client,
                "appointment": row,
                "staff_id": row.staff_id,
                "moment": moment,
                "until": until,
                "finished": finished,
            },
        )
        if not made:
            if card.closed in {Closed.SALE, Closed.ERASED}:
                return None
            card.finished = card.finished or finished
            card.until, card.closed, card.closed_at = until, Closed.OPEN, None
            card.save(update_fields=["finished", "until", "closed", "closed_at"])
            card_look_again(card)
        ring_on_commit(DRAIN)
        return card


def card_look_again(card: CheckoutCard) -> None:
    """Back to work; whoever is at it now loses the right to write an older answer."""
    cards_queue.again(CheckoutCard.objects.filter(pk=card.pk))
    ring_on_commit(DRAIN)


def cards_close(*, appointment_id: int, why: str) -> int:
    """The visit is off: nobody is at the counter. Returns how many cards."""
    open_ones = CheckoutCard.objects.filter(appointment=appointment_id, closed=Closed.OPEN)
    return _close(open_ones, why)


def cards_forget(*, client_id: int) -> int:
    """The client was forgotten: their cards are closed and the facts on them go."""
    theirs = CheckoutCard.objects.filter(client=client_id)
    CheckoutIdea.objects.filter(client=client_id).update(reasons=[], name="")
    return _close(theirs, Closed.ERASED)


def cards_expire(now: datetime) -> int:
    """Retention: what was bought and when leaves the suggestions; what became of them stays for
    the figures. Returns how many."""
    before = now - timedelta(days=settings.RETENTION_DAYS)
    old = CheckoutIdea.objects.filter(made_at__lt=before).exclude(reasons=[])
    return old.update(reasons=[])


def _close(cards: Any, why: str) -> int:
    places = set(cards.order_by().values_list("location_id", flat=True))
    closed: int = cards.update(closed=why, closed_at=clock.now())
    for place in places:
        hint_on_commit(place, "checkout")
    return closed


def cards_drain() -> int:
    """Put together what is due; returns how many rows were taken."""
    return cards_queue.drain(card_put_together, batch=10)


def card_put_together(work: CheckoutCard) -> None:
    """One card: chosen outside any transaction, written in one."""
    now = clock.now()
    card = CheckoutCard.objects.get(pk=work.pk)
    visit = visit_of(card.appointment_id) if card.closed == Closed.OPEN else None
    if visit is None or card.until <= now:
        cards_queue.finish(work)
        return
    chosen = settings_of(visit.location)
    kept = list(card.ideas.exclude(answer=CheckoutIdea.Answer.NONE).order_by("pk"))
    ideas: list[CheckoutIdea] = []
    left_out = {"client": 1} if _nobody(visit, chosen, now) else {}
    if not left_out:
        products, left_out = _products(card, visit, chosen, kept, now)
        ideas = [*products, *_treatments(card, visit, chosen, kept, now)]
    spoken = _spoken(kept)
    until = _until(card, visit, now)
    with transaction.atomic():
        if cards_queue.finish(work, ready_at=now, left_out=left_out, until=until):
            _write(card, visit, ideas, spoken=spoken)


def _until(card: CheckoutCard, visit: AtCounter, now: datetime) -> datetime:
    """Half an hour after the visit's last service, however many of them it has."""
    done = Appointment.Status.COMPLETED
    if card.moment == Moment.BOOKING or all(one.status == done for one in visit.appointments):
        return card.until
    return max(card.until, max(visit.ends_at, now) + AFTER)


def _nobody(visit: AtCounter, settings: CheckoutSettings, now: datetime) -> bool:
    """Whether nothing is to be suggested to this client at all."""
    client = visit.client
    if client.no_drafts or client.deleted_at is not None or client.merged_into_id is not None:
        return True
    if _is_minor(client, now) or client.pk in stepping_back([client.pk]):
        return True
    if settings.only_with_consent:
        return not any(allowed(client, channel, "marketing").ok for channel in ("sms", "email"))
    return False


def _is_minor(client: Client, now: datetime) -> bool:
    born = client.birthday
    if born is None:
        return False
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day)) < ADULT


def _products(
    card: CheckoutCard,
    visit: AtCounter,
    settings: CheckoutSettings,
    kept: Sequence[CheckoutIdea],
    now: datetime,
) -> tuple[list[CheckoutIdea], dict[str, int]]:
    """New products for the card, and why others were left out."""
    if not settings.products or card.moment == Moment.BOOKING or _spoken(kept):
        return [], dict(card.left_out)
    chosen = choose(seen_of(visit, settings, now))
    ideas = [_of_pick(card, pick, place) for place, pick in enumerate(chosen.picks)]
    return ideas, chosen.left_out


def _spoken(kept: Sequence[CheckoutIdea]) -> bool:
    """Whether the desk has said a product, or put one off: then no other is brought up."""
    wrong = CheckoutIdea.Answer.WRONG
    return any(one.kind == Kind.PRODUCT and one.answer != wrong for one in kept)


def _of_pick(card: CheckoutCard, pick: Pick, place: int) -> CheckoutIdea:
    return CheckoutIdea(
        card=card,
        location_id=card.location_id,
        client_id=card.client_id,
        kind=Kind.PRODUCT,
        place=place,
        product_id=pick.ware.id,
        service_id=pick.service_id,
        name=pick.ware.name,
        price=pick.ware.price,
        currency=pick.ware.currency,
        score=round(pick.score, 4),
        reasons=[*pick.reasons, {"kind": "stock", "left": pick.ware.stock}]
        if pick.ware.stock is not None
        else list(pick.reasons),
    )


def _treatments(
    card: CheckoutCard,
    visit: AtCounter,
    settings: CheckoutSettings,
    kept: Sequence[CheckoutIdea],
    now: datetime,
) -> list[CheckoutIdea]:
    answered = {one.kind for one in kept}
    found: list[Treat | None] = []
    if settings.add_ons and not card.finished and Kind.ADD_ON not in answered:
        found.append(add_on_of(visit, now))
    if settings.next_visits and card.finished and Kind.NEXT not in answered:
        found.append(next_of(visit, now))
    return [
        CheckoutIdea(
            card=card,
            location_id=card.location_id,
            client_id=card.client_id,
            kind=one.kind,
            service=one.service,
            name=one.service.name,
            price=one.service.price,
            currency=one.service.currency,
            score=round(one.score, 4),
            reasons=list(one.reasons),
        )
        for one in found
        if one is not None
    ]


def _write(
    card: CheckoutCard, visit: AtCounter, ideas: Sequence[CheckoutIdea], *, spoken: bool
) -> None:
    """What was answered stays; what was not is replaced. A sale that came first closes the card."""
    sold = visit.first.visit_id and Sale.objects.filter(
        connection=card.connection_id, visit_id=visit.first.visit_id, client=card.client_id
    )
    if sold and sold.exists() and card.moment == Moment.VISIT:
        _close(CheckoutCard.objects.filter(pk=card.pk), Closed.SALE)
        return
    old = card.ideas.filter(answer=CheckoutIdea.Answer.NONE, sold_at=None)
    if spoken:
        old = old.exclude(kind=Kind.PRODUCT)
    was = [(one.kind, one.product_id, one.service_id) for one in old.order_by("kind", "place")]
    new = [(one.kind, one.product_id, one.service_id) for one in ideas]
    if was != new:
        old.delete()
        CheckoutIdea.objects.bulk_create(ideas, ignore_conflicts=True)
        _audit(card, ideas)
    hint_on_commit(card.location_id, "checkout")


def _audit(card: CheckoutCard, ideas: Sequence[CheckoutIdea]) -> None:
    audit_record(
        action="checkout.suggested",
        actor=BY,
        connection=card.connection_id,
        location=card.location_id,
        client=card.client_id,
        subject=f"checkout:{card.pk}",
        facts={
            "products": [one.product_id for one in ideas if one.kind == Kind.PRODUCT],
            "treatments": [one.service_id for one in ideas if one.kind != Kind.PRODUCT],
        },
    )
