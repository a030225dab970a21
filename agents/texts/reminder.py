"""The standard reminder, English and Spanish."""

from agents.base import Text
from agents.context import Context
from agents.texts.common import (
    call_us,
    fitted,
    hello,
    in_order,
    one_day,
    service_with,
    visit_list,
    when,
)
from agents.texts.confirmation import asking
from agents.wording import day, hour

ONE = {
    "en": "a reminder of {what} on {when}.",
    "es": "le recordamos su cita de {what} el {when}.",
}
SEVERAL = {
    ("en", True): "a reminder of your visit on {day}: {visits}.",
    ("en", False): "a reminder of your visits: {visits}.",
    ("es", True): "le recordamos sus citas del {day}: {visits}.",
    ("es", False): "le recordamos sus citas: {visits}.",
}
FORM = {"en": "Still open, please fill in: {}", "es": "Queda por completar: {}"}
SEE_YOU = {"en": "See you then!", "es": "Le esperamos."}
PLAIN = {
    "en": "a reminder of your appointment on {when}. {change}",
    "es": "le recordamos su cita del {when}. {change}",
}
CHANGE = {"en": "To change it, {call}.", "es": "Para cambiarla, {call}."}
SUBJECT = {"en": "Reminder: {day} at {hour}", "es": "Recordatorio: {day} a las {hour}"}


def reminder_text(context: Context) -> Text:
    language = context.contact.language
    first = context.first
    said = day(first.starts_at, context.salon.zone, language)
    subject = ""
    if context.contact.channel == "email":
        clock = hour(first.starts_at, context.salon.zone)
        subject = SUBJECT[language].format(day=said, hour=clock)
    if context.contact.plain:
        return Text(_plain(context), subject, language)
    pieces = [
        (0, f"{hello(context)} {_news(context, said)}"),
        (0, asking(context)),
        (2, FORM[language].format(context.forms[0].link) if context.forms else ""),
        (4, "" if context.brief else SEE_YOU[language]),
        (5, context.closing),
    ]
    return Text(fitted(pieces, context), subject, language)


def _news(context: Context, said: str) -> str:
    language, visits = context.contact.language, in_order(context)
    if len(visits) == 1:
        what = service_with(visits[0], language)
        return ONE[language].format(what=what, when=when(visits[0], context))
    told = visit_list(visits, context)
    return SEVERAL[language, one_day(visits, context)].format(day=said, visits=told)


def _plain(context: Context) -> str:
    language, call = context.contact.language, call_us(context)
    change = CHANGE[language].format(call=call) if call else ""
    return PLAIN[language].format(when=when(context.first, context), change=change).strip()
