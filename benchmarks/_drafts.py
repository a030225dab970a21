"""500 drafts with a planted error each, and 500 without, from a seed.

A draft is a greeting and some sentences about one appointment, in one language, worded by
``_sentences`` and ``_ways``. A planted error changes one fact of the record for one sentence, so
that the text stays natural: another hour, another price, another client's name, a service the
salon does or does not offer, a look-alike link, a number with other digits.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks import _phrasings as say
from benchmarks import _sentences as sentences_of
from benchmarks import _ways as ways

FIRST = [
    "Dana",
    "Maria",
    "Grace",
    "Kim",
    "Aisha",
    "Tom",
    "Lucía",
    "Noah",
    "Priya",
    "Elena",
    "Omar",
    "Julia",
    "Mateo",
    "Sofia",
    "Ben",
    "Hannah",
]
LAST = ["Keller", "Ruiz", "Okafor", "Tan", "Novak", "Moreno", "Haddad", "Berg", "Castillo"]
STAFF = ["Sarah Lind", "Inés Vidal", "Marcus Webb", "Yuki Mori", "Carla Dias", "Owen Price"]
SERVICES = [
    "Hot stone massage",
    "Deep tissue massage",
    "Keratin treatment",
    "Balayage",
    "Gel manicure",
    "Classic facial",
    "Brow lamination",
    "Men's haircut",
    "Swedish massage",
    "Root touch-up",
]
# The salon offers only those above; these the model has from elsewhere.
FOREIGN = [
    "Botox",
    "Lip filler",
    "Laser hair removal",
    "Microneedling",
    "Lash extensions",
    "Spray tan",
    "Full body wax",
    "Pedicure",
    "Hydrafacial",
    "Teeth whitening",
]
KINDS = (
    "time",
    "date",
    "weekday",
    "price",
    "duration",
    "name",
    "staff",
    "service",
    "phone",
    "link",
)
ZONES = ("America/Los_Angeles", "America/New_York", "America/Chicago", "Europe/Madrid")
SALON = "Maple Street Spa"


@dataclass(frozen=True)
class Record:
    """One appointment as the records have it; ``at`` is local to ``zone``."""

    first: str
    last: str
    staff: str
    service: str
    at: datetime
    minutes: int
    price: int
    phone: str
    link: str
    zone: str


@dataclass(frozen=True)
class Sample:
    """A text about a record. ``wrong``: where the planted error stands, with its kind."""

    record: Record
    language: str
    text: str
    wrong: tuple[int, int, str] | None = None


def samples(n: int, seed: int, *, planted: bool, held_out: bool) -> Iterator[Sample]:
    chance = random.Random(seed)
    for number in range(n):
        kind = KINDS[number % len(KINDS)] if planted else ""
        yield _sample(chance, kind, held_out)


def _sample(chance: random.Random, kind: str, held_out: bool) -> Sample:
    record, language = _record(chance), chance.choice(["en", "en", "es"])
    others = chance.sample([one for one in KINDS if one not in (kind, "name")], 3)
    told = ["name"] if kind != "name" else []
    told += sorted({*others[: chance.randint(1, 3)]}, key=KINDS.index)
    sentences = [_sentence(record, language, one, chance, held_out)[0] for one in told]
    padding = (sentences_of.HELD_OUT_PADDING if held_out else sentences_of.PADDING)[language]
    sentences.insert(chance.randint(1, len(sentences)), chance.choice(padding))
    if not kind:
        return Sample(record, language, f"{SALON}: " + " ".join(sentences))
    said, start, end = _sentence(_spoiled(record, kind, chance), language, kind, chance, held_out)
    place = 0 if kind == "name" else chance.randint(1, len(sentences))
    before = f"{SALON}: " + "".join(f"{one} " for one in sentences[:place])
    text = before + " ".join([said, *sentences[place:]])
    return Sample(record, language, text, (len(before) + start, len(before) + end, kind))


def _sentence(
    record: Record, language: str, kind: str, chance: random.Random, held_out: bool
) -> tuple[str, int, int]:
    """The sentence, and where the fact stands in it."""
    frames = (sentences_of.HELD_OUT_SENTENCES if held_out else sentences_of.SENTENCES)[
        language, kind
    ]
    words = chance.choice((ways.HELD_OUT if held_out else ways.KNOWN)[language, kind])(record)
    frame = chance.choice(frames)
    start = frame.index("{0}")
    said = _spoken(frame.format(words), words)
    return said, start, start + len(words) - (frame.format(words) != said)


def _spoken(sentence: str, words: str) -> str:
    """ "a las una" is "a la una"; two full stops are one."""
    said = sentence.replace("a las una ", "a la una ").replace("a las una.", "a la una.")
    return said.replace("..", ".")


def _record(chance: random.Random) -> Record:
    day = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=chance.randrange(120))
    at = day.replace(hour=chance.randint(9, 18), minute=chance.choice([0, 15, 30, 45]))
    zone = chance.choice(ZONES)
    return Record(
        first=chance.choice(FIRST),
        last=chance.choice(LAST),
        staff=chance.choice(STAFF),
        service=chance.choice(SERVICES),
        at=at.replace(tzinfo=ZoneInfo(zone)),
        minutes=chance.choice([30, 45, 60, 75, 90]),
        price=chance.randint(4, 48) * 5,
        phone=f"+1503555{chance.randint(100, 199):04d}",
        link="maple.example/book",
        zone=zone,
    )


def _spoiled(record: Record, kind: str, chance: random.Random) -> Record:
    """The record with one fact that is not so."""
    at = record.at
    moved = {
        "time": at + timedelta(minutes=chance.choice([-60, -45, 15, 30, 60, 75])),
        "date": at + timedelta(days=chance.choice([1, 2, 7, 10, 13])),
        "weekday": at + timedelta(days=chance.randint(1, 6)),
    }
    if kind in moved:
        return replace(record, at=moved[kind])
    links = ["maple-example.com", "maple.example/pay", "bit.ly/3xYz", "maple.example.co/book"]
    others = [one for one in [*SERVICES, *FOREIGN] if one != record.service]
    longer = [one for one in (30, 60, 90, 120) if one != record.minutes]
    digit = chance.randint(2, 11)
    changed = {
        "price": {"price": record.price + chance.choice([-5, 5, 10, 25, 100])},
        "duration": {"minutes": chance.choice(longer)},
        "name": {"first": chance.choice([one for one in FIRST if one != record.first])},
        "staff": {"staff": chance.choice([one for one in STAFF if one != record.staff])},
        "service": {"service": chance.choice(others)},
        "phone": {"phone": _other_digit(record.phone, digit)},
        "link": {"link": chance.choice([*links, "mapIe.example/book"])},
    }
    return replace(record, **changed[kind])


def _other_digit(phone: str, place: int) -> str:
    digit = (int(phone[place]) + 3) % 10
    return f"{phone[:place]}{digit}{phone[place + 1 :]}"


__all__ = ["KINDS", "SERVICES", "Record", "Sample", "samples", "say"]
