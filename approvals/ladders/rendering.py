"""One rung in exact bytes: the offer, and everything that happens on a yes or a no."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from approvals.actions import Action, BookAppointment, SendMessage, UpdateAppointment
from approvals.actions_offers import UpdateWaitlist
from approvals.answers.questions import visit_digits
from approvals.ladders import texts, words
from approvals.ladders.tokens import link_of
from approvals.ladders.wording import Say, as_written
from approvals.models import Offer, OfferStep, Opening
from approvals.proposals import KnownFact
from core import clock
from integrations import consent
from integrations.channels.accounts import final_text
from integrations.models import Appointment, Client, Consent, WaitlistEntry

Role = OfferStep.Role
PURPOSE = "transactional"
ADDRESSES = {"sms": "phone", "email": "email"}
# Yes is one of these digits, no the next one: two offers in one thread are told apart.
DIGITS = ("1", "3", "5", "7")


@dataclass(frozen=True)
class Asked:
    """Everything one rung's texts are made of."""

    opening: Opening
    client: Client
    channel: str
    minutes: int
    token: str
    digit: str = "1"
    instead_of: Appointment | None = None
    entry: WaitlistEntry | None = None
    rule: str = ""
    say: Say = as_written

    @property
    def language(self) -> str:
        return words.language_of(self.client)


def channel_of(client: Client, consents: Sequence[Consent]) -> str:
    """How this client may be asked, their own wish first; '' when not at all."""
    wished = str((client.preferences or {}).get("channel") or "")
    for channel in dict.fromkeys([wished, "sms", "email"]):
        if channel in ADDRESSES and getattr(client, ADDRESSES[channel]):
            rows = [
                consent.Said(row.purpose, row.origin, row.granted, row.at)
                for row in consents
                if row.channel == channel
            ]
            if consent.decide(rows, channel, PURPOSE).ok:
                return channel
    return ""


def rung_actions(asked: Asked) -> list[tuple[str, Action]]:
    """(role, action) of one rung, the offer first."""
    return [
        (Role.OFFER, _message(asked, Role.OFFER)),
        (Role.BOOK, _booking(asked)),
        *_waitlist(asked),
        *_release(asked),
        (Role.YOURS, _message(asked, Role.YOURS)),
        (Role.NEXT, _message(asked, Role.NEXT)),
        (Role.GONE, _message(asked, Role.GONE)),
    ]


def _booking(asked: Asked) -> BookAppointment:
    opening = asked.opening
    service = opening.service
    if asked.entry is not None and asked.entry.service is not None:
        service = asked.entry.service
    return BookAppointment(
        client=asked.client.external_id,
        service=service.external_id if service else "",
        staff=opening.staff.external_id if opening.staff else "",
        location=opening.location.external_id,
        starts_at=opening.starts_at.isoformat(),
    )


def _waitlist(asked: Asked) -> Iterator[tuple[str, Action]]:
    if asked.entry is not None:
        yield (
            Role.WAITLIST,
            UpdateWaitlist(entry=asked.entry.external_id, fields={"status": "booked"}),
        )


def _release(asked: Asked) -> Iterator[tuple[str, Action]]:
    if asked.instead_of is not None:
        yield (
            Role.RELEASE,
            UpdateAppointment(
                appointment=asked.instead_of.external_id, fields={"status": "cancelled"}
            ),
        )


def _message(asked: Asked, role: str) -> SendMessage:
    opening, client = asked.opening, asked.client
    slot = texts.slot_of(_as_booked(asked), asked.language)
    body = _body(asked, role, slot)
    if asked.say is not as_written:
        body = asked.say(body, asked.language, _known(asked))
    if asked.channel == "email":
        body = final_text(body, opening.location, PURPOSE, client, kind="email")
    return SendMessage(
        client=client.external_id,
        location=opening.location.external_id,
        channel=asked.channel,
        address=str(getattr(client, ADDRESSES[asked.channel])),
        subject=texts.subject(slot, role) if asked.channel == "email" else "",
        body=body,
        purpose=PURPOSE,
        tags=("open_slot", role),
    )


def _known(asked: Asked) -> tuple[KnownFact, ...]:
    service = asked.entry.service if asked.entry is not None else None
    link = link_of(asked.token)
    return texts.known_facts(
        asked.opening, asked.client, asked.minutes, link, asked.instead_of, service
    )


def _as_booked(asked: Asked) -> Opening:
    """The slot with the service this client would have: another one may fit the same time."""
    entry = asked.entry
    if entry is None or entry.service is None or entry.service_id == asked.opening.service_id:
        return asked.opening
    theirs = Opening.objects.model(
        **{
            field.attname: getattr(asked.opening, field.attname)
            for field in Opening._meta.concrete_fields
        }
    )
    theirs.location, theirs.staff = asked.opening.location, asked.opening.staff
    theirs.service, theirs.price = entry.service, entry.service.price
    return theirs


def _body(asked: Asked, role: str, slot: texts.Slot) -> str:
    instead = texts.instead_words(asked.instead_of, asked.opening, asked.language)
    if role == Role.OFFER:
        link = link_of(asked.token)
        return texts.offer(slot, asked.client, asked.minutes, link, asked.digit, instead)
    if role == Role.YOURS:
        return texts.yours(slot, asked.rule)
    return texts.next_in_line(slot) if role == Role.NEXT else texts.gone(slot)


def digits_free(client_ids: Sequence[int]) -> Mapping[int, str]:
    """The first digit that no offer to that client asks for whose slot still lies ahead, and
    no text about a visit of theirs; two queries.

    Also of an offer that was answered or came to nothing: its text is still on the phone, and a
    late answer to it must not be taken for one to this.
    """
    used: dict[int, set[str]] = {}
    rows = Offer.objects.filter(
        client_id__in=client_ids, opening__starts_at__gt=clock.now()
    ).exclude(state=Offer.State.SKIPPED)
    for client_id, digit in rows.values_list("client_id", "digit"):
        used.setdefault(client_id, set()).add(digit)
    for client_id, digit in visit_digits(client_ids, clock.now()):
        used.setdefault(client_id, set()).add(digit)
    return {
        client_id: next((one for one in DIGITS if one not in used.get(client_id, ())), DIGITS[-1])
        for client_id in client_ids
    }


def as_link(asked: Asked, token: str) -> Asked:
    return replace(asked, token=token)
