"""What a model's text must pass before anybody sees it as a draft. All in code.

``problems`` gives every reason in plain words: the desk reads them, and the model gets them once to
correct its text.
"""

import re
from collections.abc import Sequence

from agents.base import Agent, Text
from agents.context import Context
from agents.facts import known_facts
from approvals.facts import Span, facts_check
from approvals.hygiene import hidden_characters
from approvals.policy import asks_for_keyword

# Carriers read these as commands of their own, so an answer of that kind may never be asked for.
KEYWORD_ASK = re.compile(
    r"\b(?:reply|text|answer|send|write|respond|responda|responde|conteste|contesta|env[ií]e)\b"
    r"[^.!?\n]{0,40}?\b(?:yes|stop|end|cancel|quit|start|help|s[ií]|cancelar|alto)\b",
    re.IGNORECASE,
)
MOST_CHARACTERS = {"sms": 480, "email": 3000}
HTML = re.compile(r"<\s*/?\s*[a-zA-Z!]")
RUDE = re.compile(
    r"\b(?:damn|hell no|stupid|idiot|crap|shut up|your fault|you people|lazy|ugly|fat|cheapskate|"
    r"idiota|estúpid[oa]|tont[oa]|cállese|mierda|su culpa|fe[oa]|gord[oa])\b",
    re.IGNORECASE,
)
MOST_EXCLAMATIONS = 3
LOUD_WORDS = 3
LOUD = re.compile(r"\b[A-ZÁÉÍÓÚÑ]{4,}\b")
WORD = re.compile(r"[^\W\d_]+")
QUOTED_WORDS = 4
# From so many words on twice in a row is once too often; below, three times.
SENTENCE, LONGEST_LOOP = 6, 40
REPEATED = "the model repeated itself"
# The commonest small words of each language: enough of the other's and too few of its own means
# that a text is in the wrong one.
SMALL_WORDS = {
    "en": "the you your is are and to we for with have this our at of in please on be it",
    "es": "el la los las su sus es son y para con tiene este nuestra de en por favor le que una un",
    "": "le les vous votre nous est und der die das ist sie wir mit você não seu uma para o com il "
    "lo di per che sono il vostro je een het van dag u",
}


def problems(
    agent: Agent,
    context: Context,
    text: Text,
    *,
    catalogue: Sequence[str] = (),
    strangers: Sequence[str] = (),
    banned: Sequence[str] = (),
    longest: int = 0,
    instruction: str = "",
) -> list[str]:
    """Why this text cannot be used, in plain words; empty when it can.

    What the desk itself asked for in ``instruction`` is no reason to throw a text away; it stays
    marked on the card until somebody has looked.
    """
    found = [unusable(text, context, longest), agent.problem(context, text)]
    found += [hidden_in(text), loud(text.body), banned_in(text.body, banned)]
    found += [repeated(text.body), wrong_language(text), quoted(text.body, context)]
    wrong = facts_wrong(context, text, catalogue, strangers, instruction)
    found += [f"“{span.text}” {span.why}" for span in wrong[:6]]
    return [one for one in found if one]


def facts_wrong(
    context: Context,
    text: Text,
    catalogue: Sequence[str],
    strangers: Sequence[str] = (),
    instruction: str = "",
) -> list[Span]:
    known, wrong = known_facts(context), []
    asked = {span.text.casefold() for span in facts_check(instruction, ())} if instruction else ()
    for part in (text.subject, text.body):
        spans = facts_check(part, known, catalogue=catalogue, strangers=strangers) if part else []
        wrong += [one for one in spans if not one.verified and one.text.casefold() not in asked]
    return wrong


def unusable(text: Text, context: Context, longest: int = 0) -> str:
    """Why no draft may read like this, whoever wrote it; '' when it may."""
    channel = context.contact.channel
    most = longest if longest and channel == "sms" else MOST_CHARACTERS[channel]
    if len(text.body) > most:
        return "the model's text was too long"
    if HTML.search(text.body):
        return "the model's text held markup"
    if KEYWORD_ASK.search(text.body) or asks_for_keyword(text.body):
        return "the model asked for an answer that phone companies read as a command"
    if channel == "email" and not text.subject:
        return "the model left out the subject"
    return ""


def hidden_in(text: Text) -> str:
    hidden = hidden_characters(text.body) or hidden_characters(text.subject)
    return f"the model's text held a hidden character ({hidden[0].name})" if hidden else ""


def loud(body: str) -> str:
    """Tone that no salon means, in any voice."""
    if RUDE.search(body):
        return "the model's text was rude"
    shouted = [one for one in LOUD.findall(body) if one not in {"HTTPS", "HTTP"}]
    if body.count("!") + body.count("¡") // 2 > MOST_EXCLAMATIONS or len(shouted) > LOUD_WORDS:
        return "the model's text was too loud"
    return ""


def banned_in(body: str, banned: Sequence[str]) -> str:
    for words in banned:
        if re.search(rf"(?<!\w){re.escape(words)}(?!\w)", body, re.IGNORECASE):
            return f"“{words}” is among the words this location never uses"
    return ""


def repeated(body: str) -> str:
    """A model that has got stuck says the same again and again."""
    words = [word.casefold() for word in WORD.findall(body)]
    for size in range(1, 6):
        for at in range(len(words) - 3 * size + 1):
            one, two = words[at : at + size], words[at + size : at + 2 * size]
            if one == two == words[at + 2 * size : at + 3 * size]:
                return REPEATED
    return REPEATED if _said_twice(body) else ""


def _said_twice(body: str) -> bool:
    """A whole sentence twice in a row. With its figures: two visits of a series differ in a day."""
    words = [word.casefold() for word in re.findall(r"\w+", body)]
    for size in range(SENTENCE, min(LONGEST_LOOP, len(words) // 2) + 1):
        for at in range(len(words) - 2 * size + 1):
            if words[at] == words[at + size] and (
                words[at : at + size] == words[at + size : at + 2 * size]
            ):
                return True
    return False


def wrong_language(text: Text) -> str:
    """Too short to tell is right: a greeting and a time read the same in both."""
    counts = _small_words(text.body)
    own = counts[text.language]
    if (
        len(WORD.findall(text.body)) >= 8
        and max(counts.values()) >= 3
        and own * 2 < max(counts.values())
    ):
        return "the model wrote in another language"
    return ""


def speaks(text: str) -> str:
    """The language of a text by its small words, '' where they do not tell."""
    counts = _small_words(text)
    english, spanish = counts["en"], counts["es"]
    return "" if english == spanish else "en" if english > spanish else "es"


def _small_words(text: str) -> dict[str, int]:
    """Language → how many of its commonest small words stand in a text."""
    words = [word.casefold() for word in WORD.findall(text)]
    return {
        language: sum(word in small.split() for word in words)
        for language, small in SMALL_WORDS.items()
    }


def quoted(body: str, context: Context) -> str:
    """Notes are for the desk: four words of one in a row are a quotation."""
    said = [word.casefold() for word in WORD.findall(body)]
    told = {tuple(said[at : at + QUOTED_WORDS]) for at in range(len(said) - QUOTED_WORDS + 1)}
    for visit in context.appointments:
        public = " ".join(word.casefold() for word in WORD.findall(visit.aftercare))
        note = [word.casefold() for word in WORD.findall(visit.notes)]
        for at in range(len(note) - QUOTED_WORDS + 1):
            words = tuple(note[at : at + QUOTED_WORDS])
            if words in told and " ".join(words) not in public:
                return "the model quoted an internal note"
    return ""
