"""What salons and their clients call the same thing: written by hand, every word folded.

A menu says "Men's hair cut" and "Balayage", a client asks for a gents cut, for hand-painted
highlights, or in Spanish. Both sides are brought to one word before anything is compared, so what
stands here works for words and vectors alike. Only what means the same to everybody in the trade
belongs here: a wrong pair is worse than a missing one.

Kept pieces are spelled by what stands here: a change needs a migration that spells them anew, as
``agents/migrations/0018_words_of_the_trade.py`` does.
"""

import re

# The one word → how else it is said.
ENGLISH = {
    "blowdry": "blow-out, blowout, blow out, blow-dry, blow dry, blow drying, blow-drying, "
    "blow wave",
    "updo": "up-do, up do, up-style, upstyle",
    "men": "man, gents, gent, gent's, mens, men's, man's, gentleman, gentlemen, "
    "gentleman's, homme",
    "women": "woman, ladies, lady, women's, womens, woman's, femme",
    "children": "kids, kid, kid's, child, child's, children's, toddler, toddlers",
    "hair cut": "haircut, haircuts",
    "color": "colour, colours, coloring, colouring, colored, coloured, dye, dyes, dyed, dyeing, "
    "tint, tints, tinted, tinting",
    "highlights": "foils, foil, highlight, hi-lites, hilites, hi-lights",
    "color correction": "corrective color, corrective colour, went orange, gone orange, "
    "turned orange, went green, gone green, turned green, botched color, botched colour, "
    "fix my color, fix my colour, color fix, colour fix",
    "consultation": "consult, consults, consultations, talk to a stylist, speak to a stylist, "
    "speak with a stylist, talk with a stylist, talk it through, talk it over, "
    "advice from a stylist",
    "gray": "grey, greys, grays",
    "fringe": "bangs",
    "balayage": "hand-painted highlights, hand painted highlights, handpainted highlights",
    "extensions": "extension",
    # A treatment, and no blow-dry.
    "brazilian smoothing": "brazilian blowout, brazilian blow out, brazilian blow-out",
    "mask": "masque, masques, masks",
    "volumizing": "volumising, volumizer, volumiser",
    "moisturizer": "moisturiser, moisturizing, moisturising",
    "manicure": "nails, mani, manis, manicures",
    "pedicure": "pedi, pedis, pedicures, toenails",
    "waxing": "wax, waxes, waxed",
    "brow": "brows, eyebrow, eyebrows",
    "lash": "lashes, eyelash, eyelashes",
    "massage": "massages, rubdown",
    "facial": "facials",
    "tanning": "tans, spray tan, spray-tan",
    "piercing": "pierce, pierced, pierces, piercings",
    "tattoo": "tattoos, tattooing",
    "makeup": "make-up",
    "threading": "threaded",
    "shaving": "shave, shaves, shaved",
    "beard": "beards",
    "cancellation": "cancelation",
    "prenatal": "pregnant, pregnancy, maternity, expecting a baby",
    "card": "cards, american express, amex, visa, mastercard, master card, credit card, "
    "credit cards, debit card, debit cards",
    "pay": "payment, payments, paying",
    "phone": "telephone, phone number, telephone number",
    "address": "located, where are you",
    "gift card": "gift cards, gift certificate, gift certificates, gift voucher, "
    "gift vouchers, giftcard",
}  # fmt: skip
SPANISH = {
    "cut": "corte, cortes",
    "hair": "pelo, cabello, cabellos",
    "hair cut": "corte de pelo, corte de cabello",
    "men": "hombre, hombres, caballero, caballeros",
    "women": "mujer, mujeres, dama, damas, senora, senoras",
    "children": "nino, ninos",
    "color": "tinte, tintes, tenir, coloracion",
    "highlights": "mechas, reflejos, rayitos",
    "fringe": "flequillo",
    "gray": "canas",
    "blowdry": "secado, peinado con secadora",
    "updo": "recogido, recogidos",
    "consultation": "consulta de color, asesoria, hablar con una estilista, "
    "hablar con un estilista",
    "extensions": "extensiones",
    "smoothing": "alisado, alisados",
    "keratin": "keratina, queratina",
    "laser": "depilacion laser, depilacion con laser",
    "treatment": "tratamiento, tratamientos",
    "shampoo": "champu, champus",
    "conditioner": "acondicionador",
    "mask": "mascarilla, mascarillas",
    "manicure": "manicura, manicuras",
    "pedicure": "pedicura, pedicuras",
    "waxing": "depilacion, depilar, cera",
    "brow": "ceja, cejas",
    "lash": "pestana, pestanas",
    "massage": "masaje, masajes",
    "facial": "faciales, limpieza facial, limpieza de cutis",
    "piercing": "perforacion, perforaciones, perforar",
    "tattoo": "tatuaje, tatuajes",
    "makeup": "maquillaje",
    "beard": "barba, barbas",
    "skin": "piel, cutis",
    "oil": "aceite, aceites",
    "dog": "perro, perros, perrito",
    "parking": "estacionamiento, aparcamiento, estacionar, aparcar",
    "cancel": "cancelar",
    "cancellation": "cancelacion, cancelaciones",
    "price": "precio, precios, cuesta, cuestan",
    "gift card": "tarjeta de regalo, tarjetas de regalo, vale de regalo",
    "card": "tarjeta, tarjetas, tarjeta de credito, tarjetas de credito",
    "pay": "pago, pagos, pagar",
    "cash": "efectivo",
    "phone": "telefono, numero de telefono",
    "address": "direccion, ubicacion, ubicados, donde estan",
    "prenatal": "embarazo, embarazada, embarazadas",
    "tip": "propina, propinas",
    "discount": "descuento, descuentos",
    "appointment": "cita, citas",
    "hours": "horario, horarios",
    "open": "abierto, abierta, abiertos, abren, abrir",
}  # fmt: skip
# How a shelf's labels are cut short. A measure follows: "con" alone is Spanish.
_MEASURE = r"(?=\d|\s\d+\s?(?:ml|g|gr|l|oz)\b)"
LABELS = (
    (re.compile(rf"\bsh{_MEASURE}"), "shampoo "),
    (re.compile(rf"\bcon{_MEASURE}"), "conditioner "),
)
# Kinds of treatment, each by its one word. A place whose material has no word of one does not offer
# it, however much else of the question is spoken of there.
KINDS = frozenset({
    "acupuncture", "balayage", "beard", "botox", "braids", "brow", "cupping", "dermaplaning",
    "dreadlocks", "electrolysis", "extensions", "facial", "filler", "fillers", "highlights",
    "hydrafacial", "laser", "lash", "makeup", "manicure", "massage", "microblading",
    "microneedling", "pedicure", "peel", "perm", "piercing", "reflexology", "reiki", "sauna",
    "shaving", "sugaring", "tanning", "tattoo", "threading", "updo", "waxing", "chiropractor",
    "cornrows", "grooming", "henna", "jacuzzi", "locs", "weave", "whitening", "wig", "wigs",
    "acrylic", "shellac", "braid",
})  # fmt: skip


