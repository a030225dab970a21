"""Around the diary: waitlist, forms, feedback and what the platform already sent by itself."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.sandbox import clock
from integrations.sandbox.salon.lookup import day_letters
from integrations.sandbox.seed import house, names
from integrations.sandbox.seed.catalogue import ANSWERS, QUESTIONS, YES_OR_NO
from integrations.sandbox.store import Record

_WINDOWS = (
    ({0, 1, 2, 3, 4}, "13:00", "18:00"),
    ({1, 3}, "09:00", "12:00"),
    ({4, 5}, "09:00", "17:00"),
    (set(range(7)), "16:00", "20:00"),
    ({2, 3, 4}, "10:00", "15:00"),
)
_TALK = (
    ("See you soon! Anything we should know before you come?", "No, all good, thanks"),
    ("We found a grey scarf after your visit. Is it yours?", "Yes! I will pick it up friday"),
    ("Parking is free behind the house today.", "thank you 🙏"),
    ("Your gift card is ready at the desk.", "Can my husband pick it up?"),
    ("We are running ten minutes late, sorry.", "ok no problem"),
)


def waitlist(
    dice: random.Random,
    total: int,
    people: list[Record],
    services: list[Record],
    staff: list[Record],
    now: datetime,
) -> list[Record]:
    made = []
    for number in range(total):
        client = dice.choice(people)
        where = client["_home"]
        service = dice.choice([s for s in services if where in s["locationIds"]])
        able = [
            s["id"]
            for s in staff
            if service["skill"] in s["skills"] and any(r["locationId"] == where for r in s["roles"])
        ]
        days, start, end = dice.choice(_WINDOWS)
        added = now - timedelta(days=dice.randint(1, 24), minutes=dice.randint(0, 900))
        made.append(
            {
                "id": f"wl_{1001 + number}",
                "clientId": client["id"],
                "serviceId": service["id"],
                "staffId": dice.choice(able) if dice.random() < 0.4 else None,
                "locationId": where,
                "windows": [{"days": day_letters(days), "from": start, "to": end}],
                "earliest": now.date().isoformat(),
                "latest": (now + timedelta(days=dice.randint(7, 40))).date().isoformat(),
                "notes": dice.choice(("", "", "Short notice is fine.", "Please text, not call.")),
                "status": "waiting",
                "createdAt": clock.seconds(added),
                "updatedAt": clock.micro(added),
            }
        )
    return made


def forms(
    dice: random.Random, appointments: list[Record], services: dict[str, Record]
) -> list[Record]:
    """One form per appointment that needs one; about half of those ahead are not filled yet."""
    made: list[Record] = []
    for appointment in appointments:
        title = services[appointment["serviceId"]]["formName"]
        if title is None or appointment["status"] in ("cancelled", "no_show"):
            continue
        sent = clock.parse(appointment["bookedAt"]) + timedelta(minutes=2)
        filled = appointment["status"] in ("completed", "checked_in") or dice.random() < 0.5
        number = 1001 + len(made)
        answered = sent + timedelta(minutes=7)
        made.append(
            {
                "id": f"frm_{number}",
                "clientId": appointment["clientId"],
                "appointmentId": appointment["id"],
                "name": title,
                "status": "completed" if filled else "pending",
                "questions": QUESTIONS[title],
                "link": f"https://forms.example.com/f/{number}{dice.randint(1000, 9999)}",
                "answers": [
                    {"question": q, "answer": dice.choice(ANSWERS.get(q, YES_OR_NO))}
                    for q in QUESTIONS[title]
                ]
                if filled
                else [],
                "submittedAt": clock.seconds(answered) if filled else None,
                "createdAt": clock.seconds(sent),
                "updatedAt": clock.micro(answered if filled else sent),
            }
        )
    return made


def feedback(dice: random.Random, appointments: list[Record], now: datetime) -> list[Record]:
    made: list[Record] = []
    for about in appointments:
        if about["status"] != "completed" or dice.random() > 0.14:
            continue
        rating = dice.choices((5, 4, 3, 2, 1), (60, 22, 9, 5, 4))[0]
        given = min(clock.parse(about["endTime"]) + timedelta(hours=dice.randint(2, 30)), now)
        made.append(
            {
                "id": f"fbk_{1001 + len(made)}",
                "clientId": about["clientId"],
                "appointmentId": about["id"],
                "locationId": about["locationId"],
                "staffId": about["staffId"],
                "rating": rating,
                "comment": dice.choice(names.COMMENTS[rating]),
                "createdAt": clock.seconds(given),
                "updatedAt": clock.micro(given),
            }
        )
    return made


def _message(number: int, client: Record, at: datetime, body: str, **more: object) -> Record:
    made = {
        "id": f"msg_{1001 + number}",
        "clientId": client["id"],
        "direction": "outbound",
        "channel": "sms",
        "to": client["phone"],
        "subject": None,
        "body": body,
        "reference": None,
        "tags": [],
        "status": "delivered",
        "source": "platform",
        "inReplyTo": None,
        "createdAt": clock.micro(at),
        "updatedAt": clock.micro(at),
    }
    return made | more


def _daytime(day: datetime, client: Record, dice: random.Random) -> datetime:
    """Between nine and five where the client lives; nobody chats with a salon at night."""
    here = ZoneInfo(house.TIMEZONES[client["_home"]])
    return day.astimezone(here).replace(hour=dice.randint(9, 16), minute=dice.randint(0, 59))


def messages(
    dice: random.Random, people: dict[str, Record], sales: list[Record], now: datetime
) -> list[Record]:
    """Receipts by mail for recent sales, and a few talks by text from the last days."""
    made: list[Record] = []
    for sale in sales[-60:]:
        client = people[sale["clientId"]]
        if client["email"] and client["consent"]["email"]["transactional"]:
            body = f"Thank you for your visit. Total: ${sale['total']['amount']}."
            made.append(
                _message(
                    len(made),
                    client,
                    clock.parse(sale["completedAt"]),
                    body,
                    channel="email",
                    to=client["email"],
                    subject="Your receipt",
                )
            )
    able = [c for c in people.values() if c["phone"] and c["consent"]["sms"]["transactional"]]
    for client in dice.sample(able, min(12, len(able))):
        said, replied = dice.choice(_TALK)
        at = _daytime(now - timedelta(days=dice.randint(1, 7)), client, dice)
        ours = _message(len(made), client, at, said, source="front_desk")
        made.append(ours)
        made.append(
            _message(
                len(made),
                client,
                at + timedelta(minutes=dice.randint(1, 50)),
                replied,
                direction="inbound",
                status="received",
                source="client",
                inReplyTo=ours["id"],
            )
        )
    return made
