"""One form for comparing: no case, accents, punctuation, emoji, hidden characters or stretching."""

import re
import unicodedata

from integrations.folding import fold

# A text of 2,000 characters is read to the end; one that is longer still is not a short answer.
MOST = 4000
# Emoji that answer by themselves, as words; every other one is decoration.
EMOJI = (
    ("\N{THUMBS UP SIGN}\N{OK HAND SIGN}\N{WHITE HEAVY CHECK MARK}\N{HEAVY CHECK MARK}"
     "\N{BALLOT BOX WITH CHECK}", " yes "),
    ("\N{THUMBS DOWN SIGN}\N{CROSS MARK}\N{NO ENTRY SIGN}\N{FACE WITH NO GOOD GESTURE}"
     "\N{NEGATIVE SQUARED CROSS MARK}", " no "),
)  # fmt: skip
SPOKEN = {ord(sign): word for signs, word in EMOJI for sign in signs}
CHAT = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "plse": "please",
    "thx": "thanks", "tks": "thanks", "ty": "thanks", "txt": "text", "txts": "texts",
    "txting": "texting", "msg": "message", "msgs": "messages", "msging": "messaging",
    "tmrw": "tomorrow", "tmr": "tomorrow", "appt": "appointment", "appts": "appointments",
    "im": "i am", "ill": "i will", "cant": "can not", "cannot": "can not", "dont": "do not",
    "wont": "will not", "didnt": "did not", "doesnt": "does not", "isnt": "is not",
    "havent": "have not", "hasnt": "has not", "couldnt": "could not", "wouldnt": "would not",
    "ive": "i have", "id": "i would", "its": "it is", "thats": "that is", "lets": "let us",
    "stpo": "stop", "sotp": "stop", "tsop": "stop", "stopp": "stop", "sstop": "stop",
    "stp": "stop", "stob": "stop", "stoo": "stop", "stpp": "stop", "satop": "stop",
    "wanna": "want to", "gonna": "going to", "dnt": "do not", "dotn": "do not",
    "donot": "do not", "dony": "do not", "cudnt": "could not", "dun": "do not", "yse": "yes",
    "yess": "yes", "yea": "yeah", "yeh": "yeah", "noo": "no",
    "cxl": "cancel", "cancl": "cancel", "cancell": "cancel",
    "q": "que", "xq": "porque", "x": "por",
}  # fmt: skip


def plain(body: str) -> str:
    """Words with single spaces between them; ``S.T.O.P`` is ``stop``, ``yesss`` is ``yes``."""
    text = unicodedata.normalize("NFKC", body[:MOST].translate(SPOKEN))
    text = fold(text).replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    words = re.sub(r"[^a-z0-9]+", " ", text).split()
    if len(words) > 2 and all(len(word) == 1 and word.isalpha() for word in words):
        return "".join(words)
    return " ".join(_unstretched(word) for word in words)


def spelled(text: str) -> str:
    """A ``plain`` text with the shorthands and slips of phones written out."""
    return " ".join(CHAT.get(word, word) for word in text.split())


def sentences(body: str) -> list[str]:
    """The parts of a text between its marks, each plain; "This is spam. STOP" has two."""
    parts = re.split(r"[.!?,;:\n\r\u2026\u2013\u2014]+", body[:MOST])
    return [text for text in map(plain, parts) if text]


def _unstretched(word: str) -> str:
    """``noooo`` and ``stoppp`` as they were meant: nothing is spelled with three in a row."""
    return word if word.isdigit() else re.sub(r"(.)\1{2,}", r"\1", word)
