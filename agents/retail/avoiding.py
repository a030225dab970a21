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
_NUTS = (
    "almond", "hazelnut", "walnut", "macadamia", "pecan", "cashew", "pistachio", "brazil nut",
    "prunus amygdalus", "prunus dulcis", "corylus", "juglans", "argan", "argania", "peanut",
    "arachis", "shea", "butyrospermum",
)  # fmt: skip
FAMILIES: dict[str, tuple[str, ...]] = {
    "nut": _NUTS,
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
    "sulphate": ("sulfate", "sls", "sles"),
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
    "beeswax": ("cera alba",),
    "collagen": (),
    "carmine": ("ci 75470", "cochineal"),
    "vegan": (
        "honey", "propolis", "beeswax", "cera alba", "royal jelly", "lanolin", "wool wax",
        "milk protein", "casein", "whey", "lactose", "collagen", "keratin", "hydrolyzed silk",
        "silk amino", "sericin", "carmine", "ci 75470", "cochineal", "gelatin",
    ),
    "nuez": ("nut", *_NUTS),
    "nueces": ("nut", *_NUTS),
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
_WITHOUT = re.compile(r"\b(?:no|without|free of|sin|never|libre de)\s+")
# "Fragrance-free only", "gluten, dairy and soy free": what stands before it.
_FREE = re.compile(r"(?<=[a-z])[- ]free\b(?! (?:of|from|to)\b)")
# "Hates the smell of lavender": nobody's skin suffers, and it would be wrong to bring it up.
_DISLIKED = re.compile(
    r"\b(?:hates?|dislikes?|(?:can't|cannot|can not) stand|not a fan of|(?:doesn't|does not|don't|"
    r"do not) like|no le gustan?|odia)\s+(?:(?:the|el|la|los|las)\s+)?(?:(?:smell|scent|feel|olor)"
    r"\s+(?:of|de|a)\s+)?"
)
# A wish about a color or a shape: "no orange tones", "hates honey blonde".
_LOOKS = re.compile(r"\b(?:blonde?|tones?|highlights?|shades?|shapes?|wraps?|rubio|tonos?)\b")
_VEGAN = re.compile(r"(?<!not )(?<!not a )(?<!no es )\b(?:vegan|vegana|vegano)\b")
_HARM = (
    r"(?:rash|hives|head ?aches?|migraines?|break(?:s|ing)? ?outs?|itch\w*|red(?:ness)?|irritat\w*|"
    r"burn\w*|swell\w*|sneez\w*|bumps|react\w*|nause\w*|sick|sarpullido|ronchas|dolor|picazon)"
)
# What it does stands behind the substance: "coconut gives her a rash".
_HARMS = re.compile(
    rf"\b(?:gives?|gave|makes?|made|causes?|caused|triggers?|triggered|(?:le )?(?:da|dan|causan?|"
    rf"provocan?))\b[^.]{{0,25}}\b{_HARM}\b|\b(?:irritates?|irritated|burns?|burned|stings?|stung|"
    r"irritan?)\s+(?:her|his|their|my|the|la|su)\b"
)
# Or before it: "skin gets red from retinol".
_HARMED = re.compile(rf"\b{_HARM}\s+(?:from|with|after|because of|due to|by|con|por)\b")
_NONE = re.compile(
    r"\b(?:no (?:known |other )?(?:drug |food )?allerg\w*\b"
    r"(?! (?:except|besides|other than|apart from|but|salvo|excepto))|not allergic\b(?! to)"
    r"|nka|nkda|allerg\w*\s*[:\-]?\s*(?:none|no|nil|n/a|ninguna|unknown)\b|sin alergias"
    r"|no (?:tiene )?alergi\w*\b(?! (?:salvo|excepto)))",
)
_EXPECTING = re.compile(
    r"\b(?:pregnan\w*|expecting|embaraz\w*|breast ?feeding|nursing|lactan\w*)\b"
)
_LIST = re.compile(r"\s*(?:,|/|;|\+|&|\band\b|\bor\b|\by\b|\bo\b|\bu\b|\bplus\b)\s*")
_LEAD = re.compile(
    r"^(?:\W|\b(?:except|besides|other than|apart|salvo|excepto|"
    r"to|from|with|a|al|la|las|el|los|an|the|any|all|of|against|is|are|has|have|had|"
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
MANY = frozenset({
    "everything", "many", "multiple", "several", "various", "lots", "all", "todo", "todos",
    "muchas", "varias",
})  # fmt: skip
MEMBERS = frozenset(one.strip() for known in FAMILIES.values() for one in known)
_CLAIM = re.compile(r"\b[a-z]+[ -]free\b|\bfree (?:of|from) [a-z]+\b")
_MARKS = " .:;-()'\""
LONGEST_TEXT, MOST_TERMS = 4_000, 60
# How far behind a word of allergy is read, how far a list of substances, and how many words before
# what a substance does it may stand.
LONGEST_CLAUSE, LONGEST_LIST, SUBJECT = 600, 60, 12


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
        spelled = text[:LONGEST_TEXT].replace("\n", " . ").replace("\u2019", "'")
        said = f" {fold(spelled)} "
        expecting = expecting or bool(_EXPECTING.search(said))
        plain = _NONE.sub(" . ", said)
        terms |= _told_plainly(plain)
        for mark in _MARK.finditer(plain):
            found, known = _after(plain[mark.end() :])
            before = _before(plain[: mark.start()])
            terms |= found | before
            allergy = mark.group().startswith(("allerg", "alergi", "anaphyla"))
            unclear = unclear or (allergy and not found and not before and not known)
            unclear = unclear or any(term in VAGUE or term.split()[0] in MANY for term in found)
    # More than anybody lists: not one of them is dropped in silence.
    unclear = unclear or len(terms) > MOST_TERMS
    return Avoid(frozenset(sorted(terms - VAGUE)[:MOST_TERMS]), unclear, expecting)


def _told_plainly(said: str) -> set[str]:
    """What is named without a word of allergy: only what a product may be made of."""
    found = {"vegan"} if _VEGAN.search(said) else set[str]()
    for pattern in (_WITHOUT, _DISLIKED, _HARMED):
        for mark in pattern.finditer(said):
            found |= _listed(said[mark.end() :])
    for mark in _FREE.finditer(said):
        found |= _before(said[: mark.start()])
    for mark in _HARMS.finditer(said):
        found |= _before(said[: mark.start()], SUBJECT)
    return found


def _listed(rest: str) -> set[str]:
    """Of "fragrance or essential oils" both; a longer stretch of words is no list any more."""
    found: set[str] = set()
    for part in _LIST.split(_STOP.split(rest, maxsplit=1)[0][:LONGEST_LIST]):
        words = _LEAD.sub("", part.strip()).strip(_MARKS).split()
        if not _LOOKS.search(part):
            found |= _known_in(" ".join(words[:3]))
        if len(words) > 3:
            break
    return found


def _known_in(said: str) -> set[str]:
    """Those pieces of up to three words that a product may be made of."""
    words = said.split()[:SUBJECT]
    pieces = {
        " ".join(words[start : start + length])
        for start in range(len(words))
        for length in range(1, 4)
    }
    return {one for one in pieces if _is_known(one)}


def _is_known(term: str) -> bool:
    """Whether a product may be made of it, as far as anybody wrote it down above."""
    return _single(term) in FAMILIES or term in MEMBERS


def _after(rest: str) -> tuple[set[str], bool]:
    """The substances named behind such a word, and whether what stands there is no substance."""
    said = _STOP.split(rest, maxsplit=1)[0][:LONGEST_CLAUSE]
    first = _LEAD.sub("", said.strip(" :;-=")).strip()
    if any(first == word or first.startswith(f"{word} ") for word in NOTHING_TO_MATCH):
        return set(), True
    return _terms(said), False


def _before(said: str, reach: int = 3) -> set[str]:
    """ "Nut allergy", "lavender and tea tree give": what stands in front, as far as it is a list of
    what products are made of. ``reach``: of how many words each of its parts may be."""
    found: set[str] = set()
    for part in reversed(_LIST.split(_STOP.split(said)[-1])):
        words = re.findall(r"[a-z]+", part)
        known = _known_in(" ".join(words[-reach:]))
        if words and not known:
            break
        found |= known
    return found


def _terms(said: str) -> set[str]:
    found: set[str] = set()
    for part in _LIST.split(said.strip(" :;-=")):
        whole = _LEAD.sub("", part.strip()).strip(_MARKS)
        # "Lavender oil" is lavender as well; of "essential oil" the one word says nothing.
        bare = _TAIL.sub("", whole).strip(_MARKS)
        found |= _known_in(whole) | ({bare} - {"essential"})
    return {
        term
        for term in found
        if len(term) >= 3 and len(term.split()) <= 3 and term not in NOTHING_TO_MATCH
    }


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
    on_it = f" {_spaced(_claimless(name))} {_spaced(_claimless(ingredients))} "
    if any(_holds(on_it, term) for term in avoid.terms):
        return "ingredient"
    if avoid.expecting and any(_holds(on_it, term) for term in EXPECTING):
        return "expecting"
    return ""


@lru_cache(maxsize=50_000)
def _claimless(text: str) -> str:
    """Without what a label says is not in it: who wants no sulfate wants this very bottle."""
    return _CLAIM.sub(" ", fold(text))


def _holds(on_it: str, term: str) -> bool:
    return any(one in on_it for one in _spellings(term))


@lru_cache(maxsize=2_000)
def _spellings(term: str) -> tuple[str, ...]:
    """How it may be written on a bottle, each with the space before it."""
    known = _single(term)
    # No bottle holds vegan.
    spelled = {term, known, *FAMILIES.get(known, ())} - {"vegan"}
    if term.endswith("ies"):
        spelled.add(f"{term[:-3]}y")
    return tuple(_spaced(one).rstrip() for one in spelled)


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
