"""What a client was asked and may answer: offers of open slots, visits to be confirmed, and another
therapist or hour where somebody is out."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Exists, OuterRef, Q, Subquery

from approvals.actions import SendMessage
from approvals.models import AbsenceLine, Answer, ApprovalItem, Effect, Offer, Opening
from integrations.models import Appointment, Client
from integrations.people import household

OfferState = Offer.State
ASKS = re.compile(
    r"\b(?:reply|answer|respond|text|responda|responde|conteste|contesta)\s+(?:with\s+|con\s+)?"
    r"(?P<digit>\d)\b",
    re.IGNORECASE,
)
# Beyond this an answer to a confirmation is taken for something else.
VISIT_ASKED = timedelta(days=14)
# People say the same thing twice, or think again, within so long.
AGAIN = timedelta(minutes=10)
# Offers a yes may still win or be told about kindly.
ASKED = (OfferState.WAITING, OfferState.SENT, OfferState.SILENT)
NOT_ASKED = (OfferState.SKIPPED, OfferState.FAILED)
# The digits of visits come after those of offers, which take 1, 3, 5, 7 in turn.
VISIT_DIGITS = ("1", "4", "6", "8", "9")
GONE_OUT = (Effect.Outcome.SENT, Effect.Outcome.UNKNOWN)


@dataclass(frozen=True)
class Question:
    """One thing asked in a thread. ``yes`` and ``no`` are its digits, '' where none was asked for.

    ``live``: not answered yet. A past one may still be answered late, if nothing else is open.
    ``lingers``: a past one whose text a bare yes may still mean, because nobody answered it, or
    somebody did a moment ago and says so twice. ``key`` is the one the text was sent under.
    """

    kind: Literal["offer", "visit", "move"]
    client_id: int
    yes: str
    no: str
    live: bool
    key: str = ""
    lingers: bool = False
    offer: Offer | None = None
    item: ApprovalItem | None = None
    appointments: tuple[Appointment, ...] = ()
    line: AbsenceLine | None = None


def asked_digit(body: str) -> str:
    """The digit a text asks for as an answer, or ''."""
    found = ASKS.search(body)
    return found["digit"] if found else ""


def no_digit(yes: str) -> str:
    """What an offer that asks for ``yes`` takes for a no."""
    return "2" if yes == "1" else "0"


def questions_for(people: Sequence[Client], channel: str, now: datetime) -> list[Question]:
    """Everything the people of one thread were asked by this channel, the newest first."""
    ids = [client.pk for client in people]
    return [
        *offer_questions(ids, channel, now),
        *move_questions(ids, channel, now),
        *visit_questions(ids, channel, now),
    ]


def move_questions(ids: Collection[int], channel: str, now: datetime) -> list[Question]:
    """Another therapist or hour that a text of ours spoke of; the appointment is still to come."""
    went_out = Effect.objects.filter(
        item=OuterRef("item"),
        type=SendMessage.name,
        call_started_at__isnull=False,
        outcome__in=["", *GONE_OUT],
    )
    rows = (
        AbsenceLine.objects.filter(
            Exists(went_out), client_id__in=ids, channel=channel, appointment__starts_at__gt=now
        )
        .exclude(yes_digit="")
        .select_related("client", "item", "appointment")
        .order_by("-pk")
    )
    return [
        Question(
            kind="move",
            client_id=line.client_id or 0,
            yes=line.yes_digit,
            no=line.no_digit,
            live=line.state == AbsenceLine.State.APPROVED,
            item=line.item,
            line=line,
        )
        for line in rows
    ]


def offer_questions(ids: Collection[int], channel: str, now: datetime) -> list[Question]:
    went_out = Q(sent_at__isnull=False) | Q(effect__call_started_at__isnull=False)
    rows = (
        Offer.objects.filter(
            went_out,
            client_id__in=ids,
            channel=channel,
            released_at__isnull=False,
            opening__starts_at__gt=now,
        )
        .exclude(state__in=NOT_ASKED)
        .select_related("client", "opening__location", "effect")
        .order_by("-sent_at", "-id")
    )
    return [_of_offer(offer, now) for offer in rows]


def _of_offer(offer: Offer, now: datetime) -> Question:
    free = offer.opening.state in {Opening.State.OPEN, Opening.State.OFFERING}
    live = offer.state in ASKED and free
    unanswered = offer.answered_at is None or offer.answered_at > now - AGAIN
    return Question(
        kind="offer",
        client_id=offer.client_id,
        yes=offer.digit,
        no=no_digit(offer.digit),
        live=live,
        lingers=unanswered and not live,
        key=offer.effect.key if offer.effect else "",
        offer=offer,
    )


def visit_questions(ids: Collection[int], channel: str, now: datetime) -> list[Question]:
    """Visits a text of ours asked to confirm; of several texts about one visit the newest."""
    answers = Answer.objects.filter(asked=OuterRef("item"), outcome=Answer.Outcome.CONFIRMED)
    rows = (
        Effect.objects.filter(
            type=SendMessage.name,
            item__client_id__in=ids,
            channel=channel,
            call_started_at__gt=now - VISIT_ASKED,
            outcome__in=["", *GONE_OUT],
        )
        .exclude(item__covers=[])
        .annotate(answered_at=Subquery(answers.order_by("-at").values("at")[:1]))
        .select_related("item", "revision")
        .order_by("-call_started_at", "-id")
    )
    found: list[Question] = []
    seen: set[int] = set()
    for effect in rows:
        digit = asked_digit(effect.revision.body)
        visits = _visits(effect.item, now)
        if not digit or not visits or {visit.pk for visit in visits} & seen:
            continue
        seen |= {visit.pk for visit in visits}
        open_now = any(visit.status == Appointment.Status.BOOKED for visit in visits)
        found.append(
            Question(
                kind="visit",
                client_id=effect.item.client_id or 0,
                yes=digit,
                no="",
                live=open_now and effect.answered_at is None,
                lingers=effect.answered_at is not None and effect.answered_at > now - AGAIN,
                key=effect.key,
                item=effect.item,
                appointments=tuple(visits),
            )
        )
    return found


def _visits(item: ApprovalItem, now: datetime) -> list[Appointment]:
    """What the text spoke of, as far as it is still to come at that very time."""
    told = {int(pk): start for pk, start in item.covers}
    rows = Appointment.objects.filter(
        pk__in=told, status__in=Appointment.UPCOMING, deleted_at=None, starts_at__gt=now
    ).select_related("client", "location", "service", "staff")
    return [
        row
        for row in rows.order_by("starts_at", "pk")
        if datetime.fromisoformat(told[row.pk]) == row.starts_at
    ]


@dataclass(frozen=True)
class Leaving:
    """Which texts not to count when asking for free digits.

    ``but``: one draft, the one that asks. ``about``: texts about these appointments, since asking
    again about the same visit takes the same digit. ``waiting``: those that have not gone out.
    """

    but: int | None = None
    about: Collection[int] = ()
    waiting: bool = False


def digits_taken(
    ids: Collection[int], now: datetime, leaving: Leaving | None = None
) -> dict[int, set[str]]:
    """Per client the digits that a text on their phone, or one that waits to go, stands for."""
    leaving = leaving or Leaving()
    taken: dict[int, set[str]] = {}
    offers = Offer.objects.filter(client_id__in=ids, opening__starts_at__gt=now).exclude(
        Q(state=OfferState.SKIPPED) | Q(item_id=leaving.but or 0)
    )
    if leaving.waiting:
        offers = offers.filter(released_at__isnull=False)
    for client_id, digit in offers.values_list("client_id", "digit"):
        taken.setdefault(client_id, set()).update({digit, no_digit(digit)})
    for client_id, *pair in _move_digits(ids, now, leaving):
        taken.setdefault(client_id, set()).update(pair)
    for client_id, digit in visit_digits(ids, now, leaving):
        taken.setdefault(client_id, set()).add(digit)
    return taken


def _move_digits(
    ids: Collection[int], now: datetime, leaving: Leaving
) -> Iterable[tuple[int, str, str]]:
    """(client, yes, no) of every change that a text has gone out about, or is to."""
    states = [AbsenceLine.State.APPROVED, AbsenceLine.State.AGREED]
    if not leaving.waiting:
        states.append(AbsenceLine.State.OPEN)
    rows = AbsenceLine.objects.filter(
        client_id__in=ids, state__in=states, appointment__starts_at__gt=now
    ).exclude(yes_digit="")
    if leaving.but:
        # Its own, and the one that follows the answer to it.
        rows = rows.exclude(Q(item_id=leaving.but) | Q(on_yes_id=leaving.but) | Q(item=None))
    found = rows.values_list("client_id", "yes_digit", "no_digit")
    return [(client_id or 0, yes, no) for client_id, yes, no in found]


def visit_digits(
    ids: Collection[int], now: datetime, leaving: Leaving | None = None
) -> Iterator[tuple[int, str]]:
    """(client, digit) of every text about a visit to come that asks for an answer; one query."""
    leaving = leaving or Leaving()
    states = [ApprovalItem.State.SENDING, ApprovalItem.State.SENT, ApprovalItem.State.UNKNOWN]
    if not leaving.waiting:
        states += ApprovalItem.LIVE
    rows = (
        ApprovalItem.objects.filter(
            client_id__in=ids,
            state__in=states,
            due_at__gt=now,
            created_at__gt=now - VISIT_ASKED,
            revision__channel__gt="",
        )
        .exclude(Q(covers=[]) | Q(pk=leaving.but or 0))
        .values_list("client_id", "covers", "revision__body")
    )
    for client_id, covers, body in rows:
        digit = asked_digit(body)
        if digit and client_id is not None and not {pk for pk, _ in covers} & set(leaving.about):
            yield client_id, digit


def visit_digit(people: Sequence[Client], about: Collection[int], now: datetime) -> str:
    """The digit a text about these appointments may ask for: one that means nothing else there."""
    taken = digits_taken([client.pk for client in people], now, Leaving(about=about))
    used = set().union(*taken.values())
    return next((digit for digit in VISIT_DIGITS if digit not in used), VISIT_DIGITS[-1])


def digit_is_free(item: ApprovalItem, message: SendMessage, now: datetime) -> bool:
    """Whether the digit this text asks for means nothing else in what that phone has got so far."""
    digit = asked_digit(message.body)
    if not digit or item.client is None:
        return True
    people = household(item.client) if message.channel == "sms" else [item.client]
    leaving = Leaving(item.pk, [pk for pk, _ in item.covers], waiting=True)
    taken = digits_taken([client.pk for client in people], now, leaving)
    return not any(digit in used for used in taken.values())
