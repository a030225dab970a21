"""The standard aftercare message: what the salon itself wrote for the service, nothing added."""

import re
from collections.abc import Iterator

from agents.base import Text
from agents.context import Context
from agents.texts.common import call_us, fitted, hello

THANKS = {"en": "thank you for coming in for {what}.", "es": "gracias por venir para {what}."}
CARE = {"en": "How to look after it: {}", "es": "Recomendaciones: {}"}
QUESTIONS = {"en": "Any questions? {call}.", "es": "Si tiene preguntas, {call}."}
PLAIN = {
    "en": "thank you for your visit. If you have any questions, {call}.",
    "es": "gracias por su visita. Si tiene preguntas, {call}.",
}
SUBJECT = {"en": "After your visit", "es": "Después de su visita"}
SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
MOST_CARE = 200


def aftercare_text(context: Context) -> Text:
    language, call = context.contact.language, call_us(context)
    subject = SUBJECT[language] if context.contact.channel == "email" else ""
    if context.contact.plain:
        body = PLAIN[language].format(call=call) if call else PLAIN[language].split(".")[0] + "."
        return Text(body, subject, language)
    visit = context.first
    what = visit.service or {"en": "your visit", "es": "su visita"}[language]
    care = care_excerpt(visit.aftercare, None if context.contact.channel == "email" else MOST_CARE)
    questions = QUESTIONS[language].format(call=f"{call[0].upper()}{call[1:]}") if call else ""
    if language == "es" and call:
        questions = QUESTIONS["es"].format(call=call)
    pieces = [
        (0, f"{hello(context)} {THANKS[language].format(what=what)}"),
        (0, CARE[language].format(care) if care else ""),
        (3, "" if context.brief else questions),
        (4, context.closing),
    ]
    return Text(fitted(pieces, context), subject, language)


def care_excerpt(aftercare: str, most: int | None) -> str:
    """Whole sentences of the salon's own text, as many as fit; the first one always."""
    kept = ""
    for sentence in _sentences(aftercare):
        longer = f"{kept} {sentence}".strip()
        if kept and most is not None and len(longer) > most:
            break
        kept = longer
    return kept


def _sentences(text: str) -> Iterator[str]:
    for found in SENTENCE.findall(text or ""):
        if found.strip():
            yield found.strip()
