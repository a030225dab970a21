"""One remembered preference out of a client's notes, chosen in code.

The notes as a whole never reach a text or a model: they hold health, money and opinions. Only a
sentence of a harmless shape ("Prefers a quiet room.") is taken, and only one.
"""

import re

SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n")
LIKES = re.compile(
    r"^\s*(?:always\s+|usually\s+)?(?P<verb>prefers|likes|loves|asks for)\s+(?P<what>.{3,60}?)\s*$",
    re.IGNORECASE,
)
# Anything near health, money, looks or judgement stays out of a text. Wrongly leaving out a
# harmless wish costs nothing; letting one of these through costs a client.
NOT_FOR_TEXTS = re.compile(
    r"allerg|pregnan|medic|pain|injur|surger|diabet|asthma|latex|blood|skin|hair loss|scalp|acne|"
    r"cancer|chemo|pressure point|back|migraine|heart|condition|sensitiv|anxi|depress|divorc|"
    r"husband|wife|partner|boyfriend|girlfriend|tip|cheap|discount|free|rude|late|complain|refund|"
    r"cash|owe|weight|age|wax|intimate|bikini|https?:|www\.|@|\d{4,}",
    re.IGNORECASE,
)
SUSPICIOUS = re.compile(
    r"ignore (?:all|any|the|previous|earlier)|instruction|system prompt|you are (?:now|an?) |"
    r"assistant|as an ai|disregard|reply with|send (?:me|this|all)|https?://|www\.|</|\{\{|"
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]",
    re.IGNORECASE,
)


def remembered_preference(notes: str) -> str:
    """What the client prefers, as the object of "you prefer …"; '' when nothing is fit to say."""
    for piece in SENTENCE_END.split(notes or ""):
        sentence = piece.strip().rstrip(".!?;")
        found = LIKES.match(sentence)
        if found and not NOT_FOR_TEXTS.search(sentence) and not suspicious(sentence):
            return found["what"].strip().rstrip(",:")
    return ""


def suspicious(text: str) -> bool:
    """Client-written text that reads like an instruction, or hides characters or links."""
    return bool(SUSPICIOUS.search(text or ""))
