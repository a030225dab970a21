"""Pure rules: care, holds, groups, reasons. No database, no clock of its own."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from approvals.models import ApprovalItem
from approvals.states import TRANSITIONS, Happening, may_become, reached_by

__all__ = [
    "ACTION_RIGHTS",
    "GROUPS",
    "REJECT_REASONS",
    "TRANSITIONS",
    "CareVerdict",
    "Happening",
    "asks_for_keyword",
    "care_for_reader",
    "care_of",
    "counts_toward_cap",
    "group_of",
    "hold_seconds",
    "may_become",
    "press_hold_reasons",
    "reached_by",
    "right_for",
]

Care = ApprovalItem.Care
State = ApprovalItem.State

# The digit in the reject menu is the position here, from 1.
REJECT_REASONS: dict[str, str] = {
    "wrong_fact": "Wrong fact",
    "wrong_tone": "Wrong tone",
    "bad_timing": "Bad timing",
    "not_this_client": "Not this client",
    "handled": "Handled in person or by phone",
    "against_policy": "Against our policy",
}

# What a press-and-hold asks for beside the pressing.
HOLD_REASONS: dict[str, str] = {
    "talked": "I talked to the client",
    "manager_ok": "A manager agreed",
    "checked": "I checked every word",
}

ACTION_RIGHTS: dict[str, str] = {
    "send_message": "review_messages",
    "add_note": "review_changes",
    "update_client": "review_changes",
    "update_consent": "review_changes",
    "update_appointment": "review_changes",
    "reschedule_day": "review_changes",
    "call_client": "review_messages",
    "book_appointment": "review_offers",
    "offer_ladder": "review_offers",
    "purchase_order": "review_orders",
}
# Done quietly after the real thing; their failure never makes a sent draft look unsent.
FOLLOW_UPS = frozenset({"add_note"})

OPEN_CARD_SECONDS = 1.5
SMS_HOLD, EMAIL_HOLD, OTHER_HOLD = 10, 20, 10
LIVE_EXCHANGE = timedelta(minutes=2)
SHORT_TIME = timedelta(hours=2)
MESSAGES_PER_DAY = 2
# Where a state caps offers about one subject (Florida: Fla. Stat. 501.059, three in 24 hours).
STATE_CAPS: Mapping[str, tuple[int, timedelta]] = {"US-FL": (3, timedelta(hours=24))}
YIELDING_PURPOSES = frozenset({"care", "marketing"})


@dataclass(frozen=True)
class Group:
    key: str
    label: str
    order: int


GROUPS: dict[str, Group] = {
    group.key: group
    for group in (
        Group("check", "Please check", 0),
        Group("short", "Time is short", 1),
        Group("messages", "Messages", 2),
        Group("confirmations", "Confirmations", 3),
        Group("reminders", "Reminders", 4),
        Group("offers", "Offers", 5),
        Group("retail", "Retail", 6),
        Group("aftercare", "Aftercare", 7),
        Group("changes", "Changes to records", 8),
        Group("orders", "Orders", 9),
        Group("other", "Other", 10),
    )
}
# These wait for somebody to find out what happened, whatever they are about.
CHECK_STATES = (State.UNKNOWN, State.FAILED, State.STALE, State.MANUAL)


def group_of(*, group: str, state: str, due_at: datetime | None, now: datetime) -> Group:
    """Under which heading of the queue a draft stands at ``now``."""
    if state in CHECK_STATES:
        return GROUPS["check"]
    if due_at is not None and due_at <= now + SHORT_TIME:
        return GROUPS["short"]
    return GROUPS.get(group, GROUPS["other"])


def right_for(action: str, group: str = "") -> str:
    """Which right decides on an action; retail ideas have one of their own."""
    if group == "retail":
        return "review_retail"
    return ACTION_RIGHTS.get(action, "review_messages")


def hold_seconds(channel: str, live_exchange: bool) -> int:
    """How long an approved message can be taken back before it leaves."""
    if live_exchange:
        return 0
    return {"sms": SMS_HOLD, "email": EMAIL_HOLD}.get(channel, OTHER_HOLD)


def counts_toward_cap(purpose: str) -> bool:
    """Answers to something the client asked are not counted."""
    return purpose != "answer"


@dataclass(frozen=True)
class CareVerdict:
    """What approving demands, and why in words for the card."""

    care: str
    reasons: tuple[str, ...]


def care_of(
    *,
    body: str,
    writer: str,
    first_message: bool,
    tainted: bool,
    facts_ok: bool,
    old_consent: bool = False,
    complaint: bool = False,
    birthday: date | None = None,
    today: date | None = None,
    hidden: bool = False,
) -> CareVerdict:
    """Computed in code, never by the model. A likely no-show alone raises nothing."""
    holding = press_hold_reasons(body, complaint=complaint, birthday=birthday, today=today)
    if holding:
        return CareVerdict(Care.PRESS_HOLD, tuple(holding))
    reasons = [
        words
        for applies, words in (
            (writer == "model" and first_message, "first message, not a standard text"),
            (tainted, "written from a client's own words"),
            (not facts_ok, "a fact could not be verified"),
            (old_consent, "consent comes from an older list"),
            (hidden, "hidden characters were found"),
            (bool(asks_for_keyword(body)), "asks for a word that phone carriers act on"),
        )
        if applies
    ]
    return CareVerdict(Care.OPEN_CARD if reasons else Care.ONE_KEY, tuple(reasons))


def care_for_reader(care: str, language: str, reads: Sequence[str]) -> str:
    """The care for one reviewer: a language they do not read opens the card."""
    if care == Care.ONE_KEY and language and language.split("-")[0] not in reads:
        return Care.OPEN_CARD
    return care


HEALTH = re.compile(
    r"\b(allerg\w*|alérgic\w*|alergi\w*|pregnan\w*|embaraz\w*|medicat\w*|medicament\w*|diabet\w*|"
    r"infect\w*|infecci\w*|cancer|cáncer|hiv|vih|epilep\w*|eczema|psoriasis|herpes|surger\w*|"
    r"cirug\w*|blood pressure|presión arterial|heart condition|diagnos\w*|antibiotic\w*|"
    r"antibiótic\w*|depress\w*|chemo\w*|quimio\w*|botox|filler complication)\b",
    re.IGNORECASE,
)
MONEY_OFF = re.compile(
    r"(\b(discount\w*|refund\w*|complimentary|on the house|free of charge|for free|half price|"
    r"voucher|money back|descuento\w*|reembols\w*|gratis|gratuit\w*|cortesía de la casa|"
    r"mitad de precio)\b|\b\d{1,2}\s?%\s?(off|de descuento|menos)?)",
    re.IGNORECASE,
)
ADULT = 18


def press_hold_reasons(
    body: str,
    *,
    complaint: bool = False,
    birthday: date | None = None,
    today: date | None = None,
) -> list[str]:
    """Why a text needs press and hold with a reason. A list price is not money off."""
    reasons = []
    if complaint:
        reasons.append("about a complaint")
    if birthday and today and _age(birthday, today) < ADULT:
        reasons.append("the client is a minor")
    if HEALTH.search(body):
        reasons.append("speaks of health")
    if MONEY_OFF.search(body):
        reasons.append("promises a discount or a refund")
    return reasons


def _age(birthday: date, today: date) -> int:
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


_KEYWORDS = r"(YES|STOP|STOPALL|END|CANCEL|QUIT|UNSUBSCRIBE|START|HELP|ALTO|S[ÍI]|CANCELAR|AYUDA)"
_ANSWER = (
    r"(?:reply|answer|respond|text(?: us)?(?: back)?|send|type|responda|responde|conteste|contesta|"
    r"env[ií]e|env[ií]a)"
)
KEYWORD_ASKED = re.compile(
    rf"\b(?:{_ANSWER}|say|escriba|escribe)\b[^.!?\n]{{0,25}}?[\"'\u201c\u2018]?\b"
    rf"{_KEYWORDS}\b[\"'\u201d\u2019]?(?P<rest>[^.!?\n]{{0,40}})",
    re.IGNORECASE,
)
# Small letters count only right behind the verb: "reply with yes", but not "answer them and help".
KEYWORD_SMALL = re.compile(
    rf"\b{_ANSWER}\s+(?:(?:us|me|back|with|just|simply|only|con|solo|the word|la palabra|an?|una?)"
    rf"\s+)*[\"'\u201c\u2018]?{_KEYWORDS}\b(?P<rest>[^.!?\n]{{0,40}})",
    re.IGNORECASE,
)
KEYWORD_BEFORE = re.compile(
    rf"\b(?-i:{_KEYWORDS})\b(?P<rest>\s+(?:by|per|por)\s+(?:reply|text|sms|return|mensaje))",
    re.IGNORECASE,
)
LETTER_BY_LETTER = re.compile(r"\b(\w)[-.\u2010-\u2015](?=\w\b)")
OPT_OUT_HINT = re.compile(
    r"(opt[ -]?out|unsubscribe|end (?:texts|messages)|stop (?:texts|messages)|no more|"
    r"dejar de recibir|no recibir|darse de baja)",
    re.IGNORECASE,
)


# How to get texts again has to be said with the carriers' own word.
OPT_IN_HINT = re.compile(r"\b(?:texts? again|again|de nuevo|otra vez)\b", re.IGNORECASE)


def asks_for_keyword(body: str) -> str:
    """The carrier keyword a text asks for as an answer, or ''. "Reply STOP to opt out" is none, nor
    is "Text START to get texts again"."""
    plain = LETTER_BY_LETTER.sub(r"\1", body)
    for pattern in (KEYWORD_ASKED, KEYWORD_SMALL, KEYWORD_BEFORE):
        for found in pattern.finditer(plain):
            word = found.group(1)
            hint = OPT_IN_HINT if word.upper() == "START" else OPT_OUT_HINT
            # "say yes" in passing is speech, "Reply YES" is an instruction: from far, only
            # capitals count.
            meant = pattern is KEYWORD_SMALL or word.upper() == word
            if meant and not hint.search(found.group("rest")):
                return word.upper()
    return ""
