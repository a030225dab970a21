"""The standard answer to an unhappy word about a visit, English and Spanish: thanks, regret, a way
to talk. Nothing is explained, promised or given away; a person who knows more writes more."""

from agents.base import Text
from agents.context import Context
from agents.texts.common import call_us, fitted, hello
from agents.wording import day

ABOUT = {
    "en": "thank you for telling us about your visit on {day}.",
    "es": "gracias por contarnos sobre su visita del {day}.",
}
ABOUT_NONE = {"en": "thank you for telling us.", "es": "gracias por contarnos."}
SORRY = {
    "en": "We are sorry it was not what you hoped for.",
    "es": "Sentimos que no haya sido lo que esperaba.",
}
TALK = {
    "en": "We would like to hear more: please {call}.",
    "es": "Nos gustaría saber más: por favor {call}.",
}
ANSWER_HERE = {
    "en": "We would like to hear more, and read what you answer here.",
    "es": "Nos gustaría saber más, y leemos lo que responda aquí.",
}
SUBJECT = {"en": "About your visit", "es": "Sobre su visita"}


def feedback_text(context: Context) -> Text:
    language, call = context.contact.language, call_us(context)
    subject = SUBJECT[language] if context.contact.channel == "email" else ""
    if context.contact.plain:
        said = ABOUT_NONE[language]
        talk = TALK[language].format(call=call) if call else ANSWER_HERE[language]
        body = f"{said[0].upper()}{said[1:]} {SORRY[language]} {talk}"
        return Text(body, subject, language)
    talk = TALK[language].format(call=call) if call else ANSWER_HERE[language]
    pieces = [
        (0, f"{hello(context)} {_about(context)}"),
        (0, SORRY[language]),
        (0, talk),
        (5, context.closing),
    ]
    return Text(fitted(pieces, context), subject, language)


def _about(context: Context) -> str:
    language = context.contact.language
    if not context.appointments:
        return ABOUT_NONE[language]
    return ABOUT[language].format(day=day(context.first.starts_at, context.salon.zone, language))
