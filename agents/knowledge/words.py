"""A text as words to search by: folded, stemmed in its own language, without what every text holds.

A salon's material may be in English and Spanish side by side: each piece is stemmed by the rules of
the language it is written in, and so is each question.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from agents.knowledge.vocabulary import CANONICAL, KINDS, one_word
from integrations.folding import fold

# Longer ones are links and codes; the beginning is enough to find them by.
LONGEST = 60
WORD = re.compile(r"[a-z0-9]+")
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
        "salon ser si sin sobre su sus te tengo tiene tu un una uno y ya yo"
    )
)
ENGLISH, SPANISH = "en", "es"
# Words by which a language gives itself away; none of them is a word of the other.
_TELLING = {
    ENGLISH: frozenset(
        WORD.findall(
            "the and are is was for with you your we our of to from this that they it how what "
            "when where which who why can could will would may must should does did have has not "
            "or if at by be been before after until only please there than them their"
        )
    ),
    SPANISH: frozenset(
        WORD.findall(
            "el la los las un una unos unas de del y que en por para con sin su sus al es son esta "
            "estan este hay como cuando cuanto cuanta donde cual quien puede puedo pueden se le "
            "les nos si tiene tengo desde hasta antes despues pero tambien mas muy ya lo mi mis"
        )
    ),
}
_BESIDE = re.compile(
    r"\b(?:after|before|following|despues de|antes de|tras)\s+"
    r"(?:(?:a|an|my|the|her|his|un|una|el|la|mi|su)\s+)?([a-z]+)"
)
# Letters and marks that English has not.
_SPANISH_MARKS = re.compile(r"[ñ¿¡áéíóú]", re.IGNORECASE)


def plain(text: str) -> str:
    """Folded, with one word for what has several."""
    folded = fold(text.replace("\u2019", "'"))
    return one_word(folded, spanish=language_of(text) == SPANISH)


def language_of(text: str) -> str:
    """``en`` or ``es``, whichever more words speak for; '' where none does, or as many for both."""
    said = WORD.findall(fold(text))
    english = sum(word in _TELLING[ENGLISH] for word in said)
    spanish = sum(word in _TELLING[SPANISH] for word in said)
    spanish += len(_SPANISH_MARKS.findall(text))
    if english == spanish:
        return ""
    return SPANISH if spanish > english else ENGLISH


def words_of(text: str, language: str = ENGLISH) -> list[str]:
    """Every word of a text in order, stemmed by the rules of ``language``."""
    return [_stem(word[:LONGEST], language or ENGLISH) for word in WORD.findall(plain(text))]


@dataclass(frozen=True)
class AskedWords:
    """``stems``: what to look for, each once. ``count``: how many words of the question say what it
    is about. ``kinds``: the stems among them that name a kind of treatment.

    Unless they are plainly English, words are looked for by the stems of both languages: a menu's
    "Masaje relajante" says too little for anybody to tell its language.
    """

    stems: list[str]
    count: int
    kinds: list[str]


def asked_words(question: str) -> AskedWords:
    """The words of a question that say what it is about; all of them if none does."""
    spelled = plain(question)
    telling = _telling(spelled)
    spellings = [ENGLISH] if language_of(question) == ENGLISH else [SPANISH, ENGLISH]
    stems = {_stem(word, one) for word in telling for one in spellings}
    count = len({_stem(word, spellings[0]) for word in telling})
    # "A facial after laser" asks for a facial.
    beside = {found[1] for found in _BESIDE.finditer(spelled)}
    kinds = {_stem(word, ENGLISH) for word in telling - beside} & _kind_stems()
    return AskedWords(sorted(stems), count, sorted(kinds))


@lru_cache(maxsize=1)
def _kind_stems() -> frozenset[str]:
    return frozenset(_stem(word, ENGLISH) for word in KINDS)


def _telling(text: str) -> set[str]:
    said = {word[:LONGEST] for word in WORD.findall(text)}
    return {word for word in said if word not in SMALL} or said


def telling_stems(text: str) -> frozenset[str]:
    """What a short text is about, to be compared with another one of the same kind: one stem for
    each of its telling words, in whichever language. By its own words: an answer about cards is
    none about American Express."""
    return frozenset(_stem(word, ENGLISH) for word in _telling(fold(text.replace("\u2019", "'"))))


def counted(heading: str, text: str) -> dict[str, tuple[int, bool]]:
    """word → how often it stands in heading and text together, and whether in the heading."""
    language = language_of(f"{heading}. {text}")
    above = Counter(words_of(heading, language))
    both = above + Counter(words_of(text, language))
    return {word: (times, word in above) for word, times in both.items()}


@lru_cache(maxsize=50_000)
def _stem(word: str, language: str) -> str:
    # What was brought to one word is English, whatever stands around it.
    stemmed: str = _STEMMERS[ENGLISH if word in CANONICAL else language].stemWord(word)
    return stemmed


_STEMMERS = {
    ENGLISH: snowballstemmer.stemmer("english"),
    SPANISH: snowballstemmer.stemmer("spanish"),
}
