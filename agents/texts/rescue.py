"""The standard rescue draft, English and Spanish: asked once, silent, and the visit is near."""

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
    "en": "we are holding {what} for you on {when} and would like to know if you can make it.",
    "es": "le guardamos su cita de {what} el {when} y nos gustaría saber si puede venir.",
}
SEVERAL = {
    ("en", True): "we are holding your visits on {day}: {visits}. Can you make it?",
    ("en", False): "we are holding these visits for you: {visits}. Can you make it?",
    ("es", True): "le guardamos sus citas del {day}: {visits}. ¿Puede venir?",
    ("es", False): "le guardamos estas citas: {visits}. ¿Puede venir?",
}
OTHERS = {
    "en": "If not, a short call gives the time to somebody who waits for it.",
    "es": "Si no puede, una llamada breve deja la hora para quien la espera.",
}
PLAIN = {
    "en": "your appointment on {when} is not confirmed yet. {ask}",
    "es": "su cita del {when} no ha sido confirmada. {ask}",
}
CHANGE = {"en": "To keep or change it, {call}.", "es": "Para mantenerla o cambiarla, {call}."}
SUBJECT = {"en": "Can you make it on {day} at {hour}?", "es": "¿Puede venir el {day} a las {hour}?"}


def rescue_text(context: Context) -> Text:
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
        (4, "" if context.brief else OTHERS[language]),
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
    """Nothing about the person: no name, no service, no therapist."""
    language, call = context.contact.language, call_us(context)
    change = CHANGE[language].format(call=call) if call else ""
    ask = asking(context) or change
    return PLAIN[language].format(when=when(context.first, context), ask=ask).strip()
