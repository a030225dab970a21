"""Answers without a model: which look-up a question asks for, by its words. The same look-ups a
model would use, so that the page works without an account."""

import re
from collections.abc import Callable

from django.db import DatabaseError, transaction

from agents.knowledge.searching import knowledge_search
from copilot.ask.asker import Asker, MayNot
from copilot.ask.tools.base import Found, Use, tool_use
from copilot.ask.tools.matching import names_of, products_named, staff_here
from copilot.ask.veil import names_in
from copilot.ask.wishes import Wish, asks_for_time, beside_time, wish_read
from integrations.folding import fold

NEXT_HOUR = "next_hour"
STOCK = re.compile(r"\b(?:in stock|stock|left|have any|sold out|existencias|quedan?|agotad\w*)\b")
PRICE = re.compile(
    r"\b(?:how much|price|prices|pricing|costs?|charge"
    r"|cuanto (?:cuesta|vale|es|sale)|precios?|tarifas?)\b"
)
# "Is the consultation free": that it costs nothing, or that there is time for it. "Is parking
# free" can only be the first.
IS_FREE = re.compile(r"\b(?:is|are|es|son)\b.*\b(?:free|gratis|libre)\b\W*$")
WAIT = re.compile(r"\b(?:wait ?list|waiting list|who (?:is|'s) waiting|lista de espera)\b")
COMING = re.compile(
    r"\b(?:who(?:'s| is)? (?:coming|next|in|here|booked)|appointments?|schedule|the day|calendar"
    r"|quien (?:viene|sigue)|citas|agenda)\b"
)
# The question's own "who", and none of those who come: "who's coming in today" are clients.
WHO_WORKS = re.compile(
    r"^\W*(?:(?:so|hi|hey|and|y)\s+)?(?:who(?:'s)?|quien(?:es)?)\b"
    r"(?!.*\b(?:com(?:es?|ing)|booked|checked|scheduled|waiting|next|with)\b).{0,20}"
    r"\b(?:work(?:s|ing)?|trabaja\w*|on duty|(?:on|in) (?:today|tomorrow|on))\b|\bshifts\b"
)
# Of somebody who was named: "does this coupon work" is none of theirs.
THEY_WORK = re.compile(
    r"\b(?:work|works|working|shifts?|on duty|trabaja|in (?:today|tomorrow|this|on))\b"
    r"|\b(?:when|what time|a que hora)\b.*\b(?:starts?|finish|finishes|leaves?|comes? in"
    r"|llega|empieza|sale|termina)\b"
)
# Where a time is wanted, whoever works then: "can you fit me in today with Sarah".
WANTS = re.compile(
    r"\b(?:fit|squeeze|book|free|available|availability|openings?|slots?|space|clients?"
    r"|customers?|coupon|works? (?:for|with)|work (?:me|us|him|her|them|it) in)\b"
)
DIGITS = re.compile(r"\d[\d\s().-]{2,}\d")
ABOUT_THEM = re.compile(
    r"\b(?:last|next|coming|booked|visits?|history|prefer\w*|likes?|allerg\w*|notes?|usual\w*|phone"
    r"|ultim\w*|proxim\w*|viene|historial|prefier\w*|alergi\w*|notas?)\b"
)
Looks = list[tuple[str, dict[str, str]]]


def answer_by_code(asker: Asker, use: Use, question: str, look: str = "") -> str:
    """Look up what the question asks for; what was found is in ``use``. Returns why something was
    not shown, in plain words, or ''."""
    said = []
    for name, params in _looks(asker, question, look):
        try:
            found = tool_use(asker, use, name, params)
        except MayNot as error:
            said.append(error.plain)
            continue
        _record_too(asker, use, name, found)
    return " ".join(dict.fromkeys(said))


def _record_too(asker: Asker, use: Use, name: str, found: Found) -> None:
    """Of the only client that fits, the record at once."""
    if name == "find_client" and len(found.clients) == 1:
        tool_use(asker, use, "client_record", {"client": use.veil.client(found.clients[0])})


