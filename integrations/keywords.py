"""What a short answer means: the words carriers act on, and yes, no, and free wording for "stop".

CANCEL and END are opt-outs by law and by every carrier, even when an appointment was meant: the
opt-out counts, and the desk is told that the appointment may have been meant.
"""

import re
import unicodedata
from typing import Literal

from integrations.people import fold

Meaning = Literal["stop", "start", "help", "confirm", "cancel", "accept", "decline"]

# The union of what the large carriers and providers obey.
STOP = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit"}
    | {"revoke", "optout", "opt out", "remove", "arret", "td"}
)
START = frozenset({"start", "unstop"})
HELP = frozenset({"help", "info"})
CONFIRM = frozenset(
    {"1", "c", "y", "yes", "yep", "yeah", "yup", "ya", "yes please", "ok", "okay", "k", "sure"}
    | {"confirm", "confirmed", "i confirm", "confirming", "yes confirmed", "see you then"}
    | {"i will be there", "ill be there", "sounds good", "perfect", "si", "si confirmo"}
    | {"confirmo", "confirmado", "vale", "claro", "de acuerdo"}
)
ACCEPT = frozenset(
    {"accept", "ill take it", "i will take it", "i take it", "ill take that", "book it"}
    | {"yes ill take it", "yes book it", "i want it", "lo quiero", "la quiero", "acepto"}
)
DECLINE = frozenset(
    {"2", "n", "no", "nope", "nah", "no thanks", "no thank you", "not this time", "decline"}
    | {"pass", "no gracias"}
)
# Any reasonable wording counts. Each pattern wants the subject named (texting, list, number), so
# that "can you stop by at noon" is no opt-out.
STOP_WORDING = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(stop|quit|cease|end)\b.{0,25}\b(text\w*|messag\w*|sms|contact\w*|sending|spam\w*|"
        r"writing|e ?mail\w*|remind\w*|notif\w*|promo\w*)\b",
        r"\b(do ?nt|dont|do not|never|please no|no more|not)\b.{0,15}"
        r"\b(text|texts|texting|message me|messages|messaging|contact me|contact|sms|spam|"
        r"e ?mail me|write me|promos|reminders)\b",
        r"\b(remove|take|get|drop|delete)\b.{0,20}\b(me|my number|this number|my phone|us)\b"
        r".{0,25}\b(list|lists|off|from|database|system|texts)\b",
        r"\b(delete|remove|lose|forget)\b.{0,8}\b(my number|my phone|this number)\b",
        r"\bunsubscri\w*\b|\bopt(ing|ed)? ?(me |us )?out\b|\brevoke\b.{0,20}\bconsent\b",
        r"\b(leave me alone|stop it now|no me (envie|mande|escriba|manden|envien)\w*)\b",
        r"\bdeja\w* de (enviar|mandar|escribir)\w*\b|\bno (quiero|deseo) (recibir|mas mensajes)\b",
        r"\b(do not|dont|no longer) (want|wish)\b.{0,25}"
        r"\b(text\w*|messag\w*|sms|receive|e ?mail\w*)",
    )
)
# "I'm not getting your texts" asks for more of them, not fewer.
NOT_STOP = re.compile(
    r"\b(did ?nt|not|never|havent|have not|stopped|dont|cant|cannot)\b.{0,12}"
    r"\b(get|got|getting|receive|received|receiving|see|seen|read|open|text back|reply)\b"
    r"|\b(why|when|how come|did you)\b.{0,20}\bstop\b"
)
APPOINTMENT = r"(appointment|appt|app|booking|visit|session|massage|facial|haircut|cita|reserva)"
CANCEL_WORDING = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(cancel|cancell?ing|cancelar)\b.{{0,30}}\b{APPOINTMENT}\b",
        rf"\b{APPOINTMENT}\b.{{0,30}}\b(cancel|cancell?ed|cancell?ing)\b",
        r"\b(cant|cannot|can not|wont|will not|not able to|unable to)\b.{0,15}"
        r"\b(make it|come|be there|attend)\b",
        r"\b(need|have|want|like|must|please) (to )?cancel\b|\bcancel (it|that|please|me|my)\b",
        r"\bno puedo (ir|venir|asistir)\b",
    )
)


def plain(body: str) -> str:
    """Case, accents, punctuation, emoji and runs of spaces off; ``S.T.O.P`` is ``stop``."""
    text = fold(unicodedata.normalize("NFKC", body)).replace("'", "").replace("\u2019", "")
    words = re.sub(r"[^a-z0-9]+", " ", text).split()
    if len(words) > 2 and all(len(word) == 1 for word in words):
        return "".join(words)
    return " ".join(words)


def understood(body: str) -> Meaning | None:
    """The meaning of a whole message, None where it needs a person to read it."""
    text = plain(body)
    for words, meaning in _EXACT:
        if text in words:
            return meaning
    bare = re.sub(r"\b(please|pls|thanks|thank you|thx|now|por favor|gracias)\b", " ", text)
    bare = " ".join(bare.split())
    if bare in STOP:
        return "stop"
    if not NOT_STOP.search(text) and any(pattern.search(text) for pattern in STOP_WORDING):
        return "stop"
    if any(pattern.search(text) for pattern in CANCEL_WORDING):
        return "cancel"
    return next((meaning for words, meaning in _EXACT if bare and bare in words), None)


_EXACT: tuple[tuple[frozenset[str], Meaning], ...] = (
    (STOP, "stop"),
    (START, "start"),
    (HELP, "help"),
    (ACCEPT, "accept"),
    (CONFIRM, "confirm"),
    (DECLINE, "decline"),
)


def is_ambiguous_stop(body: str) -> bool:
    """An opt-out that probably meant an appointment: the desk should call."""
    return plain(body) in {"cancel", "end", "remove"}
