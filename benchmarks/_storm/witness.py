"""What must never happen, counted from the platform's own book and the phones."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from approvals.ladders.tokens import token_hash
from approvals.models import Offer, Opening
from benchmarks import _storm as platform
from benchmarks._storm.baselines import Way, first_in_line, text_everybody
from benchmarks._storm.play import LEAD, Play

QUIET, SILENT_OFFERS = timedelta(days=7), 3
LADDER, LINE, EVERYBODY = "the ladder", "first in line, one text an hour", "text everybody"
ZEROS = (
    "slots sold twice",
    "offers past the lead time",
    "offers to the person who cancelled",
    "offers beyond two a day",
    "offers in a quiet week",
    "offers of the same hour twice",
    "offers after STOP",
    "bookings without a yes",
    "slots promised to who has none",
)


@dataclass
class Tally:
    """One stretch, or several added up. ``ways``: minutes to fill or None, and texts, by way."""

    openings: int = 0
    offers: int = 0
    answers: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    to_a_person: int = 0
    two_questions: int = 0
    stops: int = 0
    refused_by_platform: int = 0
    turned_away: int = 0
    ways: dict[str, list[Way]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: "Tally") -> None:
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.bad.update(other.bad)
        for way, rows in other.ways.items():
            self.ways[way] += rows


NUMBERS = (
    "openings", "offers", "answers", "to_a_person", "two_questions", "stops",
    "refused_by_platform", "turned_away",
)  # fmt: skip
Placed = list[tuple[platform.Text, Offer]]


def account_of(play: Play) -> Tally:
    """Everything counted for one finished stretch."""
    world = platform.world
    made = Tally(
        openings=len(play.slots), answers=len(play.said), to_a_person=play.to_a_person,
        two_questions=play.two_questions, stops=len(play.stopped),
        refused_by_platform=world.refused,
    )  # fmt: skip
    offers = [text for text in world.texts if text.role == "offer"]
    made.offers = len(offers)
    found = {
        row.token_sha256: row
        for row in Offer.objects.filter(opening__in=play.slots).select_related("opening")
    }
    placed = [(text, found[token_hash(text.token)]) for text in offers]
    _slots_sold(made, play)
    _each_offer(made, play, placed)
    _each_client(made, play, placed)
    _fills(made, play, Counter(offer.opening_id for _, offer in placed))
    return made


def _slots_sold(made: Tally, play: Play) -> None:
    sold = Counter((staff, start) for staff, start, _ in platform.world.sold)
    made.bad["slots sold twice"] += sum(1 for number in sold.values() if number > 1)
    hours = {
        (play.salon.staff[slot.staff].external_id, slot.starts_at.isoformat()): slot
        for slot in play.slots.values()
    }
    said_yes = {(one.client, one.opening_id) for one in play.said if one.yes}
    for staff, start, client in platform.world.sold:
        if client != platform.WALK_IN:
            slot = hours[staff, start]
            made.bad["bookings without a yes"] += (client, slot.opening_id) not in said_yes
    told = Counter(text.client for text in platform.world.texts if text.role == "yours")
    has = Counter(client for _, _, client in platform.world.sold)
    made.bad["slots promised to who has none"] += sum((told - has).values())


def _each_offer(made: Tally, play: Play, placed: Placed) -> None:
    for text, offer in placed:
        slot = play.slots[offer.opening_id]
        stopped = play.stopped.get(text.client)
        made.bad["offers past the lead time"] += text.at > slot.starts_at - LEAD
        made.bad["offers to the person who cancelled"] += text.client == slot.canceller
        made.bad["offers after STOP"] += stopped is not None and text.at > stopped


def _each_client(made: Tally, play: Play, placed: Placed) -> None:
    answered: dict[tuple[str, int], list[datetime]] = defaultdict(list)
    for one in play.said:
        answered[one.client, one.opening_id].append(one.at)
    by_client: dict[str, Placed] = defaultdict(list)
    for text, offer in placed:
        by_client[text.client].append((text, offer))
    zone = play.salon.location.zone
    for client, got in by_client.items():
        days = Counter(text.at.astimezone(zone).date() for text, _ in got)
        made.bad["offers beyond two a day"] += sum(max(0, n - 2) for n in days.values())
        made.bad["offers of the same hour twice"] += _same_hour(got)
        made.bad["offers in a quiet week"] += _in_quiet(client, got, answered)


def _same_hour(got: Placed) -> int:
    openings = {offer.opening_id: offer.opening for _, offer in got}.values()
    rows = sorted(openings, key=lambda one: one.starts_at)
    overlaps = sum(other.starts_at < one.ends_at for one, other in pairwise(rows))
    return overlaps + len(got) - len(openings)


def _in_quiet(client: str, got: Placed, answered: dict[tuple[str, int], list[datetime]]) -> int:
    """Offers within a week after three in a row whose time passed without any answer.

    One whose slot went to somebody else before its time was over counts neither way.
    """
    bad = 0
    for place, (text, _) in enumerate(got):
        silent: list[datetime] = []
        for earlier, offer in reversed(got[:place]):
            if any(at <= text.at for at in answered[client, offer.opening_id]):
                break
            over = earlier.at + timedelta(minutes=offer.answer_minutes)
            ended = offer.opening.held_at or offer.opening.closed_at
            if over <= text.at and (ended is None or over <= ended):
                silent.append(earlier.at)
        bad += len(silent) >= SILENT_OFFERS and text.at < silent[0] + QUIET
    return bad


def _turned_away(play: Play, opening_id: int) -> int:
    """Clients who said yes to a slot that somebody else had got, however they said it."""
    winner = Opening.objects.get(pk=opening_id).filled_by
    has_it = winner.external_id if winner else ""
    return len(
        {one.client for one in play.said if one.opening_id == opening_id and one.yes} - {has_it}
    )


def _fills(made: Tally, play: Play, texts: Counter[int]) -> None:
    """How each slot went with us and in the two other ways, where somebody could be asked and the
    desk did not take it out of everybody's hands."""
    states = Opening.objects.in_bulk(play.slots)
    for opening_id, slot in play.slots.items():
        if slot.asked is None or slot.disturbed:
            continue
        row = states[opening_id]
        minutes = None
        if row.state == Opening.State.BOOKED and row.held_at is not None:
            minutes = (row.held_at - slot.opened_at).total_seconds() / 60
        made.ways[LADDER].append(Way(minutes, texts[opening_id]))
        made.turned_away += _turned_away(play, opening_id)
        made.ways[LINE].append(first_in_line(play.seed, slot.asked))
        made.ways[EVERYBODY].append(text_everybody(play.seed, slot.asked))
