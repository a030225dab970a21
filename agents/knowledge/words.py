"""A text as words to search by: folded, stemmed, without what every text holds."""

import re
from collections import Counter
from functools import lru_cache

import snowballstemmer

from integrations.folding import fold

# Longer ones are links and codes; the beginning is enough to find them by.
LONGEST = 60
WORD = re.compile(r"[a-z0-9]+")
# What salons and their clients call the same thing. Written by hand, both sides folded.
SAME = {
    "blow-out": "blowdry",
    "blowout": "blowdry",
    "blow-dry": "blowdry",
    "blow dry": "blowdry",
    "up-do": "updo",
    "up do": "updo",
    "gents": "men",
    "gent": "men",
    "mens": "men",
    "men's": "men",
    "ladies": "women",
    "lady": "women",
    "women's": "women",
    "womens": "women",
    "colour": "color",
    "dye": "color",
    "dyed": "color",
    "tint": "color",
    "foils": "highlights",
    "grey": "gray",
    "greys": "gray",
    "kids": "children",
    "kid": "children",
    "child": "children",
    "bangs": "fringe",
    "nails": "manicure",
    "volumising": "volumizing",
    "moisturiser": "moisturizer",
    "cancelation": "cancellation",
}
# What questions are made of, whatever they ask about (English and Spanish, written by hand).
SMALL = frozenset(
    WORD.findall(
        "a about after all also am an and any anything are as at be been before but by can could "
        "did do does for from get had has have he her here hi hello him his how i if in into is it "
        "its just let like long many may me much must my need no not of ok on one or our out "
        "please really s she should so some still t tell thank thanks that the their them then "
        "there these they thing this to too until up us very want was we were what when where "
        "which who why will with would yes you your al como con cual cuando cuanto de del donde el "
        "ella en es esta hay la las lo los me mi mis muy nos o para pero por puede puedo que se "
        "ser si sin sobre su sus te tengo tiene tu un una uno y ya yo"
    )
)
_SPOKEN = sorted(SAME, key=len, reverse=True)
_SAME = re.compile(rf"(?<![a-z])({'|'.join(map(re.escape, _SPOKEN))})(?![a-z])")


def plain(text: str) -> str:
    """Folded, with one word for what has several."""
    return _SAME.sub(lambda found: SAME[found[1]], fold(text.replace("\u2019", "'")))


def words_of(text: str) -> list[str]:
    """Every word of a text in order, stemmed."""
    return [_stem(word[:LONGEST]) for word in WORD.findall(plain(text))]


def asked_words(question: str) -> list[str]:
    """The words of a question that say what it is about, each once; all of them if none does."""
    said = WORD.findall(plain(question))
    telling = [word for word in said if word not in SMALL] or said
    return sorted({_stem(word[:LONGEST]) for word in telling})


def counted(heading: str, text: str) -> dict[str, tuple[int, bool]]:
    """word → how often it stands in heading and text together, and whether in the heading."""
    above = Counter(words_of(heading))
    both = above + Counter(words_of(text))
    return {word: (times, word in above) for word, times in both.items()}


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed


_STEMMER = snowballstemmer.stemmer("english")
