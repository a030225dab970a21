"""What the desk says and why, in the reader's language, from the plain facts of a suggestion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from agents.models import CheckoutIdea
from approvals.templatetags.desk import clock_words
from core import clock

Kind = CheckoutIdea.Kind
Fact = Mapping[str, Any]


@dataclass(frozen=True)
class Why:
    """One reason and the record it rests on."""

    words: str
    source: str


def sentence_of(idea: CheckoutIdea) -> str:
    """What to say, as one would say it. '' where the facts of it are gone."""
    fact = dict(idea.reasons[0]) if idea.reasons else {}
    say = SENTENCES.get(str(fact.get("kind", "")))
    return say(idea, fact) if say is not None else ""


def reasons_of(idea: CheckoutIdea) -> list[Why]:
    """Every reason in plain words, with its source."""
    found = []
    for fact in idea.reasons:
        told = REASONS.get(str(fact.get("kind", "")))
        if told is not None:
            found.append(told(idea, fact))
    return found


def left_out_words(left_out: Mapping[str, int]) -> list[str]:
    """Why nothing (or not more) is mentioned, counted."""
    return [f"{_(LEFT_OUT[why])}: {count}" for why, count in left_out.items() if why in LEFT_OUT]


def _due(idea: CheckoutIdea, fact: Fact) -> str:
    return _("Your %(name)s must be nearly used up. Shall I put a new one with it?") % {
        "name": idea.name
    }


def _brand(idea: CheckoutIdea, fact: Fact) -> str:
    return _("You have %(brand)s at home. Do you know %(name)s? It goes with it.") % {
        "brand": fact["brand"],
        "name": idea.name,
    }


def _rule(idea: CheckoutIdea, fact: Fact) -> str:
    if fact.get("because"):
        said = _("After %(service)s I would take %(name)s home: %(because)s")
    else:
        said = _("After %(service)s I would take %(name)s home. Would you like to see it?")
    return said % {"service": fact["service"], "name": idea.name, "because": fact.get("because")}


def _together(idea: CheckoutIdea, fact: Fact) -> str:
    said = _("Many who come for %(service)s take %(name)s home. Would you like to see it?")
    return said % {"service": fact["service"], "name": idea.name}


def _field(idea: CheckoutIdea, fact: Fact) -> str:
    said = _("To keep %(service)s for longer at home there is %(name)s. Would you like to see it?")
    return said % {"service": fact["service"], "name": idea.name}


def _with(idea: CheckoutIdea, fact: Fact) -> str:
    said = _("We could add %(name)s right after, and you would be done by %(hour)s. Shall I?")
    return said % {"name": idea.name, "hour": _hour(idea, fact["until"])}


def _again(idea: CheckoutIdea, fact: Fact) -> str:
    if int(fact["weeks"]) == 1:
        return _("Shall we book %(name)s for next week?") % {"name": idea.name}
    said = _("Shall we book %(name)s, in about %(weeks)s weeks?")
    return said % {"name": idea.name, "weeks": fact["weeks"]}


SENTENCES: dict[str, Callable[[CheckoutIdea, Fact], str]] = {
    "due": _due,
    "brand": _brand,
    "rule": _rule,
    "together": _together,
    "field": _field,
    "with": _with,
    "rhythm": _again,
    "followed": _again,
}


def _why_due(idea: CheckoutIdea, fact: Fact) -> Why:
    every = _("Bought it in %(month)s; usually every week.")
    said = _("Bought it in %(month)s; usually every %(weeks)s weeks.")
    said = every if int(fact["weeks"]) == 1 else said
    return Why(
        said % {"month": _month(idea, fact["on"]), "weeks": fact["weeks"]},
        _("sale of %(day)s") % {"day": _day(idea, fact["on"])},
    )


def _why_brand(idea: CheckoutIdea, fact: Fact) -> Why:
    said = _("Uses %(brand)s: bought %(other)s in %(month)s.")
    parts = {"brand": fact["brand"], "other": fact["other"], "month": _month(idea, fact["on"])}
    return Why(said % parts, _("sale of %(day)s") % {"day": _day(idea, fact["on"])})


def _why_rule(idea: CheckoutIdea, fact: Fact) -> Why:
    said = _("Your salon says so after %(service)s.") % {"service": fact["service"]}
    return Why(said, _("retail rule"))


def _why_together(idea: CheckoutIdea, fact: Fact) -> Why:
    said = _("Bought at %(share)s of 100 visits for %(service)s.")
    return Why(said % {"share": fact["share"], "service": fact["service"]}, _("your sales"))


def _why_field(idea: CheckoutIdea, fact: Fact) -> Why:
    said = _("%(category)s, as is %(service)s.")
    return Why(said % {"category": fact["category"], "service": fact["service"]}, _("your menu"))


def _why_stock(idea: CheckoutIdea, fact: Fact) -> Why:
    return Why(_("On the shelf: %(left)s.") % {"left": fact["left"]}, _("platform"))


def _why_with(idea: CheckoutIdea, fact: Fact) -> Why:
    said = _("At %(share)s of 100 visits for %(service)s; %(staff)s is free right after.")
    parts = {"share": fact["share"], "service": fact["service"], "staff": fact["staff"]}
    return Why(said % parts, _("calendar"))


def _why_rhythm(idea: CheckoutIdea, fact: Fact) -> Why:
    every = _("Came for it %(times)s times, usually every week: the week of %(week)s.")
    said = _("Came for it %(times)s times, usually every %(weeks)s weeks: the week of %(week)s.")
    said = every if int(fact["weeks"]) == 1 else said
    parts = {"times": fact["times"], "weeks": fact["weeks"], "week": _written(fact["week"])}
    return Why(said % parts, _("past visits"))


def _why_followed(idea: CheckoutIdea, fact: Fact) -> Why:
    said = _("After %(service)s, %(share)s of 100 come for this next.")
    return Why(said % {"share": fact["share"], "service": fact["service"]}, _("past visits"))


REASONS: dict[str, Callable[[CheckoutIdea, Fact], Why]] = {
    "due": _why_due,
    "brand": _why_brand,
    "rule": _why_rule,
    "together": _why_together,
    "field": _why_field,
    "stock": _why_stock,
    "with": _why_with,
    "rhythm": _why_rhythm,
    "followed": _why_followed,
}

# Marked where they are read; the keys are those of ``agents/retail/choosing.py``.
LEFT_OUT = {
    "stock": "not enough on the shelf",
    "lately": "bought lately",
    "avoid": "held back because of notes",
    "answered": "not now, or wrong before",
    "margin": "margin too small",
    "price": "too dear",
    "rule": "never, your salon says",
    "client": "nothing is suggested to this client",
}


def _local(idea: CheckoutIdea, moment: str) -> datetime:
    zone: ZoneInfo = idea.location.zone
    return datetime.fromisoformat(moment).astimezone(zone)


def _hour(idea: CheckoutIdea, moment: str) -> str:
    return clock_words(_local(idea, moment))


def _month(idea: CheckoutIdea, moment: str) -> str:
    """March; March 2025 where it was not this year."""
    at = _local(idea, moment)
    this_year = at.year == clock.now().astimezone(at.tzinfo).year
    return formats.date_format(at, "F" if this_year else "F Y")


def _day(idea: CheckoutIdea, moment: str) -> str:
    return formats.date_format(_local(idea, moment), "M j, Y")


def _written(day: str) -> str:
    return formats.date_format(date.fromisoformat(day), "M j")
