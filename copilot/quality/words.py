"""The page's sentences: a number, what it rests on, and what may not be read into it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from copilot.quality.stats import Interval


def percent(value: float) -> str:
    """``93 %``; below one percent with a decimal, so that something is never nothing."""
    points = value * 100
    return f"{points:.1f} %" if 0 < abs(points) < 1 else f"{points:.0f} %"


def between(found: Interval) -> str:
    """``88 % to 96 %``."""
    return _("%(low)s to %(high)s") % {"low": percent(found.low), "high": percent(found.high)}


def points(value: float) -> str:
    """Percentage points as ``+4``, a fall with a real minus."""
    rounded = round(value * 100)
    return f"+{rounded}" if rounded > 0 else f"{rounded}".replace("-", "−")  # noqa: RUF001


def seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


@dataclass(frozen=True)
class Verdict:
    """A comparison in one plain sentence; ``enough`` False: there is nothing to compare yet."""

    enough: bool
    sentence: str
    low: str = ""
    high: str = ""


def drift(found: Interval | None, days: int, n: int, before: int) -> Verdict:
    """How the unedited share moved against the period before."""
    counts: dict[str, object] = {"n": n, "before": before, "days": days}
    if found is None:
        said = _("Not enough data yet to compare: %(n)s decided now, %(before)s before.")
        return Verdict(False, said % counts)
    low, high = points(found.low), points(found.high)
    values = counts | {"by": points(found.value), "low": low, "high": high}
    if found.has_zero:
        said = _(
            "No change can be told against the %(days)s days before: %(by)s points, between "
            "%(low)s and %(high)s (n = %(n)s and %(before)s)."
        )
    elif found.value > 0:
        said = _(
            "More go unedited than in the %(days)s days before: %(by)s points, between %(low)s "
            "and %(high)s (n = %(n)s and %(before)s)."
        )
    else:
        said = _(
            "Fewer go unedited than in the %(days)s days before: %(by)s points, between %(low)s "
            "and %(high)s (n = %(n)s and %(before)s). Look at what was edited."
        )
    return Verdict(True, said % values, low, high)


def share_verdict(found: Interval | None, n: int, kept: int) -> Verdict:
    """Model's text against the standard text, for a share."""
    if found is None:
        return Verdict(False, _few(n, kept))
    values = {"low": points(found.low), "high": points(found.high)}
    if found.has_zero:
        said = _("No difference can be told: it lies between %(low)s and %(high)s points.")
    elif found.value > 0:
        said = _("The model's text does better, by %(low)s to %(high)s points.")
    else:
        said = _("The standard text does better; the model's lies %(low)s to %(high)s points off.")
    return Verdict(True, said % values, **values)


def money_verdict(found: Interval | None, n: int, kept: int) -> Verdict:
    """The same for the mean ticket, in the salon's money."""
    if found is None:
        return Verdict(False, _few(n, kept))
    values = {"low": _signed(found.low), "high": _signed(found.high)}
    if found.has_zero:
        said = _("No difference can be told: it lies between %(low)s and %(high)s.")
    elif found.value > 0:
        said = _("More was paid after the model's text, by %(low)s to %(high)s.")
    else:
        said = _("Less was paid after the model's text: %(low)s to %(high)s.")
    return Verdict(True, said % values, **values)


def _signed(value: float) -> str:
    return f"+{value:.2f}" if value > 0 else f"{value:.2f}".replace("-", "−")  # noqa: RUF001


def _few(n: int, kept: int) -> str:
    return _(
        "Not enough data yet: %(n)s with the model's text, %(kept)s with the standard one."
    ) % {
        "n": n,
        "kept": kept,
    }
