"""Who is not asked, and why, in one plain sentence. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from agents.matching import windows
from agents.matching.facts import Ahead, Asked, Slot, Waiting
from agents.matching.settings import OpenSlotSettings
from agents.wording import desk_day, hour
from approvals.ladders.policy import History, OfferPolicy, cap_reached
from integrations import consent

# What came of an offer that reached somebody. One that still waits for its turn asks nothing yet.
REACHED = frozenset({"sent", "accepted", "declined", "silent", "late_yes", "gone"})
UNANSWERED = frozenset({"silent"})
ANSWERED = frozenset({"accepted", "declined", "late_yes"})


@dataclass(frozen=True)
class Terms:
    """One slot at one moment: what is the same for everybody who could be asked, worked out once.

    A long list is looked at forty names at a time; for each of them anew, this was half the cost.
    """

    slot: Slot
    settings: OpenSlotSettings
    as_of: datetime

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.slot.zone

    @cached_property
    def minutes(self) -> int:
        return self.slot.minutes

    @cached_property
    def midnight(self) -> datetime:
        """When the local day began."""
        local = self.as_of.astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    @cached_property
    def policy(self) -> OfferPolicy:
        return self.settings.policy()

    @cached_property
    def tags(self) -> frozenset[str]:
        return self.settings.tags()


@dataclass(frozen=True)
class Asking:
    """One entry against one slot at one moment."""

    waiting: Waiting
    terms: Terms

    @property
    def slot(self) -> Slot:
        return self.terms.slot

    @property
    def settings(self) -> OpenSlotSettings:
        return self.terms.settings

    @property
    def as_of(self) -> datetime:
        return self.terms.as_of

    @cached_property
    def in_time(self) -> windows.Fit:
        """How the slot lies in the hours they gave."""
        slot = self.terms.slot
        return windows.fits(self.waiting.windows, slot.starts_at, slot.ends_at, self.terms.zone)

    def said(self, at: datetime) -> str:
        """``today 2:30 pm``."""
        return f"{desk_day(at, self.as_of, self.terms.zone)} {hour(at, self.terms.zone)}"


Rule = Callable[[Asking], str]


def why_not(asking: Asking) -> str:
    """The first thing that speaks against asking them at all, or ''."""
    for rule in RULES:
        found = rule(asking)
        if found:
            return found
    return ""


def gave_it_up(asking: Asking) -> str:
    waiting, slot = asking.waiting, asking.slot
    if slot.given_up_by is None:
        return ""
    if waiting.client_id == slot.given_up_by:
        return "Gave up this very slot."
    same_phone = waiting.phone_of and waiting.phone_of == slot.given_up_phone_of
    return "Shares a phone with the client who gave it up." if same_phone else ""


def not_wanted(asking: Asking) -> str:
    return "The desk wants no drafts for this client." if asking.waiting.no_drafts else ""


def other_service(asking: Asking) -> str:
    waiting, slot = asking.waiting, asking.slot
    if waiting.service_id is None or waiting.service_id == slot.service_id:
        return ""
    if not asking.settings.other_services:
        return f"Waits for {waiting.service}."
    if waiting.minutes is not None and waiting.minutes > asking.terms.minutes:
        has = asking.terms.minutes
        return f"{waiting.service} takes {waiting.minutes} minutes; the slot has {has}."
    if waiting.skill and slot.staff_id is not None and waiting.skill not in slot.skills:
        return f"{slot.staff} does not do {waiting.service}."
    if waiting.resource_kind and slot.room_kind and waiting.resource_kind != slot.room_kind:
        return f"{waiting.service} needs a {waiting.resource_kind}; this is a {slot.room_kind}."
    return ""


def other_time(asking: Asking) -> str:
    if asking.in_time != "no":
        return ""
    given = windows.in_words(asking.waiting.windows)
    return f"Can come {given} only." if given else "Cannot come at this time."


def other_therapist(asking: Asking) -> str:
    wished, slot = asking.waiting.staff_ids, asking.slot
    if not wished or not slot.staff_external_id or slot.staff_external_id in wished:
        return ""
    return "Waits for another therapist."


def form_missing(asking: Asking) -> str:
    needed = asking.waiting.form_required
    if not needed or needed.casefold() in {name.casefold() for name in asking.waiting.forms}:
        return ""
    return f"{needed} is missing."


def no_way_to_ask(asking: Asking) -> str:
    """No address, or no consent by any channel there is an address for."""
    waiting = asking.waiting
    ways = [("sms", bool(waiting.phone_of)), ("email", waiting.has_email)]
    there = [channel for channel, has in ways if has]
    if not there:
        return "There is no phone number and no e-mail address."
    verdicts = [_verdict(waiting, channel) for channel in there]
    return "" if any(one.ok for one in verdicts) else f"{verdicts[0].why}."


def _verdict(waiting: Waiting, channel: str) -> consent.Allowed:
    rows = (
        consent.Said(one.purpose, one.origin, one.granted, one.at)
        for one in waiting.consent
        if one.channel == channel
    )
    return consent.decide(rows, channel, "transactional")


def busy_then(asking: Asking) -> str:
    slot = asking.slot
    for one in asking.waiting.ahead:
        if one.starts_at < slot.ends_at and (one.ends_at or one.starts_at) > slot.starts_at:
            return f"Has {one.service or 'an appointment'} at that time."
    return ""


def sooner_already(asking: Asking) -> str:
    """They have got what they wait for, and earlier."""
    for one in _of_that_service(asking):
        if one.starts_at <= asking.slot.starts_at:
            return f"Has {one.service or 'it'} {asking.said(one.starts_at)} already."
    return ""


def same_hour(asking: Asking) -> str:
    slot = asking.slot
    for one in asking.waiting.asked:
        overlaps = one.starts_at < slot.ends_at and one.ends_at > slot.starts_at
        if one.state in REACHED and (overlaps or one.opening_id == slot.opening_id):
            answer = {"declined": " and said no", "silent": " and did not answer"}
            return f"Was asked for the same hour{answer.get(one.state, '')}."
    return ""


def caps(asking: Asking) -> str:
    if not asking.waiting.asked:
        return ""
    terms, history = asking.terms, history_of(asking.waiting.asked)
    return cap_reached(history, terms.midnight, terms.as_of, terms.policy)


def history_of(asked: Iterable[Asked]) -> History:
    """What the caps need, newest offer first."""
    reached = sorted(
        (one for one in asked if one.sent_at is not None and one.state in REACHED),
        key=lambda one: one.sent_at or one.starts_at,
        reverse=True,
    )
    silent: list[datetime] = []
    for one in reached:
        if one.state in ANSWERED or one.answered_at is not None:
            break
        if one.state in UNANSWERED and one.sent_at is not None:
            silent.append(one.sent_at)
    return History(
        offered_at=[one.sent_at for one in reached if one.sent_at is not None],
        silent_in_a_row=len(silent),
        last_silent_at=silent[0] if silent else None,
    )


def later_one(asking: Asking) -> Ahead | None:
    """The later appointment of that service which they could let go of."""
    later = [one for one in _of_that_service(asking) if one.starts_at > asking.slot.starts_at]
    return min(later, key=lambda one: one.starts_at) if later else None


def _of_that_service(asking: Asking) -> list[Ahead]:
    wanted = asking.waiting.service_id or asking.slot.service_id
    return [one for one in asking.waiting.ahead if wanted and one.service_id == wanted]


# In the order in which a receptionist would think of them.
RULES: tuple[Rule, ...] = (
    gave_it_up,
    not_wanted,
    other_service,
    other_time,
    other_therapist,
    form_missing,
    no_way_to_ask,
    busy_then,
    sooner_already,
    same_hour,
    caps,
)
