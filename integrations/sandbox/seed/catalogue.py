"""What the salon sells: thirty services and eighty products, all made up."""

import random
from decimal import Decimal

from integrations.sandbox.salon.clients import dollars
from integrations.sandbox.store import Record

# name, category, minutes, dollars, skill, what it needs in the house, form, aftercare
_SERVICES: tuple[tuple[str, str, int, int, str, str | None, str | None, str], ...] = (
    ("Hot stone massage", "Massage", 60, 120, "massage", "room", "Massage intake",
     "Drink plenty of water today and take it easy this evening."),
    ("Hot stone massage, long", "Massage", 90, 165, "massage", "room", "Massage intake",
     "Drink plenty of water today and take it easy this evening."),
    ("Swedish massage", "Massage", 60, 105, "massage", "room", "Massage intake",
     "A warm shower tonight keeps the muscles soft."),
    ("Deep tissue massage", "Massage", 60, 125, "massage", "room", "Massage intake",
     "Some soreness for a day or two is usual. Gentle stretching helps."),
    ("Deep tissue massage, long", "Massage", 90, 170, "massage", "room", "Massage intake",
     "Some soreness for a day or two is usual. Gentle stretching helps."),
    ("Prenatal massage", "Massage", 60, 125, "massage", "room", "Prenatal intake",
     "Rest on your side for a while and drink water."),
    ("Back and neck massage", "Massage", 30, 65, "massage", "room", "Massage intake",
     "Avoid heavy lifting until tomorrow."),
    ("Salt body scrub", "Body", 45, 95, "body", "room", None,
     "Use a plain moisturiser tonight and skip shaving for a day."),
    ("Seaweed body wrap", "Body", 75, 140, "body", "room", "Massage intake",
     "Drink water and avoid hot baths today."),
    ("Hydrating facial", "Facial", 60, 110, "facial", "room", "Facial intake",
     "Keep make-up off until tomorrow and use sunscreen outdoors."),
    ("Express facial", "Facial", 30, 65, "facial", "room", "Facial intake",
     "Keep make-up off until tomorrow."),
    ("Chemical peel", "Facial", 45, 150, "facial", "room", "Peel consent",
     "No sun, no scrubs and no retinol for a week. Sunscreen every morning."),
    ("LED facial", "Facial", 45, 95, "facial", "room", "Facial intake",
     "Use sunscreen outdoors for two days."),
    ("Brow shaping", "Brows", 15, 28, "brows", "chair", None, "Leave the area alone for a day."),
    ("Brow lamination", "Brows", 45, 75, "brows", "chair", "Lash and brow consent",
     "Keep brows dry for 24 hours."),
    ("Lash lift and tint", "Brows", 60, 95, "brows", "chair", "Lash and brow consent",
     "Keep lashes dry for 24 hours and do not rub them."),
    ("Women's haircut", "Hair", 60, 85, "hair_cut", "chair", None,
     "Book the next trim in six to eight weeks to keep the shape."),
    ("Men's haircut", "Hair", 30, 45, "hair_cut", "chair", None,
     "A trim every four weeks keeps the line."),
    ("Child's haircut", "Hair", 30, 35, "hair_cut", "chair", None, "See you in a few weeks."),
    ("Blow-dry", "Hair", 45, 55, "hair_cut", "chair", None,
     "Sleep with hair loosely tied up and it will last another day."),
    ("Root color", "Color", 90, 110, "hair_color", "chair", "Color patch test",
     "Wait two days before the first wash and use a shampoo for colored hair."),
    ("Full color", "Color", 120, 150, "hair_color", "chair", "Color patch test",
     "Wait two days before the first wash and use a shampoo for colored hair."),
    ("Balayage", "Color", 180, 245, "hair_color", "chair", "Color patch test",
     "Purple shampoo once a week keeps the tone cool."),
    ("Partial highlights", "Color", 120, 160, "hair_color", "chair", "Color patch test",
     "Wait two days before the first wash."),
    ("Keratin treatment", "Color", 150, 280, "hair_color", "chair", "Color patch test",
     "Keep hair dry and untied for three days."),
    ("Gloss", "Color", 45, 60, "hair_color", "chair", None, "Cool water keeps the shine."),
    ("Classic manicure", "Nails", 45, 40, "nails", "chair", None,
     "Cuticle oil every evening makes it last."),
    ("Gel manicure", "Nails", 60, 58, "nails", "chair", None,
     "Do not peel the gel off; we remove it gently."),
    ("Spa pedicure", "Nails", 60, 65, "nails", "chair", None,
     "Wear open shoes for two hours if you can."),
    ("Gel removal", "Nails", 30, 20, "nails", "chair", None,
     "Give the nails a week of oil before the next gel."),
)
QUESTIONS = {
    "Massage intake": ["Any allergies?", "Any injuries or recent surgery?", "Pressure you like?"],
    "Prenatal intake": ["How many weeks?", "Cleared by your doctor?"],
    "Facial intake": ["Any skin allergies?", "Using retinol?"],
    "Peel consent": ["Retinol in the last week?", "Sunburn at present?"],
    "Lash and brow consent": ["Contact lenses?", "Allergic to glue or dye?"],
    "Color patch test": ["Reaction to hair dye before?", "Date of the last patch test?"],
}
_BRANDS = (
    ("Fern & Fog", "sup_1"), ("Harbor Botanics", "sup_1"), ("Pale Moon", "sup_2"),
    ("Oat House", "sup_2"), ("Quiet Salt", "sup_3"), ("Tamarack", "sup_3"),
    ("Little Comb", "sup_4"), ("Northlight", "sup_4"),
)
SUPPLIERS = {
    "sup_1": "Cedar Supply", "sup_2": "Bluebird Wholesale", "sup_3": "Coast Beauty Trade",
    "sup_4": "Fifth Street Distribution",
}
_PRODUCTS = (
    ("shampoo", "Hair", 24, ("Water", "Coco-glucoside", "Panthenol")),
    ("conditioner", "Hair", 26, ("Water", "Cetyl alcohol", "Shea butter")),
    ("purple shampoo", "Hair", 29, ("Water", "Coco-glucoside", "Violet 2")),
    ("hair oil", "Hair", 34, ("Argan oil", "Jojoba oil", "Almond oil")),
    ("facial cleanser", "Skin", 28, ("Water", "Glycerin", "Oat extract")),
    ("face cream", "Skin", 48, ("Water", "Squalane", "Shea butter", "Fragrance")),
    ("sunscreen SPF 50", "Skin", 36, ("Zinc oxide", "Squalane")),
    ("body oil", "Body", 38, ("Sunflower oil", "Lavender oil", "Vitamin E")),
    ("bath salts", "Body", 22, ("Sea salt", "Eucalyptus oil")),
    ("cuticle oil", "Nails", 16, ("Jojoba oil", "Vitamin E")),
)


