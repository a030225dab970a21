"""The clients' phones: a text arrives, and what comes back, by link or as a message of its own."""

from datetime import timedelta

from approvals.ladders import claims
from approvals.ladders.tokens import token_hash
from approvals.models import Answer, Offer
from benchmarks import _storm as platform
from benchmarks._storm.people import Behaviour, answer_of
from benchmarks._storm.play import Play, Said
from core import clock
from integrations.events import MessageReceived
from integrations.models import Client, Message


def rings(play: Play, text: platform.Text) -> None:
    """A text is on a phone. Only offers are answered."""
    if text.role != "offer":
        return
    offer = Offer.objects.get(token_sha256=token_hash(text.token))
    slot = play.slots[offer.opening_id]
    until = offer.answer_until or text.at + timedelta(minutes=offer.answer_minutes)
    play.later(until + timedelta(seconds=1), lambda: play.look(offer.opening_id))
    people = slot.asked.people if slot.asked else ()
    wished = any(name == text.client and is_wished for name, is_wished in people)
    ahead = (slot.starts_at - text.at).total_seconds() / 3600
    answer = answer_of(play.seed, text.client, str(slot.number), hours_ahead=ahead, wished=wished)
    if answer.after is not None:
        _answers(play, text, offer, answer)


def _answers(play: Play, text: platform.Text, offer: Offer, answer: Behaviour) -> None:
    at = text.at + timedelta(minutes=answer.after or 0)
    if answer.stops:
        play.later(at, lambda: _stop(play, text))
        return
    play.later(at, lambda: _say(play, text, offer, answer.yes, answer.by, answer.word))
    if answer.twice is not None:
        again = "link" if answer.by == "digit" else "digit"
        more = at + timedelta(minutes=answer.twice)
        play.later(more, lambda: _say(play, text, offer, answer.yes, again))
    if answer.opposite is not None:
        more = at + timedelta(minutes=answer.opposite)
        play.later(more, lambda: _say(play, text, offer, not answer.yes, "digit"))


def _stop(play: Play, text: platform.Text) -> None:
    play.stopped.setdefault(text.client, clock.now())
    _write(play, text, "STOP")


def _say(play: Play, text: platform.Text, offer: Offer, yes: bool, by: str, word: str = "") -> None:
    """What the client means is written down for the witness; we are told only what they sent."""
    if text.client in play.stopped:
        return
    play.said.append(Said(clock.now(), text.client, offer.opening_id, yes))
    play.two_questions += len(claims.open_offers_of(offer.client_id, "sms")) > 1
    if by == "link":
        claims.seen(text.token)
        (claims.claim if yes else claims.decline)(by="link", token=text.token)
    else:
        digit = offer.digit if yes else str(int(offer.digit) + 1)
        message = _write(play, text, word if by == "word" else digit)
        play.to_a_person += Answer.objects.get(message=message).outcome == Answer.Outcome.PERSON
    play.look(offer.opening_id)


def _write(play: Play, text: platform.Text, body: str) -> Message:
    """The text as the platform would deliver it, and everybody who listens hears of it."""
    client = next(one for one in play.salon.clients if one.external_id == text.client)
    row = Message.objects.create(
        connection=play.salon.connection, external_id=f"msg_{next(play.numbers)}",
        client=Client.objects.get(pk=client.pk), location=play.salon.location, incoming=True,
        channel="sms", body=body, address=client.phone, sent_at=clock.now(), source="client",
    )  # fmt: skip
    play.tell(
        MessageReceived(
            key=f"message:{row.external_id}", connection_id=str(play.salon.connection.pk),
            at=clock.now(), location_id=play.salon.location.pk, client_id=client.pk,
            message_id=row.pk,
        )
    )  # fmt: skip
    return row
