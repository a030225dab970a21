"""Erasing a connection: everything that can be removed is, the rest loses every word. All of it in
one transaction: either everything is gone, or nothing.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from agents.models import LanguageModel
from approvals.models import ApprovalItem, Effect
from approvals.services.erasing import texts_empty
from copilot.leaving.tables import STAYS, Table, erased_in_order, held_by_others, tables
from core import clock
from core.audit import Actor, audit_record
from core.errors import Temporary
from core.models import AuditDetail, AuditEvent
from core.secrets import forget
from integrations.models import ChannelAccount, Connection, ListenerRetry, Location

BATCH = 500
# A call to the platform that began longer ago than this has ended one way or the other.
CALL_ENDS = timedelta(minutes=10)
State, Outcome = ApprovalItem.State, Effect.Outcome
REFERENCES = ("token_ref", "webhook_secret_ref", "webhook_secret_previous_ref")


def counts_of(connection: Connection) -> dict[str, int]:
    """How many rows of each table; of what stays emptied, how many still hold words."""
    found = {one.name: one.rows(connection).count() for one in tables() if one.label not in STAYS}
    details = AuditDetail.objects.filter(event_id__in=_events(connection).values("pk"))
    found["audit words"] = details.count()
    return found


def words_left(connection: Connection) -> dict[str, int]:
    """Of the tables that stay, rows in which anything a person could read is left."""
    mine: dict[str, Any] = {"item__connection": connection}
    items = ApprovalItem.objects.filter(connection=connection)
    texts = items.exclude(title="", preview="", origin="", note="", state_reason="")
    named = Q(client__isnull=False) | Q(appointment__isnull=False) | Q(staff__isnull=False)
    by_label = {one.label: one for one in tables()}
    revisions = by_label["approvals.Revision"].model._base_manager.filter(**mine)
    actions = by_label["approvals.Action"].model._base_manager
    decisions = by_label["approvals.Decision"].model._base_manager.filter(**mine)
    return {
        "approvalitem": (texts | items.filter(named)).distinct().count(),
        "revision": revisions.exclude(body="", subject="").count(),
        "action": actions.filter(
            revision__item__connection=connection, payload__isnull=False
        ).count(),
        "decision": decisions.exclude(words="").count(),
        "effect": Effect.objects.filter(**mine).filter(body__isnull=False).count(),
    }


def connection_erase(*, actor: Actor, connection: Connection) -> list[dict[str, Any]]:
    """Erase it; returns what was there and what is left, by table. Raises Temporary while a message
    is just going out."""
    with transaction.atomic():
        before = counts_of(connection)
        _effects_settle(connection)
        _drafts_empty(connection)
        for table in erased_in_order():
            _delete(table, connection)
        ListenerRetry.objects.filter(event__connection_id=str(connection.pk)).delete()
        AuditDetail.objects.filter(event_id__in=_events(connection).values("pk")).delete()
        _doors_close(connection)
        after, words = counts_of(connection), words_left(connection)
        rows = [
            {"table": name, "before": n, "after": after[name], "words": words.get(name, 0)}
            for name, n in sorted(before.items())
        ]
        left = {one["table"]: one["after"] for one in rows if one["after"]}
        facts = {"before": sum(before.values()), "emptied": left, "words": sum(words.values())}
        audit_record(action="connection.erased", actor=actor, connection=connection.pk, facts=facts)
    return rows


def _events(connection: Connection) -> Any:
    return AuditEvent.objects.filter(connection=str(connection.pk))


def _effects_settle(connection: Connection) -> None:
    """What has not left never will; what is just leaving is waited for."""
    now = clock.now()
    open_ones = Effect.objects.filter(item__connection=connection, settled_at=None)
    if open_ones.filter(outcome="", call_started_at__gt=now - CALL_ENDS).exists():
        raise Temporary("A message is just going out; it is tried again in a minute.",
                        after=timedelta(minutes=1))  # fmt: skip
    done = {"state": Effect.State.DONE, "settled_at": now, "lease_token": None,
            "lease_until": None}  # fmt: skip
    open_ones.filter(outcome="", call_started_at=None).update(outcome=Outcome.WITHDRAWN, **done)
    open_ones.filter(outcome="").update(outcome=Outcome.UNKNOWN, **done)
    open_ones.update(settled_at=now)


def _drafts_empty(connection: Connection) -> None:
    items = ApprovalItem.objects.filter(connection=connection)
    items.filter(state__in=ApprovalItem.LIVE).update(
        state=State.WITHDRAWN, closed_at=clock.now(), snoozed_until=None
    )
    last = 0
    while ids := list(
        items.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        texts_empty(ApprovalItem.objects.filter(pk__in=ids))
        last = ids[-1]
    items.update(client=None, appointment=None, staff=None, care_reasons=[], tag="", moment="")


def _delete(table: Table, connection: Connection) -> None:
    for model, key in held_by_others(table):
        theirs = model._base_manager.filter(**{f"{key}__{table.path}": connection.pk})
        theirs.update(**{key: None})
    rows = table.rows(connection)
    rows._raw_delete(rows.db)  # no signals and no cascade: every table has its own turn


def _doors_close(connection: Connection) -> None:
    """Keys to the platform and to channels, and what the salon typed about itself."""
    for name in REFERENCES:
        forget(getattr(connection, name))
    empty = dict.fromkeys(REFERENCES, "") | {"hook_key_sha256": "", "settings": {},
                                             "poll_cursors": {}}  # fmt: skip
    Connection.objects.filter(pk=connection.pk).update(**empty)
    Location.objects.filter(connection=connection).update(phone="", address="", postal_code="")


def other_keys(connection: Connection) -> list[str]:
    """References to secrets of the salon's own numbers, mailboxes and models."""
    held = ChannelAccount.objects.filter(connection=connection).values_list("secrets", flat=True)
    models = LanguageModel.objects.filter(connection=connection)
    found = [str(ref) for one in held for ref in dict(one or {}).values()]
    return found + list(models.values_list("key_ref", flat=True))
