"""The two ways salons do it without us, with the same people and the same slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks._storm.people import answer_of

EVERY = timedelta(minutes=60)


@dataclass(frozen=True)
class Way:
    """How one slot went. ``minutes``: from the cancellation to the yes; None when nobody took it.
    ``turned_away``: clients who said yes and had to be told no."""

    minutes: float | None
    texts: int
    turned_away: int = 0


@dataclass(frozen=True)
class Asked:
    """One slot and those who could be asked, as (client, asked for this therapist)."""

    slot: str
    opened_at: datetime
    begins_at: datetime
    starts_at: datetime
    lead: timedelta
    people: Sequence[tuple[str, bool]]


def first_in_line(seed: int, asked: Asked) -> Way:
    """In the order of the list, one text an hour; an earlier one who answers late still gets it."""
    yes: list[datetime] = []
    texts, at = 0, asked.begins_at
    for client, wished in asked.people:
        if at >= asked.starts_at - asked.lead or any(one <= at for one in yes):
            break
        texts += 1
        moment = _yes(seed, asked, client, wished, at)
        if moment is not None:
            yes.append(moment)
        at += EVERY
    return _way(asked, yes, texts)


def text_everybody(seed: int, asked: Asked) -> Way:
    """All at once; the first yes gets it, the others are told that it is gone."""
    found = [_yes(seed, asked, client, wished, asked.begins_at) for client, wished in asked.people]
    return _way(asked, [one for one in found if one is not None], len(asked.people))


def _yes(seed: int, asked: Asked, client: str, wished: bool, at: datetime) -> datetime | None:
    ahead = (asked.starts_at - at).total_seconds() / 3600
    answer = answer_of(seed, client, asked.slot, hours_ahead=ahead, wished=wished)
    if answer.after is None or not answer.yes or answer.stops:
        return None
    moment = at + timedelta(minutes=answer.after)
    return moment if moment < asked.starts_at else None


def _way(asked: Asked, yes: Sequence[datetime], texts: int) -> Way:
    if not yes:
        return Way(None, texts)
    minutes = (min(yes) - asked.opened_at).total_seconds() / 60
    return Way(minutes, texts, len(yes) - 1)
