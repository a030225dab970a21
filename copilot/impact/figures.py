"""From numbers to figures: each with what it is, how it was computed, its interval and its n."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from copilot.impact.periods import LEAST_COMPARED
from copilot.impact.reading import Numbers, Retail, Returns, Visits
from copilot.quality.stats import (
    LEAST_SHARE,
    Interval,
    difference_or_none,
    mean_difference_or_none,
    mean_interval,
    share_or_none,
)
from copilot.quality.words import between, percent, points
from integrations.models import Location

# Short and long: what a call is assumed to take, for the range that the page prints.
SHORTEST, LONGEST = Decimal("0.5"), Decimal("1.5")


@dataclass(frozen=True)
class Bar:
    """One share on a line from nought to ``of``: where it lies and how sure one can be."""

    label: str
    found: Interval
    of: float
    now: bool = True

    @property
    def said(self) -> str:
        return f"{percent(self.found.value)} ({between(self.found)})"

    @property
    def at(self) -> float:
        return self._place(self.found.value)

    @property
    def low(self) -> float:
        return self._place(self.found.low)

    @property
    def width(self) -> float:
        return round(max(0.6, self._place(self.found.high) - self.low), 1)

    def _place(self, value: float) -> float:
        return round(100 * value / self.of, 1)


@dataclass(frozen=True)
class Figure:
    """``value`` is large, ``lines`` below it, ``how`` says how it was computed. ``enough`` False:
    there is nothing to say yet, and ``value`` is empty."""

    key: str
    title: str
    value: str
    lines: list[str]
    how: str
    enough: bool = True
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Assumed:
    """What a location assumes; ``mixed``: several locations, each with its own."""

    call_minutes: Decimal
    hour_cost: Decimal | None
    mixed: bool = False


def money(value: Decimal | float, currency: str) -> str:
    """``$240``; cents where they matter; '' where several currencies were added up."""
    if not currency:
        return ""
    amount = Decimal(str(value))
    text = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:,.2f}".removesuffix(".00")
    if 0 < abs(amount) < Decimal("0.01"):
        text = f"{amount:,.4f}"
    return f"${text}" if currency == "USD" else f"{text} {currency}"


def currency_of(places: list[Location]) -> str:
    """The one currency of these locations, or '': different ones are never added up."""
    known = {place.currency for place in places}
    return known.pop() if len(known) == 1 else ""


def before_of(found: Mapping[str, Visits | Returns], too_short: bool) -> str:
    """With which weeks there is enough to compare: the same ones a year ago, else those before the
    copilot began, else none (also where the copilot itself began only days ago)."""
    for stretch in () if too_short else ("year", "first"):
        if stretch in found and found[stretch].n >= LEAST_SHARE:
            return stretch
    return ""


def stretch_words(stretch: str) -> str:
    return {
        "year": _("the same weeks a year before"),
        "first": _("as many days before the copilot began"),
    }.get(stretch, "")


def few(n: int) -> str:
    return _("Not enough data yet (n = %(n)s).") % {"n": n}


def share_said(found: Interval | None, n: int) -> str:
    if found is None:
        return _("As a share: not enough data yet (n = %(n)s).") % {"n": n} if n else few(0)
    words = _("%(share)s, between %(low)s and %(high)s (n = %(n)s).")
    return words % {
        "share": percent(found.value),
        "low": percent(found.low),
        "high": percent(found.high),
        "n": n,
    }


def too_early() -> str:
    words = _("Not enough data yet to compare: from %(days)s days of the copilot on.")
    return words % {"days": LEAST_COMPARED.days}


def change_said(found: Interval | None, n: int, before: int, stretch: str, *, down: bool) -> str:
    """What moved against before, in points; ``down``: less of it is better."""
    if found is None or not stretch:
        return _("Not enough data yet to compare (n = %(n)s now, %(before)s before).") % {
            "n": n,
            "before": before,
        }
    values = {
        "by": points(found.value),
        "low": points(found.low),
        "high": points(found.high),
        "than": stretch_words(stretch),
        "n": before,
    }
    if found.has_zero:
        said = _("No change can be told against %(than)s: %(by)s points, between %(low)s and "
                 "%(high)s (n = %(n)s then).")  # fmt: skip
    elif (found.value < 0) == down:
        said = _("Better than %(than)s by %(by)s points, between %(low)s and %(high)s "
                 "(n = %(n)s then).")  # fmt: skip
    else:
        said = _("Worse than %(than)s by %(by)s points, between %(low)s and %(high)s "
                 "(n = %(n)s then).")  # fmt: skip
    return said % values


def openings(found: Numbers, currency: str) -> Figure:
    it, each = found.openings, mean_interval(found.openings.each)
    lines = [
        _("%(filled)s of %(n)s that came free were filled.") % {"filled": it.filled, "n": it.n},
        share_said(share_or_none(it.filled, it.n), it.n),
    ]
    if each and currency:
        words = _("%(mean)s each, between %(low)s and %(high)s (n = %(n)s).")
        ends = {"low": money(each.low, currency), "high": money(each.high, currency)}
        lines.append(words % ({"mean": money(each.value, currency), "n": it.each.n} | ends))
    return Figure(
        key="openings",
        title=_("Open slots filled"),
        value=(money(it.value, currency) or str(it.filled)) if it.n else "",
        lines=lines if it.n else [few(0)],
        how=_("Slots that came free in this time and are settled. Filled: the client who was asked "
              "is booked. Worth: the price of the service. What the desk gave away by itself is "
              "not counted. Interval of the share: Wilson; of the mean: Student."),
        enough=it.n > 0,
    )  # fmt: skip


def no_shows(found: Numbers, currency: str) -> Figure:
    now, ours = (found.visits.get(one, Visits()) for one in ("now", "ours"))
    stretch = before_of(found.visits, found.too_short)
    then = found.visits.get(stretch or "first", Visits())
    apart = difference_or_none(ours.missed, ours.n, then.missed, then.n)
    share = share_or_none(now.missed, now.n)
    lines = [share_said(share, now.n)]
    said = change_said(apart, ours.n, then.n, stretch, down=True)
    lines.append(too_early() if found.too_short else said)
    if now.lost and currency:
        words = _("Missed visits were worth %(money)s.")
        lines.append(words % {"money": money(now.lost, currency)})
    return Figure(
        key="no-shows",
        title=_("No-shows"),
        value=percent(share.value) if share else "",
        lines=lines,
        how=_("Visits marked as no-show, of all that took place or were missed; several services "
              "of one visit count once, cancelled visits not at all. Intervals: Wilson for the "
              "share, Newcombe for the difference. Other things changed with the year, too."),
        enough=share is not None,
        bars=_bars(
            share_or_none(ours.missed, ours.n) if stretch else share,
            share_or_none(then.missed, then.n) if stretch else None,
        ),
    )  # fmt: skip


def returns(found: Numbers) -> Figure:
    now, ours = (found.returns.get(one, Returns()) for one in ("now", "ours"))
    stretch = before_of(found.returns, found.too_short)
    then = found.returns.get(stretch or "first", Returns())
    share = share_or_none(now.again, now.n)
    apart = difference_or_none(ours.again, ours.n, then.again, then.n)
    said = change_said(apart, ours.n, then.n, stretch, down=False)
    return Figure(
        key="returns",
        title=_("Clients who came again"),
        value=percent(share.value) if share else "",
        lines=[share_said(share, now.n), too_early() if found.too_short else said],
        how=_("Each client once, by their first visit: came again within 60 days. Looked at are "
              "visits 60 days earlier, so that everybody had the time. Intervals: Wilson and "
              "Newcombe."),
        enough=share is not None,
        bars=_bars(
            share_or_none(ours.again, ours.n) if stretch else share,
            share_or_none(then.again, then.n) if stretch else None,
        ),
    )  # fmt: skip


def retail(found: Numbers, currency: str) -> Figure:
    now = found.retail.get("now")
    if now is None or not now.n:
        return Figure("retail", _("Retail sold"), "", [few(0)], RETAIL_HOW(), enough=False)
    lines = [
        _("%(bought)s of %(n)s checkouts had a product.") % {"bought": now.bought, "n": now.n},
        share_said(share_or_none(now.bought, now.n), now.n),
        too_early() if found.too_short else _per_checkout(found, currency),
    ]
    return Figure("retail", _("Retail sold"), money(now.sum, currency) or str(now.bought), lines,
                  RETAIL_HOW())  # fmt: skip


def _per_checkout(found: Numbers, currency: str) -> str:
    """What products bring per checkout since the copilot works here, against before."""
    ours = found.retail.get("ours", Retail())
    counts = {key: Returns(one.n) for key, one in found.retail.items()}
    stretch = before_of(counts, found.too_short)
    then = found.retail.get(stretch)
    apart = mean_difference_or_none(ours.each, then.each) if then else None
    if not apart or not then or not currency:
        before = max((counts[key].n for key in ("year", "first") if key in counts), default=0)
        return change_said(None, ours.n, before, "", down=False)
    values = {
        "low": signed(apart.low, currency),
        "high": signed(apart.high, currency),
        "than": stretch_words(stretch),
        "n": then.n,
    }
    return _("Per checkout %(low)s to %(high)s against %(than)s (n = %(n)s then).") % values


def won_back(found: Numbers) -> Figure:
    """Those a win-back was drawn for, against those who were left alone by the same draw."""
    asked, alone = found.asked, found.left_alone
    apart = difference_or_none(asked.again, asked.n, alone.again, alone.n)
    counts = _("Came again: %(hits)s of %(n)s who were asked, %(held)s of %(kept)s left alone.") % {
        "hits": asked.again,
        "n": asked.n,
        "held": alone.again,
        "kept": alone.n,
    }
    if apart is None:
        verdict = few(min(asked.n, alone.n))
    else:
        words = _("That is %(by)s points apart, between %(low)s and %(high)s.")
        ends = {"low": points(apart.low), "high": points(apart.high)}
        verdict = words % ({"by": points(apart.value)} | ends)
    return Figure(
        key="won-back",
        title=_("Clients won back"),
        value=_("%(by)s points") % {"by": points(apart.value)} if apart else "",
        lines=[counts, verdict] if asked.n or alone.n else [few(0)],
        how=_("Everybody who was drawn for a win-back and whose time to come is over, also those "
              "whose message was never approved; a drawn share was left alone. Interval: "
              "Newcombe."),
        enough=apart is not None,
        bars=_drawn_bars(share_or_none(alone.again, alone.n), share_or_none(asked.again, asked.n)),
    )  # fmt: skip


def _drawn_bars(alone: Interval | None, asked: Interval | None) -> list[Bar]:
    if alone is None or asked is None:
        return []
    of = max(alone.high, asked.high) * 1.05 or 1.0
    return [Bar(_("left alone"), alone, of, now=False), Bar(_("asked"), asked, of)]


def said(found: Numbers, currency: str) -> Figure:
    """What the desk said at the counter, and what of it was bought."""
    it = found.said
    share = share_or_none(it.sold, it.said)
    lines = [
        _("%(sold)s of %(n)s suggestions that were said were bought.")
        % {"sold": it.sold, "n": it.said},
        share_said(share, it.said),
        _("Bought without being said: %(sold)s of %(n)s.")
        % {"sold": it.unsaid_sold, "n": it.unsaid},
    ]
    return Figure(
        key="said",
        title=_("Retail said and sold"),
        value=(money(it.value, currency) or str(it.sold)) if it.said else "",
        lines=lines if it.said else [few(0)],
        how=_("Suggestions on the checkout card. Said: somebody pressed that they said it; bought: "
              "in the visit's sale or within two weeks. Who is told may be who would have bought "
              "anyway. Interval: Wilson."),
        enough=it.said > 0,
    )  # fmt: skip


def RETAIL_HOW() -> str:
    return _("Product lines of the checkouts of this time, before tax. Interval of the share: "
             "Wilson; of the difference per checkout: Welch.")  # fmt: skip


def signed(value: float, currency: str) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""  # noqa: RUF001
    return f"{sign}{money(abs(value), currency)}"


def pair_of(model: Interval | None, standard: Interval | None) -> list[Bar]:
    """The two texts of a holdout on one line each."""
    if model is None or standard is None:
        return []
    of = max(model.high, standard.high) * 1.05 or 1.0
    return [Bar(_("standard text"), standard, of, now=False), Bar(_("model's text"), model, of)]


def _bars(now: Interval | None, then: Interval | None) -> list[Bar]:
    known = [one for one in (now, then) if one is not None]
    if not known:
        return []
    of = max(one.high for one in known) * 1.05 or 1.0
    made = []
    if then is not None:
        made.append(Bar(_("before"), then, of, now=False))
    if now is not None:
        made.append(Bar(_("now"), now, of))
    return made
