"""What a client's notes and forms say to avoid, and whether a product holds it.

Errs to one side only: a word that was misread keeps a product back, never brings one up. Where an
allergy is mentioned and not understood, nothing that touches the skin is mentioned at all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from integrations.folding import fold

# What a person says for a whole family, and how its members are written on a bottle (folded).
FAMILIES: dict[str, tuple[str, ...]] = {
    "nut": (
        "almond", "hazelnut", "walnut", "macadamia", "pecan", "cashew", "pistachio", "brazil nut",
        "prunus amygdalus", "prunus dulcis", "corylus", "juglans", "argan", "argania", "peanut",
        "arachis", "shea", "butyrospermum",
    ),
    "peanut": ("arachis",),
    "almond": ("prunus amygdalus", "prunus dulcis"),
    "fragrance": (
        "parfum", "perfume", "linalool", "limonene", "geraniol", "citronellol", "eugenol",
    ),
    "perfume": ("parfum", "fragrance"),
    "scent": ("parfum", "perfume", "fragrance"),
    "essential oil": ("lavender oil", "eucalyptus oil", "tea tree", "peppermint oil", "lavandula"),
    "gluten": ("wheat", "triticum", "barley", "hordeum", "rye", "oat", "avena"),
    "wheat": ("triticum",),
    "oat": ("avena",),
    "dairy": ("milk", "lactose", "casein", "whey", "lac "),
    "milk": ("lactose", "casein", "whey"),
    "soy": ("soja", "glycine max", "soybean"),
    "coconut": ("coco", "cocos"),
    "bee": ("honey", "propolis", "beeswax", "cera alba", "royal jelly"),
    "honey": ("propolis", "mel "),
    "sulfate": ("sulphate", "sls", "sles"),
    "silicone": ("dimethicone", "siloxane"),
    "paraben": ("methylparaben", "propylparaben", "butylparaben"),
    "salicylate": ("salicylic", "aspirin", "salix"),
    "aspirin": ("salicylic", "salicylate"),
    "lanolin": ("wool wax", "wool"),
    "retinol": ("retinal", "retinoid", "vitamin a "),
    "citrus": ("lemon", "orange", "grapefruit", "bergamot", "lime", "limonene"),
    "tea tree": ("melaleuca",),
    "lavender": ("lavandula",),
    "eucalyptus": ("eucalyptol",),
    "latex": ("rubber", "hevea"),
    "ammonia": ("ammonium",),
    "nuez": ("nut", "almond", "walnut", "hazelnut", "argan", "shea"),
    "nueces": ("nut", "almond", "walnut", "hazelnut", "argan", "shea"),
    "almendra": ("almond", "prunus amygdalus"),
    "lavanda": ("lavender", "lavandula"),
    "perfumes": ("parfum", "perfume", "fragrance"),
    "fragancia": ("parfum", "perfume", "fragrance"),
    "leche": ("milk", "lactose", "casein"),
    "miel": ("honey", "propolis"),
    "avena": ("oat",),
}  # fmt: skip
# While expecting, these are left for a person to decide.
EXPECTING = ("retinol", "retinal", "retinoid", "salicylic", "hydroquinone")

_MARK = re.compile(
    r"\b(?:allerg\w*|alergi\w*|anaphyla\w*|intoleran\w*|sensitiv\w*|sensible|reacts?|reacted|"
    r"reaction|avoid(?:s|ing)?|evitar|no tolera|cannot (?:use|have|tolerate)|can't (?:use|have)|"
    r"does not tolerate|rash from|hives from|breaks out (?:from|with)|burns? from)\b",
)
# "No fragrance", "without sulfates", "sin parabenos": only for words of which a product is made.
_WITHOUT = re.compile(r"\b(?:no|without|free of|sin|never)\s+((?:[a-z]+\s?){1,3})")
_NONE = re.compile(
    r"\b(?:no (?:known |other )?(?:drug |food )?allerg\w*|not allergic\b(?! to)|nka|nkda|"
    r"allerg\w*\s*[:\-]?\s*(?:none|no|nil|n/a|ninguna|unknown)\b|sin alergias|"
    r"no (?:tiene )?alergi\w*)",
)
_EXPECTING = re.compile(
    r"\b(?:pregnan\w*|expecting|embaraz\w*|breast ?feeding|nursing|lactan\w*)\b"
)
_LIST = re.compile(r"\s*(?:,|/|;|\+|&|\band\b|\bor\b|\by\b|\bo\b|\bu\b|\bplus\b)\s*")
_LEAD = re.compile(
    r"^(?:\W|\b(?:to|from|with|a|al|la|las|el|los|an|the|any|all|of|against|is|are|has|have|had|"
    r"badly|severe(?:ly)?|very|slightly|mild(?:ly)?|certain|some|products?|containing|contains|"
    r"ingredients?|using|use|things|scents? of|con|de|por|when|usa[rn]?|todo|toda|s)\b)+",
)
_STOP = re.compile(r"[.!?\n]| - | but | because | pero |, (?:likes|prefers|uses|loves|wants)\b")
_TAIL = re.compile(r"\b(?:gloves?|products?|oils?|butter|extract|please|only|skin|scalp|piel)\b.*$")
# What stands behind such a word and is no substance: a skin, a scalp, a shoulder.
NOTHING_TO_MATCH = frozenset({
    "skin", "scalp", "piel", "cuero cabelludo", "heat", "cold", "pressure", "light", "sun", "noise",
    "teeth", "nails", "hands", "feet", "face",
})  # fmt: skip
# Something is to be avoided, and nobody wrote down what.
VAGUE = frozenset({
    "yes", "si", "ask", "ask her", "ask him", "see form", "see notes", "see file", "many",
    "multiple", "several", "various", "lots", "everything", "something", "unknown", "tbd",
    "not sure", "true", "muchas", "varias", "todo", "algo", "preguntar",
})  # fmt: skip
LONGEST_TEXT, MOST_TERMS = 4_000, 30


@dataclass(frozen=True)
class Avoid:
    """``terms``: folded words that must not be on a bottle; ``unclear``: an allergy is mentioned
    and cannot be read; ``expecting``: a few more ingredients are left to a person."""

    terms: frozenset[str] = frozenset()
    unclear: bool = False
    expecting: bool = False

    def __bool__(self) -> bool:
        return bool(self.terms) or self.unclear or self.expecting


def avoid_read(texts: Iterable[str]) -> Avoid:
    """What these notes, forms and tags say to avoid."""
    terms: set[str] = set()
    unclear = expecting = False
    for text in texts:
        said = f" {fold(text[:LONGEST_TEXT].replace(chr(10), ' . '))} "
        expecting = expecting or bool(_EXPECTING.search(said))
        plain = _NONE.sub(" . ", said)
        for mark in _MARK.finditer(plain):
            found, known = _after(plain[mark.end() :])
            before = _before(plain[: mark.start()])
            terms |= found | before
            allergy = mark.group().startswith(("allerg", "alergi", "anaphyla"))
            unclear = unclear or (allergy and not found and not before and not known)
            unclear = unclear or bool(found & VAGUE)
        terms |= {
            term
            for mark in _WITHOUT.finditer(plain)
            for term in _terms(mark.group(1))
            if _single(term) in FAMILIES
        }
    return Avoid(frozenset(sorted(terms - VAGUE)[:MOST_TERMS]), unclear, expecting)


def _after(rest: str) -> tuple[set[str], bool]:
    """The substances named behind such a word, and whether what stands there is no substance."""
    said = _STOP.split(rest, maxsplit=1)[0][:120]
    first = _LEAD.sub("", said.strip(" :;-=")).strip()
    if any(first == word or first.startswith(f"{word} ") for word in NOTHING_TO_MATCH):
        return set(), True
    return _terms(said), False


def _before(said: str) -> set[str]:
    """ "Nut allergy", "latex sensitivity": the word in front, where it is one of a product."""
    words = re.findall(r"[a-z]+", _STOP.split(said)[-1])[-2:]
    found = {" ".join(words), *words[-1:]}
    return {term for term in found if _single(term) in FAMILIES}


def _terms(said: str) -> set[str]:
    found = set()
    for part in _LIST.split(said.strip(" :;-=")):
        term = _TAIL.sub("", _LEAD.sub("", part.strip())).strip(" .:;-()'\"")
        words = term.split()
        if words and len(words) <= 3 and len(term) >= 3 and term not in NOTHING_TO_MATCH:
            found.add(term)
    return found


def clashes(avoid: Avoid, *, name: str, ingredients: str) -> str:
    """Why a product is left out, as one word for whoever asks; '' where nothing speaks against it.

    A product whose ingredients nobody listed is left out for everybody who has to avoid something.
    """
    if not avoid:
        return ""
    if avoid.unclear:
        return "unclear"
    if avoid.terms and not ingredients.strip():
        return "unlisted"
    on_it = f" {_spaced(name)} {_spaced(ingredients)} "
    if any(_holds(on_it, term) for term in avoid.terms):
        return "ingredient"
    if avoid.expecting and any(_holds(on_it, term) for term in EXPECTING):
        return "expecting"
    return ""


def _holds(on_it: str, term: str) -> bool:
    return any(one in on_it for one in _spellings(term))


@lru_cache(maxsize=2_000)
def _spellings(term: str) -> tuple[str, ...]:
    """How it may be written on a bottle, each with the space before it."""
    known = _single(term)
    return tuple(_spaced(one).rstrip() for one in {term, known, *FAMILIES.get(known, ())})


# The same few thousand bottles are looked at for every client: folding them anew took ten times as
# long as all the rest of a card.
@lru_cache(maxsize=50_000)
def _spaced(text: str) -> str:
    """Folded, with one space around every word: so "oat" is not found in "coat"."""
    return f" {' '.join(re.findall(r'[a-z0-9]+', fold(text)))} "


@lru_cache(maxsize=2_000)
def _single(term: str) -> str:
    """The family's own word: "nuts" and "tree nuts" are "nut"."""
    for one in (term, term.removesuffix("es"), term.removesuffix("s"), *term.split()[-1:]):
        for known in (one, one.removesuffix("s"), one.removesuffix("es")):
            if known in FAMILIES:
                return known
    return term.removesuffix("s")
