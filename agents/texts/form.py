"""The standard text with a form's link, English and Spanish."""

from agents.base import Text
from agents.context import Context
from agents.texts.common import call_us, fitted, hello, service_with, when

ASKS = {
    "en": "before {what} on {when}, please fill in this form: {link}",
    "es": "antes de {what} el {when}, rellene por favor este formulario: {link}",
}
PLAIN = {
    "en": "before your appointment on {when}, please fill in this form: {link}",
    "es": "antes de su cita del {when}, rellene por favor este formulario: {link}",
}
HELP = {"en": "Questions? Please {call}.", "es": "Si tiene preguntas, {call}."}
SUBJECT = {"en": "A form before your visit", "es": "Un formulario antes de su visita"}


def form_text(context: Context) -> Text:
    language, first = context.contact.language, context.first
    link = context.forms[0].link
    subject = SUBJECT[language] if context.contact.channel == "email" else ""
    if context.contact.plain:
        said = PLAIN[language].format(when=when(first, context), link=link)
        return Text(said, subject, language)
    asks = ASKS[language].format(
        what=service_with(first, language), when=when(first, context), link=link
    )
    call = call_us(context)
    pieces = [
        (0, f"{hello(context)} {asks}"),
        (3, HELP[language].format(call=call) if call and not context.brief else ""),
        (5, context.closing),
    ]
    return Text(fitted(pieces, context), subject, language)
