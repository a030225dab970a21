"""Ladders: proposing and climbing them, one rung or wave after the other."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from approvals.actions import Action
from approvals.ladders import climbing, slots, texts, words
from approvals.ladders.policy import (
    Candidate,
    OfferPolicy,
    Place,
    Skipped,
    cut_off,
    places,
    terms_json,
)
from approvals.ladders.rendering import Asked, channel_of, digits_free, rung_actions
from approvals.ladders.reordering import ladder_reorder
from approvals.ladders.tokens import link_of, token_hash, token_make
from approvals.ladders.wording import wording_of
from approvals.models import Effect, Opening
from approvals.proposals import EvidenceItem, KnownFact, Proposal, Reason, Rung
from core import clock
from core.health import due
from core.work import WorkRow
from integrations.models import Appointment, Client, Consent, WaitlistEntry

__all__ = ["ladder_propose", "ladder_reorder", "tick"]
logger = logging.getLogger(__name__)
AGENT = "open_slot"
TEMPLATE = "open_slot-1"
MOST_SKIPPED_KEPT = 20
SWEEP_EVERY = timedelta(minutes=5)


def ladder_propose(
    opening: Opening,
    candidates: Sequence[Candidate],
    policy: OfferPolicy,
    skipped: Sequence[Skipped] = (),
) -> Proposal | None:
    """The whole ladder as one Proposal for ``item_fill``, best candidate first. Writes nothing.

    Subject ``slot:<opening id>``, occasion ``fill``, group ``offers``, right ``review_offers``;
    open the draft without a client or appointment, since it speaks of several. Every rung's texts
    and claim link are rendered here; ``item_fill`` stores them and writes the Offers. None when
    nobody can be asked (no channel, no consent, no time); ``skipped`` are shown as "why not".
    """
    now = clock.now()
    if now >= cut_off(opening.starts_at, policy.lead_minutes):
        return None
    asked, refused = _reachable(opening, candidates, policy)
    spots = places(len(asked), opening.starts_at, now, policy)
    rungs, actions = _rungs(asked, spots)
    if not rungs:
        return None
    left = [Skipped(one.client_id, "There was no time left to ask.", one.entry_id)
            for one, _ in asked[len(spots):]]  # fmt: skip
    return _proposal(opening, policy, asked, rungs, actions, [*refused, *skipped, *left])


Pair = tuple[Candidate, Asked]


def _reachable(
    opening: Opening, candidates: Sequence[Candidate], policy: OfferPolicy
) -> tuple[list[Pair], list[Skipped]]:
    """Candidates with a permitted channel, in their order; the others with the reason."""
    ids = [one.client_id for one in candidates]
    clients = Client.objects.in_bulk(ids)
    entries = WaitlistEntry.objects.select_related("service").in_bulk(
        [one.entry_id for one in candidates if one.entry_id]
    )
    later = Appointment.objects.in_bulk([one.instead_of for one in candidates if one.instead_of])
    consents: dict[int, list[Consent]] = {}
    for row in Consent.objects.filter(client_id__in=ids):
        consents.setdefault(row.client_id, []).append(row)
    digits, say = digits_free(ids), wording_of(opening.location_id)
    asked: list[Pair] = []
    refused: list[Skipped] = []
    for one in candidates:
        client = clients.get(one.client_id)
        channel = channel_of(client, consents.get(one.client_id, [])) if client else ""
        if client is None or not channel:
            refused.append(Skipped(one.client_id, "May not be written to, or no number is known."))
            continue
        made = Asked(
            opening,
            client,
            channel,
            minutes=0,
            token=token_make(),
            digit=digits[one.client_id],
            instead_of=later.get(one.instead_of) if one.instead_of else None,
            entry=entries.get(one.entry_id) if one.entry_id else None,
            rule=policy.cancellation_rule,
            say=say,
        )
        asked.append((one, made))
    return asked, [one for one in refused if one.client_id in clients]


def _rungs(asked: Sequence[Pair], spots: Sequence[Place]) -> tuple[list[Rung], list[Action]]:
    rungs: list[Rung] = []
    actions: list[Action] = []
    for (one, made), spot in zip(asked, spots, strict=False):
        steps = []
        for role, action in rung_actions(_timed(made, spot)):
            steps.append((role, len(actions)))
            actions.append(action)
        rungs.append(
            Rung(
                client_id=one.client_id,
                entry_id=one.entry_id,
                position=spot.position,
                wave=spot.wave,
                channel=made.channel,
                minutes=spot.minutes,
                token_sha256=token_hash(made.token),
                digit=made.digit,
                instead_of_id=one.instead_of,
                score=one.score,
                reasons=one.reasons,
                doubts=one.doubts,
                steps=tuple(steps),
            )
        )
    return rungs, actions


def _timed(made: Asked, spot: Place) -> Asked:
    return Asked(**{**made.__dict__, "minutes": spot.minutes})


def _proposal(
    opening: Opening,
    policy: OfferPolicy,
    asked: Sequence[Pair],
    rungs: Sequence[Rung],
    actions: Sequence[Action],
    skipped: Sequence[Skipped],
) -> Proposal:
    zone = opening.location.zone
    first = rungs[0]
    known = _known(opening, asked[0][1], first.minutes)
    service = texts.service_name(opening)
    return Proposal(
        subject=f"{slots.SUBJECT}{opening.pk}",
        occasion="fill",
        title=f"{words.short_moment(opening.starts_at, zone)}: {service or 'open slot'}"[:200],
        origin=origin_of(opening),
        tag="Open slot",
        group="offers",
        right="review_offers",
        actions=tuple(actions),
        evidence=_evidence(opening),
        reasons=tuple(Reason(text, "waitlist") for text in first.reasons),
        known_facts=known,
        writer="template",
        due_at=cut_off(opening.starts_at, policy.lead_minutes),
        moment="the last moment to offer it",
        language=asked[0][1].language,
        value=opening.value if opening.value is not None else opening.price,
        template_version=TEMPLATE,
        opening_id=opening.pk,
        rungs=(*rungs, *_left_out(skipped, len(rungs))),
        terms=terms_json(policy),
    )


def _left_out(skipped: Sequence[Skipped], after: int) -> list[Rung]:
    kept = {one.client_id: one for one in reversed(skipped[:MOST_SKIPPED_KEPT])}
    return [
        Rung(client_id=one.client_id, entry_id=one.entry_id, position=place, skipped=one.reason)
        for place, one in enumerate(reversed(kept.values()), start=after + 1)
    ]


def _known(opening: Opening, made: Asked, minutes: int) -> tuple[KnownFact, ...]:
    service = made.entry.service if made.entry else None
    link = link_of(made.token)
    return texts.known_facts(opening, made.client, minutes, link, made.instead_of, service)


def origin_of(opening: Opening) -> str:
    """``Nadia F. cancelled``, ``A new shift``."""
    who = opening.given_up_by.short_name if opening.given_up_by else ""
    said = {
        Opening.Cause.CANCELLED: f"{who or 'Somebody'} cancelled",
        Opening.Cause.MOVED: f"{who or 'Somebody'} moved",
        Opening.Cause.NO_SHOW: f"{who or 'Somebody'} did not come",
        Opening.Cause.NEW_SHIFT: "A new shift",
        Opening.Cause.STILL_FREE: "Still free",
    }
    return said[Opening.Cause(opening.cause)]


def _evidence(opening: Opening) -> tuple[EvidenceItem, ...]:
    """The slot itself; whom it may be offered to is checked rung by rung before each sending."""
    staff = opening.staff
    params = {
        "service": opening.service.external_id if opening.service else "",
        "staff": staff.external_id if staff else "",
        "location": opening.location.external_id,
        "starts_at": opening.starts_at.isoformat(),
    }
    when = words.moment(opening.starts_at, opening.location.zone)
    return (
        EvidenceItem(
            label="The slot",
            value=f"{when}{f' with {staff.name}' if staff else ''}",
            source_kind="appointment" if opening.appointment else "calendar",
            source_id=opening.appointment.external_id if opening.appointment else "",
            source_label=texts.service_name(opening) or "calendar",
            read_at=clock.now(),
            check_kind="slot_free",
            check_params=params,
        ),
    )


def tick(now: datetime) -> int:
    """Look at every slot that is offered or held; returns how many changed.

    Everything is in rows: it may run at any moment, twice, or by several workers at once. One slot
    that fails does not keep the others from being looked at.
    """
    changed = 0
    for opening_id in climbing.due(now):
        try:
            changed += climbing.look(opening_id, now)
        except Exception:
            logger.exception("slot %s could not be looked at", opening_id)
    if due("ladders.sweep", SWEEP_EVERY):
        parked_sweep(now)
    return changed


def parked_sweep(now: datetime) -> int:
    """Steps of slots that are over will never be wanted: settled, so that their text may go."""
    parked = Effect.objects.filter(
        outcome="", state=WorkRow.State.WAITING, not_before__gt=now + timedelta(days=365)
    )
    over = parked.filter(step__offer__opening__starts_at__lt=now - timedelta(hours=12))
    ids = list(over.values_list("pk", flat=True)[:1000])
    return slots.steps_void("The slot is over.", Q(pk__in=ids))
