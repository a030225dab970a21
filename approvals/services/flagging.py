"""Flag this: one press tells an admin to look at a draft, and the admin's word settles it."""

from django.db import transaction

from approvals.errors import NotPossible
from approvals.hygiene import clean_text
from approvals.models import ApprovalItem, Flag
from approvals.services.locking import item_for_decision
from approvals.services.steps import item_audit
from core import clock
from integrations.models import User

LONGEST = 500


def item_flag(*, user: User, item_id: int, words: str = "") -> Flag:
    """Put a draft before an admin, in whatever state it is. A second press adds the words."""
    words = clean_text(words).strip()[:LONGEST]
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        flag, made = Flag.objects.get_or_create(
            item=item, by=user, settled_at=None, defaults={"by_name": user.name, "words": words}
        )
        if not made:
            if not words or words == flag.words:
                return flag
            flag.words = words
            flag.save(update_fields=["words"])
        said = {"words": words} if words else None
        item_audit(item, "item.flagged", user.as_actor(), {"flag": flag.pk}, said)
        return flag


def flag_settle(*, user: User, flag: Flag, answer: str) -> Flag:
    """An admin looked at it. Call only for a flag that ``user`` may tune the agents of."""
    answer = clean_text(answer).strip()[:LONGEST]
    if not answer:
        raise NotPossible("Please say in a word what came of it: whoever flagged it reads that.")
    with transaction.atomic():
        row = Flag.objects.select_for_update(of=("self",)).get(pk=flag.pk)
        if row.settled_at is not None:
            raise NotPossible(f"{row.settled_by_name} has settled it already.")
        row.answer, row.settled_by_name, row.settled_at = answer, user.name, clock.now()
        row.save(update_fields=["answer", "settled_by_name", "settled_at"])
        item = ApprovalItem.objects.get(pk=row.item_id)
        facts = {"flag": row.pk}
        item_audit(item, "item.flag_settled", user.as_actor(), facts, {"answer": answer})
        return row
