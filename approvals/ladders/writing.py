"""From a Proposal's rungs to Offers, and one ladder in the place of another."""

import secrets

from approvals.ladders import slots
from approvals.ladders.tokens import token_hash
from approvals.models import Action, ApprovalItem, Offer, OfferStep, Opening, Revision
from approvals.proposals import Proposal, Rung

OfferState = Offer.State


def rungs_write(item: ApprovalItem, revision: Revision, proposal: Proposal) -> bool:
    """Store the rungs of a new draft. False: the slot is not free any more.

    Call inside the transaction that writes the revision, with the slot locked.
    """
    opening = Opening.objects.filter(
        pk=proposal.opening_id or 0, state=Opening.State.OPEN, location_id=item.location_id
    ).first()
    if opening is None:
        return False
    terms = dict(proposal.terms)
    lead = int(terms.get("lead_minutes") or opening.lead_minutes)
    Opening.objects.filter(pk=opening.pk).update(item=item, terms=terms, lead_minutes=lead)
    _former_offers(opening, item)
    actions = {row.position: row for row in revision.actions.all()}
    offers = Offer.objects.bulk_create(
        _offer(opening, item, rung, actions) for rung in proposal.rungs
    )
    OfferStep.objects.bulk_create(
        OfferStep(offer=offer, role=role, position=position)
        for offer, rung in zip(offers, proposal.rungs, strict=True)
        for role, position in rung.steps
    )
    return True


def _former_offers(opening: Opening, item: ApprovalItem) -> None:
    """Rungs nobody was asked on give way; who was asked stays known."""
    unasked = Offer.objects.filter(
        opening=opening, state__in=[OfferState.WAITING, OfferState.SKIPPED], sent_at=None
    )
    unasked.filter(item=item, effect=None).delete()
    unasked.filter(state=OfferState.WAITING).update(state=OfferState.WITHDRAWN)


def _offer(opening: Opening, item: ApprovalItem, rung: Rung, actions: dict[int, Action]) -> Offer:
    """One rung, not stored yet; its own action is the offer's text, for the card."""
    return Offer(
        opening=opening,
        item=item,
        position=rung.position,
        wave=rung.wave,
        entry_id=rung.entry_id,
        client_id=rung.client_id,
        channel=rung.channel,
        action=actions.get(dict(rung.steps).get(OfferStep.Role.OFFER, -1)),
        answer_minutes=rung.minutes,
        state=OfferState.SKIPPED if rung.skipped else OfferState.WAITING,
        skipped_reason=rung.skipped[:300],
        token_sha256=rung.token_sha256 or token_hash(secrets.token_urlsafe(12)),
        digit=rung.digit,
        instead_of_id=rung.instead_of_id,
        score=rung.score,
        reasons=[{"text": text} for text in rung.reasons],
        doubts=[{"text": text} for text in rung.doubts],
    )


def offers_kept(opening: Opening) -> list[Offer]:
    """Every rung of the present draft, as ``slots.offers_list`` gives it, for reordering."""
    return slots.offers_list(opening)
