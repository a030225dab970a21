"""The two locations and the twelve people who work there."""

from integrations.sandbox.store import Record

MAPLE, HARBOR = "loc_1", "loc_2"
TIMEZONES = {MAPLE: "America/Los_Angeles", HARBOR: "America/New_York"}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _hours(opens: dict[int, tuple[str, str]]) -> list[Record]:
    return [{"day": _WEEK[n], "opens": o, "closes": c} for n, (o, c) in sorted(opens.items())]


def _resources(first: int, kinds: dict[str, int]) -> list[Record]:
    made: list[Record] = []
    for kind, count in kinds.items():
        for number in range(1, count + 1):
            made.append(
                {
                    "id": f"res_{first + len(made)}",
                    "name": f"{kind.capitalize()} {number}",
                    "kind": kind,
                }
            )
    return made


def locations(stamp: str) -> list[Record]:
    weekdays = dict.fromkeys((1, 2, 3, 4), ("09:00", "19:00"))
    return [
        {
            "id": MAPLE,
            "name": "Maple Street",
            "timezone": TIMEZONES[MAPLE],
            "address": "12 Maple Street, Los Angeles, CA",
            "postalCode": "90012",
            "phone": "+12135550100",
            "email": "maple@example.com",
            "currency": "USD",
            "openingHours": _hours(weekdays | {5: ("09:00", "17:00")}),
            "resources": _resources(1, {"room": 3, "chair": 4}),
            "active": True,
            "updatedAt": stamp,
        },
        {
            "id": HARBOR,
            "name": "Harbor",
            "timezone": TIMEZONES[HARBOR],
            "address": "3 Pier Road, Boston, MA",
            "postalCode": "02110",
            "phone": "+16175550100",
            "email": "harbor@example.com",
            "currency": "USD",
            "openingHours": _hours(
                dict.fromkeys(range(6), ("10:00", "20:00")) | {6: ("11:00", "17:00")}
            ),
            "resources": _resources(11, {"room": 3, "chair": 4}),
            "active": True,
            "updatedAt": stamp,
        },
    ]


# first, last, {location: roles}, skills, days off (Monday is 0)
_Words = tuple[str, ...]
_STAFF: tuple[tuple[str, str, dict[str, _Words], _Words, tuple[int, ...]], ...] = (
    ("Sarah", "Lind", {MAPLE: ("provider",)}, ("massage", "body"), ()),
    ("Kim", "Tran", {MAPLE: ("provider",)}, ("hair_cut", "hair_color"), ()),
    ("Ana", "Ruiz", {MAPLE: ("provider",)}, ("facial", "brows"), (2,)),
    ("Priya", "Nair", {MAPLE: ("manager", "provider")}, ("nails", "brows"), (5,)),
    ("Maria", "Santos", {MAPLE: ("front_desk",)}, (), ()),
    ("Ellen", "Okafor", {MAPLE: ("owner",), HARBOR: ("owner",)}, (), ()),
    ("Noah", "Berg", {HARBOR: ("provider",)}, ("massage", "body"), (6,)),
    ("Leila", "Haddad", {HARBOR: ("provider",)}, ("facial", "brows", "nails"), (0,)),
    ("Theo", "Grant", {HARBOR: ("provider",)}, ("hair_cut", "hair_color"), (1,)),
    ("Jonas", "Weber", {HARBOR: ("manager",)}, (), ()),
    ("Grace", "Kim", {HARBOR: ("front_desk",)}, (), ()),
    ("Sam", "Rivera", {MAPLE: ("front_desk",), HARBOR: ("front_desk",)}, (), ()),
)


def staff(stamp: str) -> list[Record]:
    made = []
    for number, (first, last, roles, skills, off) in enumerate(_STAFF):
        made.append(
            {
                "id": f"sta_{101 + number}",
                "firstName": first,
                "lastName": last,
                "name": f"{first} {last}",
                "email": f"{first}.{last}@example.com".lower(),
                "phone": f"+1206555{110 + number:04d}",
                "active": True,
                "roles": [
                    {"locationId": where, "role": role}
                    for where, held in roles.items()
                    for role in held
                ],
                "skills": list(skills),
                "_off": list(off),
                "updatedAt": stamp,
            }
        )
    return made
