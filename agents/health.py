"""Words of notes and forms that concern health or a wish, found by rules. Nothing is advised: a
sentence is put before a person, as it was written, with where it stands. Pure, no database.

Written by hand from what salons ask on their intake forms; English and Spanish, on folded text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.folding import fold

SENTENCE = re.compile(r"[^.!?;\n]+")
LONGEST = 200
# "No known allergies" says the opposite of an allergy.
DENIED = re.compile(r"\b(?:no|not|none|never|without|denies|ningun\w*|sin|nunca)\b[^,]{0,24}$")
# Before a wish: what turns it round, if only a few words stand between. Behind it: a form's no.
UNWANTED = re.compile(
    r"\b(?:no|not|none|never|without|dont|don't|doesnt|doesn't|didnt|didn't|dislikes?|hates?|avoid\w*"
    r"|cannot|can't|isnt|isn't|wasn't|ningun\w*|sin|nunca|evitar|odia)\b(?:\s+[\w']+){0,4}\s*$"
)
# It has to be all that is said: "allergies: no nuts" is one.
ANSWERED_NO = re.compile(
    r"\s*[:=-]\s*(?:no|none|nil|n/?a|never|ningun[ao]?|nunca)(?: (?:known|reported))?\W*$"
)
HEALTH = re.compile(
    r"\b(?:allerg\w*|alergi\w*|anaphyla\w*|epi ?pen|pregnan\w*|embaraz\w*|surgery|cirugia|operated"
    r"|blood thinner\w*|anticoagul\w*|diabet\w*|epilep\w*|seizure\w*|asthma\w*|asma|eczema"
    r"|psoriasis|rosacea|cancer|chemo\w*|radiation|pacemaker|marcapasos|blood pressure|hypertens\w*"
    r"|retinol|retin-a|tretinoin|accutane|isotretinoin|fracture\w*|herniat\w*|injur\w*|lesion\w*"
    r"|thrombos\w*|varicose|migraine\w*|latex|open wound\w*|infection\w*|sensitive (?:skin|scalp)"
    r"|piel sensible|cuero cabelludo sensible"
    r"|heart (?:\w+ )?(?:condition|disease|attack|failure|problem\w*|murmur|surgery|transplant"
    r"|stent)|(?:enfermedad|problemas?|operad[oa]) del? corazon|(?:had|has had) (?:a )?stroke"
    r"|stroke (?:in|last|two|years?|patient)|derrame|clot(?:s|ting)?|embolism\w*|dvt"
    r"|h(?:ae|e)mo(?:ph|f)il\w*|bleeding disorder|shingles|herpes"
    r"|cold sores?|lupus|osteopor\w*|scoliosis|escoliosis|(?:slipped|bulging) dis[ck]s?"
    r"|sciatic\w*|ciatica|dermatitis|arthritis|artritis|vertigo|faint(?:s|ed|ing)"
    r"|(?:feel\w*|felt) faint|dizz\w*|claustrophob\w*|pie de atleta|fung(?:us|al)|hongos"
    r"|athlete'?s foot|ringworm|stitches|concussion"
    r"|(?:knee|hip|joint) replacement|hernias?"
    r"|brok(?:e|en) (?:\w+ )?(?:bone|arm|wrist|hand|foot|toe|rib|leg|ankle|finger)s?"
    r"|sprain\w*|esguince|botox|fillers?|sun ?burn\w*|breast ?feed\w*"
    r"|nursing (?:mother|mom|a baby|her)|lactan\w*"
    r"|alopecia|hair loss|keloids?|lymph(?:oma|edema|oedema| ?nodes?)"
    r"|kidney (?:disease|failure|stones?|transplant|problem\w*|infection)|fever|fiebre|varices)\b"
)
# What of it touches which services, by words of the service's name or skill.
TOUCHES: tuple[tuple[str, str], ...] = (
    (r"massage|masaje|stone|body|reiki|shiatsu",
     r"pregnan|embaraz|surgery|cirugia|operated|blood|anticoag|diabet|cancer|chemo|pacemaker"
     r"|fractur|hernia|injur|thromb|varic|oil|aceite|nut|almond|allerg|alergi|infection|heart"
     r"|corazon|stroke|derrame|clot|emboli|dvt|emophil|emofil|bleeding|shingles|osteopor|scolio|disc|disk"
     r"|sciatica|ciatica|arthritis|artritis|replacement|brok|sprain|esguince|lymph|kidney"
     r"|stitches|concussion|fever|fiebre|vertigo|faint|dizz"),
    (r"facial|peel|skin|derma|micro|lash|brow|wax|depil|laser",
     r"allerg|alergi|retin|accutane|eczema|psoria|rosacea|sensitive|sensible|sun|herpes|latex"
     r"|pregnan|embaraz|diabet|infection|wound|cold sore|shingles|botox|filler|burn|keloid"
     r"|dermatitis|breast|nursing|lactan|lupus|stitches|fever|fiebre"),
    (r"color|balayage|highlight|tint|keratin|perm|bleach|relax|hair",
     r"allerg|alergi|ppd|ammonia|scalp|cuero|psoria|eczema|pregnan|embaraz|chemo|asthma|asma"
     r"|alopecia|hair loss|ringworm|stitches|breast|nursing|lactan|burn"),
    (r"nail|manicure|pedicure|gel|acryl",
     r"allerg|alergi|diabet|fung|hongos|athlete|infection|wound|latex|acryl|blood|anticoag"
     r"|emophil|emofil|bleeding|brok|psoria|eczema|dermatitis|pie de atleta"),
    (r"sauna|steam|hot|bath|wrap",
     r"pregnan|embaraz|heart|corazon|stroke|derrame|blood pressure|hypertens|pacemaker|diabet"
     r"|epilep|seizure|faint|dizz|vertigo|claustro|fever|fiebre|burn"),
)  # fmt: skip
WISHES: tuple[tuple[str, str, str], ...] = (
    (r"\b(?:firm|deep|strong|hard) pressure\b|\bpresion (?:fuerte|firme)\b", "pressure", "firm"),
    (r"\b(?:light|soft|gentle) pressure\b|\bpresion (?:suave|ligera)\b", "pressure", "light"),
    (r"\bquiet (?:room|corner|chair)\b|\bsala tranquila\b", "room", "quiet"),
    (r"\b(?:no|without|prefers not to) (?:small )?(?:talk|chat\w*)\b|\bsin conversacion\b",
     "talking", "rather not"),
    (r"\bsensitive scalp\b|\bcuero cabelludo sensible\b", "scalp", "sensitive"),
    (r"\bsensitive skin\b|\bpiel sensible\b", "skin", "sensitive"),
    (r"\b(?:fragrance|scent|perfume)[- ]free\b|\b(?:no|sin) (?:fragrance|scents?|perfume)\b",
     "fragrance", "none"),
    (r"\bfemale (?:therapist|stylist)\b|\bprefers? (?:a )?woman\b|\bterapeuta mujer\b",
     "therapist", "a woman"),
    (r"\bmale (?:therapist|stylist)\b|\bprefers? (?:a )?man\b|\bterapeuta hombre\b",
     "therapist", "a man"),
    (r"\bheated (?:bed|table|blanket)\b|\bgets cold\b|\bcamilla caliente\b", "warmth", "warm"),
    (r"\b(?:decaf|herbal tea|oat milk|sparkling water)\b", "drink", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Sentence:
    """A sentence as it was written, and where it stands ("notes", a form's name)."""

    text: str
    source: str


@dataclass(frozen=True)
class Wish:
    """A preference that a sentence speaks of: ``name`` and ``value`` of the record."""

    name: str
    value: str
    sentence: Sentence


def sentences_of(text: str, source: str) -> list[Sentence]:
    found = (" ".join(one[0].split()) for one in SENTENCE.finditer(text.replace("\x00", "")))
    return [Sentence(one[:LONGEST], source) for one in found if one]


def health_in(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Those that speak of health, without those that say there is nothing."""
    return [one for one in sentences if _affirmed(HEALTH, fold(one.text))]


def touching(service: str, sentences: Iterable[Sentence]) -> list[Sentence]:
    """Of what speaks of health, what a person should look at before this service. A service no rule
    knows is touched by all of it: rather one look too many."""
    name = fold(service)
    rules = [words for services, words in TOUCHES if re.search(services, name)]
    found = health_in(sentences)
    if not rules:
        return found
    return [one for one in found if any(re.search(rule, fold(one.text)) for rule in rules)]


def wishes_in(sentences: Iterable[Sentence]) -> list[Wish]:
    """Preferences, each once; the later sentence wins where two disagree. What somebody does not
    want is no wish for it: "no firm pressure" puts nothing on record."""
    found: dict[str, Wish] = {}
    for one in sentences:
        text = fold(one.text.replace("\u2019", "'"))
        for pattern, name, value in WISHES:
            said = next((hit for hit in re.finditer(pattern, text) if _wanted(hit, text)), None)
            if said:
                found[name] = Wish(name, value or said[0], one)
    return list(found.values())


def _wanted(said: re.Match[str], text: str) -> bool:
    before, after = text[: said.start()], text[said.end() :]
    return not UNWANTED.search(before) and not ANSWERED_NO.match(after)


def _affirmed(pattern: re.Pattern[str], text: str) -> bool:
    return any(
        not DENIED.search(text[: one.start()]) and not ANSWERED_NO.match(text[one.end() :])
        for one in pattern.finditer(text)
    )
