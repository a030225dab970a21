"""What a client says about a visit: it stands, they cannot come, they come late."""

from collections.abc import Sequence
from datetime import timedelta

from approvals.actions import Action, AddNote, SendMessage, UpdateAppointment
from approvals.answers import drafting, texts
from approvals.answers.drafting import Made, drafted, visit_as_was, what_of
from approvals.answers.questions import Question
from approvals.answers.reading import Came, Heard
from approvals.ladders.words import hour, listed, moment, short_moment
from approvals.models import Answer, ApprovalItem
from approvals.proposals import KnownFact
from approvals.schedule.lateness import Said, late_tag, text_key
from approvals.services.noticing import therapist_tell
from core import clock
from integrations import consent
from integrations.models import Appointment, Client

Outcome, Status = Answer.Outcome, Appointment.Status
AHEAD = timedelta(days=60)
# Somebody who is late writes shortly before the visit or a little after it should have begun.
LATE_FROM, LATE_UNTIL = timedelta(hours=6), timedelta(hours=1)
DONE = "approved under a standing decision"
WAITS = "waits for the desk"


def visit_confirmed(heard: Heard, question: Question) -> Came:
    """The platform's record says so under a standing decision, else when the desk agrees."""
    visits = [one for one in question.appointments if one.status == Status.BOOKED]
    if not visits:
        return Came(Outcome.CONFIRMED, "It was confirmed already.", question)
    first = visits[0]
    who = (first.client or heard.client).short_name
    item = drafted(
        Made(
            location=first.location,
            client=first.client or heard.client,
            occasion=occasion_of(first),
            title=f"{who} confirmed {_when(first)}",
            tag="confirmed",
            actions=tuple(_status(visit, "confirmed") for visit in visits),
            version=texts.CONFIRM_VERSION,
            reasons=(_said(heard), "Approving it changes the calendar. Nothing is sent."),
            evidence=tuple(visit_as_was(one, ("booked", "confirmed")) for one in visits),
            group="confirmations",
            right="review_changes",
            due_at=first.starts_at,
            moment="the visit starts",
            appointment=first,
        ),
        heard.message,
    )
    words = f"{who} confirmed {listed([_when(one) for one in visits])}: {_standing(item)}."
    return Came(Outcome.CONFIRMED, words, question, item.pk if item else None)


def visit_called_off(heard: Heard, visits: Sequence[Appointment], asked: Question | None) -> Came:
    """Frees the time only when the desk, or a standing decision of the location, agrees.

    The cancellation then comes back from the platform like any other and starts the next ladder.
    """
    first = visits[0]
    client = first.client or heard.client
    voice = texts.voice_of(first.location, client)
    actions: list[Action] = [_status(visit, "cancelled") for visit in visits]
    reply = _reply(heard, client, voice, first)
    reasons = [_said(heard), "Approving it cancels the visit, and the time is offered to others."]
    if reply is not None:
        actions.insert(0, reply)
        reasons.append("The text goes out first.")
    item = drafted(
        Made(
            location=first.location,
            client=client,
            occasion=occasion_of(first),
            title=f"{client.short_name} cannot come {_when(first)}",
            tag="cannot come",
            actions=tuple(actions),
            version=texts.CALL_OFF_VERSION,
            reasons=tuple(reasons),
            evidence=(
                *(visit_as_was(one, ("booked", "confirmed", "cancelled")) for one in visits),
                drafting.nothing_newer(client),
            ),
            known=(*drafting.salon_facts(voice), *_visit_facts(first)),
            right="review_changes",
            language=voice.language,
            due_at=first.starts_at,
            moment="the visit starts",
            appointment=first,
        ),
        heard.message,
    )
    words = f"{client.short_name} cannot come {_when(first)}: {_standing(item)}."
    return Came(Outcome.CALLED_OFF, words, asked, item.pk if item else None)


