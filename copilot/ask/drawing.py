"""Turns as a page draws them: names back in place, for whoever may see them at this moment."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.permissions import Rights
from approvals.selectors.client_page import wishes_of
from approvals.selectors.thread import clients_seen
from approvals.selectors.visits import visits_seen
from copilot.ask.models import AskTurn
from copilot.ask.veil import PLACEHOLDER
from integrations.models import Appointment, Client, FormResponse, Location, WaitlistEntry
from integrations.moments import hour


@dataclass(frozen=True)
class Part:
    """A stretch of an answer. ``kind``: '', link, odd (borne out by no look-up)."""

    text: str
    kind: str = ""
    url: str = ""


@dataclass(frozen=True)
class Drawn:
    """One turn for its template. ``covered``: client details stay off this screen until asked."""

    turn: AskTurn
    parts: list[Part] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    sources: list[tuple[str, str]] = field(default_factory=list)
    covered: bool = False

    @property
    def ended_badly(self) -> bool:
        return self.turn.state == self.turn.State.DEAD


NAMED = {"today": "The calendar", "waitlist": "The waitlist"}


def turns_drawn(
    turns: Iterable[AskTurn], rights: Rights, location: Location, *, cover: bool = False
) -> list[Drawn]:
    """All turns of a conversation; clients in three queries, however many there are."""
    turns = list(turns)
    ids = {pk for turn in turns for pk in _ids(turn)}
    seen = {one.pk: one for one in clients_seen(rights, ids)} if ids else {}
    return [_drawn(turn, rights, location, seen, cover) for turn in turns]


def _ids(turn: AskTurn) -> set[int]:
    handles = [one for one in turn.talk.veil.values() if isinstance(one, int)]
    return {*turn.clients, *handles}


def _drawn(
    turn: AskTurn, rights: Rights, location: Location, seen: dict[int, Client], cover: bool
) -> Drawn:
    cover = cover and bool(turn.clients)
    return Drawn(
        turn=turn,
        parts=list(_parts(turn, seen)),
        blocks=[] if cover else [_block(one, rights, location, seen) for one in turn.blocks],
        sources=[_source(words, url, seen) for words, url in turn.sources],
        covered=cover,
    )


def _source(words: str, url: str, seen: Mapping[int, Client]) -> tuple[str, str]:
    kind, _sep, number = words.partition(":")
    if kind == "client" and number.isdigit():
        client = seen.get(int(number))
        return (_("Record of %(name)s") % {"name": client.short_name}, url) if client else ("", "")
    return (_(NAMED[words]) if words in NAMED else words), url


def _parts(turn: AskTurn, seen: Mapping[int, Client]) -> Iterable[Part]:
    """The text with names for handles, and what no look-up bears out marked."""
    at = 0
    for found in PLACEHOLDER.finditer(turn.text):
        yield from _marked(turn.text[at : found.start()], turn.odd)
        yield _person(turn.talk.veil.get(found[0]), seen)
        at = found.end()
    yield from _marked(turn.text[at:], turn.odd)


def _person(real: Any, seen: Mapping[int, Client]) -> Part:
    if isinstance(real, int) and real in seen:
        return Part(seen[real].short_name, "link", reverse("client", args=[real]))
    return Part(real if isinstance(real, str) else _("somebody"))


def _marked(text: str, odd: list[str]) -> Iterable[Part]:
    wanted = "|".join(re.escape(one) for one in sorted(odd, key=len, reverse=True) if one)
    if not wanted:
        yield Part(text)
        return
    at = 0
    for found in re.finditer(wanted, text):
        yield Part(text[at : found.start()])
        yield Part(found[0], "odd")
        at = found.end()
    yield Part(text[at:])


def _block(
    block: Mapping[str, Any], rights: Rights, location: Location, seen: Mapping[int, Client]
) -> dict[str, Any]:
    """What a template needs for one block, read with the reader's own rights."""
    kind = str(block.get("kind", ""))
    drawn: dict[str, Any] = {**block, "template": f"ask/blocks/{kind}.html", "zone": location.zone}
    if kind == "clients":
        drawn["clients"] = [seen[pk] for pk in block["ids"] if pk in seen]
    elif kind == "visits":
        drawn["visits"] = _visits(block["ids"], rights)
    elif kind == "record":
        client = seen.get(int(block["id"]))
        drawn["client"] = client
        if client is not None:
            drawn["visits"] = _visits(block["visits"], rights)
            drawn["wishes"] = wishes_of(client)
            forms = FormResponse.objects.filter(client=client, complete=False, deleted_at=None)
            drawn["forms"] = list(forms.order_by("name", "pk")[:5])
    elif kind == "waiting" and rights.has(location.pk, "review_offers"):
        rows = WaitlistEntry.objects.filter(pk__in=block["ids"], location=location)
        found = rows.select_related("client", "service").order_by("waiting_since", "pk")
        drawn["entries"] = [(one, block["hours"].get(str(one.pk), "")) for one in found]
    elif kind == "slots":
        drawn |= _slots(block)
    elif kind == "working":
        drawn["rows"] = [_working(row) for row in block["rows"]]
    return drawn


def _visits(ids: list[int], rights: Rights) -> list[Appointment]:
    rows = Appointment.objects.filter(visits_seen(rights), pk__in=ids)
    return list(rows.select_related("client", "service", "staff").order_by("starts_at", "pk"))


def _slots(block: Mapping[str, Any]) -> dict[str, Any]:
    slots = [{**one, "at": datetime.fromisoformat(one["starts_at"])} for one in block["slots"]]
    return {"slots": slots, "read_as": wish_words(block)}


def _working(row: Mapping[str, Any]) -> dict[str, Any]:
    people = [
        {
            **one,
            "hours": [
                (datetime.fromisoformat(start), datetime.fromisoformat(end))
                for start, end in one["spans"]
            ],
        }
        for one in row["people"]
    ]
    return {"on": date.fromisoformat(row["day"]), "people": people}


def wish_words(block: Mapping[str, Any]) -> str:
    """How the wish was understood, so that a wrong reading is seen at once."""
    first, last = _day_words(block["first"]), _day_words(block["last"])
    days = _("%(first)s to %(last)s") % {"first": first, "last": last} if last != first else first
    days = _(" or ").join(map(_day_words, block.get("only", ()))) or days
    who = _(" or ").join(block["staff"]) or _("anybody")
    what = block["service"] or _("%(count)s minutes") % {"count": block["minutes"]}
    if block["service"]:
        what = f"{what} ({block['minutes']} min)"
    return " · ".join(filter(None, [what, who, days, _hours_words(block["hours"])]))


def _day_words(day: str) -> str:
    return date_format(date.fromisoformat(day), "D, M j")


def _hours_words(hours: Mapping[str, int]) -> str:
    said = []
    if "within" in hours:
        said.append(_("within %(count)s minutes") % {"count": hours["within"]})
    for name, words in (("at", _("about")), ("after", _("after")), ("before", _("before"))):
        if name in hours:
            minutes = max(0, hours[name]) % 1440
            at = hour(time(minutes // 60, minutes % 60))
            said.append(f"{words} {at}")
    return ", ".join(said)
