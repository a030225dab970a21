"""The thirty-day letter: what happened, countable without statistics, on one page.

Counts come from the same statement as the digest's; before is what the imported history says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals.permissions import Rights
from copilot.digest.reading import Tally, places_tallied
from copilot.digest.windows import Days
from copilot.impact.cases import Case, good_cases, worst_case
from copilot.impact.figures import currency_of, money, too_early
from copilot.impact.page import assumptions_of, saved_hours, total
from copilot.impact.periods import Period
from copilot.impact.reading import Desk, Numbers, Visits, numbers_of
from core import clock
from integrations.models import Location, User

LETTER_DAYS = 30


@dataclass(frozen=True)
class Count:
    """One line of the letter: how many, of what, worth what."""

    n: str
    what: str
    worth: str = ""


@dataclass(frozen=True)
class Column:
    """One location beside the others; ``cells`` in the order of ``Letter.heads``."""

    name: str
    cells: list[str]


@dataclass(frozen=True)
class Letter:
    """``before`` '': nothing was imported from before. ``full`` False: not thirty days yet.
    ``early``: why nothing is compared yet, though something was imported."""

    name: str
    since: date
    until: date
    full: bool
    counts: list[Count]
    before: str
    then_now: list[tuple[str, str, str]]
    heads: list[str]
    columns: list[Column]
    good: list[Case]
    worst: Case | None
    early: str = ""


def letter_of(*, user: User, rights: Rights, places: Sequence[Location]) -> Letter:
    """The letter of these locations. Twelve statements, whatever their number."""
    now = clock.now()
    period = Period.of(places, now, LETTER_DAYS)
    today = now.astimezone(places[0].zone).date() if places else now.date()
    since = today - timedelta(days=LETTER_DAYS)
    days = Days(list(places), since, today)
    numbers = numbers_of(period)
    tallies = places_tallied(rights, days) if places else {}
    both = total(numbers.values())
    began = period.began.astimezone(places[0].zone).date() if places else today
    return Letter(
        name=places[0].name if len(places) == 1 else _("All locations"),
        since=max(since, began) if began <= today else since,
        until=today - timedelta(days=1),
        full=began <= since,
        counts=counts_of(both, summed(tallies), places, numbers),
        before=before_words(both),
        then_now=then_now(both, currency_of(list(places))),
        heads=heads(),
        columns=[column(one, numbers[one.pk], tallies) for one in places if len(places) > 1],
        good=good_cases(places, period.since, period.until),
        worst=worst_case(rights, places, period.since, period.until),
        early=too_early() if period.too_short and both.visits else "",
    )


def summed(tallies: dict[tuple[int, str], Tally]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for (_place, kind), one in tallies.items():
        had = found.get(kind, Tally())
        found[kind] = Tally(had.count + one.count, had.value + one.value)
    return found


def counts_of(
    found: Numbers,
    tallies: dict[str, Tally],
    places: Sequence[Location],
    numbers: dict[int, Numbers],
) -> list[Count]:
    """What a person can count. Hours are the assumption's, and say so."""
    currency = currency_of(list(places))

    def tally(kind: str, what: str) -> Count:
        one = tallies.get(kind, Tally())
        return Count(str(one.count), what, money(one.value, currency) if one.value else "")

    rows = assumptions_of(places)
    saved = sum(saved_hours(numbers[one.pk].desk, rows[one.pk].call_minutes) for one in places)
    return [
        tally("filled", _("open slots filled")),
        tally("sent", _("drafts sent")),
        Count(str(found.desk.answers), _("answers that needed no call"),
              _("about %(hours)s h of phoning, as assumed") % {"hours": f"{saved:.1f}"}),
        tally("missed", _("drafts that passed their moment undecided")),
        tally("rejected", _("drafts turned down")),
        tally("undo", _("approvals taken back")),
        tally("opt_out", _("clients who wanted no more messages after one of ours")),
        tally("low_stars", _("reviews of one or two stars")),
        tally("mishap", _("visits at which something went wrong")),
        Count(f"{found.desk.minutes:.0f}", _("minutes that people looked at drafts")),
        Count(money(found.cost.sum, "USD"), _("for the model")),
    ]  # fmt: skip


def before_words(found: Numbers) -> str:
    then = found.visits.get("first", Visits())
    if not then.n:
        return ""
    return _("In as many days before the copilot began, as the imported history has it:")


def then_now(found: Numbers, currency: str) -> list[tuple[str, str, str]]:
    """(what, before, now): plain counts, no judgement."""
    then, now = found.visits.get("first", Visits()), found.visits.get("ours", Visits())
    if not then.n or found.too_short:
        return []
    rows = [
        (_("visits that took place or were missed"), str(then.n), str(now.n)),
        (_("of them missed"), str(then.missed), str(now.missed)),
    ]
    if currency:
        lost = (money(then.lost, currency), money(now.lost, currency))
        rows.append((_("worth of what was missed"), *lost))
    sold, sells = found.retail.get("first"), found.retail.get("ours")
    if sold and sells and currency:
        both = (money(sold.sum, currency), money(sells.sum, currency))
        rows.append((_("sold in products"), *both))
    return rows


def heads() -> list[str]:
    return [_("Slots filled"), _("Worth"), _("Sent"), _("Answers"), _("Missed"), _("Taken back"),
            _("No more messages"), _("Minutes"), _("Model")]  # fmt: skip


def column(place: Location, found: Numbers, tallies: dict[tuple[int, str], Tally]) -> Column:
    def tally(kind: str) -> Tally:
        return tallies.get((place.pk, kind), Tally())

    desk: Desk = found.desk
    return Column(
        place.name,
        [
            str(tally("filled").count),
            money(tally("filled").value or Decimal(0), place.currency),
            str(tally("sent").count),
            str(desk.answers),
            str(tally("missed").count),
            str(tally("undo").count),
            str(tally("opt_out").count),
            f"{desk.minutes:.0f}",
            money(found.cost.sum, "USD"),
        ],
    )