def _turned(*tables: dict[str, str]) -> dict[str, str]:
    """How it is said → the one word."""
    return {
        spelled: word
        for table in tables
        for word, all_spelled in table.items()
        for spelled in all_spelled.split(", ")
    }


_SAME = _turned(ENGLISH, SPANISH)
CANONICAL = KINDS | {part for word in _SAME.values() for part in word.split()}
_PLAIN_WORD = re.compile(r"[a-z0-9]+")
# One look-up a word; only what has a space or a mark in it is searched for.
_WORDS = {said: word for said, word in _SAME.items() if _PLAIN_WORD.fullmatch(said)}
_SPOKEN = sorted(_SAME.keys() - _WORDS.keys(), key=len, reverse=True)
_PHRASES = re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, _SPOKEN))})(?![a-z0-9])")


# In Spanish they are peanuts, and "I asked for".
ENGLISH_ONLY = frozenset({"mani", "manis", "pedi", "pedis"})


def one_word(folded: str, *, spanish: bool = False) -> str:
    """A folded text with one word for what has several. ``spanish``: it is plainly Spanish."""
    kept = ENGLISH_ONLY if spanish else frozenset[str]()
    text = folded
    for short, whole in LABELS:
        text = short.sub(whole, text)
    text = _PHRASES.sub(lambda found: _SAME[found[1]], text)
    return _PLAIN_WORD.sub(
        lambda found: found[0] if found[0] in kept else _WORDS.get(found[0], found[0]), text
    )
