"""Each incoming message is read once, joined with what it answers, and acted on or left alone.

Runs inside the transaction that finishes the InboundEvent and only writes rows.
"""

from collections.abc import Callable, Sequence

from django.db import transaction

from approvals.absences.answering import move_answered
from approvals.answers.joining import NO_QUESTION, OFFERED, TORN, joined
from approvals.answers.naming import TWO_VISITS, named_in, names_any
from approvals.answers.offers import offer_answered
from approvals.answers.optouts import helped, opted_in, opted_out
from approvals.answers.questions import Question, questions_for
from approvals.answers.reading import (
    LATELY,
    Came,
    Heard,
    has_words,
    people_of,
    place_of,
    understood,
)
from approvals.answers.replies import left_to_a_person
from approvals.answers.visits import (
    as_one,
    visit_called_off,
    visit_confirmed,
    visit_late,
    visits_ahead,
    visits_now,
)
from approvals.models import Answer
from approvals.news import AnswerWanted
from approvals.services.telling import news_announce
from core import clock
from core.audit import Actor, audit_record
from integrations import consent
from integrations.models import Client, Message

Outcome = Answer.Outcome
ORDERS: dict[str, Callable[[Heard], Came]] = {
    "stop": opted_out,
    "start": opted_in,
    "help": helped,
}
# Somebody still has to answer these.
LEFT = frozenset({Outcome.PERSON, Outcome.STRANGER})
NOT_CLEAR = "No rule says what it means."
PICTURE = "It holds a picture or file and no words."
NO_VISIT = "They have nothing booked that it could mean."
OFFER_AND_VISIT = "It could mean the open slot or a visit."
NO_MEANT = "They said no where a visit was to be confirmed."


def message_handle(message_id: int) -> Answer | None:
    """Act on one message, once; None when it was handled before, or is none of a client."""
    message = (
        Message.objects.select_related("client", "location", "connection")
        .filter(pk=message_id, incoming=True)
        .first()
    )
    if message is None:
        return None
    with transaction.atomic():
        people = people_of(message)
        _locked(people)
        if Answer.objects.filter(message=message).exists():
            return None
        place = place_of(message, people)
        if not people or place is None:
            return _stored(message, Came(Outcome.STRANGER, "Nobody is known by this number."))
        known = message.client or (people[0] if len(people) == 1 else None)
        heard = Heard(message, people, place, understood(message), known)
        came = _came(heard)
        answer = _stored(message, came, heard)
        if came.wanted:
            _want(heard)
        return answer


def _want(heard: Heard) -> None:
    """Agents that draft answers hear of it; ``at`` is now, so that what came while one was off is
    no matter of its own."""
    message = heard.message
    news_announce(
        AnswerWanted(
            key=f"answer-wanted:{message.pk}",
            connection_id=str(message.connection_id),
            at=clock.now(),
            location_id=heard.location.pk,
            client_id=heard.client.pk,
            message_id=message.pk,
        )
    )


def _locked(people: Sequence[Client]) -> None:
    """Two messages of one phone take turns; references to the client stay possible meanwhile."""
    ids = [client.pk for client in people]
    rows = Client.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids)
    list(rows.order_by("pk").values_list("pk", flat=True))


def _came(heard: Heard) -> Came:
    found = heard.found
    if found.meaning in ORDERS:
        return ORDERS[found.meaning](heard)
    if not has_words(heard.message):
        if heard.message.details.get("media"):
            return left_to_a_person(heard, PICTURE)
        return Came(Outcome.NOTHING, "Nothing is written in it.")
    if found.meaning == "thanks":
        return Came(Outcome.NOTHING, "A thank-you.")
    questions = questions_for(heard.people, heard.message.channel, clock.now())
    if found.torn:
        return left_to_a_person(heard, TORN, questions)
    if found.meaning == "cancel":
        return _called_off(heard, questions)
    if found.meaning == "late":
        return _late(heard)
    if found.meaning:
        return _answered(heard, questions)
    return left_to_a_person(heard, NOT_CLEAR)


def _answered(heard: Heard, questions: Sequence[Question]) -> Came:
    """A yes, no or digit: of one question, or of none that we know."""
    answer = joined(heard.found, questions, _answers_key(heard.message))
    if answer.question is None:
        if answer.doubt == NO_QUESTION:
            return _unasked(heard)
        return left_to_a_person(heard, answer.doubt, questions)
    if answer.question.kind == "offer":
        return offer_answered(heard, answer)
    if answer.question.kind == "move":
        return move_answered(heard, answer)
    if answer.yes:
        return visit_confirmed(heard, answer.question)
    return left_to_a_person(heard, NO_MEANT)


