"""Pieces that every standard text shares: greeting, visits in words, fitting a text message."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from agents.context import AppointmentFacts, Context
from agents.wording import day, hour, listed, sentences, weekday
from approvals.segments import sms_segments

MOST_SEGMENTS = 2
LISTED_VISITS = 4
SERIES_FROM = 3

WITH = {"en": " with {}", "es": " con {}"}
AT = {"en": " at {}", "es": " a las {}"}
AND_MORE = {"en": "and {} more", "es": "y {} más"}
HELLO = {"en": "Hi {},", "es": "Hola, {}:"}
HELLO_NOBODY = {"en": "Hello,", "es": "Hola:"}
CALL = {"en": "call {}", "es": "llame al {}"}
EVERY = {
    ("en", 7): "every {weekday}",
    ("en", 14): "every other {weekday}",
    ("es", 7): "cada {weekday}",
    ("es", 14): "cada dos semanas, en {weekday}",
}


def hello(context: Context) -> str:
    language, name = context.contact.language, context.addressee.first_name
    return HELLO[language].format(name) if name else HELLO_NOBODY[language]


def service_with(visit: AppointmentFacts, language: str) -> str:
    """``Hot stone massage with Sarah``; what is not known is left out."""
    fallback = {"en": "your appointment", "es": "su cita"}[language]
    staff = WITH[language].format(first_word(visit.staff)) if visit.staff else ""
    return (visit.service or fallback) + staff


def when(visit: AppointmentFacts, context: Context) -> str:
    """``Friday, June 15 at 2:30 pm``."""
    language, zone = context.contact.language, context.salon.zone
    said = day(visit.starts_at, zone, language)
    return said + at_hour(visit, context)


def at_hour(visit: AppointmentFacts, context: Context) -> str:
    if not visit.time_known:
        return ""
    said = AT[context.contact.language].format(hour(visit.starts_at, context.salon.zone))
    return said.replace(" a las 1 ", " a la 1 ").replace(" a las 1:", " a la 1:")


def in_order(context: Context) -> list[AppointmentFacts]:
    return sorted(context.appointments, key=lambda visit: (visit.starts_at, visit.id))


def one_day(visits: Sequence[AppointmentFacts], context: Context) -> bool:
    zone = context.salon.zone
    return len({visit.starts_at.astimezone(zone).date() for visit in visits}) == 1


def whose(visit: AppointmentFacts, context: Context) -> str:
    """``Leo: `` where a family on one phone has visits of more than one member."""
    if len({one.person for one in context.appointments}) < 2:
        return ""
    name = context.person(visit.person).first_name
    return f"{name}: " if name else ""


def visit_list(visits: Sequence[AppointmentFacts], context: Context) -> str:
    """Several visits in one sentence; the day stands once when it is the same for all."""
    language = context.contact.language
    shown = visits[:LISTED_VISITS]
    same_day = one_day(visits, context)
    parts = [
        whose(visit, context)
        + service_with(visit, language)
        + (at_hour(visit, context) if same_day else f", {when(visit, context)}")
        for visit in shown
    ]
    if len(visits) > len(shown):
        parts.append(AND_MORE[language].format(len(visits) - len(shown)))
    return "; ".join(parts) if len(parts) > 2 or not same_day else listed(parts, language)


def series(visits: Sequence[AppointmentFacts], context: Context) -> str:
    """``every Friday at 2 pm`` for a standing series, else ''."""
    zone, language = context.salon.zone, context.contact.language
    if len(visits) < SERIES_FROM or len({(v.person, v.service) for v in visits}) != 1:
        return ""
    local = [visit.starts_at.astimezone(zone) for visit in visits]
    steps = {later.date() - sooner.date() for sooner, later in pairwise(local)}
    if len({moment.time() for moment in local}) != 1 or len(steps) != 1:
        return ""
    every = EVERY.get((language, steps.pop() // timedelta(days=1)))
    if every is None:
        return ""
    said = every.format(weekday=weekday(visits[0].starts_at, zone, language))
    return said + at_hour(visits[0], context)


def call_us(context: Context) -> str:
    """``call 503-555-0100``, or '' when the salon's number is not known."""
    phone = context.salon.phone
    return CALL[context.contact.language].format(phone) if phone else ""


def fitted(pieces: Sequence[tuple[int, str]], context: Context) -> str:
    """Join the pieces; a text message drops those of the highest rank until it fits two segments.

    ``pieces`` are (rank, sentence); rank 0 is never left out.
    """
    kept = [(rank, piece) for rank, piece in pieces if piece]
    if context.contact.channel == "email":
        return "\n\n".join(piece for _, piece in kept)
    while True:
        body = sentences(piece for _, piece in kept)
        worst = max((rank for rank, _ in kept), default=0)
        told = f"{context.salon.name}: {body}"
        if worst == 0 or sms_segments(told).segments <= MOST_SEGMENTS:
            return body
        kept = [(rank, piece) for rank, piece in kept if rank != worst]


def first_word(name: str) -> str:
    return name.split(" ")[0]
