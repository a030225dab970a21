"""The impact page put together: the figures of a location or of all, and locations side by side.
Eleven statements, whatever the number of locations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agents.registry import agents
from copilot.impact import figures
from copilot.impact.figures import Assumed, Figure, few, money
from copilot.impact.models import ImpactAssumption
from copilot.impact.periods import Period
from copilot.impact.reading import Desk, Numbers, Week, numbers_of, weeks_of
from copilot.quality import words
from copilot.quality.charts import Bar, Chart, stacked
from copilot.quality.reading import Arm, Asked, arms_of
from copilot.quality.stats import difference_or_none, mean_interval, share_or_none
from core import clock
from integrations.models import Location

RANGE = (figures.SHORTEST, figures.LONGEST)


@dataclass(frozen=True)
class Side:
    """One location in the table beside the others."""

    location: Location
    openings: str
    value: str
    no_shows: str
    came_again: str
    retail: str
    hours: str
    cost: str


@dataclass(frozen=True)
class ImpactPage:
    """``place`` None: all of the person's locations together."""

    period: Period
    figures: list[Figure]
    openings: Chart | None
    visits: Chart | None
    weeks: list[Week]
    sides: list[Side]
    assumed: Assumed
    several_currencies: bool

    @property
    def empty(self) -> bool:
        return not any(one.enough for one in self.figures)


def impact_page(*, places: Sequence[Location], place: Location | None, days: int) -> ImpactPage:
    """Everything for these locations; ``place`` one of them, or None for all."""
    period = Period.of(places, clock.now(), days)
    own = period if place is None else Period.of([place], period.until, days)
    numbers, assumptions = numbers_of(period), assumptions_of(places)
    chosen = [place] if place else list(places)
    found = total(numbers[one.pk] for one in chosen)
    assumed = assumed_by([assumptions[one.pk] for one in chosen])
    currency = figures.currency_of(chosen)
    weeks = weeks_of(own)
    made = [
        figures.openings(found, currency),
        figures.no_shows(found, currency),
        *holdouts(own),
        figures.returns(found),
        figures.won_back(found),
        figures.retail(found, currency),
        figures.said(found, currency),
        phoning(numbers, assumptions, chosen, currency),
        cost(found, currency),
    ]
    several = len(places) > 1 and place is None
    return ImpactPage(
        period=own,
        figures=made,
        openings=chart(weeks, ("filled", "unfilled")),
        visits=chart(weeks, ("came", "missed")),
        weeks=weeks,
        sides=[side(one, numbers[one.pk], assumptions[one.pk]) for one in places if several],
        assumed=assumed,
        several_currencies=not currency,
    )


def total(parts: Any) -> Numbers:
    return reduce(add, parts, Numbers())


def assumptions_of(places: Sequence[Location]) -> dict[int, ImpactAssumption]:
    known = ImpactAssumption.objects.filter(location__in=places)
    found = {one.location_id: one for one in known}
    return {one.pk: found.get(one.pk) or ImpactAssumption(location=one) for one in places}


def assumed_by(rows: Sequence[ImpactAssumption]) -> Assumed:
    values = {(one.call_minutes, one.hour_cost) for one in rows}
    if len(values) != 1:
        return Assumed(Decimal(0), None, mixed=True)
    minutes, cost = values.pop()
    return Assumed(minutes, cost)


def saved_hours(desk: Desk, minutes: Decimal) -> float:
    return desk.answers * float(minutes) / 60


def hours(value: float) -> str:
    return _("%(hours)s h") % {"hours": f"{value:.1f}"}


def phoning(
    numbers: dict[int, Numbers],
    assumptions: dict[int, ImpactAssumption],
    chosen: Sequence[Location],
    currency: str,
) -> Figure:
    """Each location by its own assumption."""
    desk = total(numbers[one.pk] for one in chosen).desk
    parts = [(numbers[one.pk].desk, assumptions[one.pk]) for one in chosen]
    saved = sum(saved_hours(one, row.call_minutes) for one, row in parts)
    worth = sum(
        saved_hours(one, row.call_minutes) * float(row.hour_cost or 0) for one, row in parts
    )
    low, high = (saved * float(part) for part in RANGE)
    lines = [
        _("%(n)s answers by text or link needed no call. Calls made all the same: %(calls)s.")
        % {"n": desk.answers, "calls": desk.calls},
        _("Between %(low)s and %(high)s if a call takes half as long or half as long again "
          "(n = %(n)s).") % {"low": hours(low), "high": hours(high), "n": desk.answers},
        _("People looked at drafts for %(hours)s meanwhile (n = %(n)s presses).")
        % {"hours": hours(desk.minutes / 60), "n": desk.timed},
    ]  # fmt: skip
    if worth and currency:
        lines.append(_("Worth %(money)s by the hour that was set.")
                     % {"money": money(worth, currency)})  # fmt: skip
    return Figure(
        key="phoning",
        title=_("Hours of phoning saved"),
        value=hours(saved) if desk.answers else "",
        lines=lines if desk.answers else [few(0)],
        how=_("An assumption, not a measurement: each answer that confirmed, moved, called off or "
              "took something stands for one call, of the minutes that are set below. The range is "
              "the assumption's, not chance's. A card left open counts two minutes at most."),
        enough=desk.answers > 0,
    )  # fmt: skip


