"""How unhappy a text sounds, by words written down by hand: what ships for the first day.

Nothing here was fitted. A word counts once however often it stands there; one that is denied
("not happy", "no complaints") counts the other way round; what is said after "but" weighs double.
"""

import re

DENIED = re.compile(
    r"\b(?:no|not|never|nothing|without|isn.?t|wasn.?t|don.?t|doesn.?t|didn.?t|can.?t|won.?t|"
    r"hardly|sin|nunca|nada)\s+(?:\w+\s+){0,2}$"
)
BUT = re.compile(r"\b(?:but|however|although|unfortunately|sadly|pero|lamentablemente)\b")
STRONG = (
    "terrible", "awful", "horrible", "worst", "disgusting", "ruined", "rude", "unprofessional",
    "refund", "return", "returned", "returning", "waste", "wasted", "never again", "hate", "hated",
    "scam", "avoid", "burned", "burnt", "burning", "rash", "broke out", "hurt", "hurts", "allergic",
    "irritated", "damaged", "useless", "garbage", "trash", "regret", "disappointed",
    "disappointing", "disappointment", "pésimo", "horroroso", "decepcionante", "decepcionada",
    "decepcionado", "quemada", "quemado", "reembolso", "grosera", "grosero",
)  # fmt: skip
WEAK = (
    "bad", "poor", "unhappy", "upset", "wrong", "problem", "waited", "late", "dirty", "expensive",
    "overpriced", "cheap", "greasy", "sticky", "dry", "itchy", "red", "pain", "painful", "smells",
    "weird", "meh", "dull", "money", "nothing", "unfortunately", "sadly", "disliked", "dislike",
    "annoying", "barely", "worse", "gross", "chemical", "headache", "fell", "broken", "leaked",
    "stopped", "caro", "sucio", "tarde", "dolor", "mal", "mala", "malo", "peor",
)  # fmt: skip
KIND = (
    "love", "loved", "loves", "amazing", "great", "perfect", "perfectly", "best", "wonderful",
    "excellent", "favorite", "beautiful", "gorgeous", "recommend", "happy", "obsessed", "fantastic",
    "lovely", "good", "nice", "awesome", "thank", "thanks", "friendly", "soft", "glowing", "helped",
    "relaxing", "professional", "pleased", "incredible", "worth", "easy", "encanta", "encantó",
    "excelente", "perfecto", "gracias", "recomiendo", "maravilloso", "feliz", "bonito", "amable",
)  # fmt: skip
WEIGHTS = {
    **dict.fromkeys(KIND, -1.0), **dict.fromkeys(WEAK, 1.0), **dict.fromkeys(STRONG, 2.0),
}  # fmt: skip
ANY = re.compile(r"\b(" + "|".join(sorted(map(re.escape, WEIGHTS), key=len, reverse=True)) + r")\b")
# "Amazing!!" with one weak word is no complaint: so much has to come together.
ANGRY_FROM = 4.0


def displeasure(text: str) -> float:
    """How unhappy a text sounds: above 0 rather unhappy, below 0 rather kind, 0 says nothing."""
    low = text.casefold().replace("\u2019", "'")
    turns = [found.start() for found in BUT.finditer(low)]
    said: dict[str, float] = {}
    for found in ANY.finditer(low):
        word, weight = found.group(1), WEIGHTS[found.group(1)]
        if DENIED.search(low[max(found.start() - 40, 0) : found.start()]):
            # "Not happy" is a complaint; "no complaints" is only half a kind word.
            weight = 2.0 if weight < 0 else -0.5
        if any(turn < found.start() for turn in turns):
            weight *= 2
        said[word] = max(said.get(word, weight), weight, key=abs)
    return sum(said.values())


def sounds_angry(text: str) -> bool:
    return displeasure(text) >= ANGRY_FROM