def _unasked(heard: Heard) -> Came:
    """A bare yes where nothing of ours is open: what it is about was said by somebody else."""
    said_yes = heard.message.body.strip().strip(".!").casefold() == "yes"
    if said_yes and consent.opted_out(heard.client, heard.message.channel):
        # Some carriers take it for START; nothing else was asked.
        return opted_in(heard)
    last = (
        Message.objects.filter(
            client__in=heard.people,
            incoming=False,
            channel=heard.message.channel,
            sent_at__gt=heard.message.sent_at - LATELY,
            sent_at__lte=heard.message.sent_at,
        )
        .order_by("-sent_at")
        .first()
    )
    if heard.found.is_yes and last is not None and last.source == "platform":
        return Came(Outcome.NOTHING, "An answer to what the platform sent by itself.")
    return left_to_a_person(heard, NO_QUESTION)


def _called_off(heard: Heard, questions: Sequence[Question]) -> Came:
    """Cannot come: the visit they name, or the one that was asked about, or the only one."""
    live = [one for one in questions if one.live]
    offers = [one for one in live if one.kind == "offer"]
    ahead = visits_ahead(heard.people)
    if offers and not ahead:
        return _offer_refused(heard, offers)
    if not ahead:
        return left_to_a_person(heard, NO_VISIT)
    named, why = named_in(heard.message, ahead)
    if why:
        return left_to_a_person(heard, why)
    plainly = names_any(heard.message)
    if not plainly and any(one.kind in OFFERED for one in live):
        return left_to_a_person(heard, OFFER_AND_VISIT, questions)
    visits = as_one(named)
    asked = live[0] if len(live) == 1 and live[0].kind == "visit" else None
    if not visits and asked is not None and not plainly:
        visits = list(asked.appointments)
    return visit_called_off(heard, visits, asked) if visits else left_to_a_person(heard, TWO_VISITS)


def _offer_refused(heard: Heard, offers: Sequence[Question]) -> Came:
    """Who cannot come, and has nothing booked, speaks of the slot they were offered."""
    answer = joined(heard.found.as_no(), offers)
    if answer.question is None:
        return left_to_a_person(heard, answer.doubt, offers)
    return offer_answered(heard, answer)


def _late(heard: Heard) -> Came:
    soon = visits_now(heard.people)
    named, why = named_in(heard.message, soon)
    if why:
        return left_to_a_person(heard, why)
    visits = as_one(named)
    if not visits:
        return left_to_a_person(heard, TWO_VISITS if soon else NO_VISIT)
    return visit_late(heard, visits[0])


def _answers_key(message: Message) -> str:
    """The key of our message that an e-mail says it answers. A text says nothing of the kind."""
    if message.channel != "email" or not message.in_reply_to:
        return ""
    sent = Message.objects.filter(
        connection=message.connection_id, external_id=message.in_reply_to, incoming=False
    )
    return sent.values_list("reference", flat=True).first() or ""


def _stored(message: Message, came: Came, heard: Heard | None = None) -> Answer:
    """The Answer, and one audit row with ids and meanings, never with the words."""
    found, question = heard.found if heard else understood(message), came.question
    answer = Answer.objects.create(
        message=message,
        client=heard.known if heard else None,
        meaning=found.meaning,
        digit=found.digit,
        minutes=found.minutes,
        outcome=came.outcome,
        words=came.words[:300],
        offer=question.offer if question else None,
        asked=question.item if question else None,
        item_id=came.item_id,
    )
    if came.outcome not in LEFT:
        # Conversations shows what it was taken for, and does not count it as waiting.
        message.details = {**message.details, "handled": came.words[:300]}
        message.save(update_fields=["details"])
    audit_record(
        action="message.answered",
        actor=Actor.system("answers"),
        connection=message.connection_id,
        location=heard.location.pk if heard else "",
        client=answer.client_id or "",
        subject=f"message:{message.pk}",
        correlation=f"item:{came.item_id}" if came.item_id else "",
        facts={
            "meaning": found.meaning,
            "digit": found.digit,
            "outcome": came.outcome,
            "offer": answer.offer_id,
            "asked": answer.asked_id,
            "item": came.item_id,
        },
    )
    return answer
