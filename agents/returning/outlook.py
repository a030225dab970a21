"""What is to be expected of one client, in plain rules: who slips away, what they are worth, and to
which segments they belong. No database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from agents.returning.histories import SHRINK, History, rhythm_of

AHEAD_DAYS = 56
# Twice so late as usual, somebody thinks of going elsewhere; five times, they have gone.
LATE_FROM = 1.6
GONE_FROM = 6.0
GONE_AFTER = timedelta(days=540)
LIKELY = 0.6
YEAR = 365
MOST_A_YEAR = 52
RETAIL_VISITS = 2
RETAIL_SHARE = 1 / 3
HIGH_VALUE_VISITS = 3
# Where a client's own colour rhythm is not known: how long a coloured root stays unseen.
COLOUR_DAYS = 42
COLOUR_AHEAD = 10
COLOUR = re.compile(
    r"colou?r|balayage|highlight|lowlight|foil|tint\b|toner|gloss|\broots?\b|regrowth|"
    r"tinte|mechas|coloraci[oó]n|ra[ií]ces",
    re.IGNORECASE,
)
# Segment → its tag at the platform. The words of the page are in its template.
SEGMENTS = {
    "slipping": "slipping away",
    "retail": "retail-minded",
    "colour": "due for colour",
    "high_value": "high-value",
}


@dataclass(frozen=True)
class Known:
    """What the records say of one client. ``retail_visits``: with a product on the receipt."""

    history: History
    location_id: int
    retail_visits: int = 0
    colour_days: tuple[date, ...] = ()
    booked_ahead: bool = False
    colour_ahead: bool = False


@dataclass(frozen=True)
class House:
    """What one client is measured by: the salon's rhythm, its mean visit, and from where on a
    client counts as high-value (a tenth of all do)."""

    rhythm: float
    mean_spent: float
    high_from: float


@dataclass(frozen=True)
class Outlook:
    rhythm_days: float
    chance: float
    expected_visits: float
    worth: Decimal
    at_risk: Decimal
    slipping: bool
    segments: tuple[str, ...]


def outlook_of(known: Known, house: House, *, chance: float, visits: float, on: date) -> Outlook:
    """``chance`` and expected ``visits`` for the next eight weeks, as a model says them."""
    rhythm = rhythm_of(known.history, house.rhythm)
    worth = yearly_worth(known.history, house)
    slipping = slips(known, rhythm, chance, on)
    found = {
        "slipping": slipping,
        "retail": _retail(known),
        "colour": _colour_due(known, on),
        "high_value": len(known.history.days) >= HIGH_VALUE_VISITS and worth >= house.high_from,
    }
    return Outlook(
        rhythm_days=round(rhythm, 1),
        chance=round(chance, 4),
        expected_visits=round(visits, 3),
        worth=money(worth),
        at_risk=money(worth * (1 - chance)) if slipping else Decimal(0),
        slipping=slipping,
        segments=tuple(name for name in SEGMENTS if found[name]),
    )


def slips(known: Known, rhythm: float, chance: float, on: date) -> bool:
    """Later than their own rhythm, nothing booked, not likely to come by themselves, and not gone
    for good already. Who came once is slipping too once the salon's rhythm has passed."""
    since = (on - known.history.days[-1]).days
    if known.booked_ahead or chance >= LIKELY or since > GONE_AFTER.days:
        return False
    return LATE_FROM <= since / rhythm <= GONE_FROM


def yearly_worth(history: History, house: House) -> float:
    """What a year at their own rhythm brings, both drawn towards the salon's while visits are few.
    A refund larger than the visits is worth nothing, not less."""
    count = len(history.days)
    spent = (sum(history.spent) + SHRINK * house.mean_spent) / (count + SHRINK)
    return max(spent, 0.0) * min(YEAR / rhythm_of(history, house.rhythm), MOST_A_YEAR)


def chance_by_rhythm(history: History, house: House, on: date) -> tuple[float, float]:
    """(chance, expected visits) of the next eight weeks where nothing could be fitted: by hand.

    Half of those who are one rhythm late have gone, half of the rest one rhythm later.
    """
    rhythm = rhythm_of(history, house.rhythm)
    late = max((on - history.days[-1]).days / rhythm - 1, 0.0)
    visits = AHEAD_DAYS / rhythm * 0.5 ** (late + 1)
    return 1 - 2.718281828**-visits, visits


def _retail(known: Known) -> bool:
    bought = known.retail_visits
    return bought >= RETAIL_VISITS and bought >= RETAIL_SHARE * len(known.history.days)


def _colour_due(known: Known, on: date) -> bool:
    """The next colour falls within ten days, or is overdue by less than one more stretch."""
    days = known.colour_days
    if not days or known.colour_ahead:
        return False
    gaps = [(later - sooner).days for sooner, later in pairwise(days)]
    every = (sum(gaps) + SHRINK * COLOUR_DAYS) / (len(gaps) + SHRINK)
    since = (on - days[-1]).days
    return every - COLOUR_AHEAD <= since <= 2 * every


def is_colour(service: str, category: str = "") -> bool:
    return COLOUR.search(f"{category} {service}") is not None


def tags_of(before: Sequence[object], segments: Sequence[str]) -> list[str]:
    """A client's tags with ours brought up to date; what others wrote stays as it is."""
    ours = set(SEGMENTS.values())
    kept = [str(tag) for tag in before if str(tag) not in ours]
    return kept + [SEGMENTS[name] for name in segments]


def money(value: float) -> Decimal:
    return Decimal(str(round(min(value, 9e8), 2)))


def weeks_said(days: float) -> str:
    """``5 weeks``, ``9 days``: a stretch as a receptionist says it."""
    if days < 14:
        count, word = max(round(days), 1), "day"
    elif days < 100:
        count, word = round(days / 7), "week"
    else:
        count, word = round(days / 30.4), "month"
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def reasons_of(
    *, visits: int, rhythm_days: float, since_days: int, worth: Decimal, currency: str = "$"
) -> list[str]:
    """Why somebody is on the list, in a receptionist's words."""
    often = "once" if visits == 1 else f"{visits} times"
    came = f"Came {often}, about every {weeks_said(rhythm_days)}."
    if visits == 1:
        came = f"Came once; most come again after {weeks_said(rhythm_days)}."
    return [
        came,
        f"The last visit was {weeks_said(since_days)} ago, and nothing is booked.",
        f"A year of such visits is worth about {currency}{worth:,.0f}.",
    ]
