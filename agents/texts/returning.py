"""The standard texts of the agents that write first, English and Spanish."""

from agents.base import Text
from agents.context import Context
from agents.texts.common import call_us, fitted, hello, service_with

SAYS = {
    ("winback", "en"): "it has been a while since your {what}. We would be glad to see you again.",
    ("winback", "es"): "hace tiempo de su visita para {what}. Nos alegraría verle de nuevo.",
    ("birthday", "en"): "all the best for your birthday from all of us here.",
    ("birthday", "es"): "le deseamos un feliz cumpleaños de parte de todo el equipo.",
    ("anniversary", "en"): "you first came to us at this time of the year. Thank you for coming "
    "back to us ever since.",
    ("anniversary", "es"): "por estas fechas vino por primera vez. Gracias por seguir viniendo.",
    ("tenth", "en"): "that was your tenth visit with us. Thank you for your trust.",
    ("tenth", "es"): "esa fue su décima visita. Gracias por su confianza.",
    ("review", "en"): "thank you for coming in for your {what}. A few words here would help us "
    "a lot: {link}",
    ("review", "es"): "gracias por venir para {what}. Unas palabras aquí nos ayudan mucho: {link}",
    ("check_in", "en"): "how do you get on after your {what}? If anything is not as you hoped, "
    "please tell us.",
    ("check_in", "es"): "¿qué tal después de su visita para {what}? Si algo no es como esperaba, "
    "díganos por favor.",
}
# For who asked for texts without anything personal.
PLAIN = {
    ("winback", "en"): "We would be glad to see you again.",
    ("winback", "es"): "Nos alegraría verle de nuevo.",
    ("review", "en"): "Thank you for your visit. A few words here help us a lot: {link}",
    ("review", "es"): "Gracias por su visita. Unas palabras aquí nos ayudan mucho: {link}",
    ("check_in", "en"): "Thank you for your visit. If anything is not as you hoped, please tell "
    "us.",
    ("check_in", "es"): "Gracias por su visita. Si algo no es como esperaba, díganos por favor.",
}
THANKS = {"en": "Thank you for being with us.", "es": "Gracias por estar con nosotros."}
BOOK = {"en": "Book here: {link}", "es": "Reserve aquí: {link}"}
CALL = {"en": "To book, {call}.", "es": "Para reservar, {call}."}
TALK = {"en": "You can also {call}.", "es": "También puede llamar: {call}."}
SUBJECT = {
    ("winback", "en"): "We would be glad to see you again",
    ("winback", "es"): "Nos alegraría verle de nuevo",
    ("review", "en"): "After your visit",
    ("review", "es"): "Después de su visita",
    ("check_in", "en"): "After your visit",
    ("check_in", "es"): "Después de su visita",
    ("birthday", "en"): "All the best",
    ("birthday", "es"): "Felicidades",
}
THANK_YOU = {"en": "Thank you", "es": "Gracias"}


def reaching_text(context: Context, link: str) -> Text:
    """``context.kind`` says which text; ``context.remembered`` is the offer, or ''."""
    kind, language = context.kind, context.contact.language
    subject = ""
    if context.contact.channel == "email":
        subject = SUBJECT.get((kind, language), THANK_YOU[language])
    if context.contact.plain:
        said = PLAIN.get((kind, language), THANKS[language]).format(link=link)
        return Text(" ".join(filter(None, [said, _way(context, link)])), subject, language)
    said = SAYS[kind, language].format(what=service_with(context.first, language), link=link)
    pieces = [
        (0, f"{hello(context)} {said}"),
        (0, _sentence(context.remembered)),
        (2, "" if context.brief else _way(context, link)),
        (4, context.closing),
    ]
    return Text(fitted(pieces, context), subject, language)


def _sentence(words: str) -> str:
    """An offer as the salon's table has it; it ends like a sentence."""
    return words if not words or words[-1] in ".!?" else f"{words}."


def _way(context: Context, link: str) -> str:
    """How to answer: to book by link or phone, or to talk. A request for a review has its own."""
    language, call = context.contact.language, call_us(context)
    if context.kind == "review":
        return ""
    if context.kind == "check_in":
        return TALK[language].format(call=call) if call and language == "en" else ""
    if context.kind != "winback":
        return ""
    if link:
        return BOOK[language].format(link=link)
    return CALL[language].format(call=call) if call else ""
