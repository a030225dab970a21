"""The standard answer to what no rule understands: it was read, and somebody gets back."""

from agents.base import Text
from agents.context import Context
from agents.texts.common import call_us, fitted, hello

REPLY = {
    "en": "thank you for your message. We read it and get back to you.",
    "es": "gracias por su mensaje. Lo leemos y le respondemos.",
}
PLAIN = {
    "en": "Thank you for your message. We read it and get back to you.",
    "es": "Gracias por su mensaje. Lo leemos y le respondemos.",
}
URGENT = {"en": "If it is urgent, {call}.", "es": "Si es urgente, {call}."}
SUBJECT = {"en": "Your message", "es": "Su mensaje"}


def answer_text(context: Context) -> Text:
    language, call = context.contact.language, call_us(context)
    said = PLAIN[language] if context.contact.plain else f"{hello(context)} {REPLY[language]}"
    urgent = URGENT[language].format(call=call) if call and not context.brief else ""
    subject = SUBJECT[language] if context.contact.channel == "email" else ""
    pieces = [(0, said), (3, urgent), (4, context.closing)]
    return Text(fitted(pieces, context), subject, language)
