"""Finding the draft a person decides on, and holding it: rights, the order of locks, the revision.

The order of locks is the same everywhere: a ladder's slot, then the draft, then what hangs on it.
"""

from django.db import connection

from approvals.errors import Changed, IsATest, NoRight
from approvals.ladders.slots import SUBJECT, opening_lock_of
from approvals.models import ApprovalItem, Revision
from approvals.permissions import rights_of
from integrations.models import User

WITH = ("location", "connection", "client", "revision")


def item_for_decision(user: User, item_id: int) -> ApprovalItem:
    """The draft with what a decision needs; raises NoRight where the person may not see it."""
    item = ApprovalItem.objects.select_related(*WITH).filter(pk=item_id).first()
    if item is None or not rights_of(user).may_see(item):
        raise NoRight
    if item.seeded:
        raise IsATest
    if item.subject.startswith(SUBJECT) and connection.in_atomic_block:
        opening_lock_of(item.pk)
    return item


def item_locked(user: User, item_id: int, known: ApprovalItem | None = None) -> ApprovalItem:
    """The same under its row's lock: nobody writes or decides until this transaction is over.

    ``known``: the draft as it was read before; it only says whether a slot is locked first, which
    never changes. Everything else is read, and the right asked, of the locked row.
    """
    known = known or item_for_decision(user, item_id)
    if known.subject.startswith(SUBJECT):
        opening_lock_of(item_id)
    rows = ApprovalItem.objects.select_for_update(of=("self",)).select_related(*WITH)
    item = rows.filter(pk=item_id).first()
    if item is None or not rights_of(user).may_see(item):
        raise NoRight
    if item.seeded:
        raise IsATest
    return item


def revision_seen(
    item: ApprovalItem, *, pk: int | None = None, number: int | None = None
) -> Revision:
    """The text that was on the card, by its id or its number; raises Changed for any other."""
    now = item.revision
    if now is None or pk not in {None, now.pk} or number not in {None, now.number}:
        raise Changed(item)
    return now
