"""About four hundred clients: how reliable they are, how they may be reached, what they like."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from integrations.sandbox import clock
from integrations.sandbox.salon.clients import dollars
from integrations.sandbox.salon.lookup import day_letters
from integrations.sandbox.seed import names
from integrations.sandbox.seed.house import HARBOR, MAPLE
from integrations.sandbox.store import Record

# How often they stay away, and how many of a hundred clients are like that.
_RELIABILITY = ((0.015, 70), (0.07, 20), (0.24, 10))


class Phones:
    """Fictional numbers (555-01xx), each once until a family shares one."""

    def __init__(self, dice: random.Random) -> None:
        self._free = {
            where: [f"+1{area}555{n:04d}" for area in codes for n in range(101, 200)]
            for where, codes in names.AREA_CODES.items()
        }
        for numbers in self._free.values():
            dice.shuffle(numbers)

    def take(self, where: str) -> str:
        return self._free[where].pop()


def _consent(dice: random.Random, at: str) -> Record:
    none = {"transactional": False, "marketing": False, "at": None}
    yes = {"transactional": True, "marketing": dice.random() < 0.45, "at": at}
    mail = dict(yes) if dice.random() < 0.88 else dict(none)
    roll = dice.random()
    if roll < 0.78:
        sms = {"transactional": True, "marketing": dice.random() < 0.4, "at": at}
    elif roll < 0.84:
        sms = {"transactional": False, "marketing": False, "at": at, "optedOutAt": at}
    elif roll < 0.93:
        sms, mail = {"transactional": False, "marketing": False, "at": at}, dict(yes)
    else:
        sms, mail = dict(none), dict(none)
    return {"sms": sms, "email": mail}


def _preferences(dice: random.Random, staff: list[Record], where: str) -> Record:
    own = [s["id"] for s in staff if s["skills"] and s["roles"][0]["locationId"] == where]
    windows = []
    if dice.random() < 0.35:
        days = {0, 1, 2, 3, 4} if dice.random() < 0.6 else set(dice.sample(range(7), 2))
        start = dice.choice(("09:00", "12:00", "13:00", "16:00"))
        end = {"09:00": "12:00", "12:00": "16:00", "13:00": "18:00", "16:00": "19:00"}[start]
        windows.append({"days": day_letters(days), "from": start, "to": end})
    return {
        "channel": dice.choice(("sms", "sms", "sms", "email", None)),
        "staffIds": [dice.choice(own)] if dice.random() < 0.4 else [],
        "windows": windows,
    }


def _notes(dice: random.Random) -> str:
    parts = []
    if dice.random() < 0.45:
        parts.append(dice.choice(names.PREFERENCES))
    if dice.random() < 0.25:
        parts.append(dice.choice(names.CAUTIONS))
    return " ".join(parts)


def _past(dice: random.Random, services: list[Record], now: datetime, miss: float) -> Record:
    """Visits from before the diary starts: only what a client record tells of them."""
    visits = 0 if dice.random() < 0.1 else min(60, 1 + int(dice.expovariate(1 / 9)))
    favourites = dice.sample(services, 3)
    done, last = [], now - timedelta(days=16 + dice.expovariate(1 / 30))
    for n in range(min(visits, 12)):
        day = (last - timedelta(days=n * dice.randint(25, 50))).date()
        done.append({"name": dice.choice(favourites)["name"], "date": day.isoformat()})
    spend = sum(
        (Decimal(dice.choice(favourites)["price"]["amount"]) for _ in range(visits)), Decimal(0)
    )
    missed = sum(dice.random() < miss for _ in range(visits))
    late = sum(dice.random() < miss * 1.5 for _ in range(visits))
    return {
        "services": done,
        "lastVisitDate": done[0]["date"] if done else None,
        "metrics": {
            "visitCount": visits,
            "noShowCount": missed,
            "lateCancelCount": late,
            "totalSpend": dollars(spend),
        },
    }


def _named(dice: random.Random, number: int, total: int) -> tuple[str, str]:
    # Spread out evenly, so that the small salon of the tests meets most of them too.
    step = max(2, total // len(names.AWKWARD))
    if number % step == 1 and number // step < len(names.AWKWARD):
        return names.AWKWARD[number // step]
    return dice.choice(names.FIRST), dice.choice(names.LAST)


def _contact(
    dice: random.Random, phones: Phones, number: int, where: str, earlier: list[Record]
) -> Record:
    with_family = [c for c in earlier[-40:] if c["phone"] and c["_home"] == where]
    phone: str | None = phones.take(where)
    if with_family and dice.random() < 0.1:
        phone = dice.choice(with_family)["phone"]
    elif dice.random() < 0.04:
        phone = None
    email = None if dice.random() < 0.06 else f"client{number + 1}@example.com"
    return {"phone": phone, "email": email}


def clients(
    dice: random.Random, total: int, staff: list[Record], services: list[Record], now: datetime
) -> list[Record]:
    phones = Phones(dice)
    made: list[Record] = []
    for number in range(total):
        where = MAPLE if dice.random() < 0.52 else HARBOR
        first, last = _named(dice, number, total)
        miss = dice.choices([m for m, _ in _RELIABILITY], [w for _, w in _RELIABILITY])[0]
        since = clock.seconds(now - timedelta(days=dice.randint(20, 1400), hours=number % 9))
        born = now.date() - timedelta(days=int(365.25 * dice.randint(19, 78)) + number)
        spanish = first in names.SPANISH and dice.random() < 0.55
        record: Record = {
            "id": f"cli_{1001 + number}",
            "firstName": first,
            "lastName": last,
            **_contact(dice, phones, number, where, made),
            "birthday": born.isoformat() if dice.random() < 0.7 else None,
            "postalCode": dice.choice(names.POSTAL_CODES[where]),
            "timezone": "America/Chicago" if dice.random() < 0.02 else None,
            "locale": "es-US" if spanish else "en-US",
            "createdAt": since,
            **_past(dice, services, now, miss),
            "notes": _notes(dice),
            "tags": dice.sample(names.TAGS, dice.choice((0, 0, 0, 1, 1, 2))),
            "preferences": _preferences(dice, staff, where),
            "consent": _consent(dice, since),
            "customFields": {
                "ai_prep_summary": "",
                "referred_by": dice.choice(("", "", "a friend", "online search")),
            },
            "updatedAt": clock.micro(now - timedelta(days=dice.randint(15, 300), seconds=number)),
            "_home": where,
            "_miss": miss,
            "_landline": dice.random() < 0.01,
        }
        made.append(record)
    _minors(made, now)
    return made


def _minors(made: list[Record], now: datetime) -> None:
    """Two of them are fifteen: texts about a minor ask for more care."""
    for record in made[6:30:16]:
        record["birthday"] = (now.date() - timedelta(days=15 * 365 + 90)).isoformat()
        record["notes"] = "Comes with a parent."
