"""Another order is another Revision, hence another Decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from approvals.actions import Action as TypedAction
from approvals.actions import SendMessage, action_from
from approvals.errors import Changed, NotPossible
from approvals.ladders import policy, slots
from approvals.ladders.reading import RungText, rungs_read
from approvals.ladders.rendering import Asked, rung_actions
from approvals.ladders.tokens import token_hash, token_make
from approvals.ladders.wording import wording_of
from approvals.models import Action, ApprovalItem, Decision, Offer, OfferStep, Opening, Revision
from approvals.services import filling
from approvals.services.locking import item_for_decision, item_locked, revision_seen
from approvals.services.steps import already_decided, item_audit, item_step
from core import clock
from integrations.models import User

OfferState, Role = Offer.State, OfferStep.Role
State = ApprovalItem.State
REORDERABLE = (State.PENDING, State.FAILED, State.STALE)


@dataclass
class _Layout:
    """The new revision's actions, and where each rung's steps stand among them."""

    actions: list[TypedAction]
    places: dict[int, list[tuple[str, int]]]
    first: Asked | None = None
    offers: list[RungText] = field(default_factory=list)

    def ask(self, offer: Offer, made: Sequence[tuple[str, TypedAction]]) -> None:
        """A rung that waits, in its place."""
        self.add(offer, made)
        message = dict(made)[Role.OFFER]
        if isinstance(message, SendMessage):
            self.offers.append(RungText(offer, message))

    def add(self, offer: Offer, made: Sequence[tuple[str, TypedAction]]) -> None:
        for role, action in made:
            self.places.setdefault(offer.pk, []).append((role, len(self.actions)))
            self.actions.append(action)


def ladder_reorder(
    *,
    user: User,
    item_id: int,
    order: Sequence[int],
    skips: Mapping[int, str],
    back: Sequence[int] = (),
    base_revision: int | None = None,
) -> Revision:
    """Store another order of the rungs that wait.

    ``order``: offer ids as wanted (those left out follow in their old order); ``skips``: offer
    id → why not, kept with the rung; ``back``: offers a person skipped that are asked after all;
    ``base_revision``: the revision's id that was on the card. Who was asked already stays where
    they are, and so does a text that a person wrote. Only while the ladder is not running; raises
    NoRight, Changed, AlreadyDecided or NotPossible.
    """
    with transaction.atomic():
        item, opening = ladder_locked(user, item_id, base_revision)
        offers = slots.offers_list(opening)
        _skip(offers, skips, user)
        _bring_back(offers, back)
        rest = [offer for offer in offers if offer.state == OfferState.WAITING]
        if not rest:
            raise NotPossible("Nobody is left on the list. Dismiss the draft instead.")
        wanted = {pk: place for place, pk in enumerate(order)}
        rest.sort(key=lambda offer: (wanted.get(offer.pk, len(wanted)), offer.position))
        asked = [o for o in offers if o.state not in {OfferState.WAITING, OfferState.SKIPPED}]
        layout = _layout(opening, item, asked, rest)
        revision = _revision(item, opening, layout, user)
        _steps(revision, layout)
        words = "; ".join(skips.values())
        _decided(item, revision, user, words or "Another order")
        facts = {"revision": revision.pk, "order": [offer.pk for offer in rest]}
        detail = {"skips": dict(skips), "back": list(back)}
        item_audit(item, "ladder.reordered", user.as_actor(), facts, detail)
        return revision


def _decided(item: ApprovalItem, revision: Revision, user: User, words: str) -> None:
    Decision.objects.create(
        item=item,
        kind=Decision.Kind.EDIT,
        revision=revision,
        actor=user,
        actor_name=user.name,
        actor_platform_id=user.as_actor().platform_id,
        words=words[:500],
    )


def ladder_locked(
    user: User, item_id: int, base_revision: int | None = None
) -> tuple[ApprovalItem, Opening]:
    """The draft and its slot, locked in that order, of a ladder that may be changed."""
    known = item_for_decision(user, item_id)
    found = Opening.objects.filter(item_id=item_id).values_list("pk", flat=True).first()
    opening = slots.opening_lock(found) if found else None
    item = item_locked(user, item_id, known)
    if item.state not in REORDERABLE:
        raise already_decided(item.pk)
    if opening is None or item.revision is None:
        raise NotPossible("This draft holds no ladder.")
    revision_seen(item, pk=base_revision)
    if opening.state != Opening.State.OPEN:
        raise Changed(item)
    return item, opening


def _skip(offers: Sequence[Offer], skips: Mapping[int, str], user: User) -> None:
    """Skipped, with the reason; the actions that stood for them are nobody's any more."""
    for offer in offers:
        if offer.pk in skips and offer.state == OfferState.WAITING:
            reason = skips[offer.pk].strip() or "Skipped by the desk."
            slots.offer_step(
                offer,
                OfferState.SKIPPED,
                among=[OfferState.WAITING],
                skipped_reason=reason[:300],
                skipped_by=user.name,
            )
            OfferStep.objects.filter(offer=offer).delete()


