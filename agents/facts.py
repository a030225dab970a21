"""Known facts: what a text about these visits may state, in every spelling that means the same.

The check itself is in ``approvals/facts.py``; here the working copy's records are spelled out.
Relative words (today, tomorrow) are left out on purpose: a text approved an hour later, or sent
the next morning, would make them wrong, so they never count as verified.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers

from agents.context import AppointmentFacts, Context, Person
from agents.wording import MONTHS, WEEKDAYS, gsm, hour, money
from approvals.facts import facts_check
from approvals.proposals import KnownFact


def known_facts(context: Context) -> tuple[KnownFact, ...]:
    """Every date, time, price, name, service, link and phone that the context holds."""
    found: list[KnownFact] = [
        *_salon(context),
        *(fact for person in context.people for fact in _person(person)),
        *(fact for visit in context.appointments for fact in _visit(visit, context)),
    ]
    found += _behind_words(context)
    found += _asked(context)
    for form in context.forms:
        found.append(_fact("link", links(form.link), f"form {form.name}"))
        found.append(_fact("name", [form.name], "form"))
    return tuple(fact for fact in found if fact.texts)


def quoted_facts(text: str, source: str) -> list[KnownFact]:
    """Every figure of a text that may be passed on as it stands (the salon's own aftercare)."""
    spans = facts_check(text, [])
    return [_fact(span.kind, [span.text], source) for span in spans]


def dates(at: datetime, zone: ZoneInfo) -> list[str]:
    """The spellings of a date, English and Spanish, with and without the year."""
    local = at.astimezone(zone)
    number, year = local.day, local.year
    month, mes = MONTHS["en"][local.month - 1], MONTHS["es"][local.month - 1]
    named = [
        f"{name} {day}"
        for name in (month, month[:3], f"{month[:3]}.")
        for day in (str(number), _ordinal(number))
    ]
    turned = [f"{number} {month}", f"{number} {month[:3]}", f"{_ordinal(number)} of {month}"]
    spanish = [f"{number} de {mes}", f"{number} {mes[:3]}", f"{number} de {mes} de {year}"]
    figures = [f"{local.month}/{number}", f"{local.month:02d}/{number:02d}"]
    figures += [f"{figure}/{year}" for figure in figures] + [local.date().isoformat()]
    with_year = [f"{one}, {year}" for one in named] + [f"{one} {year}" for one in turned]
    return [*named, *turned, *spanish, *figures, *with_year, f"the {_ordinal(number)}"]


def weekdays(at: datetime, zone: ZoneInfo) -> list[str]:
    local = at.astimezone(zone).weekday()
    english, spanish = WEEKDAYS["en"][local], WEEKDAYS["es"][local]
    short = english[:4] if english.startswith("Tue") else english[:3]
    return [english, english[:3], short, f"{english}s", spanish, gsm(spanish), f"{spanish[:3]}."]


def times(at: datetime, zone: ZoneInfo) -> list[str]:
    local = at.astimezone(zone)
    twelve, minutes = local.hour % 12 or 12, local.minute
    half = "am" if local.hour < 12 else "pm"
    dotted = f"{half[0]}.m."
    clocks = [f"{twelve}:{minutes:02d}"] + ([] if minutes else [str(twelve)])
    halves = [half, half.upper(), dotted, f"{half[0]}. m."]
    spelled = [f"{clock}{gap}{one}" for clock in clocks for one in halves for gap in (" ", "")]
    plain = [f"{local.hour}:{minutes:02d}", f"{local.hour:02d}:{minutes:02d}", f"{local.hour}h"]
    named = ["noon", "12 noon"] if (local.hour, minutes) == (12, 0) else []
    return [hour(at, zone), *spelled, *plain, *named, f"{twelve}:{minutes:02d}"]


def phones(number: str) -> list[str]:
    """A phone number the ways people write it."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return [number] if number else []
    forms = phonenumbers.PhoneNumberFormat
    kinds = (forms.E164, forms.INTERNATIONAL, forms.NATIONAL)
    spelled = [phonenumbers.format_number(parsed, kind) for kind in kinds]
    national = str(parsed.national_number)
    if len(national) == 10:
        parts = national[:3], national[3:6], national[6:]
        spelled += ["-".join(parts), ".".join(parts), " ".join(parts), national]
    return [number, *spelled]


def links(address: str) -> list[str]:
    bare = address.split("://", 1)[-1]
    return [address, bare, address.rstrip("/"), bare.rstrip("/")] if address else []


def durations(minutes: int) -> list[str]:
    spelled = [f"{minutes} min", f"{minutes} minutes", f"{minutes}-minute", f"{minutes} minutos"]
    if minutes % 60 == 0:
        count = minutes // 60
        ends = ("hour", "hora") if count == 1 else ("hours", "horas")
        spelled += [f"{count} {end}" for end in ends] + [f"{count} h", f"{count}h"]
    return spelled


def prices(amount: Decimal, currency: str) -> list[str]:
    full = f"{amount:.2f}"
    short = full.removesuffix(".00")
    return [money(amount, currency), f"${full}", f"{short} {currency}", f"{full} {currency}"]


def _salon(context: Context) -> list[KnownFact]:
    salon = context.salon
    return [
        _fact("name", [salon.name], "location"),
        _fact("phone", phones(salon.phone), "location"),
        _fact("address", [salon.address], "location"),
        *(_fact("link", links(link), "location") for link in (salon.booking_url, *salon.links)),
    ]


def _person(person: Person) -> list[KnownFact]:
    names = [person.first_name, person.full_name, person.short_name]
    return [_fact("name", names, f"client {person.short_name}")]


def _visit(visit: AppointmentFacts, context: Context) -> list[KnownFact]:
    zone, source = context.salon.zone, "appointment"
    found = [
        _fact("service", [visit.service], source),
        _fact("name", [visit.staff, visit.staff.split(" ")[0]], source),
    ]
    if visit.time_known:
        found.append(_fact("time", times(visit.starts_at, zone), source))
        found.append(_fact("time", _zoned(visit.starts_at, context), source))
    if visit.time_known and visit.ends_at:
        # Only as an end ("until 3:30"): a visit that ends then does not start then.
        found.append(_fact("end_time", times(visit.ends_at, zone), source))
    found.append(_fact("date", dates(visit.starts_at, zone), source))
    found.append(_fact("weekday", weekdays(visit.starts_at, zone), source))
    found += quoted_facts(visit.aftercare, "aftercare text")
    if visit.minutes:
        found.append(_fact("duration", durations(visit.minutes), "service"))
    if visit.price is not None:
        found.append(_fact("price", prices(visit.price, visit.currency), source))
    return found


def _asked(context: Context) -> list[KnownFact]:
    """What a client asked about: services as they are offered, and the hours of the desk."""
    found, zone = [], context.salon.zone
    for service in context.asked_about:
        found.append(_fact("service", [service.name], "service"))
        if service.minutes:
            found.append(_fact("duration", durations(service.minutes), "service"))
        if service.price is not None:
            found.append(_fact("price", prices(service.price, service.currency), "service"))
    for day in context.opening:
        found.append(_fact("date", dates(day.opens, zone), "opening hours"))
        found.append(_fact("weekday", weekdays(day.opens, zone), "opening hours"))
        found.append(_fact("time", times(day.opens, zone), "opening hours"))
        found.append(_fact("end_time", times(day.closes, zone), "opening hours"))
    return found


def _behind_words(context: Context) -> list[KnownFact]:
    """What stands behind a promise or money off: a booking is a hold, an offer its own line."""
    found = []
    if any(visit.status in ("booked", "confirmed") for visit in context.appointments):
        found.append(KnownFact("promise", ("hold",), "appointment"))
    for offer in context.salon.offers:
        found.append(KnownFact("discount", (offer,), "the salon's offers"))
        found += quoted_facts(offer, "the salon's offers")
    return found


def _zoned(at: datetime, context: Context) -> list[str]:
    """The hour with a zone named: the salon's, and the client's own where it is another."""
    spelled = [f"{at.astimezone(context.salon.zone):%H:%M %Z}"]
    theirs = at.astimezone(ZoneInfo(context.contact.zone or "UTC"))
    if theirs.utcoffset() != at.astimezone(context.salon.zone).utcoffset():
        spelled += [f"{theirs:%H:%M %Z}", f"{theirs:%H:%M} your time"]
    return spelled


def _fact(kind: str, texts: Iterable[str], source: str) -> KnownFact:
    """Each spelling also in the letters of an ordinary text message, where that differs."""
    spelled = [text.strip() for text in texts if text and text.strip()]
    both = dict.fromkeys([*spelled, *(gsm(text) for text in spelled)])
    return KnownFact(kind, tuple(both), source)


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else ending}"
