"""The texts of a rung. Salon's name first; a digit is asked for, never a carrier's keyword.

Kept to characters that fit the short text-message alphabet, so that most offers cost one or two
segments. A client who asked for plain texts is not called by name.
"""

from dataclasses import dataclass
from datetime import datetime

from approvals.ladders import words
from approvals.models import Opening
from approvals.proposals import KnownFact
from integrations.models import Appointment, Client, Service
from integrations.people import telephone


@dataclass(frozen=True)
class Slot:
    """What the texts say about a slot, in one language."""

    salon: str
    service: str
    staff: str
    when: str
    price: str
    phone: str
    language: str


def slot_of(opening: Opening, language: str) -> Slot:
    """The slot as its texts name it. The service falls back to what was given up."""
    return Slot(
        salon=opening.location.name,
        service=service_name(opening) or ("cita" if language == "es" else "appointment"),
        staff=opening.staff.name if opening.staff else "",
        when=words.moment(opening.starts_at, opening.location.zone, language),
        price=words.money(opening.price, opening.currency),
        phone=telephone(opening.location.phone),
        language=language,
    )


def service_name(opening: Opening) -> str:
    if opening.service is not None:
        return opening.service.name
    return opening.appointment.service_name if opening.appointment else ""


def what(slot: Slot) -> str:
    """``Hot stone massage with Sarah Lind, Friday, June 19 at 2:30 pm ($120)``."""
    joint = "con" if slot.language == "es" else "with"
    staff = f" {joint} {slot.staff}" if slot.staff else ""
    price = f" ({slot.price})" if slot.price else ""
    return f"{slot.service}{staff}, {slot.when}{price}"


def offer(
    slot: Slot, client: Client, minutes: int, link: str, digit: str, instead: str = ""
) -> str:
    """The offer itself. ``instead``: when the later appointment is that would be let go."""
    name = "" if client.plain_texts else client.first_name
    within, no = words.span(minutes, slot.language), "2" if digit == "1" else "0"
    if slot.language == "es":
        hello = f"{name}, se ha liberado" if name else "se ha liberado"
        swap = f" ¿En lugar de su cita del {instead}?" if instead else ""
        return (
            f"{slot.salon}: {hello} {what(slot)}.{swap} Responda {digit} para tomarla o {no} si no "
            f"puede, en {within}. O aquí: {link}"
        )
    hello = f"{name}, this just opened up" if name else "this just opened up"
    swap = f" Instead of yours on {instead}?" if instead else ""
    return (
        f"{slot.salon}: {hello}: {what(slot)}.{swap} Reply {digit} to take it or {no} to pass, "
        f"within {within}. Or tap {link}"
    )


def yours(slot: Slot, rule: str = "", let_go: str = "") -> str:
    """The calendar shows it."""
    if slot.language == "es":
        text = f"{slot.salon}: es suya. {what(slot)}."
        text += f" Su cita del {let_go} queda libre." if let_go else ""
        return f"{text} {rule}".strip() + " ¡Hasta pronto!"
    text = f"{slot.salon}: it's yours. {what(slot)}."
    text += f" We let go of the one on {let_go}." if let_go else ""
    return f"{text} {rule}".strip() + " See you then."


def next_in_line(slot: Slot) -> str:
    """A late yes while somebody else is asked."""
    if slot.language == "es":
        return (
            f"{slot.salon}: gracias. En este momento otra persona tiene la oferta de {slot.when}. "
            "Usted es la siguiente, y le avisamos en cuanto lo sepamos."
        )
    return (
        f"{slot.salon}: thank you. Somebody else is being asked about {slot.when} right now. "
        "You are next in line, and we tell you as soon as we know."
    )


def gone(slot: Slot) -> str:
    """Somebody else has it, or it is not offered any more."""
    us = "Llámenos al" if slot.language == "es" else "Call us:"
    call = f" {us} {slot.phone}." if slot.phone else ""
    if slot.language == "es":
        return (
            f"{slot.salon}: la hora del {slot.when} ya no está libre. Sigue en nuestra lista y le "
            f"escribimos cuando se libere otra.{call}"
        )
    return (
        f"{slot.salon}: the spot on {slot.when} is gone now. You stay on our list, and we write "
        f"when another one opens up.{call}"
    )


def subject(slot: Slot, role: str) -> str:
    """The subject of an e-mail, by the step's role."""
    heads = {
        "en": {"yours": "It's yours", "next": "You are next in line", "gone": "It is gone now"},
        "es": {"yours": "Es suya", "next": "Usted es la siguiente", "gone": "Ya no está libre"},
    }
    free = "Se ha liberado una hora" if slot.language == "es" else "A spot opened up"
    return f"{heads[slot.language].get(role, free)}: {slot.service}, {slot.when}"


def instead_words(appointment: Appointment | None, opening: Opening, language: str) -> str:
    if appointment is None:
        return ""
    return words.moment(appointment.starts_at, opening.location.zone, language)


def known_facts(
    opening: Opening,
    client: Client,
    minutes: int,
    link: str,
    instead_of: Appointment | None,
    service: Service | None = None,
) -> tuple[KnownFact, ...]:
    """What a rung's text may state, with where each comes from.

    ``service``: what this client waits for, where it is another one that fits the time.
    """
    zone, language = opening.location.zone, words.language_of(client)
    slot = slot_of(opening, language)
    facts = [
        KnownFact("service", (slot.service,), "opening"),
        KnownFact("duration", (words.span(minutes, language),), "answer time"),
        KnownFact("name", (opening.location.name,), "location"),
        *_moment_facts(opening.starts_at, zone, "opening"),
    ]
    if instead_of is not None:
        facts += _moment_facts(instead_of.starts_at, zone, "appointment")
    own = words.money(service.price, opening.currency) if service else ""
    spoken = (
        ("link", link, "claim link"),
        ("service", service.name if service else "", "waitlist entry"),
        ("price", own, "waitlist entry"),
        ("name", client.first_name, "client"),
        ("name", slot.staff, "staff"),
        ("price", slot.price, "opening"),
        ("phone", slot.phone, "location"),
    )
    facts += [KnownFact(kind, (text,), source) for kind, text, source in spoken if text]
    return tuple(facts)


def _moment_facts(at: datetime, zone: words.ZoneInfo, source: str) -> list[KnownFact]:
    local = at.astimezone(zone)
    days = [words.day(at, zone, one) for one in ("en", "es")]
    weekdays = [words.WEEKDAYS[one][local.weekday()] for one in ("en", "es")]
    return [
        KnownFact("date", (local.date().isoformat(), *days), source),
        KnownFact("weekday", tuple(weekdays), source),
        KnownFact("time", (words.hour(at, zone), f"{local:%H:%M}"), source),
    ]
