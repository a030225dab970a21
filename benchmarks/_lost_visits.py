"""Three pasts with visits that were kept or lost, as columns known when each would be scored."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import numpy as np

from benchmarks._shared_data import Row, rows_of


@dataclass(frozen=True)
class Pasts:
    """Rows in the order of time; ``train`` is where the held-out end begins."""

    name: str
    columns: Any
    lost: Any
    train: int
    shrunk: Any


def every_past() -> Iterator[Pasts]:
    yield salon()
    yield medical()
    yield hotel()


def salon() -> Pasts:
    """A hair salon; the last month is held out."""
    rows = sorted(rows_of("salon_appointments"), key=lambda row: row["date"])
    days = [date.fromisoformat(row["date"]) for row in rows]
    lost = [row["outcome"] in {"no_show", "late_cancel"} for row in rows]
    before = history([row["client"] for row in rows], days, lost)
    numbers = _numbers(rows, ["n_services", "has_color", "has_style"]) | before
    kinds = {
        "staff": [row["staff"] for row in rows],
        "service": [row["services"].split("|")[0] for row in rows],
        "weekday": [str(day.weekday()) for day in days],
    }
    return _past("salon", numbers, kinds, lost, days, days[-1] - timedelta(days=30))


def medical() -> Pasts:
    """Surgeries' visits booked a day or more ahead; the last quarter of the days is held out."""
    rows = [row for row in rows_of("medical_noshow") if int(row["lead_days"]) >= 1]
    rows.sort(key=lambda row: row["appointment_day"])
    days = [date.fromisoformat(row["appointment_day"]) for row in rows]
    lost = [row["no_show"] == "1" for row in rows]
    before = history([row["patient"] for row in rows], days, lost)
    flags = ["scholarship", "hypertension", "diabetes", "alcoholism", "handicap"]
    numbers = _numbers(rows, ["lead_days", "age", *flags]) | before
    numbers["booked_hour"] = np.array([float(row["scheduled"][11:13]) for row in rows])
    kinds = {
        "gender": [row["gender"] for row in rows],
        "place": [row["neighbourhood"] for row in rows],
        "weekday": [str(day.weekday()) for day in days],
    }
    last = sorted(set(days))
    return _past("medical", numbers, kinds, lost, days, last[int(len(last) * 0.75)])


HOTEL_NUMBERS = [
    "lead_time",
    "stays_in_weekend_nights",
    "stays_in_week_nights",
    "adults",
    "children",
    "babies",
    "is_repeated_guest",
    "previous_cancellations",
    "previous_bookings_not_canceled",
    "days_in_waiting_list",
    "adr",
    "total_of_special_requests",
]
HOTEL_KINDS = [
    "hotel",
    "meal",
    "market_segment",
    "distribution_channel",
    "reserved_room_type",
    "deposit_type",
    "agent",
    "customer_type",
]


def hotel() -> Pasts:
    """Two hotels, with what was known at booking only; the last month of arrivals is held out."""
    rows = sorted(rows_of("hotel_bookings"), key=lambda row: row["arrival_date"])
    days = [date.fromisoformat(row["arrival_date"]) for row in rows]
    lost = [row["is_canceled"] == "1" for row in rows]
    numbers = _numbers(rows, HOTEL_NUMBERS)
    kept, gone = numbers["previous_bookings_not_canceled"], numbers["previous_cancellations"]
    numbers |= {"known": kept + gone, "lost_before": gone}
    kinds = {name: [row[name] for row in rows] for name in HOTEL_KINDS}
    kinds["weekday"] = [str(day.weekday()) for day in days]
    return _past("hotel", numbers, kinds, lost, days, days[-1] - timedelta(days=30))


def _past(
    name: str,
    numbers: dict[str, Any],
    kinds: dict[str, list[str]],
    lost: Sequence[bool],
    days: Sequence[date],
    last_day: date,
) -> Pasts:
    from agents.scoring.columns import Columns

    train = sum(day <= last_day for day in days)
    base = float(np.mean(lost[:train]))
    shrunk = (numbers["lost_before"] + 4 * base) / (numbers["known"] + 4)
    columns = Columns(numbers | {"shrunk": shrunk}, kinds)
    return Pasts(name, columns, np.array(lost), train, shrunk)


def history(who: Sequence[str], days: Sequence[date], lost: Sequence[bool]) -> dict[str, Any]:
    """Each person's record before the day of the row: a day's own outcomes are not known on it."""
    record: dict[str, list[tuple[date, bool]]] = defaultdict(list)
    found: dict[str, list[float]] = {
        name: [] for name in ("known", "lost_before", "last_lost", "days_since")
    }
    places = range(len(who))
    day_of: Callable[[int], date] = days.__getitem__
    for day, group in groupby(places, key=day_of):
        today = list(group)
        for place in today:
            past = record[who[place]]
            found["known"].append(len(past))
            found["lost_before"].append(sum(was_lost for _, was_lost in past))
            found["last_lost"].append(float(past[-1][1]) if past else 0.0)
            found["days_since"].append((day - past[-1][0]).days if past else np.nan)
        for place in today:
            record[who[place]].append((day, lost[place]))
    return {name: np.array(values, dtype=float) for name, values in found.items()}


def _numbers(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
    return {
        name: np.array([float(row[name]) if row[name] else np.nan for row in rows])
        for name in names
    }