def cost(found: Numbers, currency: str) -> Figure:
    it, each = found.cost, mean_interval(found.cost.each)
    lines = [_("For %(n)s drafts, %(tokens)s tokens.") % {"n": it.n, "tokens": f"{it.tokens:,}"}]
    if each:
        ends = {"low": money(max(each.low, 0), "USD"), "high": money(each.high, "USD")}
        words_ = _("%(mean)s a draft, between %(low)s and %(high)s (n = %(n)s).")
        lines.append(words_ % ({"mean": money(each.value, "USD"), "n": it.n} | ends))
    else:
        lines.append(few(it.n))
    return Figure(
        key="cost",
        title=_("What the model cost"),
        value=money(it.sum, "USD") if it.n else "",
        lines=lines if it.n else [few(0)],
        how=_("Tokens as the model's provider reports them, times the prices set for the model, in "
              "dollars. Standard texts cost nothing. Interval of the mean: Student."),
        enough=it.n > 0,
    )  # fmt: skip


def holdouts(period: Period) -> list[Figure]:
    """Per agent that draws lots: missed visits after the model's text, and the standard one."""
    asked = Asked(
        places=[one.pk for one in period.places],
        agents=agents.names(),
        since=period.since,
        until=period.until,
        before=period.since - timedelta(days=1),
    )
    arms = arms_of(asked)
    names = sorted({one.agent for one in arms if one.agent in agents})
    made = []
    for name in names:
        drawn = {one.holdout: one for one in arms if one.agent == name}
        if len(drawn) == 2:
            made.append(_holdout(name, drawn[False], drawn[True]))
    return made or [_no_holdout()]


def _no_holdout() -> Figure:
    return Figure(
        key="holdout",
        title=_("No-shows against the holdout"),
        value="",
        lines=[few(0), _("No agent gives a drawn share of clients the standard text; that is set "
                         "on the agent's page.")],
        how=_holdout_how(),
        enough=False,
    )  # fmt: skip


def _holdout_how() -> str:
    return _("Clients drawn by lot got the standard text, never silence; each counts once, by "
             "their first visit. Cancelled visits are left out. Interval: Newcombe.")  # fmt: skip


def _holdout(name: str, model: Arm, held: Arm) -> Figure:
    n, kept = model.came + model.missed, held.came + held.missed
    apart = difference_or_none(model.missed, n, held.missed, kept)
    share, other = share_or_none(model.missed, n), share_or_none(held.missed, kept)
    counts = _("Missed: %(hits)s of %(n)s with the model's text, %(held)s of %(kept)s with the "
               "standard one.") % {"hits": model.missed, "n": n, "held": held.missed,
                                   "kept": kept}  # fmt: skip
    if apart is None:
        said = few(min(n, kept))
    else:
        ends = {"low": words.points(apart.low), "high": words.points(apart.high)}
        if not apart.has_zero:
            low, high = sorted(abs(round(100 * end)) for end in (apart.low, apart.high))
            ends = {"low": str(low), "high": str(high)}
        if apart.has_zero:
            said = _("No difference can be told: it lies between %(low)s and %(high)s points.")
        elif apart.value < 0:
            said = _("Fewer are missed after the model's text, by %(low)s to %(high)s points.")
        else:
            said = _("More are missed after the model's text, by %(low)s to %(high)s points.")
        said = said % ends
    title = _("No-shows against the holdout: %(agent)s")
    bars = figures.pair_of(share, other)
    return Figure(
        key=f"holdout-{name}",
        title=title % {"agent": _(str(agents.get(name).label))},
        value=_("%(by)s points") % {"by": words.points(apart.value)} if apart else "",
        lines=[counts, said],
        how=_holdout_how(),
        enough=apart is not None,
        bars=bars,
    )


def chart(weeks: Sequence[Week], kinds: tuple[str, str]) -> Chart | None:
    """Stacked by week; the labels of the parts stand in the template."""
    named = {
        "filled": _("filled"),
        "unfilled": _("not filled"),
        "came": _("came"),
        "missed": _("missed"),
    }
    return stacked(
        [
            Bar(
                date_format(week.week, "M j"),
                [(kind, named[kind], getattr(week, kind)) for kind in kinds],
            )
            for week in weeks
        ]
    )


def side(place: Location, found: Numbers, row: ImpactAssumption) -> Side:
    currency = place.currency
    visits, again = found.visits.get("now"), found.returns.get("now")
    sold = found.retail.get("now")
    missed = share_or_none(visits.missed, visits.n) if visits else None
    came = share_or_none(again.again, again.n) if again else None
    it, saved = found.openings, saved_hours(found.desk, row.call_minutes)
    return Side(
        location=place,
        openings=_("%(hits)s of %(n)s") % {"hits": it.filled, "n": it.n} if it.n else "",
        value=money(it.value, currency) if it.filled else "",
        no_shows=beside(missed, visits.n if visits else 0),
        came_again=beside(came, again.n if again else 0),
        retail=money(sold.sum, currency) if sold and sold.n else "",
        hours=hours(saved) if found.desk.answers else "",
        cost=money(found.cost.sum, "USD") if found.cost.n else "",
    )


def beside(found: Any, n: int) -> str:
    if found is None:
        return ""
    return f"{words.percent(found.value)} ({words.between(found)}, n = {n})"