def services(staff: list[Record], stamp: str) -> list[Record]:
    made = []
    for number, row in enumerate(_SERVICES):
        name, category, minutes, price, skill, resource, form, aftercare = row
        able = [s for s in staff if skill in s["skills"]]
        places = sorted({role["locationId"] for s in able for role in s["roles"]})
        made.append({
            "id": f"svc_{701 + number}", "name": name, "category": category,
            "durationMinutes": minutes, "price": dollars(Decimal(price)), "skill": skill,
            "resourceKind": resource, "formName": form, "aftercare": aftercare,
            "locationIds": places, "active": True, "updatedAt": stamp,
        })
    return made


def products(dice: random.Random, stamp: str) -> list[Record]:
    made: list[Record] = []
    for brand, supplier in _BRANDS:
        for name, category, price, ingredients in _PRODUCTS:
            reorder = dice.choice((3, 4, 5, 6, 8))
            made.append({
                "id": f"prd_{501 + len(made)}", "name": f"{brand} {name}", "brand": brand,
                "category": category,
                "price": dollars(Decimal(price + dice.choice((-4, -2, 0, 0, 2, 6)))),
                "stock": dice.choice((0, 1, 2, reorder, 9, 12, 12, 15, 18, 24)),
                "reorderPoint": reorder,
                "supplier": {"id": supplier, "name": SUPPLIERS[supplier]},
                "ingredients": list(ingredients), "active": True, "updatedAt": stamp,
            })
    return made
