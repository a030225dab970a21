"""What people bought before: bottles that run out in their own time, half a year of them.

It draws with dice of its own, so that the rest of the salon is the same with it and without it.
"""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from integrations.sandbox import clock
from integrations.sandbox.salon.checkout import product_line, total_of
from integrations.sandbox.salon.clients import dollars
from integrations.sandbox.store import Record

# Of a hundred clients, how many buy at the counter; and how far back the book goes.
_BUYERS, _DAYS = 0.4, 200
# How many days one lasts, by the end of its name.
_LASTS = {
    "shampoo": 70, "purple shampoo": 90, "conditioner": 75, "hair oil": 110,
    "facial cleanser": 60, "face cream": 80, "sunscreen SPF 50": 90, "body oil": 95,
    "bath salts": 50, "cuticle oil": 120,
}  # fmt: skip
# What is bought by whom: a treatment's category, and the products that go with it.
_GOES_WITH = {
    "Hair": ("shampoo", "purple shampoo", "conditioner", "hair oil"),
    "Color": ("shampoo", "purple shampoo", "conditioner", "hair oil"),
    "Facial": ("facial cleanser", "face cream", "sunscreen SPF 50"),
    "Massage": ("body oil", "bath salts"),
    "Body": ("body oil", "bath salts"),
    "Nails": ("cuticle oil",),
}
_ANY = ("shampoo", "face cream", "body oil")


def costs(seed: int, products: list[Record]) -> None:
    """What the salon pays itself: between two fifths and two thirds of the price."""
    dice = random.Random(seed * 31 + 5)
    for product in products:
        share = Decimal(dice.choice((40, 45, 50, 55, 60, 66))) / 100
        price = Decimal(product["price"]["amount"])
        product["cost"] = dollars((price * share).quantize(Decimal("0.01")))


def past_sales(
    seed: int, records: dict[str, list[Record]], first: int, now: datetime
) -> list[Record]:
    """Sales from before the diary begins, the oldest first. ``first``: the number after the last
    sale that there is."""
    dice = random.Random(seed * 31 + 6)
    categories = {one["name"]: one["category"] for one in records["service"]}
    brands: dict[str, dict[str, Record]] = {}
    for product in records["product"]:
        sort = product["name"].removeprefix(product["brand"]).strip()
        brands.setdefault(product["brand"], {})[sort] = product
    made: list[Record] = []
    for client in records["client"]:
        if dice.random() < _BUYERS and client["services"]:
            made += _bought(dice, client, categories, brands, now)
    made.sort(key=lambda sale: (sale["completedAt"], sale["clientId"]))
    for number, sale in enumerate(made):
        sale["id"] = f"sal_{first + number}"
    return made


def _bought(
    dice: random.Random,
    client: Record,
    categories: dict[str, str],
    brands: dict[str, dict[str, Record]],
    now: datetime,
) -> list[Record]:
    """One client's own brand, one to three of its products, each in its own time."""
    fields = [categories.get(one["name"], "") for one in client["services"]]
    wanted = [sort for field in fields for sort in _GOES_WITH.get(field, ())] or list(_ANY)
    own = brands[dice.choice(sorted(brands))]
    sorts = dice.sample(sorted(set(wanted)), min(len(set(wanted)), dice.choice((1, 2, 2, 3))))
    sales: dict[str, Record] = {}
    for sort in sorts:
        lasts = _LASTS.get(sort, 85) * dice.uniform(0.8, 1.25)
        ago = dice.uniform(15, lasts * 1.4)
        while ago < _DAYS:
            at = (now - timedelta(days=ago)).replace(hour=dice.randint(16, 23), minute=17)
            sale = sales.setdefault(f"{at:%Y-%m-%d}", _sale(client, at))
            if own[sort]["id"] not in {line["productId"] for line in sale["lines"]}:
                sale["lines"].append(product_line(own[sort], 1, ""))
            ago += lasts * dice.uniform(0.85, 1.2)
    for sale in sales.values():
        sale["total"] = dollars(total_of(sale["lines"]))
    return list(sales.values())


def _sale(client: Record, at: datetime) -> Record:
    return {
        "id": "",
        "clientId": client["id"],
        "locationId": client["_home"],
        "visitId": None,
        "appointmentIds": [],
        "lines": [],
        "total": dollars(Decimal(0)),
        "completedAt": clock.seconds(at),
        "updatedAt": clock.micro(at + timedelta(minutes=1)),
    }
