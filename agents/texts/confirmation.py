"""The standard confirmation, English and Spanish."""

from agents.base import Text
from agents.context import Context
from agents.texts.common import (
    call_us,
    fitted,
    hello,
    in_order,
    one_day,
    series,
    service_with,
    visit_list,
    when,
)
from agents.wording import day, hour

ONE = {
    ("en", "new"): "you're booked for {what} on {when}.",
    ("en", "ask"): "we've reserved {what} for you on {when}.",
    ("en", "moved"): "your appointment has moved: {what} is now on {when}.",
    ("en", "reinstated"): "your appointment is back in our book: {what} on {when}.",
    ("es", "new"): "su cita de {what} es el {when}.",
    ("es", "ask"): "le hemos reservado {what} para el {when}.",
    ("es", "moved"): "su cita ha cambiado: {what} es ahora el {when}.",
    ("es", "reinstated"): "su cita vuelve a estar reservada: {what} el {when}.",
}
SEVERAL = {
    ("en", True): "you're booked on {day}: {visits}.",
    ("en", False): "you're booked for these visits: {visits}.",
    ("es", True): "sus citas del {day}: {visits}.",
    ("es", False): "sus citas: {visits}.",
}
SERIES = {
    "en": "your {what} is booked {every}, starting {day}.",
    "es": "su cita de {what} queda reservada {every}, a partir del {day}.",
}
WELCOME = {
    "en": "It is your first visit with us: welcome!",
    "es": "Es su primera visita: le damos la bienvenida.",
}
ASK = {"en": "Reply {} to confirm", "es": "Responda {} para confirmar"}
ASK_CALL = {
    "en": "Please {call} to confirm or change it.",
    "es": "Para confirmar o cambiarla, {call}.",
}
OR_CHANGE = {"en": ", or {call} to change it.", "es": ", o {call} para cambiarla."}
CHANGE = {"en": "To change it, {call}.", "es": "Para cambiarla, {call}."}
REMEMBERED = {"en": "We've noted that you prefer {}.", "es": "Hemos anotado su preferencia: {}."}
FORM = {"en": "Before you come, please fill in: {}", "es": "Antes de venir, complete por favor: {}"}
PLAIN = {
    "en": "your appointment is on {when}. {change}",
    "es": "su cita es el {when}. {change}",
}
SUBJECT = {"en": "Your appointment on {day} at {hour}", "es": "Su cita del {day} a las {hour}"}
SUBJECT_DAY = {"en": "Your appointment on {day}", "es": "Su cita del {day}"}


def confirmation_text(context: Context, *, asks: bool) -> Text:
    """``asks``: the booking is at risk, so an answer is asked for."""
    language = context.contact.language
    if context.contact.plain:
        return Text(_plain(context), _subject(context), language)
    pieces = [
        (0, f"{hello(context)} {_news(context, asks)}"),
        (0, asking(context) if asks else ""),
        (1, "" if asks else _change(context)),
        (2, FORM[language].format(context.forms[0].link) if context.forms else ""),
        (3, _remembered(context)),
        (4, WELCOME[language] if context.past.first_visit and not context.brief else ""),
        (5, context.closing),
    ]
    return Text(fitted(pieces, context), _subject(context), language)


def asking(context: Context) -> str:
    """The request for an answer: a digit where we can read it, else a call. Never a keyword."""
    language, call = context.contact.language, call_us(context)
    if not context.salon.hears or context.contact.channel == "email":
        return ASK_CALL[language].format(call=call) if call else ""
    return ASK[language].format(context.digit) + (
        OR_CHANGE[language].format(call=call) if call else "."
    )


def _news(context: Context, asks: bool) -> str:
    language, visits = context.contact.language, in_order(context)
    if len(visits) == 1:
        kind = context.kind if context.kind != "new" else ("ask" if asks else "new")
        what, at = service_with(visits[0], language), when(visits[0], context)
        return ONE[language, kind].format(what=what, when=at)
    every = series(visits, context)
    first_day = day(visits[0].starts_at, context.salon.zone, language)
    if every:
        what = service_with(visits[0], language)
        return SERIES[language].format(what=what, every=every, day=first_day)
    told = visit_list(visits, context)
    return SEVERAL[language, one_day(visits, context)].format(day=first_day, visits=told)


def _change(context: Context) -> str:
    call = call_us(context)
    return CHANGE[context.contact.language].format(call=call) if call and not context.brief else ""


def _remembered(context: Context) -> str:
    # A note in English inside a Spanish text would read as a mistake.
    if not context.remembered or context.contact.language != "en":
        return ""
    return REMEMBERED["en"].format(context.remembered)


def _plain(context: Context) -> str:
    """Nothing about the person: no name, no service, no therapist."""
    language = context.contact.language
    call = call_us(context)
    change = CHANGE[language].format(call=call) if call else ""
    return PLAIN[language].format(when=when(context.first, context), change=change).strip()


def _subject(context: Context) -> str:
    if context.contact.channel != "email":
        return ""
    language, zone = context.contact.language, context.salon.zone
    first = context.first
    said = day(first.starts_at, zone, language)
    if not first.time_known:
        return SUBJECT_DAY[language].format(day=said)
    return SUBJECT[language].format(day=said, hour=hour(first.starts_at, zone))
