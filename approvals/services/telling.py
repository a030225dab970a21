"""Announcing news of our own: what a listener could not take is kept as a retry row."""

from approvals.models import ApprovalItem, Offer, Revision
from approvals.news import EditedSent
from core import clock
from integrations.events import Event
from integrations.inbox import events_announce


def news_announce(event: Event) -> None:
    """Let every listener hear it, in the caller's transaction."""
    events_announce([event])


def edited_sent_tell(item: ApprovalItem) -> None:
    """The draft went out. In a person's words, that is: what they changed can be learned from."""
    if item.state != ApprovalItem.State.SENT or item.revision is None:
        return
    if item.revision.writer != Revision.Writer.PERSON:
        return
    _edited_tell(item, f"edited:{item.pk}", item.client_id)


def edited_offer_tell(offer: Offer) -> None:
    """One text of a list of offers went out; in a person's words it can be learned from, too."""
    if not offer.edited_by:
        return
    key = f"edited:{offer.item_id}:{offer.pk}"
    _edited_tell(offer.item, key, offer.client_id, offer_id=offer.pk)


def _edited_tell(item: ApprovalItem, key: str, client_id: int | None, offer_id: int = 0) -> None:
    news_announce(
        EditedSent(
            key=key,
            connection_id=str(item.connection_id),
            at=clock.now(),
            location_id=item.location_id,
            client_id=client_id,
            item_id=item.pk,
            offer_id=offer_id,
        )
    )
