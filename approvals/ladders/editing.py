"""A person's own words on one rung: any rung that was not asked yet, not only the first."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.actions import Action as TypedAction
from approvals.actions import SendMessage
from approvals.errors import NotPossible
from approvals.ladders.reading import RungText, rungs_read, text_warnings
from approvals.models import ApprovalItem, Offer, OfferStep, Opening, Revision
from approvals.services.filling import Read, actions_of
from integrations.models import User

OfferState, Role = Offer.State, OfferStep.Role


@dataclass(frozen=True)
class RungAt:
    """The rung whose text is written anew, and where its offer stands among the actions."""

    opening: Opening
    offer: Offer
    place: int


def rung_at(item: ApprovalItem, offer_id: int | None = None) -> RungAt | None:
    """The rung of that offer, else the one whose text is on the card; None for any other draft.

    Raises NotPossible for one that was asked already, or is not on the list.
    """
    opening = Opening.objects.select_related("location").filter(item_id=item.pk).first()
    if opening is None:
        return None
    steps = OfferStep.objects.filter(offer__item_id=item.pk, role=Role.OFFER)
    steps = steps.select_related("offer__client", "offer__entry__service", "offer__instead_of")
    if offer_id is not None:
        steps = steps.filter(offer_id=offer_id)
    step = steps.order_by("position").first()
    if step is None:
        raise NotPossible("This person is not on the list any more.")
    if step.offer.state != OfferState.WAITING or opening.state != Opening.State.OPEN:
        raise NotPossible(f"{step.offer.client.short_name} was asked already.")
    return RungAt(opening, step.offer, step.position)


def ladder_read(
    item: ApprovalItem, rung: RungAt, actions: Sequence[TypedAction], user: User
) -> Read:
    """The whole ladder with this rung's new words."""
    rung.offer.edited_by = user.name
    steps = OfferStep.objects.filter(
        offer__item_id=item.pk, offer__state=OfferState.WAITING, role=Role.OFFER
    ).select_related("offer__client", "offer__entry__service", "offer__instead_of")
    rungs = [
        RungText(rung.offer if step.offer_id == rung.offer.pk else step.offer, message)
        for step in steps.order_by("position")
        if isinstance(message := actions[step.position], SendMessage)
    ]
    return rungs_read(item, rung.opening, rungs)


def rung_keep(item: ApprovalItem, rung: RungAt, revision: Revision) -> None:
    """The rungs rest on the new revision; whose words this one has is kept."""
    Offer.objects.filter(pk=rung.offer.pk).update(edited_by=rung.offer.edited_by)
    rows = {row.position: row for row in revision.actions.all()}
    for step in OfferStep.objects.filter(offer__item_id=item.pk, role=Role.OFFER):
        Offer.objects.filter(pk=step.offer_id).update(action=rows.get(step.position))


def rung_warnings(item: ApprovalItem, offer_id: int, body: str) -> list[str]:
    """What deserves a second look in words that are being typed for one rung; nothing is stored."""
    try:
        rung = rung_at(item, offer_id)
    except NotPossible as error:
        return [error.plain]
    if rung is None or item.revision is None:
        return []
    said = actions_of(item.revision)[rung.place]
    if not isinstance(said, SendMessage):
        return []
    rung.offer.edited_by = "somebody"
    text = RungText(rung.offer, said.model_copy(update={"body": body}))
    return text_warnings(item, rung.opening, text)
