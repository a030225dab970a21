"""Another order is another Revision, hence another Decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from approvals.actions import Action as TypedAction
from approvals.actions import action_from
from approvals.errors import Changed, NotPossible
from approvals.ladders import policy, slots, texts
from approvals.ladders.rendering import Asked, rung_actions
from approvals.ladders.tokens import link_of, token_hash, token_make
from approvals.models import Action, ApprovalItem, Decision, Offer, OfferStep, Opening, Revision
from approvals.services import filling
from approvals.services.approving import item_for_decision
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

    def add(self, offer: Offer, made: Sequence[tuple[str, TypedAction]]) -> None:
        for role, action in made:
            self.places.setdefault(offer.pk, []).append((role, len(self.actions)))
            self.actions.append(action)


def ladder_reorder(
    *, user: User, item_id: int, order: Sequence[int], skips: Mapping[int, str]
) -> Revision:
    """Store another order of the rungs that wait.

    ``order``: offer ids as wanted (those left out follow in their old order); ``skips``: offer
    id → why not, kept with the rung. Who was asked already stays where they are. Only while the
    ladder is not running; raises NoRight, AlreadyDecided or NotPossible.
    """
    with transaction.atomic():
        item, opening = _locked(user, item_id)
        offers = slots.offers_list(opening)
        _skip(offers, skips)
        rest = [offer for offer in offers if offer.state == OfferState.WAITING]
        if not rest:
            raise NotPossible("Nobody is left on the list. Dismiss the draft instead.")
        wanted = {pk: place for place, pk in enumerate(order)}
        rest.sort(key=lambda offer: (wanted.get(offer.pk, len(wanted)), offer.position))
        asked = [o for o in offers if o.state not in {OfferState.WAITING, OfferState.SKIPPED}]
        layout = _layout(opening, item, asked, rest)
        revision = _revision(item, layout, user)
        _steps(revision, layout)
        Decision.objects.create(
            item=item,
            kind=Decision.Kind.EDIT,
            revision=revision,
            actor=user,
            actor_name=user.name,
            actor_platform_id=user.as_actor().platform_id,
            words="; ".join(skips.values())[:500],
        )
        facts = {"revision": revision.pk, "order": [offer.pk for offer in rest]}
        item_audit(item, "ladder.reordered", user.as_actor(), facts, {"skips": dict(skips)})
        return revision


def _locked(user: User, item_id: int) -> tuple[ApprovalItem, Opening]:
    item_for_decision(user, item_id)
    found = Opening.objects.filter(item_id=item_id).values_list("pk", flat=True).first()
    opening = slots.opening_lock(found) if found else None
    item = (
        ApprovalItem.objects.select_for_update(of=("self",))
        .select_related("location", "connection", "client", "revision")
        .get(pk=item_id)
    )
    if opening is None or item.revision is None:
        raise NotPossible("This draft holds no ladder.")
    if item.state not in REORDERABLE:
        raise already_decided(item.pk)
    if opening.state != Opening.State.OPEN:
        raise Changed(item)
    return item, opening


def _skip(offers: Sequence[Offer], skips: Mapping[int, str]) -> None:
    for offer in offers:
        if offer.pk in skips and offer.state == OfferState.WAITING:
            reason = skips[offer.pk].strip() or "Skipped by the desk."
            slots.offer_step(
                offer, OfferState.SKIPPED, among=[OfferState.WAITING], skipped_reason=reason[:300]
            )


def _layout(
    opening: Opening, item: ApprovalItem, asked: Sequence[Offer], rest: Sequence[Offer]
) -> _Layout:
    """Asked rungs keep their bytes; the others are rendered anew, with links of their own."""
    layout = _Layout([], {})
    terms = policy.policy_from(opening.terms)
    spots = policy.places(len(rest), opening.starts_at, clock.now(), terms)
    wave = max((offer.wave for offer in asked), default=0)
    for offer, spot in zip(rest, spots, strict=False):
        made = _asked(opening, offer, spot.minutes, terms)
        layout.first = layout.first or made
        layout.add(offer, rung_actions(made))
        offer.position, offer.wave = len(asked) + spot.position, wave + spot.wave
        offer.answer_minutes, offer.token_sha256 = spot.minutes, token_hash(made.token)
        offer.save(update_fields=["position", "wave", "answer_minutes", "token_sha256"])
    for offer in rest[len(spots) :]:
        why = "There was no time left to ask."
        slots.offer_step(offer, OfferState.SKIPPED, among=[OfferState.WAITING], skipped_reason=why)
    for place, offer in enumerate(asked, start=1):
        Offer.objects.filter(pk=offer.pk).update(position=place)
        layout.add(offer, _kept(item, offer))
    return layout


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


def _revision(item: ApprovalItem, layout: _Layout, user: User) -> Revision:
    base, first = item.revision, layout.first
    if base is None or first is None:
        raise NotPossible("There is no time left to ask anybody.")
    known = texts.known_facts(
        first.opening, first.client, first.minutes, link_of(first.token), first.instead_of
    )
    item.known_facts = [
        {"kind": fact.kind, "texts": list(fact.texts), "source": fact.source} for fact in known
    ]
    message = filling.first_message(layout.actions)
    read = filling.text_read(
        item,
        message.body if message else "",
        item.known_facts,
        writer="template",
        first=False,
        tainted=False,
    )
    revision = filling.revision_write(
        item,
        writer=Revision.Writer.TEMPLATE,
        actions=layout.actions,
        evidence=list(base.evidence.order_by("position")),
        read=read,
        reasons=base.reasons,
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
