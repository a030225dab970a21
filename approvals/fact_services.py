"""Services a text speaks of, also in Spanish where the records are in English.

A phrase of service words is compared as a set of ideas: "masaje de piedras calientes" and "Hot
stone massage" are one; "deep tissue massage" is not a "Swedish massage"; "your massage" is either.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# idea: words for it. Those in HEADS make a phrase speak of a service, the others narrow it down.
HEADS: dict[str, str] = {
    "massage": "massage massages masaje masajes",
    "facial": "facial facials",
    "haircut": "haircut haircuts corte cortes",
    "balayage": "balayage",
    "highlights": "highlights mechas",
    "tint": "tinte",
    "manicure": "manicure manicures manicura manicuras",
    "pedicure": "pedicure pedicures pedicura pedicuras",
    "wax": "wax waxing depilación depilacion",
    "keratin": "keratin keratina queratina",
    "blowout": "blowout blowouts brushing",
    "peel": "peel peeling",
    "botox": "botox",
    "filler": "filler fillers relleno rellenos",
    "microblading": "microblading",
    "microneedling": "microneedling",
    "hydrafacial": "hydrafacial hydrafacials",
    "dermaplaning": "dermaplaning",
    "lamination": "lamination laminado laminación laminacion",
    "extensions": "extensions extensiones",
    "perm": "perm permanente",
    "laser": "laser láser",
    "tan": "tan tanning bronceado",
    "whitening": "whitening blanqueamiento",
    "reflexology": "reflexology reflexología reflexologia",
    "sauna": "sauna",
    "touch-up": "touch-up touchup",
    "acupuncture": "acupuncture acupuntura",
    "tattoo": "tattoo tattoos tatuaje",
    "exfoliation": "exfoliation exfoliación exfoliacion scrub",
}
NARROW: dict[str, str] = {
    "hot": "hot calientes",
    "stone": "stone stones piedras",
    "deep": "deep profundo profunda",
    "tissue": "tissue tejido",
    "swedish": "swedish sueco",
    "prenatal": "prenatal",
    "couples": "couples parejas",
    "classic": "classic clásico clásica clasico clasica",
    "gel": "gel",
    "root": "root raíz raiz",
    "brow": "brow brows cejas",
    "lash": "lash lashes pestañas",
    "lip": "lip lips labios",
    "removal": "removal",
    "spray": "spray",
    "men": "men's mens caballero hombre",
    "women": "women's womens mujer señora",
    "kids": "kids children's niño niña",
    "full": "full completo completa",
    "body": "body cuerpo corporal",
    "hair": "hair cabello pelo capilar",
    "face": "face cara rostro",
    "back": "back espalda",
    "aroma": "aromatherapy aromaterapia",
    "thai": "thai tailandés tailandes",
    "sports": "sports deportivo",
    "express": "express exprés",
    "acrylic": "acrylic acrílico acrílicas",
    "partial": "partial parcial",
    "teeth": "teeth dental",
    "oxygen": "oxygen oxígeno",
    "brazilian": "brazilian brasileña",
    "bikini": "bikini",
    "leg": "leg legs piernas",
    "treatment": "treatment treatments tratamiento tratamientos",
}
# These belong to any service and say nothing about which.
SMALL = frozenset({"treatment", "hair", "full"})
JOINTS = frozenset(
    {"de", "del", "con", "a", "and", "y", "&", "of", "with", "la", "el", "las", "los"}
)
IDEAS: dict[str, str] = {
    word: idea
    for group in (HEADS, NARROW)
    for idea, words in group.items()
    for word in words.split()
}
TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|&")


def services_in(body: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """(start, end, ideas) of every phrase that names a service."""
    phrase: list[tuple[int, int, str]] = []
    for found in TOKEN.finditer(body):
        idea = idea_of(found.group())
        gap = body[phrase[-1][1] : found.start()] if phrase else ""
        if phrase and gap.strip(" \u00a0-"):
            yield from _finished(phrase)
            phrase = []
        if idea or (phrase and found.group().casefold() in JOINTS):
            phrase.append((found.start(), found.end(), idea))
            continue
        yield from _finished(phrase)
        phrase = []
    yield from _finished(phrase)


def idea_of(word: str) -> str:
    return IDEAS.get(word.casefold().replace("\u2019", "'"), "")


def ideas_of(name: str) -> frozenset[str]:
    """Every idea in the name of a service of the records."""
    flat = {unicodedata.normalize("NFC", one.group()) for one in TOKEN.finditer(name)}
    found = {idea_of(word) for word in flat} - {""}
    return frozenset(found | ({"touch-up"} if "touch" in name.casefold() else set()))


def is_one_of(ideas: frozenset[str], names: Iterable[str]) -> bool:
    """Whether one of the names says at least what the phrase says."""
    wanted = ideas - SMALL
    return any(wanted <= ideas_of(name) for name in names)


def _finished(phrase: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, frozenset[str]]]:
    while phrase and not phrase[-1][2]:
        phrase = phrase[:-1]
    ideas = frozenset(idea for _, _, idea in phrase if idea)
    if ideas & HEADS.keys():
        yield phrase[0][0], phrase[-1][1], ideas
