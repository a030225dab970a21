"""Other settings, tried on slots of the past before anything is saved.

Every run keeps the facts it ranked, so old and new order are made from the very same people, and
beside both stands who took the slot in the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from agents.config import config_for
from agents.matching.context import SlotContext
from agents.matching.facts import Ranked, Ranking
from agents.matching.ranking import rank
from agents.matching.settings import OpenSlotSettings
from agents.models import AgentRun
from approvals.models import Opening
from integrations.models import Location

AGENT = "open_slot"
MOST = 20


@dataclass(frozen=True)
class Tried:
    """One past slot under both settings. ``took`` is the client who got it (None: nobody)."""

    opening_id: int
    what: str
    old: list[Ranked]
    new: list[Ranked]
    took: int | None
    old_place: int
    new_place: int

    @property
    def changed(self) -> bool:
        return [one.client_id for one in self.old] != [one.client_id for one in self.new]


@dataclass(frozen=True)
class Tryout:
    """All slots tried. ``old_place`` and ``new_place``: where those who took a slot stood on
    average (from 1; None when nobody did)."""

    rows: list[Tried]
    changed: int
    old_place: float | None
    new_place: float | None


def tryout(
    location: Location,
    settings: OpenSlotSettings,
    openings: Sequence[int] | None = None,
    most: int = MOST,
) -> Tryout:
    """Rank past slots of a location with the settings that hold and with these.

    ``openings``: ids to try, else the newest ``most``. Slots whose facts have left with retention
    are not among the rows. Nothing is written.
    """
    held = OpenSlotSettings.model_validate(config_for(AGENT, location).settings.model_dump())
    runs = AgentRun.objects.filter(
        agent=AGENT, location=location, context__has_key="slot"
    ).order_by("-pk")
    wanted = set(openings) if openings is not None else None
    contexts: dict[int, SlotContext] = {}
    for run in runs[: most * 5]:
        context = SlotContext.model_validate(run.context)
        if wanted is None or context.slot.opening_id in wanted:
            contexts.setdefault(context.slot.opening_id, context)
        if len(contexts) == most:
            break
    taken = dict(Opening.objects.filter(pk__in=contexts).values_list("pk", "filled_by_id"))
    rows = [_tried(one, held, settings, taken.get(pk)) for pk, one in contexts.items()]
    return _summary(rows)


def _tried(
    context: SlotContext, held: OpenSlotSettings, changed: OpenSlotSettings, took: int | None
) -> Tried:
    old, new = (_ranked(context, settings) for settings in (held, changed))
    return Tried(
        opening_id=context.slot.opening_id,
        what=context.what,
        old=old.ranked[: held.most_rungs],
        new=new.ranked[: changed.most_rungs],
        took=took,
        old_place=old.place_of(took or 0),
        new_place=new.place_of(took or 0),
    )


def _ranked(context: SlotContext, settings: OpenSlotSettings) -> Ranking:
    return rank(context.slot, context.waiting, settings, context.as_of)


def _summary(rows: list[Tried]) -> Tryout:
    placed = [row for row in rows if row.old_place and row.new_place]
    return Tryout(
        rows=rows,
        changed=sum(row.changed for row in rows),
        old_place=mean(row.old_place for row in placed) if placed else None,
        new_place=mean(row.new_place for row in placed) if placed else None,
    )
