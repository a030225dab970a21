"""What happened with a slot, step by step, as the desk would tell it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals import policy
from approvals.ladders import words
from approvals.ladders.ladders import origin_of
from approvals.models import Decision, Offer, Opening

State, OfferState, Kind = Opening.State, Offer.State, Decision.Kind
BY = {"text": " by text", "link": " with the link", "desk": " at the desk"}
DECIDED: dict[str, str] = {
    Kind.APPROVE: "approved the list",
    Kind.EDIT: "changed the list",
    Kind.REJECT: "turned the draft down",
    Kind.UNDO: "took it back",
    Kind.REGENERATE: "asked for another list",
    Kind.HANDLED: "dealt with it at the desk",
    Kind.BY_HAND: "did it by hand",
    Kind.SETTLED: "looked at the platform",
}


@dataclass(frozen=True)
class Step:
    """One thing that happened, and when."""

    at: datetime
    what: str


def timeline(
    opening: Opening, offers: Sequence[Offer], decisions: Sequence[Decision]
) -> list[Step]:
    """Oldest first: found, decided, offered to whom, answers, and the end. Reads nothing."""
    steps = [Step(opening.opened_at, f"{origin_of(opening)}.")]
    steps += [step for decision in decisions for step in _decided(opening, decision)]
    steps += [step for offer in offers for step in _offered(opening, offer)]
    steps += list(_ended(opening))
    return sorted(steps, key=lambda step: step.at)


def _decided(opening: Opening, decision: Decision) -> Iterator[Step]:
    # What a person did at the counter ends the slot, and is told as its end.
    said = DECIDED.get(decision.kind)
    if said is None or (decision.kind == Kind.HANDLED and opening.stopped_by):
        return
    more = policy.REJECT_REASONS.get(decision.reason, "") or decision.words
    yield Step(decision.at, f"{decision.actor_name} {said}{f': {more}' if more else ''}.")


def _offered(opening: Opening, offer: Offer) -> Iterator[Step]:
    who, zone = offer.client.short_name, opening.location.zone
    if offer.sent_at is not None:
        until = f" until {words.hour(offer.answer_until, zone)}" if offer.answer_until else ""
        doubt = ", which may not have arrived" if offer.unsure else ""
        yield Step(offer.sent_at, f"Offered to {who}{until}{doubt}.")
    if offer.answered_at is not None:
        said = {OfferState.DECLINED: "said no", OfferState.LATE_YES: "said yes, late"}
        answer = said.get(OfferState(offer.state), "said yes")
        late = offer.state == OfferState.GONE
        after = ", too late" if late else ""
        yield Step(offer.answered_at, f"{who} {answer}{BY.get(offer.answered_by, '')}{after}.")
    elif offer.state == OfferState.SILENT and offer.answer_until is not None:
        at = min(offer.answer_until, opening.closed_at or offer.answer_until)
        yield Step(at, f"{who} did not answer.")
    elif offer.state == OfferState.GONE:
        told = opening.held_at or opening.closed_at
        if told is not None:
            yield Step(told, f"{who} is told kindly that it is gone.")


def _ended(opening: Opening) -> Iterator[Step]:
    if opening.state == State.BOOKED and opening.filled_at is not None:
        who = opening.filled_by.short_name if opening.filled_by else "them"
        yield Step(opening.filled_at, f"Booked for {who.rstrip('.')}.")
    elif opening.closed_at is not None:
        said = opening.state_reason or f"{str(opening.get_state_display()).capitalize()}."
        yield Step(opening.closed_at, said)


def not_asked(offers: Sequence[Offer]) -> list[tuple[str, str]]:
    """Who was on the list or left out of it and was not asked, and why."""
    found: dict[int, tuple[str, str]] = {}
    asked = {offer.client_id for offer in offers if offer.sent_at is not None}
    for offer in offers:
        if offer.client_id in asked or offer.released_at is not None:
            continue
        if offer.state == OfferState.SKIPPED:
            by = f" ({offer.skipped_by})" if offer.skipped_by else ""
            found[offer.client_id] = (offer.client.short_name, f"{offer.skipped_reason}{by}")
        elif offer.state == OfferState.WITHDRAWN:
            found.setdefault(offer.client_id, (offer.client.short_name, "Their turn did not come."))
    return list(found.values())