def _bring_back(offers: Sequence[Offer], back: Sequence[int]) -> None:
    """Only whom a person skipped: what the rules said no to stays out."""
    for offer in offers:
        if offer.pk in back and offer.skipped_by:
            slots.offer_step(
                offer,
                OfferState.WAITING,
                among=[OfferState.SKIPPED],
                skipped_reason="",
                skipped_by="",
            )


def _layout(
    opening: Opening, item: ApprovalItem, asked: Sequence[Offer], rest: Sequence[Offer]
) -> _Layout:
    """Asked rungs keep their bytes; the others are rendered anew, with links of their own."""
    layout = _Layout([], {})
    terms = policy.policy_from(opening.terms)
    spots = policy.places(len(rest), opening.starts_at, clock.now(), terms)
    wave = max((offer.wave for offer in asked), default=0)
    say = wording_of(opening.location_id)
    for offer, spot in zip(rest, spots, strict=False):
        made = replace(_asked(opening, offer, spot.minutes, terms), say=say)
        offer.position, offer.wave = len(asked) + spot.position, wave + spot.wave
        theirs = written_text(offer) if offer.edited_by else None
        if theirs is None:
            offer.answer_minutes, offer.token_sha256 = spot.minutes, token_hash(made.token)
            offer.edited_by = ""
        layout.first = layout.first or made
        layout.ask(offer, with_offer(rung_actions(made), theirs))
        offer.save(
            update_fields=["position", "wave", "answer_minutes", "token_sha256", "edited_by"]
        )
    for offer in rest[len(spots) :]:
        why = "There was no time left to ask."
        slots.offer_step(offer, OfferState.SKIPPED, among=[OfferState.WAITING], skipped_reason=why)
        OfferStep.objects.filter(offer=offer).delete()
    for place, offer in enumerate(asked, start=1):
        Offer.objects.filter(pk=offer.pk).update(position=place)
        layout.add(offer, _kept(item, offer))
    return layout


def written_text(offer: Offer) -> SendMessage | None:
    """The offer's text as a person wrote it: with the link and the time to answer it names."""
    row = offer.action
    if row is None or row.payload is None:
        return None
    found = action_from(row.type, bytes(row.payload))
    return found if isinstance(found, SendMessage) else None


def with_offer(
    made: Sequence[tuple[str, TypedAction]], theirs: SendMessage | None
) -> list[tuple[str, TypedAction]]:
    return [(role, theirs if theirs and role == Role.OFFER else one) for role, one in made]


def _asked(opening: Opening, offer: Offer, minutes: int, terms: policy.OfferPolicy) -> Asked:
    return Asked(
        opening,
        offer.client,
        offer.channel,
        minutes,
        token_make(),
        offer.digit,
        offer.instead_of,
        offer.entry,
        terms.cancellation_rule,
    )


def _kept(item: ApprovalItem, offer: Offer) -> list[tuple[str, TypedAction]]:
    places = dict(OfferStep.objects.filter(offer=offer).values_list("position", "role"))
    rows = Action.objects.filter(revision_id=item.revision_id or 0, position__in=places)
    return [
        (places[row.position], action_from(row.type, bytes(row.payload)))
        for row in rows.order_by("position")
        if row.payload is not None
    ]


def _revision(item: ApprovalItem, opening: Opening, layout: _Layout, user: User) -> Revision:
    base, first = item.revision, layout.first
    if base is None or first is None:
        raise NotPossible("There is no time left to ask anybody.")
    read = rungs_read(item, opening, layout.offers)
    best = layout.offers[0].offer
    revision = filling.revision_write(
        item,
        writer=Revision.Writer.TEMPLATE,
        actions=layout.actions,
        evidence=list(base.evidence.order_by("position")),
        read=read,
        reasons=[{"text": one["text"], "source": "waitlist"} for one in best.reasons],
        language=first.language,
        author_id=user.pk,
    )
    _take(item, revision, read)
    return revision


def _take(item: ApprovalItem, revision: Revision, read: filling.Read) -> None:
    fields = {
        "revision": revision,
        "preview": filling.preview_of(revision.body),
        "known_facts": item.known_facts,
        "facts_ok": read.facts_ok,
        "care": read.care.care,
        "care_reasons": list(read.care.reasons),
        "changes": [],
    }
    if item.state == State.PENDING:
        ApprovalItem.objects.filter(pk=item.pk).update(version=item.version + 1, **fields)
        for name, value in fields.items():
            setattr(item, name, value)
    else:
        item_step(item, State.PENDING, among=list(REORDERABLE), **fields)


def _steps(revision: Revision, layout: _Layout) -> None:
    """Every rung's steps point into the new revision; effects are tied at its approval."""
    actions = {row.position: row for row in revision.actions.all()}
    for offer_id, places in layout.places.items():
        kept = {step.role: step for step in OfferStep.objects.filter(offer_id=offer_id)}
        for role, position in places:
            step = kept.pop(role, None) or OfferStep(offer_id=offer_id, role=role)
            step.position = position
            step.save()
            if role == Role.OFFER:
                Offer.objects.filter(pk=offer_id).update(action=actions.get(position))