def _looks(asker: Asker, question: str, look: str) -> Looks:
    if look == NEXT_HOUR:
        return [("free_times", {"wish": "in the next hour"})]
    if look in ASKED:
        return ASKED[look](asker, question)
    return _by_words(asker, question)


def _by_words(asker: Asker, question: str) -> Looks:
    plain = fold(question)
    names = _names(asker, question)
    ours = names_of(asker.location)
    wish = wish_read(question, asker.today, ours)
    people: Looks = [("find_client", {"name": one}) for one in names]
    if STOCK.search(plain) and products_named(asker.location, question):
        return [("stock", {"what": question[:200]})]
    if people and (ABOUT_THEM.search(plain) or not (wish.staff or wish.minutes)):
        return people
    if WHO_WORKS.search(plain) or (THEY_WORK.search(plain) and _of_them_alone(wish, plain)):
        return _working(question, [ours.staff[one] for one in wish.staff])
    if not PRICE.search(plain) and (asks_for_time(question) or wish.is_one):
        about = beside_time(question) if wish.is_bare else ""
        if about and (IS_FREE.search(plain) or _in_material(asker, about)):
            return _material(asker, question)
        looks: Looks = [("free_times", {"wish": question[:200]}), *people]
        gratis = IS_FREE.search(plain) and wish.services and not wish.is_one
        return [("prices", {"what": question[:200]}), *looks] if gratis else looks
    if WAIT.search(plain):
        return [("waitlist", {"service": question[:120] if wish.services else ""})]
    if COMING.search(plain):
        return [("appointments", {"when": question[:120]})]
    if PRICE.search(plain):
        return [("prices", {"what": question[:200]}), *_material(asker, question)]
    return _material(asker, question)


def _of_them_alone(wish: Wish, plain: str) -> bool:
    """Whether somebody is named, and no time with them is wanted."""
    timed = wish.minutes is not None or wish.services or wish.hours.at is not None
    return bool(wish.staff) and not timed and WANTS.search(plain) is None


def _working(question: str, named: list[str]) -> Looks:
    return [("working", {"when": question[:200], "staff": one}) for one in named[:3] or [""]]


def _who_works(asker: Asker, question: str) -> Looks:
    ours = names_of(asker.location)
    wish = wish_read(question, asker.today, ours)
    return _working(question, [ours.staff[one] for one in wish.staff])


def _names(asker: Asker, question: str) -> list[str]:
    """Names and numbers of people in a question; at most two."""
    staff = frozenset(
        part for name in staff_here(asker.location).values() for part in fold(name).split()
    )
    found = [one.words for one in names_in(question, asker.location, staff)]
    numbers = [one[0] for one in DIGITS.finditer(question) if len(re.sub(r"\D", "", one[0])) >= 7]
    return [*found, *numbers][:2]


def _in_material(asker: Asker, about: str) -> bool:
    """Whether the salon's rules and texts speak of it: "space for my dog" asks for no time."""
    try:
        with transaction.atomic():
            found = knowledge_search(location=asker.location, question=about, today=asker.today)
    except DatabaseError:
        return False
    return found.known


def _material(asker: Asker, question: str) -> Looks:
    return [("material", {"question": question[:300]})]


def _client(asker: Asker, question: str) -> Looks:
    return [("find_client", {"name": one}) for one in _names(asker, question) or [question[:80]]]


ASKED: dict[str, Callable[[Asker, str], Looks]] = {
    "free": lambda asker, said: [("free_times", {"wish": said[:200]})],
    "client": _client,
    "day": lambda asker, said: [("appointments", {"when": said[:120]})],
    "working": _who_works,
    "waitlist": lambda asker, said: [("waitlist", {"service": said[:120]})],
    "prices": lambda asker, said: [("prices", {"what": said[:200]})],
    "stock": lambda asker, said: [("stock", {"what": said[:200]})],
    "material": _material,
}


def record_of_item(asker: Asker, use: Use, client_id: int) -> None:
    """The record of the client a draft is about (the panel's second button)."""
    tool_use(asker, use, "client_record", {"client": use.veil.client(client_id)})
