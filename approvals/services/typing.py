"""What somebody is typing into a draft: kept as they type, so that nothing typed is ever lost."""

from approvals.models import ApprovalItem, Offer, TypedText
from core import clock
from integrations.models import User


def typed_save(
    *,
    user: User,
    item: ApprovalItem,
    body: str,
    subject: str,
    base_revision: int,
    caret: int,
    offer_id: int | None = None,
) -> TypedText:
    """Keep the text as it stands. ``item`` is one this person was found to see.

    ``offer_id``: the rung of a ladder that it is written for, where it is not the text on the card.
    """
    clean: dict[str, object] = {
        "body": body.replace("\x00", ""),
        "subject": subject.replace("\x00", ""),
    }
    known = Offer.objects.filter(pk=offer_id or 0, item=item).values_list("pk", flat=True).first()
    clean["offer_id"] = known
    now: dict[str, object] = {
        "base_revision": base_revision,
        "caret": caret,
        "updated_at": clock.now(),
        "station": user.at_station,
    }
    typed, _ = TypedText.objects.update_or_create(item=item, user=user, defaults={**clean, **now})
    return typed


def typed_drop(*, user: User, item: ApprovalItem) -> None:
    """Throw away what this person was typing here."""
    TypedText.objects.filter(item=item, user=user).delete()