def visit_late(heard: Heard, visit: Appointment) -> Came:
    """The desk and the therapist know at once; approving it thanks the client and keeps a note on
    the record."""
    client = visit.client or heard.client
    voice = texts.voice_of(visit.location, client)
    by = f"{heard.found.minutes} minutes" if heard.found.minutes else "some minutes"
    said = Said(heard.found.minutes or 0, heard.message.sent_at, text_key(heard.message.pk))
    at = hour(visit.starts_at, visit.location.zone)
    note = f"Texted that they come {by} late for {at}."
    actions: list[Action] = [AddNote(client=client.external_id, body=note)]
    body = voice.said(texts.LATE)
    text = drafting.text_to(client, visit.location, heard.message, body, "Thank you")
    if text is not None and _may_write(client, text):
        actions.insert(0, text)
    item = drafted(
        Made(
            location=visit.location,
            client=client,
            occasion=f"late:{visit.pk}",
            title=f"{client.short_name} comes {by} late for {at}",
            tag=late_tag(visit, said, clock.now()),
            actions=tuple(actions),
            version=texts.LATE_VERSION,
            reasons=(_said(heard), f"{what_of(visit)} begins at {at}."),
            evidence=(visit_as_was(visit, ("booked", "confirmed")),),
            known=drafting.salon_facts(voice),
            language=voice.language,
            due_at=visit.starts_at + LATE_UNTIL,
            moment="an hour after it begins",
            appointment=visit,
        ),
        heard.message,
    )
    therapist_tell(visit=visit, key=said.key)
    words = f"{client.short_name} comes {by} late for {_when(visit)}."
    return Came(Outcome.LATE, words, None, item.pk if item else None)


def visits_ahead(people: Sequence[Client]) -> list[Appointment]:
    """What these people have booked for the next two months, in order."""
    now = clock.now()
    rows = Appointment.objects.filter(
        client__in=people,
        status__in=Appointment.UPCOMING,
        deleted_at=None,
        starts_at__gt=now,
        starts_at__lt=now + AHEAD,
    ).select_related("client", "location", "service", "staff")
    return list(rows.order_by("starts_at", "pk"))


def visits_now(people: Sequence[Client]) -> list[Appointment]:
    """What somebody can be late for."""
    now = clock.now()
    rows = Appointment.objects.filter(
        client__in=people,
        status__in=[Status.BOOKED, Status.CONFIRMED],
        deleted_at=None,
        starts_at__gt=now - LATE_UNTIL,
        starts_at__lt=now + LATE_FROM,
    ).select_related("client", "location", "service", "staff")
    return list(rows.order_by("starts_at", "pk"))


def as_one(visits: Sequence[Appointment]) -> list[Appointment]:
    """The services of one visit belong together; [] where there is more than one visit, or none.

    One visit: the platform says so, or they follow one another on one day for one client.
    """
    if not visits:
        return []
    first = visits[0]
    same = [one for one in visits if one.pk == first.pk or _same_visit(one, first)]
    return same if len(same) == len(visits) else []


def _same_visit(one: Appointment, first: Appointment) -> bool:
    return (
        bool(one.visit_id) and one.visit_id == first.visit_id and one.client_id == first.client_id
    )


def occasion_of(visit: Appointment) -> str:
    """One draft per visit: a newer answer about it takes the place of the older."""
    return f"visit:{visit.pk}"


def _status(visit: Appointment, status: str) -> UpdateAppointment:
    return UpdateAppointment(appointment=visit.external_id, fields={"status": status})


def _reply(
    heard: Heard, client: Client, voice: texts.Voice, visit: Appointment
) -> SendMessage | None:
    """A word to who called off, where they may be written to."""
    plain = {"en": "appointment", "es": "cita"}[voice.language]
    what = plain if client.plain_texts else visit.service_name or plain
    when = moment(visit.starts_at, visit.location.zone, voice.language)
    body = voice.said(texts.CALLED_OFF, what=what, when=when)
    text = drafting.text_to(client, visit.location, heard.message, body, "Your appointment")
    return text if text is not None and _may_write(client, text) else None


def _may_write(client: Client, text: SendMessage) -> bool:
    return consent.allowed(client, text.channel, text.purpose).ok


def _visit_facts(visit: Appointment) -> tuple[KnownFact, ...]:
    named = (KnownFact("service", (visit.service_name,), "appointment"),)
    moments = drafting.moment_facts(visit.starts_at, visit.location)
    return (*moments, *(named if visit.service_name else ()))


def _said(heard: Heard) -> str:
    return f"They wrote: “{drafting.shown_words(heard.message)}”"


def _when(visit: Appointment) -> str:
    return short_moment(visit.starts_at, visit.location.zone)


def _standing(item: ApprovalItem | None) -> str:
    if item is None:
        return "no draft could be made of it"
    item.refresh_from_db(fields=["state"])
    waiting = item.state in ApprovalItem.OPEN
    return WAITS if waiting else DONE
